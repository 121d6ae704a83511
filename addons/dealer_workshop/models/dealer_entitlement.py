from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import payers
from .repair_order_billing import PAID
from .repair_order_flow import ADVISOR, MANAGER

KINDS = [
    ("first_service", "First Service"),
    ("package", "Prepaid Package"),
    ("coupon", "Coupon"),
    ("stored_value", "Stored Value"),
]
BEARERS = [("maker", "Maker"), ("company", "Ourselves"), ("prepaid", "Customer, Prepaid")]
PAY_TYPE_OF = {"maker": "warranty", "company": "internal", "prepaid": "prepaid"}


class DealerEntitlement(models.Model):
    """What a customer may have done without paying at the desk: first service (首保), package, coupon, stored value.

    Who bears it decides what settlement books: the maker gets a bill, we pay it ourselves, or the customer did before.
    Then his money is a liability until it is used; nothing is revenue at the sale, and what is never used is booked by
    a nightly job after the last day.
    """

    _name = "dealer.entitlement"
    _description = "Entitlement"
    _inherit = ["dealer.protected.mixin", "dealer.numbered.mixin", "dealer.batch.mixin", "mail.thread"]
    _order = "date_to, id"
    _rec_names_search = ["name", "partner_id", "vehicle_id"]
    _check_company_auto = True

    _protected_fields = frozenset(
        {"name", "state", "count_used", "amount_used", "sale_order_id", "breakage_move_id", "company_id"}
    )

    name = fields.Char(string="Number", readonly=True, copy=False, default="/")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(KINDS, required=True, default="package", tracking=True)
    bearer = fields.Selection(
        BEARERS,
        string="Paid By",
        required=True,
        compute="_compute_bearer",
        store=True,
        readonly=False,
        precompute=True,
        help="Maker: he gets the bill. Ourselves: internal work. Customer, prepaid: the liability becomes revenue.",
    )
    maker_id = fields.Many2one("res.partner", string="Maker to Bill", check_company=True)
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, check_company=True, index=True)
    vehicle_id = fields.Many2one(
        "dealer.vehicle",
        string="Car",
        check_company=True,
        index="btree_not_null",
        help="Empty: any car of the customer.",
    )
    description = fields.Char(string="Covers", required=True, help="What the customer reads, e.g. 3 oil services.")
    operation_ids = fields.Many2many("dealer.operation", string="Operations", help="Empty: any work.")
    count_total = fields.Integer(string="Visits", default=1, help="Stored value: 0, it is used by amount.")
    count_used = fields.Integer(string="Visits Used", readonly=True, copy=False)
    count_left = fields.Integer(string="Visits Left", compute="_compute_left")
    amount_total = fields.Monetary(
        string="Amount",
        help="Prepaid: what the customer pays for it. Maker and ourselves: the most that is paid for one visit, "
        "without tax; 0: the whole job.",
    )
    amount_used = fields.Monetary(readonly=True, copy=False)
    amount_left = fields.Monetary(compute="_compute_left", help="Of prepaid money.")
    km_to = fields.Integer(string="Until km", aggregator=None, help="0: no limit.")
    # The company's day, as a visit's is, wherever the entitlement is sold from.
    date_from = fields.Date(string="From", required=True, default=lambda self: self.env.company._get_day())
    date_to = fields.Date(string="Until", index=True, help="Last day. Empty: no end.")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("active", "Active"),
            ("used", "Used Up"),
            ("expired", "Expired"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    sale_order_id = fields.Many2one("sale.order", string="Sold By", readonly=True, copy=False, index="btree_not_null")
    sale_name = fields.Char(string="Sold On", compute="_compute_sale", compute_sudo=True)
    is_paid = fields.Boolean(string="Paid", compute="_compute_sale", compute_sudo=True)
    breakage_move_id = fields.Many2one("account.move", string="Expiry Entry", readonly=True, copy=False)
    use_ids = fields.One2many("dealer.entitlement.use", "entitlement_id", string="Uses", readonly=True)

    # The promise of a last visit is the database's: whoever uses it second is refused whatever the code did.
    _not_overused = models.Constraint(
        "CHECK (count_used >= 0 AND amount_used >= 0 "
        "AND (kind = 'stored_value' OR count_used + COALESCE(count_refunded, 0) <= count_total) "
        "AND (bearer != 'prepaid' OR amount_used + COALESCE(amount_refunded, 0) <= amount_total))",
        "No visit and no money is left on this entitlement.",
    )
    _complete = models.Constraint(
        "CHECK (amount_total >= 0 AND count_total >= 0 AND (kind = 'stored_value' OR count_total > 0) "
        "AND (bearer != 'maker' OR maker_id IS NOT NULL) AND (kind != 'stored_value' OR bearer = 'prepaid'))",
        "An entitlement has visits or an amount, and the maker who pays it is named.",
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_from <= date_to)", "The last day cannot be before the first day."
    )
    _to_expire_idx = models.Index("(date_to) WHERE state = 'active' AND date_to IS NOT NULL")

    @api.depends("kind")
    def _compute_bearer(self):
        usual = {"first_service": "maker", "package": "prepaid", "coupon": "company", "stored_value": "prepaid"}
        for entitlement in self:
            entitlement.bearer = usual.get(entitlement.kind, "prepaid")

    @api.depends(
        "count_total", "count_used", "count_refunded", "amount_total", "amount_used", "amount_refunded", "bearer"
    )
    def _compute_left(self):
        for entitlement in self:
            gone = entitlement.count_used + entitlement.count_refunded
            entitlement.count_left = max(entitlement.count_total - gone, 0)
            prepaid = entitlement.bearer == "prepaid"
            spent = entitlement.amount_used + entitlement.amount_refunded
            entitlement.amount_left = entitlement.amount_total - spent if prepaid else 0.0

    @api.depends("sale_order_id.invoice_ids.payment_state", "bearer", "state")
    def _compute_sale(self):
        for entitlement in self:
            invoices = entitlement.sale_order_id.invoice_ids.filtered(lambda move: move.state == "posted")
            entitlement.sale_name = ", ".join(invoices.mapped("name"))
            bills = invoices.filtered(lambda move: move.move_type == "out_invoice")
            entitlement.is_paid = bool(bills) and all(bill.payment_state in PAID[:2] for bill in bills)

    @api.depends("description", "count_left", "amount_left", "kind")
    def _compute_display_name(self):
        super()._compute_display_name()  # the number, or that there is none yet
        for entitlement in self.filtered(lambda entitlement: entitlement.name != "/"):
            left = entitlement._get_left_words()
            entitlement.display_name = f"{entitlement.name} · {entitlement.description or ''} ({left})"

    def _get_left_words(self):
        self.ensure_one()
        if self.kind == "stored_value":
            return self.currency_id.format(self.amount_left) if self.currency_id else ""
        return self.env._("%(left)s of %(total)s left", left=self.count_left, total=self.count_total)

    @api.model_create_multi
    def create(self, vals_list):
        entitlements = super().create(vals_list)
        sequence = self.env["ir.sequence"].sudo()  # narrow: its number is the system's
        for entitlement in entitlements.sudo():
            entitlement.name = sequence.with_company(entitlement.company_id).next_by_code("dealer.entitlement") or "/"
        return entitlements

    def write(self, vals):
        if not self.env.su:
            self._refuse(self._get_protected_fields().intersection(vals))
            self._check_changeable(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        for entitlement in self:
            if entitlement.state != "draft":
                raise UserError(
                    self.env._(
                        "%(entitlement)s is no draft and stays. Cancel it.", entitlement=entitlement.display_name
                    )
                )

    def _check_changeable(self, vals):
        """Refuse changes of what a customer bought already.

        :raises UserError: names the entitlement
        """
        free = {"message_follower_ids", "activity_ids", "message_ids", "refund_reason"}
        for entitlement in self.filtered(lambda entitlement: entitlement.state != "draft"):
            if set(vals) - free:
                raise UserError(
                    self.env._(
                        "%(entitlement)s is the customer's: its terms cannot be changed any more.",
                        entitlement=entitlement.display_name,
                    )
                )

    # --- actions ------------------------------------------------------------------------

    def action_issue(self):
        """Give the entitlement to the customer; prepaid ones are sold: an invoice that makes no revenue.

        :raises UserError: not a draft, no price, or no policy says where the liability stands
        Source: practice P38
        """
        self._check_role(ADVISOR)
        for entitlement in self:
            entitlement._check_state("draft")
            # Company pays is money given away: who leads the workshop issues it.
            if entitlement.bearer == "company":
                entitlement._check_role(MANAGER)
            # Narrow sudo: role and state are checked. Orders, invoices and the state are not the advisor's to write.
            if entitlement.bearer == "prepaid":
                entitlement.sudo()._sell()
            entitlement.sudo().state = "active"
        return True

    def action_cancel(self):
        """Cancel what was never used: a draft, or one the maker or we would have paid.

        :raises UserError: visits were used, or money was paid for it
        """
        self._check_role(MANAGER)
        for entitlement in self:
            entitlement._check_state("draft", "active")
            if entitlement.count_used or entitlement.sale_order_id:
                raise UserError(
                    self.env._(
                        "%(entitlement)s was sold or used on %(invoice)s: refund what is left of it instead.",
                        entitlement=entitlement.display_name,
                        invoice=entitlement.sale_name or "",
                    )
                )
        # Narrow sudo: role and state are checked, the field is protected from typing.
        self.sudo().write({"state": "cancelled"})
        return True

    def _check_role(self, group):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(group):
            role = self.env.ref(group).sudo().display_name
            raise UserError(self.env._("This step is done by: %(roles)s.", roles=role))

    def _check_state(self, *states):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for entitlement in self:
            if entitlement.state not in states:
                raise UserError(
                    self.env._(
                        "%(entitlement)s is “%(state)s”: this step belongs to %(states)s.",
                        entitlement=entitlement.display_name,
                        state=labels[entitlement.state],
                        states=", ".join(labels[state] for state in states),
                    )
                )

    # --- selling ------------------------------------------------------------------------

    def _sell(self):
        """Invoice a prepaid entitlement: the customer owes, we owe him visits. No revenue, no output tax yet."""
        self.ensure_one()
        if self.currency_id.is_zero(self.amount_total):
            raise UserError(self.env._("%(entitlement)s: enter its price.", entitlement=self.display_name))
        company_self = self.with_company(self.company_id)
        order = company_self.env["sale.order"].create(company_self._prepare_sale())
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self.sale_order_id = order

    def _prepare_sale(self):
        policy = self._get_policy()
        return {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            # In the company's currency, as the entitlement: no price list of the customer changes it.
            "pricelist_id": False,
            "origin": self.name,
            "require_signature": False,
            "require_payment": False,
            "order_line": [
                Command.create(
                    {
                        "product_id": self.env.ref("dealer_workshop.product_product_entitlement").id,
                        "name": f"{self.name} {self.description}",
                        "product_uom_qty": 1.0,
                        "price_unit": self.amount_total,
                        # Taxed when used: at the sale nobody knows yet what is supplied. To be confirmed.
                        "tax_ids": [Command.clear()],
                        "dealer_liability_account_id": policy.liability_account_id.id,
                    }
                )
            ],
        }

    def _get_policy(self):
        """Return where this entitlement's money stands, on its first day.

        :return: ``dealer.entitlement.policy``
        :raises UserError: no row serves; says who enters it where
        """
        self.ensure_one()
        return self.env["dealer.entitlement.policy"]._find(self.company_id, self.kind, self.date_from)

    # --- using --------------------------------------------------------------------------

    def _check_usable(self, order):
        """Refuse an entitlement that does not serve this visit.

        :param order: ``repair.order``
        :raises UserError: names the entitlement and why
        Source: practice P38
        """
        self.ensure_one()
        reasons = [
            (self.state != "active", self.env._("it is not active")),
            (self.bearer == "prepaid" and not self.is_paid, self.env._("its invoice is not paid")),
            (self.kind != "stored_value" and not self.count_left, self.env._("no visit is left")),
            (self.kind == "stored_value" and self.amount_left <= 0, self.env._("nothing is left on it")),
            (self.date_from > order._day_of_reception(), self.env._("it is not in force yet")),
            (
                bool(self.date_to) and self.date_to < order._day_of_reception(),
                self.env._("its last day was %(date)s", date=self.date_to),
            ),
            (
                bool(self.km_to) and order.odometer_km > self.km_to,
                self.env._("it ends at %(km)s km", km=self.km_to),
            ),
            (
                bool(self.vehicle_id) and self.vehicle_id != order.dealer_vehicle_id,
                self.env._("it belongs to another car"),
            ),
            (
                not self.vehicle_id and self.partner_id not in order.partner_id | order.payer_id,
                self.env._("it belongs to another customer"),
            ),
        ]
        for is_so, reason in reasons:
            if is_so:
                raise UserError(
                    self.env._(
                        "%(entitlement)s cannot be used on %(order)s: %(reason)s.",
                        entitlement=self.display_name,
                        order=order.display_name,
                        reason=reason,
                    )
                )

    def _lock(self):
        """Wait for whoever uses these entitlements right now; a stale view of them starts again."""
        self.env.execute_query(
            SQL("SELECT id FROM dealer_entitlement WHERE id IN %s ORDER BY id FOR UPDATE", tuple(self.ids))
        )
        self.invalidate_recordset(["count_used", "amount_used", "state"])

    def _use_visit(self):
        """Take one visit off, with its share of the prepaid money; the last visit takes what rounding left.

        :return: money this visit is worth, 0.0 for what maker or ourselves pay
        """
        self.ensure_one()
        amount = 0.0
        if self.bearer == "prepaid":
            whole = self.amount_total - self.amount_refunded
            amount = payers.use_of_entitlement(whole, self.amount_used, self.count_total, self.count_used)
            amount = min(amount, self.amount_left)
        self._take(1, amount)
        return amount

    def _take(self, count, amount):
        """Write a use, or give it back with negative figures; the state follows."""
        self.ensure_one()
        values = {
            "count_used": self.count_used + count,
            "amount_used": self.currency_id.round(self.amount_used + amount),
        }
        self.write(values)
        by_visit = self.kind != "stored_value"
        is_left = self.count_left > 0 if by_visit else self.currency_id.compare_amounts(self.amount_left, 0) > 0
        if self.state in ("active", "used") or count < 0 or amount < 0:
            self.state = "active" if is_left else "used"

    # --- expiry -------------------------------------------------------------------------

    @api.model
    def _cron_expire(self, limit=200):
        """Close entitlements whose last day is over; prepaid money that is left becomes income by policy.

        One without a policy stops no other. Each run takes up what is still to be closed.

        :param int limit: at most so many in one transaction
        Source: practice P38
        """
        domain = Domain([("state", "=", "active"), ("date_to", "<", fields.Date.context_today(self))])
        last = 0
        while batch := self.search(domain & Domain("id", ">", last), limit=limit, order="id"):
            last = batch[-1].id
            batch._try_in_batches("_expire_all", "%s could not expire")
            if not self.env["ir.cron"]._commit_progress(len(batch)):
                return

    def _note_failure(self, error, failure):
        """Tell what a person can mend where the accountant looks."""
        if isinstance(error, UserError):
            self.message_post(body=str(error))
        else:
            super()._note_failure(error, failure)

    def _expire_all(self):
        for entitlement in self:
            entitlement._expire()

    def _expire(self):
        self.ensure_one()
        self._lock()
        left = self.amount_left
        values = {"state": "expired"}
        if self.bearer == "prepaid" and self.is_paid and self.currency_id.compare_amounts(left, 0) > 0:
            entry = self.env["account.move"].with_company(self.company_id).create(self._prepare_breakage(left))
            entry.action_post()
            values.update(breakage_move_id=entry.id, amount_used=self.amount_total - self.amount_refunded)
        self.write(values)

    def _prepare_breakage(self, amount):
        policy = self._get_policy()
        label = self.env._("%(entitlement)s expired unused", entitlement=self.name)
        return {
            "move_type": "entry",
            "company_id": self.company_id.id,
            "journal_id": policy.journal_id.id,
            "ref": self.name,
            "line_ids": [
                Command.create(
                    {
                        "account_id": policy.liability_account_id.id,
                        "partner_id": self.partner_id.id,
                        "balance": amount,
                        "name": label,
                    }
                ),
                Command.create(
                    {
                        "account_id": policy.breakage_account_id.id,
                        "partner_id": self.partner_id.id,
                        "balance": -amount,
                        "name": label,
                    }
                ),
            ],
        }


class DealerEntitlementUse(models.Model):
    """One visit or amount an entitlement was used for. Written by settlement, taken back by its reversal."""

    _name = "dealer.entitlement.use"
    _description = "Use of an Entitlement"
    _order = "date desc, id desc"
    _check_company_auto = True

    entitlement_id = fields.Many2one(
        "dealer.entitlement", required=True, readonly=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="entitlement_id.company_id", store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    order_id = fields.Many2one("repair.order", string="Repair Order", required=True, readonly=True, index=True)
    job_id = fields.Many2one("dealer.job", readonly=True, index="btree_not_null")
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    count = fields.Integer(string="Visits", readonly=True)
    amount = fields.Monetary(readonly=True, help="Prepaid money used: revenue, or payment of a bill.")
    amount_priced = fields.Monetary(string="Price of the Work", readonly=True, help="Without tax.")
    move_id = fields.Many2one("account.move", string="Entry", readonly=True, index="btree_not_null")
    is_reversed = fields.Boolean(readonly=True)

    # Pressed twice, or by two people: a job uses an entitlement once.
    _job_uniq = models.UniqueIndex(
        "(job_id) WHERE job_id IS NOT NULL AND NOT is_reversed", "An entitlement was used on this job already."
    )


class DealerEntitlementPolicy(models.Model):
    """Where prepaid money stands until it is used, and where it goes when it never is."""

    _name = "dealer.entitlement.policy"
    _description = "Policy for Entitlements"
    _order = "company_id, kind, date_from desc, id"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    kind = fields.Selection(KINDS, help="Empty: every kind.")
    date_from = fields.Date(string="In Force From", required=True, default=fields.Date.context_today)
    liability_account_id = fields.Many2one(
        "account.account", string="Liability", required=True, check_company=True, ondelete="restrict"
    )
    revenue_account_id = fields.Many2one(
        "account.account", string="Revenue when Used", required=True, check_company=True, ondelete="restrict"
    )
    breakage_account_id = fields.Many2one(
        "account.account", string="Income when Expired", required=True, check_company=True, ondelete="restrict"
    )
    journal_id = fields.Many2one(
        "account.journal", required=True, check_company=True, domain=[("type", "=", "general")], ondelete="restrict"
    )
    tax_id = fields.Many2one(
        "account.tax",
        string="Tax when Used",
        check_company=True,
        domain=[("type_tax_use", "=", "sale"), ("amount_type", "=", "percent")],
        help="Prepaid money is with tax: used, it is parted into revenue and this tax. Empty: no tax.",
    )
    note = fields.Char(default=lambda self: self.env._("To be confirmed by a tax adviser."))

    _row_uniq = models.UniqueIndex(
        "(company_id, date_from, COALESCE(kind, ''))", "There is a policy of this kind and date already."
    )

    @api.model
    def _find(self, company, kind, day):
        """Return the row in force: the one of the kind, then the newest.

        :raises UserError: none serves
        """
        # Narrow sudo: policies are the accountant's; selling and settling read them for everybody.
        rows = self.sudo().search(
            [("company_id", "=", company.id), ("kind", "in", (False, kind)), ("date_from", "<=", day)]
        )
        row = rows.sorted(lambda row: (bool(row.kind), row.date_from, row.id), reverse=True)[:1]
        if not row:
            raise UserError(
                self.env._(
                    "No policy says where prepaid money stands in %(company)s. The accountant enters it under "
                    "Workshop / Configuration / Entitlement Policies.",
                    company=company.display_name,
                )
            )
        return row


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    dealer_liability_account_id = fields.Many2one(
        "account.account", readonly=True, help="Where prepaid money stands until it is used."
    )

    def _prepare_invoice_line(self, **optional_values):
        vals = super()._prepare_invoice_line(**optional_values)
        if self.dealer_liability_account_id:
            vals["account_id"] = self.dealer_liability_account_id.id
        return vals
