from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import format_datetime

from ..tools import slots

LIVE = ("booked", "out")
BATCH = 200  # bookings between two commits of the job that looks for late cars
GRACE = timedelta(minutes=15)  # a car this late is not yet worth an activity
# Written by the booking's own steps only.
SYSTEM_FIELDS = {
    "name",
    "state",
    "user_id",
    "site_id",
    "licence_checked_by_id",
    "licence_checked_on",
    "date_out",
    "km_out",
    "fuel_out",
    "out_by_id",
    "date_in",
    "km_in",
    "fuel_in",
    "damage",
    "in_by_id",
    "signature",
    "signed_by",
    "signed_on",
    "signed_from",
    "is_alerted",
    "km_driven",
}
# What still may change while the car is out, and once it is back.
OPEN_WHILE_OUT = {"date_to", "note", "picture_ids"}
OPEN_WHEN_CLOSED = {"note"}
# A licence is nobody's business but of those who hand cars out, and of the auditor.
LICENCE_GROUPS = "dealer_vehicle.group_vehicle_booking,dealer_vehicle.group_auditor"


class DealerVehicleBooking(models.Model):
    """A car of ours for somebody for a time: one books time, not the car (P6)."""

    _name = "dealer.vehicle.booking"
    _description = "Booking of a Car"
    _inherit = ["dealer.picture.mixin", "dealer.signature.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    name = fields.Char("Number", readonly=True, copy=False, index=True)
    kind_id = fields.Many2one(
        "dealer.vehicle.booking.kind",
        "For",
        required=True,
        ondelete="restrict",
        default=lambda self: self.env["dealer.vehicle.booking.kind"].search([], limit=1),
    )
    vehicle_id = fields.Many2one(
        "dealer.vehicle",
        "Car",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('place', '=', 'at_site'), ('claim', '!=', False)]",
        tracking=True,
    )
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True, index=True)
    site_id = fields.Many2one("stock.warehouse", "Site", readonly=True, index="btree_not_null", check_company=True)
    partner_id = fields.Many2one("res.partner", "Driver", required=True, index=True, check_company=True, tracking=True)
    partner_phone = fields.Char(related="partner_id.phone", string="Phone")
    user_id = fields.Many2one(
        "res.users", "Booked by", readonly=True, copy=False, default=lambda self: self.env.user, index=True
    )
    date_from = fields.Datetime("From", required=True, default=lambda self: self._default_date_from(), tracking=True)
    date_to = fields.Datetime("Until", required=True, tracking=True)
    state = fields.Selection(
        [
            ("booked", "Booked"),
            ("out", "Out"),
            ("returned", "Returned"),
            ("no_show", "Did Not Come"),
            ("cancelled", "Cancelled"),
        ],
        default="booked",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    is_overdue = fields.Boolean("Late", compute="_compute_is_overdue", search="_search_is_overdue")
    is_alerted = fields.Boolean(readonly=True, copy=False, help="Somebody was told that the car is late.")
    is_licence_needed = fields.Boolean(related="kind_id.is_licence_needed")
    note = fields.Char(help="What colleagues should know: route, child seat …")

    # Driving licence
    licence_number = fields.Char(copy=False, groups=LICENCE_GROUPS)
    licence_valid_until = fields.Date(copy=False, groups=LICENCE_GROUPS)
    image_1920 = fields.Image("Licence Photo", copy=False, groups=LICENCE_GROUPS)
    image_1024 = fields.Image(groups=LICENCE_GROUPS)
    image_512 = fields.Image(groups=LICENCE_GROUPS)
    image_256 = fields.Image(groups=LICENCE_GROUPS)
    image_128 = fields.Image(groups=LICENCE_GROUPS)
    licence_checked_by_id = fields.Many2one("res.users", "Licence Checked by", readonly=True, copy=False)
    licence_checked_on = fields.Datetime(readonly=True, copy=False, help="UTC.")

    # Out and back
    date_out = fields.Datetime("Handed out on", readonly=True, copy=False, help="UTC.")
    km_out = fields.Integer("Mileage out (km)", readonly=True, copy=False, aggregator=None)
    fuel_out = fields.Integer("Fuel or Charge out (%)", readonly=True, copy=False, aggregator=None)
    out_by_id = fields.Many2one("res.users", "Handed out by", readonly=True, copy=False)
    date_in = fields.Datetime("Back on", readonly=True, copy=False, help="UTC.")
    km_in = fields.Integer("Mileage back (km)", readonly=True, copy=False, aggregator=None)
    km_driven = fields.Integer("Driven (km)", compute="_compute_km_driven", store=True)
    fuel_in = fields.Integer("Fuel or Charge back (%)", readonly=True, copy=False, aggregator=None)
    damage = fields.Text("Damage Found", readonly=True, copy=False)
    in_by_id = fields.Many2one("res.users", "Taken back by", readonly=True, copy=False)
    picture_ids = fields.One2many("dealer.vehicle.booking.picture", "booking_id", "Photos")

    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (vehicle_id WITH =, tsrange(date_from, date_to) WITH &&)"
        " WHERE (state IN ('booked', 'out'))",
        "Somebody else booked this car for that time. Open the car's bookings to see who.",
    )
    _one_out = models.UniqueIndex(
        "(vehicle_id) WHERE state = 'out'", "This car is out with somebody. Take it back before you hand it out again."
    )
    _dates_ordered = models.Constraint("CHECK (date_to > date_from)", "A booking must end after it began.")
    _numbers_sane = models.Constraint(
        "CHECK (COALESCE(km_out, 0) >= 0 AND COALESCE(km_in, 0) >= 0 AND COALESCE(fuel_out, 0) BETWEEN 0 AND 100"
        " AND COALESCE(fuel_in, 0) BETWEEN 0 AND 100)",
        "A mileage cannot be negative, and fuel or charge is between 0 and 100 percent.",
    )
    _due_idx = models.Index("(date_to) WHERE state = 'out'")

    def _auto_init(self):
        # Odoo only logs a constraint it cannot apply, and pre_init_hook does not run on upgrade.
        self.env.cr.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        return super()._auto_init()

    @api.model
    def _default_date_from(self):
        return fields.Datetime.now().replace(second=0, microsecond=0)

    @api.model
    def default_get(self, fields):
        """Propose the car, free from now on, and the usual time."""
        values = super().default_get(fields)
        if "date_to" in fields and not values.get("date_to") and values.get("kind_id"):
            kind = self.env["dealer.vehicle.booking.kind"].browse(values["kind_id"])
            car = self.env["dealer.vehicle"].browse(values.get("vehicle_id") or ())
            car, start = self._propose(kind, car, values.get("date_from"))
            values.update(vehicle_id=car.id, date_from=start, date_to=start + timedelta(minutes=kind.minutes))
        return values

    # ------------------------------------------------------------------ computes

    @api.depends("name", "vehicle_id.display_name")
    def _compute_display_name(self):
        for booking in self:
            booking.display_name = " · ".join(filter(None, [booking.name, booking.vehicle_id.display_name]))

    @api.depends("state", "date_to")
    def _compute_is_overdue(self):
        now = fields.Datetime.now()
        for booking in self:
            booking.is_overdue = booking.state == "out" and bool(booking.date_to) and booking.date_to < now

    @api.model
    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("state", "=", "out") & Domain("date_to", "<", fields.Datetime.now())

    @api.depends("km_out", "km_in", "state")
    def _compute_km_driven(self):
        for booking in self:
            booking.km_driven = max(0, booking.km_in - booking.km_out) if booking.state == "returned" else 0

    # ------------------------------------------------------------------ onchange, CRUD

    @api.onchange("kind_id")
    def _onchange_kind_id(self):
        if self.kind_id and self.date_from:
            if not self.vehicle_id:
                self.vehicle_id, self.date_from = self._propose(self.kind_id, self.vehicle_id, self.date_from)
            self.date_to = self.date_from + timedelta(minutes=self.kind_id.minutes)

    @api.onchange("date_from")
    def _onchange_date_from(self):
        if self.date_from and self.kind_id:
            length = self.date_to - self._origin.date_from if self._origin.date_from and self.date_to else None
            self.date_to = self.date_from + (length or timedelta(minutes=self.kind_id.minutes))

    @api.onchange("vehicle_id", "date_from", "date_to")
    def _onchange_slot(self):
        if not (self.vehicle_id and self.date_from and self.date_to):
            return None
        other = self.vehicle_id._get_live_bookings(self.date_from, self.date_to, but=self._origin)[:1]
        if not other:
            return None
        return {"warning": {"title": self.env._("Not free"), "message": self._get_taken_message(other, self)}}

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        last = self._get_last_licence(self.partner_id)
        if last and not self.licence_number and not self.image_1920:
            self.licence_number, self.licence_valid_until = last.licence_number, last.licence_valid_until

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        vals_list = [self._prepare_booking(vals) for vals in vals_list]
        cars = self.env["dealer.vehicle"].browse([vals.get("vehicle_id") for vals in vals_list])
        cars.check_access("read")
        # Two people may book one car at once: the later one waits, starts again and sees the booking.
        cars.sudo()._lock_for_hold()
        bookings = self.browse()
        for vals in vals_list:
            # One after the other: a car twice in one batch is told as well.
            self._check_slot(vals)
            self.env["dealer.vehicle"].browse(vals["vehicle_id"])._check_may_book()
            bookings += super().create([vals])
        return bookings

    def write(self, vals):
        if not self.env.su:
            self._check_may_write(vals)
            if {"partner_id", "licence_number", "licence_valid_until", "image_1920"} & vals.keys():
                # What was seen was another licence.
                vals = {**vals, "licence_checked_by_id": False, "licence_checked_on": False}
        moved = {"vehicle_id", "date_from", "date_to"} & vals.keys()
        if not moved:
            return super().write(vals)
        self.check_access("write")
        cars = self.vehicle_id | self.env["dealer.vehicle"].browse(vals.get("vehicle_id") or ())
        cars.check_access("read")
        cars.sudo()._lock_for_hold()
        for booking in self.filtered(lambda booking: booking.state in LIVE):
            slot = {name: vals.get(name, booking[name]) for name in ("date_from", "date_to")}
            self._check_slot({**slot, "vehicle_id": vals.get("vehicle_id") or booking.vehicle_id.id}, but=booking)
        if "vehicle_id" in vals:
            car = cars.browse(vals["vehicle_id"])
            car._check_may_book()
            vals = {**vals, "site_id": car.sudo().site_id.id}
        if "date_to" in vals:
            vals = {**vals, "is_alerted": False}
            self.sudo()._drop_overdue_alerts()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        raise UserError(self.env._("Bookings are kept: fines and damage are asked for later. Cancel the booking."))

    def _prepare_booking(self, vals):
        """Return the values of a new booking: what the system writes, and the usual length.

        :param dict vals: of ``create``
        :raises UserError: no car
        """
        if not self.env.su:
            vals = {name: value for name, value in vals.items() if name not in SYSTEM_FIELDS}
        if not vals.get("vehicle_id"):
            raise UserError(self.env._("Choose the car that is to be booked."))
        vals = {**vals, "state": "booked", "name": self.env["ir.sequence"].sudo().next_by_code(self._name)}
        kind = self.env["dealer.vehicle.booking.kind"].browse(vals.get("kind_id") or ())
        vals["date_from"] = fields.Datetime.to_datetime(vals.get("date_from")) or self._default_date_from()
        vals["date_to"] = fields.Datetime.to_datetime(vals.get("date_to")) or (
            vals["date_from"] + timedelta(minutes=kind.minutes or 60)
        )
        vals["site_id"] = self.env["dealer.vehicle"].browse(vals["vehicle_id"]).sudo().site_id.id
        if not self.env.su:
            vals["user_id"] = self.env.uid
        return vals

    def _prepare_create_values(self, vals_list):
        # A default from a context or a user's saved default must not become a fact.
        result = super()._prepare_create_values(vals_list)
        if not self.env.su:
            for vals, given in zip(result, vals_list, strict=True):
                for name in SYSTEM_FIELDS - given.keys():
                    vals.pop(name, None)
        return result

    def _check_may_write(self, vals):
        """Refuse what only the booking's steps write, and changes to what is over.

        :param dict vals: of ``write``
        :raises UserError: names the booking and the button to press
        """
        if SYSTEM_FIELDS & vals.keys():
            raise UserError(self.env._("A booking goes on by its buttons: Hand Out, Take Back, Cancel, Did Not Come."))
        for booking in self.filtered(lambda booking: booking.state != "booked"):
            allowed = OPEN_WHILE_OUT if booking.state == "out" else OPEN_WHEN_CLOSED
            changed = {name for name in vals if name in self._fields and not name.startswith(("message_", "activity_"))}
            if changed - allowed:
                raise UserError(
                    self.env._(
                        "%(booking)s: the car was handed out or the booking is over. Make a new booking.",
                        booking=booking.display_name,
                    )
                )

    # ------------------------------------------------------------------ rules

    def _check_slot(self, vals, but=None):
        """Refuse a car that cannot be lent, or that somebody has at that time.

        :param dict vals: ``vehicle_id``, ``date_from``, ``date_to`` (UTC)
        :param but: ``dealer.vehicle.booking`` that is moved
        :raises UserError: names who has the car until when, and the next free time
        Source: P10
        """
        car = self.env["dealer.vehicle"].browse(vals["vehicle_id"])
        date_from, date_to = (fields.Datetime.to_datetime(vals[name]) for name in ("date_from", "date_to"))
        car._check_may_be_lent()
        other = car._get_live_bookings(date_from, date_to, but=but)[:1]
        if other:
            raise UserError(self._get_taken_message(other, car, date_from, date_to))

    def _get_taken_message(self, other, car, date_from=None, date_to=None):
        """Return the sentence the later one reads: who has the car, until when, when it is free again."""
        if date_from is None:
            car, date_from, date_to = car.vehicle_id, car.date_from, car.date_to
        busy = car._get_busy_times(date_from)
        start = slots.next_free(date_from, max(date_to - date_from, timedelta(minutes=1)), busy)
        return self.env._(
            "%(car)s is with %(driver)s (%(booking)s, booked by %(user)s) until %(until)s. It is free again from "
            "%(free)s: book it then, or choose another car.",
            car=car.display_name,
            driver=other.sudo().partner_id.name,
            booking=other.name,
            user=other.sudo().user_id.name,
            until=format_datetime(self.env, other.date_to),
            free=format_datetime(self.env, start),
        )

    def _check_may_hand_out(self):
        """Refuse to give the key away while something is missing.

        :raises UserError: names the booking, what is missing and what to do
        Source: P10
        """
        self.ensure_one()
        if self.state != "booked":
            raise UserError(self.env._("%(booking)s is not waiting for its driver.", booking=self.display_name))
        car = self.vehicle_id
        car._check_may_be_lent()
        car._check_not_out()
        car._check_not_promised_to_customer()
        if self.kind_id.is_licence_needed:
            self._check_licence()

    def _check_licence(self):
        today = fields.Date.context_today(self)
        problem = False
        if not self.licence_number and not self.image_1920:
            problem = self.env._("note its number or take a photo of it")
        elif not self.licence_valid_until:
            problem = self.env._("note until when it is valid")
        elif self.licence_valid_until < today:
            problem = self.env._("it has expired; this person may not drive")
        elif not self.licence_checked_by_id:
            problem = self.env._("look at the licence itself and confirm that you have seen it")
        if problem:
            raise UserError(
                self.env._(
                    "No key without a driving licence. %(booking)s, %(driver)s: %(problem)s.",
                    booking=self.display_name,
                    driver=self.partner_id.name,
                    problem=problem,
                )
            )

    # ------------------------------------------------------------------ actions

    def action_open_hand_out(self):
        """Open the dialogue in which the car is handed out."""
        self.ensure_one()
        return self._get_dialogue("dealer.vehicle.hand.out", self.env._("Hand Out"))

    def action_open_take_back(self):
        """Open the dialogue in which the car is taken back."""
        self.ensure_one()
        return self._get_dialogue("dealer.vehicle.take.back", self.env._("Take Back"))

    def _get_dialogue(self, model, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_booking_id": self.id},
        }

    def action_cancel(self):
        """Give the time back: nobody comes.

        :raises UserError: the car is out or was out
        """
        return self._close("cancelled")

    def action_no_show(self):
        """Note that the driver did not come.

        :raises UserError: it is not time yet, or the car is out or was out
        """
        for booking in self:
            if booking.state == "booked" and booking.date_from > fields.Datetime.now():
                raise UserError(
                    self.env._("%(booking)s has not begun: cancel it instead.", booking=booking.display_name)
                )
        return self._close("no_show")

    def action_print_agreement(self):
        """Print the agreement for the driver to keep."""
        return self.env.ref("dealer_vehicle.dealer_vehicle_booking_report").report_action(self)

    def _close(self, state):
        self.check_access("write")
        for booking in self.filtered(lambda booking: booking.state != "booked"):
            raise UserError(
                self.env._(
                    "%(booking)s: the car is out, or the booking is over. A car that is out is taken back.",
                    booking=booking.display_name,
                )
            )
        self.sudo().state = state
        return True

    # ------------------------------------------------------------------ business

    def _note_licence_seen(self):
        """Note that the current user has seen the licence and its holder."""
        self.sudo().write({"licence_checked_by_id": self.env.uid, "licence_checked_on": fields.Datetime.now()})

    def _hand_out(self, km, fuel, signer=False, signature=False):
        """Give the car to its driver.

        :param int km: mileage read
        :param int fuel: fuel or charge in percent
        :param str signer: who signs; needed as ``signature`` when the kind asks for a signature
        :param signature: PNG, base64
        :raises UserError: stop-sale, car not at a site or out, licence, signature: what is missing
        Source: P6, P10
        """
        self.ensure_one()
        self.check_access("write")
        self.vehicle_id.sudo()._lock_for_hold()
        self.invalidate_recordset(["state"])
        self._check_may_hand_out()
        booking, now = self.sudo(), fields.Datetime.now()
        if self.kind_id.is_signature_needed:
            booking._sign(signer, signature)
        vals = {"state": "out", "date_out": now, "km_out": km, "fuel_out": fuel, "out_by_id": self.env.uid}
        if now < booking.date_from:
            vals["date_from"] = now  # somebody came early: the car is not free any more
        elif now >= booking.date_to:
            vals["date_to"] = now + timedelta(minutes=booking.kind_id.minutes)
        booking.write(vals)
        booking._note_odometer(km, booking._get_backwards_note(km))
        booking.vehicle_id._own_use_changed()

    def _take_back(self, km, fuel, damage=False, km_note=False):
        """Take the car back.

        :param int km: mileage read
        :param int fuel: fuel or charge in percent
        :param str damage: what is damaged, if anything
        :param str km_note: why the mileage is lower than when the car left
        :raises UserError: the car is not out, or the mileage is lower and nobody said why
        """
        self.ensure_one()
        self.check_access("write")
        self.vehicle_id.sudo()._lock_for_hold()
        self.invalidate_recordset(["state"])
        if self.state != "out":
            raise UserError(self.env._("%(booking)s: the car is not out.", booking=self.display_name))
        if km < max(self.km_out, self.vehicle_id.odometer_km) and not (km_note or "").strip():
            raise UserError(
                self.env._(
                    "%(car)s had %(before)s km before and comes back with %(km)s km. Read it again, or say why.",
                    car=self.vehicle_id.display_name,
                    before=max(self.km_out, self.vehicle_id.odometer_km),
                    km=km,
                )
            )
        booking = self.sudo()
        booking.write(
            {
                "state": "returned",
                "date_in": fields.Datetime.now(),
                "km_in": km,
                "fuel_in": fuel,
                "damage": damage,
                "in_by_id": self.env.uid,
            }
        )
        booking._note_odometer(km, km_note)
        if damage:
            booking.vehicle_id.message_post(
                body=self.env._(
                    "Damage after %(booking)s (%(driver)s): %(damage)s",
                    booking=booking.name,
                    driver=booking.partner_id.name,
                    damage=damage,
                )
            )
        booking._drop_overdue_alerts()
        booking.vehicle_id._own_use_changed()

    def _drop_overdue_alerts(self):
        overdue = self.env.ref("dealer_vehicle.mail_activity_type_overdue")
        self.activity_ids.filtered(lambda activity: activity.activity_type_id == overdue).unlink()

    def _note_odometer(self, km, note=False):
        self.env["dealer.vehicle.odometer"].create(
            {"vehicle_id": self.vehicle_id.id, "km": km, "source": "drive", "note": note}
        )

    def _get_backwards_note(self, km):
        if km >= self.vehicle_id.odometer_km:
            return False
        return self.env._("Read when the car was handed out: %(booking)s.", booking=self.name)

    def _add_pictures(self, attachments, moment):
        """Keep photos that were taken in a dialogue.

        :param attachments: ``ir.attachment``
        :param str moment: ``out`` or ``in``
        :raises UserError: a file is no picture
        """
        self.ensure_one()
        self.env["dealer.vehicle.booking.picture"].create(
            [
                {"booking_id": self.id, "moment": moment, "name": file.name, "image_1920": file.datas}
                for file in attachments
            ]
        )

    def _get_last_returned(self):
        """Return the booking the car came back from last, or none."""
        return self.search(
            [("vehicle_id", "=", self.vehicle_id.id), ("state", "=", "returned")], order="date_in desc", limit=1
        )

    @api.model
    def _get_last_licence(self, partner):
        """Return the latest booking of a person that names a licence still valid, or none."""
        return self.search(
            [
                ("partner_id", "=", partner.id),
                ("licence_number", "!=", False),
                ("licence_valid_until", ">=", fields.Date.context_today(self)),
            ],
            limit=1,
        )

    @api.model
    def _propose(self, kind, car=None, earliest=None):
        """Return the car that is free first, and from when.

        :param kind: ``dealer.vehicle.booking.kind``
        :param car: ``dealer.vehicle`` wanted; empty: the cars meant for this kind at the user's sites
        :param datetime earliest: UTC, default now
        :return: (``dealer.vehicle``, one or none; datetime UTC)
        """
        now = self._default_date_from()
        earliest = max(fields.Datetime.to_datetime(earliest) or now, now)
        cars = car or self.env["dealer.vehicle"].search(self._get_proposal_domain(kind), order="own_use_id, id")
        length = timedelta(minutes=kind.minutes)
        busy = cars._get_busy_by_car(earliest)
        starts = [(slots.next_free(earliest, length, busy.get(one.id, [])), one) for one in cars]
        start, best = min(starts, key=lambda pair: pair[0], default=(earliest, cars))
        return best, start

    @api.model
    def _get_proposal_domain(self, kind):
        domain = Domain("place", "=", "at_site") & Domain("vin_id.has_stop_sale", "=", False)
        domain &= Domain("company_id", "=", self.env.company.id)
        uses = [kind.car_kind] if kind.car_kind else ["demo", "courtesy"]
        domain &= Domain("own_use_id.kind", "in", uses)
        sites = self.env.user.dealer_site_ids
        return domain & Domain("site_id", "in", sites.ids) if sites else domain

    # ------------------------------------------------------------------ late cars

    @api.model
    def _cron_alert_overdue(self):
        """Write an activity to whoever booked a car that did not come back in time; called every quarter of an hour.

        Resumable: each run takes up the bookings without the activity of their time.
        """
        while late := self._search_unalerted(BATCH):
            late._raise_overdue_alerts()
            if not self.env["ir.cron"]._commit_progress(len(late)) or len(late) < BATCH:
                return

    @api.model
    def _search_unalerted(self, limit):
        late = fields.Datetime.now() - GRACE
        return self.search(
            [("state", "=", "out"), ("date_to", "<", late), ("is_alerted", "=", False)],
            order="date_to, id",
            limit=limit,
        )

    def _raise_overdue_alerts(self):
        """Write one activity per late car to whoever booked it."""
        activity_type = self.env.ref("dealer_vehicle.mail_activity_type_overdue")
        # One mail a car would bury the person; the list of activities is his worklist.
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            [booking._prepare_overdue_alert(activity_type) for booking in self]
        )
        self.is_alerted = True

    def _prepare_overdue_alert(self, activity_type):
        booking = self.with_context(lang=self.user_id.lang or self.env.lang)
        text = booking.env._(
            "%(car)s should have been back at %(time)s. Call %(driver)s: %(phone)s.",
            car=booking.vehicle_id.display_name,
            time=format_datetime(booking.env, booking.date_to, tz=booking.user_id.tz or False),
            driver=booking.partner_id.name,
            phone=booking.partner_id.phone or "–",
        )
        return {
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
            "activity_type_id": activity_type.id,
            "user_id": self.user_id.id,
            "summary": booking.env._("Car not back"),
            "note": Markup("<p>%s</p>") % text,
            "automated": True,
            "date_deadline": fields.Date.context_today(self),
        }
