from odoo import api, fields, models
from odoo.tools import SQL

# measure: (counted, by) of which it is the quotient. Source: product B28
RATES = {
    "productivity": ("worked_hours", "available_hours"),
    "efficiency": ("sold_hours", "worked_hours"),
    "proficiency": ("sold_hours", "available_hours"),
}


class DealerRateReportMixin(models.AbstractModel):
    """Reports with rates: a rate of a group is the quotient of its sums, never the average of its rows."""

    _name = "dealer.rate.report.mixin"
    _description = "Report with Rates"

    _rates = {}  # measure: (numerator, denominator), both fields that are summed
    _rate_factor = {}  # measure: factor, 100 when it is not named

    def _read_group_select(self, aggregate_spec, query):
        name = aggregate_spec.partition(":")[0]
        if name not in self._rates:
            return super()._read_group_select(aggregate_spec, query)
        above, below = (self._field_to_sql(self._table, part, query) for part in self._rates[name])
        factor = self._rate_factor.get(name, 100.0)
        return SQL("%s * SUM(%s) / NULLIF(SUM(%s), 0.0)", factor, above, below)


class DealerTechnicianReport(models.Model):
    """Hours there, hours worked and hours sold, by technician, team and day.

    Each row is a day he was there, a clocking, or his share of a job that was done, so that every sum opens what it
    was made of.
    """

    _name = "dealer.technician.report"
    _description = "Productivity of Technicians"
    _inherit = ["dealer.rate.report.mixin"]
    _auto = False
    _rec_name = "employee_id"
    _order = "date desc, employee_id, id"

    _rates = RATES

    kind = fields.Selection(
        [("there", "Was There"), ("worked", "Clocking"), ("sold", "Job Done")], string="Row", readonly=True
    )
    date = fields.Date(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    site_id = fields.Many2one("stock.warehouse", "Site", readonly=True)
    employee_id = fields.Many2one("hr.employee", "Technician", readonly=True)
    department_id = fields.Many2one("hr.department", "Team", readonly=True)
    job_id = fields.Many2one("dealer.job", readonly=True)
    order_id = fields.Many2one("repair.order", "Repair Order", readonly=True)
    repair_kind = fields.Selection(related="job_id.repair_kind", string="Repair Kind")
    available_hours = fields.Float("Hours There", readonly=True, aggregator="sum", digits=(16, 2))
    worked_hours = fields.Float("Hours Worked", readonly=True, aggregator="sum", digits=(16, 2))
    sold_hours = fields.Float(
        "Hours Sold", readonly=True, aggregator="sum", digits=(16, 2), help="Standard hours of jobs done × his share."
    )
    productivity = fields.Float(
        "Productivity (%)", readonly=True, aggregator="avg", digits=(16, 1), help="Hours worked ÷ hours there."
    )
    efficiency = fields.Float(
        "Efficiency (%)", readonly=True, aggregator="avg", digits=(16, 1), help="Hours sold ÷ hours worked."
    )
    proficiency = fields.Float(
        "Proficiency (%)", readonly=True, aggregator="avg", digits=(16, 1), help="Hours sold ÷ hours there."
    )

    @property
    def _table_query(self):
        for model in ("dealer.technician.day", "dealer.job.clock", "dealer.job", "dealer.job.assignment"):
            self.env[model].flush_model()
        return SQL(
            """
            WITH rows AS (
                SELECT day.id * 3 AS id, 'there' AS kind, day.date, day.company_id, NULL::integer AS site_id,
                       day.employee_id, NULL::integer AS job_id, NULL::integer AS order_id,
                       day.hours AS available_hours, 0.0 AS worked_hours, 0.0 AS sold_hours
                  FROM dealer_technician_day day
                 UNION ALL
                SELECT clock.id * 3 + 1, 'worked',
                       (clock.date_from AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(place.tz, 'UTC'))::date,
                       clock.company_id, clock.site_id, clock.employee_id, clock.job_id, clock.order_id,
                       0.0, clock.minutes / 60.0, 0.0
                  FROM dealer_job_clock clock
                  JOIN res_company company ON company.id = clock.company_id
                  JOIN res_partner place ON place.id = company.partner_id
                 WHERE clock.date_to IS NOT NULL
                 UNION ALL
                SELECT share.id * 3 + 2, 'sold',
                       (job.done_on AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(place.tz, 'UTC'))::date,
                       job.company_id, job.site_id, share.employee_id, job.id, job.order_id,
                       0.0, 0.0, job.labour_hours * share.share / 100.0
                  FROM dealer_job_assignment share
                  JOIN dealer_job job ON job.id = share.job_id AND job.state = 'done'
                  JOIN res_company company ON company.id = job.company_id
                  JOIN res_partner place ON place.id = company.partner_id
                 WHERE job.done_on IS NOT NULL
            )
            SELECT rows.*, version.department_id,
                   100.0 * worked_hours / NULLIF(available_hours, 0) AS productivity,
                   100.0 * sold_hours / NULLIF(worked_hours, 0) AS efficiency,
                   100.0 * sold_hours / NULLIF(available_hours, 0) AS proficiency
              FROM rows
              JOIN hr_employee employee ON employee.id = rows.employee_id
         LEFT JOIN hr_version version ON version.id = employee.current_version_id
            """
        )

    @api.readonly
    def action_open(self):
        """Open the job of this row; a day somebody was there is a row of its own."""
        self.ensure_one()
        return self.job_id.get_formview_action() if self.job_id else False
