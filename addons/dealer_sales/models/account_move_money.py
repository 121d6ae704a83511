from odoo import api, fields, models
from odoo.exceptions import AccessError

# What money and deals hang on: a document gets them from the act that makes it
DEAL_LINKS = (
    "dealer_contract_id",
    "dealer_advance_contract_id",
    "dealer_incentive_id",
    "dealer_loan_submission_id",
    "dealer_loan_role",
    "dealer_trade_in_id",
)


class AccountMove(models.Model):
    """Invoices and entries that touch a contract's money."""

    _inherit = "account.move"

    dealer_contract_id = fields.Many2one(
        "dealer.contract",
        string="Sales contract",
        compute="_compute_dealer_contract_id",
        store=True,
        index="btree_not_null",
        help="The car contract whose order this document invoices.",
    )
    dealer_advance_contract_id = fields.Many2one(
        "dealer.contract",
        string="Advance of contract",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="This entry moves a customer's advance to the invoice of this contract.",
    )

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_contract_not_typed(vals)
        return super().create(vals_list)

    def _prepare_create_values(self, vals_list):
        # Typed ones are refused; a default of a context must not get in either
        result = super()._prepare_create_values(vals_list)
        if not self.env.su:
            for vals in result:
                for name in DEAL_LINKS:
                    vals.pop(name, None)
        return result

    def write(self, vals):
        self._check_contract_not_typed(vals)
        return super().write(vals)

    @api.model
    def _check_contract_not_typed(self, vals):
        """Refuse to hang a document on a contract by typing it: its money would count there.

        :raises AccessError: a user types the contract of an invoice or of an advance
        """
        if not self.env.su and vals.keys() & {"dealer_contract_id", "dealer_advance_contract_id"}:
            raise AccessError(
                self.env._("The contract of an invoice or an advance cannot be typed: it follows from the order.")
            )

    @api.depends("invoice_line_ids.sale_line_ids.dealer_contract_id")
    def _compute_dealer_contract_id(self):
        for move in self:
            move.dealer_contract_id = move.invoice_line_ids.sale_line_ids.dealer_contract_id[:1]

    def _post(self, soft=True):
        """A posted invoice takes the advances of its contract at once."""
        posted = super()._post(soft=soft)
        posted.filtered(lambda move: move.is_sale_document()).dealer_contract_id._money_changed()
        return posted

    def button_draft(self):
        """Set back as core does; the contract is no longer invoiced."""
        result = super().button_draft()
        self.filtered(lambda move: move.is_sale_document()).dealer_contract_id._gates_changed()
        return result

    def button_cancel(self):
        """Cancel as core does; the contract is no longer invoiced."""
        result = super().button_cancel()
        self.filtered(lambda move: move.is_sale_document()).dealer_contract_id._gates_changed()
        return result

    def _get_open_dealer_debts(self):
        """Return the receivable lines of these invoices that are not fully paid."""
        return self.line_ids.filtered(lambda line: line.display_type == "payment_term" and not line.reconciled)
