from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..models import dealer_customer_score
from .common import DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestCustomer(DealerSalesCommon):
    """The customer's page, reasons to write, scores and the funnel."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.segments = {
            segment.kind: segment
            for segment in cls.env["dealer.care.segment"].search([("company_id", "=", cls.company.id)])
        }

    def _know(self, partners):
        """Let the company know people: each asked for a car once."""
        self.env["crm.lead"].create(
            [{"name": p.name, "partner_id": p.id, "company_id": self.company.id} for p in partners]
        )

    def _customers(self, kind):
        return self.env["res.partner"].search(self.segments[kind]._get_recipients_domain())

    def _handed_over(self, partner=None, days=0, price=20000.0, lead=None):
        """Put a contract handed over so many days ago into the books; how it gets there is others' test."""
        contract = self._create_signed(partner_id=(partner or self.customer).id, lead_id=lead.id if lead else False)
        date = fields.Datetime.now() - timedelta(days=days)
        self.env["dealer.delivery"].sudo().create(
            {"contract_id": contract.id, "vehicle_id": self.car.id, "state": "done", "date_done": date}
        )
        return contract

    def _score(self):
        with self.enter_registry_test_mode(), patch.object(dealer_customer_score, "BATCH", 2):
            self.env.ref("dealer_sales.ir_cron_score_customers").method_direct_trigger()
        self.env.invalidate_all()

    # === The page ===
    def test_numbers_by_right(self):
        lead = self.env["crm.lead"].with_user(self.advisor).create({"name": "x", "partner_id": self.customer.id})
        self._create_contract(lead_id=lead.id)
        self.assertEqual(self.customer.with_user(self.advisor).dealer_lead_count, 1)
        self.assertEqual(self.customer.with_user(self.advisor).dealer_contract_count, 1)
        self.assertEqual(
            self.customer.with_user(self.advisor_2).dealer_contract_count, 0, "a colleague's is not counted"
        )
        self.assertEqual(self.customer.with_user(self.manager).dealer_contract_count, 1)
        self.assertEqual(self.customer.with_user(self.stock_keeper).dealer_lead_count, 0, "no right, no number")
        action = self.customer.with_context(dealer_counted="dealer_contract_count").action_open_dealer_records()
        self.assertEqual(action["res_model"], "dealer.contract")
        forged = self.customer.with_context(dealer_counted="password").action_open_dealer_records()
        self.assertEqual(forged["res_model"], "crm.lead")

    def test_money_still_to_pay(self):
        contract = self._create_signed()
        self.assertEqual(self.customer.with_user(self.advisor).dealer_amount_open, contract.amount_open)
        self.assertGreater(contract.amount_open, 0)
        self.assertEqual(self.customer.with_user(self.advisor_2).dealer_amount_open, 0)

    def test_the_birthday_is_not_for_everybody(self):
        self.customer.birthdate = "1980-02-29"
        self.assertEqual(self.customer.birthday_key, 229)
        with self.assertRaises(AccessError):
            self.customer.with_user(self.stock_keeper).read(["birthdate"])
        self.assertTrue(self.customer.with_user(self.advisor).read(["birthdate"]))

    def test_the_page_opens_for_each_role(self):
        for user in (self.advisor, self.manager, self.fni, self.receptionist, self.stock_keeper):
            with self.subTest(user.login):
                Form(self.customer.with_user(user))

    def test_the_list_takes_as_many_queries_for_fifty_as_for_one(self):
        partners = self.env["res.partner"].create([{"name": f"P{i}"} for i in range(50)])
        names = ["dealer_lead_count", "dealer_contract_count", "date_last_seen", "dealer_booking_count"]

        def count(some):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            some.with_user(self.manager).read(names)
            return self.cr.sql_log_count - before

        count(partners[:1])
        self.assertLessEqual(count(partners), count(partners[:1]) + 2)

    # === Reasons to write ===
    def test_every_company_has_its_segments(self):
        self.assertEqual(set(self.segments), {"birthday", "anniversary", "insurance", "unseen"})
        other = self.env["res.company"].create({"name": "Another"})
        self.assertEqual(self.env["dealer.care.segment"].search_count([("company_id", "=", other.id)]), 4)
        self.env["dealer.care.segment"]._set_up(other)
        self.assertEqual(self.env["dealer.care.segment"].search_count([("company_id", "=", other.id)]), 4)
        saved = self.segments["birthday"].filter_id
        self.assertEqual(saved.mailing_domain, str([("care_segment_ids", "in", self.segments["birthday"].ids)]))

    def test_birthdays_of_the_coming_days(self):
        soon, later, stranger = self.env["res.partner"].create(
            [{"name": "Soon"}, {"name": "Later"}, {"name": "Of the sister company"}]
        )
        self._know(soon | later)
        day = self.today + timedelta(days=3)
        soon.birthdate = day.replace(year=1984) if (day.month, day.day) != (2, 29) else "1984-02-29"
        far = self.today + timedelta(days=100)
        later.birthdate = far.replace(year=1983, day=min(far.day, 28))
        stranger.birthdate = soon.birthdate
        found = self._customers("birthday")
        self.assertIn(soon, found)
        self.assertNotIn(stranger, found, "people are shared, customers are not")
        self.assertNotIn(later, found)
        self.assertIn(self.segments["birthday"], soon.care_segment_ids)

    def test_anniversaries_of_delivery(self):
        self._handed_over(days=363)
        self.assertIn(self.customer, self._customers("anniversary"))
        other = self.env["res.partner"].create({"name": "Fresh"})
        self._handed_over(other, days=2)
        self.assertNotIn(other, self._customers("anniversary"))

    def test_insurance_that_ends_and_was_not_renewed(self):
        insurer = self.env["res.partner"].create({"name": "Insurer", "is_company": True})
        kind = self.env["dealer.insurance.kind"].create({"name": "Own kind"})
        self.car.owner_id = self.customer
        vals = {"vehicle_id": self.car.id, "kind_id": kind.id, "insurer_id": insurer.id, "partner_id": self.customer.id}
        policies = self.env["dealer.insurance.policy"]
        end = self.today + timedelta(days=20)
        policies.create({**vals, "number": "A1", "date_from": end - timedelta(days=364), "date_to": end})
        self.assertIn(self.customer, self._customers("insurance"))
        start = end + timedelta(days=1)
        policies.create({**vals, "number": "A2", "date_from": start, "date_to": start + timedelta(days=364)})
        self.assertNotIn(self.customer, self._customers("insurance"))

    def test_not_seen_for_a_year(self):
        self.car.owner_id = self.customer
        self.assertIn(self.customer, self._customers("unseen"))
        self.env["dealer.vehicle.odometer"].create({"vehicle_id": self.car.id, "km": 100})
        self.assertNotIn(self.customer, self._customers("unseen"))

    def test_another_companys_customers_are_not_written_to(self):
        other = self.env["res.company"].create({"name": "Another"})
        soon = self.env["res.partner"].create(
            {"name": "Theirs", "company_id": other.id, "birthdate": self.today.replace(year=1984)}
        )
        self.assertNotIn(soon, self._customers("birthday"))

    def test_a_campaign_of_a_segment(self):
        self.customer.write({"birthdate": self.today.replace(year=1984), "email": "anna@example.com"})
        self._know(self.customer)
        segment = self.segments["birthday"]
        with self.assertRaises(AccessError):
            segment.with_user(self.advisor).action_mail()
        action = segment.with_user(self.manager).action_mail()
        mailing = self.env["mailing.mailing"].browse(action["res_id"])
        self.assertEqual(
            (mailing.state, mailing.mailing_type, mailing.mailing_model_real), ("draft", "mail", "res.partner")
        )
        self.assertIn(self.company.name, mailing.body_html)
        self.assertIn(self.customer.id, mailing._get_recipients())
        self.assertTrue(mailing.use_exclusion_list, "who does not want to is left out by core")
        sms = self.env["mailing.mailing"].browse(segment.with_user(self.manager).action_sms()["res_id"])
        self.assertEqual(sms.mailing_type, "sms")
        self.assertIn("birthday", sms.body_plaintext)

    def test_who_opted_out_gets_nothing(self):
        self.customer.write({"birthdate": self.today.replace(year=1984), "email": "anna@example.com"})
        self._know(self.customer)
        self.env["mail.blacklist"]._add("anna@example.com")
        action = self.segments["birthday"].with_user(self.manager).action_mail()
        mailing = self.env["mailing.mailing"].browse(action["res_id"])
        mailing.action_put_in_queue()
        mailing.action_send_mail()
        trace = mailing.mailing_trace_ids.filtered(lambda trace: trace.res_id == self.customer.id)
        self.assertEqual((trace.trace_status, trace.failure_type), ("cancel", "mail_bl"))

    def test_nobody_to_write_to(self):
        self.env["res.partner"].search([("birthdate", "!=", False)]).birthdate = False
        with self.assertRaises(UserError):
            self.segments["birthday"].with_user(self.manager).action_mail()

    def test_a_campaign_of_chosen_customers(self):
        action = self.customer.with_user(self.manager).action_dealer_mail()
        mailing = self.env["mailing.mailing"].browse(action["res_id"])
        self.assertEqual(mailing._get_recipients(), self.customer.ids)

    # === Scores ===
    def test_scores_follow_from_what_was_bought(self):
        self._handed_over(days=30)
        self._handed_over(days=800)
        self._score()
        score = self.customer.dealer_score_ids
        self.assertEqual((score.frequency, score.recency_score, score.frequency_score), (2, 5, 3))
        self.assertEqual(score.date_last, self.today - timedelta(days=30))
        self.assertAlmostEqual(
            score.value,
            sum(
                self.env["dealer.contract"]
                .search([])
                .filtered(lambda c: c.partner_id == self.customer)
                .mapped("amount_total")
            ),
            2,
        )
        self.assertEqual(score.date_next, self.today - timedelta(days=30) + timedelta(days=366))
        self.assertEqual(score.class_id, self.env.ref("dealer_sales.dealer_customer_class_loyal"))
        found = self.env["res.partner"].search(score.class_id.with_company(self.company)._get_recipients_domain())
        self.assertIn(self.customer, found)

    def test_only_what_changed_is_scored(self):
        contract = self._handed_over()
        scores = self.env["dealer.customer.score"]
        self._score()
        self.assertFalse(scores._find_stale(10))
        self.env.flush_all()
        self.cr.execute(
            "UPDATE dealer_contract SET write_date = now() + interval '1 hour' WHERE id = %s", [contract.id]
        )
        self.assertEqual([pair[1] for pair in scores._find_stale(10)], self.customer.ids)
        self.cr.execute("UPDATE dealer_contract SET write_date = now() - interval '1 day' WHERE id = %s", [contract.id])
        self.env["dealer.customer.threshold"].create(
            {"company_id": self.company.id, "kind": "value", "score": 4, "limit_value": 10}
        )
        self.assertTrue(scores._find_stale(10), "a manager's limits count from the next night on")
        self._score()
        self.assertEqual(self.customer.dealer_score_ids.value_score, 4)

    def test_scores_are_nobodys_to_type(self):
        self._handed_over()
        self._score()
        score = self.customer.dealer_score_ids
        with self.assertRaises(UserError):
            score.with_user(self.manager).write({"score": 15})
        self.env["crm.lead"].with_user(self.advisor).create({"name": "x", "partner_id": self.customer.id})
        self.assertIn(score, self.env["dealer.customer.score"].with_user(self.advisor).search([]))
        self.assertNotIn(score, self.env["dealer.customer.score"].with_user(self.advisor_2).search([]))
        self.assertIn(score, self.env["dealer.customer.score"].with_user(self.manager).search([]))

    def test_fifty_customers_take_few_more_queries_than_one(self):
        partners = self.env["res.partner"].create([{"name": f"P{i}"} for i in range(6)])
        for partner in partners:
            self._handed_over(partner)
        scores = self.env["dealer.customer.score"]
        pairs = scores._find_stale(10)

        def count(some):
            self.env.flush_all()
            before = self.cr.sql_log_count
            scores._score(some)
            self.env.flush_all()
            return self.cr.sql_log_count - before

        one = count(pairs[:1])
        self.assertLessEqual(count(pairs[1:]), one + 1)

    # === The funnel ===
    def test_the_funnel_counts_each_step_once(self):
        source = self.env["utm.source"].create({"name": "Fair"})
        leads = self.env["crm.lead"].create(
            [
                {"name": f"F{i}", "source_id": source.id, "user_id": self.advisor.id, "type": "opportunity"}
                for i in range(4)
            ]
        )
        parties = self.env["dealer.traffic"].create(
            [
                {"site_id": self.site.id, "source_id": source.id, "lead_id": leads[0].id, "has_test_drive": True},
                {"site_id": self.site.id, "source_id": source.id, "lead_id": leads[0].id, "kind": "again"},
                {"site_id": self.site.id, "source_id": source.id},
                {"site_id": self.site.id, "source_id": source.id, "kind": "other"},
            ]
        )
        self.env["dealer.desking.quote"].with_user(self.advisor).create(
            {"partner_id": self.customer.id, "lead_id": leads[0].id, "product_id": self.trim.id}
        )
        self._handed_over(lead=leads[0])
        self._create_signed(lead_id=leads[1].id)
        leads[2].action_set_lost()
        self.env.flush_all()
        report = self.env["dealer.funnel.report"]
        names = ["visited", "captured", "driven", "offered", "signed", "delivered", "lost"]
        rates = ["capture_rate", "sign_rate", "deliver_rate"]
        specs = [f"{name}:sum" for name in names] + [f"{name}:avg" for name in rates]
        [row] = report.with_user(self.manager)._read_group([("source_id", "=", source.id)], [], specs)
        self.assertEqual(row[:7], (2, 4, 1, 1, 2, 1, 1))
        self.assertEqual([round(rate, 1) for rate in row[7:]], [50.0, 50.0, 50.0])
        own = report.with_user(self.advisor_2).search([("source_id", "=", source.id)])
        self.assertFalse(own.lead_id, "a colleague's enquiries are not counted for him")
        self.assertEqual(len(parties), 4)
