from odoo import api, fields, models
from odoo.tools import SQL

COMEBACK_DAYS = 30


class DealerWorkshopReport(models.Model):
    """What the workshop sold and how well: a row for each settled visit and one for each of its jobs."""

    _name = "dealer.workshop.report"
    _description = "Results of the Workshop"
    _inherit = ["dealer.rate.report.mixin"]
    _auto = False
    _rec_name = "order_id"
    _order = "date desc, order_id desc, id"

    _rates = {
        "labour_rate": ("labour_amount", "sold_hours"),
        "parts_to_labour": ("parts_amount", "labour_amount"),
        "promise_rate": ("kept", "promised"),
        "first_time_rate": ("right_first", "visits"),
        "comeback_rate": ("comebacks", "visits"),
        "labour_per_visit": ("labour_amount", "visits"),
    }
    _rate_factor = {"labour_rate": 1.0, "labour_per_visit": 1.0}

    kind = fields.Selection([("visit", "Visit"), ("job", "Job")], string="Row", readonly=True)
    date = fields.Date("Settled on", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    site_id = fields.Many2one("stock.warehouse", "Site", readonly=True)
    order_id = fields.Many2one("repair.order", "Repair Order", readonly=True)
    job_id = fields.Many2one("dealer.job", readonly=True)
    user_id = fields.Many2one("res.users", "Service Advisor", readonly=True)
    vehicle_id = fields.Many2one("dealer.vehicle", "Car", readonly=True)
    series_id = fields.Many2one("fleet.vehicle.model", "Series", readonly=True)
    repair_kind = fields.Selection(related="job_id.repair_kind", string="Repair Kind of the Job")
    visit_kind = fields.Selection(related="order_id.repair_kind", string="Repair Kind")
    pay_type = fields.Selection(related="job_id.pay_type", string="Pay Type")
    visits = fields.Integer(readonly=True, aggregator="sum")
    jobs = fields.Integer(readonly=True, aggregator="sum")
    sold_hours = fields.Float("Hours Sold", readonly=True, aggregator="sum", digits=(16, 2))
    worked_hours = fields.Float("Hours Worked", readonly=True, aggregator="sum", digits=(16, 2))
    labour_amount = fields.Monetary("Labour", readonly=True, help="Without tax, before sharing among payers.")
    parts_amount = fields.Monetary(
        "Parts", readonly=True, help="Agreed price of the parts used, less discount, without tax."
    )
    promised = fields.Integer("With a Promised Time", readonly=True, aggregator="sum")
    kept = fields.Integer("Promise Kept", readonly=True, aggregator="sum", help="Checked before the promised time.")
    right_first = fields.Integer(
        "Right the First Time",
        readonly=True,
        aggregator="sum",
        help="Neither reworked before the hand-over nor back as a comeback within 30 days.",
    )
    comebacks = fields.Integer(readonly=True, aggregator="sum", help="Visits with a comeback job.")
    labour_rate = fields.Float(
        "Effective Labour Rate", readonly=True, aggregator="avg", digits=(16, 2), help="Labour ÷ hours sold."
    )
    parts_to_labour = fields.Float(
        "Parts to Labour (%)", readonly=True, aggregator="avg", digits=(16, 1), help="Parts ÷ labour."
    )
    promise_rate = fields.Float("Promise Kept (%)", readonly=True, aggregator="avg", digits=(16, 1))
    first_time_rate = fields.Float("Right the First Time (%)", readonly=True, aggregator="avg", digits=(16, 1))
    comeback_rate = fields.Float("Comebacks (%)", readonly=True, aggregator="avg", digits=(16, 1))
    labour_per_visit = fields.Float("Labour per Visit", readonly=True, aggregator="avg", digits=(16, 2))

    @property
    def _table_query(self):
        for model in ("repair.order", "dealer.job", "stock.move", "dealer.vehicle"):
            self.env[model].flush_model()
        return SQL(
            """
            WITH visits AS (
                SELECT o.id, o.company_id, company.currency_id, o.site_id, o.user_id, o.dealer_vehicle_id,
                       car.series_id, o.reception_date, o.promised_date, o.quality_date, o.rework_count,
                       (o.settled_on AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(place.tz, 'UTC'))::date AS date
                  FROM repair_order o
                  JOIN dealer_vehicle car ON car.id = o.dealer_vehicle_id
                  JOIN res_company company ON company.id = o.company_id
                  JOIN res_partner place ON place.id = company.partner_id
                 WHERE o.settled_on IS NOT NULL AND o.state != 'cancel'
            ),
            comebacks AS (
                SELECT back.dealer_vehicle_id, back.id, back.reception_date
                  FROM repair_order back
                 WHERE back.reception_date IS NOT NULL AND back.state != 'cancel' AND EXISTS (
                       SELECT 1 FROM dealer_job j WHERE j.order_id = back.id AND j.state != 'declined'
                          AND j.repair_kind IN ('comeback_internal', 'comeback_external'))
            ),
            parts AS (
                SELECT move.job_id,
                       SUM(move.quantity * move.dealer_price_unit
                           * (1 - COALESCE(move.dealer_discount, 0) / 100)) AS amount
                  FROM stock_move move
                 WHERE move.job_id IS NOT NULL AND move.repair_line_type = 'add' AND move.state = 'done'
              GROUP BY move.job_id
            ),
            rows AS (
                SELECT v.id * 2 AS id, 'visit' AS kind, v.id AS order_id, NULL::integer AS job_id, 1 AS visits,
                       0 AS jobs, 0.0 AS sold_hours, 0.0 AS worked_hours, 0.0 AS labour_amount, 0.0 AS parts_amount,
                       (v.promised_date IS NOT NULL)::int AS promised,
                       (v.promised_date IS NOT NULL AND v.quality_date <= v.promised_date)::int AS kept,
                       (COALESCE(v.rework_count, 0) = 0 AND NOT EXISTS (
                            SELECT 1 FROM comebacks b
                             WHERE b.dealer_vehicle_id = v.dealer_vehicle_id AND b.id != v.id
                               AND b.reception_date > v.reception_date
                               AND b.reception_date <= v.reception_date + %(days)s * interval '1 day'))::int
                       AS right_first,
                       (EXISTS (SELECT 1 FROM comebacks b WHERE b.id = v.id))::int AS comebacks
                  FROM visits v
                 UNION ALL
                SELECT job.id * 2 + 1, 'job', job.order_id, job.id, 0, 1, job.labour_hours,
                       job.worked_minutes / 60.0, job.labour_amount, COALESCE(parts.amount, 0.0), 0, 0, 0, 0
                  FROM dealer_job job
                  JOIN visits v ON v.id = job.order_id
             LEFT JOIN parts ON parts.job_id = job.id
                 WHERE job.state = 'done'
            )
            SELECT rows.*, v.date, v.company_id, v.currency_id, v.site_id, v.user_id, v.dealer_vehicle_id AS vehicle_id,
                   v.series_id, labour_amount / NULLIF(sold_hours, 0) AS labour_rate,
                   100.0 * parts_amount / NULLIF(labour_amount, 0) AS parts_to_labour,
                   100.0 * kept / NULLIF(promised, 0) AS promise_rate,
                   100.0 * right_first / NULLIF(visits, 0) AS first_time_rate,
                   100.0 * rows.comebacks / NULLIF(visits, 0) AS comeback_rate,
                   labour_amount / NULLIF(visits, 0) AS labour_per_visit
              FROM rows
              JOIN visits v ON v.id = rows.order_id
            """,
            days=COMEBACK_DAYS,
        )

    @api.readonly
    def action_open(self):
        """Open the job of this row, or the visit."""
        self.ensure_one()
        return (self.job_id or self.order_id).get_formview_action()


class DealerProblemReport(models.Model):
    """What goes wrong on which series: what inspections found, and which parts were replaced."""

    _name = "dealer.problem.report"
    _description = "Problems Found"
    _auto = False
    _rec_name = "name"
    _order = "date desc, id"

    kind = fields.Selection(
        [("finding", "Found at an Inspection"), ("part", "Part Replaced"), ("fault", "Fault Code")],
        string="Problem",
        readonly=True,
    )
    name = fields.Char("What", readonly=True)
    urgency = fields.Selection([("yellow", "Advised"), ("red", "Needs Doing Now")], readonly=True)
    date = fields.Date(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    site_id = fields.Many2one("stock.warehouse", "Site", readonly=True)
    vehicle_id = fields.Many2one("dealer.vehicle", "Car", readonly=True)
    series_id = fields.Many2one("fleet.vehicle.model", "Series", readonly=True)
    product_id = fields.Many2one("product.product", "Part", readonly=True)
    job_id = fields.Many2one("dealer.job", readonly=True)
    order_id = fields.Many2one("repair.order", "Repair Order", readonly=True)
    count = fields.Integer("Times", readonly=True, aggregator="sum")

    @property
    def _table_query(self):
        for model in ("dealer.inspection.line", "dealer.inspection", "dealer.job", "stock.move", "dealer.vehicle"):
            self.env[model].flush_model()
        return SQL(
            """
            SELECT line.id * 3 AS id, 'finding' AS kind, line.name, line.result AS urgency,
                   (inspection.done_on AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(place.tz, 'UTC'))::date AS date,
                   inspection.company_id, inspection.site_id, inspection.vehicle_id, car.series_id,
                   NULL::integer AS product_id, line.job_id, inspection.order_id, 1 AS count
              FROM dealer_inspection_line line
              JOIN dealer_inspection inspection ON inspection.id = line.inspection_id AND inspection.state = 'done'
              JOIN dealer_vehicle car ON car.id = inspection.vehicle_id
              JOIN res_company company ON company.id = inspection.company_id
              JOIN res_partner place ON place.id = company.partner_id
             WHERE line.result IN ('yellow', 'red')
             UNION ALL
            SELECT move.id * 3 + 1, 'part', product.default_code, NULL,
                   (move.date AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(place.tz, 'UTC'))::date,
                   job.company_id, job.site_id, job.vehicle_id, car.series_id, move.product_id, job.id, job.order_id, 1
              FROM stock_move move
              JOIN dealer_job job ON job.id = move.job_id
              JOIN product_product product ON product.id = move.product_id
              JOIN dealer_vehicle car ON car.id = job.vehicle_id
              JOIN res_company company ON company.id = job.company_id
              JOIN res_partner place ON place.id = company.partner_id
             WHERE move.repair_line_type = 'add' AND move.state = 'done'
             UNION ALL
            SELECT job.id * 3 + 2, 'fault', fault.code, NULL,
                   (job.done_on AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(place.tz, 'UTC'))::date,
                   job.company_id, job.site_id, job.vehicle_id, car.series_id, NULL, job.id, job.order_id, 1
              FROM dealer_job job
              JOIN dealer_fault_code fault ON fault.id = job.fault_code_id
              JOIN dealer_vehicle car ON car.id = job.vehicle_id
              JOIN res_company company ON company.id = job.company_id
              JOIN res_partner place ON place.id = company.partner_id
             WHERE job.done_on IS NOT NULL
            """
        )

    @api.readonly
    def action_open(self):
        """Open the job of this row, or the visit."""
        self.ensure_one()
        return (self.job_id or self.order_id).get_formview_action()
