import re
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

LIVE_STATES = ("booked", "arrived")
SLOT_FIELDS = {"bay_id", "employee_id", "date_from", "hours", "line_ids", "state"}
EXISTING_KEY = re.compile(r'existing key .*=\((\d+), \["([^"]+)","([^"]+)"\)')
WANTED_KEY = re.compile(r'Key .*?=\(\d+, \["([^"]+)","([^"]+)"\)')


def _slot_message(field_name):
    """Return a message for the loser of two bookings at the same instant.

    :param str field_name: ``bay_id`` or ``employee_id``
    :return: callable ``(env, diagnostics)`` that names who has the slot
    """

    def message(env, diag):
        found = EXISTING_KEY.search((diag and diag.message_detail) or "")
        if not found:
            return env._("This bay or technician is booked already at that time.")
        owner, start, end = found.groups()
        domain = [(field_name, "=", int(owner)), ("date_from", "=", start[:19]), ("date_to", "=", end[:19])]
        # Narrow sudo: the slot may be held at a site the user does not see; he is told who has it, not more.
        taken = env["dealer.appointment"].sudo().search([*domain, ("state", "in", LIVE_STATES)], limit=1)
        wanted = WANTED_KEY.search(diag.message_detail)
        start, end = (fields.Datetime.to_datetime(moment[:19]) for moment in wanted.groups())
        return taken._taken_sentence(field_name, start, taken._get_next_free(field_name, start, end))

    return message


class DealerAppointment(models.Model):
    """A car is expected: who brings it, when, for what, to which bay and technician."""

    _name = "dealer.appointment"
    _description = "Appointment"
    _inherit = [
        "dealer.protected.mixin",
        "dealer.numbered.mixin",
        "dealer.car.search.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_from, id"
    _check_company_auto = True

    _protected_fields = frozenset({"state", "repair_order_id", "name", "date_to"})

    name = fields.Char(string="Number", default="/", required=True, readonly=True, copy=False, index="trigram")
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    site_id = fields.Many2one(
        "stock.warehouse",
        required=True,
        check_company=True,
        index=True,
        default=lambda self: self.env.user._get_default_site(),
    )
    state = fields.Selection(
        [
            ("request", "Request"),
            ("booked", "Booked"),
            ("arrived", "Arrived"),
            ("no_show", "No-show"),
            ("cancelled", "Cancelled"),
        ],
        default="request",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        help="Request: no time is agreed yet.",
    )
    vehicle_id = fields.Many2one("dealer.vehicle", string="Car", check_company=True, index=True, tracking=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        check_company=True,
        index=True,
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    brought_in_by_id = fields.Many2one(
        "res.partner",
        string="Brought in by",
        check_company=True,
        compute="_compute_brought_in_by_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    phone = fields.Char(related="brought_in_by_id.phone")
    user_id = fields.Many2one(
        "res.users", string="Service Advisor", default=lambda self: self.env.user, check_company=True
    )
    date_from = fields.Datetime(string="Time", tracking=True, index=True, help="Empty: a request without a time.")
    hours = fields.Float(
        compute="_compute_hours",
        store=True,
        readonly=False,
        precompute=True,
        help="How long bay and technician are taken, as decimals (1.5 = 1 h 30).",
    )
    date_to = fields.Datetime(string="Until", compute="_compute_date_to", store=True, precompute=True)
    bay_id = fields.Many2one("dealer.bay", check_company=True, domain="[('site_id', '=', site_id)]", index=True)
    employee_id = fields.Many2one(
        "hr.employee",
        string="Technician",
        check_company=True,
        domain=[("is_dealer_technician", "=", True)],
        index=True,
    )
    line_ids = fields.One2many("dealer.appointment.line", "appointment_id", string="Wanted Work", copy=True)
    note = fields.Text()
    repair_order_id = fields.Many2one("repair.order", readonly=True, copy=False, check_company=True)
    color = fields.Integer(related="bay_id.color")

    _bay_free = models.Constraint(
        "EXCLUDE USING gist (bay_id WITH =, tsrange(date_from, date_to) WITH &&) "
        "WHERE (bay_id IS NOT NULL AND state IN ('booked', 'arrived'))",
        _slot_message("bay_id"),
    )
    _technician_free = models.Constraint(
        "EXCLUDE USING gist (employee_id WITH =, tsrange(date_from, date_to) WITH &&) "
        "WHERE (employee_id IS NOT NULL AND state IN ('booked', 'arrived'))",
        _slot_message("employee_id"),
    )
    _booked_has_time = models.Constraint(
        "CHECK (date_from IS NOT NULL OR state NOT IN ('booked', 'arrived'))",
        "An appointment that is booked has a time.",
    )
    _hours_positive = models.Constraint("CHECK(hours > 0)", "An appointment takes some time: enter its hours.")
    # Without a length it would overlap nothing: bay and technician could be given twice.
    _dates_in_order = models.Constraint("CHECK(date_to > date_from)", "An appointment ends after it begins.")

    def _auto_init(self):
        # EXCLUDE on an id needs btree_gist; a hook would not run on upgrade.
        self.env.cr.execute(SQL("CREATE EXTENSION IF NOT EXISTS btree_gist"))
        return super()._auto_init()

    @api.depends("vehicle_id")
    def _compute_partner_id(self):
        for appointment in self:
            car = appointment.vehicle_id
            appointment.partner_id = car._get_workshop_customer() or appointment.partner_id

    @api.depends("vehicle_id", "partner_id")
    def _compute_brought_in_by_id(self):
        for appointment in self:
            appointment.brought_in_by_id = appointment.vehicle_id.keeper_id or appointment.partner_id

    @api.depends("line_ids.hours")
    def _compute_hours(self):
        for appointment in self:
            appointment.hours = sum(appointment.line_ids.mapped("hours")) or appointment.hours or 1.0

    @api.depends("date_from", "hours", "pause_hours")
    def _compute_date_to(self):
        for appointment in self:
            start = appointment.date_from
            length = timedelta(hours=(appointment.hours or 1.0) + appointment.pause_hours)
            appointment.date_to = start and start + length

    @api.depends("vehicle_id.name", "partner_id.name")
    def _compute_display_name(self):
        super()._compute_display_name()  # the number, or that there is none yet
        for appointment in self:
            car = appointment.vehicle_id
            names = [car.plate or car.name or appointment.display_name, appointment.partner_id.name]
            appointment.display_name = " · ".join(filter(None, names))

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._prepare_appointment_vals(dict(vals)) for vals in vals_list]
        for vals in vals_list:
            self.new(vals)._check_slot()
        appointments = super().create(vals_list)
        # Narrow sudo: the number is ours to give, protected from typing.
        for appointment in appointments.sudo():
            appointment.name = appointment._next_number()
        appointments._follow_time()
        return appointments

    def write(self, vals):
        if {"vehicle_id", "date_from", "hours", "bay_id", "line_ids"} & vals.keys():
            self._check_may_change()
        if SLOT_FIELDS & vals.keys():
            for appointment in self:
                self.new(vals, origin=appointment)._check_slot()
        result = super().write(vals)
        if "date_from" in vals:
            self._follow_time()
        return result

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    def action_arrive(self):
        """Open a repair order for each car that has arrived, with jobs for the wanted work.

        :return: action that shows the order
        :raises UserError: the appointment is not booked any more, or names no car
        """
        self.check_access("write")
        self._check_state(("booked",), self.env._("received"))
        for appointment in self:
            if not appointment.vehicle_id:
                raise UserError(
                    self.env._("Appointment %(name)s names no car: enter its plate or VIN.", name=appointment.name)
                )
        orders = self.env["repair.order"].create([appointment._prepare_order_vals() for appointment in self])
        for appointment, order in zip(self, orders, strict=True):
            # Narrow sudo: the two links and the state are protected from typing.
            appointment.sudo().write({"state": "arrived", "repair_order_id": order.id})
            order.sudo().appointment_id = appointment
        return self.action_view_repair_order()

    def action_no_show(self):
        """Note that the customer did not come (爽约); the slot is free again."""
        self._set_state("no_show")

    def action_cancel(self):
        """Cancel requests and booked appointments; the slot is free again."""
        self._set_state("cancelled", ("request", "booked"))

    def action_book_again(self):
        """Take up an appointment again that was missed or cancelled.

        :raises UserError: its slot has been given away
        """
        self.check_access("write")
        for appointment in self:
            if appointment.state not in ("no_show", "cancelled"):
                raise UserError(self.env._("Appointment %(name)s is still on.", name=appointment.name))
        # Narrow sudo: right and state are checked, ``state`` is protected from typing.
        for appointment in self.sudo():
            appointment.state = "booked" if appointment.date_from else "request"

    def action_view_repair_order(self):
        """Open the repair orders of these appointments."""
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Repair Order"),
            "res_model": "repair.order",
            "views": [(self.env.ref("dealer_workshop.repair_order_view_form").id, "form")],
            "res_id": self.repair_order_id[:1].id,
        }
        if len(self.repair_order_id) > 1:
            domain = [("id", "in", self.repair_order_id.ids)]
            action |= {"views": [(False, "list"), (False, "form")], "res_id": False, "domain": domain}
        return action

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------
    def _prepare_appointment_vals(self, vals):
        if not vals.get("vehicle_id") and vals.get("vehicle_text"):
            vals["vehicle_id"] = self._find_or_create_car(vals).id
            vals["vehicle_text"] = False
        if vals.get("site_id"):
            site = self.env["stock.warehouse"].browse(vals["site_id"])
            vals.setdefault("company_id", site.company_id.id)
        return vals

    def _next_number(self):
        self.ensure_one()
        sequence = self.env["ir.sequence"].with_company(self.company_id)
        return sequence.next_by_code("dealer.appointment") or "/"

    def _prepare_order_vals(self):
        """Return the values of the repair order for this appointment.

        :return: dict for ``repair.order.create``
        """
        self.ensure_one()
        return {
            "dealer_vehicle_id": self.vehicle_id.id,
            "site_id": self.site_id.id,
            "partner_id": self.partner_id.id,
            "brought_in_by_id": self.brought_in_by_id.id,
            "user_id": self.env.uid,
            "repair_kind": self.line_ids[:1].repair_kind or "general",
            "concern": self.note,
            "promised_date": self.date_to,
            "job_ids": [Command.create(line._prepare_job_vals()) for line in self.line_ids],
        }

    def _set_state(self, state, allowed=("booked",)):
        self.check_access("write")
        self._check_state(allowed, dict(self._fields["state"]._description_selection(self.env))[state].lower())
        # Narrow sudo: right and state are checked, ``state`` is protected from typing.
        self.sudo().write({"state": state})

    def _check_somebody(self):
        """Refuse to book for nobody.

        :raises UserError: neither car nor customer is named
        """
        self.ensure_one()
        if not self.vehicle_id and not self.partner_id:
            raise UserError(
                self.env._(
                    "Appointment %(name)s names no car and no customer: enter plate, VIN or phone, or choose the "
                    "customer.",
                    name=self.name,
                )
            )

    def _follow_time(self):
        """A request that got a time is booked; a booking that lost its time is a request again."""
        # Narrow sudo: the time was written with the user's rights, ``state`` only follows.
        for appointment in self.sudo():
            if appointment.state == "request" and appointment.date_from:
                appointment._check_somebody()
                appointment.state = "booked"
            elif appointment.state == "booked" and not appointment.date_from:
                appointment.state = "request"

    def _check_may_change(self):
        """Refuse people's changes of what was agreed once the car is here, or does not come."""
        if not self.env.su:
            self._check_state(("request", "booked"), self.env._("changed"))

    def _check_state(self, allowed, what):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for appointment in self:
            if appointment.state not in allowed:
                raise UserError(
                    self.env._(
                        "Appointment %(name)s is %(state)s and cannot be %(what)s.",
                        name=appointment.name,
                        state=labels[appointment.state].lower(),
                        what=what,
                    )
                )

    def _check_slot(self):
        """Refuse a slot that is taken, before the database does.

        The EXCLUDE constraints decide; this says it in a sentence when nobody races.

        :raises UserError: names who has the slot
        """
        self.ensure_one()
        if self.state not in ("request", *LIVE_STATES) or not self.date_from:
            return
        for field_name in ("bay_id", "employee_id"):
            taken = self._find_conflict(field_name)
            if taken:
                free = self._find_slots(self.date_from)[:1]
                raise UserError(taken._taken_sentence(field_name, self.date_from, free and free[0]))

    def _find_conflict(self, field_name):
        """Return another live appointment in the same bay, or of the same technician, at the same time.

        :param str field_name: ``bay_id`` or ``employee_id``
        :return: one appointment, as superuser, or none
        """
        self.ensure_one()
        if not self[field_name]:
            return self.browse()
        same = Domain(field_name, "=", self[field_name].id) & Domain("state", "in", LIVE_STATES)
        overlap = Domain("date_from", "<", self.date_to) & Domain("date_to", ">", self.date_from)
        # The slot may be held at a site the user does not see: he must be told all the same.
        return self.sudo().search(same & overlap & Domain("id", "!=", self._origin.id), limit=1)

    def _taken_sentence(self, field_name, wanted=False, free=False):
        """Return the sentence that says who has the slot, and when the next one is free.

        :param str field_name: ``bay_id`` or ``employee_id``
        :param datetime wanted: what somebody else wanted (UTC), kept for extensions
        :param free: ``booking.Slot``, or empty
        :return: str in the user's language
        """
        # Narrow sudo: the slot may be held at a site the user does not see; he is told who has it, not more.
        taken = self.sudo()
        if not taken:
            return self.env._("This bay or technician is booked already at that time.")
        zone = self.env["dealer.workshop.capacity"]._get_zone(taken.site_id)
        here = self.with_context(tz=self.env.user.tz or zone.zone)
        local = [fields.Datetime.context_timestamp(here, moment) for moment in (taken.date_from, taken.date_to)]
        sentence = self.env._(
            "%(resource)s is taken on %(day)s from %(start)s to %(end)s by %(car)s (%(number)s, booked by %(user)s). "
            "Choose another time or place.",
            resource=taken[field_name].display_name,
            day=local[0].strftime("%Y-%m-%d"),
            start=local[0].strftime("%H:%M"),
            end=local[1].strftime("%H:%M"),
            car=taken.display_name,
            number=taken.name,
            user=taken.user_id.name or taken.create_uid.name,
        )
        if not free:
            return sentence
        moment = fields.Datetime.context_timestamp(here, free.start).strftime("%Y-%m-%d %H:%M")
        return " ".join([sentence, self.env._("The next free slot is %(time)s.", time=moment)])
