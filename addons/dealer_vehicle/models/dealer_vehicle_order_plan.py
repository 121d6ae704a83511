from datetime import datetime, time

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..tools import order_plan

# What a month is for; they stay once cars are ordered for it.
KEY_FIELDS = ("month", "product_id", "site_id", "colour_exterior")
# Counted by “Fill the Plan” and by the orders.
SYSTEM_FIELDS = {
    "demand",
    "safety",
    "earlier",
    "stock",
    "pipeline",
    "floor",
    "proposal",
    "is_typed",
    "ordered",
    "to_order",
    "company_id",
    "filled_on",
    "purchase_line_ids",
}
EXPECTED_DAY = 15  # of its month: when an ordered car is expected


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_plan_months = fields.Integer(
        "Months of the Order Plan", default=3, help="So many months after this one are planned."
    )
    dealer_plan_weeks = fields.Integer(
        "Weeks of Demand", default=12, help="Demand is what was sold in so many past weeks, scaled to a month."
    )
    dealer_plan_safety_days = fields.Integer(
        "Days of Safety Stock", default=10, help="Demand of so many days is wanted in stock at the end of a month."
    )

    _dealer_plan_positive = models.Constraint(
        "CHECK (dealer_plan_months BETWEEN 1 AND 24 AND dealer_plan_weeks > 0 AND dealer_plan_safety_days >= 0)",
        "An order plan looks 1 to 24 months ahead and at least one week back.",
    )


class DealerVehicleOrderPlan(models.Model):
    """How many cars of a trim and colour a site needs in a month, and what was ordered of it (P12).

    A row without a colour stands for the colours that have no row of their own in that month.
    """

    _name = "dealer.vehicle.order.plan"
    _description = "Order Plan"
    _order = "month, site_id, product_id, colour_exterior, id"
    _check_company_auto = True

    month = fields.Date(
        required=True,
        index=True,
        default=lambda self: self._default_month(),
        help="Any of its days may be typed.",
    )
    product_id = fields.Many2one(
        "product.product",
        "Trim",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('is_vehicle', '=', True)]",
    )
    colour_exterior = fields.Char("Exterior Colour", help="Empty: all colours without a row of their own.")
    site_id = fields.Many2one(
        "stock.warehouse",
        "Site",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self._default_site_id(),
        domain="[('company_id', 'in', allowed_company_ids)]",
    )
    company_id = fields.Many2one(related="site_id.company_id", store=True, index=True)
    demand = fields.Float(
        digits=(8, 1),
        readonly=True,
        help="Cars of this trim and colour a month at this site: what was sold in the weeks the company looks back, "
        "scaled to a month. Counted by “Fill the Plan”.",
    )
    safety = fields.Float(
        digits=(8, 1), readonly=True, help="Wanted on top at the end of the month: demand of the company's safety days."
    )
    earlier = fields.Float(
        "Used before",
        digits=(8, 1),
        readonly=True,
        aggregator=None,
        help="Demand from today until the month begins, less what the plan proposes for the months before.",
    )
    stock = fields.Integer(
        "Free in Stock",
        readonly=True,
        aggregator=None,
        help="Cars in stock now that are promised to nobody, without those this plan ordered.",
    )
    pipeline = fields.Integer(
        "On the Way",
        readonly=True,
        aggregator=None,
        help="Ordered cars promised to nobody that are expected until the end of the month, without those this plan "
        "ordered: they are under “Ordered”.",
    )
    floor = fields.Integer(
        "For the Minimum",
        readonly=True,
        help="Part of the proposal that is only there because the site wants a minimum of this trim.",
    )
    proposal = fields.Integer(
        readonly=True,
        help="Used before + demand + safety − free in stock − on the way, never below 0; then the minimum.",
    )
    planned = fields.Integer(
        "Planned Cars", help="What you decide to order for the month. It follows the proposal until you type it."
    )
    is_typed = fields.Boolean("Decided", readonly=True, help="Somebody typed the planned number: filling keeps it.")
    purchase_line_ids = fields.One2many("purchase.order.line", "dealer_plan_id", "Purchase Lines", readonly=True)
    ordered = fields.Integer(
        compute="_compute_ordered",
        store=True,
        help="Cars on the purchase orders this row made; cancelled ones do not count.",
    )
    to_order = fields.Integer(compute="_compute_to_order", store=True, help="Planned and not ordered yet.")
    note = fields.Char()
    filled_on = fields.Datetime(readonly=True, help="When its numbers were counted last; UTC.")

    _row_uniq = models.UniqueIndex(
        "(month, product_id, site_id, coalesce(colour_exterior, ''))",
        "This trim and colour has a row for that month and site already. Change that one.",
    )
    _month_first_day = models.Constraint("CHECK (EXTRACT(DAY FROM month) = 1)", "A month is named by its first day.")
    _planned_positive = models.Constraint("CHECK (planned >= 0)", "The planned number cannot be negative.")

    @api.model
    def _default_month(self):
        return order_plan.months_from(fields.Date.context_today(self), 1)[0]

    @api.model
    def _default_site_id(self):
        company = self.env.company
        own = self.env.user.sudo().dealer_site_ids.filtered(lambda site: site.company_id == company)
        return own[:1] or self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)

    @api.depends("month", "product_id", "colour_exterior", "site_id")
    def _compute_display_name(self):
        for row in self:
            month = format_date(self.env, row.month, date_format="yyyy-MM") if row.month else ""
            parts = [month, row.product_id.display_name, row.colour_exterior, row.site_id.name]
            row.display_name = " · ".join(filter(None, parts))

    @api.depends("purchase_line_ids.product_qty", "purchase_line_ids.order_id.state")
    def _compute_ordered(self):
        for row in self:
            lines = row.sudo().purchase_line_ids.filtered(lambda line: line.order_id.state != "cancel")
            row.ordered = sum(lines.mapped("product_qty"))

    @api.depends("planned", "ordered")
    def _compute_to_order(self):
        for row in self:
            row.to_order = max(0, row.planned - row.ordered)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [self._drop_system_fields(vals) for vals in vals_list]
            self._check_site_readable(vals_list)
        return super().create([self._normalise(vals) for vals in vals_list])

    def write(self, vals):
        if not self.env.su:
            self._check_may_change(vals)
            self._check_own_site(vals)
            if "planned" in vals:
                vals = {**vals, "is_typed": True}
        return super().write(self._normalise(vals))

    def _prepare_create_values(self, vals_list):
        # A default from a context or a user's saved default must not become a counted number.
        result = super()._prepare_create_values(vals_list)
        return result if self.env.su else [self._drop_system_fields(vals) for vals in result]

    @api.model
    def _drop_system_fields(self, vals):
        typed = {name: value for name, value in vals.items() if name not in SYSTEM_FIELDS}
        return {**typed, "is_typed": True} if typed.get("planned") else typed

    @api.ondelete(at_uninstall=False)
    def _unlink_except_ordered(self):
        for row in self.filtered("ordered"):
            raise UserError(
                self.env._("%(row)s: cars are ordered for it. Plan 0 instead of deleting it.", row=row.display_name)
            )

    def _check_may_change(self, vals):
        if SYSTEM_FIELDS & vals.keys():
            raise UserError(
                self.env._("The numbers of the plan are counted by “Fill the Plan” and by orders; type “Planned Cars”.")
            )
        for row in self.filtered("ordered") if set(KEY_FIELDS) & vals.keys() else ():
            raise UserError(
                self.env._(
                    "%(row)s: cars are ordered for it, so its month, trim, colour and site stay. Add another row.",
                    row=row.display_name,
                )
            )

    @api.model
    def _check_site_readable(self, vals_list):
        site_ids = [vals["site_id"] for vals in vals_list if vals.get("site_id")]
        self.env["stock.warehouse"].browse(site_ids).check_access("read")

    def _check_own_site(self, vals):
        """Refuse a site of another company: the row's company follows its site, its orders follow the company.

        :raises UserError: names the row and what to do
        """
        self._check_site_readable([vals])
        site = self.env["stock.warehouse"].browse(vals.get("site_id") or ())
        for row in self.filtered(lambda row: site and site.company_id != row.company_id):
            raise UserError(
                self.env._(
                    "%(row)s: %(site)s belongs to another company. Add a row to the plan of that company.",
                    row=row.display_name,
                    site=site.name,
                )
            )

    @api.model
    def _normalise(self, vals):
        """Return ``vals`` with the first day of the month and a colour in one spelling."""
        vals = dict(vals)
        if vals.get("month"):
            vals["month"] = fields.Date.to_date(vals["month"]).replace(day=1)
        if "colour_exterior" in vals:
            vals["colour_exterior"] = (vals["colour_exterior"] or "").strip() or False
        return vals

    # ------------------------------------------------------------------ filling

    def action_fill(self):
        """Count demand, stock and pipeline anew for the coming months of the company, and propose.

        What somebody typed under “Planned Cars” stays. Called on no rows: the whole plan of the user's company.

        :return: dict, reloads the list
        """
        self.check_access("write")
        self._fill(self.env.company)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    @api.model
    def _fill(self, company):
        """Fill the plan of a company; as many queries for many trims as for one.

        :param company: ``res.company``
        """
        today = fields.Date.context_today(self)
        months = order_plan.months_from(today, company.dealer_plan_months)
        Plan = self.sudo().with_company(company)
        known = Plan.search([("company_id", "=", company.id), ("month", "in", months)])
        rows = {(row.product_id.id, row.site_id.id, row.colour_exterior or "", row.month): row for row in known}
        facts = Plan._count_facts(company, months, today)
        missing = []
        for key, numbers in Plan._propose(company, months, facts, rows).items():
            if key in rows:
                rows[key]._take_numbers(numbers)
            else:
                missing.append(Plan._prepare_row(key, numbers))
        Plan.create(missing)

    def _take_numbers(self, numbers):
        if not self.is_typed:
            numbers = {**numbers, "planned": numbers["proposal"]}
        self.write(numbers)

    @api.model
    def _prepare_row(self, key, numbers):
        product_id, site_id, colour, month = key
        return {
            "product_id": product_id,
            "site_id": site_id,
            "colour_exterior": colour,
            "month": month,
            "planned": numbers["proposal"],
            **numbers,
        }

    @api.model
    def _get_demand(self, company, months):
        """Return how many cars of each kind are expected to be sold.

        Hook: empty here; add-ons that sell cars count their own sales (``company.dealer_plan_weeks`` back) and call
        super. Called as superuser.

        :param company: ``res.company``
        :param list months: first days (date) of the months asked for, the current month first
        :return: {(product id, site id, colour or ""): {month: float cars}}
        Source: P12
        """
        return {}

    @api.model
    def _count_facts(self, company, months, today):
        """Return what the proposals are made of, each by (product id, site id).

        :return: dict with ``demand`` {key: {colour: {month: float}}}, ``stock`` {key: {colour: int}}, ``pipeline``
            {key: {colour: [expected date, …]}} and ``minimum`` {key: int}
        """
        demand = {}
        this_month = today.replace(day=1)
        for (product_id, site_id, colour), values in self._get_demand(company, [this_month, *months]).items():
            demand.setdefault((product_id, site_id), {})[colour] = values
        products = self.env["product.product"].search([("is_vehicle", "=", True)])
        levels = self.env["stock.warehouse.orderpoint"]._get_vehicle_levels(products, company)
        return {
            "demand": demand,
            "stock": self._count_stock(company, months),
            "pipeline": self._count_pipeline(company, months),
            "minimum": {key: int(minimum) for key, (minimum, _maximum) in levels.items()},
            "rest": order_plan.rest_of_month(today),
            "this_month": this_month,
        }

    @api.model
    def _get_free_cars_domain(self, company, months):
        """Return the domain of new cars nobody has claimed that this plan did not order itself."""
        return (
            Domain("company_id", "=", company.id)
            & Domain("condition", "=", "new")
            & Domain("claim", "=", "free")
            & Domain("site_id", "!=", False)
            & (
                Domain("purchase_line_id", "=", False)
                | Domain("purchase_line_id.dealer_plan_id", "=", False)
                | Domain("purchase_line_id.dealer_plan_id.month", "<", months[0])
            )
        )

    @api.model
    def _count_stock(self, company, months):
        Vehicle = self.env["dealer.vehicle"]
        counts = Vehicle._read_group(
            self._get_free_cars_domain(company, months) & Vehicle._get_stock_domain(),
            ["product_id", "site_id", "colour_exterior"],
            ["__count"],
        )
        stock = {}
        for product, site, colour, count in counts:
            by_colour = stock.setdefault((product.id, site.id), {})
            colour = (colour or "").strip()
            by_colour[colour] = by_colour.get(colour, 0) + count
        return stock

    @api.model
    def _get_pipeline_domain(self, company, months):
        return (
            self._get_free_cars_domain(company, months)
            & Domain("arrival_date", "=", False)
            & Domain("place", "in", ("ordered", "in_transit"))
        )

    @api.model
    def _count_pipeline(self, company, months):
        cars = self.env["dealer.vehicle"].search(self._get_pipeline_domain(company, months))
        pipeline = {}
        for car in cars:
            expected = fields.Date.to_date(car.purchase_line_id.date_planned) or months[0]
            by_colour = pipeline.setdefault((car.product_id.id, car.site_id.id), {})
            by_colour.setdefault((car.colour_exterior or "").strip(), []).append(expected)
        return pipeline

    @api.model
    def _propose(self, company, months, facts, rows):
        """Return the numbers of every row the plan needs.

        :param dict facts: of :meth:`_count_facts`
        :param dict rows: {(product id, site id, colour, month): row} that exist
        :return: {(product id, site id, colour, month): values}
        """
        asked = {(product_id, site_id): set() for product_id, site_id, _colour, _month in rows}
        for product_id, site_id, colour, _month in rows:
            asked[product_id, site_id].add(colour)
        keys = set(facts["demand"]) | set(facts["minimum"]) | set(asked)
        now, result = fields.Datetime.now(), {}
        for key in keys:
            colours = set(facts["demand"].get(key, ())) | asked.get(key, set())
            inputs = self._prepare_inputs(company, months, facts, key, colours)
            for colour, lines in order_plan.plan(inputs, facts["minimum"].get(key, 0)).items():
                for index, (earlier, floor, proposal) in enumerate(lines):
                    stock, _before, numbers = inputs[colour]
                    demand, safety, pipeline = numbers[index]
                    row_key = (*key, colour, months[index])
                    # Colours that are not planned need no empty row each.
                    if colour in colours or proposal or row_key in rows:
                        result[row_key] = {
                            "demand": demand,
                            "safety": safety,
                            "earlier": earlier,
                            "stock": stock,
                            "pipeline": pipeline,
                            "floor": floor,
                            "proposal": proposal,
                            "filled_on": now,
                        }
        return result

    @api.model
    def _prepare_inputs(self, company, months, facts, key, colours):
        """Return what ``order_plan.plan`` asks for, for one trim at one site.

        :param set colours: that are planned by themselves; all others are one, the empty colour
        """
        ends = order_plan.months_from(months[0], len(months))  # first days of the months after each
        demand = facts["demand"].get(key, {})
        stock = self._by_planned_colour(facts["stock"].get(key, {}), colours, 0)
        dates = self._by_planned_colour(facts["pipeline"].get(key, {}), colours, [])
        inputs = {}
        for colour in colours | {""}:
            by_month = demand.get(colour, {})
            inputs[colour] = (
                stock.get(colour, 0),
                by_month.get(facts["this_month"], 0.0) * facts["rest"],
                [
                    (
                        by_month.get(month, 0.0),
                        by_month.get(month, 0.0) * company.dealer_plan_safety_days / 30.0,
                        sum(1 for expected in dates.get(colour, []) if expected < end),
                    )
                    for month, end in zip(months, ends, strict=True)
                ],
            )
        return inputs

    @api.model
    def _by_planned_colour(self, values, colours, empty):
        result = {}
        for colour, value in values.items():
            colour = colour if colour in colours else ""
            result[colour] = result.get(colour, empty) + value
        return result

    def action_take_proposal(self):
        """Let the planned numbers follow the proposals again."""
        self.check_access("write")
        for row in self.sudo():
            row.write({"planned": row.proposal, "is_typed": False})
        return True

    # ------------------------------------------------------------------ ordering

    def action_order(self):
        """Order what is planned and not ordered yet: draft orders by supplier and site, one line a car.

        :return: dict, opens the orders
        :raises UserError: nothing is left to order, or a trim has no supplier
        """
        self.check_access("write")
        self._check_may_order()
        self._lock_rows()
        rows = self.filtered("to_order")
        if not rows:
            raise UserError(
                self.env._("Nothing is left to order on these rows: all that is planned is on purchase orders.")
            )
        orders = self.env["purchase.order"]
        for (supplier, site), group in rows.grouped(lambda row: (row._get_supplier(), row.site_id)).items():
            orders += group._create_order(supplier, site)
        return self._get_orders_action(orders)

    def _check_may_order(self):
        if not self.env["purchase.order"].has_access("create"):
            raise UserError(
                self.env._("You plan, and the buyer orders: ask somebody with the role Buyer to order these rows.")
            )

    def _lock_rows(self):
        """Wait for the rows and write them: of two buyers who order at once the later one starts again and sees it."""
        self.flush_recordset()
        if self:
            self.env.cr.execute(
                SQL("SELECT id FROM dealer_vehicle_order_plan WHERE id IN %s ORDER BY id FOR UPDATE", tuple(self.ids))
            )
            self.env.cr.execute(
                SQL("UPDATE dealer_vehicle_order_plan SET month = month WHERE id IN %s", tuple(self.ids))
            )
        self.invalidate_recordset()

    def _check_not_ordered_twice(self):
        """Refuse to take a cancelled order up again whose cars were ordered anew in the meantime.

        :raises UserError: names the row and what to do
        """
        for row in self.filtered(lambda row: row.ordered > row.planned):
            raise UserError(
                self.env._(
                    "%(row)s: %(ordered)s cars would be ordered where %(planned)s are planned. Leave the old order "
                    "cancelled, or raise “Planned Cars”.",
                    row=row.display_name,
                    ordered=row.ordered,
                    planned=row.planned,
                )
            )

    def _get_supplier(self):
        """Return who the trim is ordered from: its vendor, or the maker of its brand.

        :raises UserError: names the trim
        """
        self.ensure_one()
        sellers = self.product_id._prepare_sellers().filtered(
            lambda seller: seller.company_id.id in (False, self.company_id.id)
        )
        supplier = sellers[:1].partner_id or self.product_id.series_id.brand_id.maker_id
        if not supplier:
            raise UserError(
                self.env._(
                    "Nobody is known to deliver %(trim)s. Name a vendor on the trim, or the maker of its brand.",
                    trim=self.product_id.display_name,
                )
            )
        return supplier

    def _create_order(self, supplier, site):
        """Create one draft order for these rows, and let each row know its lines."""
        cars = [row for row in self for _number in range(row.to_order)]
        order = (
            self.env["purchase.order"]
            .with_company(site.company_id)
            .create(
                {
                    "partner_id": supplier.id,
                    "company_id": site.company_id.id,
                    "picking_type_id": (site.vehicle_in_type_id or site.in_type_id).id,
                    "origin": self.env._("Order Plan"),
                    "order_line": [Command.create(row._prepare_order_line()) for row in cars],
                }
            )
        )
        # The lines count for the rows that made them: nobody may type that.
        for row, line in zip(cars, order.order_line.sorted("id").sudo(), strict=True):
            line.dealer_plan_id = row.id
        return order

    def _prepare_order_line(self):
        """Return the values of the purchase line of one car, expected in the middle of its month."""
        expected = datetime.combine(self.month.replace(day=EXPECTED_DAY), time(12))
        return {
            "product_id": self.product_id.id,
            "product_qty": 1,
            "colour_exterior": self.colour_exterior,
            "date_planned": max(expected, fields.Datetime.now()),
        }

    # ------------------------------------------------------------------ every number opens its records

    @api.model
    def _get_orders_action(self, orders):
        action = self.env["ir.actions.act_window"]._for_xml_id("purchase.purchase_rfq")
        action.update(domain=[("id", "in", orders.ids)], context={"create": False})
        if len(orders) == 1:
            action.update(views=[(False, "form")], res_id=orders.id)
        return action

    def action_open_orders(self):
        """Open the purchase orders this row made, cancelled ones included."""
        return self._get_orders_action(self.purchase_line_ids.order_id)

    def action_open_stock(self):
        """Open the free cars in stock the row counts."""
        return self._open_cars(self.env["dealer.vehicle"]._get_stock_domain())

    def action_open_pipeline(self):
        """Open the ordered cars the row counts."""
        end = order_plan.months_from(self.month, 1)[0]
        return self._open_cars(
            Domain("arrival_date", "=", False)
            & Domain("place", "in", ("ordered", "in_transit"))
            & Domain("purchase_line_id.date_planned", "<", end)
        )

    def action_open_demand(self):
        """Open the sales the demand was counted from. Hook: add-ons that fill the demand open their documents."""
        raise UserError(self.env._("Nothing tells what was sold of %(trim)s yet.", trim=self.product_id.display_name))

    def _open_cars(self, domain):
        self.ensure_one()
        self.check_access("read")
        months = order_plan.months_from(fields.Date.context_today(self), 1)
        domain &= self._get_free_cars_domain(self.company_id, months)
        domain &= Domain("product_id", "=", self.product_id.id) & Domain("site_id", "=", self.site_id.id)
        # A keeper reads the plan and the cars, not the purchase lines the counting asks.
        cars = self.env["dealer.vehicle"].sudo().search(domain & self._get_colour_domain())
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_action")
        action.update(domain=[("id", "in", cars.ids)], context={})
        return action

    def _get_colour_domain(self):
        if self.colour_exterior:
            return Domain("colour_exterior", "=", self.colour_exterior)
        siblings = self.search(
            [
                ("month", "=", self.month),
                ("product_id", "=", self.product_id.id),
                ("site_id", "=", self.site_id.id),
                ("colour_exterior", "!=", False),
            ]
        )
        return Domain("colour_exterior", "=", False) | Domain(
            "colour_exterior", "not in", siblings.mapped("colour_exterior")
        )
