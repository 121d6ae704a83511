from collections import defaultdict
from datetime import datetime, time, timedelta

import pytz

from odoo import api, models
from odoo.fields import Domain

from ..tools import booking

LIVE_STATES = ("booked", "arrived")


class DealerWorkshopCapacity(models.AbstractModel):
    """Who works when at a site, in which bays, and what is taken: read in a fixed number of queries for any time.

    Working calendars, public holidays and absences are Odoo's (``resource.calendar``, ``resource.calendar.leaves``).
    """

    _name = "dealer.workshop.capacity"
    _description = "Capacity of a Workshop"

    @api.model
    def _get_zone(self, site):
        """Return the timezone a site lives in.

        :param stock.warehouse site: one site
        :return: pytz timezone
        """
        # Narrow sudo: the address of the site, for whoever books there.
        site = site.sudo()
        return pytz.timezone(site.partner_id.tz or site.company_id.partner_id.tz or "UTC")

    @api.model
    def _get_day_bounds(self, site, day, days=1):
        """Return when days of a site begin and end.

        :param date day: first day
        :param int days: how many
        :return: (datetime, datetime), naive UTC
        """
        zone = self._get_zone(site)
        ends = [zone.localize(datetime.combine(moment, time.min)) for moment in (day, day + timedelta(days=days))]
        return tuple(moment.astimezone(pytz.utc).replace(tzinfo=None) for moment in ends)

    @api.model
    def _get_day(self, site, moment):
        """Return the day of a site that a time belongs to.

        :param datetime moment: naive UTC
        """
        return pytz.utc.localize(moment).astimezone(self._get_zone(site)).date()

    @api.model
    def _get_technicians(self, site):
        """Return the technicians who work at a site: those without a login, without sites of their own, or with it.

        :return: ``hr.employee`` (superuser)
        """
        # Narrow sudo: the workshop has no HR rights; name, trade and working time are all that is used.
        domain = [("is_dealer_technician", "=", True), ("company_id", "=", site.company_id.id)]
        people = self.env["hr.employee"].sudo().search(domain, order="name, id")
        return people.filtered(
            lambda person: not person.user_id.dealer_site_ids or site in person.user_id.dealer_site_ids
        )

    @api.model
    def _get_stretches(self, employees, site, start, end):
        """Return when people work, without their absences and the public holidays.

        :param employees: ``hr.employee`` (superuser)
        :param datetime start: naive UTC
        :param datetime end: naive UTC
        :return: {employee id: [booking.Stretch]}
        """
        zone = self._get_zone(site)
        by_calendar = defaultdict(self.env["hr.employee"].sudo().browse)
        for person in employees:
            by_calendar[person.resource_calendar_id or site.sudo().company_id.resource_calendar_id] |= person
        result = {person.id: [] for person in employees}
        bounds = [pytz.utc.localize(moment) for moment in (start, end)]
        for calendar, people in by_calendar.items():
            resources = people.resource_id
            # Whatever timezone his file says: the workshop opens by the clock of its site
            work = calendar.sudo()._work_intervals_batch(*bounds, resources=resources, tz=zone) if calendar else {}
            for person in people:
                result[person.id] = [
                    booking.Stretch(
                        begin.astimezone(pytz.utc).replace(tzinfo=None),
                        until.astimezone(pytz.utc).replace(tzinfo=None),
                        begin.astimezone(zone).date(),
                    )
                    for begin, until, _rows in work.get(person.resource_id.id, ())
                ]
        return result

    @api.model
    def _read(self, site, start, end, but=None):
        """Return everything a slot or a board needs, whoever may see the bookings.

        :param stock.warehouse site: one site
        :param datetime start: naive UTC
        :param datetime end: naive UTC
        :param but: ``dealer.appointment`` that does not count
        :return: dict: ``technicians`` and ``bays`` (records), ``stretches`` {employee id: [Stretch]}, ``busy_bay`` and
            ``busy_technician`` {id: [(start, end)]}, ``capacity`` and ``booked`` {day: timedelta}
        """
        people = self._get_technicians(site)
        # Narrow sudo: what is free must not depend on who asks; nothing but times leaves this method.
        bays = self.env["dealer.bay"].sudo().search([("site_id", "=", site.id)])
        stretches = self._get_stretches(people, site, start, end)
        capacity = defaultdict(timedelta)
        for stretch in (stretch for row in stretches.values() for stretch in row):
            capacity[stretch.day] += stretch.end - stretch.start
        result = {
            "technicians": people,
            "bays": bays,
            "stretches": stretches,
            "busy_bay": defaultdict(list),
            "busy_technician": defaultdict(list),
            "capacity": capacity,
            "booked": defaultdict(timedelta),
        }
        for taken in self._search_taken(site, people, start, end, but):
            self._add_taken(result, site, taken)
        return result

    @api.model
    def _search_taken(self, site, people, start, end, but):
        owners = Domain("site_id", "=", site.id) | Domain("employee_id", "in", people.ids)
        domain = owners & Domain("state", "in", LIVE_STATES)
        domain &= Domain("date_from", "<", end) & Domain("date_to", ">", start)
        if but:
            domain &= Domain("id", "not in", but._origin.ids)
        return self.env["dealer.appointment"].sudo().search(domain, order="date_from, id")

    @api.model
    def _add_taken(self, result, site, taken):
        span = (taken.date_from, taken.date_to)
        result["busy_bay"][taken.bay_id.id].append(span)
        result["busy_technician"][taken.employee_id.id].append(span)
        length = timedelta(hours=taken.hours)
        walked = booking.walk(result["stretches"].get(taken.employee_id.id, ()), taken.date_from, length)
        portions = walked[1] if walked else {self._get_day(site, taken.date_from): length}
        for day, part in portions.items():
            result["booked"][day] += part

    @api.model
    def _find_slots(self, site, need, earliest, limit=1, but=None, days=None):
        """Return the first free slots for work at a site.

        A month costs as many queries as a day.

        :param stock.warehouse site: one site
        :param dict need: ``hours`` (float), ``level``, ``skills``, ``equipment`` (records, may be empty), maybe
            ``bay`` and ``technician`` (one record each: only this one)
        :param datetime earliest: naive UTC
        :param int limit: how many
        :param but: ``dealer.appointment`` that moves: its own time is free
        :param int days: how far to look; default: the rule's days
        :return: list of :class:`booking.Slot`
        """
        first_day = self._get_day(site, earliest)
        policy = self.env["dealer.booking.policy"]._get_policy(site, first_day)
        start, end = self._get_day_bounds(site, first_day, days or policy.horizon_days)
        read = self._read(site, start, end, but)
        return booking.find_slots(
            timedelta(hours=need["hours"]),
            self._fit_technicians(read, need),
            self._fit_bays(read, need),
            earliest,
            timedelta(minutes=policy.step_minutes),
            booking.room_of(read["capacity"], read["booked"], policy.walk_in_percent),
            limit,
        )

    @api.model
    def _fit_bays(self, read, need):
        """Return the bays that serve, those without equipment this work does not need first."""
        bays = read["bays"].filtered(
            lambda bay: (
                bay.is_bookable
                and (not bay.level_id or not need["level"] or bay.level_id == need["level"])
                and need["equipment"] <= bay.equipment_ids
                and (not need.get("bay") or bay == need["bay"])
            )
        )
        bays = bays.sorted(lambda bay: (len(bay.equipment_ids - need["equipment"]), bay.sequence, bay.id))
        return [{"id": bay.id, "busy": read["busy_bay"][bay.id]} for bay in bays]

    @api.model
    def _fit_technicians(self, read, need):
        """Return the technicians who can do it, each with the days on which his certificates are valid."""
        found = []
        for person in read["technicians"]:
            fits = not person.dealer_level_id or not need["level"] or person.dealer_level_id == need["level"]
            if not fits or need["skills"] - person.dealer_skill_ids or (need.get("technician") or person) != person:
                continue
            papers = person.dealer_certificate_ids.filtered(lambda paper: paper.skill_id in need["skills"])
            ends = [paper.date_to for paper in papers if paper.date_to]
            stretches = [stretch for stretch in read["stretches"][person.id] if not ends or stretch.day <= min(ends)]
            found.append({"id": person.id, "stretches": stretches, "busy": read["busy_technician"][person.id]})
        # Who has least to do comes first: work is spread.
        return sorted(found, key=lambda row: len(row["busy"]))
