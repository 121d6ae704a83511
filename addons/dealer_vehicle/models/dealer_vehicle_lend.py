from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import format_datetime

from .dealer_vehicle_booking import LIVE

ANY_CAR_GROUPS = (
    "dealer_vehicle.group_stock_keeper,dealer_vehicle.group_vehicle_pricing,dealer_vehicle.group_dealer_admin"
)
# A car that is late is busy for a while still.
LATE_FOR = timedelta(minutes=30)


class DealerVehicle(models.Model):
    """A car of ours that is lent: who has it, when it is free."""

    _inherit = "dealer.vehicle"

    booking_ids = fields.One2many("dealer.vehicle.booking", "vehicle_id", "Bookings", readonly=True)
    booking_count = fields.Integer("Bookings to Come", compute="_compute_booking_count")

    def _compute_booking_count(self):
        counts = dict(
            self.env["dealer.vehicle.booking"]._read_group(
                [("vehicle_id", "in", self.ids), ("state", "in", LIVE)], ["vehicle_id"], ["__count"]
            )
        )
        for vehicle in self:
            vehicle.booking_count = counts.get(vehicle._origin, 0)

    # ------------------------------------------------------------------ actions

    def action_book(self):
        """Open a new booking of this car, from the next time it is free."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_booking_action")
        kind = self.env["dealer.vehicle.booking.kind"].search([("car_kind", "=", self.own_use_kind)], limit=1)
        context = {"default_vehicle_id": self.id, **({"default_kind_id": kind.id} if kind else {})}
        return {**action, "views": [(False, "form")], "view_mode": "form", "res_id": False, "context": context}

    def action_open_bookings(self):
        """Open the bookings of the car, past ones included."""
        return self._get_related_action("dealer_vehicle.dealer_vehicle_booking_action")

    # ------------------------------------------------------------------ business

    def _check_may_be_lent(self):
        """Refuse cars nobody may drive for us now.

        :raises UserError: names the car and what is in the way
        Source: P10
        """
        for car in self.sudo():
            if car.has_stop_sale:
                raise UserError(
                    self.env._(
                        "%(car)s is under a stop-sale: nobody may drive it until the recall work is done. Choose "
                        "another car.",
                        car=car.display_name,
                    )
                )
            if car.place != "at_site" or not car._is_ours():
                raise UserError(
                    self.env._(
                        "%(car)s does not stand at one of our sites, so it cannot be lent. Choose another car.",
                        car=car.display_name,
                    )
                )

    def _check_may_book(self):
        """Refuse cars for sale to those who only book demonstrators; held and sold ones to everybody.

        :raises UserError: names the car and who may book it
        Source: P6
        """
        self._check_not_promised_to_customer()
        may_all = self.env.su or self.env.user.has_groups(ANY_CAR_GROUPS)
        for car in self.sudo().filtered(lambda car: not car.own_use_id and not may_all):
            raise UserError(
                self.env._(
                    "%(car)s is a car for sale. Book a demonstrator or courtesy car, or ask the stock keeper to book "
                    "this one.",
                    car=car.display_name,
                )
            )

    def _check_not_promised_to_customer(self):
        """Refuse to drive cars for sale that are held or sold.

        :raises UserError: names the car
        """
        for car in self.sudo().filtered(lambda car: not car.own_use_id and car.claim != "free"):
            raise UserError(
                self.env._(
                    "%(car)s is held or sold: the customer expects it as it is. Book a demonstrator.",
                    car=car.display_name,
                )
            )

    def _get_live_bookings(self, date_from, date_to, but=None):
        """Return the bookings that keep a car busy in a time, whoever may see them.

        :param datetime date_from: UTC
        :param datetime date_to: UTC
        :param but: ``dealer.vehicle.booking`` that does not count
        :return: ``dealer.vehicle.booking`` (superuser), the first first
        """
        now = fields.Datetime.now()
        overlap = Domain("date_from", "<", date_to) & Domain("date_to", ">", date_from)
        if date_from < now + LATE_FOR:
            # A car that should be back and is not is still away.
            overlap |= Domain("state", "=", "out") & Domain("date_to", "<=", now)
        domain = Domain("vehicle_id", "in", self.ids) & Domain("state", "in", LIVE) & overlap
        if but:
            domain &= Domain("id", "not in", but.ids)
        return self.env["dealer.vehicle.booking"].sudo().search(domain, order="date_from, id")

    def _get_busy_by_car(self, earliest):
        """Return when the cars are taken from a time on, in one query.

        :param datetime earliest: UTC
        :return: {car id: [(datetime, datetime)]}
        """
        now = fields.Datetime.now()
        live = self.env["dealer.vehicle.booking"].sudo()
        live = live.search(
            Domain("vehicle_id", "in", self.ids)
            & Domain("state", "in", LIVE)
            & (Domain("date_to", ">", earliest) | Domain("state", "=", "out"))
        )
        busy = {}
        for booking in live:
            until = max(booking.date_to, now + LATE_FOR) if booking.state == "out" else booking.date_to
            busy.setdefault(booking.vehicle_id.id, []).append((booking.date_from, until))
        return busy

    def _get_busy_times(self, earliest):
        """Return when this car is taken from a time on: list of (datetime, datetime), UTC."""
        return self._get_busy_by_car(earliest).get(self.id, [])

    def _check_not_out(self):
        """Refuse cars somebody drives at this moment.

        :raises UserError: names the car, who has it and since when
        """
        out = self.env["dealer.vehicle.booking"].sudo()
        out = out.search([("vehicle_id", "in", self.ids), ("state", "=", "out")], limit=1)
        if out:
            raise UserError(
                self.env._(
                    "%(car)s is out with %(driver)s since %(time)s (%(booking)s). Take it back first.",
                    car=out.vehicle_id.display_name,
                    driver=out.partner_id.name,
                    time=format_datetime(self.env, out.date_out),
                    booking=out.name,
                )
            )

    def _check_not_booked(self):
        """Refuse cars that are out, or that somebody counts on.

        :raises UserError: names the car and the booking
        """
        self._check_not_out()
        booked = self.env["dealer.vehicle.booking"].sudo()
        booked = booked.search(
            [("vehicle_id", "in", self.ids), ("state", "=", "booked"), ("date_to", ">", fields.Datetime.now())],
            order="date_from",
            limit=1,
        )
        if booked:
            raise UserError(
                self.env._(
                    "%(car)s is booked by %(user)s for %(time)s (%(booking)s). Give that booking another car, or "
                    "cancel it.",
                    car=booked.vehicle_id.display_name,
                    user=booked.user_id.name,
                    time=format_datetime(self.env, booked.date_from),
                    booking=booked.name,
                )
            )

    def _cancel_bookings_of_gone(self):
        """Cancel what cars that left our stock are still booked for, and tell who booked them.

        Side effects: one note each, sent to the user who booked.
        """
        bookings = self.env["dealer.vehicle.booking"].sudo()
        for booking in bookings.search([("vehicle_id", "in", self.ids), ("state", "=", "booked")]):
            booking.state = "cancelled"
            own = booking.with_context(lang=booking.user_id.lang or self.env.lang)
            booking.message_post(
                body=own.env._(
                    "%(car)s was handed over or left our stock: this booking is cancelled. Book another car for "
                    "%(driver)s.",
                    car=own.vehicle_id.display_name,
                    driver=own.partner_id.name,
                ),
                partner_ids=booking.user_id.partner_id.ids,
                message_type="notification",
                subtype_xmlid="mail.mt_note",
            )


class StockMove(models.Model):
    _inherit = "stock.move"

    def _after_cars_moved(self):
        result = super()._after_cars_moved()
        left = self.filtered(lambda move: move._takes_out_of_stock())
        left.dealer_vehicle_id._cancel_bookings_of_gone()
        return result
