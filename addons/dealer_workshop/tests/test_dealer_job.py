from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.dealer_job_clock import _clock_message
from .common import DealerWorkshopCommon


@tagged("post_install", "-at_install", "dealer")
class TestDealerJob(DealerWorkshopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._stock_part(10)

    def _checked_in(self, **vals):
        order = self._make_order(**vals)
        order.action_check_in()
        return order

    def test_price_of_an_operation(self):
        series = self.env["fleet.vehicle.model"].create(
            {"name": "Accord", "brand_id": self.env["fleet.vehicle.model.brand"].create({"name": "Honda"}).id}
        )
        self.operation.hours_ids = [Command.create({"series_id": series.id, "hours": 2.0})]
        self.car.series_id = series
        line = self._make_order().job_ids.line_ids
        self.assertEqual((line.hours, line.rate, line.price), (2.0, 200.0, 400.0))
        self.env["dealer.labour.rate"].create(
            {"company_id": self.company.id, "rate": 150.0, "pay_type": "warranty", "site_id": self.site.id}
        )
        line.job_id.pay_type = "warranty"
        self.assertEqual((line.rate, line.price), (150.0, 300.0))

    def test_price_of_an_operation_on_a_job_not_saved_yet(self):
        """The browser tells a new line its new job, but not the job's order."""
        self.env["dealer.labour.rate"].create(
            {"company_id": self.company.id, "rate": 99.0, "site_id": self.other_site.id}
        )
        lines = self.env["dealer.job.line"].with_user(self.advisor)
        job = self.env["dealer.job"].with_user(self.advisor).new({"name": "x", "pay_type": "customer"})
        for context, rate in (({"workshop_site_id": self.other_site.id}, 99.0), ({}, 200.0)):
            line = lines.with_context(**context).new({"operation_id": self.operation.id, "job_id": job})
            self.assertEqual((line.hours, line.rate), (1.5, rate))

    def test_default_payer(self):
        job = self._make_order().job_ids
        self.assertEqual((job.split_ids.partner_id, job.split_ids.share), (self.customer, 100.0))
        job.pay_type = "internal"
        self.assertEqual(job.split_ids.partner_id, self.company.partner_id)
        self.assertEqual(job.split_ids.pay_type, "internal")

    def test_payers_share_all(self):
        job = self._make_order().job_ids
        insurer = self.env["res.partner"].create({"name": "PICC"})
        with self.assertRaisesRegex(ValidationError, "exactly 100"), self.cr.savepoint():
            job.write({"split_ids": [Command.create({"partner_id": insurer.id, "share": 50})]})
        job.write(
            {
                "split_ids": [
                    Command.update(job.split_ids.id, {"share": 20}),
                    Command.create({"partner_id": insurer.id, "share": 80, "pay_type": "insurance"}),
                ]
            }
        )
        self.assertEqual(job.split_ids.mapped("amount"), [60.0, 240.0])

    def test_technicians_share_all(self):
        job = self._checked_in().job_ids
        job.action_assign(self.technician_employee.id)
        job.action_assign(self.second_employee.id)
        self.assertEqual(job.assignment_ids.mapped("share"), [50.0, 50.0])
        with self.assertRaisesRegex(ValidationError, "exactly 100"):
            job.write({"assignment_ids": [Command.update(job.assignment_ids[0].id, {"share": 60})]})
        with self.assertRaises(AccessError):
            job.with_user(self.technician).action_assign(self.second_employee.id)

    def test_technician_writes_his_findings_only(self):
        job = self._checked_in().job_ids.with_user(self.technician)
        job.write({"cause": "pads worn", "correction": "replaced"})
        for vals in ({"name": "x"}, {"pay_type": "internal"}, {"split_ids": [Command.clear()]}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                job.write(vals)
        with self.assertRaises(AccessError):
            job.line_ids.write({"rate": 1})

    def test_dispatcher_gives_out_work_and_no_more(self):
        dispatcher = self._make_user("w_dispatcher", "dealer_workshop.group_dispatcher")
        job = self._checked_in().job_ids
        mine = job.with_user(dispatcher)
        mine.write({"cause": "pads worn", "assignment_ids": [Command.create({"employee_id": self.second_employee.id})]})
        mine.action_assign(self.technician_employee.id)
        for vals in ({"pay_type": "warranty"}, {"name": "x"}, {"repair_kind": "pdi"}, {"line_ids": [Command.clear()]}):
            with self.subTest(vals=vals), self.assertRaisesRegex(AccessError, "Of a job you may write: .*Technicians"):
                mine.write(vals)
        self.assertEqual((job.pay_type, job.split_ids.partner_id), ("customer", self.customer))

    def test_a_part_needs_job_and_part(self):
        job = self._checked_in().job_ids
        parts = self.env["dealer.job.part"].with_user(self.advisor)
        for vals in ({}, {"job_id": job.id}, {"product_id": self.part.id}, {"job_id": False, "product_id": False}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "choose the job and the part"):
                parts.create(vals)

    def test_one_clock(self):
        first, second = self._checked_in(), self._checked_in()
        mine = first.job_ids.with_user(self.technician)
        mine.action_clock_on()
        self.assertEqual(mine.assignment_ids.employee_id.ids, self.technician_employee.ids)
        with self.assertRaisesRegex(UserError, first.name):
            second.job_ids.with_user(self.technician).action_clock_on()
        second.job_ids.with_user(self.second_technician).action_clock_on()
        with self.assertRaisesRegex(UserError, "clock off first"):
            mine.action_done()
        mine.action_clock_off()
        with self.assertRaisesRegex(UserError, "does not run"):
            mine.action_clock_off()
        mine.action_done()
        self.assertEqual(first.stage, "quality")

    def test_one_clock_in_the_database(self):
        job = self._checked_in().job_ids
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'dealer_job_clock_one_running'")
        self.assertIn("WHERE (date_to IS NULL)", self.env.cr.fetchone()[0])
        values = {"job_id": job.id, "employee_id": self.technician_employee.id}
        self.env["dealer.job.clock"].create(values)
        with self.assertRaises(UniqueViolation) as caught, mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.env["dealer.job.clock"].create(values)
        self.assertIn(job.order_id.name, _clock_message(self.env, caught.exception.diag))

    def test_clock_is_for_technicians(self):
        order = self._make_order()
        with self.assertRaisesRegex(UserError, "not released"):
            order.job_ids.with_user(self.technician).action_clock_on()
        order.action_check_in()
        with self.assertRaisesRegex(UserError, "not a technician"):
            order.job_ids.action_clock_on()
        clock = {"job_id": order.job_ids.id, "employee_id": self.technician_employee.id}
        for user in (self.technician, self.advisor, self.manager):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["dealer.job.clock"].with_user(user).create(clock)

    def test_parts_without_stock_rights(self):
        order = self._checked_in(with_part=True)
        job = order.job_ids
        part = job.part_ids
        self.assertEqual((part.quantity, part.price, job.parts_amount), (1, 480.0, 480.0))
        part.write({"quantity": 2})
        self.assertEqual(job.parts_amount, 960.0)
        self.assertEqual(part._moves().product_uom_qty, 2)
        with self.assertRaises(AccessError):
            self.env["stock.move"].with_user(self.advisor).browse(part.ids).read(["product_uom_qty"])
        with self.assertRaises(AccessError):
            self.env["dealer.job.part"].with_user(self.technician).create(
                {"job_id": job.id, "product_id": self.part.id}
            )
        job.action_assign(self.technician_employee.id)
        asked = (
            self.env["dealer.job.part"]
            .with_user(self.technician)
            .create({"job_id": job.id, "product_id": self.part.id, "quantity": 3})
        )
        self.assertEqual(asked.sudo()._moves().create_uid, self.technician)
        with self.assertRaises(AccessError):
            asked.unlink()
        asked.with_user(self.advisor).unlink()
        self.assertEqual(job.part_ids, part)

    def test_only_parts_in_real_quantities(self):
        job = self._checked_in().job_ids
        car_product = self.env["product.product"].search([("is_part", "=", False), ("type", "=", "consu")], limit=1)
        car_product = car_product or self.env["product.product"].create({"name": "No part", "type": "consu"})
        for product, quantity in ((car_product, 1), (self.part, 0), (self.part, -1)):
            with (
                self.subTest(product=product.name, quantity=quantity),
                self.assertRaisesRegex(UserError, "cannot be asked"),
            ):
                self.env["dealer.job.part"].with_user(self.advisor).create(
                    {"job_id": job.id, "product_id": product.id, "quantity": quantity}
                )

        part = self._checked_in(with_part=True).job_ids.part_ids
        with self.assertRaisesRegex(UserError, "cannot be asked"):
            part.write({"quantity": -5})

    def test_a_job_stays_on_its_order(self):
        first, second = self._make_order(), self._make_order()
        with self.assertRaisesRegex(UserError, "stays on its order"):
            first.job_ids.order_id = second

    def test_state_of_a_job_is_not_typed(self):
        job = self._make_order().job_ids
        for user in (self.advisor, self.manager, self.technician):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                job.with_user(user).write({"state": "done"})

    def test_decline(self):
        order = self._make_order(with_part=True)
        with self.assertRaisesRegex(UserError, "take its parts back"):
            order.job_ids.action_decline()
        order.job_ids.part_ids.unlink()
        order.job_ids.action_decline()
        self.assertEqual((order.job_ids.state, order.estimate_amount), ("declined", 0.0))

    def _done_without_clock(self):
        order = self._checked_in()
        order.job_ids.assignment_ids = [Command.create({"employee_id": self.technician_employee.id})]
        order.job_ids.with_user(self.technician).action_done()
        return order

    def test_done_work_is_neither_declined_nor_removed(self):
        """Where nobody clocks, work that was done would be on nobody's bill."""
        order = self._done_without_clock()
        mine = order.job_ids.with_user(self.advisor)
        for stage in ("quality", "ready"):
            with self.subTest(stage=stage):
                self.assertEqual(order.stage, stage)
                with self.assertRaisesRegex(UserError, "has begun"):
                    mine.action_decline()
                with self.assertRaisesRegex(UserError, "stays"):
                    mine.unlink()
            if stage == "quality":
                order.with_user(self.inspector).action_quality_pass()

    def test_operations_of_a_finished_order_stay(self):
        order = self._done_without_clock()
        order.with_user(self.inspector).action_quality_pass()
        with self.assertRaisesRegex(UserError, "is finished"):
            order.job_ids.line_ids.with_user(self.advisor).unlink()
