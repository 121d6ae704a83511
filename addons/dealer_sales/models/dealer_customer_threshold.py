from odoo import api, fields, models


class DealerCustomerThreshold(models.Model):
    """From which value on a customer gets a score of recency, frequency or value."""

    _name = "dealer.customer.threshold"
    _description = "Limit of a Customer's Score"
    _order = "company_id, kind, score desc"

    company_id = fields.Many2one("res.company", index=True, help="Empty: every company without limits of its own.")
    kind = fields.Selection(
        [
            ("recency", "Days since the Last Car, at Most"),
            ("frequency", "Cars Bought, at Least"),
            ("value", "Money Spent, at Least"),
        ],
        required=True,
    )
    score = fields.Integer(required=True, default=2)
    limit_value = fields.Float("Limit", required=True, digits=(16, 2), help="Days, cars, or money of the company.")
    note = fields.Char()

    _score_check = models.Constraint(
        "CHECK (score BETWEEN 2 AND 5 AND limit_value >= 0)",
        "Scores go from 2 to 5 (whoever reaches none has 1), limits are not negative.",
    )
    _row_uniq = models.UniqueIndex(
        "(COALESCE(company_id, 0), kind, score)", "There is a limit of this score for this company already."
    )

    @api.model_create_multi
    def create(self, vals_list):
        self._limits_changed()
        return super().create(vals_list)

    def write(self, vals):
        self._limits_changed()
        return super().write(vals)

    def unlink(self):
        self._limits_changed()
        return super().unlink()

    @api.model
    def _limits_changed(self):
        # The next night scores everybody anew. By one query: they may be many
        self.env["dealer.customer.score"].sudo()._forget_all()

    @api.model
    def _get_limits(self, company):
        """Return the limits of a company.

        :return: {kind: {score: limit}}
        """
        limits = {}
        # The common rows first: the company's own replace them, kind by kind
        rows = self.sudo().search([("company_id", "in", (False, company.id))])
        for kind, same in rows.grouped("kind").items():
            own = same.filtered("company_id") or same
            limits[kind] = {row.score: row.limit_value for row in own}
        return limits
