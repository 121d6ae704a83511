from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

CASHIER = "account.group_account_invoice"


class DealerClaimPayment(models.Model):
    """One payment of a maker or an insurer for many claims, with differences (P40)."""

    _name = "dealer.claim.payment"
    _description = "Payment of Claims"
    _inherit = ["dealer.protected.mixin", "mail.thread"]
    _order = "date desc, id desc"
    _rec_name = "reference"
    _check_company_auto = True

    _protected_fields = frozenset({"state", "payment_ids", "done_by_id"})

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner", "Maker or Insurer", required=True, index=True, check_company=True, ondelete="restrict"
    )
    reference = fields.Char("Bank Reference", required=True, copy=False, help="As the bank or the payer numbers it.")
    date = fields.Date(required=True, default=fields.Date.context_today)
    journal_id = fields.Many2one(
        "account.journal",
        "Received in",
        required=True,
        check_company=True,
        domain=[("type", "in", ("bank", "cash"))],
        default=lambda self: self._default_journal_id(),
    )
    amount = fields.Monetary(required=True)
    line_ids = fields.One2many("dealer.claim.payment.line", "payment_id", "Claims")
    amount_allocated = fields.Monetary("Allocated", compute="_compute_allocated")
    amount_left = fields.Monetary("Left to Allocate", compute="_compute_allocated")
    state = fields.Selection(
        [("draft", "Draft"), ("done", "Allocated")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    payment_ids = fields.Many2many("account.payment", string="Payments", readonly=True, copy=False)
    done_by_id = fields.Many2one("res.users", "Allocated by", readonly=True, copy=False)

    _amount_positive = models.Constraint("CHECK (amount > 0)", "A payment is more than nothing.")
    _reference_uniq = models.UniqueIndex(
        "(company_id, partner_id, reference)", "This payment was entered already: a payment counts once."
    )

    @api.model
    def _default_journal_id(self):
        return self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.env.company.id)], limit=1
        )

    @api.depends("amount", "line_ids.amount_paid")
    def _compute_allocated(self):
        for payment in self:
            payment.amount_allocated = sum(payment.line_ids.mapped("amount_paid"))
            payment.amount_left = payment.amount - payment.amount_allocated

    def write(self, vals):
        if not self.env.su:
            self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        self._check_draft()

    # --- actions ------------------------------------------------------------------------

    def action_propose(self):
        """Propose the payer's answered and unpaid claims, the oldest first."""
        self.check_access("write")
        self._check_draft()
        for payment in self:
            claims = self.env["dealer.claim"].search(
                [
                    ("status", "in", ("unpaid", "short")),
                    ("partner_id", "=", payment.partner_id.id),
                    ("company_id", "=", payment.company_id.id),
                    ("id", "not in", payment.line_ids.claim_id.ids),
                ],
                order="repair_date, id",
            )
            payment.line_ids = [
                Command.create({"claim_id": claim.id, "amount_paid": claim.amount_open})
                for claim in claims
                if claim.amount_open > 0
            ]
        return True

    def action_allocate(self):
        """Book the payment and match it with the bills of its claims, exactly as allocated.

        :raises AccessError: the user may not book payments
        :raises UserError: allocated already, the sum does not add up, or a claim cannot take its part
        """
        self.check_access("write")
        self.env["account.payment"].check_access("create")
        self._check_draft()
        for payment in self:
            payment._check_allocation()
            payment._lock()
            payment._check_allocation()
            payment._action_allocate()
        return True

    def action_view_payments(self):
        """Open the booked payments."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_account_payments")
        return {**action, "domain": [("id", "in", self.payment_ids.ids)], "context": {}}

    # --- checks -------------------------------------------------------------------------

    def _check_draft(self):
        for payment in self.filtered(lambda payment: payment.state == "done"):
            raise UserError(
                self.env._(
                    "The payment %(payment)s was allocated already (by %(user)s).",
                    payment=payment.reference,
                    user=payment.done_by_id.sudo().name,
                )
            )

    def _check_allocation(self):
        self.ensure_one()
        self._check_draft()
        if not self.currency_id.is_zero(self.amount_left):
            raise UserError(
                self.env._(
                    "%(payment)s: %(left)s of %(amount)s are not allocated. The claims must add up exactly: "
                    "“%(propose)s” adds those still open. What was paid too much is no claim's: lower the amount here "
                    "by it and enter it as a payment of its own, or send it back.",
                    payment=self.reference,
                    propose=self.env._("Propose Claims"),
                    left=self.currency_id.format(self.amount_left),
                    amount=self.currency_id.format(self.amount),
                )
            )
        for line in self.line_ids:
            line._check_line()

    def _lock(self):
        """Wait for the row and write it: of two people who allocate at once the later one is told."""
        self.flush_recordset()
        self.line_ids.flush_recordset()
        self.env.cr.execute(SQL("SELECT id FROM dealer_claim_payment WHERE id = %s FOR UPDATE", self.id))
        self.env.cr.execute(SQL("UPDATE dealer_claim_payment SET state = state WHERE id = %s", self.id))
        self.line_ids.claim_id._lock()
        self.invalidate_recordset()

    # --- business -----------------------------------------------------------------------

    def _action_allocate(self):
        self.ensure_one()
        # Narrow sudo: the right to book payments is checked; cuts are the claims' own steps.
        payment = self.sudo().with_company(self.company_id)
        for line in payment.line_ids.filtered(lambda line: line.difference == "cut"):
            line._cut()
        disputed = payment.line_ids.filtered(lambda line: line.difference == "open" and line._is_short())
        # Matching takes as much of a bill as there is money: bills that stay open in part take theirs last, each of
        # several from a payment of its own.
        groups = [payment.line_ids - disputed[1:]] + list(disputed[1:])
        for group in groups:
            payment.payment_ids |= payment._book(group, disputed[:1])
        payment.write({"state": "done", "done_by_id": self.env.uid})

    def _book(self, lines, last):
        """Book and match the money of some claims.

        :param lines: ``dealer.claim.payment.line``
        :param last: the line whose bill is matched after the others
        :return: ``account.payment``, posted
        """
        money = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "journal_id": self.journal_id.id,
                "amount": sum(lines.mapped("amount_paid")),
                "date": self.date,
                "memo": self.reference,
            }
        )
        money.action_post()
        receivable = money.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        for line in (lines - last) + (lines & last):
            bill = line.claim_id.invoice_id.line_ids.filtered(
                lambda item: item.account_type == "asset_receivable" and not item.reconciled
            )
            (receivable | bill).reconcile()
        return money


class DealerClaimPaymentLine(models.Model):
    _name = "dealer.claim.payment.line"
    _description = "Claim of a Payment"
    _order = "payment_id, id"
    _rec_name = "claim_id"
    _check_company_auto = True

    payment_id = fields.Many2one("dealer.claim.payment", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="payment_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="payment_id.currency_id")
    partner_id = fields.Many2one(related="payment_id.partner_id")
    claim_id = fields.Many2one(
        "dealer.claim",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('partner_id', '=', partner_id), ('state', '=', 'answered')]",
    )
    vehicle_id = fields.Many2one(related="claim_id.vehicle_id")
    amount_open = fields.Monetary(related="claim_id.amount_open")
    amount_paid = fields.Monetary("Paid")
    amount_difference = fields.Monetary("Short by", compute="_compute_amount_difference")
    difference = fields.Selection(
        [("open", "Stays Open"), ("cut", "Cut by the Payer")],
        required=True,
        default="open",
        help="Stays open: we ask for the rest. Cut: a credit note takes it back, and the claim asks who bears it; "
        "within the payer's tolerance it is written off at once.",
    )

    _claim_uniq = models.UniqueIndex("(payment_id, claim_id)", "This claim is in the payment already.")
    _paid_positive = models.Constraint("CHECK (amount_paid > 0)", "Leave out claims on which nothing is paid.")

    @api.depends("amount_open", "amount_paid", "payment_id.state")
    def _compute_amount_difference(self):
        for line in self:
            line.amount_difference = line.amount_open - line.amount_paid if line.payment_id.state == "draft" else 0.0

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if not self.env.su:
            lines.payment_id._check_draft()
        return lines

    def write(self, vals):
        if not self.env.su:
            # Where it stands now and where it would go: what was allocated stays as it was.
            (self.payment_id | self.payment_id.browse(vals.get("payment_id")))._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        self.payment_id._check_draft()

    def _is_short(self):
        self.ensure_one()
        return self.currency_id.compare_amounts(self.amount_paid, self.amount_open) < 0

    def _check_line(self):
        self.ensure_one()
        claim, payment = self.claim_id, self.payment_id
        if claim.partner_id != payment.partner_id or claim.state != "answered":
            raise UserError(
                self.env._(
                    "%(claim)s is no answered claim of %(payer)s.",
                    claim=claim.display_name,
                    payer=payment.partner_id.display_name,
                )
            )
        if self.currency_id.compare_amounts(self.amount_paid, self.amount_open) > 0:
            raise UserError(
                self.env._(
                    "%(claim)s: %(paid)s is more than the %(open)s still open. Was it paid already? Take at most what "
                    "is open; the rest belongs to another claim, or is a payment of its own on %(payer)s's account.",
                    claim=claim.display_name,
                    paid=self.currency_id.format(self.amount_paid),
                    open=self.currency_id.format(self.amount_open),
                    payer=payment.partner_id.name,
                )
            )
        if self.difference == "cut" and claim.variance_state in ("open", "requested"):
            raise UserError(
                self.env._("%(claim)s: decide first who bears what was cut before.", claim=claim.display_name)
            )

    def _cut(self):
        """Take back what the payer left out of this claim: part of the answer now, within what was accepted."""
        self.ensure_one()
        if not self._is_short():
            return
        claim = self.claim_id._as_system()
        claim._cut_total(
            self.amount_open - self.amount_paid, self.env._("Cut on payment %(ref)s", ref=self.payment_id.reference)
        )


class DealerClaim(models.Model):
    _inherit = "dealer.claim"

    payment_line_ids = fields.One2many("dealer.claim.payment.line", "claim_id", "Payments", readonly=True)

    def _cut_total(self, amount, reason):
        """Take back a sum with tax that the payer left out when he paid; the answer follows.

        :param float amount: with tax
        :param str reason: for the credit note and the lines
        """
        self.ensure_one()
        net = amount
        if not self.is_tax_included:
            bill = self.invoice_id
            net = self.currency_id.round(amount * bill.amount_untaxed / bill.amount_total)
        cuts = self._spread(net)
        self._credit(cuts, reason, amount)
        before = self.amount_variance
        for line in self.line_ids.filtered(lambda line: line.invoice_line_id in cuts):
            accepted = line.amount_accepted - cuts[line.invoice_line_id]
            line.write(
                {
                    "answer": "short" if accepted else "refused",
                    "amount_accepted": accepted,
                    "answer_reason": reason,
                }
            )
        self._decide_variance(self.amount_variance - before)
