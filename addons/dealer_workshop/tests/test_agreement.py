from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_order import OrderMixin
from .test_settlement_payers import SettlementMoneyCommon


@tagged("post_install", "-at_install", "dealer")
class TestAgreement(OrderMixin, SettlementMoneyCommon):
    """P32, P37: what the customer signed is not outgrown behind his back."""

    def _grown(self, **vals):
        order = self._signed(**vals)
        order.job_ids.line_ids.hours = 2.5
        return order

    def test_more_hours_wait_for_the_customer(self):
        order = self._grown()
        job = order.job_ids
        self.assertEqual((job.agreed_amount, job.grown_amount, job.approval_state), (300, 200, "accepted"))
        self._work(order)
        self.assertEqual(order.waiting_gate, "price_agreed")
        order.with_user(self.inspector).action_quality_pass()
        with self.assertRaisesRegex(UserError, "Higher price agreed"):
            order.with_user(self.advisor).action_finish()
        order.with_user(self.advisor).action_ask_growth()
        self.assertEqual((job.approval_state, bool(job.offered_on)), ("proposed", True))
        self._answer(job, "accepted")
        self.assertRecordValues(
            job, [{"agreed_amount": 500, "grown_amount": 0, "approval_state": "accepted", "payers_before": False}]
        )
        order.with_user(self.inspector).action_quality_pass()
        order.with_user(self.advisor).action_settle()
        self.assertEqual(self._untaxed(order), {self.customer: 500})

    def test_a_dearer_hour_after_the_work_waits_as_well(self):
        order = self._signed()
        self._make_ready(order)
        order.job_ids.with_user(self.advisor).line_ids.rate = 260
        with self.assertRaisesRegex(UserError, "Higher price agreed"):
            order.with_user(self.advisor).action_settle()
        order.with_user(self.advisor).action_ask_growth()
        self._answer(order.job_ids, "refused")
        order.job_ids.with_user(self.advisor).line_ids.rate = 200
        order.with_user(self.advisor).action_settle()
        self.assertEqual(self._untaxed(order), {self.customer: 300})

    def test_a_refusal_keeps_what_was_ordered(self):
        """The work stays ordered at its old price: what is more is given off, or taken off the job."""
        order = self._grown()
        job = order.job_ids.with_user(self.advisor)
        job.action_ask_growth()
        self._answer(job, "refused")
        self.assertEqual((job.approval_state, job.state, job.grown_amount), ("accepted", "open", 200))
        with self.assertRaisesRegex(UserError, "answered already"):
            self._answer(job, "accepted")
        job.line_ids.discount = 40
        self.assertEqual(job.grown_amount, 0)

    def test_parts_asked_for_later_count(self):
        order = self._signed()
        job = order.job_ids.with_user(self.advisor)
        self._stock_part(1)
        part = (
            self.env["dealer.job.part"].with_user(self.advisor).create({"job_id": job.id, "product_id": self.part.id})
        )
        self.assertEqual(job.grown_amount, 480)
        part.discount = 100
        self.assertEqual(job.grown_amount, 0)
        part.discount = 50
        self.assertEqual(job.grown_amount, 240)
        part.unlink()
        self.assertEqual(job.grown_amount, 0)
        line = self.env["dealer.job.line"].with_user(self.advisor)
        line = line.create({"job_id": job.id, "operation_id": self.operation.id})
        self.assertEqual(job.grown_amount, 300)
        line.unlink()
        self.assertEqual(job.grown_amount, 0)

    def test_a_part_that_is_all_of_a_job_can_be_asked_about(self):
        order = self._make_order()
        order.job_ids.line_ids.unlink()
        self._pad(order).action_sign_and_check_in()
        self.env["dealer.job.part"].with_user(self.technician).sudo().create(
            {"job_id": order.job_ids.id, "product_id": self.part.id}
        )
        order.with_user(self.advisor).action_ask_growth()
        self.assertEqual(order.job_ids.approval_state, "proposed")

    def test_what_others_pay_may_grow(self):
        order = self._make_order()
        self._split(order.job_ids, ("warranty", self.maker, 100, {}))
        self._pad(order).action_sign_and_check_in()
        order.job_ids.line_ids.hours = 9
        self.assertFalse(order.job_ids.grown_amount)
        with self.assertRaisesRegex(UserError, "no more than he agreed"):
            order.with_user(self.advisor).action_ask_growth()

    def test_work_accepted_later_is_agreed_with_its_parts(self):
        order = self._signed()
        job = self._propose(order)
        job.action_offer()
        self._answer(job, "accepted")
        self.assertEqual((job.agreed_amount, job.grown_amount), (300 + 2 * 480, 0))

    def test_rules_leave_little_things_unasked(self):
        self.env["repair.agreement.policy"].create(
            {"company_id": self.company.id, "days": 180, "growth_percent": 10, "date_from": "2020-01-01"}
        )
        order = self._signed()
        job = order.job_ids.with_user(self.advisor)
        job.line_ids.hours = 1.65
        self.assertEqual(job.grown_amount, 0)
        job.line_ids.hours = 1.7
        self.assertEqual(job.grown_amount, 40)

    def test_before_the_signature_nothing_is_agreed(self):
        order = self._make_order()
        order.job_ids.line_ids.hours = 3
        self.assertFalse(order.job_ids.grown_amount)

    def test_the_customer_is_told_of_each_price(self):
        order = self._grown()
        job = order.job_ids.with_user(self.advisor)
        job.action_ask_growth()
        told = order.sudo().event_log_ids.filtered(lambda log: log.event == "extra_work")
        self._answer(job, "accepted")
        job.line_ids.hours = 3
        job.action_ask_growth()
        again = order.sudo().event_log_ids.filtered(lambda log: log.event == "extra_work")
        self.assertEqual(len(again), len(told) + 1)

    def test_nobody_types_the_agreement(self):
        order = self._grown()
        for name in ("agreed_amount", "grown_amount"):
            with self.assertRaises(AccessError):
                order.job_ids.with_user(self.manager).write({name: 0})
        with self.assertRaises(AccessError):
            order.with_user(self.technician).action_ask_growth()


@tagged("post_install", "-at_install", "dealer")
class TestMileage(OrderMixin, SettlementMoneyCommon):
    """P39: the mileage at check-in is corrected by a manager who says why, on the car as well."""

    def test_a_correction_is_a_manager_s_and_says_why(self):
        order = self._signed()
        with self.assertRaises(AccessError):
            order.with_user(self.advisor).write({"odometer_km": 24000, "odometer_note": "Typed wrong"})
        managed = order.with_user(self.manager)
        with self.assertRaisesRegex(UserError, "why it is corrected"):
            managed.odometer_km = 24000
        with self.assertRaisesRegex(UserError, "why it is corrected"):
            managed.write({"odometer_km": 0, "odometer_note": "Typed wrong"})
        managed.write({"odometer_km": 24000, "odometer_note": "Digits changed places"})
        self.assertEqual(self.car.odometer_km, 24000)
        self.assertEqual(len(self.car.odometer_ids), 1)
        self.assertIn("42000", str(order.message_ids[:1].body))

    def test_before_check_in_it_is_typed(self):
        order = self._make_order().with_user(self.advisor)
        order.odometer_km = 43000
        self.assertEqual(order.odometer_km, 43000)


@tagged("post_install", "-at_install", "dealer")
class TestSharesOfDoneWork(SettlementMoneyCommon):
    """P34: pay follows who did the work; once it is done, a dispatcher changes it no more."""

    def test_only_a_manager_corrects(self):
        dispatcher = self._make_user("w_dispatcher", "dealer_workshop.group_dispatcher")
        order = self._checked_in(0)
        self._work(order)
        assignment = order.job_ids.assignment_ids.with_user(dispatcher)
        with self.assertRaisesRegex(UserError, "workshop manager corrects"):
            assignment.employee_id = self.second_employee
        with self.assertRaisesRegex(UserError, "workshop manager corrects"):
            assignment.unlink()
        with self.assertRaisesRegex(UserError, "workshop manager corrects"):
            order.job_ids.with_user(dispatcher).action_assign(self.second_employee.id)
        order.job_ids.with_user(self.manager).assignment_ids = [
            Command.update(assignment.id, {"share": 60}),
            Command.create({"employee_id": self.second_employee.id, "share": 40}),
        ]
        self.assertEqual(sorted(order.job_ids.assignment_ids.mapped("share")), [40, 60])
