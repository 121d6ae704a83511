from odoo import api, fields, models
from odoo.tools import ormcache


class DealerVehicleHoldingRate(models.Model):
    """What a year's capital costs, from a day on; policy of a company or of all."""

    _name = "dealer.vehicle.holding.rate"
    _inherit = ["dealer.cached.policy.mixin"]
    _description = "Holding Cost Rate"
    _order = "company_id, date_from desc"
    _rec_name = "date_from"

    company_id = fields.Many2one(
        "res.company", index=True, help="Empty: for all companies that have no rates of their own."
    )
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    percent = fields.Float(
        "Percent a Year",
        digits=(5, 2),
        required=True,
        aggregator=None,
        help="Interest, insurance and space, as a share of what a car cost. A day costs a 365th of it.",
    )
    note = fields.Char(translate=True, help="Where the rate comes from, who confirmed it.")

    _date_uniq = models.UniqueIndex("(coalesce(company_id, 0), date_from)", "A rate from this day exists already.")
    _percent_sane = models.Constraint(
        "CHECK (percent >= 0 AND percent <= 100)", "A yearly rate is between 0 and 100 percent."
    )

    @api.model
    @ormcache()
    def _get_policies(self):
        """Return the rates of every company that has its own, and of all others.

        :return: {company id or False: tuple of (date from, percent a year), ascending}
        """
        policies = {}
        for rate in self.sudo().search([], order="date_from"):
            policies.setdefault(rate.company_id.id, []).append((rate.date_from, rate.percent))
        return {company_id: tuple(rates) for company_id, rates in policies.items()}
