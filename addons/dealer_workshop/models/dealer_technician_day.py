from collections import defaultdict
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models

DAYS_BACK = 8  # attendances are corrected within a week


class DealerTechnicianDay(models.Model):
    """Hours a technician was there on a day: by attendance where he has one, else by calendar and absences."""

    _name = "dealer.technician.day"
    _description = "Hours a Technician Was There"
    _order = "date desc, employee_id"
    _check_company_auto = True

    employee_id = fields.Many2one(
        "hr.employee", string="Technician", required=True, readonly=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    date = fields.Date(required=True, readonly=True, index=True)
    hours = fields.Float(readonly=True)
    source = fields.Selection(
        [("attendance", "Attendance"), ("calendar", "Working Hours")], required=True, readonly=True
    )

    _day_uniq = models.Constraint("UNIQUE(employee_id, date)", "This day of the technician is counted already.")
    _hours_range = models.Constraint("CHECK(hours >= 0)", "Nobody is there for less than nothing.")

    @api.model
    def _cron_count(self):
        """Count yesterday and the week before it for every company with technicians."""
        for company in self.env["res.company"].search([]):
            zone = pytz.timezone(company.partner_id.tz or "UTC")
            today = datetime.now(zone).date()
            self._count(company, today - timedelta(days=DAYS_BACK), today - timedelta(days=1))
            self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _count(self, company, date_from, date_to):
        """Write how long each technician of a company was there, in place of what was counted before.

        :param res.company company: one company
        :param date date_from: first day at the company's place
        :param date date_to: last day
        Source: product E9, B28
        """
        # Narrow sudo: attendances are HR's; only their hours are read. Nobody writes these rows by hand.
        days = self.sudo()
        technicians = (
            self.env["hr.employee"]
            .sudo()
            .search([("is_dealer_technician", "=", True), ("company_id", "=", company.id)])
        )
        zone = pytz.timezone(company.sudo().partner_id.tz or "UTC")
        attended = days._get_attended(technicians, date_from, date_to, zone)
        found = {(row.employee_id.id, row.date): row for row in days._search_days(technicians, date_from, date_to)}
        wanted = []
        for offset in range((date_to - date_from).days + 1):
            day = date_from + timedelta(days=offset)
            planned = technicians._get_hours_of(day, zone)
            wanted += [days._prepare_day(row, day, attended, planned) for row in technicians]
        for values in wanted:
            row = found.pop((values["employee_id"], values["date"]), None)
            if row is None:
                continue
            row.write({"hours": values["hours"], "source": values["source"]})
        known = {(row.employee_id.id, row.date) for row in days._search_days(technicians, date_from, date_to)}
        days.create([values for values in wanted if (values["employee_id"], values["date"]) not in known])

    def _search_days(self, technicians, date_from, date_to):
        return self.search([("employee_id", "in", technicians.ids), ("date", ">=", date_from), ("date", "<=", date_to)])

    @api.model
    def _get_attended(self, technicians, date_from, date_to, zone):
        """Return the hours between check-in and check-out, on the day of the check-in.

        :return: dict {(employee id, date): hours}
        """
        begin, end = (
            zone.localize(datetime.combine(day, time.min)).astimezone(pytz.utc).replace(tzinfo=None)
            for day in (date_from, date_to + timedelta(days=1))
        )
        attendances = (
            self.env["hr.attendance"]
            .sudo()
            .search([("employee_id", "in", technicians.ids), ("check_in", ">=", begin), ("check_in", "<", end)])
        )
        hours = defaultdict(float)
        now = fields.Datetime.now()
        for row in attendances:
            day = pytz.utc.localize(row.check_in).astimezone(zone).date()
            # Whoever is still there counts until now, not for nothing.
            worked = row.worked_hours if row.check_out else (now - row.check_in).total_seconds() / 3600
            hours[row.employee_id.id, day] += worked
        return hours

    @api.model
    def _prepare_day(self, technician, day, attended, planned):
        key = (technician.id, day)
        return {
            "employee_id": technician.id,
            "company_id": technician.company_id.id,
            "date": day,
            "hours": attended[key] if key in attended else planned[technician.id],
            "source": "attendance" if key in attended else "calendar",
        }
