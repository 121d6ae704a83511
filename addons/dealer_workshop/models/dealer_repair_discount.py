from odoo import api, fields, models

# What is given away, as ``repair.order._get_discounts`` counts it.
KINDS = ("labour", "parts", "rounding", "goodwill")


class DealerRepairDiscount(models.Model):
    """What was given away on a repair order, why, and who allowed it. Written by settlement and approval only."""

    _name = "dealer.repair.discount"
    _description = "Discount on a Repair Order"
    _order = "date desc, id desc"
    _check_company_auto = True

    order_id = fields.Many2one(
        "repair.order", string="Repair Order", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    state = fields.Selection(
        [("within", "Within the Limit"), ("approved", "Approved")], required=True, readonly=True, index=True
    )
    amount_labour = fields.Monetary(string="On Labour", readonly=True)
    amount_parts = fields.Monetary(string="On Parts", readonly=True)
    amount_rounding = fields.Monetary(string="Rounded Off", readonly=True)
    amount_goodwill = fields.Monetary(
        string="Our Goodwill", readonly=True, help="Work on the customer's car that the house pays itself."
    )
    amount = fields.Monetary(compute="_compute_amount", store=True, help="Without tax.")
    is_below_floor = fields.Boolean(
        string="Below the Least Margin", readonly=True, help="Labour was sold for less than cost and margin ask for."
    )
    reason_id = fields.Many2one("dealer.discount.reason", readonly=True, index="btree_not_null")
    given_by_id = fields.Many2one("res.users", string="Given By", readonly=True)
    approved_by_id = fields.Many2one("res.users", string="Approved By", readonly=True)

    _four_eyes = models.Constraint(
        "CHECK(state != 'approved' OR (approved_by_id IS NOT NULL AND approved_by_id IS DISTINCT FROM given_by_id))",
        "Nobody approves his own discount.",
    )

    @api.depends("amount_labour", "amount_parts", "amount_rounding", "amount_goodwill")
    def _compute_amount(self):
        for row in self:
            row.amount = sum(row[f"amount_{kind}"] for kind in KINDS)

    def _covers(self, given):
        """Tell whether no more is given now than was allowed.

        :param dict given: see ``repair.order._get_discounts``
        """
        self.ensure_one()
        compare = self.currency_id.compare_amounts
        return all(compare(given[kind], self[f"amount_{kind}"]) <= 0 for kind in KINDS)


class DealerRepairDiscountLimit(models.Model):
    """How much a role of the workshop may give away on one order, from a day on. Who has no row has no limit."""

    _name = "dealer.repair.discount.limit"
    _description = "Discount Limit of the Workshop"
    _order = "role, company_id, date_from desc, id"

    role = fields.Selection(
        [("advisor", "Service Advisor"), ("manager", "Workshop Manager")], required=True, default="advisor"
    )
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company of the group.")
    date_from = fields.Date(string="In Force From", required=True, default=fields.Date.context_today)
    date_to = fields.Date(string="Until", help="Last day; empty: until another row takes its place.")
    labour_percent = fields.Float(string="Labour %", digits=(5, 2), help="At most this percent of labour.")
    parts_percent = fields.Float(string="Parts %", digits=(5, 2), help="At most this percent of parts.")
    rounding_amount = fields.Float(
        string="Rounded Off", digits=(16, 2), help="At most this much off the whole bill, in company currency."
    )
    goodwill_amount = fields.Float(
        string="Our Goodwill",
        digits=(16, 2),
        help="At most this much work on a customer's car that the house pays itself, at the price he would have paid, "
        "in company currency, without tax.",
    )
    note = fields.Char(translate=True, help="Who decided it, and whether it is confirmed.")

    _range_check = models.Constraint(
        "CHECK (labour_percent BETWEEN 0 AND 100 AND parts_percent BETWEEN 0 AND 100 AND rounding_amount >= 0 "
        "AND goodwill_amount >= 0 AND (date_to IS NULL OR date_to >= date_from))",
        "Percents are 0 to 100, amounts are not negative, and the last day is not before the first.",
    )
    _row_uniq = models.UniqueIndex(
        "(role, date_from, COALESCE(company_id, 0))", "There is a limit of this role and date already."
    )

    @api.depends("role", "labour_percent", "parts_percent")
    def _compute_display_name(self):
        roles = dict(self._fields["role"]._description_selection(self.env))
        for limit in self:
            limit.display_name = f"{roles.get(limit.role, '')}: {limit.labour_percent:g} / {limit.parts_percent:g} %"

    @api.model
    def _find(self, company, role, day):
        """Return the row that holds for a role on a day: the company's own, then the newest.

        :param company: ``res.company``
        :param str role: ``advisor`` or ``manager``
        :param date day: when the order is settled
        :return: one row, empty where the role has no limit
        """
        # Narrow sudo: limits are looked up for whoever settles.
        rows = self.sudo().search(
            [
                ("role", "=", role),
                ("company_id", "in", (False, company.id)),
                ("date_from", "<=", day),
                "|",
                ("date_to", "=", False),
                ("date_to", ">=", day),
            ]
        )
        return rows.sorted(lambda row: (bool(row.company_id), row.date_from, row.id), reverse=True)[:1]
