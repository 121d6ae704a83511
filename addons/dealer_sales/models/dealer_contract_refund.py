from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class DealerContract(models.Model):
    """All that is still the customer's of a deal that is over goes back in one act (P18)."""

    _inherit = "dealer.contract"

    is_refund_open = fields.Boolean(
        "To refund",
        compute="_compute_is_refund_open",
        search="_search_is_refund_open",
        help="The deal is over and money of it is still on account.",
    )

    @api.depends("state", "amount_on_account")
    def _compute_is_refund_open(self):
        for contract in self:
            contract.is_refund_open = contract.state == "cancelled" and contract.amount_on_account > 0

    def _search_is_refund_open(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Of deals that are over and were paid for, the few: what is on account is read for all of them at once
        over = self.sudo().search([("state", "=", "cancelled"), ("payment_ids", "!=", False)])
        return Domain("id", "in", over.filtered("is_refund_open").ids)

    def action_refund_open(self, reason=None):
        """Pay all that is on account of a deal that is over back: to the same payers, by the same way.

        :param str reason: why, printed on the receipts; None opens the window that shows what goes back
        :return: action on the refunds, or on the window
        :raises AccessError: the user may not book payments
        :raises UserError: the deal is not over, its earnest money is not settled, or nothing is on account (any more)
        Source: P18
        """
        self.ensure_one()
        self._check_money_rights()
        self._check_may_refund_open()
        if not reason:
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Refund what is open"),
                "res_model": "dealer.contract.refund.open",
                "views": [(False, "form")],
                "target": "new",
                "context": {"default_contract_id": self.id},
            }
        self._check_text("reason", reason)
        # Two who refund at once come one after the other: the later one starts again and finds nothing on account
        self._serialise_money()
        self.payment_ids.invalidate_recordset()
        self._check_may_refund_open()
        refunds = self.env["account.payment"]
        for payment in self._get_refundable_payments():
            window = self.env["dealer.contract.refund"].create({"payment_id": payment.id, "reason": reason})
            refunds |= window._refund()
        for settlement in self._get_unpaid_compensations():
            settlement.action_pay_compensation()
            refunds |= settlement.payment_id
        return refunds._get_records_action(name=self.env._("Refunds"), context={"create": False})

    def _check_may_refund_open(self):
        if self.state != "cancelled":
            raise UserError(
                self.env._(
                    "Contract %(name)s goes on: all its money goes back only after it is cancelled or returned.",
                    name=self.name,
                )
            )
        self._check_earnest_settled()
        if not self._get_refundable_payments() and not self._get_unpaid_compensations():
            raise UserError(
                self.env._("%(contract)s: nothing is on account, all was paid back.", contract=self.display_name)
            )

    def _get_refundable_payments(self):
        """Return the payments of which something is on account, oldest first.

        :return: ``account.payment``
        """
        received = self.payment_ids.filtered(
            lambda payment: payment.payment_type == "inbound" and payment.state in payment._valid_payment_states()
        )
        return received.filtered(
            lambda payment: payment.currency_id.compare_amounts(payment._get_amount_on_account(), 0.0) > 0
        ).sorted(lambda payment: (payment.date, payment.id))

    def _get_on_account_of(self, payments):
        """Return what of some payments is on account, in contract currency."""
        return sum(self._in_my_currency(p._get_amount_on_account(), p.currency_id, p.date) for p in payments)

    def _get_unpaid_compensations(self):
        """Return the booked settlements whose compensation is still to be paid."""
        return self.settlement_ids.filtered("is_compensation_due")
