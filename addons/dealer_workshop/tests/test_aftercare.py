from datetime import date, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL, mute_logger

from ..models import dealer_service_reminder_run
from .common import WORKSHOP, DealerWorkshopCommon

AFTERCARE_LOGGER = "odoo.addons.dealer_vehicle.models.dealer_batch_mixin"


class AftercareCommon(DealerWorkshopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.care = cls._make_user("w_care", WORKSHOP + "customer_care")
        cls.today = fields.Date.context_today(cls.env["repair.order"])
        cls.customer.email = "li.lei@example.com"

    def _make_visit(self, **vals):
        """Return a visit that was handed over, through the fields the steps write."""
        order = self._make_order(**vals)
        order.job_ids.write({"assignment_ids": [fields.Command.create({"employee_id": self.technician_employee.id})]})
        now = fields.Datetime.now()
        order.sudo().write({"reception_date": now, "settled_on": now, "handed_over_on": now})
        return order

    def _run_job(self, records, method):
        """Run a job's method in the test's transaction."""
        with patch.object(self.registry["ir.cron"], "_commit_progress", lambda *_args, **_kw: 3600):
            getattr(records, method)()

    def _begin(self, order):
        self._run_job(self.env["repair.order"], "_cron_begin_aftercare")
        return order.call_back_ids, order.satisfaction_ids


@tagged("post_install", "-at_install", "dealer")
class TestCallBack(AftercareCommon):
    def test_planned_once_for_customers(self):
        order = self._make_visit()
        own = self._make_visit()
        own.sudo().partner_id = self.company.partner_id
        call, satisfaction = self._begin(order)
        self._begin(order)
        self.assertEqual(len(order.call_back_ids), 1)
        self.assertEqual(call.date_due, self.today + timedelta(days=3))
        self.assertEqual(call.partner_id, self.customer)
        self.assertEqual(satisfaction.technician_ids, self.technician_employee)
        self.assertFalse(own.call_back_ids | own.satisfaction_ids.order_id.call_back_ids)

    def test_a_visit_that_fails_stops_no_other(self):
        bad, good = self._make_visit(), self._make_visit()
        begin = type(bad)._prepare_satisfaction

        def prepare(order, *args):
            if order == bad:
                raise ValueError("broken")
            return begin(order, *args)

        with patch.object(type(bad), "_prepare_satisfaction", prepare), mute_logger(AFTERCARE_LOGGER):
            self._begin(good)
        self.assertTrue(good.call_back_ids and good.satisfaction_ids)
        self.assertFalse(bad.call_back_ids | bad.satisfaction_ids.order_id.call_back_ids)
        self._begin(bad)
        self.assertTrue(bad.satisfaction_ids)

    def test_given_up_after_the_tries_of_the_rules(self):
        call, _satisfaction = self._begin(self._make_visit())
        call = call.with_user(self.care)
        for tries in (1, 2):
            call.action_not_reached()
            self.assertEqual((call.state, call.tries), ("open", tries))
            self.assertEqual(call.date_due, self.today + timedelta(days=1))
        call.action_not_reached()
        self.assertEqual(call.state, "unreached")
        with self.assertRaisesRegex(UserError, "was closed by W_Care"):
            call.action_content()

    def test_complaint_has_owner_and_day(self):
        order = self._make_visit()
        call, _satisfaction = self._begin(order)
        call = call.with_user(self.care)
        call.note = "The brakes still squeal"
        case = self.env["dealer.complaint"].browse(call.action_complain()["res_id"])
        self.assertEqual((call.state, case.order_id, case.user_id), ("complaint", order, self.care))
        self.assertEqual(case.text, "The brakes still squeal")
        self.assertEqual(case.date_due, self.today + timedelta(days=2))
        self.assertTrue(case.name.startswith("CC/"))

    def test_roles(self):
        call, _satisfaction = self._begin(self._make_visit())
        with self.assertRaises(AccessError):
            call.with_user(self.technician).action_content()
        with self.assertRaises(AccessError):
            call.with_user(self.care).state = "content"
        with self.assertRaises(AccessError):
            self.env["dealer.call.back"].with_user(self.care).create(
                {"order_id": call.order_id.id, "date_due": self.today}
            )

    def test_queries_do_not_grow(self):
        def begin(count):
            for _number in range(count):
                self._make_visit()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["repair.order"].search(self.env["repair.order"]._get_aftercare_domain())._begin_aftercare()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        self.env["repair.event.message"].search([]).active = False
        begin(1)
        few = begin(2)
        self.assertLessEqual(begin(20), few + 4)


@tagged("post_install", "-at_install", "dealer")
class TestCallAnswer(AftercareCommon):
    """The two questions, asked on the phone."""

    def _ask(self, user=None, **answers):
        order = self._make_visit()
        call, satisfaction = self._begin(order)
        action = call.with_user(user or self.care).action_reached()
        wizard = self.env[action["res_model"]].with_user(user or self.care).with_context(action["context"])
        return call, satisfaction, wizard.create(answers)

    def test_content_with_stars(self):
        call, satisfaction, wizard = self._ask(service_score="5", work_score="4", comment="Quick and friendly")
        self.assertFalse(wizard.is_complaint)
        self.assertEqual(wizard.action_confirm()["type"], "ir.actions.act_window_close")
        self.assertEqual((call.state, call.note, call.done_by_id), ("content", "Quick and friendly", self.care))
        self.assertEqual((satisfaction.service_score, satisfaction.work_score, satisfaction.channel), (5, 4, "call"))

    def test_no_stars_is_an_answer_too(self):
        call, satisfaction, wizard = self._ask()
        wizard.action_confirm()
        self.assertEqual((call.state, satisfaction.answered_on), ("content", False))

    def test_one_question_alone_is_refused(self):
        _call, _satisfaction, wizard = self._ask(service_score="5")
        with self.assertRaisesRegex(UserError, "stars for both questions"):
            wizard.action_confirm()

    def test_low_stars_open_one_case_with_owner_and_day(self):
        call, satisfaction, wizard = self._ask(service_score="5", work_score="2")
        self.assertTrue(wizard.is_complaint)
        self.assertEqual((wizard.owner_id, wizard.date_due), (self.advisor, self.today + timedelta(days=2)))
        with self.assertRaisesRegex(UserError, "Write down what Li Lei complains about"):
            wizard.action_confirm()
        wizard.write({"comment": "The brakes squeal", "owner_id": self.manager.id, "date_due": self.today})
        case = self.env["dealer.complaint"].browse(wizard.action_confirm()["res_id"])
        self.assertEqual(call.complaint_ids, case)
        self.assertEqual(satisfaction.complaint_ids, case)
        self.assertEqual((case.user_id, case.date_due, case.origin), (self.manager, self.today, "call"))
        self.assertEqual((call.state, case.text, case.kind), ("complaint", "The brakes squeal", "work"))
        self.assertEqual((call.order_id.complaint_count, call.vehicle_id.complaint_count), (1, 1))
        self.assertEqual(self.env["dealer.complaint"].search(call.order_id.action_view_complaints()["domain"]), case)

    def test_complaint_in_spite_of_stars(self):
        call, satisfaction, wizard = self._ask(
            service_score="5", work_score="5", comment="The wheel was dirty", is_complaint=True
        )
        case = self.env["dealer.complaint"].browse(wizard.action_confirm()["res_id"])
        self.assertEqual((call.state, case.text), ("complaint", "The wheel was dirty"))
        self.assertTrue(satisfaction.answered_on)

    def test_answered_on_his_page_already(self):
        call, satisfaction, wizard = self._ask()
        satisfaction.sudo()._answer(4, 5, "", "page")
        wizard.invalidate_recordset()
        self.assertEqual((wizard.is_asked, wizard.answered), (False, "★★★★ · ★★★★★"))
        wizard.action_confirm()
        self.assertEqual((call.state, satisfaction.channel), ("content", "page"))

    def test_roles(self):
        call, _satisfaction, wizard = self._ask()
        for user in (self.technician, self.inspector):
            with self.assertRaises(AccessError):
                call.with_user(user).action_reached()
            with self.assertRaises(AccessError):
                self.env["dealer.call.answer"].with_user(user).create({"call_id": call.id})
        wizard.action_confirm()
        with self.assertRaisesRegex(UserError, "was closed by W_Care"):
            wizard.action_confirm()


@tagged("post_install", "-at_install", "dealer")
class TestComplaint(AftercareCommon):
    def _make_case(self):
        return (
            self.env["dealer.complaint"]
            .with_user(self.advisor)
            .create({"vehicle_id": self.car.id, "text": "Scratch on the door"})
        )

    def test_the_day_proposed_is_the_company_s(self):
        """Whoever writes it down from where it is still yesterday is not refused the day he was proposed."""
        self.company.partner_id.tz = "Etc/GMT-14"
        self.env["dealer.aftercare.policy"].create(
            {"company_id": self.company.id, "date_from": "2020-01-02", "complaint_days": 0}
        )
        cases = self.env["dealer.complaint"].with_user(self.care).with_company(self.company)
        case = cases.with_context(tz="Etc/GMT+12").create({"partner_id": self.customer.id, "text": "The car is dirty"})
        self.assertEqual(case.date_due, self.company._get_day())

    def test_solved_says_how(self):
        case = self._make_case()
        self.assertEqual(case.partner_id, self.customer)
        with self.assertRaisesRegex(UserError, "Write down how complaint CC/"):
            case.action_solve()
        case.solution = "Polished on the house"
        case.action_solve()
        self.assertEqual((case.state, case.solved_by_id), ("solved", self.advisor))
        with self.assertRaisesRegex(UserError, "is solved already"):
            case.action_solve()
        case.action_reopen()
        self.assertEqual(case.state, "open")

    def test_nobody_can_answer_yesterday(self):
        case = self._make_case()
        with self.assertRaisesRegex(UserError, "that day is over"), self.env.cr.savepoint():
            case.copy({"date_due": self.today - timedelta(days=1)})
        self.assertEqual(case.copy({"date_due": self.today}).date_due, self.today)

    def test_late_case_is_told_once(self):
        case = self._make_case()
        case.date_due = self.today - timedelta(days=1)
        self.assertIn(case, case.search([("is_overdue", "=", True)]))
        for _run in range(2):
            self._run_job(self.env["dealer.complaint"], "_cron_escalate")
        self.assertEqual(len(case.sudo().activity_ids), 1)
        self.assertTrue(case.escalated_on)

    def test_roles(self):
        case = self._make_case()
        with self.assertRaises(AccessError):
            case.with_user(self.technician).text = "Nothing"
        with self.assertRaises(AccessError):
            case.state = "solved"
        with self.assertRaises(AccessError):
            case.unlink()


@tagged("post_install", "-at_install", "dealer")
class TestSatisfaction(HttpCase, AftercareCommon):
    def test_page(self):
        order = self._make_visit()
        _call, satisfaction = self._begin(order)
        self.env.flush_all()
        link = f"/workshop/survey/{satisfaction.sudo().access_token}"
        page = self.url_open(link).text
        self.assertIn("How was your visit?", page)
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        wrong = {"csrf_token": token, "service_score": "7", "work_score": "5"}
        self.assertIn("one to five stars", self.url_open(link, data=wrong).text)
        self.assertFalse(satisfaction.answered_on)
        given = {"csrf_token": token, "service_score": "5", "work_score": "2", "comment": "<b>Still</b> squeals"}
        self.assertIn("Thank you", self.url_open(link, data=given).text)
        satisfaction.invalidate_recordset()
        self.assertEqual((satisfaction.service_score, satisfaction.work_score), (5, 2))
        case = satisfaction.complaint_ids
        self.assertEqual((case.kind, case.user_id, case.text), ("work", self.advisor, "<b>Still</b> squeals"))
        self.assertIn("answered already", self.url_open(link, data=given).text)
        self.assertEqual(len(satisfaction.complaint_ids), 1)

    def test_unknown_and_late_links(self):
        answer = self.url_open("/workshop/survey/nothing")
        self.assertEqual(answer.status_code, 404)
        self.assertIn("not known", answer.text)
        _call, satisfaction = self._begin(self._make_visit())
        satisfaction.sudo().date_to = self.today - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "could be answered until"):
            satisfaction.sudo()._answer(5, 5, "", "page")

    def test_told_on_the_phone(self):
        _call, satisfaction = self._begin(self._make_visit())
        with self.assertRaises(AccessError):
            satisfaction.with_user(self.technician).action_answer(5, 5)
        satisfaction.with_user(self.care).action_answer(4, 5, "All fine")
        self.assertEqual((satisfaction.channel, satisfaction.complaint_ids.ids), ("call", []))
        with self.assertRaises(AccessError):
            satisfaction.with_user(self.care).service_score = 5
        with self.assertRaises(AccessError):
            satisfaction.with_user(self.care).read(["access_token"])
        groups = (
            self.env["dealer.satisfaction"]
            .with_user(self.manager)
            ._read_group([("answered_on", "!=", False)], ["technician_ids"], ["work_score:avg"])
        )
        self.assertIn((self.technician_employee, 5), [(group[0].sudo(), group[1]) for group in groups])

    def test_asked_by_mail_a_day_later(self):
        order = self._make_visit()
        self._begin(order)
        log = order.event_log_ids.filtered(lambda log: log.event == "survey")
        self.assertEqual(log.state, "waiting")
        log.sudo()._send()
        self.assertEqual(log.state, "sent")
        mail = self.env["mail.mail"].search([("res_id", "=", order.id), ("model", "=", "repair.order")], limit=1)
        self.assertIn(order.satisfaction_ids.sudo().access_token, mail.body_html)


@tagged("post_install", "-at_install", "dealer")
class TestServiceReminder(AftercareCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["dealer.service.plan"].search([]).active = False
        cls.env.flush_all()
        cls.plan = cls.env["dealer.service.plan"].create(
            {"name": "Service", "interval_km": 10_000, "interval_months": 12, "lead_days": 30}
        )
        cls.car.odometer_ids.unlink()
        cls.runs = cls.env["dealer.service.reminder.run"]

    def _read(self, days_ago, km, note=False):
        day = fields.Datetime.now() - timedelta(days=days_ago)
        self.env["dealer.vehicle.odometer"].create({"vehicle_id": self.car.id, "date": day, "km": km, "note": note})

    def _serviced(self, days_ago, km):
        order = self._make_visit(repair_kind="maintenance", odometer_km=km)
        day = fields.Datetime.now() - timedelta(days=days_ago)
        order.sudo().write({"reception_date": day, "settled_on": day, "handed_over_on": day})
        return order

    def _find(self):
        self.runs._find(SQL("c.id = %s", self.car.id))
        return self.env["dealer.service.reminder"].search([("vehicle_id", "=", self.car.id)])

    def test_by_time(self):
        self._serviced(340, 20_000)
        self._read(340, 20_000)
        self._read(10, 22_000)
        reminder = self._find()
        self.assertEqual(reminder.base_date, self.today - timedelta(days=340))
        self.assertEqual(reminder.date_due, fields.Date.add(reminder.base_date, months=12))
        self.assertEqual(reminder.km_due, 30_000)
        self.assertEqual(reminder.partner_id, self.customer)

    def test_by_kilometres_predicted_from_readings(self):
        """200 days for 8,000 km: 40 km a day; 1,600 km are left since the reading of 10 days ago: 40 days, 30 to go."""
        self._serviced(220, 20_000)
        self._read(210, 20_400)
        self._read(10, 28_400)
        reminder = self._find()
        self.assertEqual(reminder.date_due, self.today + timedelta(days=30))
        self.assertEqual(reminder.km_now, 28_800)

    def test_not_due_not_reminded(self):
        self._serviced(100, 20_000)
        self._read(100, 20_000)
        self._read(5, 21_000)
        self.assertFalse(self._find())

    def test_first_service_has_its_own_interval(self):
        self.plan.write({"first_months": 6, "first_km": 0})
        start = self.today - timedelta(days=170)
        self.env["dealer.vehicle.warranty"].create(
            {"vehicle_id": self.car.id, "kind": "maker", "date_start": start, "months": 36}
        )
        self.assertEqual(self._find().date_due, fields.Date.add(start, months=6))

    def test_nearest_plan_counts(self):
        brand = self.env["fleet.vehicle.model.brand"].create({"name": "Brand of the plan"})
        series = self.env["fleet.vehicle.model"].create({"name": "Series of the plan", "brand_id": brand.id})
        self.car.write({"series_id": series.id, "brand_id": brand.id})
        near = self.plan.copy({"name": "Short", "series_id": series.id, "brand_id": brand.id, "interval_months": 6})
        self._serviced(175, 20_000)
        self.assertEqual(self._find().plan_id, near)

    def test_repeated_and_resumed_without_doubling(self):
        self._serviced(360, 20_000)
        for _night in range(2):
            self.assertEqual(len(self._find()), 1)
        self._run_job(self.runs, "_cron_find")
        run = self.runs.search([("day", "=", self.today)])
        self.assertTrue(run.finished_on)
        self.assertEqual(len(self._find()), 1)

    def test_moved_while_open_only(self):
        self._serviced(360, 20_000)
        reminder = self._find()
        self.plan.interval_months = 13
        self._find()
        self.assertEqual(reminder.date_due, fields.Date.add(reminder.base_date, months=13))
        reminder.with_user(self.care).action_drop()
        self.plan.interval_months = 12
        self._find()
        self.assertEqual(reminder.date_due, fields.Date.add(reminder.base_date, months=13))
        self.assertEqual(reminder.state, "dropped")

    def test_inspection_of_every_interval(self):
        self.plan.active = False
        plan = self.env["dealer.service.plan"].create(
            {
                "name": "Inspection",
                "kind": "inspection",
                "group_code": "inspection",
                "interval_months": 24,
                "lead_days": 30,
                "late_days": 60,
            }
        )
        self.car.plate_ids.date_from = fields.Date.subtract(self.today, months=48, days=-10)
        reminder = self._find()
        self.assertEqual((reminder.plan_id, reminder.date_due), (plan, self.today + timedelta(days=10)))

    def test_declined_work_and_insurance(self):
        self.plan.active = False
        plans = self.env["dealer.service.plan"].create(
            [
                {"name": kind, "kind": kind, "group_code": kind, "lead_days": 30, "late_days": 30}
                for kind in ("declined", "insurance")
            ]
        )
        self.env["dealer.vehicle.task"].create(
            [
                {"vehicle_id": self.car.id, "name": name, "kind": "refused", "date_due": self.today}
                for name in ("Brake fluid", "Wipers")
            ]
        )
        self.env["dealer.insurance.policy"].create(
            {
                "vehicle_id": self.car.id,
                "kind_id": self.env["dealer.insurance.kind"].search([], limit=1).id,
                "insurer_id": self.env["res.partner"].create({"name": "Insurer"}).id,
                "number": "P-1",
                "date_from": self.today - timedelta(days=350),
                "date_to": self.today + timedelta(days=15),
            }
        )
        reminders = self._find()
        self.assertEqual(sorted(reminders.mapped("kind")), ["declined", "declined", "insurance"])
        self.assertEqual(reminders.plan_id, plans)
        self.assertEqual(len(self._find()), 3)

    def test_from_letter_to_visit(self):
        """Written, booked, came: the conversion is counted."""
        self._serviced(360, 20_000)
        reminder = self._find()
        reminder.with_user(self.care).action_tell()
        with self.assertRaisesRegex(UserError, "Nobody to write to"):
            reminder.with_user(self.care).action_tell()
        reminder.event_log_ids.sudo()._send()
        self.assertEqual((reminder.state, reminder.is_told), ("told", 1))
        action = reminder.with_user(self.advisor).action_book()
        appointment = (
            self.env["dealer.appointment"]
            .with_user(self.advisor)
            .with_context(**action["context"])
            .create({"date_from": fields.Datetime.now() + timedelta(days=5), "site_id": self.site.id, "hours": 1})
        )
        self.assertEqual((reminder.state, reminder.appointment_id), ("booked", appointment))
        self.assertFalse(self._find() - reminder)
        appointment.action_cancel()
        self.assertEqual(reminder.state, "told")
        appointment.action_book_again()
        self.assertEqual(reminder.state, "booked")
        order = self._make_visit(repair_kind="maintenance")
        order._close_reminders()
        self.assertEqual((reminder.state, reminder.order_id, reminder.is_done), ("done", order, 1))
        self.assertEqual(reminder.amount, order.estimate_amount)
        with self.assertRaisesRegex(UserError, "is closed"):
            reminder.with_user(self.care).action_drop()

    def test_letters_at_once(self):
        """A kind nobody writes about does not stand before the others."""
        self.env["dealer.aftercare.policy"].search([]).is_told_at_once = True
        values = {"name": "Declined", "kind": "declined", "group_code": "declined", "lead_days": 30, "late_days": 30}
        silent = self.env["dealer.service.plan"].create(values)
        self.env["dealer.reminder.message"].search([("event", "=", "declined")]).active = False
        self.env["dealer.vehicle.task"].create(
            {"vehicle_id": self.car.id, "kind": "refused", "name": "Discs", "date_due": self.today}
        )
        self.assertEqual(self._find().plan_id, silent)
        self._serviced(340, 20_000)
        self._read(340, 20_000)
        written = self._find().filtered(lambda reminder: reminder.plan_id == self.plan)
        self.assertTrue(written)
        with patch.object(dealer_service_reminder_run, "LETTERS", 1):
            self._run_job(self.runs, "_tell_at_once")
            self.assertEqual(self._find().filtered("event_log_ids"), written)
            logs = written.event_log_ids
            self._run_job(self.runs, "_tell_at_once")
        self.assertEqual(written.event_log_ids, logs, "each once")

    def test_roles_and_forged_fields(self):
        self._serviced(360, 20_000)
        reminder = self._find()
        with self.assertRaises(AccessError):
            reminder.with_user(self.technician).action_tell()
        with self.assertRaises(AccessError):
            reminder.with_user(self.care).date_due = date(2030, 1, 1)
        with self.assertRaises(AccessError):
            reminder.with_user(self.care).copy()
        with self.assertRaises(AccessError):
            self.env["dealer.service.plan"].with_user(self.care).create({"name": "Mine", "interval_km": 1})

    def test_database_guards(self):
        self.env.cr.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename IN ('dealer_service_reminder', 'dealer_call_back', "
            "'dealer_satisfaction', 'dealer_complaint', 'dealer_service_plan', 'dealer_service_reminder_run')"
        )
        names = {row[0] for row in self.env.cr.fetchall()}
        for name in (
            "dealer_service_reminder_once_uniq",
            "dealer_service_reminder_due_idx",
            "dealer_call_back_order_uniq",
            "dealer_call_back_open_idx",
            "dealer_satisfaction_order_uniq",
            "dealer_complaint_answer_uniq",
            "dealer_complaint_open_idx",
            "dealer_service_plan_scope_uniq",
            "dealer_service_reminder_run_day_uniq",
        ):
            self.assertTrue([found for found in names if found.endswith(name[-40:]) or found == name], name)
