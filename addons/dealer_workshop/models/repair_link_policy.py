from odoo import api, fields, models, tools


class RepairLinkPolicy(models.Model):
    """How long the link to a customer's page works after his car was handed over."""

    _name = "repair.link.policy"
    _description = "Lifetime of Customers' Links"
    _inherit = ["dealer.cached.policy.mixin"]
    _order = "company_id, date_from desc, id"

    company_id = fields.Many2one("res.company", index=True, help="Empty: every company.")
    date_from = fields.Date(string="Valid From", help="First day of effect. Empty: since ever.")
    days = fields.Integer(required=True, help="Days after the hand-over on which the link still works.")
    note = fields.Char(help="Where the number comes from; “to be confirmed” until somebody did.")

    _days_positive = models.Constraint("CHECK(days > 0)", "A link works for at least one day.")
    _day_uniq = models.UniqueIndex(
        "(COALESCE(company_id, 0), COALESCE(date_from, '0001-01-01'))", "Two policies begin on one day."
    )

    @api.model
    @tools.ormcache("company_id", "day")
    def _get_days(self, company_id, day):
        """Return how many days a link works after a hand-over. Cached.

        :param int company_id: of the order
        :param date day: of the hand-over
        :return: int
        """
        # Narrow sudo: read for a visitor who has no login.
        rows = self.sudo().search([("company_id", "in", (False, company_id))])
        valid = rows.filtered(lambda row: not row.date_from or row.date_from <= day)
        best = valid.sorted(lambda row: (bool(row.company_id), row.date_from or day.min))[-1:]
        return best.days
