from odoo import Command, fields, models
from odoo.exceptions import UserError

from .dealer_entitlement import PAID
from .repair_order_flow import MANAGER


class DealerEntitlement(models.Model):
    """Refunds: what is left of prepaid money goes back to the customer, and the liability to zero (P38)."""

    _inherit = "dealer.entitlement"

    _protected_fields = frozenset({"count_refunded", "amount_refunded"})

    count_refunded = fields.Integer(string="Visits Refunded", default=0, readonly=True, copy=False)
    amount_refunded = fields.Monetary(string="Refunded", default=0.0, readonly=True, copy=False)
    refund_reason = fields.Char(string="Reason of the Refund", copy=False)

    def action_refund(self):
        """Credit the customer what is left of prepaid entitlements: the share of the visits he did not use.

        The credit note stands open until the cashier pays it back, or is set off against the bill when that is unpaid.

        :raises AccessError: the user is no workshop manager
        :raises UserError: nothing is left, nothing was paid before, or nobody wrote why
        Source: practice P38
        """
        self._check_role(MANAGER)
        self._lock()
        for entitlement in self:
            entitlement._check_refundable()
        for entitlement in self:
            # Narrow sudo: role and state are checked; bills are not the workshop's to write.
            entitlement.sudo().with_company(entitlement.company_id)._refund()
        return True

    def _check_refundable(self):
        self._check_state("active")
        if self.bearer != "prepaid" or self.currency_id.compare_amounts(self.amount_left, 0) <= 0:
            raise UserError(
                self.env._("%(entitlement)s: no prepaid money is left to refund.", entitlement=self.display_name)
            )
        if not (self.refund_reason or "").strip():
            raise UserError(
                self.env._("%(entitlement)s: write the reason of the refund first.", entitlement=self.display_name)
            )

    def _refund(self):
        """Post the credit note; posting it takes visits and money off, see ``_take_credit``.

        :return: the posted ``account.move``
        """
        self.ensure_one()
        bill = self.sale_order_id.invoice_ids.filtered(
            lambda move: move.state == "posted" and move.move_type == "out_invoice"
        )[:1]
        credit = self.env["account.move"].create(self._prepare_refund(bill))
        credit.action_post()
        receivable = (bill | credit).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )
        if len(receivable.move_id) == 2:
            receivable.reconcile()
        self.message_post(
            body=self.env._("Refunded by %(credit)s: %(reason)s", credit=credit.name, reason=self.refund_reason)
        )
        return credit

    def _prepare_refund(self, bill):
        (sold,) = bill.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        return {
            "move_type": "out_refund",
            "company_id": self.company_id.id,
            "journal_id": bill.journal_id.id,
            "partner_id": bill.partner_id.id,
            "reversed_entry_id": bill.id,
            "ref": self.env._("%(entitlement)s: %(reason)s", entitlement=self.name, reason=self.refund_reason),
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": sold.product_id.id,
                        "name": self.env._("%(entitlement)s, not used", entitlement=self.name),
                        "account_id": sold.account_id.id,
                        "quantity": 1.0,
                        "price_unit": self.amount_left,
                        "tax_ids": [Command.clear()],
                    }
                )
            ],
        }

    def _take_credit(self, amount):
        """Take off what a credit note gave the customer back; nothing is left: the entitlement is over.

        :param float amount: credited, with tax
        """
        self.ensure_one()
        self._lock()
        refunded = min(amount, self.amount_left)
        values = {"amount_refunded": self.currency_id.round(self.amount_refunded + refunded)}
        if self.currency_id.compare_amounts(refunded, self.amount_left) >= 0:
            values.update(count_refunded=self.count_refunded + self.count_left, state="cancelled")
        self.write(values)

    def _compute_sale(self):
        super()._compute_sale()
        for entitlement in self.filtered("amount_refunded"):
            # The part of the bill that was credited is not owed; what was used of the rest was paid.
            bills = entitlement.sale_order_id.invoice_ids.filtered(
                lambda move: move.state == "posted" and move.move_type == "out_invoice"
            )
            entitlement.is_paid = bool(bills) and all(bill.payment_state in PAID for bill in bills)

    def _check_covers(self, job):
        """Refuse work that this entitlement does not stand for.

        :param job: ``dealer.job``
        :raises UserError: names the work, and the way out
        Source: practice P38
        """
        self.ensure_one()
        foreign = job.line_ids.filtered(lambda line: line.operation_id not in self.operation_ids)
        if self.operation_ids and foreign:
            raise UserError(
                self.env._(
                    "%(entitlement)s does not cover “%(work)s”, only: %(operations)s. Put that work on a job of its "
                    "own.",
                    entitlement=self.display_name,
                    work=", ".join(foreign.mapped("name")),
                    operations=", ".join(self.operation_ids.mapped("name")),
                )
            )


class DealerEntitlementUse(models.Model):
    _inherit = "dealer.entitlement.use"

    def _give_back(self):
        """Give visits and money of these uses back, each once, whoever takes it back first."""
        for use in self.sorted("id"):
            use.entitlement_id._lock()
            use.invalidate_recordset(["is_reversed"])
            if not use.is_reversed:
                use.is_reversed = True
                use.entitlement_id._take(-use.count, -use.amount)


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        credits = posted.filtered("reversed_entry_id")
        if credits:
            # Narrow sudo: entitlements follow the books, whoever posts.
            credits.sudo()._take_entitlements_back()
        return posted

    def _take_entitlements_back(self):
        """Let entitlements follow: a use whose entry is reversed is given back, a sale that is credited is over."""
        entries = self.reversed_entry_id
        uses = self.env["dealer.entitlement.use"].search(
            [("move_id", "in", entries.ids), ("is_reversed", "=", False)], order="id"
        )
        uses._give_back()
        for credit in self.filtered(lambda move: move.move_type == "out_refund"):
            sold = credit.reversed_entry_id.invoice_line_ids.sale_line_ids.order_id
            for entitlement in sold and self.env["dealer.entitlement"].search([("sale_order_id", "in", sold.ids)]):
                entitlement._take_credit(credit.amount_total)
