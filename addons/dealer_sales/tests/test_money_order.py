from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import SIGNATURE
from .test_contract_acts import ActsCommon


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
