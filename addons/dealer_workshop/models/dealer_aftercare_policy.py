from odoo import api, fields, models, tools


class DealerAftercarePolicy(models.Model):
    """When customers are called back and asked, how soon a complaint is answered; with dates of effect."""

    _name = "dealer.aftercare.policy"
    _description = "Rules of Aftercare"
    _inherit = ["dealer.cached.policy.mixin"]
    _order = "company_id, date_from desc, id desc"
    _rec_name = "date_from"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", index=True, help="Empty: every company without a row of its own.")
    date_from = fields.Date("Valid From", required=True, default=fields.Date.context_today)
    call_days = fields.Integer(
        "Call Back after (days)", default=3, help="Days from hand-over to the call. 0: no calls."
    )
    call_tries = fields.Integer("Tries", default=3, help="Calls without an answer before the call-back is given up.")
    complaint_days = fields.Integer("Answer a Complaint in (days)", default=2)
    low_score = fields.Integer(
        default=2, help="An answer with this many stars or fewer opens a complaint case. 0: never."
    )
    survey_valid_days = fields.Integer("Survey Open for (days)", default=30)
    km_per_year = fields.Integer(
        "Kilometres a Year", default=15000, help="Of a car whose readings do not tell yet.", aggregator=None
    )
    is_told_at_once = fields.Boolean(
        "Write by Itself", help="Customers are written to as soon as a reminder is due; otherwise by the button."
    )
    note = fields.Char(translate=True, help="Who confirmed these figures, and when.")

    _company_date_uniq = models.UniqueIndex(
        "(COALESCE(company_id, 0), date_from)", "There are rules of this company from this day on already."
    )
    _figures_sane = models.Constraint(
        "CHECK (call_days >= 0 AND call_tries > 0 AND complaint_days >= 0 AND low_score BETWEEN 0 AND 5 "
        "AND survey_valid_days > 0 AND km_per_year BETWEEN 1000 AND 500000)",
        "Days cannot be negative, a call takes one try at least, scores are 0 to 5 stars, and a car drives between "
        "1,000 and 500,000 km a year.",
    )

    @api.model
    def _get_rules(self, company, day):
        """Return the rules of a company on a day.

        :param company: ``res.company``
        :param date day: day at the company
        :return: one row as superuser, or none
        """
        return self.sudo().browse(self._get_rules_id(company.id, day))

    @api.model
    @tools.ormcache("company_id", "day")
    def _get_rules_id(self, company_id, day):
        rows = self.sudo().search([("company_id", "in", (company_id, False)), ("date_from", "<=", day)])
        # The company's own row goes before the common one, whatever its day
        own = rows.filtered("company_id")[:1]
        return (own or rows[:1]).id
