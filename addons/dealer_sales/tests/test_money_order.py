from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import SIGNATURE
from .test_contract_acts import ActsCommon
from .test_protection import DealerProtectionCommon
from .test_registration_fee import RegistrationFeeCommon


@tagged("post_install", "-at_install", "dealer")
class TestEarnestMoneyWaits(ActsCommon):
    """What becomes of earnest money is decided by a manager: nobody who books it decides first."""

    def _withdrawn(self, amount=4000.0, **vals):
        contract = self._create_signed(deposit_amount=5000.0)
        payment = self._receive(contract, amount, **vals)
        contract.with_user(self.manager).action_cancel("over", "customer")
        return contract, payment, contract.sudo().settlement_ids

    def test_it_is_not_used_for_another_contract_before_it_is_settled(self):
        _contract, payment, settlement = self._withdrawn()
        other = self._create_signed()
        window = self.env["dealer.contract.payment.transfer"].with_user(self.cashier)
        window = window.create({"payment_id": payment.id, "contract_id": other.id})
        with self.assertRaisesRegex(UserError, "not booked yet"):
            window.action_transfer()
        for vals in ({"dealer_contract_id": other.id}, {"dealer_contract_id": False}, {"deposit_kind": "refundable"}):
            with self.subTest(vals), self.assertRaisesRegex(UserError, "not booked yet"):
                payment.write(vals)
        settlement.with_user(self.manager_2).amount_forfeit = 0.0
        settlement.with_user(self.manager_2).note = "goodwill"
        settlement.with_user(self.manager_2).action_decide()
        settlement.with_user(self.cashier).action_book()
        window.action_transfer()
        self.assertEqual(payment.dealer_contract_id, other)

    def test_money_of_another_currency_counts_at_its_rate(self):
        """8,000 of a currency at 2 for one are 4,000 of the contract's, not 8,000."""
        foreign = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        contract = self._create_signed(deposit_amount=5000.0)
        payment = (
            self.env["account.payment"]
            .with_user(self.cashier)
            .create(
                {
                    "payment_type": "inbound",
                    "partner_type": "customer",
                    "partner_id": self.customer.id,
                    "amount": 8000.0,
                    "currency_id": foreign.id,
                    "journal_id": self.bank_journal.id,
                    "dealer_contract_id": contract.id,
                    "deposit_kind": "earnest",
                    "destination_account_id": self.company._get_advance_account().id,
                }
            )
        )
        payment.action_post()
        self.assertEqual(contract.amount_on_account, 4000.0)
        contract.with_user(self.manager).action_cancel("over", "customer")
        settlement = contract.sudo().settlement_ids
        self.assertRecordValues(settlement, [{"amount_earnest": 4000.0, "amount_forfeit": 4000.0}])
        settlement.with_user(self.manager).amount_forfeit = 3000.0
        settlement.with_user(self.manager).note = "goodwill"
        settlement.with_user(self.manager_2).action_decide()
        settlement.with_user(self.cashier).action_book()
        self.assertEqual(self._balance(self.company._get_forfeit_account()), -3000.0)
        contract.invalidate_recordset()
        self.assertEqual(contract.amount_on_account, 1000.0)
        action = contract.with_user(self.cashier).action_refund_open()
        window = self.env["dealer.contract.refund.open"].with_user(self.cashier).with_context(**action["context"])
        window = window.create({"reason": "the rest"})
        self.assertEqual(window.amount_total, 1000.0)
        window.action_confirm()
        self.assertEqual(self._balance(self.company._get_advance_account()), 0.0)
        contract.invalidate_recordset()
        self.assertEqual(contract.amount_on_account, 0.0)
        self.assertBooksAgree()

    def test_who_withdraws_is_not_typed(self):
        contract = self._create_contract(user=self.manager, deposit_amount=500.0)
        self._approve(contract, user=self.manager_2)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        self._receive(contract)
        action = contract.with_user(self.manager).action_cancel("over")
        act = self.env["dealer.contract.act"].with_user(self.manager).browse(action["res_id"])
        with self.assertRaises(AccessError):
            act.withdrawn_by = "customer"


@tagged("post_install", "-at_install", "dealer")
class TestCreditedByHand(ActsCommon):
    """An accountant credits the invoice with core's button; then the deal is cancelled."""

    def _credited(self, is_paid=False):
        contract = self._create_sold(5000.0, car=self.car)
        invoice = self._invoice(contract)
        if is_paid:
            self._receive(contract, kind="balance")
        credit = invoice._reverse_moves([{"invoice_date": self._today(), "date": self._today()}])
        credit.action_post()
        return contract, credit

    def assertPaidBack(self, contract):
        contract.invalidate_recordset()
        self.assertEqual((contract.amount_on_account, contract.amount_received), (0.0, 0.0))
        self.assertEqual(self._balance(self.company._get_advance_account()), 0.0)
        self.assertEqual(self._receivable(), 0.0)
        self.assertBooksAgree()

    def test_what_paid_the_invoice_is_on_account_again(self):
        for is_paid in (False, True):
            with self.subTest(is_paid=is_paid):
                contract, _credit = self._credited(is_paid)
                received = contract.amount_received
                contract.with_user(self.manager).action_cancel("never mind")
                contract.invalidate_recordset()
                self.assertEqual((contract.state, contract.amount_on_account), ("cancelled", received))
                contract.with_user(self.cashier).action_refund_open("never mind")
                self.assertPaidBack(contract)

    def test_a_credit_note_paid_out_is_not_paid_again(self):
        contract, credit = self._credited()
        register = self.env["account.payment.register"].with_user(self.cashier)
        register = register.with_context(active_model="account.move", active_ids=credit.ids)
        register.create({"journal_id": self.bank_journal.id})._create_payments()
        contract.with_user(self.manager).action_cancel("never mind")
        self.assertPaidBack(contract)
        with self.assertRaisesRegex(UserError, "all was paid back"):
            contract.with_user(self.cashier).action_refund_open("again")


@tagged("post_install", "-at_install", "dealer")
class TestReturnAfterProduct(DealerProtectionCommon, ActsCommon):
    """A product that ended early is given back once, whatever becomes of the car."""

    def _return(self, contract):
        act = self._ask(contract, "return", amount_fee=0.0)
        act.with_user(self.manager).action_decide()

    def _cancelled(self, is_posted):
        contract, sold = self._hand_over_with(self.warranty)
        sold.with_user(self.fni)._cancel_pro_rata(self._today(), 15_012, "car sold")
        if is_posted:
            sold.refund_line_id.move_id.action_post()
        self._return(contract)
        return contract, sold

    def assertCreditedOnce(self, contract):
        """All the customer paid is his again, no more."""
        contract.invalidate_recordset()
        self.assertEqual(contract.amount_on_account, contract.amount_received)
        owed = self._receivable() + self._balance(self.company._get_advance_account())
        self.assertAlmostEqual(owed, -contract.amount_received, 2)

    def test_posted_credit_note(self):
        contract, _sold = self._cancelled(is_posted=True)
        self.assertCreditedOnce(contract)

    def test_draft_credit_note(self):
        contract, sold = self._cancelled(is_posted=False)
        self.assertEqual(sold.refund_line_id.move_id.state, "cancel")
        self.assertEqual(sold.amount_refund, sold.price, "Credited with the invoice.")
        self.assertCreditedOnce(contract)


@tagged("post_install", "-at_install", "dealer")
class TestReturnAfterRegistration(RegistrationFeeCommon, ActsCommon):
    """Fees paid for a car that comes back are charged, what was given back of them before is not given back again."""

    def _return(self, registration):
        contract = registration.sudo().contract_id.with_user(self.advisor)
        act = self._ask(contract, "return", odometer_km=0, amount_fee=0.0)
        act.with_user(self.manager).action_decide()
        return registration.with_user(self.biller)

    def test_return_after_the_settlement(self):
        registration = self._register()
        self._pay(registration, 990.0)
        registration.with_user(self.biller).action_settle()
        registration.sudo().settlement_move_id.action_post()
        mine = self._return(registration)
        self.assertEqual(self._get_balance(), 990.0, "Paid to the office, the customer owes it.")
        self.assertEqual(mine.fee_difference, -990.0)
        mine.action_settle()
        invoice = registration.sudo().settlement_move_id
        self.assertEqual((invoice.move_type, invoice.amount_total), ("out_invoice", 990.0))
        invoice.action_post()
        self.assertEqual((self._get_balance(), registration.fee_difference), (0.0, 0.0))

    def test_return_with_a_drafted_settlement(self):
        registration = self._register()
        self._pay(registration, 990.0)
        registration.with_user(self.biller).action_settle()
        draft = registration.sudo().settlement_move_id
        self._return(registration)
        self.assertEqual(draft.state, "cancel")
        self.assertEqual(registration.fee_difference, -990.0)

    def test_return_before_the_settlement(self):
        registration = self._register()
        self._pay(registration, 990.0)
        mine = self._return(registration)
        mine.action_settle()
        registration.sudo().settlement_move_id.action_post()
        self.assertEqual((self._get_balance(), registration.fee_difference), (0.0, 0.0))

    def test_an_entry_is_of_its_fee_whatever_a_client_sends(self):
        registration = self._register()
        contract = registration.sudo().contract_id
        incentive = self.env["dealer.incentive"].create(
            {"name": "Maker", "contract_id": contract.id, "funder_id": self.customer.id, "amount": 500.0}
        )
        forged = {
            "default_dealer_incentive_id": incentive.id,
            "default_dealer_advance_contract_id": contract.id,
            "default_dealer_loan_role": "transit",
        }
        self._pay(registration, 0.0)
        registration.step_ids.write({"fee": 990.0, "number": "R-1"})
        registration.with_context(**forged).step_ids.action_book_fee()
        move = registration.step_ids.sudo().move_id
        self.assertRecordValues(
            move, [{"dealer_incentive_id": False, "dealer_advance_contract_id": False, "dealer_loan_role": False}]
        )
