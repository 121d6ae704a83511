from odoo import api, fields, models
from odoo.tools import SQL, ormcache


class DealerStatutoryLimit(models.Model):
    """How many days and repairs the law gives a seller before the customer may return the car (三包, P41)."""

    _name = "dealer.statutory.limit"
    _inherit = ["dealer.cached.policy.mixin"]
    _description = "Limit of Statutory Warranty"
    _order = "country_id, date_from desc"
    _rec_name = "country_id"

    country_id = fields.Many2one("res.country", required=True, index=True)
    date_from = fields.Date("From", required=True, help="For cars handed over from this day on.")
    days = fields.Integer("Days in the Workshop", required=True, help="More days for defects than these: a return.")
    days_warning = fields.Integer("Warn from Day", required=True)
    repairs = fields.Integer("Repairs of One Defect", required=True, help="More repairs of one defect: a return.")
    repairs_warning = fields.Integer("Warn from Repair", required=True)
    note = fields.Char(translate=True, help="Where the rule comes from, who confirmed it.")

    _rule_uniq = models.UniqueIndex("(country_id, date_from)", "There is a limit of this country from this day.")
    _numbers_sane = models.Constraint(
        "CHECK (days > 0 AND repairs > 0 AND days_warning BETWEEN 1 AND days"
        " AND repairs_warning BETWEEN 1 AND repairs)",
        "A warning comes no later than its limit.",
    )

    @api.model
    @ormcache()
    def _has_any(self):
        return bool(self.sudo().search_count([], limit=1))


class DealerStatutoryWatch(models.Model):
    """Cars under statutory warranty that were in the workshop for defects: days and repairs against the limits.

    A day counts for the calendar days between check-in and hand-over of visits with warranty work; the same defect is
    the same operation. Only visits within the statutory return period count.
    """

    _name = "dealer.statutory.watch"
    _description = "Statutory Warranty Watch"
    _auto = False
    _rec_name = "vehicle_id"
    _order = "is_warned desc, days_left, id"

    vehicle_id = fields.Many2one("dealer.vehicle", "Car", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    date_end = fields.Date("Return Period Until", readonly=True)
    days = fields.Integer("Days in the Workshop", readonly=True, aggregator=None)
    days_limit = fields.Integer("Days Allowed", readonly=True, aggregator=None)
    days_left = fields.Integer(readonly=True, aggregator=None)
    repairs = fields.Integer("Repairs of One Defect", readonly=True, aggregator=None)
    repairs_limit = fields.Integer("Repairs Allowed", readonly=True, aggregator=None)
    is_in_workshop = fields.Boolean("In the Workshop Now", readonly=True)
    is_warned = fields.Boolean("Near the Limit", readonly=True)

    @property
    def _table_query(self):
        self.env["repair.order"].flush_model(["dealer_vehicle_id", "reception_date", "handed_over_on", "stage"])
        self.env["dealer.job"].flush_model(["order_id", "pay_type", "state"])
        self.env["dealer.job.line"].flush_model(["job_id", "operation_id"])
        self.env["dealer.vehicle.warranty"].flush_model()
        self.env["dealer.vehicle"].flush_model(["company_id"])
        return SQL(
            """
            WITH visit AS (
                SELECT car.id AS vehicle_id, car.company_id, law.date_start, law.date_end, visit.id AS order_id,
                       visit.reception_date, visit.handed_over_on
                  FROM dealer_vehicle_warranty law
                  JOIN dealer_vehicle car ON car.id = law.vehicle_id
                  JOIN repair_order visit ON visit.dealer_vehicle_id = car.id
                   AND visit.reception_date IS NOT NULL AND visit.stage != 'cancelled'
                   AND visit.reception_date::date BETWEEN law.date_start AND law.date_end
                 WHERE law.kind = 'statutory_return' AND law.date_end >= %(today)s
                   AND EXISTS (SELECT FROM dealer_job job WHERE job.order_id = visit.id
                                  AND job.pay_type = 'warranty' AND job.state != 'declined')
            ), stay AS (
                SELECT vehicle_id, company_id, date_start, date_end,
                       SUM(COALESCE(handed_over_on::date, %(today)s) - reception_date::date) AS days,
                       bool_or(handed_over_on IS NULL) AS is_in_workshop
                  FROM visit
                 GROUP BY vehicle_id, company_id, date_start, date_end
            ), defect AS (
                SELECT vehicle_id, MAX(times) AS repairs
                  FROM (SELECT visit.vehicle_id, line.operation_id, COUNT(DISTINCT visit.order_id) AS times
                          FROM visit
                          JOIN dealer_job job ON job.order_id = visit.order_id AND job.pay_type = 'warranty'
                           AND job.state != 'declined'
                          JOIN dealer_job_line line ON line.job_id = job.id AND line.operation_id IS NOT NULL
                         GROUP BY visit.vehicle_id, line.operation_id) AS same
                 GROUP BY vehicle_id
            )
            SELECT stay.vehicle_id AS id, stay.vehicle_id, stay.company_id, stay.date_end, stay.days::int AS days,
                   limits.days AS days_limit, limits.days - stay.days::int AS days_left,
                   COALESCE(defect.repairs, 0)::int AS repairs, limits.repairs AS repairs_limit,
                   stay.is_in_workshop,
                   stay.days >= limits.days_warning
                   OR COALESCE(defect.repairs, 0) >= limits.repairs_warning AS is_warned
              FROM stay
              LEFT JOIN defect ON defect.vehicle_id = stay.vehicle_id
              JOIN res_company company ON company.id = stay.company_id
              JOIN res_partner seat ON seat.id = company.partner_id
              JOIN LATERAL (SELECT * FROM dealer_statutory_limit one
                             WHERE one.country_id = seat.country_id AND one.date_from <= stay.date_start
                             ORDER BY one.date_from DESC LIMIT 1) AS limits ON TRUE
            """,
            today=fields.Date.context_today(self),
        )

    def action_view_visits(self):
        """Open the visits of this car to the workshop."""
        self.ensure_one()
        return self.vehicle_id.action_view_repair_orders()

    @api.model
    def _cron_warn(self):
        """Give the workshop manager an activity on each order of a car near its limits that stands in the workshop."""
        for row in self.search([("is_warned", "=", True), ("is_in_workshop", "=", True)]):
            orders = row.vehicle_id.repair_order_ids.filtered(
                lambda order: order.reception_date and not order.handed_over_on and order.stage != "cancelled"
            )
            for order in orders.filtered(lambda order: not order._is_warned()):
                order._warn_statutory(row)


class RepairOrder(models.Model):
    _inherit = "repair.order"

    statutory_warning = fields.Char(compute="_compute_statutory_warning")

    def _compute_statutory_warning(self):
        rows = self.env["dealer.statutory.watch"]
        # Where no law has a limit nothing is asked.
        if self.env["dealer.statutory.limit"]._has_any() and rows.has_access("read"):
            rows = rows.search([("vehicle_id", "in", self.dealer_vehicle_id.ids), ("is_warned", "=", True)])
        by_car = {row.vehicle_id: row for row in rows}
        for order in self:
            row = by_car.get(order.dealer_vehicle_id)
            order.statutory_warning = row and not order.handed_over_on and order._get_statutory_text(row)

    def _get_statutory_text(self, row):
        return self.env._(
            "Statutory warranty: day %(days)s of %(days_limit)s in the workshop, repair %(repairs)s of "
            "%(repairs_limit)s of one defect. Beyond it the customer may return the car.",
            days=row.days,
            days_limit=row.days_limit,
            repairs=row.repairs,
            repairs_limit=row.repairs_limit,
        )

    def _is_warned(self):
        self.ensure_one()
        kind = self.env.ref("dealer_workshop.mail_activity_type_statutory", raise_if_not_found=False)
        return bool(kind and self.activity_ids.filtered(lambda activity: activity.activity_type_id == kind))

    def _warn_statutory(self, row):
        """Make the activity that warns of the limits.

        :param row: ``dealer.statutory.watch`` of the car
        """
        self.ensure_one()
        managers = self.env.ref("dealer_workshop.group_workshop_manager").all_user_ids.filtered(
            lambda user: self.company_id in user.company_ids and user.active
        )
        self.activity_schedule(
            "dealer_workshop.mail_activity_type_statutory",
            summary=self._get_statutory_text(row),
            user_id=(managers[:1] or self.user_id or self.env.user).id,
        )
