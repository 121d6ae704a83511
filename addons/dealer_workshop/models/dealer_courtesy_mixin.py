from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import format_datetime


class DealerCourtesyMixin(models.AbstractModel):
    """A courtesy car for the customer of an appointment or a repair order (B36).

    The car, its contract with mileage, fuel, photos and signature, and its return are a ``dealer.vehicle.booking``:
    who may hand out which car, and that nobody else has it, is decided there.
    """

    _name = "dealer.courtesy.mixin"
    _description = "Document with a Courtesy Car"

    _protected_fields = frozenset({"courtesy_booking_id"})

    courtesy_booking_id = fields.Many2one(
        "dealer.vehicle.booking",
        string="Courtesy Car",
        readonly=True,
        copy=False,
        check_company=True,
        index="btree_not_null",
    )
    courtesy_state = fields.Selection(related="courtesy_booking_id.state", string="Courtesy Car is")

    def _get_courtesy_span(self):
        """Return from when until when the customer needs a car, and who drives it.

        :return: (datetime, datetime, ``res.partner``); UTC
        """
        raise NotImplementedError

    def action_courtesy_car(self):
        """Book the first courtesy car that is free all the time, or open the one that is booked.

        :raises UserError: there is no time or driver yet, or no car is free: says from when one is
        """
        self.ensure_one()
        self.check_access("write")
        if self.courtesy_booking_id.state not in ("booked", "out", "returned"):
            start, end, driver = self._get_courtesy_span()
            if not start or not driver:
                raise UserError(
                    self.env._("%(document)s: who comes when? Then a car can be booked.", document=self.display_name)
                )
            booking = self._book_courtesy_car(start, end, driver)
            # Narrow sudo: the booking was made with the user's rights, the link is protected from typing.
            self.sudo().courtesy_booking_id = booking
            return True
        return self.action_view_courtesy_car()

    def action_view_courtesy_car(self):
        """Open the booking of the courtesy car: it is handed out and taken back there."""
        self.ensure_one()
        return self.courtesy_booking_id._get_records_action(name=self.env._("Courtesy Car"))

    def _book_courtesy_car(self, start, end, driver):
        bookings = self.env["dealer.vehicle.booking"]
        if not bookings.has_access("create"):
            raise AccessError(self.env._("Courtesy cars are booked by the service advisor."))
        kind = self.env.ref("dealer_vehicle.dealer_vehicle_booking_kind_courtesy")
        car = self._find_courtesy_car(kind, start, end)
        return bookings.create(
            {
                "kind_id": kind.id,
                "vehicle_id": car.id,
                "partner_id": driver.id,
                "date_from": start,
                "date_to": end,
                "note": self.display_name,
            }
        )

    def _find_courtesy_car(self, kind, start, end, but=None):
        """Return a courtesy car of this site, or else of the company, that is free all the time.

        :raises UserError: none is: says which is free first, and when
        """
        bookings = self.env["dealer.vehicle.booking"].with_company(self.company_id)
        domain = bookings._get_proposal_domain(kind)
        cars = self.env["dealer.vehicle"].search(domain).sorted(lambda car: (car.site_id != self.site_id, car.id))
        taken = cars._get_live_bookings(start, end, but=but).vehicle_id
        free = cars.filtered(lambda car: car not in taken)
        if free:
            return free[0]
        car, moment = bookings._propose(kind, earliest=start)
        if not car:
            raise UserError(self.env._("There is no courtesy car. The stock keeper puts a car into service as one."))
        raise UserError(
            self.env._(
                "No courtesy car is free all the time from %(start)s to %(end)s. %(car)s is the first to be free: "
                "from %(moment)s.",
                start=format_datetime(self.env, start),
                end=format_datetime(self.env, end),
                car=car.display_name,
                moment=format_datetime(self.env, moment),
            )
        )

    def _move_courtesy_car(self):
        """Let the courtesy car follow the new time; another car when this one is taken then."""
        for document in self.filtered(lambda one: one.courtesy_booking_id.state == "booked"):
            booking = document.courtesy_booking_id
            start, end, _driver = document._get_courtesy_span()
            if (start, end) == (booking.date_from, booking.date_to):
                continue
            # Narrow sudo: the booking belongs to this document, whose change was checked; the cars are the house's.
            car = document.sudo()._find_courtesy_car(booking.kind_id, start, end, but=booking)
            vals = {"date_from": start, "date_to": end}
            if car != booking.vehicle_id and booking.vehicle_id._get_live_bookings(start, end, but=booking):
                vals["vehicle_id"] = car.id
            booking.sudo().write(vals)

    def _release_courtesy_car(self):
        """Give a courtesy car back that was booked and never handed out."""
        # Narrow sudo: it belongs to this document, whose step was checked.
        self.sudo().courtesy_booking_id.filtered(lambda booking: booking.state == "booked").action_cancel()


class DealerVehicleBooking(models.Model):
    _inherit = "dealer.vehicle.booking"

    appointment_ids = fields.One2many("dealer.appointment", "courtesy_booking_id")
    repair_order_ids = fields.One2many("repair.order", "courtesy_booking_id")

    def _take_back(self, *args, **kwargs):
        result = super()._take_back(*args, **kwargs)
        # What the order waits for may have come true. Narrow sudo: the orders only follow.
        self.sudo().repair_order_ids._gates_changed()
        return result


class DealerAppointment(models.Model):
    _name = "dealer.appointment"
    _inherit = ["dealer.appointment", "dealer.courtesy.mixin"]

    wants_courtesy_car = fields.Boolean(string="Wants a Courtesy Car")

    def _get_courtesy_span(self):
        self.ensure_one()
        # A quarter of an hour for the paper, before and after the work.
        margin = timedelta(minutes=15)
        start = self.date_from and max(self.date_from - margin, fields.Datetime.now().replace(second=0, microsecond=0))
        return start, self.date_to and self.date_to + margin, self.brought_in_by_id or self.partner_id

    def write(self, vals):
        result = super().write(vals)
        if {"date_from", "hours", "employee_id", "line_ids"} & vals.keys():
            self.filtered("date_from")._move_courtesy_car()
        if vals.get("state") in ("cancelled", "no_show"):
            self._release_courtesy_car()
        return result

    def action_arrive(self):
        """Open the order; the courtesy car goes on with it."""
        result = super().action_arrive()
        for appointment in self.filtered("courtesy_booking_id"):
            # Narrow sudo: the link is protected from typing.
            appointment.repair_order_id.sudo().courtesy_booking_id = appointment.courtesy_booking_id
        return result


class RepairOrder(models.Model):
    _name = "repair.order"
    _inherit = ["repair.order", "dealer.courtesy.mixin"]

    def _get_courtesy_span(self):
        self.ensure_one()
        now = fields.Datetime.now().replace(second=0, microsecond=0)
        end = self.promised_date if self.promised_date and self.promised_date > now else now + timedelta(days=1)
        return now, end, self.brought_in_by_id or self.partner_id

    def _gates_of_money(self):
        """A courtesy car that is out comes back first: what was driven and damaged belongs on the bill."""
        gates = super()._gates_of_money()
        if self.courtesy_booking_id:
            gates.insert(
                0,
                self._gate(
                    "courtesy_car",
                    self.env._("Courtesy car back"),
                    "settle",
                    self.courtesy_booking_id.state != "out",
                    "dealer_workshop.group_service_advisor",
                    action=self.courtesy_booking_id.state == "out" and "action_view_courtesy_car",
                    action_label=self.env._("Take Back"),
                    hint=self.courtesy_booking_id.vehicle_id.display_name,
                ),
            )
        return gates

    def _action_settle(self):
        result = super()._action_settle()
        if self.courtesy_booking_id:
            self._release_courtesy_car()
        return result
