from odoo import api, fields, models, tools
from odoo.tools import SQL

COST = "dealer_vehicle.group_vehicle_cost"


class DealerLabourFloor(models.Model):
    """What an hour of work costs, and the least margin a price of labour keeps. From a day on; to be confirmed."""

    _name = "dealer.labour.floor"
    _description = "Labour Cost and Margin Floor"
    _inherit = ["dealer.cached.policy.mixin"]
    _order = "company_id, date_from desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    site_id = fields.Many2one("stock.warehouse", string="Market", check_company=True, help="Empty: every site.")
    date_from = fields.Date(string="Valid From", required=True, default=fields.Date.context_today)
    hour_cost = fields.Monetary(string="Cost of an Hour", required=True, help="Wage and overhead of one hour.")
    floor = fields.Float(string="Least Margin %", required=True, help="A price of labour below this margin is marked.")
    role = fields.Selection(
        [("manager", "Workshop Manager"), ("general_manager", "General Manager")],
        string="Approved By",
        required=True,
        default="general_manager",
        help="Who may let a price go below the least margin.",
    )
    to_confirm = fields.Boolean(string="To Be Confirmed", default=True)

    _cost_positive = models.Constraint("CHECK(hour_cost >= 0)", "The cost of an hour cannot be negative.")
    _floor_range = models.Constraint("CHECK(floor < 100)", "A margin lies below 100 %.")
    _start_uniq = models.UniqueIndex(
        "(company_id, COALESCE(site_id, 0), date_from)", "A floor begins on this day already."
    )

    @api.model
    @tools.ormcache("company_id")
    def _get_floors(self, company_id):
        """Return a company's floors, the latest and most special first.

        :return: tuple of (site id or False, first day, lowest price of one hour, role that approves less)
        """
        # Narrow sudo: only whether a price is below the floor is told to who may not see costs.
        rows = self.sudo().search(
            [("company_id", "=", company_id)], order="date_from desc, site_id nulls last, id desc"
        )
        return tuple((row.site_id.id, row.date_from, row.hour_cost / (1 - row.floor / 100.0), row.role) for row in rows)

    @api.model
    def _get_lowest_rate(self, company, site, day):
        """Return the lowest price of one hour that keeps the margin on a day, 0.0 where no floor is set.

        :param res.company company: one company
        :param stock.warehouse site: may be empty
        :param date day: day of the price
        :return: float, company currency, without tax
        """
        return self._get_floor(company, site, day)[0]

    @api.model
    def _get_floor(self, company, site, day):
        """Return the lowest price of one hour on a day and who approves less, see ``_get_lowest_rate``.

        :return: (float, role); (0.0, False) where no floor is set
        """
        valid = [row for row in self._get_floors(company.id) if row[1] <= day]
        own = [row for row in valid if row[0] == site.id]
        return next((row[2:] for row in own or [row for row in valid if not row[0]]), (0.0, False))


class DealerJobLine(models.Model):
    _inherit = "dealer.job.line"

    is_below_floor = fields.Boolean(
        string="Below the Least Margin",
        compute="_compute_is_below_floor",
        help="After discount, an hour of this work is sold for less than cost and least margin ask for.",
    )

    @api.depends("price", "hours", "order_id")
    def _compute_is_below_floor(self):
        floors = self.env["dealer.labour.floor"]
        for line in self:
            order = line.job_id.order_id
            lowest = line.company_id and floors._get_lowest_rate(
                line.company_id, order.site_id, order._day_of_reception()
            )
            line.is_below_floor = bool(
                lowest and line.hours and line.currency_id.compare_amounts(line.price, lowest * line.hours) < 0
            )


class DealerOperationPrice(models.Model):
    """The catalogue with its prices: operation × series × market × pay type, with cost and margin."""

    _name = "dealer.operation.price"
    _description = "Price of an Operation"
    _auto = False
    _rec_name = "operation_id"
    _order = "operation_id, series_id, site_id, pay_type, id"

    operation_id = fields.Many2one("dealer.operation", readonly=True)
    section_id = fields.Many2one("dealer.car.section", "Part of the Car", readonly=True)
    repair_kind = fields.Selection(related="operation_id.repair_kind")
    level_id = fields.Many2one("dealer.labour.level", "Trade", readonly=True)
    series_id = fields.Many2one("fleet.vehicle.model", "Series", readonly=True, help="Empty: every other series.")
    company_id = fields.Many2one("res.company", readonly=True)
    site_id = fields.Many2one("stock.warehouse", "Market", readonly=True, help="Empty: every site.")
    pay_type = fields.Selection(related="rate_id.pay_type")
    rate_id = fields.Many2one("dealer.labour.rate", "Hourly Rate by", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    hours = fields.Float("Standard Hours", readonly=True, aggregator=None)
    rate = fields.Monetary("Hourly Rate", readonly=True, aggregator=None)
    price = fields.Monetary(readonly=True, aggregator=None, help="Hours × hourly rate, without tax.")
    cost = fields.Monetary(readonly=True, aggregator=None, groups=COST)
    margin = fields.Float("Margin %", readonly=True, aggregator=None, groups=COST, digits=(16, 1))
    is_below_floor = fields.Boolean("Below the Least Margin", readonly=True)

    @property
    def _table_query(self):
        for model in ("dealer.operation", "dealer.operation.hours", "dealer.labour.rate", "dealer.labour.floor"):
            self.env[model].flush_model()
        return SQL(
            """
            WITH work AS (
                SELECT id AS operation_id, NULL::integer AS series_id, hours FROM dealer_operation WHERE active
                 UNION ALL
                SELECT operation_id, series_id, hours FROM dealer_operation_hours
            )
            SELECT row_number() OVER (ORDER BY operation.id, work.series_id NULLS FIRST, rate.id) AS id,
                   operation.id AS operation_id, operation.section_id, operation.level_id, work.series_id,
                   rate.company_id, rate.site_id, rate.id AS rate_id, company.currency_id, work.hours, rate.rate,
                   work.hours * rate.rate AS price, work.hours * floor.hour_cost AS cost,
                   100.0 * (rate.rate - floor.hour_cost) / NULLIF(rate.rate, 0) AS margin,
                   COALESCE(rate.rate * (1 - floor.floor / 100.0) < floor.hour_cost, FALSE) AS is_below_floor
              FROM work
              JOIN dealer_operation operation ON operation.id = work.operation_id AND operation.active
              JOIN dealer_labour_rate rate
                ON (rate.level_id IS NULL OR rate.level_id = operation.level_id)
               AND (operation.company_id IS NULL OR operation.company_id = rate.company_id)
               AND (rate.date_from IS NULL OR rate.date_from <= CURRENT_DATE)
               AND (rate.date_to IS NULL OR rate.date_to >= CURRENT_DATE)
              JOIN res_company company ON company.id = rate.company_id
         LEFT JOIN LATERAL (
                   SELECT row.hour_cost, row.floor
                     FROM dealer_labour_floor row
                    WHERE row.company_id = rate.company_id AND row.date_from <= CURRENT_DATE
                      AND (row.site_id IS NULL OR row.site_id = rate.site_id)
                 ORDER BY row.site_id IS NULL, row.date_from DESC, row.id DESC
                    LIMIT 1) floor ON TRUE
            """
        )


class DealerCarSection(models.Model):
    """A part of the car under which the catalogue files its operations."""

    _name = "dealer.car.section"
    _description = "Part of the Car"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _name_uniq = models.Constraint("UNIQUE(name)", "This part of the car is listed already.")
