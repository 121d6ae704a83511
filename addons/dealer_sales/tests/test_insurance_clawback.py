from datetime import date

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import SIGNATURE
from .test_insurance import DealerInsuranceCommon


@tagged("post_install", "-at_install", "dealer")
@freeze_time("2026-03-15 08:00:00")
class TestInsuranceClawback(DealerInsuranceCommon):
    """A policy that ends early takes commission back, by the row that paid it (P26, P30)."""

    def _sold(self, car=None, **vals):
        """Return a policy of ours for 2026 with a commission of 150."""
        vals = {"kind": self.package, "premium": 1000.0, **vals}
        return self._create_policy(car or self.car, date(2026, 12, 31), is_ours=True, **vals)

    def _charge(self, policies):
        policies.with_user(self.biller).action_invoice_commission()
        policies.commission_move_id.action_post()
        return policies.commission_move_id

    def _give_back(self, policies):
        policies.with_user(self.biller).action_return_commission()
        return policies.clawback_line_id.move_id

    def _take_payment(self, move):
        register = self.env["account.payment.register"]
        register.with_context(active_model="account.move", active_ids=move.ids).create({})._create_payments()

    def test_before_the_invoice_less_is_expected(self):
        policy = self._sold()
        policy.date_cancelled = date(2026, 3, 15)  # 73 of 365 days were covered
        self.assertEqual((policy.commission_expected, policy.commission_clawback), (30.0, 0.0))
        self.assertEqual(policy.commission_state, "expected")
        policy.date_cancelled = False
        self.assertEqual(policy.commission_expected, 150.0)
        policy.date_cancelled = date(2025, 12, 20)  # it never began
        self.assertEqual((policy.commission_expected, policy.commission_state), (0.0, "none"))

    def test_after_the_payment_it_is_credited_once(self):
        policies = self._sold() | self._sold(self.car_2)
        invoice = self._charge(policies)
        self._take_payment(invoice)
        policies[0].with_user(self.fni).date_cancelled = date(2026, 3, 15)
        self.assertRecordValues(
            policies,
            [
                {"commission_state": "to_return", "commission_clawback": 120.0, "commission_open": -120.0},
                {"commission_state": "received", "commission_clawback": 0.0, "commission_open": 0.0},
            ],
        )
        credit = self._give_back(policies)
        self.assertEqual((credit.move_type, credit.state, credit.partner_id), ("out_refund", "draft", self.insurer))
        self.assertEqual((credit.amount_untaxed, len(credit.invoice_line_ids)), (120.0, 1))
        self.assertEqual(credit.invoice_line_ids.account_id, invoice.invoice_line_ids.account_id)
        self.assertEqual(policies[0].commission_state, "returned")
        with self.assertRaisesRegex(UserError, "Nothing to give back"):
            policies.with_user(self.biller).action_return_commission()
        credit.action_post()
        self.assertEqual((policies[0].commission_received, policies[0].commission_open), (30.0, 0.0))
        self.assertEqual(sum(credit.line_ids.mapped("balance")), 0.0)

    def test_settled_with_the_open_invoice_nothing_is_left(self):
        policy = self._sold()
        invoice = self._charge(policy)
        policy.date_cancelled = date(2026, 3, 15)
        self.assertEqual((policy.commission_open, policy.commission_state), (30.0, "to_return"))
        credit = self._give_back(policy)
        credit.action_post()
        owed = (invoice | credit).line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        owed.reconcile()
        self._take_payment(invoice)
        policy.invalidate_recordset()
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual((policy.commission_received, policy.commission_open), (30.0, 0.0))

    def test_a_cancelled_credit_note_can_be_made_again(self):
        policy = self._sold()
        self._charge(policy)
        policy.date_cancelled = date(2026, 3, 15)
        first = self._give_back(policy)
        with self.assertRaisesRegex(UserError, "given back with"):
            policy.with_user(self.fni).date_cancelled = False
        first.button_cancel()
        self.assertEqual(policy.commission_state, "to_return")
        policy.with_user(self.fni).date_cancelled = False
        self.assertEqual((policy.commission_state, policy.commission_clawback), ("invoiced", 0.0))
        policy.date_cancelled = date(2026, 3, 15)
        self.assertNotEqual(self._give_back(policy), first)

    def test_the_row_of_the_insurer_decides(self):
        rate = self.env["dealer.insurance.commission.rate"]._read_rates(self.company, self.insurer)
        cases = [("none", 0, 0.0), ("full", 0, 150.0), ("full", 73, 150.0), ("full", 72, 0.0), ("pro_rata", 72, 0.0)]
        policy = self._sold()
        self._charge(policy)
        for method, days, taken_back in cases:
            policy.date_cancelled = False
            rate.write({"clawback": method, "clawback_days": days})
            policy.date_cancelled = date(2026, 3, 15)
            self.assertEqual(policy.commission_clawback, taken_back, (method, days))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            rate[0].clawback_days = -1
            rate.flush_recordset()

    def test_the_deal_earns_that_much_less(self):
        contract = self._create_contract()
        quote = self._create_quote(contract_id=contract.id)
        quote.offer_ids[0].action_choose()
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        contract.action_allocate(self.car.id)
        policies = self._issue(quote).sudo()
        package = policies.filtered(lambda policy: policy.kind_id == self.package)
        package.write({"date_from": date(2026, 1, 1), "date_to": date(2026, 12, 31)})
        self._charge(policies)
        before = sum(part["amount"] for part in contract.sudo()._get_gross_parts() if part["side"] == "back")
        package.date_cancelled = date(2026, 3, 15)
        parts = {part["code"]: part["amount"] for part in contract.sudo()._get_gross_parts()}
        self.assertEqual((parts["insurance"], parts["insurance_back"]), (1214.75, -941.40))
        self.assertTrue(contract.sudo().is_gross_stale)
        self._run_gross_job()
        self.assertAlmostEqual(contract.sudo().back_gross, before - 941.40, 2)

    def test_who_may(self):
        policy = self._sold(user_id=self.advisor.id)
        self._charge(policy)
        policy.date_cancelled = date(2026, 3, 15)
        for user in (self.fni, self.advisor, self.auditor):
            with self.assertRaises(AccessError):
                policy.with_user(user).action_return_commission()
        with self.assertRaises(AccessError):
            policy.with_user(self.advisor).read(["commission_clawback"])
        for name in ("commission_clawback", "clawback_line_id"):
            with self.assertRaises(UserError):
                policy.with_user(self.fni).write({name: False})

    def test_one_line_gives_back_for_one_policy(self):
        policies = self._sold() | self._sold(self.car_2)
        self._charge(policies)
        policies.write({"date_cancelled": date(2026, 3, 15)})
        self._give_back(policies)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            policies[0].clawback_line_id = policies[1].clawback_line_id
            policies.flush_recordset()


@tagged("post_install", "-at_install", "dealer")
class TestPoliciesOfOthers(DealerInsuranceCommon):
    def test_advisors_see_their_own_policies(self):
        end = fields.Date.add(fields.Date.today(), days=300)
        mine = self._create_policy(self.car, end, is_ours=True, user_id=self.advisor.id)
        nobodys = self._create_policy(self.car_2, end)
        visible = self.env["dealer.insurance.policy"].with_user(self.advisor_2)
        self.assertEqual(visible.search([("id", "in", (mine | nobodys).ids)]), nobodys)
        with self.assertRaises(AccessError):
            mine.with_user(self.advisor_2).write({"note": "x"})
        for user in (self.advisor, self.fni, self.manager, self.auditor, self.general_manager, self.biller):
            self.assertTrue(mine.with_user(user).read(["number"]), user.login)

    def test_an_advisor_issues_what_fni_quoted(self):
        contract = self._create_contract()
        quote = self._create_quote(contract_id=contract.id, user_id=self.fni.id)
        quote.offer_ids[0].action_choose()
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        contract.action_allocate(self.car.id)
        self.assertEqual(len(self._issue(quote)), 2)

    def test_a_kind_nobody_chose(self):
        quote = self._create_quote(vehicle_id=self.car.id)
        quote.offer_ids[0].action_choose()
        other = self.env["dealer.insurance.kind"].create({"name": "Glass"})
        wizard = quote.env["dealer.insurance.issue"].create({"quote_id": quote.id})
        wizard.line_ids.number = "G-1"
        wizard.line_ids = [Command.create({"kind_id": other.id, "number": "G-2", "date_from": self._today()})]
        with self.assertRaisesRegex(UserError, "Glass is not among what the customer chose"):
            wizard.action_issue()
        self.assertFalse(quote.policy_ids)
