import base64
import re
from email.message import EmailMessage
from html import escape

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DealerSalesCommon
from .test_adf import BOMB, PORTAL

REQUESTED = re.compile(r"<requestdate>.*?</requestdate>", re.DOTALL)
COMMENTS = re.compile(r"<comments>.*?</comments>", re.DOTALL)


@tagged("post_install", "-at_install", "dealer")
class TestCrmLeadAdf(DealerSalesCommon):
    """Mails of portals as they arrive at the alias of the sales team."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        honda = cls.env["fleet.vehicle.model.brand"].create({"name": "Honda Test"})
        cls.crv = cls.env["fleet.vehicle.model"].create({"name": "CR-V", "brand_id": honda.id})
        cls.portal_lead = PORTAL.replace("<make>Honda</make>", "<make>Honda Test</make>")

    def _mail(self, text="", html=None, adf=None, subject="New lead", number=1, mimetype="application/x-adf+xml"):
        """Deliver a mail to the gateway as a mail server does.

        :return: ``crm.lead`` it was posted on
        """
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "leads@portal.example.com", "sales@shop.example.com", subject
        mail["Message-ID"] = f"<{number}.{self._testMethodName}@portal.example.com>"
        mail.set_content(text or "see below")
        if html:
            mail.add_alternative(html, subtype="html")
        if adf:
            main, sub = mimetype.split("/")
            mail.add_attachment(
                adf.encode() if isinstance(adf, str) else adf, maintype=main, subtype=sub, filename="l.xml"
            )
        threads = self.env["mail.thread"].with_context(mail_notify_author=False)
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            lead_id = threads.message_process(
                "crm.lead", mail.as_bytes(), custom_values={"company_id": self.company.id}
            )
        return self.env["crm.lead"].browse(lead_id)

    def _texts(self, lead):
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "crm.lead"), ("res_id", "=", lead.id), ("name", "=", "lead.adf.txt")]
        )
        return [base64.b64decode(file.datas).decode() for file in files]

    def test_nobody_else_delivers_mail(self):
        """A program calls the method of the gateway, with values that reach other records."""
        order = self._create_contract().sudo().sale_order_id
        mail = {"body": "", "attachments": [("l.xml", self.portal_lead)]}
        values = {"company_id": self.company.id, "order_ids": [Command.update(order.id, {"client_order_ref": "mine"})]}
        for user in (self.stock_keeper, self.receptionist, self.advisor_2):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.env["crm.lead"].with_user(user).message_new(mail, values)
            self.assertFalse(order.client_order_ref)

    def assertIsThePortalsLead(self, lead):
        self.assertRecordValues(
            lead,
            [
                {
                    "name": "Fang Wang · 2026 Honda Test CR-V EX",
                    "type": "opportunity",
                    "contact_name": "Fang Wang",
                    "phone": "+86 138 0013 8000",
                    "email_from": "fang.wang@example.com",
                    "city": "Hangzhou",
                    "wanted_text": "2026 Honda Test CR-V EX",
                    "budget": 186900.0,
                    "trade_in_wish": "2019 Volkswagen Lavida, LSVAA4187E2184399, 87500 km",
                    "adf_provider": "CarPortal",
                    "adf_number": "PL-77120",
                    "adf_problem": False,
                    "company_id": self.company.id,
                    "user_id": False,
                }
            ],
        )
        self.assertEqual(lead.country_id.code, "CN")
        self.assertEqual(lead.source_id.name, "CarPortal")
        self.assertEqual(lead.wanted_series_ids, self.crv)
        self.assertIn("Is blue there", lead.description)
        self.assertEqual(len(self._texts(lead)), 1)
        self.assertIn("PL-77120", self._texts(lead)[0])

    def test_in_a_plain_mail(self):
        self.assertIsThePortalsLead(self._mail(f"Dear dealer,\n\n{self.portal_lead}\n\n-- \nCarPortal"))

    def test_in_an_html_mail(self):
        shown = (
            self.portal_lead.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br/>\n")
        )
        self.assertIsThePortalsLead(self._mail(html=f"<html><body><p>A lead</p><pre>{shown}</pre></body></html>"))

    def test_as_an_attachment(self):
        self.assertIsThePortalsLead(self._mail("A lead for you", adf=self.portal_lead))

    def test_as_an_attachment_in_chinese_encoding(self):
        text = self.portal_lead.replace("Wang</name>", "王</name>").replace("Fang</name>", "芳</name>")
        lead = self._mail(adf=text.encode("gb18030"), mimetype="application/octet-stream")
        self.assertEqual(lead.contact_name, "芳 王")

    def test_twice_is_one_lead(self):
        lead = self._mail(adf=self.portal_lead, number=1)
        before = len(lead.message_ids)
        self.assertEqual(self._mail(self.portal_lead, number=2), lead)
        self.assertGreater(len(lead.message_ids), before, "the second mail is on the same enquiry")
        lead.action_set_lost()
        self.assertEqual(self._mail(adf=self.portal_lead, number=3), lead)
        self.assertEqual(
            self.env["crm.lead"].with_context(active_test=False).search_count([("adf_number", "=", "PL-77120")]), 1
        )

    def test_the_database_refuses_the_second(self):
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'crm_lead_adf_key_uniq'")
        self.assertIn("UNIQUE", self.env.cr.fetchone()[0])

    def test_several_prospects_are_several_enquiries(self):
        second = self.portal_lead.replace("PL-77120", "PL-77121")
        self._mail(adf=self.portal_lead + second)
        leads = self.env["crm.lead"].search([("adf_number", "in", ("PL-77120", "PL-77121"))])
        self.assertEqual(len(leads), 2)

    def test_known_customer(self):
        partner = self.env["res.partner"].create({"name": "Wang Fang", "phone": "138 0013 8000"})
        self.assertEqual(self._mail(adf=self.portal_lead).partner_id, partner)

    def test_known_by_mail(self):
        partner = self.env["res.partner"].create({"name": "Wang Fang", "email": "Fang.Wang@example.com"})
        self.assertEqual(self._mail(adf=self.portal_lead).partner_id, partner)

    def test_hostile_and_broken_ones_are_kept(self):
        for number, (text, reason) in enumerate(
            (
                (BOMB, "document type"),
                ("<adf><prospect></prospect></adf>", "could be found"),
                ("<adf>half a le", "could be found"),
            )
        ):
            with self.subTest(text[:30]):
                lead = self._mail("Please call", adf=text, subject=f"Lead {number}", number=number)
                self.assertEqual(lead.name, f"Lead {number}")
                self.assertIn(reason, lead.adf_problem)
                self.assertEqual(self._texts(lead), [text])
                self.assertTrue(any("could not be read" in str(message.body) for message in lead.message_ids))

    def test_broken_dates_lose_nothing_else(self):
        for number, text in enumerate(("2020-13-45T99:99", "yesterday", "0000-00-00", "2026-02-30T10:00:00+99:99", "")):
            with self.subTest(text):
                lead_text = REQUESTED.sub(f"<requestdate>{text}</requestdate>", self.portal_lead)
                lead = self._mail(adf=lead_text.replace("PL-77120", f"PL-9{number}"), number=number)
                self.assertFalse(lead.adf_requested)
                self.assertEqual((lead.contact_name, lead.adf_problem), ("Fang Wang", False))

    def test_markup_of_a_stranger_is_shown_as_text_or_not_at_all(self):
        evil = "<![CDATA[<script>alert(1)</script><img src=x onerror=alert(2)> Is blue there]]>"
        text = COMMENTS.sub(f"<comments>{evil}</comments>", self.portal_lead, count=1)
        html = f"<html><body><script>alert(3)</script><pre onclick='alert(4)'>{escape(text)}</pre></body></html>"
        for number, mail in enumerate(({"adf": text}, {"html": html})):
            with self.subTest(number):
                lead = self._mail(number=number, **mail)
                self.assertEqual(lead.contact_name, "Fang Wang")
                shown = f"{lead.description} {lead.name} {' '.join(str(m.body) for m in lead.message_ids)}"
                self.assertNotRegex(shown, r"<script|<img|<[^>]*\son[a-z]+=")

    def test_an_enquiry_of_a_known_customer_goes_to_his_advisor(self):
        mine = self.env["crm.lead"].with_user(self.advisor).create({"contact_name": "Wang", "phone": "13800138000"})
        lead = self._mail(adf=self.portal_lead)
        self.assertEqual(lead.user_id, self.advisor)
        self.assertEqual(lead.similar_ids, mine)

    def test_a_mail_without_adf_is_cores(self):
        lead = self._mail("What does the ADF cost?", subject="Question")
        self.assertEqual((lead.name, lead.adf_key, lead.adf_problem), ("Question", False, False))
        self.assertFalse(self._texts(lead))

    def test_what_the_sender_wrote_is_not_typed(self):
        lead = self._mail(adf=self.portal_lead)
        lead.user_id = self.advisor
        for name in ("adf_key", "adf_provider", "adf_number", "adf_problem"):
            with self.subTest(name), self.assertRaisesRegex(AccessError, "cannot be typed"):
                lead.with_user(self.advisor).write({name: "x"})
        lead.with_user(self.advisor).write({"trade_in_wish": "none", "wanted_text": "a blue one"})
        leads = self.env["crm.lead"].with_user(self.advisor).with_context(default_adf_key="x", default_adf_number="1")
        made = leads.create({"name": "Visit"})
        self.assertEqual((made.adf_key, made.adf_number), (False, False))
