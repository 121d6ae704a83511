from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import formatLang

DAY = 24 * 60  # minutes
ROWS = {"bay": ("bay_id", "bays", "busy_bay"), "technician": ("employee_id", "technicians", "busy_technician")}


def _hours(span):
    return round(span.total_seconds() / 3600, 2)


class DealerAppointment(models.Model):
    """The planning: days and weeks by bay or technician, with the load of each day."""

    _inherit = "dealer.appointment"

    @api.model
    @api.readonly
    def get_board(self, site_id=None, day=None, mode="bay", days=1):
        """Return what the planning of a site shows.

        :param int site_id: ``stock.warehouse``; default: the user's site
        :param str day: first day, ISO; default: today at the site
        :param str mode: rows are ``bay`` or ``technician``
        :param int days: 1 or 7
        :return: dict for the client: ``site``, ``sites``, ``day``, ``days`` with their load, ``rows``, ``blocks`` (only
            for one day; minutes from midnight of the site), ``requests``, ``open_from`` and ``open_to`` (minutes)
        :raises AccessError: the user reads no appointments
        """
        self.check_access("read")
        sites = self._get_board_sites()
        site = sites.filtered(lambda one: one.id == site_id) or self._get_board_site(sites)
        if not site:
            raise UserError(self.env._("There is no bay yet. Enter the bays under Configuration ▸ Bays."))
        capacity = self.env["dealer.workshop.capacity"]
        first = self._parse_day(day) or capacity._get_day(site, fields.Datetime.now())
        days = 7 if days == 7 else 1
        mode = mode if mode in ROWS else "bay"
        if days == 7:
            first -= timedelta(days=first.weekday())
        bounds = capacity._get_day_bounds(site, first, days)
        read = capacity._read(site, *bounds)
        dates = [first + timedelta(days=number) for number in range(days)]
        blocks = self._get_board_blocks(site, bounds, mode, first)
        return {
            "site": site.id,
            "sites": [{"id": one.id, "name": one.name} for one in sites],
            "day": fields.Date.to_string(first),
            "days": [self._get_board_load(read, site, date) for date in dates],
            "rows": self._get_board_rows(read, site, mode, dates),
            "blocks": blocks if days == 1 else [],
            "requests": self.search_count([("state", "=", "request"), ("site_id", "=", site.id)]),
            **self._get_board_hours(read, blocks, site, first),
        }

    @api.model
    def _parse_day(self, text):
        """Return the day a client names, or None when it names none.

        :raises UserError: it is no day
        """
        try:
            return fields.Date.to_date(text) if text else None
        except ValueError:
            raise UserError(self.env._("“%(text)s” is no day: write it as 2030-05-06.", text=text)) from None

    @api.model
    def _get_board_sites(self):
        bays = self.env["dealer.bay"].search([("company_id", "=", self.env.company.id)])
        return bays.site_id.sorted("id")

    @api.model
    def _get_board_site(self, sites):
        mine = self.env.user._get_default_site()
        return mine if mine in sites else sites[:1]

    @api.model
    def _get_board_load(self, read, site, day):
        """Return a day with the hours booked and those the technicians work."""
        policy = self.env["dealer.booking.policy"]._get_policy(site, day)
        booked, capacity = _hours(read["booked"][day]), _hours(read["capacity"][day])
        return {
            "day": fields.Date.to_string(day),
            "booked": booked,
            "capacity": capacity,
            "for_bookings": round(capacity * (1 - policy.walk_in_percent / 100), 2),
            "text": self.env._(
                "%(booked)s of %(capacity)s h",
                booked=formatLang(self.env, booked, digits=1),
                capacity=formatLang(self.env, capacity, digits=1),
            ),
        }

    @api.model
    def _get_board_rows(self, read, site, mode, dates):
        """Return one row for each bay or technician, one more for what has none."""
        _field, records, busy = ROWS[mode]
        zone = self.env["dealer.workshop.capacity"]._get_zone(site)
        rows = [
            {
                "id": record.id,
                "name": record.name,
                "sub": (record.level_id if mode == "bay" else record.dealer_level_id).name or "",
                "open": self._get_open_minutes(read, mode, record, dates[0], zone),
                "booked": [_hours(self._sum_day(read[busy][record.id], day, zone)) for day in dates],
            }
            for record in read[records]
        ]
        free = {"id": False, "name": self.env._("Not given yet"), "sub": "", "open": [[0, DAY]]}
        return [*rows, {**free, "booked": [_hours(self._sum_day(read[busy][False], day, zone)) for day in dates]}]

    @api.model
    def _get_open_minutes(self, read, mode, record, day, zone):
        if mode == "bay":
            return [[0, DAY]]
        stretches = [one for one in read["stretches"][record.id] if one.day == day]
        return [[self._minutes(moment, day, zone) for moment in (one.start, one.end)] for one in stretches]

    @api.model
    def _sum_day(self, busy, day, zone):
        begin, end = (
            zone.localize(datetime.combine(moment, time.min)).astimezone(pytz.utc).replace(tzinfo=None)
            for moment in (day, day + timedelta(days=1))
        )
        parts = [min(until, end) - max(start, begin) for start, until in busy if start < end and until > begin]
        return sum(parts, timedelta())

    @api.model
    def _minutes(self, moment, day, zone):
        """Return the minutes from the site's midnight of a day to a time, cut to that day."""
        local = pytz.utc.localize(moment).astimezone(zone).replace(tzinfo=None)
        minutes = int((local - datetime.combine(day, time.min)).total_seconds() // 60)
        return min(max(minutes, 0), DAY)

    @api.model
    def _get_board_blocks(self, site, bounds, mode, day):
        domain = [
            ("site_id", "=", site.id),
            ("state", "in", ("booked", "arrived", "no_show")),
            ("date_from", "<", bounds[1]),
            ("date_to", ">", bounds[0]),
        ]
        zone = self.env["dealer.workshop.capacity"]._get_zone(site)
        field_name = ROWS[mode][0]
        return [
            {
                "id": one.id,
                "row": one[field_name].id,
                "from": self._minutes(one.date_from, day, zone),
                "to": self._minutes(one.date_to, day, zone),
                "title": one.display_name,
                "sub": ", ".join(one.line_ids.mapped("name")),
                "other": (one.employee_id if mode == "bay" else one.bay_id).name or "",
                "state": "missing" if one.is_missing else one.state,
                "courtesy": bool(one.courtesy_booking_id),
            }
            for one in self.search(domain, order="date_from, id")
        ]

    @api.model
    def _get_board_hours(self, read, blocks, site, day):
        """Return from when until when the board shows a day: working time and what is booked outside it."""
        zone = self.env["dealer.workshop.capacity"]._get_zone(site)
        stretches = [one for row in read["stretches"].values() for one in row if one.day == day]
        ends = [self._minutes(moment, day, zone) for one in stretches for moment in (one.start, one.end)]
        ends += [minute for block in blocks for minute in (block["from"], block["to"])] or [8 * 60, 18 * 60]
        return {"open_from": min(ends) // 60 * 60, "open_to": -(-max(ends) // 60) * 60}

    def move_on_board(self, day, minute, row, mode="bay"):
        """Move an appointment to another time, bay or technician, as it was dragged.

        :param str day: of the site, ISO
        :param int minute: from midnight of the site
        :param row: id of the bay or technician, or False
        :param str mode: ``bay`` or ``technician``
        :raises UserError: the slot is taken: says by whom, and what is free next
        """
        self.ensure_one()
        zone = self.env["dealer.workshop.capacity"]._get_zone(self.site_id)
        if mode not in ROWS or not day:
            raise UserError(self.env._("The board was left open too long. Load the page again."))
        local = datetime.combine(self._parse_day(day), time.min) + timedelta(minutes=int(minute))
        moment = zone.localize(local).astimezone(pytz.utc).replace(tzinfo=None)
        self.write({"date_from": moment, ROWS[mode][0]: row or False})
        return True
