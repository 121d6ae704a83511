from datetime import datetime

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .test_book_slots import BookingCommon

NOW = "2030-05-05 10:00:00"
DAY = datetime(2030, 5, 6)


@tagged("post_install", "-at_install", "dealer")
class TestBayClosure(BookingCommon):
    def _close(self, bay=None, start=7, end=17, user=None):
        vals = {
            "bay_id": (bay or self.bay).id,
            "date_from": DAY.replace(hour=start),
            "date_to": DAY.replace(hour=end),
            "reason": "Yearly inspection",
        }
        return self.env["dealer.bay.closure"].with_user(user or self.manager).create(vals)

    @freeze_time(NOW)
    def test_no_slot_in_a_closed_bay(self):
        closure = self._close()
        first, second = self._request(), self._request()
        first.action_first_slot()
        second.action_first_slot()
        self.assertEqual(first.bay_id, self.other_bay)
        self.assertTrue(second.bay_id == self.other_bay or second.date_from >= closure.date_to)
        self._close(self.other_bay, 16, 17)
        third = self._request()
        third.action_first_slot()
        self.assertFalse(third.bay_id == self.bay and third.date_from < closure.date_to)

    @freeze_time(NOW)
    def test_typed_time_is_refused_and_says_why(self):
        self._close()
        appointment = self._request()
        with self.assertRaisesRegex(UserError, "Lift 1 is closed until .*Yearly inspection"):
            appointment.write({"bay_id": self.bay.id, "date_from": DAY.replace(hour=9)})
        appointment.write({"bay_id": self.bay.id, "date_from": DAY.replace(hour=17)})
        self.assertEqual(appointment.state, "booked")
        with self.assertRaisesRegex(UserError, "is closed until"):
            appointment.move_on_board("2030-05-06", 600, self.bay.id)

    @freeze_time(NOW)
    def test_bay_with_bookings_is_not_closed(self):
        appointment = self._request()
        appointment.write({"bay_id": self.bay.id, "date_from": DAY.replace(hour=9)})
        with self.assertRaisesRegex(UserError, "Lift 1 is booked in that time: .*沪T12345"), self.env.cr.savepoint():
            self._close()
        closure = self._close(start=14)
        with self.assertRaisesRegex(UserError, "is booked in that time"), self.env.cr.savepoint():
            closure.date_from = DAY.replace(hour=8)
        appointment.action_cancel()
        closure.date_from = DAY.replace(hour=8)
        with self.assertRaisesRegex(UserError, "is closed until"):
            appointment.action_book_again()

    @freeze_time(NOW)
    def test_a_booking_does_not_grow_into_a_closure(self):
        """Longer work, or another car with other hours, moves the end without a word about the time."""
        series = self.env["fleet.vehicle.model"].create(
            {"name": "Long", "brand_id": self.env["fleet.vehicle.model.brand"].create({"name": "Long"}).id}
        )
        self.operation.hours_ids = [Command.create({"series_id": series.id, "hours": 6})]
        other = self._make_car("1HGCM82633A004353")
        other.sudo().series_id = series
        appointment = self._request()
        appointment.write({"bay_id": self.bay.id, "date_from": DAY.replace(hour=9)})
        self._close(start=11)
        for record, vals in ((appointment.line_ids, {"hours": 6}), (appointment, {"vehicle_id": other.id})):
            with self.assertRaisesRegex(UserError, "is closed until"), self.env.cr.savepoint():
                record.write(vals)
                self.env.flush_all()
        self.assertEqual(appointment.date_to, DAY.replace(hour=10, minute=30))

    @freeze_time(NOW)
    def test_the_board_shows_it(self):
        self._close(start=9, end=12)
        board = self.env["dealer.appointment"].with_user(self.advisor).get_board(site_id=self.site.id, day="2030-05-06")
        row = next(row for row in board["rows"] if row["id"] == self.bay.id)
        (closed,) = row["closed"]
        self.assertEqual((closed["from"], closed["to"], closed["reason"]), (540, 720, "Yearly inspection"))
        self.assertFalse([row for row in board["rows"] if row["id"] != self.bay.id and row["closed"]])

    def test_only_the_manager_closes(self):
        for user in (self.advisor, self.technician):
            with self.assertRaises(AccessError):
                self._close(user=user)
        closure = self._close()
        self.assertTrue(closure.with_user(self.advisor).reason)

    def test_the_database_keeps_closures_apart(self):
        self._close()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self._close(start=9, end=10)
            self.env.flush_all()

    def test_constraints_are_there(self):
        self.env.cr.execute("SELECT contype FROM pg_constraint WHERE conrelid = 'dealer_bay_closure'::regclass")
        self.assertLessEqual({"c", "x"}, {row[0] for row in self.env.cr.fetchall()})
