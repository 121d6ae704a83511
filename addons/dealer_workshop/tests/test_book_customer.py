from datetime import datetime, timedelta
from unittest.mock import patch

from psycopg2.errors import ExclusionViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from .test_book_slots import BookingCommon

NOW = "2030-05-05 10:00:00"


@tagged("post_install", "-at_install", "dealer")
class TestBookCustomer(BookingCommon):
    def _mails(self, appointment):
        """Return what was sent about an appointment, after the job ran."""
        unsaved = patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: 1.0)
        with unsaved, freeze_time("2030-06-01 10:00:00"):
            self.env["dealer.appointment.log"]._cron_send()
        domain = [("model", "=", "dealer.appointment"), ("res_id", "=", appointment.id)]
        return self.env["mail.mail"].sudo().search(domain)

    @freeze_time(NOW)
    def test_days_read_as_their_language_writes_them(self):
        appointment, day = self.env["dealer.appointment"], fields.Date.to_date("2026-12-04")
        self.assertEqual(appointment.with_context(lang="en_US")._format_day(day), "Fri, Dec 4")
        self.assertEqual(appointment.with_context(lang="zh_CN")._format_day(day), "12月4日周五")

    def test_confirmed_moved_cancelled(self):
        appointment = self._request()
        with self.assertRaisesRegex(UserError, "cannot be confirmed"):
            appointment.action_confirm()
        appointment.action_first_slot()
        notification = appointment.action_confirm()
        self.assertEqual(notification["params"]["type"], "success")
        self.assertTrue(appointment.confirmed_on)
        mail = self._mails(appointment)
        self.assertIn("08:00", mail.body_html)
        self.assertIn("Replace front brake pads", mail.body_html)
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertEqual(appointment.sudo().event_log_ids.state, "sent")
        appointment.date_from = datetime(2030, 5, 6, 10)
        self.assertIn("moved", "".join(self._mails(appointment).mapped("body_html")))
        appointment.action_cancel()
        self.assertEqual(len(self._mails(appointment)), 3)

    @freeze_time(NOW)
    def test_switched_off_or_without_address(self):
        self.env["dealer.appointment.message"].search([]).active = False
        appointment = self._request()
        appointment.action_first_slot()
        self.assertEqual(appointment.action_confirm()["params"]["type"], "warning")
        self.assertFalse(self._mails(appointment))
        message = self.env.ref("dealer_workshop.dealer_appointment_message_confirmed")
        message.with_user(self.manager).active = True
        self.customer.email = False
        self.assertEqual(appointment.action_confirm()["params"]["type"], "warning")
        with self.assertRaises(AccessError):
            message.with_user(self.advisor).active = False

    @freeze_time(NOW)
    def test_who_wants_none_is_not_told(self):
        self.env["mail.blacklist"]._add(self.customer.email)
        appointment = self._request()
        appointment.action_first_slot()
        notification = appointment.action_confirm()
        self.assertEqual(notification["params"]["type"], "warning")
        self.assertIn("Wants no mail", notification["params"]["message"])
        self.assertFalse(self._mails(appointment))
        log = appointment.sudo().event_log_ids
        self.assertEqual((log.state, log.reason), ("skipped", "Wants no mail"))
        with self.assertRaises(AccessError):
            log.with_user(self.manager).state = "sent"

    @freeze_time(NOW)
    def test_what_is_not_true_any_more_is_not_sent(self):
        appointment = self._request()
        appointment.action_first_slot()
        appointment.action_confirm()
        appointment.date_from = datetime(2030, 5, 6, 10)
        mail = self._mails(appointment)
        self.assertEqual(len(mail), 1)
        self.assertIn("moved", mail.body_html)
        logs = appointment.sudo().event_log_ids.sorted("id")
        self.assertEqual(logs.mapped("state"), ["skipped", "sent"])

    @freeze_time(NOW)
    def test_sms(self):
        self.customer.write({"phone": "+86 138 0013 8000", "country_id": self.env.ref("base.cn").id})
        self.env.ref("dealer_workshop.dealer_appointment_message_confirmed_sms").active = True
        appointment = self._request()
        appointment.action_first_slot()
        appointment.action_confirm()
        self._mails(appointment)
        sms = self.env["sms.sms"].sudo().search([("partner_id", "=", self.customer.id)])
        self.assertEqual(len(sms), 1)
        self.assertIn(appointment.name, sms.body)

    def test_template_of_something_else(self):
        template = self.env["mail.template"].create(
            {"name": "Other", "model_id": self.env["ir.model"]._get_id("res.partner")}
        )
        with self.assertRaisesRegex(ValidationError, "not about appointments"):
            self.env["dealer.appointment.message"].create(
                {"name": "x", "event": "confirmed", "mail_template_id": template.id}
            )

    def test_reminder_the_day_before(self):
        with freeze_time("2030-05-03 10:00:00"):
            appointment, far, fresh = self._request(), self._request(wanted_day="2030-05-09"), self._request()
            for one in (appointment, far, fresh):
                one.action_first_slot()
            appointment.action_confirm()
        before = len(self._mails(appointment))
        with freeze_time("2030-05-05 09:00:00"):
            fresh.action_confirm()
            with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: 1.0):
                self.env["dealer.appointment"]._cron_remind()
                self.env["dealer.appointment"]._cron_remind()
        self.assertEqual(len(self._mails(appointment)), before + 1)
        self.assertTrue(appointment.reminded_on and fresh.reminded_on)
        self.assertEqual(len(self._mails(fresh)), 1, "told the time an hour ago: no reminder")
        self.assertFalse(far.reminded_on)
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'dealer_appointment_reminder_idx'")
        self.assertIn("reminded_on IS NULL", self.env.cr.fetchone()[0])

    def test_reminders_cost_a_row_each(self):
        """Each reminder writes its row of the log and calls the job that sends, nothing more."""
        with freeze_time("2030-05-03 10:00:00"):
            slots = self.env["dealer.appointment"]
            for _number in range(12):
                slots |= self._request()
            for one in slots:
                one.action_first_slot()
        self.customer.email = False
        with freeze_time("2030-05-05 09:00:00"):
            self.env.flush_all()
            slots[:1].sudo()._remind()
            before = self.cr.sql_log_count
            slots[1:2].sudo()._remind()
            self.env.flush_all()
            one = self.cr.sql_log_count - before
            before = self.cr.sql_log_count
            slots[2:].sudo()._remind()
            self.env.flush_all()
            self.assertLessEqual(self.cr.sql_log_count - before, one + 9 * 3)

    def test_no_show_is_called(self):
        with freeze_time("2030-05-03 10:00:00"):
            appointment = self._request()
            appointment.action_first_slot()
        with freeze_time("2030-05-06 09:00:00"):
            appointment.invalidate_recordset(["is_missing"])
            self.assertTrue(appointment.is_missing)
            found = self.env["dealer.appointment"].with_user(self.advisor).search([("is_missing", "=", True)])
            self.assertIn(appointment, found)
            appointment.action_no_show()
            appointment.action_call_back()
            appointment.action_call_back()
            self.assertEqual(len(appointment.activity_ids), 1)
            self.assertEqual(appointment.activity_ids.user_id, self.advisor)
            action = appointment.action_book_again()
            again = self.env["dealer.appointment"].browse(action["res_id"])
            self.assertEqual((again.state, again.line_ids.operation_id), ("request", self.operation))
            self.assertEqual(appointment.state, "no_show")

    @freeze_time(NOW)
    def test_the_customer_chooses(self):
        appointment = self._request()
        with self.assertRaisesRegex(UserError, "no longer valid"):
            appointment.sudo()._customer_book(datetime(2030, 5, 6, 9))
        appointment.action_send_link()
        self.assertIn(appointment.sudo().access_token, appointment.link_url)
        self.assertEqual(appointment.link_expires_on, fields.Datetime.now() + timedelta(days=3))
        with self.assertRaisesRegex(UserError, "Somebody was faster"):
            appointment.sudo()._customer_book(datetime(2030, 5, 6, 12, 30))
        appointment.sudo()._customer_book(datetime(2030, 5, 6, 9))
        self.assertEqual((appointment.state, appointment.date_from), ("booked", datetime(2030, 5, 6, 9)))
        self.assertTrue(appointment.confirmed_on and appointment.employee_id and appointment.bay_id)
        with freeze_time("2030-05-06 07:30:00"), self.assertRaisesRegex(UserError, "too late"):
            appointment.sudo()._customer_cancel()
        appointment.sudo()._customer_cancel()
        self.assertEqual(appointment.state, "cancelled")


@tagged("post_install", "-at_install", "dealer")
class TestBookPages(BookingCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operation.is_online = True
        cls.login = new_test_user(cls.env, login="li_portal", groups="base.group_portal")
        cls.login.partner_id.name = "Han Meimei"
        cls.car.keeper_id = cls.login.partner_id
        cls.stranger = new_test_user(cls.env, login="stranger", groups="base.group_portal")
        today = fields.Date.today()
        cls.day = today + timedelta(days=7 - today.weekday())  # a Monday to come

    def _link(self, **vals):
        appointment = self._request(wanted_day=self.day, **vals)
        appointment.action_send_link()
        return appointment, appointment.sudo().get_portal_url()

    def test_choose_on_the_page(self):
        appointment, url = self._link()
        page = self.url_open(url)
        self.assertEqual(page.status_code, 200)
        self.assertIn("Choose your time", page.text)
        start = f"{self.day} 09:00:00"
        self.assertIn(start, page.text)
        answer = self._post(appointment, page, slot=start)
        self.assertIn("we expect you then", answer.text)
        appointment.invalidate_recordset()
        self.assertEqual(str(appointment.date_from), start)
        self.assertEqual(appointment.state, "booked")

    def _post(self, appointment, page, step="book", **values):
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        values |= {"csrf_token": token, "access_token": appointment.sudo().access_token}
        return self.url_open(f"/my/appointments/{appointment.id}/{step}", data=values)

    def test_slot_gone(self):
        appointment, url = self._link()
        page = self.url_open(url)
        start = f"{self.day} 09:00:00"
        for bay, person in ((self.bay, self.technician_employee), (self.other_bay, self.second_employee)):
            self._request(date_from=start, bay_id=bay.id, employee_id=person.id)
        answer = self._post(appointment, page, slot=start)
        self.assertEqual(answer.status_code, 409)
        self.assertIn("Somebody was faster", answer.text)
        self.assertNotIn(start, answer.text)
        self.assertIn(f"{self.day} 10:30:00", answer.text)
        for nonsense in ("", "tomorrow", "2030-13-45 00:00:00"):
            self.assertIn("Please choose one of the free times", self._post(appointment, page, slot=nonsense).text)
        self.assertEqual(appointment.state, "request")

    def test_slot_gone_in_the_same_moment(self):
        """What only the database sees, because an advisor booked in the same moment, is the same sentence."""
        appointment, url = self._link()
        page = self.url_open(url)
        with patch.object(type(appointment), "_customer_book", side_effect=ExclusionViolation):
            answer = self._post(appointment, page, slot=f"{self.day} 09:00:00")
        self.assertEqual(answer.status_code, 409)
        self.assertIn("Somebody was faster", answer.text)
        appointment.invalidate_recordset()
        self.assertEqual((appointment.state, appointment.date_from), ("request", False))

    def test_odd_days_are_answered(self):
        _appointment, url = self._link()
        for day in ("0001-01-01", "9999-12-31", "2026-02-30", "x", str(self.day)):
            with self.subTest(day):
                self.assertEqual(self.url_open(f"{url}&day={day}").status_code, 200)

    def test_expired_and_somebody_else_s(self):
        appointment, url = self._link()
        appointment.sudo().link_expires_on = fields.Datetime.now() - timedelta(minutes=1)
        page = self.url_open(url)
        self.assertEqual(page.status_code, 410)
        self.assertIn("This link has expired", page.text)
        for wrong in (f"/my/appointments/{appointment.id}", f"/my/appointments/{appointment.id}?access_token=no"):
            page = self.url_open(wrong)
            self.assertEqual(page.status_code, 403)
            self.assertIn("not valid", page.text)
            self.assertNotIn(appointment.name, page.text)
        self.assertEqual(self.url_open("/my/appointments/999999999").status_code, 403)
        self.authenticate("stranger", "stranger")
        self.assertEqual(self.url_open(f"/my/appointments/{appointment.id}").status_code, 403)
        self.assertNotIn(appointment.name, self.url_open("/my/appointments").text)

    def _ask(self, **values):
        page = self.url_open("/my/service")
        self.assertEqual(page.status_code, 200)
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        form = {"csrf_token": token, "site": self.site.id, "day": str(self.day), **values}
        return self.url_open("/my/service", data=form)

    def _last(self):
        return self.env["dealer.appointment"].search([("origin", "=", "portal")], order="id desc", limit=1)

    def test_book_a_service(self):
        self.authenticate("li_portal", "li_portal")
        answer = self._ask(car=self.car.id, operation=self.operation.id)
        appointment = self._last()
        self.assertEqual((appointment.vehicle_id, appointment.partner_id), (self.car, self.login.partner_id))
        self.assertIn("Choose your time", answer.text)
        self.assertIn(appointment.name, self.url_open("/my/appointments").text + answer.text)
        self.assertIn("/my/service", self.url_open("/my").text)

    def test_requests_beyond_the_rule(self):
        self.authenticate("li_portal", "li_portal")
        answer = self._ask(car=self.car.id, wish="A noise from the rear")
        self.assertIn("call you with a time", answer.text)
        self.assertEqual((self._last().state, self._last().note), ("request", "A noise from the rear"))
        self.policy.max_customer_hours = 1.0
        self.assertNotIn("Choose your time", self._ask(car=self.car.id, operation=self.operation.id).text)
        self.assertEqual(self._ask(car=self.car.id).status_code, 422)
        self.assertEqual(self._ask(operation=self.operation.id).status_code, 422)
        past = self._ask(car=self.car.id, operation=self.operation.id, day="2001-01-01")
        self.assertIn("a day from today on", past.text)

    def test_a_plate_we_do_not_know_as_his(self):
        """A customer types somebody else's plate: he is told nothing of that car."""
        self.authenticate("stranger", "stranger")
        answer = self._ask(plate="沪T12345", operation=self.operation.id)
        appointment = self._last()
        self.assertFalse(appointment.vehicle_id)
        self.assertEqual(appointment.customer_car_text, "沪T12345")
        self.assertNotIn(self.car.vin, answer.text)
        forged = self._ask(car=self.car.id, operation=self.operation.id)
        self.assertEqual(forged.status_code, 422)
        advised = appointment.with_user(self.advisor)
        advised.action_use_customer_car()
        self.assertEqual(advised.vehicle_id, self.car)
        self.assertEqual(advised.partner_id, self.stranger.partner_id)
