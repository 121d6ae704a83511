from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import recommendation


class DealerRecommendationWeight(models.Model):
    """How much a need counts when trims are recommended: a manager's decision, from a date on."""

    _name = "dealer.recommendation.weight"
    _description = "Recommendation Weight"
    _order = "criterion, date_from desc, id"
    _rec_name = "criterion"

    criterion = fields.Selection(
        [
            ("budget", "Budget"),
            ("seats", "Seats"),
            ("use", "Use"),
            ("energy", "Energy"),
            ("body", "Body"),
            ("range", "Range"),
            ("stock", "In Stock"),
        ],
        required=True,
    )
    weight = fields.Float(default=10.0, digits=(6, 2), help="Compared with the other weights; 0 takes the need out.")
    tolerance_percent = fields.Float(
        "Tolerance (%)",
        digits=(6, 2),
        help="Budget, seats and range: missed by this much the need counts nothing, by half of it, half.",
    )
    date_from = fields.Date("Valid from", required=True, default="2000-01-01")
    company_id = fields.Many2one("res.company", index="btree_not_null", help="Empty: for every company.")

    _policy_uniq = models.UniqueIndex(
        "(criterion, COALESCE(company_id, 0), date_from)",
        "There is a weight for this need from this day on already. Change that one.",
    )
    _numbers_positive = models.Constraint(
        "CHECK (weight >= 0 AND COALESCE(tolerance_percent, 0) >= 0)",
        "A weight and a tolerance cannot be negative.",
    )

    @api.model
    def _get_weights(self, company, date):
        """Return what each need counts in a company on a day; its own rows before the common ones.

        :param company: ``res.company``
        :param date date: in the company's timezone
        :return: {criterion: ``tools.recommendation.Weight``}
        """
        rows = self.search(
            Domain("date_from", "<=", date) & Domain("company_id", "in", [company.id, False]), order="date_from, id"
        )
        result = {}
        for row in rows.sorted(lambda row: bool(row.company_id)):
            result[row.criterion] = recommendation.Weight(row.weight, row.tolerance_percent / 100)
        return result
