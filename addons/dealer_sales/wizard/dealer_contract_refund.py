from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerContractRefund(models.TransientModel):
    """Money on account paid back to whom it came from, by the way it came (P18)."""

    _name = "dealer.contract.refund"
    _description = "Refund Payment"
    _check_company_auto = True

    payment_id = fields.Many2one("account.payment", required=True, readonly=True)
    contract_id = fields.Many2one(related="payment_id.dealer_contract_id")
    company_id = fields.Many2one(related="payment_id.company_id")
    currency_id = fields.Many2one(related="payment_id.currency_id")
    partner_id = fields.Many2one(related="payment_id.partner_id", string="Paid back to")
    deposit_kind = fields.Selection(related="payment_id.deposit_kind")
    amount_available = fields.Monetary("On account", compute="_compute_amount_available")
    amount = fields.Monetary(compute="_compute_amount", store=True, readonly=False, precompute=True, required=True)
    journal_id = fields.Many2one(
        "account.journal",
        "Paid from",
        required=True,
        compute="_compute_journal_id",
        store=True,
        precompute=True,
        readonly=False,
        check_company=True,
        domain="[('type', 'in', ('cash', 'bank', 'credit'))]",
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    reason = fields.Char(required=True, help="Why the money goes back; printed on the receipt.")

    @api.depends("payment_id")
    def _compute_amount_available(self):
        for wizard in self:
            wizard.amount_available = wizard.payment_id._get_amount_on_account()

    @api.depends("payment_id")
    def _compute_amount(self):
        # Computed as superuser, for whoever names a payment: his own rights count
        self.payment_id.sudo(False).check_access("read")
        for wizard in self:
            wizard.amount = wizard.payment_id._get_amount_on_account()

    @api.depends("payment_id")
    def _compute_journal_id(self):
        for wizard in self:
            wizard.journal_id = wizard.payment_id.journal_id

    def action_refund(self):
        """Book the money as paid back and match it with the payment it returns.

        :return: action on the refund
        :raises AccessError: the user may not book payments
        :raises UserError: more than is on account, or nothing
        """
        return self._refund()._get_records_action()

    def _refund(self):
        """Book the refund; see ``action_refund``.

        :return: posted ``account.payment``
        """
        self.ensure_one()
        self.contract_id._check_money_rights()
        # Two who refund at once come one after the other: the later one starts again and finds nothing on account
        self.contract_id._serialise_money()
        self.payment_id.invalidate_recordset()
        self.payment_id._check_earnest_settled()
        self._check_same_way()
        self._check_amount()
        source = self.payment_id
        source._release_idle_advances()
        refund = source._with_clean_context().create(self._prepare_refund())
        refund.action_post()
        lines = (source | refund)._customer_lines().filtered(lambda line: not line.reconciled)
        lines.reconcile()
        self.contract_id._money_changed()
        return refund

    def _check_same_way(self):
        """Refuse another way than the money came by, but for an accountant who answers for it (P18)."""
        if self.journal_id != self.payment_id.journal_id and not self.env.user.has_group(
            "account.group_account_manager"
        ):
            raise UserError(
                self.env._(
                    "%(payment)s came by %(journal)s and goes back the same way. An accountant with all rights may "
                    "choose another one.",
                    payment=self.payment_id.display_name,
                    journal=self.payment_id.journal_id.display_name,
                )
            )

    def _check_amount(self):
        compare = self.currency_id.compare_amounts
        if compare(self.amount, 0.0) <= 0 or compare(self.amount, self.amount_available) > 0:
            raise UserError(
                self.env._(
                    "%(payment)s: %(amount)s is on account and can be paid back, no more.",
                    payment=self.payment_id.display_name,
                    amount=self.currency_id.format(self.amount_available),
                )
            )

    def _prepare_refund(self):
        """Return the values of the outgoing payment.

        :return: dict for ``account.payment.create``
        """
        source = self.payment_id
        return {
            "payment_type": "outbound",
            "partner_type": "customer",
            "partner_id": source.partner_id.id,
            "amount": self.amount,
            "currency_id": self.currency_id.id,
            "date": self.date,
            "journal_id": self.journal_id.id,
            "memo": self.env._("Refund of %(payment)s: %(reason)s", payment=source.name, reason=self.reason),
            "dealer_contract_id": self.contract_id.id,
            "deposit_kind": source.deposit_kind,
            "destination_account_id": source._customer_lines().account_id[:1].id,
        }
