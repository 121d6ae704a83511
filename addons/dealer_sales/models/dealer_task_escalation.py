from odoo import api, fields, models
from odoo.fields import Domain


class DealerTaskEscalation(models.Model):
    """After how many days a manager hears of what is overdue, by company, from a day on."""

    _name = "dealer.task.escalation"
    _description = "Escalation of Overdue Tasks"
    _order = "company_id, date_from desc"
    _rec_name = "company_id"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", index=True, help="Empty: every company without a row of its own.")
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    days = fields.Integer("Days until the manager is told", required=True, default=3)
    note = fields.Char(translate=True)

    _row_uniq = models.UniqueIndex("(coalesce(company_id, 0), date_from)", "There is a row from this day already.")
    _days_sane = models.Constraint("CHECK (days >= 0)", "A manager cannot be told before the task is overdue.")

    @api.model
    def _get_days(self, company, date):
        """Return after how many days the manager of a company is told.

        :param company: ``res.company``
        :param date date: day it is asked for
        :return: int, or None where no row says so: then he is not told
        """
        rows = self.search([("company_id", "in", (False, company.id)), ("date_from", "<=", date)])
        row = rows.filtered("company_id")[:1] or rows[:1]
        return row.days if row else None

    @api.model
    def _get_domain(self, step):
        """Return which tasks a step tells somebody about.

        :param str step: ``reminded_on`` or ``escalated_on``
        """
        today = fields.Date.context_today(self)
        domain = Domain("state", "=", "open") & Domain(step, "=", False) & Domain("date_due", "<", today)
        # Only what a deal owes: other tasks on cars have their own worklists
        domain &= Domain("contract_id", "!=", False)
        if step == "reminded_on":
            return domain
        companies = []
        for company in self.env["res.company"].sudo().search([]):
            days = self._get_days(company, today)
            if days is not None:
                before = fields.Date.subtract(today, days=days)
                companies.append(Domain("company_id", "=", company.id) & Domain("date_due", "<", before))
        return domain & Domain("reminded_on", "!=", False) & Domain.OR(companies)
