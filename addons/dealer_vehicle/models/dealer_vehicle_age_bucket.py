from odoo import api, fields, models
from odoo.tools import ormcache


class DealerVehicleAgeBucket(models.Model):
    """An age a car in stock can have, and what is done about it; policy of a company or of all (P5).

    A bucket reaches to the next one, so that no car falls between two or into both.
    """

    _name = "dealer.vehicle.age.bucket"
    _inherit = ["dealer.cached.policy.mixin"]
    _description = "Age of Stock"
    _order = "company_id, days_from"

    company_id = fields.Many2one(
        "res.company",
        index=True,
        help="Empty: for all companies that have no ages of their own.",
    )
    days_from = fields.Integer("From Day", required=True, aggregator=None, help="First day in stock that counts here.")
    days_to = fields.Integer(
        "To Day", compute="_compute_days_to", aggregator=None, help="Day before the next age begins; 0 = no end."
    )
    is_alert = fields.Boolean(
        "Alert", help="When a free car reaches this age, whoever plans mark-downs gets an activity with a proposal."
    )
    markdown_percent = fields.Float(
        "Mark-down (%)",
        digits=(5, 2),
        help="Proposed cut of the asking price once a car reaches this age; 0 = none.",
    )
    active = fields.Boolean(default=True)

    _days_uniq = models.UniqueIndex(
        "(coalesce(company_id, 0), days_from) WHERE active", "An age with this first day exists already."
    )
    _days_positive = models.Constraint("CHECK (days_from >= 0)", "The first day of an age cannot be negative.")
    _percent_sane = models.Constraint(
        "CHECK (markdown_percent >= 0 AND markdown_percent < 100)", "A mark-down is between 0 and 100 percent."
    )

    @api.depends("days_from", "company_id")
    def _compute_days_to(self):
        policies = self._get_policies()
        for bucket in self:
            later = [days for days, _id in policies.get(bucket.company_id.id, ()) if days > bucket.days_from]
            bucket.days_to = min(later) - 1 if later else 0

    @api.depends("days_from", "days_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for bucket in self:
            if bucket.days_to:
                name = self.env._("%(first)s–%(last)s days", first=bucket.days_from, last=bucket.days_to)
            else:
                name = self.env._("%(first)s days and more", first=bucket.days_from)
            bucket.display_name = name

    @api.model_create_multi
    def create(self, vals_list):
        buckets = super().create(vals_list)
        self.invalidate_model(["days_to", "display_name"])
        return buckets

    def write(self, vals):
        result = super().write(vals)
        self.invalidate_model(["days_to", "display_name"])
        return result

    @api.model
    @ormcache()
    def _get_policies(self):
        """Return the ages of every company that has its own, and of all others.

        :return: {company id or False: tuple of (first day, bucket id), ascending}
        """
        policies = {}
        for bucket in self.sudo().search([], order="days_from"):
            policies.setdefault(bucket.company_id.id, []).append((bucket.days_from, bucket.id))
        return {company_id: tuple(steps) for company_id, steps in policies.items()}
