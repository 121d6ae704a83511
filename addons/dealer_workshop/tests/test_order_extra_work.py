from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_order import OrderMixin
from .common_parts import DealerWorkshopPartsCommon


@tagged("post_install", "-at_install", "dealer")
class TestExtraWork(OrderMixin, DealerWorkshopPartsCommon):
    """Work found on the car is proposed, and done only after the customer agreed."""

    def test_found_work_waits_for_the_customer(self):
        order = self._signed()
        job = self._propose(order)
        self.assertEqual((job.approval_state, job.proposed_by_id), ("proposed", self.technician))
        self.assertEqual(job.labour_amount + job.parts_amount, 1.5 * 200 + 2 * 480)
        self.assertFalse(job.part_ids)
        self.assertEqual(order.estimate_amount, 300)
        for act in (lambda: job.with_user(self.technician).action_clock_on(), lambda: self._ask_part(job)):
            with self.assertRaisesRegex(UserError, "has not agreed"):
                act()

    def _ask_part(self, job):
        self.env["dealer.job.part"].with_user(self.advisor).create({"job_id": job.id, "product_id": self.part.id})

    def test_accepted_work_is_on_the_order_without_retyping(self):
        order = self._signed()
        job = self._propose(order)
        job.action_offer()
        self.assertTrue(job.offered_on)
        wizard = self._answer(job, "accepted")
        self.assertEqual(wizard.name, "Li Lei")
        self.assertEqual((job.approval_state, job.decided_by, job.decided_channel), ("accepted", "Li Lei", "phone"))
        self.assertEqual(job.decided_user_id, self.advisor)
        self.assertEqual(job.part_ids.mapped("quantity"), [2.0])
        self.assertFalse(job.proposed_part_ids)
        self.assertEqual(order.estimate_amount, 300 + 300 + 960)
        self.assertGreater(job.decided_amount, 0)
        with self.assertRaisesRegex(UserError, "answered already"):
            self._answer(job, "refused")

    def test_refused_work_stays_on_the_car(self):
        order = self._signed()
        job = self._propose(order)
        self._answer(job, "refused")
        self.assertEqual((job.approval_state, job.state), ("refused", "declined"))
        self.assertEqual((job.task_id.kind, job.task_id.state), ("refused", "open"))
        self.assertEqual(job.task_id.price, 300 + 960)
        self.assertIn(job.task_id, self.car.task_ids)
        self.assertEqual(order.estimate_amount, 300)
        job.action_reopen()
        self.assertEqual(job.approval_state, "proposed")
        self.assertEqual(self.car.task_ids.filtered(lambda task: task.kind == "refused").state, "cancelled")

    def test_undecided_work_keeps_the_car(self):
        order = self._signed()
        job = self._propose(order)
        first = order.job_ids - job
        for act in ("action_clock_on", "action_clock_off", "action_done"):
            getattr(first.with_user(self.technician), act)()
        self.assertEqual(order.stage, "quality")
        self.assertIn("extra_work", [gate["code"] for gate in order._gates_open("ready")])
        order.with_user(self.inspector).action_quality_pass()
        self.assertEqual(order.stage, "quality")
        with self.assertRaisesRegex(UserError, "Front discs worn"):
            order.with_user(self.advisor).action_finish()
        self._answer(job, "refused")
        self.assertNotIn("extra_work", [gate["code"] for gate in order._gates_open()])

    def test_signed_orders_grow_by_proposals_only(self):
        order = self._signed()
        jobs = self.env["dealer.job"].with_user(self.advisor)
        parts = [Command.create({"product_id": self.part.id, "quantity": 1})]
        extra = jobs.create({"order_id": order.id, "name": "Wipers", "pay_type": "customer", "part_ids": parts})
        self.assertEqual(extra.approval_state, "proposed")
        self.assertEqual(extra.proposed_part_ids.product_id, self.part)
        own = jobs.create({"order_id": order.id, "name": "Our mistake", "pay_type": "internal"})
        self.assertEqual(own.approval_state, "accepted")
        before = jobs.create({"order_id": self._make_order(odometer_km=42001).id, "name": "Wipers"})
        self.assertEqual(before.approval_state, "accepted")

    def test_nobody_answers_for_the_customer_by_typing(self):
        job = self._propose(self._signed())
        for name, value in (("approval_state", "accepted"), ("decided_by", "Me"), ("offered_on", "2026-01-01")):
            with self.assertRaises(AccessError):
                job.write({name: value})
        with self.assertRaises(AccessError):
            job.create({"order_id": job.order_id.id, "name": "x", "approval_state": "accepted"})
        with self.assertRaises(AccessError):
            job.with_user(self.technician).action_note_acceptance()

    def test_nothing_is_sent_without_price(self):
        job = self._propose(self._signed(), line_ids=[], proposed_part_ids=[])
        with self.assertRaisesRegex(UserError, "no price yet"):
            job.action_offer()
