from odoo import fields, models


class DealerFinanceCredit(models.TransientModel):
    """A manager's word that the car may go before the lender has paid."""

    _name = "dealer.finance.credit"
    _description = "Give Credit until the Loan Is Paid Out"

    application_id = fields.Many2one("dealer.finance.application", required=True, readonly=True)
    reason = fields.Char(required=True, help="Why the house may wait for this money.")

    def action_confirm(self):
        """Give the credit.

        :raises AccessError: not a second person
        """
        self.ensure_one()
        self.application_id._check_may_give_credit()
        self.application_id._give_credit(self.reason)
        return {"type": "ir.actions.act_window_close"}
