import itertools
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

    def _take_payment(self, move, **vals):
        register = self.env["account.payment.register"]
        register.with_context(active_model="account.move", active_ids=move.ids).create(vals)._create_payments()

    def _match(self, moves):
        moves.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable").reconcile()

    def assertMoney(self, policies, *rows):
        """Check state, received and open commission of each policy."""
        policies.invalidate_recordset()
        names = ("commission_state", "commission_received", "commission_open")
        self.assertEqual([tuple(policy[name] for name in names) for policy in policies], list(rows))

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
        self.assertMoney(policies[0], ("to_return", 150.0, -120.0))
        with self.assertRaisesRegex(UserError, "Nothing to give back"):
            policies.with_user(self.biller).action_return_commission()
        credit.action_post()
        self.assertEqual(policies[0].commission_state, "returned")
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

    def test_a_credit_note_is_no_money_of_the_insurer(self):
        policy = self._sold()
        invoice = self._charge(policy)
        policy.date_cancelled = date(2026, 3, 15)
        credit = self._give_back(policy)
        self.assertMoney(policy, ("to_return", 0.0, 30.0))
        credit.action_post()
        self.assertMoney(policy, ("returned", 0.0, 30.0))
        self._match(invoice | credit)
        self.assertMoney(policy, ("returned", 0.0, 30.0))
        self._take_payment(invoice)
        self.assertMoney(policy, ("returned", 30.0, 0.0))

    def test_several_policies_on_one_invoice(self):
        policies = self._sold() | self._sold(self.car_2)
        invoice = self._charge(policies)
        policies[0].date_cancelled = date(2026, 3, 15)
        credit = self._give_back(policies)
        credit.action_post()
        self._match(invoice | credit)
        self.assertMoney(policies, ("returned", 0.0, 30.0), ("invoiced", 0.0, 150.0))
        self._take_payment(invoice, amount=invoice.amount_residual / 2)
        self.assertMoney(policies, ("returned", 15.0, 15.0), ("invoiced", 75.0, 75.0))
        self._take_payment(invoice)
        self.assertMoney(policies, ("returned", 30.0, 0.0), ("received", 150.0, 0.0))

    def test_paid_in_any_order_the_money_agrees(self):
        """What is received of all policies is what the insurer has paid, matched before or after, up to what is due."""
        for order in itertools.permutations(("credit", "pay_some", "pay_more")):
            policies = self._sold(number=f"A {order}") | self._sold(self.car_2, number=f"B {order}")
            invoice = self._charge(policies)
            policies[0].date_cancelled = date(2026, 3, 15)
            tax = invoice.amount_total / invoice.amount_untaxed
            for step in order:
                if step == "credit":
                    credit = self._give_back(policies)
                    credit.action_post()
                    self._match(invoice | credit)
                else:
                    amount = {"pay_some": 50.0, "pay_more": 130.0}[step]
                    self._take_payment(invoice, amount=invoice.currency_id.round(amount * tax))
            with self.subTest(order):
                self.assertMoney(policies, ("returned", 30.0, 0.0), ("received", 150.0, 0.0))
                self.assertTrue(invoice.currency_id.is_zero(invoice.amount_residual))

    def test_all_of_it_given_back(self):
        rate = self.env["dealer.insurance.commission.rate"]._read_rates(self.company, self.insurer)
        rate.clawback = "full"
        policy = self._sold()
        invoice = self._charge(policy)
        policy.date_cancelled = date(2026, 3, 15)
        credit = self._give_back(policy)
        credit.action_post()
        self._match(invoice | credit)
        self.assertMoney(policy, ("returned", 0.0, 0.0))
        self.assertEqual((policy.commission_invoiced, policy.commission_clawback), (150.0, 150.0))

    def test_an_invoice_the_accountant_reverses(self):
        policy = self._sold()
        invoice = self._charge(policy)
        invoice._reverse_moves(cancel=True)
        self.assertMoney(policy, ("expected", 0.0, 150.0))
        self.assertEqual(policy.commission_invoiced, 0.0)

    def test_a_draft_invoice_is_corrected_not_credited(self):
        for undo in ("button_cancel", "unlink"):
            policy = self._sold(number=undo)
            policy.with_user(self.biller).action_invoice_commission()
            policy.date_cancelled = date(2026, 3, 15)
            with self.assertRaisesRegex(UserError, "not posted"):
                policy.with_user(self.biller).action_return_commission()
            self.assertFalse(policy.clawback_line_id)
            getattr(policy.commission_move_id, undo)()
            with self.subTest(undo):
                self.assertMoney(policy, ("expected", 0.0, 30.0))
                self.assertEqual(self._charge(policy).amount_untaxed, 30.0)
                self.assertMoney(policy, ("invoiced", 0.0, 30.0))
                policy.date_cancelled = date(2026, 2, 1)  # earlier still: 31 of 365 days were covered
                self.assertEqual(policy.commission_clawback, 17.26)

    def test_a_changed_rate_reaches_the_policies(self):
        rates = self.env["dealer.insurance.commission.rate"]
        policy, ended = self._sold(), self._sold(self.car_2)
        self._charge(ended)
        ended.date_cancelled = date(2026, 3, 15)
        rate = rates._read_rates(self.company, self.insurer)._find_rate(policy)
        rate.write({"percent": 20.0, "clawback": "full"})
        self.assertEqual((policy.commission_expected, ended.commission_expected), (200.0, 150.0))
        self.assertEqual((ended.commission_clawback, ended.commission_state), (150.0, "to_return"))
        rate.clawback = "none"
        self.assertEqual((ended.commission_clawback, ended.commission_state), (0.0, "invoiced"))
        rate.clawback = "pro_rata"
        self._give_back(ended).action_post()
        rate.clawback = "full"
        self.assertEqual(ended.commission_clawback, 120.0, "what was given back stays")
        later = rate.copy({"date_from": date(2025, 12, 31), "percent": 25.0})
        self.assertEqual(policy.commission_expected, 250.0)
        later.insurer_id = self.insurer_2
        self.assertEqual(policy.commission_expected, 200.0)
        later.unlink()
        rate.unlink()
        self.assertNotEqual(policy.commission_expected, 200.0)

    def test_a_cancelled_credit_note_can_be_made_again(self):
        policy = self._sold()
        self._charge(policy)
        policy.date_cancelled = date(2026, 3, 15)
        first = self._give_back(policy)
        for step in (lambda: None, first.action_post, first.button_draft):  # a draft keeps the day as well
            step()
            with self.assertRaisesRegex(UserError, "given back with"):
                policy.with_user(self.fni).date_cancelled = False
            with self.assertRaisesRegex(UserError, "Nothing to give back"):
                policy.with_user(self.biller).action_return_commission()
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
