from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestDealerTraffic(DealerSalesCommon):
    """P13: parties are counted before there is a phone number; rates, and what was lost to whom."""

    def party(self, user=None, **values):
        return self.env["dealer.traffic"].with_user(user or self.receptionist).create(values)

    def test_a_party_becomes_an_enquiry(self):
        party = self.party(people_count=3, user_id=self.advisor.id)
        self.assertEqual(party.site_id, self.site)
        action = party.action_take_down()
        Lead = self.env["crm.lead"].with_user(self.advisor).with_context(**action["context"])
        with Form(Lead) as form:
            form.contact_name, form.phone = "Family in a hurry", "+32470999999"
        lead = form.record
        self.assertEqual((party.lead_id, lead.user_id, party.capture_rate), (lead, self.advisor, 100.0))
        self.assertEqual(party.action_take_down()["res_id"], lead.id, "taken down once")

    def test_reception_takes_down_for_whoever_is_free(self):
        party = self.party()
        action = party.action_take_down()
        Lead = self.env["crm.lead"].with_user(self.receptionist).with_context(**action["context"])
        lead = Lead.create({"name": "Whoever is free"})
        self.assertEqual((party.lead_id, lead.user_id.id), (lead, False))

    def test_who_comes_again_is_found_by_phone_and_is_a_contact(self):
        lead = (
            self.env["crm.lead"]
            .with_user(self.advisor)
            .create({"contact_name": "Came Before", "phone": "+32 470 99 88 77", "date_last_contact": "2026-01-01"})
        )
        leads = self.env["crm.lead"].with_user(self.receptionist)
        self.assertEqual([name_id for name_id, _name in leads.name_search("0470998877")], lead.ids)
        party = self.party(kind="again")
        party.lead_id = lead
        self.assertEqual(lead.date_last_contact, fields.Date.today())
        self.party(lead_id=lead.id, date="2026-02-01 10:00:00")
        self.assertEqual(lead.date_last_contact, fields.Date.today(), "an older visit counts back nothing")

    def test_rates_of_any_group(self):
        lead = self.env["crm.lead"].create({"name": "Known", "company_id": self.company.id})
        self.party(kind="first", lead_id=lead.id, user_id=self.advisor.id, has_test_drive=True)
        self.party(kind="again", user_id=self.advisor.id)
        self.party(kind="first", user_id=self.advisor_2.id)
        for advisor in (self.advisor, self.advisor_2):
            # Other business is in the count of parties, and in no rate.
            self.party(kind="other", lead_id=lead.id, user_id=advisor.id, has_test_drive=True)
        self.party(kind="other", user_id=self.fni.id)
        Traffic = self.env["dealer.traffic"].with_user(self.manager)
        domain = [("user_id", "in", (self.advisor | self.advisor_2 | self.fni).ids)]
        rates = ["capture_rate:avg", "again_rate:avg", "test_drive_rate:avg"]
        rows = {row[0]: row[1:] for row in Traffic._read_group(domain, ["user_id"], ["__count", *rates])}
        self.assertEqual(rows[self.advisor], (3, 50.0, 50.0, 50.0))
        self.assertEqual(rows[self.advisor_2], (2, 0.0, 0.0, 0.0))
        self.assertFalse(any(rows[self.fni][1:]), "nobody to count")
        [total] = Traffic.formatted_read_group(domain, [], rates)
        self.assertAlmostEqual(total["capture_rate:avg"], 100 / 3)

    def test_left_once(self):
        party = self.party(date=fields.Datetime.now() - timedelta(hours=1))
        party.action_leave()
        left = party.date_left
        self.assertTrue(left)
        party.date_left = left - timedelta(minutes=5)
        party.action_leave()
        self.assertEqual(party.date_left, left - timedelta(minutes=5))

    def test_impossible_parties(self):
        for values in ({"people_count": 0}, {"date_left": fields.Datetime.now() - timedelta(days=1)}):
            with self.subTest(**values), mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                with self.env.cr.savepoint():
                    self.party(**values).flush_recordset()

    def test_who_may(self):
        party = self.party()
        with self.assertRaises(AccessError):
            party.with_user(self.fni).write({"note": "x"})
        with self.assertRaises(AccessError):
            party.with_user(self.advisor).unlink()
        with self.assertRaises(AccessError):
            party.with_user(self.stock_keeper).read(["note"])
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._create_user("sales_stranger", "dealer_sales.group_sales_advisor", company=other)
        elsewhere = self.env["dealer.traffic"].with_user(stranger).with_context(allowed_company_ids=other.ids)
        self.assertFalse(elsewhere.search([("id", "=", party.id)]))

    def test_lost_to_a_rival(self):
        lead = self.env["crm.lead"].with_user(self.advisor).create({"name": "Lost one", "type": "opportunity"})
        wizard = (
            self.env["crm.lead.lost"].with_user(self.advisor).create({"lead_ids": lead.ids, "lost_to": " BYD Song "})
        )
        wizard.action_lost_reason_apply()
        self.assertEqual((lead.lost_to, lead.won_status), ("BYD Song", "lost"))
