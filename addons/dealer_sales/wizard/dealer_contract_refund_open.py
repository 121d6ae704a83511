from odoo import api, fields, models
from odoo.fields import Command


class DealerContractRefundOpen(models.TransientModel):
    """What goes back to whom, before all of it is paid back at once."""

    _name = "dealer.contract.refund.open"
    _description = "Refund What Is Open"

    contract_id = fields.Many2one("dealer.contract", required=True, readonly=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    partner_id = fields.Many2one(related="contract_id.partner_id")
    line_ids = fields.One2many("dealer.contract.refund.open.line", "window_id", compute="_compute_line_ids")
    amount_compensation = fields.Monetary("Compensation", compute="_compute_amounts")
    amount_total = fields.Monetary("Paid back", compute="_compute_amounts")
    reason = fields.Char(required=True, help="Why the money goes back; printed on the receipts.")

    @api.depends("contract_id")
    def _compute_line_ids(self):
        for window in self:
            payments = window.contract_id._get_refundable_payments()
            rows = [{"payment_id": p.id, "amount": p._get_amount_on_account()} for p in payments]
            window.line_ids = [Command.clear(), *(Command.create(row) for row in rows)]

    @api.depends("contract_id")
    def _compute_amounts(self):
        for window in self:
            contract = window.contract_id
            payments, unpaid = contract._get_refundable_payments(), contract._get_unpaid_compensations()
            window.amount_compensation = sum(unpaid.mapped("amount_compensation"))
            window.amount_total = window.amount_compensation + contract._get_on_account_of(payments)

    def action_confirm(self):
        """Pay it back.

        :return: action on the refunds
        """
        self.ensure_one()
        return self.contract_id.action_refund_open(self.reason)


class DealerContractRefundOpenLine(models.TransientModel):
    _name = "dealer.contract.refund.open.line"
    _description = "Payment to Be Paid Back"

    window_id = fields.Many2one("dealer.contract.refund.open", ondelete="cascade")
    payment_id = fields.Many2one("account.payment", required=True)
    currency_id = fields.Many2one(related="payment_id.currency_id")
    date = fields.Date(related="payment_id.date", string="Paid on")
    partner_id = fields.Many2one(related="payment_id.partner_id", string="Paid back to")
    journal_id = fields.Many2one(related="payment_id.journal_id", string="Paid from")
    deposit_kind = fields.Selection(related="payment_id.deposit_kind")
    amount = fields.Monetary()
