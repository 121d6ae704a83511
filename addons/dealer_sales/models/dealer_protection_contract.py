from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools import protection as maths
from .dealer_protection_product import COST_GROUP

STATES = [("sold", "Sold"), ("active", "Active"), ("expired", "Expired"), ("cancelled", "Cancelled")]
# What people enter themselves; all else follows from acts
TYPED = {"number", "note"}


class DealerProtectionContract(models.Model):
    """A product a customer took with his car: sold, active from the hand-over, remitted, expired or cancelled (P26)."""

    _name = "dealer.protection.contract"
    _description = "Sold F&I Product"
    _inherit = ["mail.thread", "mail.activity.mixin", "dealer.system.link.mixin"]
    _order = "id desc"
    _rec_names_search = ["number", "partner_id.name", "partner_id.phone", "vehicle_id", "contract_id.name"]
    _check_company_auto = True

    number = fields.Char(copy=False, index="trigram", tracking=True, help="The provider's number of this contract.")
    contract_id = fields.Many2one("dealer.contract", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True, precompute=True)
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, string="Customer")
    phone = fields.Char(related="partner_id.phone")
    menu_line_id = fields.Many2one("dealer.protection.menu.line", readonly=True, ondelete="restrict", index=True)
    sale_line_id = fields.Many2one("sale.order.line", "Order Line", readonly=True, copy=False, ondelete="set null")
    protection_id = fields.Many2one(
        "dealer.protection.product", "Product", required=True, readonly=True, index=True, ondelete="restrict"
    )
    kind = fields.Selection(related="protection_id.kind", store=True)
    provider_id = fields.Many2one("res.partner", required=True, readonly=True, index=True, ondelete="restrict")
    vehicle_id = fields.Many2one("dealer.vehicle", "Car", readonly=True, index="btree_not_null", check_company=True)
    user_id = fields.Many2one("res.users", "Sold by", readonly=True, index=True)
    term_months = fields.Integer("Months", readonly=True)
    term_km = fields.Integer("Distance (km)", readonly=True)
    date_from = fields.Date("Runs from", readonly=True)
    date_to = fields.Date("Runs until", readonly=True, index="btree_not_null")
    odometer_from = fields.Integer("Mileage at Hand-over", readonly=True)
    state = fields.Selection(STATES, default="sold", required=True, readonly=True, index=True, tracking=True)
    note = fields.Text("Notes")

    currency_id = fields.Many2one(related="contract_id.currency_id")
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    price = fields.Monetary("Price without Tax", compute="_compute_price", store=True)
    price_total = fields.Monetary("Price with Tax", compute="_compute_price", store=True)
    cost = fields.Monetary(currency_field="company_currency_id", readonly=True, groups=COST_GROUP, help="Without tax.")
    bill_line_id = fields.Many2one(
        "account.move.line", "Bill Line", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    is_remitted = fields.Boolean(
        "Remitted", compute="_compute_is_remitted", store=True, help="On a bill of its provider."
    )

    date_cancelled = fields.Date("Cancelled on", readonly=True, copy=False)
    cancel_reason = fields.Char(readonly=True, copy=False, tracking=True)
    used_percent = fields.Float("Used (%)", digits=(6, 2), readonly=True, copy=False, aggregator="avg")
    amount_refund = fields.Monetary("Given Back without Tax", readonly=True, copy=False)
    cost_refund = fields.Monetary(
        "Back from the Provider",
        currency_field="company_currency_id",
        readonly=True,
        copy=False,
        groups=COST_GROUP,
    )
    is_charged_back = fields.Boolean(
        "Charged Back", readonly=True, copy=False, help="Cancelled so early that it counts against the deal."
    )
    refund_line_id = fields.Many2one(
        "account.move.line", "Credit Note Line", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )

    _number_uniq = models.UniqueIndex(
        "(company_id, provider_id, number) WHERE number IS NOT NULL",
        "This provider's contract of this number is registered already.",
    )
    _sale_line_uniq = models.UniqueIndex(
        "(sale_line_id) WHERE sale_line_id IS NOT NULL", "An order line sells one product."
    )
    _menu_line_uniq = models.UniqueIndex("(menu_line_id)", "An accepted product is sold once.")
    _bill_line_uniq = models.UniqueIndex(
        "(bill_line_id) WHERE bill_line_id IS NOT NULL", "A line of a bill remits one product."
    )
    _remit_idx = models.Index("(provider_id, id) WHERE is_remitted IS NOT TRUE AND state IN ('active', 'expired')")
    _end_idx = models.Index("(date_to) WHERE state = 'active'")

    @api.depends("number", "protection_id.name")
    def _compute_display_name(self):
        for sold in self:
            sold.display_name = " · ".join(filter(None, [sold.protection_id.name, sold.number]))

    @api.depends("sale_line_id.price_subtotal", "sale_line_id.price_total")
    def _compute_price(self):
        for sold in self:
            # A line taken off the order sells nothing; what was cancelled keeps what it was sold for
            sold.price = sold.sale_line_id.price_subtotal
            sold.price_total = sold.sale_line_id.price_total

    @api.depends("bill_line_id")
    def _compute_is_remitted(self):
        # The bill tells when it changes: see account_move_fni.py
        for sold in self.sudo():
            move = sold.bill_line_id.move_id
            sold.is_remitted = bool(move) and move.state != "cancel" and move.payment_state != "reversed"

    # === CRUD ===
    @api.model
    def _get_system_links(self):
        refusal = self.env._(
            "A sold product follows from the signed menu, the hand-over and its buttons: only its number and notes are "
            "typed."
        )
        return {**super()._get_system_links(), **dict.fromkeys(self._get_own_fields() - TYPED, refusal)}

    @api.model
    def _get_own_fields(self):
        """Return the stored fields this model declares itself, without those of chatter and activities.

        :return: set of str
        """
        mixins = ("mail.thread", "mail.activity.mixin")
        foreign = set(models.MAGIC_COLUMNS).union(*(self.env[mixin]._fields for mixin in mixins))
        return {name for name, field in self._fields.items() if field.store} - foreign

    # === Hand-over and end ===
    def _activate(self, vehicle, odometer_km):
        """Begin with the hand-over of a car.

        :param vehicle: ``dealer.vehicle`` handed over
        :param int odometer_km: read then
        """
        today = fields.Date.context_today(self)
        for sold in self.filtered(lambda one: one.state == "sold"):
            months = sold.term_months
            sold.write(
                {
                    "state": "active",
                    "vehicle_id": vehicle.id,
                    "date_from": today,
                    "date_to": today + relativedelta(months=months, days=-1) if months else False,
                    "odometer_from": odometer_km,
                }
            )

    @api.model
    def _cron_expire(self):
        """Close what has run out; one query for all."""
        today = fields.Date.context_today(self)
        self.sudo().search([("state", "=", "active"), ("date_to", "<", today)]).write({"state": "expired"})

    def _drop(self, reason):
        """Close products that never began: their line left the order, or the deal was cancelled."""
        self.filtered(lambda one: one.state == "sold").write(
            {"state": "cancelled", "cancel_reason": reason, "date_cancelled": fields.Date.context_today(self)}
        )

    # === Remittance ===
    def action_remit(self):
        """Owe the providers what these products cost: one draft bill for each provider, a line for each product.

        Repeated it makes nothing twice: what is on a bill is left out.

        :return: action on the bills
        :raises AccessError: the user may not make bills, or not read one of the products
        :raises UserError: nothing to remit
        """
        self.check_access("read")
        self.env["account.move"].check_access("create")
        due = self.sudo().filtered(lambda one: one._is_to_remit())  # costs are billed, not shown
        if not due:
            raise UserError(
                self.env._(
                    "Nothing to remit: products are remitted once, from the hand-over of the car on, when their cost "
                    "is known."
                )
            )
        bills = self.env["account.move"]
        for (company, provider), sold in due.grouped(lambda one: (one.company_id, one.provider_id)).items():
            bills |= sold.with_company(company)._create_bill(company, provider, "in_invoice", "cost", "bill_line_id")
        return bills.sudo(False)._get_records_action(name=self.env._("Bills of providers"), context={"create": False})

    def _is_to_remit(self):
        return self.state in ("active", "expired") and not self.is_remitted and self.cost > 0

    def _create_bill(self, company, provider, move_type, amount_field, line_field):
        products = self.sorted("id")
        rows = [{**one._prepare_bill_line(one[amount_field]), "sequence": n} for n, one in enumerate(products)]
        moves = self.env["account.move"]._with_clean_context()
        move = moves.create(
            {
                "is_dealer_fni": bool(line_field),
                "move_type": move_type,
                "company_id": company.id,
                "partner_id": provider.id,
                "currency_id": company.currency_id.id,
                "invoice_line_ids": [Command.create(row) for row in rows],
            }
        )
        if line_field:
            for sold, line in zip(products, move.invoice_line_ids.sorted("sequence"), strict=True):
                sold[line_field] = line
        return move

    def _prepare_bill_line(self, amount):
        self.ensure_one()
        return {
            "product_id": self.protection_id.product_id.id,
            "name": " · ".join(filter(None, (self.display_name, self.partner_id.name, self.vehicle_id.vin))),
            "quantity": 1.0,
            "price_unit": amount,
        }

    # === Cancellation ===
    def action_open_cancel(self):
        """Open the window that shows what is given back.

        :return: act_window on ``dealer.protection.cancel``
        :raises UserError: it does not run, or cannot be cancelled
        """
        self.ensure_one()
        self._check_can_cancel()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel the product"),
            "res_model": "dealer.protection.cancel",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_protection_contract_id": self.id},
        }

    def _check_can_cancel(self):
        self.check_access("write")
        if self.state != "active":
            raise UserError(
                self.env._(
                    "%(product)s does not run: before the hand-over its line is taken off the contract, afterwards "
                    "nothing is left to give back.",
                    product=self.display_name,
                )
            )
        if not self.protection_id.is_cancellable:
            raise UserError(
                self.env._("%(product)s cannot be cancelled by the provider's terms.", product=self.display_name)
            )

    def _prepare_cancel(self, day, odometer_km):
        """Return what a cancellation on a day gives back.

        :param date day: last day it runs
        :param int odometer_km: read that day
        :return: dict for ``write``: ``used_percent``, ``amount_refund``, ``cost_refund``, ``is_charged_back``
        Source: P26
        """
        self.ensure_one()
        total = (self.date_to - self.date_from).days + 1 if self.date_to else 0
        days = (day - self.date_from).days
        used = maths.get_used_share(days, total, odometer_km - self.odometer_from, self.term_km)
        sold = self.sudo()  # the provider's part is kept from who may not see costs
        return {
            "used_percent": float(used) * 100,
            "amount_refund": self.currency_id.round(maths.get_unused(self.price, used)),
            "cost_refund": self.company_currency_id.round(maths.get_unused(sold.cost, used)),
            "is_charged_back": days <= self.protection_id.chargeback_days,
        }

    def _cancel_pro_rata(self, day, odometer_km, reason):
        """Cancel: the customer's credit note and the provider's refund wait as drafts for the accountant.

        :param date day: last day it runs, not in the future nor before its first
        :param int odometer_km: read that day, not below that of the hand-over
        :param str reason: why
        :raises UserError: it does not run; the day or mileage cannot be
        """
        self._check_can_cancel()
        if not self.date_from <= day <= fields.Date.context_today(self) or odometer_km < self.odometer_from:
            raise UserError(
                self.env._(
                    "%(product)s: the day lies between %(first)s and today, the mileage is at least %(km)s km.",
                    product=self.display_name,
                    first=self.date_from,
                    km=self.odometer_from,
                )
            )
        sold = self.sudo()  # the documents are the accountant's: drafted by the system after the checks above
        sold._lock()
        sold.write(
            {
                "state": "cancelled",
                "date_cancelled": day,
                "cancel_reason": reason,
                **self._prepare_cancel(day, odometer_km),
            }
        )
        sold._create_refunds()
        sold.contract_id._fni_changed()

    def _lock(self):
        # Written, not only locked: the later of two people is run again and told that it does not run any more
        self.flush_recordset()
        self.env.cr.execute("UPDATE dealer_protection_contract SET write_date = write_date WHERE id = %s", self.ids)
        self.invalidate_recordset()
        self._check_can_cancel()

    def _create_refunds(self):
        self.ensure_one()
        company = self.company_id
        sold = self.with_company(company)
        if not self.currency_id.is_zero(self.amount_refund):
            credit = sold.env["account.move"]._with_clean_context().create(sold._prepare_credit_note())
            self.refund_line_id = credit.invoice_line_ids[:1]
        sold._create_provider_refund()

    def _create_provider_refund(self):
        """Draft the credit of the provider who was paid for a product that ended early."""
        if self.is_remitted and not self.company_currency_id.is_zero(self.cost_refund):
            self._create_bill(self.company_id, self.provider_id, "in_refund", "cost_refund", False)

    def _end_with_deal(self, odometer_km, reason):
        """End running products because their car came back. Superuser.

        The customer's line is credited with his invoice, whole, so what was credited of a product that ended before is
        taken back; the provider gives back what was not used.

        :param int odometer_km: of the car that came back
        :param str reason: why
        Source: P22, P26
        """
        today = fields.Date.context_today(self)
        for sold in self.filtered(lambda one: one.state == "active"):
            sold = sold.with_company(sold.company_id)
            values = sold._prepare_cancel(today, max(odometer_km, sold.odometer_from))
            values.update(amount_refund=sold.price, is_charged_back=True)
            sold.write({"state": "cancelled", "date_cancelled": today, "cancel_reason": reason, **values})
            sold._create_provider_refund()
        credited = self.filtered("refund_line_id")
        credited.refund_line_id.move_id._take_back()
        for sold in credited:
            sold.write({"amount_refund": sold.price, "is_charged_back": True})
        self.contract_id._fni_changed()

    def _prepare_credit_note(self):
        """Return the values of the customer's credit note: the unused share of his line, with the line's taxes."""
        self.ensure_one()
        line, contract = self.sale_line_id, self.contract_id
        values = line._prepare_invoice_line()
        values.pop("sale_line_ids", None)  # the order stays invoiced: the product ended, it was not unsold
        unused = maths.get_unused(line.price_unit * (1 - line.discount / 100), self._get_used_share())
        values.update(quantity=line.product_uom_qty, price_unit=unused, discount=0.0, name=self.display_name)
        return {
            "move_type": "out_refund",
            "company_id": self.company_id.id,
            "partner_id": contract.invoice_partner_id.id or contract.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_origin": contract.name,
            "ref": self.env._("%(product)s cancelled", product=self.display_name),
            "invoice_line_ids": [Command.create(values)],
        }

    def _get_used_share(self):
        """Return the used share that gives exactly the amount given back."""
        return maths.Fraction(1) - maths.Fraction(str(self.amount_refund)) / maths.Fraction(str(self.price or 1.0))

    # === What it earns ===
    def _get_margin(self):
        """Return what this product earns the deal: price without tax less cost, less what an early end takes back.

        :return: float, contract currency; 0.0 when it never began
        """
        self.ensure_one()
        sold = self.sudo()  # added up for who may see the gross
        if sold.state == "cancelled" and not sold.date_from:
            return 0.0
        cost, back = sold.cost, 0.0
        if sold.is_charged_back:
            cost, back = cost - sold.cost_refund, sold.amount_refund
        company = sold.company_id
        cost = company.currency_id._convert(cost, sold.currency_id, company, fields.Date.context_today(self))
        return sold.price - back - cost


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    protection_contract_ids = fields.One2many(
        "dealer.protection.contract", "sale_line_id", groups="base.group_user", copy=False
    )

    def unlink(self):
        """Take lines off; the product a line sold ends before it began."""
        # Who takes the line off may not write the provider's contract
        sold = self.sudo().protection_contract_ids
        res = super().unlink()
        sold._drop(self.env._("Its line was taken off the contract."))
        return res


class DealerDelivery(models.Model):
    _inherit = "dealer.delivery"

    def _action_hand_over(self, user):
        """Products of the deal begin with the car."""
        super()._action_hand_over(user)
        if self.contract_id.has_fni:
            self.contract_id.protection_contract_ids._activate(self.vehicle_id, self.odometer_km)
