from odoo import api, fields, models
from odoo.tools import ormcache


class DealerCarrierDeadline(models.Model):
    """How long a carrier hears claims after an arrival, from a day on; policy of a company or of all (P4)."""

    _name = "dealer.carrier.deadline"
    _inherit = ["dealer.cached.policy.mixin"]
    _description = "Deadline for Carrier Claims"
    _order = "company_id, carrier_id, date_from desc"
    _rec_name = "date_from"

    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies without terms of their own.")
    carrier_id = fields.Many2one("res.partner", "Carrier", index=True, help="Empty: every carrier without own terms.")
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    hours = fields.Integer(
        "Hours to Claim", required=True, aggregator=None, help="Hours between arrival and the last moment to claim."
    )
    hours_warning = fields.Integer(
        "Warn Hours Before",
        default=12,
        required=True,
        aggregator=None,
        help="So many hours before the deadline an unsent claim becomes an activity of the stock keeper.",
    )
    note = fields.Char(translate=True, help="Where the deadline stands: contract, terms of carriage.")

    _from_uniq = models.UniqueIndex(
        "(coalesce(company_id, 0), coalesce(carrier_id, 0), date_from)",
        "This carrier has a deadline from this day already.",
    )
    _hours_positive = models.Constraint("CHECK (hours > 0)", "A deadline is at least one hour after the arrival.")
    _warning_sane = models.Constraint(
        "CHECK (hours_warning >= 0 AND hours_warning <= hours)", "The warning comes between arrival and deadline."
    )

    @api.depends("carrier_id", "date_from", "hours")
    def _compute_display_name(self):
        for row in self:
            row.display_name = self.env._(
                "%(carrier)s: %(hours)s hours from %(date)s",
                carrier=row.carrier_id.display_name or self.env._("Every carrier"),
                hours=row.hours,
                date=row.date_from,
            )

    @api.model
    @ormcache()
    def _get_policies(self):
        """Return the rows of all companies and carriers.

        :return: {(company id or False, carrier id or False): tuple of (date from, hours, hours of warning), latest
            first}
        """
        policies = {}
        for row in self.sudo().search([], order="date_from desc"):
            key = (row.company_id.id, row.carrier_id.id)
            policies.setdefault(key, []).append((row.date_from, row.hours, row.hours_warning))
        return {key: tuple(rows) for key, rows in policies.items()}

    @api.model
    def _get_hours(self, company, carrier, date):
        """Return how long this carrier hears claims about cars that arrived on a day.

        A company's own terms go before common ones, a carrier's before those of every carrier.

        :param company: ``res.company``
        :param carrier: ``res.partner``, may be empty; its company's terms hold for its addresses
        :param date: day of the arrival
        :return: (hours to claim, hours of warning before), or ``None`` without any row
        """
        policies = self._get_policies()
        carriers = dict.fromkeys((carrier.id, carrier.commercial_partner_id.id, False))
        for company_id in (company.id, False):
            for carrier_id in carriers:
                rows = policies.get((company_id, carrier_id), ())
                held = next((row for row in rows if row[0] <= date), None)
                if held:
                    return held[1:]
        return None
