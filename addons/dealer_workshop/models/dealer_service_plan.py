from odoo import fields, models

REMINDER_KINDS = [
    ("service", "Service"),
    ("inspection", "Statutory Inspection"),
    ("insurance", "Insurance Ends"),
    ("declined", "Declined Work"),
]


class DealerServicePlan(models.Model):
    """When a car should come back, and how long before that its customer is told.

    Of one group the plan nearest to the car counts: its series before its brand before all cars.
    """

    _name = "dealer.service.plan"
    _description = "Service Plan"
    _order = "kind, group_code, series_id, brand_id, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company.")
    kind = fields.Selection(
        REMINDER_KINDS,
        required=True,
        default="service",
        help="Service: by kilometres and months since the last one. Statutory inspection: every so many months from "
        "the first plate on. Insurance: when a policy ends. Declined work: when a refused recommendation is due.",
    )
    group_code = fields.Char(
        "Group", required=True, default="service", help="Of one group the plan nearest to the car counts."
    )
    brand_id = fields.Many2one("fleet.vehicle.model.brand", "Brand", index="btree_not_null")
    series_id = fields.Many2one("fleet.vehicle.model", "Series", index="btree_not_null")
    interval_km = fields.Integer("Every (km)", aggregator=None, help="0: kilometres do not count.")
    interval_months = fields.Integer("Every (months)", aggregator=None, help="0: time does not count.")
    first_km = fields.Integer("First after (km)", aggregator=None, help="0: as the others.")
    first_months = fields.Integer("First after (months)", aggregator=None, help="0: as the others.")
    lead_days = fields.Integer("Told before (days)", default=30, aggregator=None)
    late_days = fields.Integer(
        "Given Up after (days)", default=365, aggregator=None, help="A car overdue for longer is not reminded any more."
    )
    operation_id = fields.Many2one(
        "dealer.operation", "Work", check_company=True, help="Proposed when the customer books."
    )
    note = fields.Char(translate=True, help="Where the interval comes from, who confirmed it.")

    _figures_sane = models.Constraint(
        "CHECK (interval_km >= 0 AND interval_months >= 0 AND first_km >= 0 AND first_months >= 0 "
        "AND lead_days >= 0 AND late_days >= 0)",
        "Kilometres, months and days of a plan cannot be negative.",
    )
    _interval_given = models.Constraint(
        "CHECK (kind NOT IN ('service', 'inspection') OR interval_months > 0 "
        "OR (kind = 'service' AND interval_km > 0))",
        "A plan needs its interval: months, or for a service kilometres.",
    )
    _scope_uniq = models.UniqueIndex(
        "(kind, group_code, COALESCE(company_id, 0), COALESCE(brand_id, 0), COALESCE(series_id, 0)) WHERE active",
        "There is a plan of this group for these cars already.",
    )
