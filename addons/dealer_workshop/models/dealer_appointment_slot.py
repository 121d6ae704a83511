from datetime import datetime, timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date, format_datetime

from odoo.addons.dealer_vehicle.tools.dates import get_day_pattern

from ..tools import booking


class DealerAppointment(models.Model):
    """What the work asks of bay and technician, and the first time both are free."""

    _inherit = "dealer.appointment"

    _protected_fields = frozenset({"pause_hours"})

    wanted_day = fields.Date(
        string="Not Before", copy=False, help="The day the customer asks for. Empty: as soon as possible."
    )
    pause_hours = fields.Float(
        compute="_compute_pause_hours",
        store=True,
        precompute=True,
        help="Lunch, nights and days off of the technician that lie between beginning and end.",
    )
    operation_ids = fields.Many2many(
        "dealer.operation",
        string="Jobs by Menu",
        compute="_compute_operation_ids",
        inverse="_inverse_operation_ids",
        domain="[('company_id', 'in', (False, company_id))]",
    )
    level_id = fields.Many2one("dealer.labour.level", string="Trade Needed", compute="_compute_needs")
    skill_ids = fields.Many2many("dealer.skill", string="Skills Needed", compute="_compute_needs")
    equipment_ids = fields.Many2many("dealer.bay.equipment", string="Equipment Needed", compute="_compute_needs")
    skill_warning = fields.Char(compute="_compute_skill_warning")

    # --- computes ----------------------------------------------------------------------------

    @api.depends("date_from", "hours", "employee_id")
    def _compute_pause_hours(self):
        capacity = self.env["dealer.workshop.capacity"]
        self.pause_hours = 0.0
        # One reading for all of one site: a technician's calendar is asked once.
        todo = self.filtered(lambda one: one.date_from and one.employee_id and one.site_id)
        for site, here in todo.grouped("site_id").items():
            start = min(here.mapped("date_from")) - timedelta(days=1)
            end = max(here.mapped("date_from")) + timedelta(days=1 + max(here.mapped("hours")))
            people = here.employee_id._origin.sudo()  # the workshop has no HR rights; working time is no secret
            stretches = capacity._get_stretches(people, site._origin or site, start, end)
            for one in here:
                length = timedelta(hours=one.hours or 1.0)
                walked = booking.walk(stretches[one.employee_id._origin.id], one.date_from, length)
                if walked:
                    one.pause_hours = (walked[0] - one.date_from - length).total_seconds() / 3600

    @api.depends("line_ids.operation_id")
    def _compute_operation_ids(self):
        for appointment in self:
            appointment.operation_ids = appointment.line_ids.operation_id

    @api.onchange("operation_ids")
    def _onchange_operation_ids(self):
        self._follow_menu()

    def _inverse_operation_ids(self):
        for appointment in self:
            appointment._follow_menu()

    def _follow_menu(self):
        """Make the wanted work of the jobs chosen by menu; other work stays as it is."""
        chosen = self.operation_ids._origin
        lines = self.line_ids.filtered(lambda line: line.operation_id)
        gone = lines.filtered(lambda line: line.operation_id._origin not in chosen)
        new = chosen - lines.operation_id._origin
        commands = [Command.delete(line.id) for line in gone]
        commands += [Command.create({"operation_id": operation.id}) for operation in new]
        if commands:
            self.line_ids = commands

    @api.depends("line_ids.operation_id", "line_ids.hours")
    def _compute_needs(self):
        for appointment in self:
            need = appointment._get_need()
            appointment.level_id = need["level"]
            appointment.skill_ids = need["skills"]
            appointment.equipment_ids = need["equipment"]

    @api.depends("employee_id", "skill_ids", "level_id", "date_from")
    def _compute_skill_warning(self):
        for appointment in self:
            person = appointment.employee_id._origin.sudo()  # skills are no secret in the workshop
            day = (appointment.date_from or fields.Datetime.now()).date()
            missing = person and person._get_missing_skills(appointment.skill_ids._origin, day)
            names = missing.mapped("name") if missing else []
            if person.dealer_level_id and appointment.level_id not in (person.dealer_level_id, False):
                names += (appointment.level_id - person.dealer_level_id).mapped("name")
            appointment.skill_warning = bool(names) and self.env._(
                "%(technician)s lacks: %(skills)s", technician=person.name, skills=", ".join(names)
            )

    # --- slots -------------------------------------------------------------------------------

    def _get_need(self):
        """Return what the wanted work asks of bay and technician.

        The trade with most hours decides who begins; the other trades are given out in the workshop.

        :return: dict ``hours``, ``level``, ``skills``, ``equipment`` for ``dealer.workshop.capacity``
        """
        self.ensure_one()
        hours = {}
        for line in self.line_ids.filtered("operation_id.level_id"):
            level = line.operation_id.level_id._origin
            hours[level] = hours.get(level, 0.0) + line.hours
        level = max(hours, key=hours.get) if hours else self.env["dealer.labour.level"]
        operations = self.line_ids.operation_id._origin
        operations = operations.filtered(lambda one: one.level_id in (level, one.level_id.browse()))
        return {
            "hours": self.hours or 1.0,
            "level": level,
            "skills": operations.skill_ids,
            "equipment": operations.equipment_ids,
        }

    def _find_slots(self, earliest, limit=1, **need):
        """Return the first free slots for this appointment.

        :param datetime earliest: naive UTC; never before now
        :param int limit: how many
        :param need: more of it, see ``dealer.workshop.capacity``
        :return: list of ``booking.Slot``
        """
        self.ensure_one()
        if not self.site_id:
            return []
        earliest = max(earliest, fields.Datetime.now().replace(microsecond=0))
        capacity = self.env["dealer.workshop.capacity"]
        return capacity._find_slots(self.site_id._origin, {**self._get_need(), **need}, earliest, limit, self)

    def _get_next_free(self, field_name, start, end):
        """Return the next slot of the bay or technician that this appointment has.

        :param str field_name: ``bay_id`` or ``employee_id``
        :param datetime start: wanted beginning, naive UTC
        :param datetime end: wanted end
        :return: ``booking.Slot``, or False
        """
        # Narrow sudo: a time is all that is told.
        here = self.sudo()
        if not here:
            return False
        need = {
            "hours": (end - start).total_seconds() / 3600,
            "level": self.env["dealer.labour.level"],
            "skills": self.env["dealer.skill"],
            "equipment": self.env["dealer.bay.equipment"],
            {"bay_id": "bay", "employee_id": "technician"}[field_name]: here[field_name],
        }
        found = self.env["dealer.workshop.capacity"]._find_slots(
            here.site_id, need, max(start, fields.Datetime.now().replace(microsecond=0))
        )
        return found[0] if found else False

    def _get_earliest(self):
        """Return from when on slots are looked for: the wanted day, never the past (naive UTC)."""
        self.ensure_one()
        now = fields.Datetime.now().replace(microsecond=0)
        if not self.wanted_day:
            return now
        return max(now, self.env["dealer.workshop.capacity"]._get_day_bounds(self.site_id, self.wanted_day)[0])

    def action_first_slot(self):
        """Give the first time at which a bay and a technician with the right skills are free.

        :raises UserError: there is none: says what is missing
        """
        self.check_access("write")
        self._check_state(("request", "booked"), self.env._("changed"))
        self._wait_for_site()
        for appointment in self:
            slots = appointment._find_slots(appointment._get_earliest())
            if not slots:
                raise UserError(appointment._get_no_slot_sentence())
            appointment._take_slot(slots[0])
        return True

    def action_choose_slot(self):
        """Open the list of the next free slots.

        :raises UserError: there is none: says what is missing
        """
        self.ensure_one()
        self.check_access("write")
        slots = self._find_slots(self._get_earliest(), limit=20)
        if not slots:
            raise UserError(self._get_no_slot_sentence())
        choices = self.env["dealer.appointment.choice"].create(
            [
                {
                    "appointment_id": self.id,
                    "date_from": slot.start,
                    "date_to": slot.end,
                    "bay_id": slot.bay,
                    "employee_id": slot.technician,
                }
                for slot in slots
            ]
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Free Slots"),
            "res_model": choices._name,
            "views": [(False, "list")],
            "target": "new",
            "domain": [("id", "in", choices.ids)],
        }

    def _take_slot(self, slot):
        """Take a free slot; the constraints decide when two do at once.

        :param booking.Slot slot: times in UTC
        :raises UserError: somebody took it meanwhile: says who, and what is free next
        """
        self.ensure_one()
        self._wait_for_site()
        self.write({"date_from": slot.start, "bay_id": slot.bay, "employee_id": slot.technician})

    def _wait_for_site(self):
        """Let two who book at one site come one after the other.

        The rows are written: the later one is run again by the server, sees what is taken, and gets the next slot or
        a sentence. The constraints alone would only refuse him.
        """
        self.env.flush_all()
        sites = tuple(self.site_id.ids) or (0,)
        self.env.cr.execute(SQL("SELECT id FROM dealer_bay WHERE site_id IN %s ORDER BY id FOR UPDATE", sites))
        self.env.cr.execute(SQL("UPDATE dealer_bay SET sequence = sequence WHERE site_id IN %s", sites))

    def _get_no_slot_sentence(self):
        """Return why there is no slot: nobody has the skill, no bay serves, or all is full."""
        self.ensure_one()
        capacity = self.env["dealer.workshop.capacity"]
        need = self._get_need()
        day = capacity._get_day(self.site_id, self._get_earliest())
        policy = self.env["dealer.booking.policy"]._get_policy(self.site_id, day)
        read = capacity._read(self.site_id, *capacity._get_day_bounds(self.site_id, day, policy.horizon_days))
        asked = ", ".join(need["skills"].mapped("name") + need["level"].mapped("name"))
        if not capacity._fit_technicians(read, need):
            return self.env._(
                "%(site)s has no technician for this work (%(skills)s). Enter who has the skill under Configuration ▸ "
                "Skills, or type time and technician yourself.",
                site=self.site_id.name,
                skills=asked or "–",
            )
        if not capacity._fit_bays(read, need):
            return self.env._(
                "%(site)s has no bay for this work (%(equipment)s). Look at Configuration ▸ Bays, or type time and bay "
                "yourself.",
                site=self.site_id.name,
                equipment=", ".join(need["equipment"].mapped("name") + need["level"].mapped("name")) or "–",
            )
        return self.env._(
            "No slot of %(hours).1f h is free at %(site)s within %(days)s days from %(day)s. Look at the planning, or "
            "type a time yourself.",
            hours=self.hours,
            site=self.site_id.name,
            days=policy.horizon_days,
            day=fields.Date.to_string(day),
        )

    def _format_time(self, moment):
        """Return a time as the site's customers read it.

        :param datetime moment: naive UTC
        :return: str in the context's language
        """
        zone = self.env["dealer.workshop.capacity"]._get_zone(self.site_id).zone
        pattern = f"{get_day_pattern(self.env)} HH:mm"
        return format_datetime(self.env, moment, tz=zone, dt_format=pattern) if moment else ""

    def _format_day(self, day):
        """Return a day with its weekday as customers read it.

        :param date day: of the site
        :return: str in the context's language
        """
        return format_date(self.env, day, date_format=get_day_pattern(self.env))

    def _group_slots(self, slots):
        """Return slots by day of the site, for a page.

        :param list slots: ``booking.Slot``
        :return: list of (date, list of (slot, "09:30"))
        """
        zone = self.env["dealer.workshop.capacity"]._get_zone(self.site_id)
        days = {}
        for slot in slots:
            local = fields.Datetime.context_timestamp(self.with_context(tz=zone.zone), slot.start)
            days.setdefault(local.date(), []).append((slot, local.strftime("%H:%M")))
        return list(days.items())

    @api.model
    def _parse_slot(self, text):
        """Return the time a page sent back, or None.

        :param str text: as :meth:`fields.Datetime.to_string` writes it
        """
        try:
            return datetime.strptime(text or "", "%Y-%m-%d %H:%M:%S")
        except ValueError:
            return None
