from odoo import api, fields, models
from odoo.tools import ormcache


class DealerTradeInPolicy(models.Model):
    """How long an appraisal holds and how far a car may differ from it at the hand-over, from a day on (P21)."""

    _name = "dealer.trade.in.policy"
    _inherit = ["dealer.cached.policy.mixin"]
    _description = "Rule for Trade-ins"
    _order = "date_from desc, id desc"
    _rec_name = "date_from"

    company_id = fields.Many2one("res.company", index=True, help="Empty: for every company without its own rule.")
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    valid_days = fields.Integer("Appraisal Holds (days)", required=True, default=7)
    tolerance_km = fields.Integer("More Kilometres Tolerated", required=True, default=1000)
    tolerance_amount = fields.Float(
        "Tolerated Loss",
        digits=(16, 2),
        required=True,
        help="New damage, open fines and missing keys up to this sum, in company currency, need no re-appraisal.",
    )
    key_amount = fields.Float(
        "Cost of a Missing Key", digits=(16, 2), required=True, help="In company currency, counted as a loss."
    )
    note = fields.Char(translate=True, help="Where the rule comes from, who confirmed it.")

    _rule_uniq = models.UniqueIndex(
        "(coalesce(company_id, 0), date_from)", "There is a rule for trade-ins from this day already."
    )
    _numbers_sane = models.Constraint(
        "CHECK (valid_days > 0 AND tolerance_km >= 0 AND tolerance_amount >= 0 AND key_amount >= 0)",
        "An appraisal holds for a day at least; tolerances and amounts are not below zero.",
    )

    @api.model
    def _get_policy(self, company, date):
        """Return the rule that holds on a day, the company's own one first.

        :param company: ``res.company``
        :param date date: day
        :return: ``dealer.trade.in.policy``, one or none
        Source: P21
        """
        found = [row for row in self._get_rules() if row[1] <= date and row[0] in (company.id, False)]
        best = max(found, key=lambda row: (bool(row[0]), row[1]), default=None)
        return self.browse(best[2] if best else ()).sudo()

    @api.model
    @ormcache()
    def _get_rules(self):
        """Return every rule: tuple of (company id or ``False``, date from, id)."""
        return tuple((rule.company_id.id, rule.date_from, rule.id) for rule in self.sudo().search([]))
