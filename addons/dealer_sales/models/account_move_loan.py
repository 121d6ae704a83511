from odoo import api, fields, models
from odoo.exceptions import AccessError


class AccountMove(models.Model):
    """Entries by which a lender owes a part of a contract's price, and what it kept of it."""

    _inherit = "account.move"

    dealer_loan_submission_id = fields.Many2one(
        "dealer.finance.submission",
        string="Loan",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The accepted loan this entry is about.",
    )
    dealer_loan_role = fields.Selection(
        [("transit", "The lender owes"), ("kept", "Kept by the lender")], string="Loan entry", readonly=True, copy=False
    )

    @api.model
    def _check_contract_not_typed(self, vals):
        super()._check_contract_not_typed(vals)
        if not self.env.su and vals.keys() & {"dealer_loan_submission_id", "dealer_loan_role"}:
            raise AccessError(self.env._("The loan of an entry cannot be typed: it follows from the invoice."))

    def button_draft(self):
        """Set back as core does; what a lender owes of an invoice that is none any more is taken back."""
        result = super().button_draft()
        self._release_stale_loans()
        return result

    def _release_stale_loans(self):
        contracts = self.filtered(lambda move: move.is_sale_document()).dealer_contract_id
        for contract in contracts.sudo().filtered("finance_submission_id"):  # the books agree whoever did it
            contract._release_loan_entries(contract._get_stale_loan_entries())
            contract.finance_submission_id._refresh_funding()
