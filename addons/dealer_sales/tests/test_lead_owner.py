from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import format_date, mute_logger

from ..models import crm_lead_owner
from .common import DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestLeadOwner(DealerSalesCommon):
    """Whose a customer is: the rule, two advisors, the pool (P14)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.env.ref("dealer_sales.dealer_lead_policy_common")
        cls.policy.write({"own_days": 10, "release_days": 30})

    def _take_down(self, user=None, **vals):
        """Write an enquiry down as a person does in the form."""
        vals = {"contact_name": "New Man", "phone": "+32 470 77 88 99", "type": "opportunity", **vals}
        return self.env["crm.lead"].with_user(user or self.advisor).create(vals)

    def _age(self, lead, days):
        """Let the last contact be so many days ago."""
        lead.sudo().date_last_contact = fields.Date.today() - timedelta(days=days)
        lead.env.flush_all()

    def _log(self, lead):
        return self.env["dealer.lead.owner"].search([("lead_id", "=", lead.id)])

    def _clashes(self):
        return self.env["dealer.lead.clash"].search([("company_id", "=", self.company.id)])

    # === The rule ===
    def test_days_are_counted_from_the_last_contact(self):
        with freeze_time("2026-03-01 10:00:00"):
            lead = self._take_down()
            self.assertEqual(fields.Date.to_string(lead.date_owned_until), "2026-03-11")
            self.assertEqual(fields.Date.to_string(lead.date_release), "2026-03-31")
        with freeze_time("2026-03-05 10:00:00"):
            lead._note_contact("Called")
            self.assertEqual(fields.Date.to_string(lead.date_owned_until), "2026-03-15")

    def test_the_companys_row_and_the_channels_row_come_first(self):
        source = self.env["utm.source"].create({"name": "Fair"})
        policies = self.env["dealer.lead.policy"]
        policies.create({"company_id": self.company.id, "own_days": 5, "date_from": "2000-01-01"})
        channel = {"company_id": self.company.id, "source_id": source.id, "own_days": 2, "date_from": "2000-01-01"}
        policies.create(channel)
        lead, other = self._take_down(), self._take_down(phone="+32470000001", source_id=source.id)
        today = fields.Date.today()
        self.assertEqual((lead.date_owned_until - today).days, 5)
        self.assertEqual((other.date_owned_until - today).days, 2)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            policies.create({**channel, "own_days": 3})

    def test_a_contact_is_not_in_the_future(self):
        lead = self._take_down()
        with self.assertRaises(ValidationError):
            lead.date_last_contact = fields.Date.today() + timedelta(days=5)

    # === Two advisors ===
    def test_the_first_one_keeps_the_customer_within_the_days(self):
        first = self._take_down()
        second = self._take_down(self.advisor_2, phone="0470/77.88.99", contact_name="The Same")
        self.assertEqual(second.user_id, self.advisor)
        self.assertEqual(second.taken_by_id, self.advisor_2)
        clash = self._clashes()
        self.assertRecordValues(
            clash,
            [
                {
                    "lead_id": second.id,
                    "other_lead_id": first.id,
                    "user_id": self.advisor_2.id,
                    "owner_id": self.advisor.id,
                    "matched_by": "phone",
                    "policy_id": self.policy.id,
                    "result": "kept",
                    "customer": "The Same",
                    "owned_until": first.date_owned_until,
                }
            ],
        )
        self.assertEqual(clash.winner_id, self.advisor)
        self.assertTrue(second.activity_ids.filtered(lambda task: task.user_id == self.advisor))
        # Who wrote it down still reads it, and changes it no more
        self.assertEqual(second.with_user(self.advisor_2).read(["contact_name"])[0]["contact_name"], "The Same")
        with self.assertRaises(AccessError):
            second.with_user(self.advisor_2).write({"budget": 5})
        with self.assertRaises(AccessError):
            first.with_user(self.advisor_2).read(["phone"])

    def test_after_the_days_the_second_one_takes_over(self):
        first = self._take_down()
        self._age(first, 11)
        second = self._take_down(self.advisor_2)
        self.assertEqual((first.user_id, second.user_id), (self.advisor_2, self.advisor_2))
        self.assertEqual(self._clashes().result, "taken_over")
        self.assertEqual(self._log(first).mapped("how"), ["rule", "written"])

    def test_a_live_contract_keeps_the_customer(self):
        first = self._take_down(partner_id=self.customer.id)
        self._create_contract(lead_id=first.id)
        self._age(first, 100)
        second = self._take_down(self.advisor_2, partner_id=self.customer.id, phone=False)
        self.assertEqual(second.user_id, self.advisor)
        self.assertEqual(self._clashes().matched_by, "customer")

    def test_mail_and_plate_tell_as_well(self):
        self._take_down(phone=False, email_from="Man@Example.com", trade_in_plate="浙A·12345")
        by_mail = self._take_down(self.advisor_2, phone=False, email_from="man@example.com")
        by_plate = self._take_down(self.advisor_2, phone=False, trade_in_plate="浙a 12345")
        self.assertEqual(self._clashes().sorted("id").mapped("matched_by"), ["email", "plate"])
        self.assertEqual((by_mail | by_plate).user_id, self.advisor)

    def test_a_number_added_later_meets_too(self):
        self._take_down()
        late = self._take_down(self.advisor_2, phone=False)
        self.assertEqual(late.user_id, self.advisor_2)
        late.phone = "+32470778899"
        self.assertEqual(late.sudo().user_id, self.advisor)
        self.assertEqual(len(self._clashes()), 1)

    def test_what_is_nobodys_goes_to_the_customers_advisor(self):
        self._take_down()
        lead = self._take_down(self.receptionist)
        self.assertEqual(lead.sudo().user_id, self.advisor)
        self.assertFalse(self._clashes())

    def test_another_company_and_a_lost_enquiry_do_not_meet(self):
        lost = self._take_down()
        lost.action_set_lost()
        second = self._take_down(self.advisor_2)
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._create_user("elsewhere", "dealer_sales.group_sales_advisor", other)
        third = (
            self.env["crm.lead"]
            .with_user(stranger)
            .with_context(allowed_company_ids=other.ids)
            .create({"contact_name": "New Man", "phone": "+32 470 77 88 99"})
        )
        self.assertEqual((second.user_id, third.user_id), (self.advisor_2, stranger))
        self.assertEqual(third.company_id, other)
        self.assertFalse(self.env["dealer.lead.clash"].search([]))

    def test_the_form_warns_before_saving(self):
        first = self._take_down()
        self.assertFalse(first.similar_message)
        form = Form(self.env["crm.lead"].with_user(self.advisor_2).with_context(default_type="opportunity"))
        form.phone = "0470 77 88 99"
        self.assertIn(self.advisor.name, form.similar_message)
        self.assertIn(f"keeps the customer until {format_date(self.env, first.date_owned_until)}", form.similar_message)
        self.assertFalse(form.similar_ids[:], "a colleague's enquiry is told of, not opened")

    # === A manager decides, and hands over ===
    def test_a_manager_decides_otherwise_with_a_reason(self):
        first = self._take_down()
        second = self._take_down(self.advisor_2)
        clash = self._clashes()
        decide = self.env["dealer.lead.clash.decide"]
        vals = {"clash_id": clash.id, "decision": "taken_over", "reason": "He asked for her"}
        with self.assertRaises(AccessError):
            decide.with_user(self.advisor_2).create(vals)
        with self.assertRaises(AccessError):
            clash.with_user(self.advisor_2)._decide("taken_over", "I want it")
        with self.assertRaises(UserError):
            clash.with_user(self.manager)._decide("taken_over", " ")
        decide.with_user(self.manager).create(vals).action_decide()
        self.assertEqual((first | second).user_id, self.advisor_2)
        self.assertEqual(
            (clash.decision, clash.winner_id, clash.decided_by_id), ("taken_over", self.advisor_2, self.manager)
        )
        self.assertEqual(self._log(first)[0].how, "decided")
        self.assertEqual(self._log(first)[0].reason, "He asked for her")

    def test_no_manager_decides_in_his_own_cause(self):
        self._take_down(self.manager)
        self._take_down(self.advisor_2)
        with self.assertRaises(AccessError):
            self._clashes().with_user(self.manager)._decide("kept", "Mine")
        self._clashes().with_user(self.manager_2)._decide("taken_over", "Fair")

    def test_given_to_a_colleague_with_history(self):
        lead = self._take_down()
        wizard = self.env["dealer.lead.transfer"]
        vals = {"lead_ids": lead.ids, "user_id": self.advisor_2.id, "reason": "Holiday"}
        with self.assertRaises(AccessError):
            wizard.with_user(self.advisor_2).create(vals).action_transfer()
        wizard.with_user(self.advisor).create(vals).action_transfer()
        self.assertEqual(lead.sudo().user_id, self.advisor_2)
        self.assertRecordValues(
            self._log(lead),
            [
                {"user_id": self.advisor_2.id, "how": "given", "reason": "Holiday", "by_id": self.advisor.id},
                {"user_id": self.advisor.id, "how": "written", "reason": False, "by_id": self.advisor.id},
            ],
        )

    # === The pool ===
    def test_dormant_enquiries_go_to_the_pool_and_are_taken(self):
        leads = self.env["crm.lead"].concat(*(self._take_down(phone=f"+3247000000{i}") for i in range(3)))
        sold = self._take_down(phone="+32470000009", partner_id=self.customer.id)
        self._create_contract(lead_id=sold.id)
        self._age(leads | sold, 31)
        fresh = self._take_down(phone="+32470000008")
        with self.enter_registry_test_mode(), patch.object(crm_lead_owner, "BATCH", 2):
            self.env.ref("dealer_sales.ir_cron_release_dormant").method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(leads.user_id)
        self.assertEqual(leads.company_id, self.company, "nobody's, but the company's")
        self.assertEqual((sold | fresh).user_id, self.advisor)
        self.assertEqual(set(leads.owner_log_ids.filtered(lambda line: not line.user_id).mapped("how")), {"dormant"})
        leads[0].with_user(self.advisor_2).action_take()
        self.assertEqual(leads[0].user_id, self.advisor_2)
        self.assertGreater(leads[0].date_owned_until, fields.Date.today())
        with self.assertRaises(UserError):
            leads[0].with_user(self.manager).action_take()

    # === Nothing typed ===
    def test_the_logs_are_nobodys_to_type(self):
        lead = self._take_down()
        manager = self.env(user=self.manager)
        with self.assertRaises(UserError):
            manager["dealer.lead.owner"].create({"lead_id": lead.id, "user_id": self.manager.id})
        with self.assertRaises(UserError):
            manager["dealer.lead.clash"].create(
                {"company_id": self.company.id, "user_id": 1, "owner_id": 2, "matched_by": "phone", "result": "kept"}
            )
        with self.assertRaises(AccessError):
            lead.write({"taken_by_id": self.advisor_2.id})
        forged = (
            self.env["crm.lead"]
            .with_user(self.advisor)
            .with_context(default_taken_by_id=self.advisor_2.id, default_has_consent=True, dealer_merging=True)
        )
        made = forged.create({"contact_name": "Forged", "phone": "+32470999999"})
        self.assertFalse(made.taken_by_id or made.has_consent)

    # === One of several ===
    def test_merging_keeps_what_hangs_on_them(self):
        first = self._take_down(budget=20000)
        party = self.env["dealer.traffic"].create({"site_id": self.site.id, "lead_id": first.id})
        contract = self._create_contract(lead_id=first.id)
        second = self._take_down(wanted_series_ids=self.series.ids, intent_level_id=1)
        second.sudo().adf_key = "portal|1"
        self.assertEqual(second.similar_ids, first)
        action = second.action_merge_similar()
        merged = self.env["crm.lead"].browse(action["res_id"])
        self.assertEqual((first | second).exists(), merged)
        self.assertEqual((party.lead_id, contract.sudo().lead_id), (merged, merged))
        self.assertEqual(merged.budget, 20000)
        self.assertEqual(merged.wanted_series_ids, self.series)
        self.assertEqual(merged.adf_key, "portal|1", "sent again it is still known")
        with self.assertRaises(UserError):
            merged.with_user(self.advisor).action_merge_similar()

    # === Speed ===
    def test_each_way_to_find_has_an_index(self):
        self.cr.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'crm_lead'")
        found = " ".join(row[0] for row in self.cr.fetchall())
        for column in ("(phone_key)", "(plate_key)", "(email_normalized)", "(partner_id)", "(date_release)"):
            self.assertIn(column, found)

    def test_finding_takes_as_many_queries_for_fifty_as_for_one(self):
        leads = self.env["crm.lead"].concat(*(self._take_down(phone=f"+32471{i:06d}") for i in range(50)))
        twins = self.env["crm.lead"].concat(*(self._take_down(phone=f"+32471{i:06d}") for i in range(50)))

        def count(some):
            self.env.invalidate_all()
            with self.assertQueryCount(50) as _counter:
                before = self.cr.sql_log_count
                some._find_similar()
                return self.cr.sql_log_count - before

        self.assertEqual(len(leads._find_similar()), 50)
        self.assertLessEqual(count(twins), count(twins[0]) + 2)
