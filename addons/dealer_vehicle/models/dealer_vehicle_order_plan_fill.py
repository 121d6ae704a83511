from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import order_plan


class DealerVehicleOrderPlan(models.Model):
    """Filling the plan: what is asked for, what is there and on the way, and what that proposes (P12)."""

    _inherit = "dealer.vehicle.order.plan"

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
