import doctest
from datetime import date, datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from ..tools import booking
from .common import DealerWorkshopCommon

MONDAY = date(2030, 5, 6)


class BookingCommon(DealerWorkshopCommon):
    """The workshop of the other tests, with working time from 8 to 12 and 13 to 17, UTC, Monday to Friday."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = cls.site.partner_id.tz = "UTC"
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Workshop",
                "tz": "UTC",
                "company_id": cls.company.id,
                "attendance_ids": [
                    Command.create({"name": "x", "dayofweek": str(day), "hour_from": start, "hour_to": end})
                    for day in range(5)
                    for start, end in ((8, 12), (13, 17))
                ],
            }
        )
        cls.technicians = cls.technician_employee | cls.second_employee
        cls.technicians.resource_calendar_id = cls.calendar
        cls.technicians.tz = "UTC"
        others = cls.env["hr.employee"].search([("is_dealer_technician", "=", True)]) - cls.technicians
        others.is_dealer_technician = False
        (cls.env["dealer.bay"].search([("site_id", "=", cls.site.id)]) - cls.bay - cls.other_bay).active = False
        cls.env["dealer.booking.policy"].search([]).unlink()
        cls.policy = cls.env["dealer.booking.policy"].create({"walk_in_percent": 0})
        cls.customer.email = "li@example.com"

    def _request(self, user=None, **vals):
        values = {
            "site_id": self.site.id,
            "vehicle_id": self.car.id,
            "wanted_day": MONDAY,
            "line_ids": [Command.create({"operation_id": self.operation.id})],
            **vals,
        }
        return self.env["dealer.appointment"].with_user(user or self.advisor).create(values)


@tagged("post_install", "-at_install", "dealer")
class TestBookSlots(BookingCommon):
    def test_doctests(self):
        result = doctest.testmod(booking)
        self.assertGreater(result.attempted, 15)
        self.assertFalse(result.failed)

    def test_a_call_without_a_time_is_a_request(self):
        appointment = self._request()
        self.assertEqual((appointment.state, appointment.date_from), ("request", False))
        appointment.date_from = datetime(2030, 5, 6, 9)
        self.assertEqual(appointment.state, "booked")
        appointment.date_from = False
        self.assertEqual(appointment.state, "request")

    def test_first_slot(self):
        appointment = self._request()
        appointment.action_first_slot()
        self.assertEqual(appointment.date_from, datetime(2030, 5, 6, 8))
        self.assertEqual(appointment.state, "booked")
        self.assertTrue(appointment.bay_id and appointment.employee_id in self.technicians)
        second = self._request()
        second.action_first_slot()
        self.assertEqual(second.date_from, appointment.date_from)
        self.assertNotEqual(second.bay_id, appointment.bay_id)
        self.assertNotEqual(second.employee_id, appointment.employee_id)
        third = self._request()
        third.action_first_slot()
        self.assertEqual(third.date_from, datetime(2030, 5, 6, 9, 30))

    def test_skill_and_certificate(self):
        skill = self.env["dealer.skill"].create({"name": "Test Battery"})
        self.operation.skill_ids = skill
        appointment = self._request()
        with self.assertRaisesRegex(UserError, "no technician for this work"):
            appointment.action_first_slot()
        self.second_employee.dealer_skill_ids = skill
        row = self.env["dealer.technician.certificate"].create(
            {"employee_id": self.second_employee.id, "skill_id": skill.id, "number": "HV-1", "date_to": "2030-05-06"}
        )
        appointment.action_first_slot()
        self.assertEqual(appointment.employee_id.id, self.second_employee.id)
        self.assertFalse(appointment.skill_warning)
        appointment.employee_id = self.technician_employee
        self.assertIn("Test Battery", appointment.skill_warning)
        late = self._request(wanted_day="2030-05-07")
        with self.assertRaisesRegex(UserError, "No slot of"):
            late.action_first_slot()
        row.date_to = False
        late.action_first_slot()
        self.assertEqual(late.date_from, datetime(2030, 5, 7, 8))

    def test_trade_of_bay_and_equipment(self):
        body = self.env.ref("dealer_workshop.dealer_labour_level_body")
        stand = self.env["dealer.bay.equipment"].create({"name": "Test Stand"})
        self.bay.level_id = body
        self.operation.equipment_ids = stand
        with self.assertRaisesRegex(UserError, "no bay for this work"):
            self._request().action_first_slot()
        self.other_bay.equipment_ids = stand
        appointment = self._request()
        appointment.action_first_slot()
        self.assertEqual(appointment.bay_id, self.other_bay)
        self.other_bay.is_bookable = False
        with self.assertRaisesRegex(UserError, "no bay"):
            self._request().action_first_slot()

    def test_absence_and_holiday(self):
        leaves = self.env["resource.calendar.leaves"]
        for resource in self.technicians.resource_id:
            leaves.create(
                {
                    "name": "Away",
                    "resource_id": resource.id,
                    "calendar_id": self.calendar.id,
                    "date_from": "2030-05-06 00:00:00",
                    "date_to": "2030-05-06 23:59:59",
                }
            )
        leaves.create(
            {
                "name": "Holiday",
                "company_id": self.company.id,
                "date_from": "2030-05-07 00:00:00",
                "date_to": "2030-05-07 23:59:59",
            }
        )
        appointment = self._request()
        appointment.action_first_slot()
        self.assertEqual(appointment.date_from, datetime(2030, 5, 8, 8))

    def test_long_work_goes_over_lunch_and_night(self):
        appointment = self._request(hours=6.0)
        appointment.action_first_slot()
        self.assertEqual((appointment.date_from.hour, appointment.date_to), (8, datetime(2030, 5, 6, 15)))
        self.assertEqual(appointment.pause_hours, 1.0)
        longer = self._request(hours=10.0)
        longer.action_first_slot()
        self.assertEqual((longer.date_from, longer.date_to), (datetime(2030, 5, 6, 8), datetime(2030, 5, 7, 10)))
        short = self._request(hours=2.0, wanted_day="2030-05-08")
        short.write({"date_from": datetime(2030, 5, 8, 11), "employee_id": self.technician_employee.id})
        self.assertEqual(short.date_to, datetime(2030, 5, 8, 14))

    def test_walk_ins_keep_their_share(self):
        self.policy.walk_in_percent = 80  # 3.2 of 16 hours are booked ahead
        first, second, third = (self._request() for _number in range(3))
        (first | second | third).action_first_slot()
        self.assertEqual((first.date_from.date(), second.date_from.date()), (MONDAY, MONDAY))
        self.assertEqual(third.date_from, datetime(2030, 5, 7, 8))
        # Who types a time may go beyond the share.
        third.date_from = datetime(2030, 5, 6, 14)
        self.assertEqual(third.date_from.date(), MONDAY)

    def test_policy_by_site_and_date(self):
        policies = self.env["dealer.booking.policy"]
        here = policies.create({"company_id": self.company.id, "site_id": self.site.id, "date_from": "2030-01-01"})
        self.assertEqual(policies._get_policy(self.site, MONDAY), here)
        self.assertEqual(policies._get_policy(self.site, date(2029, 1, 1)), self.policy)
        self.assertEqual(policies._get_policy(self.other_site, MONDAY), self.policy)
        policies.search([]).unlink()
        self.assertEqual(policies._get_policy(self.site, MONDAY).horizon_days, 30)

    def test_a_taken_slot_names_the_next_free_one(self):
        first = self._request()
        first.action_first_slot()
        second = self._request()
        values = {"date_from": first.date_from, "bay_id": first.bay_id.id, "employee_id": first.employee_id.id}
        with self.assertRaises(UserError) as caught:
            second.write(values)
        self.assertIn(first.name, str(caught.exception))
        self.assertIn("The next free slot is 2030-05-06 08:00", str(caught.exception))

    def test_chosen_from_the_list(self):
        appointment = self._request()
        action = appointment.action_choose_slot()
        choices = self.env["dealer.appointment.choice"].with_user(self.advisor).search(action["domain"])
        self.assertEqual(len(choices), 20)
        choices[0].action_take()
        self.assertEqual(appointment.date_from, choices[0].date_from)
        self.assertFalse(self.env["dealer.appointment.choice"].with_user(self.manager).search([]))

    def test_jobs_by_menu(self):
        with Form(self.env["dealer.appointment"].with_user(self.advisor)) as form:
            form.vehicle_text = "沪T12345"
            form.operation_ids.add(self.operation)
            self.assertEqual(form.hours, 1.5)
            form.wanted_day = MONDAY
        appointment = form.record
        self.assertEqual(appointment.line_ids.operation_id, self.operation)
        self.assertEqual((appointment.state, appointment.hours), ("request", 1.5))
        with Form(appointment) as form:
            form.operation_ids.clear()
        self.assertFalse(appointment.line_ids)

    def test_system_fields(self):
        appointment = self._request()
        for values in (
            {"pause_hours": 3.0},
            {"confirmed_on": "2030-01-01"},
            {"link_expires_on": "2031-01-01"},
            {"access_token": "mine"},
            {"origin": "portal"},
            {"courtesy_booking_id": False},
            {"reminded_on": "2030-01-01"},
        ):
            with self.subTest(values=values), self.assertRaisesRegex(AccessError, "cannot be typed"):
                appointment.write(values)

    def test_a_month_costs_as_many_queries_as_a_day(self):
        appointment = self._request()
        for number in range(30):
            day = datetime(2030, 5, 6, 8) + timedelta(days=number)
            if day.weekday() < 5:
                self._request(date_from=day, bay_id=self.bay.id, employee_id=self.technician_employee.id)
        capacity = self.env["dealer.workshop.capacity"].with_user(self.advisor)
        need = appointment._get_need()
        start = datetime(2030, 5, 6)

        def count(days):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            slots = capacity._find_slots(self.site, need, start, limit=1000, days=days)
            return len(slots), self.cr.sql_log_count - before

        count(1)
        day, month = count(1), count(30)
        self.assertGreater(month[0], day[0] * 15)
        self.assertLessEqual(month[1], day[1])

    @freeze_time("2030-05-06 08:10:00")
    def test_never_in_the_past(self):
        appointment = self._request(wanted_day="2030-05-01")
        appointment.action_first_slot()
        self.assertEqual(appointment.date_from, datetime(2030, 5, 6, 8, 30))

    def test_board(self):
        first = self._request()
        first.action_first_slot()
        boards = self.env["dealer.appointment"].with_user(self.technician)
        board = boards.get_board(site_id=self.site.id, day="2030-05-06")
        self.assertEqual([row["id"] for row in board["rows"]], [self.bay.id, self.other_bay.id, False])
        self.assertEqual((board["open_from"], board["open_to"]), (480, 1020))
        (block,) = board["blocks"]
        self.assertEqual((block["row"], block["from"], block["to"]), (first.bay_id.id, 480, 570))
        self.assertEqual((board["days"][0]["booked"], board["days"][0]["capacity"]), (1.5, 16.0))
        week = boards.get_board(site_id=self.site.id, day="2030-05-09", mode="technician", days=7)
        self.assertEqual((week["day"], len(week["days"]), week["days"][0]["booked"]), ("2030-05-06", 7, 1.5))
        first.move_on_board("2030-05-06", 600, self.other_bay.id)
        self.assertEqual((first.date_from, first.bay_id), (datetime(2030, 5, 6, 10), self.other_bay))
        with self.assertRaises(AccessError):
            first.with_user(self.technician).move_on_board("2030-05-06", 600, self.bay.id)
        clerk = self._make_user("w_clerk", "base.group_user")
        with self.assertRaises(AccessError):
            self.env["dealer.appointment"].with_user(clerk).get_board()

    def test_rights_by_role(self):
        """The workshop reads, the manager decides; a technician's certificate is entered by HR or the manager."""
        makers = {
            "dealer.bay.equipment": {"workshop_manager"},
            "dealer.technician.certificate": {"workshop_manager"},
            "dealer.booking.policy": {"workshop_manager"},
            "dealer.bay.closure": {"workshop_manager"},
            "dealer.appointment.message": {"workshop_manager"},
            "dealer.appointment.choice": {"dispatcher", "service_advisor", "workshop_manager"},
        }
        roles = ("technician", "quality_inspector", "dispatcher", "service_advisor", "workshop_manager")
        users = {role: self._make_user(f"b_{role}", f"dealer_workshop.group_{role}") for role in roles}
        auditor = self._make_user("b_auditor", "dealer_vehicle.group_auditor")
        clerk = self._make_user("b_clerk", "base.group_user")
        for model, may in makers.items():
            for role, user in users.items():
                with self.subTest(model=model, role=role):
                    records = self.env[model].with_user(user)
                    self.assertEqual(records.has_access("create"), role in may)
                    self.assertTrue(records.has_access("read") or model == "dealer.appointment.choice")
            with self.subTest(model=model):
                self.assertFalse(self.env[model].with_user(auditor).has_access("write"))
                self.assertFalse(self.env[model].with_user(clerk).has_access("read"))

    def test_other_companies(self):
        """A rule, a message and a technician's skill of another company are not seen."""
        other = self.env["res.company"].create({"name": "Elsewhere"})
        policy = self.env["dealer.booking.policy"].create({"company_id": other.id})
        policies = self.env["dealer.booking.policy"].with_user(self.manager).search([])
        self.assertIn(self.policy, policies)
        self.assertNotIn(policy, policies)
        person = self.env["hr.employee"].create({"name": "Far", "company_id": other.id, "is_dealer_technician": True})
        self.assertNotIn(person, self.env["dealer.workshop.capacity"]._get_technicians(self.site))

    def test_the_database_keeps_a_booking_with_its_time(self):
        self.env.cr.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'dealer_appointment_booked_has_time'"
        )
        self.assertIn("date_from IS NOT NULL", self.env.cr.fetchone()[0])
