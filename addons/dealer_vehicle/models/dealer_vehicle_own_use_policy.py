from odoo import api, fields, models
from odoo.tools import ormcache


class DealerVehicleOwnUsePolicy(models.Model):
    """What makers and the house ask of cars in own use, from a day on (P6)."""

    _name = "dealer.vehicle.own.use.policy"
    _inherit = ["dealer.cached.policy.mixin"]
    _description = "Rule for Demonstrators and Courtesy Cars"
    _order = "date_from desc, id desc"
    _rec_name = "date_from"

    company_id = fields.Many2one("res.company", index=True, help="Empty: for every company without its own rule.")
    brand_id = fields.Many2one("fleet.vehicle.model.brand", "Brand", index="btree_not_null", help="Empty: every brand.")
    kind = fields.Selection([("demo", "Demonstrator"), ("courtesy", "Courtesy Car")], help="Empty: both.")
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    min_days = fields.Integer("Days in Service at least", help="Before the car may be sold.")
    min_km = fields.Integer("Kilometres at least", help="Before the car may be sold.")
    write_down_percent = fields.Float(
        "Write-down a Month (%)",
        digits=(5, 2),
        aggregator=None,
        help="Of what the car cost when it was put into service.",
    )
    lowest_percent = fields.Float(
        "Lowest Value (%)", digits=(5, 2), aggregator=None, help="Of that cost; the car is not written down below it."
    )
    tax_regime = fields.Selection(
        [("standard", "Standard"), ("margin", "Margin or simplified"), ("none", "Not taxed")],
        "Tax Regime Afterwards",
        default="margin",
        help="Proposed when the car is taken out of service to be sold as used. To be confirmed by a tax adviser.",
    )
    note = fields.Char(translate=True, help="Where the rule comes from, who confirmed it.")

    _rule_uniq = models.UniqueIndex(
        "(coalesce(company_id, 0), coalesce(brand_id, 0), coalesce(kind, ''), date_from)",
        "There is a rule for this brand and kind from this day already.",
    )
    _numbers_sane = models.Constraint(
        "CHECK (min_days >= 0 AND min_km >= 0 AND write_down_percent BETWEEN 0 AND 100"
        " AND lowest_percent BETWEEN 0 AND 100)",
        "Days and kilometres cannot be negative; percentages are between 0 and 100.",
    )

    @api.model
    def _get_rule(self, company, brand, kind, date):
        """Return the rule that holds on a day; the company's and the brand's own ones come first.

        :param company: ``res.company``
        :param brand: ``fleet.vehicle.model.brand``, may be empty
        :param str kind: ``demo`` or ``courtesy``
        :param date date: day
        :return: ``dealer.vehicle.own.use.policy``, one or none
        Source: P6
        """
        found = [
            row
            for row in self._get_rules()
            if row[3] <= date
            and row[0] in (company.id, False)
            and row[1] in (brand.id, False)
            and row[2] in (kind, False)
        ]
        best = max(found, key=lambda row: (bool(row[0]), bool(row[1]), bool(row[2]), row[3]), default=None)
        return self.browse(best[4] if best else ())

    @api.model
    @ormcache()
    def _get_rules(self):
        """Return every rule: tuple of (company id, brand id, kind, date from, id), empty ones as ``False``."""
        return tuple(
            (rule.company_id.id, rule.brand_id.id, rule.kind, rule.date_from, rule.id)
            for rule in self.sudo().search([])
        )
