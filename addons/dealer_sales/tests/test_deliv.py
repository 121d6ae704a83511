from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import SIGNATURE
from .test_dealer_delivery import DealerDeliveryCommon


class DealerDelivCommon(DealerDeliveryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls._create_user("deliv_clerk", "dealer_sales.group_registration_clerk")
        cls.mats = cls.env["product.product"].create(
            {
                "name": "Rubber mats",
                "type": "consu",
                "list_price": 80.0,
                "taxes_id": False,
                "is_fitted_on_car": True,
                "fitting_role_id": cls.env.ref("dealer_vehicle.group_stock_keeper").id,
            }
        )

    def _create_with_mats(self, car=None):
        contract = self._create_contract()
        self.env["sale.order.line"].with_user(self.advisor).create(
            {"dealer_contract_id": contract.id, "product_id": self.mats.id, "price_unit": 80.0}
        )
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        contract.action_allocate((car or self.car).id)
        return contract

    def _deliver(self, contract):
        delivery = self._prepare(contract)
        self._check_and_sign(delivery)
        delivery.action_hand_over()
        return delivery

    def _run(self, model, method):
        """Run a scheduled method without its commits."""
        cron = self.registry["ir.cron"]
        with patch.object(cron, "_commit_progress", lambda self, processed=0, **kw: 3600):
            getattr(self.env[model], method)()


@tagged("post_install", "-at_install", "dealer")
class TestTasks(DealerDelivCommon):
    """Sold accessories, inspections and promises are tasks on the car, each once."""

    def test_accessory_follows_the_car(self):
        contract = self._create_with_mats()
        task = contract.sudo().task_ids
        self.assertEqual((task.kind, task.vehicle_id, task.name), ("accessory", self.car, "Rubber mats"))
        self.assertTrue(task.is_before_delivery)
        contract._sync_tasks()
        self.assertEqual(len(contract.sudo().task_ids), 1)
        contract.sudo()._action_allocate(self.car_2, firm=True)
        self.assertEqual(contract.sudo().task_ids, task)
        self.assertEqual(task.vehicle_id, self.car_2)

    def test_line_dropped_cancels_the_task(self):
        contract = self._create_with_mats()
        task = contract.sudo().task_ids
        line = contract.sudo().order_line_ids.filtered(lambda row: row.product_id == self.mats)
        line.write({"product_uom_qty": 0})
        self.assertEqual(task.state, "cancelled")
        line.write({"product_uom_qty": 2})
        live = contract.sudo().task_ids.filtered(lambda t: t.state == "open")
        self.assertEqual(live.name, "2 × Rubber mats")

    def test_inspection_of_a_brand(self):
        template = self.env.ref("dealer_sales.dealer_task_template_pdi")
        self.assertFalse(self._create_signed(car=self.car_2).sudo().task_ids)
        template.write({"active": True, "brand_id": self.brand.id, "company_id": self.company.id})
        contract = self._create_sold()
        task = contract.sudo().task_ids
        self.assertEqual((task.kind, contract.pdi_state), ("pdi", "open"))
        delivery = self._prepare(contract)
        self.assertIn("tasks", [gate["code"] for gate in delivery._gates_open("hand_over")])
        delivery.write({"date_planned": fields.Datetime.now() + timedelta(hours=1)})
        self.assertLessEqual(task.date_due, fields.Date.today() + timedelta(days=1))
        task.with_user(self.stock_keeper).action_done()
        contract.invalidate_recordset(["pdi_state"])
        self.assertEqual(contract.pdi_state, "done")
        self.assertNotIn("tasks", [gate["code"] for gate in delivery._gates_open("hand_over")])

    def test_promise_before_and_after_the_car(self):
        contract = self._create_contract()
        promise = (
            self.env["dealer.contract.promise"]
            .with_user(self.advisor)
            .create(
                {"contract_id": contract.id, "name": "Tow bar", "date_due": "2030-01-01", "is_before_delivery": True}
            )
        )
        self.assertEqual(promise.state, "waiting")
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        contract.action_allocate(self.car.id)
        self.assertEqual((promise.state, promise.sudo().task_ids.vehicle_id), ("open", self.car))
        for vals in ({"date_due": "2031-01-01"}, {"name": "Nothing"}):
            with self.subTest(vals), self.assertRaises(AccessError):
                promise.write(vals)
        with self.assertRaises(AccessError):
            promise.write({"is_cancelled": True})
        with self.assertRaises(AccessError):
            promise.action_cancel()
        with self.assertRaises(UserError):
            promise.unlink()
        promise.with_user(self.manager).write({"date_due": "2030-02-01"})
        self.assertEqual(str(promise.sudo().task_ids.date_due), "2030-02-01")
        promise.action_done()
        self.assertEqual(promise.state, "done")
        self.assertEqual(promise.sudo().task_ids.done_by, self.advisor)
        with self.assertRaises(AccessError):
            promise.with_user(self.advisor_2).read(["name"])

    def test_cost_of_a_promise_is_hidden(self):
        promises = self.env["dealer.contract.promise"].with_user(self.advisor)
        with self.assertRaises(AccessError):
            promises.search([("cost", ">", 0)])
        self.assertNotIn("cost", promises.fields_get())
        self.assertIn("cost", promises.with_user(self.manager).fields_get())

    def test_cancelled_deal_owes_nothing(self):
        contract = self._create_with_mats()
        contract.with_user(self.manager).action_cancel("no")
        self.assertEqual(contract.sudo().task_ids.state, "cancelled")

    def test_typed_facts_are_refused(self):
        contract = self._create_with_mats()
        task = contract.sudo().task_ids.with_user(self.stock_keeper)
        with self.assertRaises(AccessError):
            task.write({"escalated_on": fields.Datetime.now()})
        with self.assertRaises(AccessError):
            contract.write({"has_tasks": False})
        made = (
            self.env["dealer.vehicle.task"]
            .with_user(self.stock_keeper)
            .with_context(default_contract_id=contract.id)
            .create({"name": "x", "vehicle_id": self.car.id})
        )
        self.assertFalse(made.contract_id)

    def test_database_refuses_a_second_task(self):
        contract = self._create_with_mats()
        task = contract.sudo().task_ids
        with mute_logger("odoo.sql_db"), self.assertRaisesRegex(Exception, "already"):
            task.create(task.copy_data()[0] | {"sale_line_id": task.sale_line_id.id, "contract_id": contract.id})
            self.env.flush_all()

    def test_indexes_are_there(self):
        names = [
            "dealer_vehicle_task_line_uniq",
            "dealer_vehicle_task_promise_uniq",
            "dealer_vehicle_task_template_uniq",
            "dealer_registration_live_uniq",
            "dealer_retail_report_live_uniq",
            "dealer_event_log_once_uniq",
        ]
        self.env.cr.execute("SELECT indexname FROM pg_indexes WHERE indexname = ANY(%s)", (names,))
        self.assertEqual({row[0] for row in self.env.cr.fetchall()}, set(names))

    def test_overdue_is_told_once_each(self):
        contract = self._create_with_mats()
        task = contract.sudo().task_ids
        task.user_id = self.advisor
        with freeze_time(task.date_due + timedelta(days=1)):
            self._run("dealer.vehicle.task", "_cron_escalate")
            self._run("dealer.vehicle.task", "_cron_escalate")
            self.assertEqual(task.activity_ids.user_id, self.advisor)
            self.assertFalse(task.escalated_on)
        with freeze_time(task.date_due + timedelta(days=5)):
            self._run("dealer.vehicle.task", "_cron_escalate")
            self._run("dealer.vehicle.task", "_cron_escalate")
        self.assertEqual(len(task.activity_ids), 2)
        self.assertIn(task._get_manager(), task.activity_ids.user_id)
        self.assertTrue(task._get_manager().has_group("dealer_sales.group_sales_manager"))
        task.action_done()
        self.assertFalse(task.activity_ids)

    def test_escalation_takes_up_where_it_stopped(self):
        contract = self._create_with_mats()
        task = contract.sudo().task_ids
        more = task.create(
            [
                {"name": f"t{n}", "vehicle_id": self.car.id, "contract_id": contract.id, "date_due": "2020-01-01"}
                for n in range(4)
            ]
        )
        with patch("odoo.addons.dealer_sales.models.dealer_vehicle_task.BATCH", 2):
            with patch.object(
                self.registry["ir.cron"], "_commit_progress", lambda self, processed=0, **kw: 0 if processed else 9
            ):
                self.env["dealer.vehicle.task"]._cron_escalate()
            self.assertEqual(len(more.filtered("reminded_on")), 2)
            self._run("dealer.vehicle.task", "_cron_escalate")
        self.assertEqual(len(more.filtered("reminded_on")), 4)
        self.assertEqual(len(more.activity_ids.filtered(lambda a: a.dealer_alert_key.endswith("reminded_on"))), 4)


@tagged("post_install", "-at_install", "dealer")
class TestRegistration(DealerDelivCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["dealer.registration.template"].search([]).active = False
        rows = [("temporary_plate", 1), ("purchase_tax", 3), ("plate", 5), ("title", 9)]
        cls.tax_product = cls.env.ref("dealer_sales.product_purchase_tax")
        cls.env["dealer.registration.template"].create(
            [
                {
                    "name": code,
                    "code": code,
                    "days": days,
                    "sequence": days,
                    "company_id": cls.company.id,
                    "is_required": code != "temporary_plate",
                    "product_id": cls.tax_product.id if code == "purchase_tax" else False,
                }
                for code, days in rows
            ]
        )

    def _register(self, contract):
        action = contract.action_register()
        return self.env["dealer.registration"].with_user(self.clerk).browse(action["res_id"])

    def test_from_start_to_title(self):
        contract = self._create_contract()
        self.env["sale.order.line"].with_user(self.advisor).create(
            {"dealer_contract_id": contract.id, "product_id": self.tax_product.id, "price_unit": 1000.0}
        )
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        contract.action_allocate(self.car.id)
        registration = self._register(contract)
        self.assertEqual(self._register(contract), registration)
        self.assertEqual((registration.user_id, registration.next_code), (self.clerk, "temporary_plate"))
        self.assertEqual(registration.fee_collected, 1000.0)
        steps = {step.code: step for step in registration.step_ids}
        with self.assertRaisesRegex(UserError, "number"):
            steps["temporary_plate"].action_done()
        steps["temporary_plate"].number = "T-1"
        steps["temporary_plate"].action_done()
        self.assertEqual((self.car.plate, self.car.plate_ids.is_temporary), ("T-1", True))
        steps["purchase_tax"].write({"fee": 990.0, "number": "R-77"})
        steps["purchase_tax"].action_done()
        self.assertEqual((registration.fee_total, registration.fee_difference), (990.0, 10.0))
        with self.assertRaisesRegex(UserError, "plate"):
            registration.action_close()
        steps["plate"].write({"number": "1-ABC-999", "date_done": fields.Date.today() + timedelta(days=1)})
        steps["plate"].action_done()
        plates = self.car.plate_ids.filtered(lambda plate: not plate.date_to)
        self.assertEqual((plates.plate, plates.partner_id), ("1-ABC-999", self.customer))
        steps["title"].number = "TITLE-1"
        steps["title"].action_done()
        title = self.car.document_ids.filtered(lambda paper: paper.kind == "title")
        self.assertEqual((title.number, title.is_in_house), ("TITLE-1", True))
        self.assertEqual(title.custody_ids.user_id, self.clerk)
        self.assertEqual((registration.state, registration.next_code), ("done", False))
        with self.assertRaisesRegex(UserError, "closed"):
            steps["title"].action_done()

    def test_outlives_the_delivery(self):
        contract = self._create_paid()
        registration = self._register(contract)
        self._deliver(contract)
        self.assertEqual(registration.state, "open")
        step = registration.step_ids.filtered(lambda row: row.code == "plate")
        step.number = "1-LAT-111"
        step.action_done()
        self.assertEqual(self.car.plate, "1-LAT-111")

    def test_worklist(self):
        registration = self._register(self._create_signed(car=self.car))
        self.assertFalse(registration.search([("is_overdue", "=", True)]))
        with freeze_time(registration.date_due + timedelta(days=1)):
            self.assertEqual(registration.search([("is_overdue", "=", True)]), registration)

    def test_rights(self):
        contract = self._create_signed(car=self.car)
        registration = self._register(contract)
        Form(registration)
        for vals in ({"state": "done"}, {"partner_id": self.manager.partner_id.id}):
            with self.subTest(vals), self.assertRaises(AccessError):
                registration.write(vals)
        step = registration.step_ids[0]
        with self.assertRaises(AccessError):
            step.write({"state": "done"})
        with self.assertRaises(AccessError):
            step.with_user(self.advisor).write({"fee": 1.0})
        with self.assertRaises(AccessError):
            contract.with_user(self.clerk).write({"note": "x"})
        with self.assertRaises(AccessError):
            registration.with_user(self.advisor_2).read(["state"])
        with self.assertRaises(AccessError):
            self.env["dealer.registration"].with_user(self.clerk).create({"contract_id": contract.id})

    def test_needs_a_signed_deal_with_its_car(self):
        with self.assertRaises(UserError):
            self._create_contract().action_register()
        with self.assertRaisesRegex(UserError, "Allocate"):
            self._create_signed().action_register()

    def test_other_company_sees_nothing(self):
        registration = self._register(self._create_signed(car=self.car))
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "deliv_stranger",
            groups="dealer_sales.group_registration_clerk,dealer_sales.group_sales_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for model in ("dealer.registration", "dealer.retail.report", "dealer.contract.promise", "dealer.event.log"):
            records = self.env[model].with_user(stranger).with_context(allowed_company_ids=other.ids)
            self.assertFalse(records.search([]), model)
        with self.assertRaises(AccessError):
            registration.with_user(stranger).with_context(allowed_company_ids=other.ids).read(["state"])

    def test_list_asks_as_often_for_many(self):
        contracts = self._create_signed(car=self.car) | self._create_signed(car=self.car_2)
        first = self._register(contracts[0])
        both = first | self._register(contracts[1])
        spec = {
            name: {} for name in ("partner_id", "vehicle_id", "next_step_id", "date_due", "is_overdue", "fee_total")
        }

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.web_read(spec)
            return self.env.cr.sql_log_count - before

        count(both)
        self.assertEqual(count(both), count(first))


@tagged("post_install", "-at_install", "dealer")
class TestRetailReport(DealerDelivCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.brand.write({"has_retail_report": True, "retail_report_days": 2})

    def test_due_at_the_hand_over_then_answered(self):
        contract = self._create_paid()
        self.assertFalse(contract.sudo()._is_reported())
        self._deliver(contract)
        report = contract.sudo().retail_report_ids.with_user(self.manager)
        self.assertEqual((report.state, report.vehicle_id), ("due", self.car))
        self.assertEqual(report.date_due, fields.Date.today() + timedelta(days=2))
        self.assertFalse(contract.sudo().result_count)
        with self.assertRaises(UserError):
            report.action_accept()
        report.action_reported()
        self.assertEqual((report.state, report.reported_by_id), ("reported", self.manager))
        self.assertTrue(contract.sudo()._is_reported())
        self.assertTrue(contract.sudo().result_count)
        with self.assertRaisesRegex(UserError, "already"):
            report.action_reported()
        with self.assertRaisesRegex(UserError, "reason"):
            report.action_refuse()
        report.answer = "Wrong engine number"
        report.action_refuse()
        self.assertEqual((report.state, report.refuse_reason), ("refused", "Wrong engine number"))
        self.assertFalse(contract.sudo()._is_reported())
        report.action_reported()
        report.action_accept()
        self.assertEqual(report.state, "accepted")
        with self.assertRaisesRegex(UserError, "with its customer"):
            report.action_reverse()

    def test_early_report_shows(self):
        contract = self._create_signed(car=self.car)
        with self.assertRaises(AccessError):
            contract.action_report_sale()
        self.car.series_id.warranty_months = 24
        action = contract.with_user(self.manager).action_report_sale()
        report = self.env["dealer.retail.report"].with_user(self.manager).browse(action["res_id"])
        report.action_reported()
        self.assertEqual(self.car.warranty_ids.mapped("kind"), ["maker"])
        early = [("state", "in", ("reported", "accepted")), ("date_handed_over", "=", False)]
        self.assertEqual(report.search(early), report)
        contract.with_user(self.manager).action_cancel("no")
        self.assertEqual(report.state, "reversed")

    def test_other_brands_and_used_cars_report_nothing(self):
        self.brand.has_retail_report = False
        contract = self._create_paid()
        self._deliver(contract)
        self.assertFalse(contract.sudo().retail_report_ids)
        self.assertTrue(contract.sudo()._is_reported())

    def test_typed_states_are_refused(self):
        contract = self._create_paid()
        self._deliver(contract)
        report = contract.sudo().retail_report_ids
        for user in (self.manager, self.clerk):
            for vals in ({"state": "accepted"}, {"date_reported": "2026-01-01"}):
                with self.subTest(f"{user.login} {vals}"), self.assertRaises(AccessError):
                    report.with_user(user).write(vals)
        with self.assertRaises(AccessError):
            report.with_user(self.advisor).action_reported()
        with self.assertRaises(AccessError):
            self.env["dealer.retail.report"].with_user(self.manager).create({"contract_id": contract.id})

    def test_file_for_the_maker(self):
        contract = self._create_paid()
        self._deliver(contract)
        report = contract.sudo().retail_report_ids.with_user(self.clerk)
        with self.assertRaisesRegex(UserError, "columns"):
            report.action_export()
        self.brand.retail_report_column_ids = [
            Command.create({"heading": "Chassis", "content": "vin"}),
            Command.create({"heading": "Kunde", "content": "customer"}),
        ]
        action = report.action_export()
        attachment = self.env["ir.attachment"].browse(int(action["url"].split("/")[3].split("?")[0]))
        self.assertEqual(
            attachment.raw.decode("utf-8-sig").splitlines(), ["Chassis,Kunde", f"{self.car.vin},Anna Buyer"]
        )

    def test_four_facts(self):
        contract = self._create_sold()
        facts = self.env["dealer.contract.facts"].with_user(self.manager)
        row = facts.search([("contract_id", "=", contract.id)])
        self.assertFalse(row.is_different)
        self._invoice(contract)
        self._receive(contract, kind="balance")
        row.invalidate_recordset()
        self.assertTrue(row.date_invoiced and row.is_different)
        self.assertFalse(row.date_out)
        self._deliver(contract)
        row.invalidate_recordset()
        self.assertTrue(row.date_out and row.date_handed_over and row.is_different)
        contract.sudo().retail_report_ids.action_reported()
        row.invalidate_recordset()
        self.assertFalse(row.is_different)
        with self.assertRaises(AccessError):
            facts.with_user(self.advisor).search([])


@tagged("post_install", "-at_install", "dealer")
class TestEvents(DealerDelivCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.write({"email": "anna@example.com"})

    def _switch_on(self, event, channel="mail", **vals):
        message = self.env.ref(f"dealer_sales.dealer_event_message_{event}{'_sms' if channel == 'sms' else ''}")
        message.write({"active": True, "channel": channel, **vals})
        return message

    def _logs(self, contract, event):
        return self.env["dealer.event.log"].search([("contract_id", "=", contract.id), ("event", "=", event)])

    def test_silent_until_switched_on(self):
        contract = self._create_paid()
        self._deliver(contract)
        self.assertFalse(contract.sudo().event_log_ids)

    def test_every_step_is_told_once(self):
        for event in ("approved", "signed", "booked", "ready", "delivered"):
            self._switch_on(event)
        contract = self._create_paid()
        delivery = self._prepare(contract)
        delivery._gates_changed()
        self._check_and_sign(delivery)
        delivery.action_hand_over()
        self.assertEqual(
            sorted(contract.sudo().event_log_ids.mapped("event")),
            ["approved", "booked", "delivered", "ready", "signed"],
        )
        before = self.env["mail.mail"].search([])
        self._run("dealer.event.log", "_cron_send")
        mails = self.env["mail.mail"].search([]) - before
        self.assertEqual(len(mails), 5)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertEqual(set(contract.sudo().event_log_ids.mapped("state")), {"sent"})
        self._run("dealer.event.log", "_cron_send")
        self.assertEqual(len(self.env["mail.mail"].search([]) - before), 5)

    def test_deposit(self):
        self._switch_on("deposit")
        contract = self._create_sold(500.0)
        contract.sudo()._money_changed()
        self.assertEqual(len(self._logs(contract, "deposit")), 1)

    def test_who_wants_none_gets_none(self):
        self._switch_on("signed")
        self.env["mail.blacklist"]._add("anna@example.com")
        contract = self._create_signed()
        self._run("dealer.event.log", "_cron_send")
        log = self._logs(contract, "signed")
        self.assertEqual((log.state, log.reason), ("skipped", "Wants no mail"))
        self.env["mail.blacklist"]._remove("anna@example.com")
        with self.assertRaises(AccessError):
            log.with_user(self.advisor).action_retry()
        log.with_user(self.manager).action_retry()
        self._run("dealer.event.log", "_cron_send")
        self.assertEqual(log.state, "sent")

    def test_sms_waits_in_its_queue(self):
        self._switch_on("ready", "sms")
        contract = self._create_paid()
        self._prepare(contract)
        self._run("dealer.event.log", "_cron_send")
        self.assertEqual(self._logs(contract, "ready").state, "sent")
        sms = self.env["sms.sms"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual((len(sms), sms.state), (1, "outgoing"))
        number = sms.number
        self.env["phone.blacklist"]._add([number])
        other = self._create_paid(car=self.car_2)
        self._prepare(other)
        self._run("dealer.event.log", "_cron_send")
        self.assertEqual(self._logs(other, "ready").reason, "Wants no SMS")

    def test_note_on_the_customers_page(self):
        self._switch_on("signed", "portal")
        contract = self._create_signed()
        self._run("dealer.event.log", "_cron_send")
        note = contract.sudo().message_ids.filtered(lambda m: "thank you for your trust" in (m.body or ""))
        self.assertEqual(note.subtype_id, self.env.ref("mail.mt_comment"))

    def test_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        template = self.env.ref("dealer_sales.mail_template_event_signed")
        template.with_context(lang="zh_CN").subject = "感谢您的订单"
        self.customer.lang = "zh_CN"
        self._switch_on("signed")
        before = self.env["mail.mail"].search([])
        self._create_signed()
        self._run("dealer.event.log", "_cron_send")
        self.assertIn("感谢您的订单", (self.env["mail.mail"].search([]) - before).mapped("subject"))

    @mute_logger("odoo.addons.dealer_vehicle.models.dealer_event_log_mixin")
    def test_one_failure_stops_no_other(self):
        self._switch_on("signed")
        first, second = self._create_signed(), self._create_signed()
        send = self.registry["mail.template"].send_mail

        def fail_first(template, res_id, **kwargs):
            if res_id == first.id:
                raise UserError("broken")  # pylint: disable=translation-required
            return send(template, res_id, **kwargs)

        with patch.object(self.registry["mail.template"], "send_mail", fail_first):
            self._run("dealer.event.log", "_cron_send")
        self.assertEqual(self._logs(first, "signed").state, "failed")
        self.assertEqual(self._logs(second, "signed").state, "sent")

    def test_appointment_and_reminder(self):
        self._switch_on("appointment")
        reminder = self._switch_on("reminder")
        contract = self._create_paid()
        delivery = self._prepare(contract)
        delivery.date_planned = fields.Datetime.now() - timedelta(hours=1)
        with self.assertRaisesRegex(UserError, "when the customer comes"):
            delivery.action_confirm_appointment()
        with self.assertRaises(AccessError):
            delivery.write({"appointment": "confirmed"})
        day = fields.Datetime.now() + timedelta(days=3)
        delivery.date_planned = day
        delivery.action_propose()
        self.assertEqual(contract.sudo()._get_proposed_appointments(), delivery)
        delivery.action_confirm_appointment()
        self.assertEqual(len(self._logs(contract, "appointment")), 1)
        self._run("dealer.event.log", "_cron_send")
        self.assertFalse(self._logs(contract, "reminder"))
        with freeze_time(day - timedelta(hours=reminder.delay_hours - 1)):
            self._run("dealer.event.log", "_cron_send")
            self._run("dealer.event.log", "_cron_send")
        self.assertEqual(self._logs(contract, "reminder").mapped("state"), ["sent"])
        delivery.date_planned = day + timedelta(days=1)
        self.assertEqual(delivery.appointment, "proposed")

    def test_two_at_the_same_time_are_shown(self):
        day = fields.Datetime.now() + timedelta(days=3)
        one, two = self._prepare(self._create_paid()), self._prepare(self._create_paid(car=self.car_2))
        for delivery in (one, two):
            delivery.date_planned = day
            delivery.action_propose()
        self.assertIn(two.name, one.clash_text)
        two.date_planned = day + timedelta(hours=2)
        one.invalidate_recordset(["clash_text"])
        self.assertFalse(one.clash_text)

    def test_anniversary(self):
        self._switch_on("anniversary")
        contract = self._create_paid()
        self._deliver(contract)
        with freeze_time(fields.Datetime.now() + timedelta(days=366)):
            self._run("dealer.event.log", "_cron_send")
            self._run("dealer.event.log", "_cron_send")
        self.assertEqual(self._logs(contract, "anniversary").mapped("state"), ["sent"])

    def test_overdue(self):
        self._switch_on("overdue", delay_hours=0)
        contract = self._create_sold()
        self._invoice(contract)
        with freeze_time(fields.Datetime.now() + timedelta(days=90)):
            contract.invalidate_recordset()
            self.assertTrue(contract.is_overdue)
            self._run("dealer.event.log", "_cron_send")
        self.assertEqual(self._logs(contract, "overdue").mapped("state"), ["sent"])

    def test_messages_are_the_managers(self):
        message = self.env.ref("dealer_sales.dealer_event_message_signed")
        with self.assertRaises(AccessError):
            message.with_user(self.advisor).write({"active": True})
        message.with_user(self.manager).write({"active": True})
        contract = self._create_signed()
        with self.assertRaises(AccessError):
            contract.sudo().event_log_ids.with_user(self.manager).write({"contract_id": 1, "state": "sent"})

    def test_silence_costs_no_query(self):
        contract = self._create_signed(car=self.car).sudo()
        contract._tell_event("ready")
        contract._wants_event("deposit")
        with self.assertQueryCount(0):
            contract._tell_event("ready")
            contract._wants_event("deposit")

    def test_signed_and_handed_over_at_once(self):
        contract = self._create_sold()
        delivery = self._prepare(contract)
        delivery.line_ids.action_toggle()
        signing = delivery.env["dealer.delivery.sign"].create(
            {"delivery_id": delivery.id, "signer": "Anna Buyer", "signature": SIGNATURE}
        )
        self.assertFalse(signing.is_last_step)
        with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
            signing.action_sign_and_hand_over()
        self.assertIn("nvoice", str(caught.exception))
        self._invoice(contract)
        self._receive(contract, kind="balance")
        self.env.invalidate_all()
        self.assertEqual([gate["code"] for gate in delivery._gates_open("hand_over")], ["protocol"])
        self.assertTrue(signing.is_last_step)
        action = signing.action_sign_and_hand_over()
        self.assertEqual(action["report_name"], "dealer_sales.report_dealer_gate_pass")
        self.assertEqual(delivery.state, "done")

    def test_gate_pass_comes_with_the_keys(self):
        delivery = self._prepare(self._create_paid())
        self._check_and_sign(delivery)
        action = delivery.with_context(print_gate_pass=True).action_hand_over()
        self.assertEqual(action["report_name"], "dealer_sales.report_dealer_gate_pass")
        self.assertEqual(delivery.state, "done")
