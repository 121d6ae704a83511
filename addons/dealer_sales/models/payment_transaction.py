from odoo import SUPERUSER_ID, api, fields, models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    dealer_contract_id = fields.Many2one(
        "dealer.contract",
        string="Sales contract",
        index="btree_not_null",
        readonly=True,
        ondelete="restrict",
        help="Online money hangs on the contract, never on its order: core drops the money of an "
        "order whose confirmation is refused.",
    )
    deposit_kind = fields.Selection(
        lambda self: self.env["account.payment"]._fields["deposit_kind"]._description_selection(self.env),
        string="Money for",
        readonly=True,
    )

    def action_view_dealer_contract(self):
        """Open the contract this transaction pays.

        :return: act_window on ``dealer.contract``
        """
        self.ensure_one()
        return self.dealer_contract_id._get_records_action()

    @api.model
    def _compute_reference_prefix(self, separator, **values):
        """Start the reference of a contract's transaction with the contract's number."""
        contract = self.env["dealer.contract"].browse(values.get("dealer_contract_id"))
        if contract.exists():
            return contract.name
        return super()._compute_reference_prefix(separator, **values)

    def _create_child_transaction(self, amount, is_refund=False, **custom_create_values):
        """A refund or a part capture belongs to the contract of its source."""
        custom_create_values.setdefault("dealer_contract_id", self.dealer_contract_id.id)
        custom_create_values.setdefault("deposit_kind", self.deposit_kind)
        return super()._create_child_transaction(amount, is_refund=is_refund, **custom_create_values)

    def _create_payment(self, **extra_create_values):
        """Book the money on the contract, on the account where customer advances stand."""
        contract = self.dealer_contract_id
        if not contract:
            return super()._create_payment(**extra_create_values)
        account = contract._money_account(self.partner_id, abs(self.amount))
        if account:
            extra_create_values.setdefault("destination_account_id", account.id)
        return super()._create_payment(
            dealer_contract_id=contract.id,
            deposit_kind=self.deposit_kind,
            **extra_create_values,
        )

    def _post_process(self):
        """Book first, then look at the deal: whatever is wrong with it, the money is kept (P16)."""
        result = super()._post_process()
        for tx in self.filtered(lambda t: t.state == "done" and t.dealer_contract_id):
            if tx.operation != "refund":
                tx.dealer_contract_id._online_payment_done(tx)
        return result

    def _log_message_on_linked_documents(self, message):
        """Log on the contract too, in the name of whoever acts."""
        result = super()._log_message_on_linked_documents(message)
        contract = self.dealer_contract_id
        if contract:
            author = self.env.user.partner_id if self.env.uid == SUPERUSER_ID else self.partner_id
            contract.message_post(body=message, author_id=author.id)
        return result
