from odoo import api, fields, models


class DealerContractPayment(models.TransientModel):
    """Money of the lender taken at the same desk: its part is proposed, what it still owes is shown."""

    _inherit = "dealer.contract.payment"

    deposit_kind = fields.Selection(selection_add=[("loan", "Loan")], ondelete={"loan": "cascade"})
    amount_loan_open = fields.Monetary(compute="_compute_amount_loan_open", string="Lender still owes")

    def _get_loan(self):
        """Return the accepted loan of the contract, when its lender is the payer.

        :return: ``dealer.finance.submission`` as superuser, may be empty
        """
        submission = self.contract_id.sudo().finance_submission_id  # a cashier books it without seeing the loan file
        lender = submission.lender_id.partner_id.commercial_partner_id
        return submission if lender and self.partner_id.commercial_partner_id == lender else submission.browse()

    @api.depends("contract_id", "partner_id", "amount")
    def _compute_amount_loan_open(self):
        for wizard in self:
            wizard.amount_loan_open = max(wizard._get_loan().amount_open - wizard.amount, 0.0)

    @api.depends("partner_id")
    def _compute_amount(self):
        super()._compute_amount()
        for wizard in self:
            loan = wizard._get_loan()
            if loan:
                wizard.amount = loan.amount_open

    def _prepare_payment(self):
        values = super()._prepare_payment()
        return {**values, "deposit_kind": "loan"} if self._get_loan() else values
