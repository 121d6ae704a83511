from odoo.tests import HttpCase, tagged

from .common import DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestLeadWeb(DealerSalesCommon, HttpCase):
    """The public page on which a visitor asks for a car."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site.write({"name": "Shop in Town", "takes_web_enquiries": True})
        cls.good = {
            "name": "Web Visitor",
            "phone": "+32 470 22 33 44",
            "email": "visitor@example.com",
            "wish": "A blue one\nsoon",
            "consent": "1",
            "site": str(cls.site.id),
            "series": str(cls.series.id),
        }

    def _send(self, follow=True, token=True, **changes):
        """Send the form as a browser does."""
        self.authenticate(None, None)
        data = {**self.good, **changes}
        if token:
            page = self.url_open("/dealer/enquiry").text
            data["csrf_token"] = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        return self.url_open("/dealer/enquiry/send", data=data, allow_redirects=follow)

    def _leads(self):
        return self.env["crm.lead"].search([("has_consent", "=", True), ("company_id", "=", self.company.id)])

    def test_the_page_shows_sites_and_series(self):
        page = self.url_open(f"/dealer/enquiry?series={self.series.id}")
        self.assertEqual(page.status_code, 200)
        self.assertIn("Shop in Town", page.text)
        self.assertIn(self.series.display_name, page.text)
        for name in ("csrf_token", "site", "series", "name", "phone", "email", "wish", "consent"):
            self.assertIn(f'name="{name}"', page.text)
        # Where the house has a captcha the route asks for its answer, which the browser gives for forms of this mark
        self.assertIn('data-captcha="dealer_enquiry"', page.text)
        self.site.takes_web_enquiries = False
        self.assertNotIn("Shop in Town", self.url_open("/dealer/enquiry").text)

    def test_an_enquiry_comes_in(self):
        answer = self._send()
        self.assertTrue(answer.url.endswith("/dealer/enquiry/thanks"), answer.url)
        self.assertRecordValues(
            self._leads(),
            [
                {
                    "contact_name": "Web Visitor",
                    "phone": "+32 470 22 33 44",
                    "email_from": "visitor@example.com",
                    "wanted_series_ids": self.series.ids,
                    "site_id": self.site.id,
                    "user_id": False,
                    "type": "opportunity",
                    "source_id": self.env.ref("dealer_sales.utm_source_web_form").id,
                }
            ],
        )
        self.assertTrue(self._leads().date_consent)

    def test_the_same_person_within_a_day_is_a_note(self):
        self._send()
        self._send(phone="0470/22.33.44", email="", wish="And a red one")
        lead = self._leads()
        self.assertEqual(len(lead), 1)
        self.assertIn("And a red one", " ".join(str(message.body) for message in lead.message_ids))

    def test_a_known_customer_goes_to_his_advisor(self):
        self.env["crm.lead"].with_user(self.advisor).create({"contact_name": "V", "phone": "+32470223344"})
        self._send()
        self.assertEqual(self._leads().user_id, self.advisor)

    def test_text_of_strangers_stays_text(self):
        self._send(name="<script>alert(1)</script>", wish="<img src=x onerror=alert(1)>")
        lead = self._leads()
        self.assertNotIn("<img", lead.description)
        self.assertIn("&lt;img", lead.description)
        page = self._send(name="<script>alert(2)</script>", consent="")
        self.assertNotIn("<script>alert(2)", page.text)
        self.assertIn("Without your consent", page.text)

    def test_what_is_missing_is_said_and_nothing_typed_is_lost(self):
        for changes, words in (
            ({"name": ""}, "tell us your name"),
            ({"phone": "", "email": ""}, "leave a phone number"),
            ({"phone": "12"}, "no whole phone number"),
            ({"email": "nonsense"}, "no e-mail address"),
            ({"wish": "x" * 2001}, "write less"),
            ({"site": "999999999"}, "choose where"),
            ({"site": "1 OR 1=1"}, "choose where"),
        ):
            with self.subTest(words):
                page = self._send(**changes)
                self.assertIn(words, page.text)
                if "name" not in changes:
                    self.assertIn("Web Visitor", page.text)
        self.assertFalse(self._leads())

    def test_machines_get_nowhere(self):
        answer = self._send(homepage="https://spam.example.com")
        self.assertTrue(answer.url.endswith("/dealer/enquiry/thanks"))
        self.assertFalse(self._leads())
        refused = self._send(token=False)
        self.assertEqual(refused.status_code, 400, "no token of the session, no enquiry")
        self.assertFalse(self._leads())

    def test_one_address_sends_so_many_in_an_hour(self):
        self.company.web_enquiry_limit = 2
        for number in range(2):
            self._send(phone=f"+3247022330{number}", email="")
        answer = self._send(phone="+32470223309", email="")
        self.assertEqual(answer.status_code, 429)
        self.assertIn("several times already", answer.text)
        self.assertEqual(len(self._leads()), 2)
        attempts = self.env["dealer.lead.web.attempt"].search([("company_id", "=", self.company.id)])
        self.assertEqual(len(attempts), 2)
        self.assertNotIn("127.0.0.1", attempts[0].address, "no address is kept")
        self.company.web_enquiry_limit = 0
        self.assertIn("choose where", self._send().text, "closed")

    def test_in_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"].search([("name", "=", "dealer_sales")])._update_translations(["zh_CN"])
        page = self.url_open("/zh_CN/dealer/enquiry")
        self.assertIn("您的姓名", page.text)
