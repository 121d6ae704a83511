from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestCrmLead(DealerSalesCommon):
    def test_phone_finds_the_known_customer(self):
        self.company.country_id = self.env.ref("base.be")
        self.customer.phone = "+32 470 12 34 56"
        leads = self.env["crm.lead"].with_user(self.receptionist)
        lead = leads.create({"name": "Call", "phone": "0470123456"})
        self.assertEqual(lead.partner_id, self.customer)
        unknown = leads.create({"name": "Call", "phone": "0470999999"})
        self.assertFalse(unknown.partner_id)
        form = Form(leads.with_context(default_type="opportunity"))
        form.phone = "0470 12 34 56"
        self.assertEqual(form.partner_id, self.customer)

    def test_a_number_typed_in_a_customer_field_finds_the_customer(self):
        self.customer.phone = "+86 138 1234 9876"
        partners = self.env["res.partner"].with_user(self.advisor)
        found = [name_id for name_id, _name in partners.name_search("13812349876")]
        self.assertEqual(found, self.customer.ids)
        self.assertFalse(partners.name_search("13812340000"))

    def test_a_plate_typed_in_a_customer_field_finds_the_owner(self):
        self.car.owner_id = self.customer
        self.env["dealer.vehicle.plate"].create({"vehicle_id": self.car.id, "plate": "1-ABC-234"})
        partners = self.env["res.partner"].with_user(self.advisor)
        for text in ("1abc234", "1-ABC-234", self.car.vin[-8:]):
            self.assertEqual([name_id for name_id, _name in partners.name_search(text)], self.customer.ids, text)
        self.assertFalse(partners.name_search("9zzz999"))

    @freeze_time("2026-03-01 10:00:00")
    def test_next_contact_follows_the_intent_level(self):
        lead = (
            self.env["crm.lead"]
            .with_user(self.advisor)
            .create(
                {
                    "name": "Walk-in",
                    "intent_level_id": self.env.ref("dealer_sales.dealer_intent_level_h").id,
                    "date_last_contact": "2026-03-01",
                }
            )
        )
        self.assertEqual(lead.date_next_contact, date(2026, 3, 8))
        lead.intent_level_id = self.env.ref("dealer_sales.dealer_intent_level_c")
        self.assertEqual(lead.date_next_contact, date(2026, 5, 30))
        lead.date_next_contact = "2026-03-02"
        self.assertEqual(lead.date_next_contact, date(2026, 3, 2))

    def test_contract_of_an_enquiry(self):
        lead = (
            self.env["crm.lead"]
            .with_user(self.advisor)
            .create({"name": "Walk-in", "type": "opportunity", "contact_name": "New Man", "phone": "+32470777777"})
        )
        action = lead.action_new_contract()
        self.assertEqual(lead.partner_id.name, "New Man")
        form = Form(self.env["dealer.contract"].with_user(self.advisor).with_context(**action["context"]))
        form.product_id = self.trim
        contract = form.save()
        self.assertEqual(contract.lead_id, lead)
        self.assertEqual(contract.sale_order_id.opportunity_id, lead)
        self.assertEqual(lead.contract_count, 1)

    def test_reception_gives_enquiries_away(self):
        leads = self.env["crm.lead"].with_user(self.receptionist)
        self.assertFalse(leads.create({"name": "Whoever is free"}).user_id)
        lead = leads.create({"name": "Asked for her", "user_id": self.advisor_2.id})
        self.assertEqual(lead.read(["name"])[0]["name"], "Asked for her", "she sees what she gave away")
        self.assertIn(lead.with_user(self.advisor_2), leads.with_user(self.advisor_2).search([]))
        with self.assertRaises(AccessError):
            lead.write({"name": "Changed later"})

    def test_a_cancelled_contract_leaves_the_enquiry_open(self):
        lead = self.env["crm.lead"].create({"name": "Second try", "partner_id": self.customer.id})
        contract = self._create_contract(lead_id=lead.id)
        self.assertTrue(lead.has_live_contract)
        contract.with_user(self.manager).action_cancel("Another trim")
        self.assertEqual((lead.has_live_contract, lead.contract_count), (False, 1))
        self.assertEqual(lead.action_view_contracts()["context"]["default_partner_id"], self.customer.id)

    def test_cars_of_the_customer(self):
        self.car.owner_id = self.customer
        lead = self.env["crm.lead"].create({"name": "x", "partner_id": self.customer.id})
        self.assertEqual(lead.customer_vehicle_ids, self.car)
