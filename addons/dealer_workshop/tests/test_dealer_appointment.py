from datetime import datetime, timedelta

from psycopg2.errors import CheckViolation, ExclusionViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.dealer_appointment import _slot_message
from .common import DealerWorkshopCommon

START = datetime(2030, 5, 6, 8, 0)


@tagged("post_install", "-at_install", "dealer")
class TestDealerAppointment(DealerWorkshopCommon):
    def _book(self, user=None, **vals):
        values = {
            "site_id": self.site.id,
            "vehicle_id": self.car.id,
            "date_from": START,
            "line_ids": [Command.create({"operation_id": self.operation.id})],
            **vals,
        }
        return self.env["dealer.appointment"].with_user(user or self.advisor).create(values)

    def test_hours_and_end_follow_the_work(self):
        appointment = self._book(bay_id=self.bay.id)
        self.assertEqual((appointment.hours, appointment.date_to), (1.5, START + timedelta(hours=1.5)))
        self.assertEqual((appointment.partner_id, appointment.state), (self.customer, "booked"))

    def test_a_taken_slot_says_who_has_it(self):
        first = self._book(bay_id=self.bay.id, employee_id=self.technician_employee.id)
        with mute_logger("odoo.sql_db"):
            for vals in ({"bay_id": self.bay.id}, {"employee_id": self.technician_employee.id}):
                with self.subTest(vals=vals), self.assertRaises(UserError) as caught, self.cr.savepoint():
                    self._book(date_from=START + timedelta(hours=1), **vals)
                self.assertIn(first.name, str(caught.exception))
                self.assertIn("沪T12345", str(caught.exception))
        self._book(bay_id=self.other_bay.id)
        self._book(bay_id=self.bay.id, date_from=first.date_to)

    def test_slot_is_kept_by_the_database(self):
        for name in ("dealer_appointment_bay_free", "dealer_appointment_technician_free"):
            self.env.cr.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
            definition = self.env.cr.fetchone()[0]
            self.assertIn("EXCLUDE USING gist", definition)
        first = self._book(bay_id=self.bay.id)
        second = self._book(bay_id=self.other_bay.id)
        self.env.flush_all()
        query = "UPDATE dealer_appointment SET bay_id = %s WHERE id = %s"
        with self.assertRaises(ExclusionViolation) as caught, mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.env.cr.execute(query, [self.bay.id, second.id])
        message = _slot_message("bay_id")(self.env, caught.exception.diag)
        self.assertIn(first.name, message)

    def test_a_slot_has_a_length(self):
        """A slot that ends where it begins would overlap nothing, and be given twice."""
        first = self._book(bay_id=self.bay.id)
        dispatcher = self._make_user("w_dispatcher", "dealer_workshop.group_dispatcher")
        for user in (self.advisor, self.manager, dispatcher):
            with self.subTest(user=user.login), self.assertRaisesRegex(AccessError, "cannot be typed"):
                first.with_user(user).write({"date_to": first.date_from})
        with self.assertRaises(AccessError):
            self._book(bay_id=self.other_bay.id, date_to=START)
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            first.write({"hours": 1e-12})
            self.env.flush_all()
        # Moved in the calendar: start and length are written, the end follows.
        first.with_user(dispatcher).write({"date_from": START + timedelta(hours=1), "hours": 2.0})
        self.assertEqual(first.date_to, START + timedelta(hours=3))

    def test_missed_and_cancelled_free_the_slot(self):
        for button in ("action_no_show", "action_cancel"):
            appointment = self._book(bay_id=self.bay.id)
            getattr(appointment, button)()
        taken = self._book(bay_id=self.bay.id)
        with self.assertRaisesRegex(UserError, taken.name), mute_logger("odoo.sql_db"):
            appointment.action_book_again()

    def test_arrival_opens_the_order(self):
        appointment = self._book(bay_id=self.bay.id)
        action = appointment.action_arrive()
        order = self.env["repair.order"].browse(action["res_id"])
        self.assertEqual(
            (order.dealer_vehicle_id, order.appointment_id, order.stage), (self.car, appointment, "reception")
        )
        self.assertEqual(order.job_ids.line_ids.operation_id, self.operation)
        self.assertEqual((order.job_ids.labour_amount, order.user_id), (300.0, self.advisor))
        with self.assertRaisesRegex(UserError, "arrived"):
            appointment.action_arrive()

    def test_wanted_work_stays_once_the_car_is_here(self):
        """The lines by themselves, as over RPC: what came of them stands on the order."""
        appointment, later = self._book(), self._book(date_from=START + timedelta(days=1))
        appointment.action_arrive()
        line = appointment.line_ids
        steps = (
            lambda: line.write({"hours": 4}),
            lambda: line.unlink(),
            lambda: later.line_ids.write({"appointment_id": appointment.id}),
            lambda: line.create({"appointment_id": appointment.id, "name": "More", "hours": 1}),
        )
        for step in steps:
            with self.assertRaisesRegex(UserError, "is arrived and cannot be changed"):
                step()
        later.line_ids.hours = 2

    def test_find_by_plate_tail_or_phone(self):
        for text in ("沪t-12345", "3A004352", "13800138000"):
            with self.subTest(text=text), Form(self.env["dealer.appointment"].with_user(self.advisor)) as form:
                form.vehicle_text = text
                self.assertEqual(form.vehicle_id, self.car)
                self.assertEqual(form.partner_id, self.customer)
                form.date_from = START

    def test_car_never_seen_is_made_in_the_same_form(self):
        for text, plate in (("粤B99999", "粤B99999"), ("1FTFW1ET5DFC10312", False)):
            form = Form(self.env["dealer.appointment"].with_user(self.advisor))
            form.vehicle_text = text
            form.partner_id = self.customer
            form.date_from = START
            form.vehicle_vin_confirmed = True
            car = form.save().vehicle_id
            self.assertEqual((car.plate, car.owner_id, car.condition), (plate, self.customer, "used"))
        with self.assertRaisesRegex(UserError, "phone number"):
            self._book(vehicle_id=False, vehicle_text="13911112222")
        similar = self._book(vehicle_id=False, vehicle_text="沪T1234").vehicle_id
        self.assertNotEqual(similar, self.car)

    def test_state_is_not_typed(self):
        appointment = self._book()
        with self.assertRaises(AccessError):
            appointment.write({"state": "arrived"})
        with self.assertRaises(AccessError):
            self._book(user=self.technician)
        forced = self.env["dealer.appointment"].with_user(self.advisor).with_context(default_state="arrived")
        values = {"site_id": self.site.id, "vehicle_id": self.car.id, "date_from": START}
        self.assertEqual(forced.create(values).state, "booked")

    def test_nobody_is_booked_without_a_name(self):
        with self.assertRaisesRegex(UserError, "names no car and no customer"):
            self._book(vehicle_id=False)
        asked = self._book(vehicle_id=False, date_from=False)
        named = f"{asked.name} names no car and no customer"
        with self.assertRaisesRegex(UserError, named), self.env.cr.savepoint():
            asked.action_first_slot()
        self.assertEqual((asked.state, asked.date_from), ("request", False))
        asked.partner_id = self.customer
        asked.date_from = START
        self.assertEqual(asked.state, "booked")
