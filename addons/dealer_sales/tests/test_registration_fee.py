from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SIGNATURE
from .test_deliv import DealerDelivCommon


class RegistrationFeeCommon(DealerDelivCommon):
    """One step with a fee of its own, paid by a clerk."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax = cls.env.ref("dealer_sales.product_purchase_tax")
        cls.env["dealer.registration.template"].search([]).active = False
        cls.env["dealer.registration.template"].create(
            {"name": "Purchase tax", "code": "purchase_tax", "company_id": cls.company.id, "product_id": cls.tax.id}
        )
        cls.cash = cls.env["account.journal"].search(
            [("company_id", "=", cls.company.id), ("type", "=", "cash")], limit=1
        )
        cls.account = cls.company._get_pass_through_account()

    def _register(self, collected=1000.0, invoiced=True, car=None):
        contract = self._create_contract()
        self.env["sale.order.line"].with_user(self.advisor).create(
            {"dealer_contract_id": contract.id, "product_id": self.tax.id, "price_unit": collected}
        )
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        contract.action_allocate((car or self.car).id)
        if invoiced:
            self._invoice(contract)
        action = contract.action_register()
        return self.env["dealer.registration"].with_user(self.clerk).browse(action["res_id"])

    def _pay(self, registration, fee, number="R-1"):
        registration.step_ids.write({"fee": fee, "number": number})
        registration.step_ids.action_done()
        return registration.step_ids.sudo().move_id

    def _get_balance(self):
        """Return what stands on the pass-through account, but for the premiums of the contract's template."""
        domain = [
            ("account_id", "=", self.account.id),
            ("parent_state", "=", "posted"),
            ("product_id", "in", (False, self.tax.id)),
        ]
        return sum(self.env["account.move.line"].search(domain).mapped("balance"))


@tagged("post_install", "-at_install", "dealer")
class TestRegistrationFee(RegistrationFeeCommon):
    """Money collected for plates and taxes goes to zero: booked as paid, the rest given back or charged (P50)."""

    def test_paid_from_the_box_with_its_receipt(self):
        registration = self._register()
        step = registration.step_ids
        paper = self.env["ir.attachment"].with_user(self.clerk).create({"name": "receipt.png", "raw": b"paid"})
        step.write({"fee": 990.0, "attachment_ids": paper.ids})
        step.action_done()
        move = step.sudo().move_id
        self.assertEqual((move.state, move.journal_id, step.is_booked), ("posted", self.cash, True))
        self.assertEqual(
            {line.account_id: line.balance for line in move.line_ids},
            {self.account: 990.0, self.cash.default_account_id: -990.0},
        )
        self.assertEqual(move.line_ids.partner_id, self.customer)
        papers = self.env["ir.attachment"].search([("res_model", "=", "account.move"), ("res_id", "=", move.id)])
        self.assertIn("receipt.png", papers.mapped("name"))
        self.assertEqual(self._get_balance(), -10.0, "1,000 collected less 990 paid on")

    def test_a_fee_needs_its_receipt(self):
        registration = self._register(invoiced=False)
        registration.step_ids.fee = 990.0
        with self.assertRaisesRegex(UserError, "needs its receipt"):
            registration.step_ids.action_done()
        self.assertFalse(registration.step_ids.sudo().move_id)

    def test_the_rest_is_given_back_and_the_account_is_zero(self):
        registration = self._register()
        self._pay(registration, 990.0)
        mine = registration.with_user(self.biller)
        mine.action_settle()
        credit = registration.sudo().settlement_move_id
        self.assertEqual((credit.move_type, credit.state, credit.amount_total), ("out_refund", "draft", 10.0))
        self.assertEqual(credit.partner_id, self.customer)
        with self.assertRaisesRegex(UserError, "is settled with"):
            mine.action_settle()
        with self.assertRaisesRegex(UserError, "is settled with"):
            registration.step_ids.action_take_back_fee()
        credit.action_post()
        self.assertEqual(self._get_balance(), 0.0)
        self.assertEqual(registration.fee_difference, 0.0)

    def test_what_was_paid_beyond_is_charged(self):
        registration = self._register()
        self._pay(registration, 1025.5)
        registration.with_user(self.biller).action_settle()
        invoice = registration.sudo().settlement_move_id
        self.assertEqual((invoice.move_type, invoice.amount_total), ("out_invoice", 25.5))
        invoice.action_post()
        self.assertEqual((self._get_balance(), registration.fee_difference), (0.0, 0.0))

    def test_not_settled_too_early(self):
        registration = self._register(invoiced=False)
        mine = registration.with_user(self.biller)
        with self.assertRaisesRegex(UserError, "not closed yet"):
            mine.action_settle()
        self._pay(registration, 990.0)
        with self.assertRaisesRegex(UserError, "not invoiced yet"):
            mine.action_settle()

    def test_exactly_paid_nothing_to_settle(self):
        registration = self._register()
        self._pay(registration, 1000.0)
        with self.assertRaisesRegex(UserError, "nothing is left"):
            registration.with_user(self.biller).action_settle()
        self.assertEqual(self._get_balance(), 0.0)

    def test_a_wrong_fee_is_reversed_and_booked_anew(self):
        registration = self._register()
        step, first = registration.step_ids, self._pay(registration, 900.0)
        with self.assertRaisesRegex(UserError, "Take the fee back"):
            step.fee = 990.0
        with self.assertRaisesRegex(UserError, "no fee of a step done"):
            step.action_book_fee()
        step.action_take_back_fee()
        self.assertEqual(first.reversal_move_ids.state, "posted")
        self.assertEqual((step.is_booked, self._get_balance()), (False, -1000.0))
        step.fee = 990.0
        step.action_book_fee()
        self.assertEqual((step.is_booked, self._get_balance()), (True, -10.0))

    def test_an_accountant_who_reverses_the_entry_reopens_the_fee(self):
        registration = self._register()
        move = self._pay(registration, 900.0)
        move._reverse_moves(cancel=True)
        self.assertFalse(registration.step_ids.is_booked)
        with self.assertRaisesRegex(UserError, "not booked yet"):
            registration.with_user(self.biller).action_settle()

    def test_an_entry_set_to_draft_is_not_booked_twice(self):
        registration = self._register()
        step, move = registration.step_ids, self._pay(registration, 900.0)
        move.button_draft()
        self.assertFalse(step.is_booked)
        for attempt in (step.action_book_fee, lambda: step.write({"fee": 990.0})):
            with self.assertRaisesRegex(UserError, "is a draft"):
                attempt()
        move.action_post()
        self.assertEqual((step.is_booked, self._get_balance()), (True, -100.0))
        move.button_draft()
        move.button_cancel()
        step.fee = 990.0
        step.action_book_fee()
        self.assertEqual((step.is_booked, self._get_balance()), (True, -10.0))

    def test_a_reversed_settlement_settles_nothing(self):
        for fee, left in ((990.0, 10.0), (1025.5, -25.5)):
            with self.subTest(fee):
                registration = self._register(car=self.car if left > 0 else self.car_2)
                self._pay(registration, fee)
                mine = registration.with_user(self.biller)
                mine.action_settle()
                first = registration.sudo().settlement_move_id
                first.action_post()
                self.assertEqual(registration.fee_difference, 0.0)
                first._reverse_moves(cancel=True)
                self.assertEqual((registration.fee_difference, self._get_balance()), (left, -left))
                mine.action_settle()
                self.assertNotEqual(registration.sudo().settlement_move_id, first)
                registration.sudo().settlement_move_id.action_post()
                self.assertEqual((registration.fee_difference, self._get_balance()), (0.0, 0.0))

    def test_a_wrong_fee_of_a_closed_registration(self):
        """A deal that is over has paid its fees all the same: the right one can be typed."""
        registration = self._register(invoiced=False)
        self.env["dealer.registration.step"].with_user(self.clerk).create(
            {"registration_id": registration.id, "name": "Plates", "code": "other"}
        )
        step = registration.step_ids[0]
        step.write({"fee": 900.0, "number": "R-1"})
        step.action_done()
        registration.contract_id.with_user(self.manager).action_cancel("no loan")
        self.assertEqual(registration.state, "cancelled")
        step.action_take_back_fee()
        with self.assertRaisesRegex(UserError, "is cancelled"):
            registration.step_ids[1].fee = 10.0
        step.fee = 90.0
        step.action_book_fee()
        self.assertTrue(step.is_booked)
        registration.with_user(self.biller).action_settle()
        settlement = registration.sudo().settlement_move_id
        self.assertEqual((settlement.move_type, settlement.amount_total), ("out_invoice", 90.0))

    def test_taking_back_waits_for_who_settles(self):
        registration = self._register()
        self._pay(registration, 990.0)
        with patch.object(type(registration), "_lock_settlement", autospec=True) as lock:
            registration.step_ids.action_take_back_fee()
            registration.step_ids.action_book_fee()
        self.assertEqual(lock.call_count, 2)

    def test_a_bank_needs_its_account_of_outstanding_payments(self):
        bank = self.env["account.journal"].search(
            [("company_id", "=", self.company.id), ("type", "=", "bank")], limit=1
        )
        self.company.dealer_fee_journal_id = bank
        lines = bank.outbound_payment_method_line_ids
        waiting = self.company_data["default_account_assets"]
        lines.payment_account_id = False
        registration = self._register()
        with self.assertRaisesRegex(UserError, "outstanding payments"), self.cr.savepoint():
            self._pay(registration, 990.0)
        lines.payment_account_id = waiting
        move = self._pay(registration, 990.0)
        self.assertIn(waiting, move.line_ids.account_id)

    def test_rights_and_typed_entries(self):
        registration = self._register()
        move = self._pay(registration, 990.0)
        step = registration.step_ids
        for vals in ({"move_id": False}, {"is_booked": False}):
            with self.assertRaises(AccessError):
                step.write(vals)
        with self.assertRaises(AccessError):
            registration.write({"settlement_move_id": move.id})
        for command in (
            Command.update(step.id, {"is_booked": False}),
            Command.create({"name": "More", "is_booked": True}),
        ):
            with self.assertRaises(AccessError):
                registration.write({"step_ids": [command]})
        with self.assertRaises(AccessError):
            step.read(["move_id"])
        for user in (self.clerk, self.advisor):
            with self.assertRaises(AccessError):
                registration.with_user(user).action_settle()
        with self.assertRaises(AccessError):
            step.with_user(self.advisor).action_take_back_fee()
        made = step.with_context(default_move_id=move.id, default_is_booked=True).create(
            {"registration_id": registration.id, "name": "More", "code": "other"}
        )
        self.assertEqual((made.sudo().move_id.ids, made.is_booked), ([], False))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            made.sudo().move_id = move
            made.flush_recordset()

    def test_pass_through_money_on_one_page(self):
        registration = self._register()
        move = self._pay(registration, 990.0)
        action = self.env["res.company"].with_user(self.biller).with_company(self.company).action_view_pass_through()
        lines = self.env["account.move.line"].with_user(self.biller).search(action["domain"])
        self.assertEqual(lines.account_id, self.account)
        self.assertIn(990.0, (lines & move.line_ids).mapped("balance"))
