from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import DealerWorkshopCommon


@tagged("post_install", "-at_install", "dealer")
class TestDispatch(DealerWorkshopCommon):
    """The board: who does what, and who may say so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dispatcher = cls._make_user("w_dispatcher", "dealer_workshop.group_dispatcher")
        cls.skill = cls.env["dealer.skill"].create(
            {"name": "High voltage", "employee_ids": [(4, cls.second_employee.id)]}
        )
        cls.first, cls.second = cls.technician_employee, cls.second_employee

    def _checked_in(self, **vals):
        order = self._make_order(**vals)
        order.action_check_in()
        return order

    def _job(self, **vals):
        return self._checked_in(**vals).job_ids.with_user(self.dispatcher)

    def _board(self, user=None):
        return self.env["dealer.job"].with_user(user or self.dispatcher).get_dispatch_board(self.site.id)

    def test_a_card_from_hand_to_hand(self):
        job = self._job()
        job.action_dispatch(False, self.first.id)
        self.assertEqual(job.sudo().assignment_ids.employee_id, self.first)
        job.action_dispatch(self.first.id, self.second.id)
        self.assertEqual(job.sudo().assignment_ids.mapped("share"), [100.0])
        self.assertEqual(job.sudo().assignment_ids.employee_id, self.second)
        job.action_dispatch(self.second.id, False)
        self.assertFalse(job.sudo().assignment_ids)

    def test_one_of_two_leaves(self):
        job = self._job()
        job.action_assign(self.first.id)
        job.action_assign(self.second.id)
        third = self._make_technician(self._make_user("w_third", "dealer_workshop.group_technician"))
        job.action_dispatch(self.first.id, third.id)
        self.assertEqual(job.sudo().assignment_ids.employee_id, self.second | third)
        self.assertEqual(job.sudo().assignment_ids.mapped("share"), [50.0, 50.0])

    def test_reassigning_stops_the_clock(self):
        job = self._job()
        job.with_user(self.technician).action_clock_on()
        clock = job.sudo().clock_ids
        job.action_dispatch(self.first.id, self.second.id)
        self.assertTrue(clock.date_to)
        self.assertFalse(job.is_clock_running)
        job.with_user(self.second_technician).action_clock_on()
        self.assertEqual(len(job.sudo().clock_ids), 2)

    def test_the_second_of_two_is_told(self):
        job = self._job()
        job.action_dispatch(False, self.first.id)
        with self.assertRaisesRegex(UserError, f"moved meanwhile: {self.first.name}"):
            job.with_user(self.advisor).action_dispatch(False, self.second.id)
        job.action_dispatch(self.first.id, False)
        with self.assertRaisesRegex(UserError, "waits for a technician"):
            job.with_user(self.advisor).action_dispatch(self.first.id, self.second.id)
        self.assertFalse(job.sudo().assignment_ids)

    def test_without_the_skill(self):
        self.operation.skill_ids = self.skill
        job = self._job()
        self.assertTrue(job.needs_skill)
        refused = f"{self.first.name} lacks the skill .*High voltage"
        with self.assertRaisesRegex(UserError, refused):
            job.action_dispatch(False, self.first.id)
        with self.assertRaisesRegex(UserError, refused):
            job.action_assign(self.first.id)
        with self.assertRaisesRegex(UserError, refused):
            job.with_user(self.technician).action_clock_on()
        with self.assertRaisesRegex(UserError, refused):
            self.env["dealer.job.assignment"].with_user(self.dispatcher).create(
                {"job_id": job.id, "employee_id": self.first.id}
            )
        job.action_dispatch(False, self.second.id)
        with self.assertRaisesRegex(UserError, refused):
            job.sudo().assignment_ids.with_user(self.dispatcher).employee_id = self.first

    def test_the_manager_decides_otherwise_and_says_why(self):
        self.operation.skill_ids = self.skill
        job = self._job()
        with self.assertRaisesRegex(AccessError, "workshop manager"):
            job.action_dispatch(False, self.first.id, "he learns it")
        with self.assertRaisesRegex(UserError, "lacks the skill"):
            job.with_user(self.manager).action_dispatch(False, self.first.id, "  ")
        job.with_user(self.manager).action_dispatch(False, self.first.id, "he learns it")
        self.assertEqual(job.sudo().assignment_ids.skill_note, "he learns it")
        self.assertIn("he learns it", job.sudo().message_ids[0].body)
        job.with_user(self.technician).action_clock_on()

    def test_work_that_is_over_is_not_given_out(self):
        job = self._job()
        self._work(job.order_id)
        with self.assertRaisesRegex(UserError, "is closed"):
            job.action_dispatch(self.first.id, self.second.id)
        with self.assertRaisesRegex(UserError, "not released"):
            self._make_order().job_ids.with_user(self.dispatcher).action_dispatch(False, self.second.id)

    def test_who_may_move(self):
        job = self._job()
        for user in (self.technician, self.inspector, self.keeper):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                job.with_user(user).action_dispatch(False, self.second.id)
        self.assertFalse(self._board(self.technician)["may_dispatch"])
        self.assertTrue(self._board(self.manager)["may_override"])
        with self.assertRaises(AccessError):
            self._board(self.keeper_without_workshop())

    def keeper_without_workshop(self):
        return self._make_user("w_sales", "dealer_vehicle.group_vehicle_user")

    def test_what_the_board_shows(self):
        self.operation.skill_ids = self.skill
        late = self._job(promised_date=fields.Datetime.now() - timedelta(hours=1))
        late.action_dispatch(False, self.second.id)
        late.with_user(self.second_technician).action_clock_on()
        waiting = self._job()
        elsewhere = self._job(site_id=self.other_site.id)
        done = self._job()
        done.with_user(self.second_technician).action_switch_clock()
        done.with_user(self.second_technician).action_clock_off()
        done.with_user(self.second_technician).action_done()
        late.with_user(self.second_technician).action_clock_on()
        board = self._board()
        cards = {card["job"]: card for card in board["cards"]}
        self.assertNotIn(elsewhere.id, cards)
        self.assertNotIn(done.id, cards)
        card = cards[late.id]
        self.assertEqual((card["employee"], card["late"], card["running"]), (self.second.id, True, True))
        self.assertEqual((card["plate"], card["hours"]), ("沪T12345", 1.5))
        self.assertEqual(cards[waiting.id]["employee"], False)
        self.assertEqual([skill["name"] for skill in card["skills"]], ["High voltage"])
        column = next(column for column in board["columns"] if column["id"] == self.second.id)
        self.assertEqual((column["load"], column["skills"]), (1.5, self.skill.ids))
        self.assertIn(done.order_id.id, [check["order_id"] for check in board["checks"]])

    def test_who_is_off_today_comes_last_and_may_be_given_work(self):
        off = self.env["resource.calendar"].create({"name": "Never", "attendance_ids": [Command.clear()]})
        self.first.resource_calendar_id = self.second.resource_calendar_id = off
        job = self._job()
        job.action_dispatch(False, self.second.id)
        columns = [column for column in self._board()["columns"] if column["id"] in (self.first | self.second).ids]
        self.assertEqual([column["id"] for column in columns], [self.second.id, self.first.id])
        self.assertEqual([column["capacity"] for column in columns], [0, 0])
        job.action_dispatch(self.second.id, self.first.id)
        self.assertEqual(job.sudo().assignment_ids.employee_id, self.first)

    def test_the_board_asks_a_constant_number_of_queries(self):
        """As many for 500 orders as for a few."""
        self._checked_in().job_ids.action_assign(self.first.id)
        self._count()  # warm
        few = self._count()
        template = self._checked_in()
        for number in range(60):
            order = template.copy()
            order.odometer_km = 42001
            order.sudo().action_validate()
            order.job_ids.action_assign((self.first, self.second)[number % 2].id)
        many = self._count()
        self.assertGreaterEqual(many[0], 61)
        self.assertLessEqual(many[1], few[1] + 2)

    def _count(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        board = self._board()
        return len(board["cards"]), self.cr.sql_log_count - before

    def test_clock_switches_in_one_tap(self):
        first, second = self._job(), self._job()
        first.with_user(self.technician).action_clock_on()
        self.assertEqual(second.with_user(self.technician).other_clock_job_id, first.with_user(self.technician))
        second.with_user(self.technician).action_switch_clock()
        self.assertEqual((first.is_clock_running, second.is_clock_running), (False, True))
        second.with_user(self.technician).action_switch_clock()
        self.assertEqual(len(second.sudo().clock_ids), 1)

    def test_no_job_is_done_with_parts_open(self):
        self._stock_part(5)
        order = self._checked_in(with_part=True)
        job = order.job_ids.with_user(self.technician)
        job.action_clock_on()
        with self.assertRaisesRegex(UserError, "still works"):
            job.action_done()
        job.action_clock_off()
        with self.assertRaisesRegex(UserError, "still waits for"):
            job.action_done()
        order.with_user(self.keeper).action_issue_parts()
        job.action_done()
        self.assertEqual(job.state, "done")
