from odoo import api, fields, models, tools


class RepairAgreementPolicy(models.Model):
    """What holds between us and a customer who signed: how long his link works, how much a job grows unasked."""

    _name = "repair.agreement.policy"
    _description = "Rules for Customers' Agreements"
    _inherit = ["dealer.cached.policy.mixin"]
    _order = "company_id, date_from desc, id"

    company_id = fields.Many2one("res.company", index=True, help="Empty: every company.")
    date_from = fields.Date(string="Valid From", help="First day of effect. Empty: since ever.")
    days = fields.Integer(
        string="Link Works (days)", required=True, help="Days after the hand-over on which the link still works."
    )
    growth_percent = fields.Float(
        string="Grows Unasked (%)",
        digits=(5, 2),
        help="By so much of its agreed price a job may cost the customer more without asking him. 0: he is asked "
        "always.",
    )
    note = fields.Char(translate=True, help="Where the number comes from; “to be confirmed” until somebody did.")

    _days_positive = models.Constraint("CHECK(days > 0)", "A link works for at least one day.")
    _growth_sane = models.Constraint(
        "CHECK(growth_percent BETWEEN 0 AND 100)", "A job grows unasked by 0 to 100 % of its price."
    )
    _day_uniq = models.UniqueIndex(
        "(COALESCE(company_id, 0), COALESCE(date_from, '0001-01-01'))", "Two policies begin on one day."
    )

    @api.model
    def _get_days(self, company_id, day):
        """Return how many days a link works after a hand-over.

        :param int company_id: of the order
        :param date day: of the hand-over
        :return: int
        """
        return self._get_rule(company_id, day)[0]

    @api.model
    @tools.ormcache("company_id", "day")
    def _get_rule(self, company_id, day):
        """Return the rule in force on a day. Cached.

        :param int company_id: of the order
        :param date day: of the order's company
        :return: (days of a link, percent a job grows unasked)
        """
        # Narrow sudo: read for a visitor who has no login.
        rows = self.sudo().search([("company_id", "in", (False, company_id))])
        valid = rows.filtered(lambda row: not row.date_from or row.date_from <= day)
        best = valid.sorted(lambda row: (bool(row.company_id), row.date_from or day.min))[-1:]
        return best.days, best.growth_percent
