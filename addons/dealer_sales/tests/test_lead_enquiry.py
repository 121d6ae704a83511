from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestLeadEnquiry(DealerSalesCommon):
    """The enquiry as an advisor writes it down: phone first, the rest follows."""

    def _form(self, user=None, **context):
        leads = self.env["crm.lead"].with_user(user or self.advisor)
        return Form(leads.with_context(default_type="opportunity", **context))

    def test_our_form_is_the_form(self):
        view_id = self.env["crm.lead"].with_user(self.advisor).get_view(view_type="form")["id"]
        self.assertEqual(view_id, self.env.ref("dealer_sales.crm_lead_view_form_enquiry").id)

    def test_a_known_customer_appears_with_what_is_known(self):
        self.car.owner_id = self.customer
        old = self.env["crm.lead"].create({"name": "Old", "partner_id": self.customer.id, "user_id": self.advisor.id})
        self.env["dealer.traffic"].create({"site_id": self.site.id, "lead_id": old.id})
        self._create_signed(lead_id=old.id)
        self.assertEqual(old.won_status, "won", "signed")
        form = self._form()
        form.phone = "0470 12 34 56"
        self.assertEqual(form.partner_id, self.customer)
        for words in (self.car.display_name, "Contracts signed: 1", "Showroom visits: 1", "Earlier enquiries: 1"):
            self.assertIn(words, form.customer_summary)

    def test_a_number_is_enough_and_nothing_is_too_little(self):
        with self.assertRaisesRegex(AssertionError, "phone is a required field"):
            self._form().save()
        form = self._form()
        form.phone = "0470 99 88 77"
        lead = form.save()
        self.assertIn("99 88 77", lead.name)
        form = self._form()
        form.phone = "0470 99 88 66"
        form.contact_name = "Anna"
        self.assertEqual(form.save().name, "Anna", "a name is better than a number")

    def test_a_cancelled_contract_opens_the_enquiry_again(self):
        lead = self.env["crm.lead"].create({"name": "x", "partner_id": self.customer.id, "user_id": self.advisor.id})
        contract = self._create_signed(lead_id=lead.id)
        self.assertEqual(lead.won_status, "won")
        contract.with_user(self.manager).action_cancel("Money")
        self.assertEqual((lead.won_status, lead.active), ("pending", True))

    def test_a_new_one_is_created_with_few_words(self):
        level = self.env.ref("dealer_sales.dealer_intent_level_h")
        form = self._form()
        form.phone = "+32 470 55 66 77"
        form.contact_name = "New Woman"
        form.wanted_series_ids.add(self.series)
        form.budget = 25000
        form.intent_level_id = level
        lead = form.save()
        self.assertEqual(lead.name, "New Woman · One")
        self.assertEqual(lead.user_id, self.advisor)
        self.assertEqual(lead.date_next_contact, fields.Date.today() + timedelta(days=7))
        self.assertEqual(lead.company_id, self.company)
        self.assertEqual(self.env["crm.lead"].with_user(self.advisor).create({"type": "opportunity"}).name, "Visitor")

    def test_from_the_party_at_the_door(self):
        party = self.env["dealer.traffic"].with_user(self.receptionist).create({"user_id": self.advisor.id})
        action = party.action_take_down()
        form = Form(self.env["crm.lead"].with_user(self.receptionist).with_context(**action["context"]))
        form.phone = "+32470556677"
        form.contact_name = "Walk In"
        lead = form.save()
        self.assertEqual(party.lead_id, lead)
        self.assertEqual((lead.sudo().user_id, lead.sudo().site_id), (self.advisor, party.site_id))

    def test_compare_takes_the_wanted_trims(self):
        lead = (
            self.env["crm.lead"]
            .with_user(self.advisor)
            .create(
                {
                    "contact_name": "Chooser",
                    "wanted_series_ids": self.series.ids,
                    "wanted_trim_ids": (self.trim | self.other_trim).product_tmpl_id.ids,
                }
            )
        )
        action = lead.action_compare()
        comparison = self.env["dealer.trim.comparison"].browse(action["res_id"])
        self.assertEqual(comparison.trim_ids, (self.trim | self.other_trim).product_tmpl_id)
        lead.wanted_trim_ids = False
        comparison = self.env["dealer.trim.comparison"].browse(lead.action_compare()["res_id"])
        self.assertEqual(len(comparison.trim_ids), 2)

    def test_a_test_drive_belongs_to_its_enquiry(self):
        lead = (
            self.env["crm.lead"]
            .with_user(self.advisor)
            .create({"contact_name": "Driver", "phone": "+32470556677", "date_last_contact": "2026-01-01"})
        )
        self.env["dealer.traffic"].create({"site_id": self.site.id, "lead_id": lead.id})
        action = lead.action_test_drive()
        self.assertEqual(lead.partner_id.name, "Driver")
        values = {"vehicle_id": self.car.id, "date_from": "2030-01-01 10:00:00", "date_to": "2030-01-01 11:00:00"}
        self.car.action_put_into_service() if hasattr(self.car, "action_put_into_service") else None
        booking = (
            self.env["dealer.vehicle.booking"].with_user(self.manager).with_context(**action["context"]).create(values)
        )
        self.assertEqual((booking.lead_id, booking.partner_id), (lead, lead.partner_id))
        self.assertEqual(lead.date_last_contact, fields.Date.today())
        self.assertEqual(lead.booking_count, 1)
        self.assertEqual(lead.action_view_bookings()["domain"], [("lead_id", "=", lead.id)])

    def test_a_contact_is_noted_with_what_comes_next(self):
        lead = (
            self.env["crm.lead"]
            .with_user(self.advisor)
            .create({"contact_name": "Talker", "phone": "+32470556677", "date_last_contact": "2026-01-01"})
        )
        wizard = self.env["dealer.lead.contact"].with_user(self.advisor)
        with Form(wizard.with_context(default_lead_id=lead.id)) as form:
            form.note = "Decides <b>tomorrow</b>"
            form.intent_level_id = self.env.ref("dealer_sales.dealer_intent_level_a")
        form.record.action_note()
        self.assertEqual(lead.date_last_contact, fields.Date.today())
        self.assertEqual(lead.date_next_contact, fields.Date.today() + timedelta(days=15))
        body = str(lead.message_ids[:1].body)
        self.assertIn("Call: Decides &lt;b&gt;tomorrow", body)
        with self.assertRaises(AccessError):
            lead.with_user(self.advisor_2)._note_contact("not mine")

    def test_a_nameless_enquiry_makes_no_customer(self):
        lead = self.env["crm.lead"].with_user(self.advisor).create({"phone": "+32470556677"})
        with self.assertRaises(UserError):
            lead.action_test_drive()
        with self.assertRaises(UserError):
            lead.action_view_customer()

    def test_the_list_takes_as_many_queries_for_fifty_as_for_one(self):
        partners = self.env["res.partner"].create([{"name": f"P{i}"} for i in range(50)])
        leads = self.env["crm.lead"].create(
            [{"name": f"L{i}", "partner_id": p.id, "user_id": self.advisor.id} for i, p in enumerate(partners)]
        )
        names = ["customer_summary", "similar_message", "booking_count", "desking_quote_count", "clash_count"]

        def count(some):
            self.env.invalidate_all()
            self.env.flush_all()
            before = self.cr.sql_log_count
            some.with_user(self.manager).read(names)
            return self.cr.sql_log_count - before

        count(leads[:1])
        self.assertLessEqual(count(leads), count(leads[:1]) + 2)
