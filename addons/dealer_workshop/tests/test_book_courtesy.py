from datetime import datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .test_book_slots import BookingCommon

NOW = "2030-05-05 10:00:00"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install", "dealer")
class TestBookCourtesy(BookingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.courtesy_car = cls._make_courtesy_car("1FTFW1ET5DFC10312")

    @classmethod
    def _make_courtesy_car(cls, vin):
        """Return a car of ours that stands at the site as a courtesy car."""
        car = cls.env["dealer.vehicle"].create(
            {"vin": vin, "vin_confirmed": True, "condition": "used", "company_id": cls.company.id}
        )
        cls.env.flush_all()
        # Bought and received: these tests are about lending, not about stock.
        cls.env.cr.execute(
            "UPDATE dealer_vehicle SET place = 'at_site', title = 'ours', claim = 'free', arrival_date = '2026-01-01', "
            "site_id = %s WHERE id = %s",
            [cls.site.id, car.id],
        )
        use = (
            cls.env["dealer.vehicle.own.use"]
            .sudo()
            .create({"vehicle_id": car.id, "kind": "courtesy", "date_from": "2026-01-01"})
        )
        cls.env.cr.execute("UPDATE dealer_vehicle SET own_use_id = %s WHERE id = %s", [use.id, car.id])
        cls.env.invalidate_all()
        return car

    @freeze_time(NOW)
    def _booked(self):
        appointment = self._request()
        appointment.action_first_slot()
        return appointment

    def test_booked_moved_released(self):
        with freeze_time(NOW):
            appointment = self._booked()
            appointment.action_courtesy_car()
            booking = appointment.courtesy_booking_id
            self.assertEqual((booking.vehicle_id, booking.partner_id), (self.courtesy_car, self.customer))
            self.assertEqual(booking.date_to, appointment.date_to + timedelta(minutes=15))
            appointment.date_from = datetime(2030, 5, 7, 9)
            self.assertEqual(booking.date_from, datetime(2030, 5, 7, 8, 45))
            appointment.action_cancel()
            self.assertEqual(booking.state, "cancelled")

    def test_taken_says_when_one_is_free(self):
        with freeze_time(NOW):
            first, second = self._booked(), self._booked()
            first.action_courtesy_car()
            with self.assertRaisesRegex(UserError, "No courtesy car is free all the time"):
                second.action_courtesy_car()
            self.assertFalse(second.courtesy_booking_id)

    def test_rights(self):
        with freeze_time(NOW):
            appointment = self._booked()
            with self.assertRaises(AccessError):
                appointment.with_user(self.technician).action_courtesy_car()
            dispatcher = self._make_user("b_dispatcher", "dealer_workshop.group_dispatcher")
            with self.assertRaises(AccessError):
                appointment.with_user(dispatcher).action_courtesy_car()

    def test_back_before_settlement(self):
        with freeze_time(NOW):
            appointment = self._booked()
            appointment.action_courtesy_car()
        with freeze_time("2030-05-06 08:00:00"):
            appointment.action_arrive()
            order = appointment.repair_order_id
            booking = order.courtesy_booking_id
            self.assertEqual(booking, appointment.courtesy_booking_id)
            booking.write({"licence_number": "A1", "licence_valid_until": "2031-01-01"})
            booking._note_licence_seen()
            booking._hand_out(100, 80, "Li Lei", PIXEL)
            gate = next(gate for gate in order._gates() if gate["code"] == "courtesy_car")
            self.assertEqual((gate["stage"], gate["done"]), ("settle", False))
            booking._take_back(140, 70)
            gate = next(gate for gate in order._gates() if gate["code"] == "courtesy_car")
            self.assertTrue(gate["done"])

    def test_never_fetched_is_released_at_settlement(self):
        with freeze_time(NOW):
            appointment = self._booked()
            appointment.action_courtesy_car()
        with freeze_time("2030-05-06 08:00:00"):
            appointment.action_arrive()
            order = appointment.repair_order_id
            order.odometer_km = 42000
            order.action_check_in()
            self._work(order)
            order.with_user(self.inspector).action_quality_pass()
            order.action_settle()
            self.assertEqual(order.courtesy_booking_id.state, "cancelled")

    def test_order_without_appointment(self):
        order = self._make_order()
        self.assertFalse([gate for gate in order._gates() if gate["code"] == "courtesy_car"])
        order.action_courtesy_car()
        self.assertEqual(order.courtesy_booking_id.vehicle_id, self.courtesy_car)

    def test_owed_to_the_car(self):
        task = self.env["dealer.vehicle.task"].create({"name": "Airbag", "kind": "recall", "vehicle_id": self.car.id})
        appointment = self._request()
        self.assertIn("Recall: Airbag", appointment.open_task_text)
        appointment.action_add_tasks()
        self.assertEqual(appointment.hours, 2.0)
        self.assertFalse(appointment.open_task_text)
        with self.assertRaisesRegex(UserError, "Nothing is owed"):
            appointment.action_add_tasks()
        appointment.action_first_slot()
        appointment.action_arrive()
        job = appointment.repair_order_id.job_ids.filtered(lambda job: job.task_id)
        self.assertEqual((job.task_id, job.repair_kind), (task, "recall"))
        again = self._request(line_ids=[Command.create({"name": "Noise"})])
        self.assertEqual(again.visit_ids, appointment.repair_order_id)
