from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common_order import OrderMixin, photo
from .common_parts import DealerWorkshopPartsCommon


@tagged("post_install", "-at_install", "dealer")
class TestRepairPortal(OrderMixin, DealerWorkshopPartsCommon, HttpCase):
    """What the customer sees and decides, and who sees nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "lilei@example.com"

    def _open(self, order, token=None, suffix=""):
        return self.url_open(f"/my/repairs/{order.id}{suffix}?access_token={token or order._portal_ensure_token()}")

    def _post(self, order, job, answer, amount=None, token=None):
        amount = f"{job.quoted_amount:.2f}" if amount is None else amount
        data = {
            "access_token": token or order._portal_ensure_token(),
            "amount": amount,
            "csrf_token": self._csrf(order),
        }
        return self.url_open(f"/my/repairs/{order.id}/jobs/{job.id}/{answer}", data=data)

    def _csrf(self, order):
        page = self._open(order).text
        return page.split('csrf_token: "')[1].split('"')[0]

    def _offered(self):
        order = self._signed()
        job = self._propose(order)
        job.action_offer()
        return order, job

    def test_the_page_shows_where_the_car_stands(self):
        order = self._signed()
        page = self._open(order).text
        for words in ("沪T12345", "Checked in", "Brakes squeal", "VEHICLE_RECEIVED"):
            self.assertIn(words, page)
        stamp = self._open(order, suffix="/stamp").json()["stamp"]
        order.with_user(self.advisor).promised_date = fields.Datetime.now() + timedelta(days=2)
        self.env.flush_all()
        self.assertNotEqual(self._open(order, suffix="/stamp").json()["stamp"], stamp)

    def test_the_customer_decides_line_by_line(self):
        order, job = self._offered()
        other = self._propose(order, name="Wipers torn", urgency="soon", proposed_part_ids=[])
        self.assertNotIn("Wipers torn", self._open(order).text)
        other.action_offer()
        page = self._open(order).text
        self.assertIn("Wipers torn", page)
        self.assertIn("Front discs worn", page)
        picture = self._open(order, suffix=f"/photo/{job.picture_ids.id}")
        self.assertEqual((picture.status_code, picture.headers["Content-Type"]), (200, "image/jpeg"))
        self.assertIn("we have your answer", self._post(order, job, "accepted").text)
        self._post(order, other, "refused")
        self.env.invalidate_all()
        self.assertEqual((job.approval_state, other.approval_state), ("accepted", "refused"))
        self.assertEqual((job.decided_channel, job.decided_by), ("portal", "Li Lei"))
        self.assertTrue(job.decided_ip)
        self.assertEqual(job.part_ids.mapped("quantity"), [2.0])
        self.assertIn("Wipers torn", self.car.task_ids.mapped("name"))
        self.assertIn("changed meanwhile", self._post(order, job, "refused").text)
        self.env.invalidate_all()
        self.assertEqual(job.approval_state, "accepted")

    def test_his_answer_carries_the_time_of_the_place(self):
        self.company.partner_id.tz = "Asia/Shanghai"
        order, job = self._offered()
        self._post(order, job, "accepted")
        self.env.invalidate_all()
        local = fields.Datetime.context_timestamp(job.with_context(tz="Asia/Shanghai"), job.decided_on)
        times = f"({local:%H:%M}|{local.hour % 12 or 12}:{local:%M})"
        self.assertRegex(self._open(order).text, f"Ordered by[^§]{{1,300}}{times}")

    def test_he_sees_the_inspection_with_its_photos(self):
        order = self._signed()
        template = self.env["dealer.inspection.template"].create(
            {
                "name": "Spring check",
                "point_ids": [Command.create({"name": name}) for name in ("Pads", "Tyres", "Lamps")],
            }
        )
        inspection = self.env["dealer.inspection"].sudo()
        inspection = inspection.create(inspection._prepare_inspection(order.sudo(), template, "inspection", False))
        pads, tyres, lamps = inspection.line_ids
        pads.write(
            {"result": "red", "note": "Down to the metal", "picture_ids": [Command.create({"image_1920": photo()})]}
        )
        tyres.result = "yellow"
        lamps.result = "green"
        self.env.flush_all()
        picture = f"/inspected/{pads.picture_ids.id}"
        self.assertNotIn("Spring check", self._open(order).text, "not before it is finished")
        self.assertEqual(self._open(order, suffix=picture).status_code, 404)
        stamp = self._open(order, suffix="/stamp").json()["stamp"]
        inspection.action_finish()
        self.env.flush_all()
        page = self._open(order).text
        for words in ("Spring check", "Down to the metal", "Tyres", "Lamps", 'data-result="red"', picture):
            self.assertIn(words, page)
        shown = self._open(order, suffix=picture)
        self.assertEqual((shown.status_code, shown.headers["Content-Type"]), (200, "image/jpeg"))
        self.assertNotEqual(self._open(order, suffix="/stamp").json()["stamp"], stamp)
        other = self._signed()
        self.assertEqual(self._open(other, suffix=picture).status_code, 404, "a photo of another visit")
        self.assertEqual(self._open(order, token="wrong", suffix=picture).status_code, 404)

    def test_a_new_payer_is_asked_on_the_page(self):
        order = self._signed()
        job = order.job_ids.with_user(self.advisor)
        job.sudo().write({"pay_type": "internal"})
        job.sudo().split_ids.pay_type = "internal"
        job.pay_type = "customer"
        job.action_offer()
        page = self._open(order).text
        self.assertIn("somebody else was to pay", page)
        self.assertNotIn("We found more to do", page)
        self._post(order, job, "accepted", amount=f"{job.customer_amount:.2f}")
        self.env.invalidate_all()
        self.assertEqual((job.approval_state, job.decided_channel), ("accepted", "portal"))

    def test_a_price_he_did_not_see_is_not_accepted(self):
        order, job = self._offered()
        self.assertIn("changed meanwhile", self._post(order, job, "accepted", amount="1.00").text)
        self.env.invalidate_all()
        self.assertEqual(job.approval_state, "proposed")

    def test_links_of_others_and_old_ones_are_refused_in_words(self):
        order, job = self._offered()
        stranger = self._make_order(odometer_km=42001)
        refused = self._open(order, token=stranger._portal_ensure_token())
        self.assertEqual(refused.status_code, 403)
        self.assertIn("not valid", refused.text)
        self.assertNotIn("沪T12345", refused.text)
        self.assertEqual(self._open(self.env["repair.order"].browse(999999), token="x").status_code, 403)
        self.assertEqual(self._post(order, job, "accepted", token="wrong").status_code, 403)
        self.assertEqual(self._open(order, token="wrong", suffix=f"/photo/{job.picture_ids.id}").status_code, 404)
        old = order._portal_ensure_token()
        order.with_user(self.advisor).action_renew_link()
        self.env.flush_all()
        self.assertEqual(self._open(order, token=old).status_code, 403)
        order.sudo().handed_over_on = fields.Datetime.now() - timedelta(days=400)
        self.env.flush_all()
        expired = self._open(order)
        self.assertEqual(expired.status_code, 403)
        self.assertIn("has expired", expired.text)

    def test_with_a_login(self):
        order, _job = self._offered()
        new_test_user(self.env, "lilei", "base.group_portal", partner_id=self.customer.id, password="lilei-lilei")
        new_test_user(self.env, "other", "base.group_portal", password="other-other")
        self.authenticate("lilei", "lilei-lilei")
        self.assertIn("沪T12345", self.url_open("/my/repairs").text)
        self.assertIn("Please decide", self.url_open(f"/my/repairs/{order.id}").text)
        self.authenticate("other", "other-other")
        self.assertNotIn("沪T12345", self.url_open("/my/repairs").text)
        self.assertEqual(self.url_open(f"/my/repairs/{order.id}").status_code, 403)
        self.authenticate("w_technician", "w_technician")
        page = self.url_open(f"/my/repairs/{order.id}").text
        self.assertIn("Front discs worn", page)
        self.assertNotIn("Yes, do it", page)


@tagged("post_install", "-at_install", "dealer")
class TestRepairEvents(OrderMixin, DealerWorkshopPartsCommon):
    """What the customer is told, once, where a manager wants it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "lilei@example.com"

    def _switch_on(self, *events):
        for event in events:
            self.env.ref(f"dealer_workshop.repair_event_message_{event}").active = True

    def _logs(self, order):
        return self.env["repair.event.log"].search([("order_id", "=", order.id)], order="id")

    def _send(self, logs):
        logs._send()
        return logs.mapped("state")

    def test_only_extra_work_is_told_from_the_first_day(self):
        order = self._signed()
        self.assertFalse(self._logs(order))
        job = self._propose(order)
        job.action_offer()
        job.action_offer()
        logs = self._logs(order)
        self.assertEqual(logs.mapped("event"), ["extra_work"])
        before = self.env["mail.mail"].search([])
        self.assertEqual(self._send(logs), ["sent"])
        mail = self.env["mail.mail"].search([]) - before
        self.assertIn(order.access_token, mail.body_html)
        self.assertIn(f"/my/repairs/{order.id}", mail.body_html)

    def test_every_step(self):
        self._switch_on("checked_in", "promise_moved", "ready", "handed_over")
        order = self._signed(promised_date=fields.Datetime.now()).with_user(self.advisor)
        order.promised_date = fields.Datetime.now() + timedelta(days=3)
        order.promised_date = order.promised_date
        self._make_ready(order)
        self.assertEqual(self._logs(order).mapped("event"), ["checked_in", "promise_moved", "ready"])
        self.assertEqual(self._send(self._logs(order)), ["sent", "sent", "sent"])

    def test_what_is_over_is_not_told(self):
        order = self._signed()
        job = self._propose(order)
        job.action_offer()
        self._answer(job, "accepted")
        logs = self._logs(order)
        self.assertEqual(self._send(logs), ["skipped"])
        self.assertEqual(logs.reason, "Everything is decided")

    def test_the_manager_switches_messages(self):
        message = self.env.ref("dealer_workshop.repair_event_message_ready")
        with self.assertRaises(AccessError):
            message.with_user(self.advisor).write({"active": True})
        message.with_user(self.manager).write({"active": True})
        other = self.env["mail.template"].create({"name": "x", "model_id": self.env.ref("base.model_res_partner").id})
        with self.assertRaises(ValidationError):
            message.with_user(self.manager).write({"mail_template_id": other.id})
        order = self._signed()
        self._propose(order).action_offer()
        with self.assertRaises(AccessError):
            self._logs(order).with_user(self.manager).write({"state": "sent"})

    def test_silence_costs_no_query(self):
        order = self._signed()
        order._tell_event("ready")
        with self.assertQueryCount(0):
            order._tell_event("ready")

    @mute_logger("odoo.sql_db")
    def test_told_once_in_the_database(self):
        self.env.cr.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename IN ('repair_event_log', 'dealer_job', "
            "'dealer_job_menu_price', 'repair_agreement_policy')"
        )
        names = {name for (name,) in self.env.cr.fetchall()}
        self.assertLessEqual(
            {
                "repair_event_log_once_uniq",
                "repair_event_log_due_idx",
                "dealer_job_proposed_idx",
                "dealer_job_menu_price_day_uniq",
                "repair_agreement_policy_day_uniq",
            },
            names,
        )

    def test_links_live_by_policy(self):
        policy = self.env["repair.agreement.policy"]
        today = fields.Date.today()
        self.assertEqual(policy._get_days(self.company.id, today), 180)
        policy.create({"company_id": self.company.id, "date_from": today, "days": 10})
        self.assertEqual(policy._get_days(self.company.id, today), 10)
        self.assertEqual(policy._get_days(self.company.id, today - timedelta(days=1)), 180)
        with self.assertRaises(AccessError):
            policy.with_user(self.advisor).create({"days": 1})
