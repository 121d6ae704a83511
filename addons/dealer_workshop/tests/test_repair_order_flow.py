from datetime import date, datetime

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import DealerWorkshopCommon


@tagged("post_install", "-at_install", "dealer")
class TestRepairOrderFlow(DealerWorkshopCommon):
    def test_way_of_a_car(self):
        """Each step by the role that does it in life; the stage follows."""
        order = self._make_order()
        self.assertEqual(order.stage, "reception")
        self.assertEqual(order.partner_id, self.customer)
        self.assertEqual(order.brought_in_by_id, self.customer)
        self.assertEqual(order.estimate_amount, 300.0)
        self.assertFalse(order.product_id or order.lot_id)
        order.action_check_in()
        self.assertEqual(order.stage, "received")
        self.assertEqual(self.car.odometer_km, 42000)
        job = order.job_ids.with_user(self.technician)
        job.action_clock_on()
        self.assertEqual((order.stage, job.state), ("in_work", "in_work"))
        job.action_clock_off()
        job.action_done()
        self.assertEqual(order.stage, "quality")
        order.with_user(self.inspector).action_quality_pass()
        self.assertEqual((order.stage, order.state), ("ready", "done"))

    def test_stages_are_not_typed(self):
        order = self._make_order()
        for name, value in {
            "state": "done",
            "quality_state": "passed",
            "settled_on": "2025-01-01",
            "name": "X",
        }.items():
            with self.subTest(name=name), self.assertRaises(AccessError):
                order.with_user(self.manager).write({name: value})
        with self.assertRaises(UserError):
            order.with_user(self.manager).write({"stage": "ready"})

    def test_default_from_context_opens_nothing(self):
        context = {"default_state": "done", "default_quality_state": "passed", "default_settled_on": "2025-01-01"}
        order = (
            self.env["repair.order"]
            .with_user(self.advisor)
            .with_context(**context)
            .create({"dealer_vehicle_id": self.car.id, "site_id": self.site.id})
        )
        self.assertEqual((order.state, order.quality_state, order.settled_on), ("draft", "none", False))

    def test_core_buttons_are_closed(self):
        order = self._make_order()
        for user in (self.manager, self.keeper):
            for button in ("action_validate", "action_repair_start", "action_repair_end", "action_repair_done"):
                with self.subTest(user=user.login, button=button), self.assertRaises(UserError):
                    getattr(order.with_user(user), button)()

    def test_reception_asks_for_what_is_missing(self):
        order = self._make_order(odometer_km=0)
        with self.assertRaisesRegex(UserError, "mileage"):
            order.action_check_in()
        order.odometer_km = 42000
        order.action_check_in()
        second = self._make_order(odometer_km=100)
        self.assertTrue(second.odometer_warning)
        with self.assertRaisesRegex(UserError, "why the mileage fell"):
            second.action_check_in()
        second.odometer_note = "new instrument"
        second.action_check_in()
        self.assertEqual(self.car.odometer_km, 100)

    def test_signature_is_asked_for_where_the_company_wants_it(self):
        self.env["dealer.gate.rule"].create({"model": "repair.order", "code": "signed", "is_required": True})
        order = self._make_order()
        with self.assertRaisesRegex(UserError, "signed by the customer"):
            order.action_check_in()
        pad = (
            self.env["repair.order.sign"]
            .with_user(self.advisor)
            .create({"order_ids": [Command.link(order.id)], "signed_by": "Li Lei", "signature": b"iVBORw0KGgo="})
        )
        pad.action_confirm()
        self.assertEqual(order.signed_by, "Li Lei")
        order.action_check_in()

    def test_inspector_did_not_work_on_it(self):
        self.technician.write({"group_ids": [Command.link(self.env.ref("dealer_workshop.group_quality_inspector").id)]})
        order = self._make_order()
        order.action_check_in()
        self._work(order)
        with self.assertRaisesRegex(UserError, "another inspector"):
            order.with_user(self.technician).action_quality_pass()
        with self.assertRaises(AccessError):
            order.with_user(self.second_technician).action_quality_pass()
        with self.assertRaises(AccessError):
            order.action_quality_pass()
        order.with_user(self.inspector).action_quality_pass()
        self.assertEqual(order.quality_user_id, self.inspector)

    def test_rework(self):
        order = self._make_order()
        order.action_check_in()
        self._work(order)
        inspector_order = order.with_user(self.inspector)
        self.assertEqual(inspector_order.action_quality_fail()["res_model"], "repair.order.rework")
        inspector_order.action_quality_fail("pedal soft")
        self.assertEqual((order.stage, order.rework_count, order.quality_state), ("in_work", 1, "failed"))
        self.assertEqual(order.job_ids.state, "open")
        self._work(order)
        self.assertEqual(order.quality_state, "none")
        inspector_order.action_quality_pass()
        self.assertEqual(order.stage, "ready")

    def test_not_ready_while_unchecked(self):
        order = self._make_order()
        order.action_check_in()
        self._work(order)
        with self.assertRaisesRegex(UserError, "Quality checked"):
            order.action_finish()
        self.env["dealer.gate.rule"].create({"model": "repair.order", "code": "quality", "is_required": False})
        order.action_finish()
        self.assertEqual(order.stage, "ready")

    def test_nothing_is_added_to_a_finished_order(self):
        """What was never done or checked would be billed."""
        order = self._make_order()
        order.action_check_in()
        self._work(order)
        order.with_user(self.inspector).action_quality_pass()
        self.assertEqual(order.stage, "ready")
        self.env["dealer.vehicle.task"].create({"vehicle_id": self.car.id, "name": "Recall", "kind": "recall"})
        operation = {"operation_id": self.operation.id}
        for what, act in {
            "job": lambda: order.write({"job_ids": [Command.create({"name": "Wipers"})]}),
            "job of its own": lambda: order.job_ids.create({"order_id": order.id, "name": "Wipers"}),
            "task": order.action_add_tasks,
            "operation": lambda: order.job_ids.write({"line_ids": [Command.create(operation)]}),
            "other operation": lambda: order.job_ids.line_ids.write(operation),
            "reopened job": order.job_ids.action_reopen,
        }.items():
            with self.subTest(what=what), self.assertRaisesRegex(UserError, "is finished"), self.cr.savepoint():
                act()
        # Price and payer are agreed until it is settled.
        order.job_ids.line_ids.discount = 10
        order.job_ids.split_ids.partner_id = self.env["res.partner"].create({"name": "Li Lei's firm"})
        self.assertEqual((len(order.job_ids), order.estimate_amount), (1, 270.0))

    def test_day_of_reception_is_the_company_s(self):
        """Rates and policies have days of effect: they do not depend on where the reader sits."""
        self.company.partner_id.tz = "America/New_York"
        order = self._make_order()
        order.sudo().reception_date = datetime(2030, 1, 1, 3)
        for zone in ("Asia/Shanghai", "America/New_York", False):
            self.advisor.tz = zone
            with self.subTest(zone=zone):
                mine = order.with_user(self.advisor)
                self.assertEqual(mine._day_of_reception(), date(2029, 12, 31))
                self.assertEqual(mine.with_context(tz="Asia/Shanghai")._day_of_reception(), date(2029, 12, 31))

    def test_waiting_role_follows(self):
        order = self._make_order()
        order.action_check_in()
        self.assertEqual(order.waiting_role_id, self.env.ref("dealer_workshop.group_technician"))
        self._work(order)
        self.assertEqual(order.waiting_role_id, self.env.ref("dealer_workshop.group_quality_inspector"))

    def test_cancel_only_untouched(self):
        untouched, worked = self._make_order(with_part=True), self._make_order()
        untouched.action_check_in()
        untouched.action_cancel_order()
        self.assertEqual(untouched.stage, "cancelled")
        worked.action_check_in()
        self._work(worked)
        with self.assertRaisesRegex(UserError, "take the parts back"):
            worked.action_cancel_order()

    def test_tasks_of_the_car_become_jobs(self):
        task = self.env["dealer.vehicle.task"].create(
            {"vehicle_id": self.car.id, "name": "Recall 23V-123", "kind": "recall"}
        )
        order = self._make_order()
        order.action_add_tasks()
        job = order.job_ids.filtered("task_id")
        self.assertEqual((job.repair_kind, job.pay_type, job.number), ("recall", "warranty", 2))
        order.action_check_in()
        self._work(order)
        order.with_user(self.inspector).action_quality_pass()
        self.assertEqual(task.state, "done")
        with self.assertRaisesRegex(UserError, "Nothing is owed"):
            self._make_order().action_add_tasks()

    def test_core_repairs_without_a_car_are_untouched(self):
        keeper_order = self.env["repair.order"].with_user(self.keeper).create({"partner_id": self.customer.id})
        keeper_order.action_validate()
        keeper_order.action_repair_start()
        keeper_order.action_repair_end()
        self.assertEqual((keeper_order.state, keeper_order.stage), ("done", False))
        with self.assertRaisesRegex(AccessError, "Choose the car"):
            self.env["repair.order"].with_user(self.advisor).create({"partner_id": self.customer.id})
