from ast import literal_eval

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import DealerFinanceCommon


@tagged("post_install", "-at_install", "dealer")
class TestCashDesk(DealerFinanceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cars = cls.buy_cars(10000.0, 20000.0)
        cls.owed = cls.invoice(cls.sell(cls.cars[0]))
        cls.paid = cls.invoice(cls.sell(cls.cars[1]))
        cls.pay(cls.paid)
        cls.cashier = cls.make_user("d_cashier", "dealer_finance_bridge.group_cashier")
        cls.action = cls.env.ref("dealer_finance_bridge.account_move_action_owed")

    def _owed(self, text=None):
        domain = literal_eval(self.action.domain) + [("company_id", "=", self.company.id)]
        if text:
            domain += [("dealer_vehicle_id", "ilike", text)]
        return self.env["account.move"].with_user(self.cashier).search(domain)

    def test_lists_what_is_owed(self):
        self.assertEqual(self._owed(), self.owed)

    def test_finds_by_plate_and_end_of_vin(self):
        self.env["dealer.vehicle.plate"].create({"vehicle_id": self.cars[0].id, "plate": "浙A·8K231"})
        self.assertEqual(self._owed("浙A8K231"), self.owed)
        self.assertEqual(self._owed(self.cars[0].vin[-8:]), self.owed)
        self.assertFalse(self._owed(self.cars[1].vin[-8:]))

    def test_cashier_receives_a_payment(self):
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.cashier)
            .with_context(active_model="account.move", active_ids=self.owed.ids)
            .create({"journal_id": self.bank.id})
        )
        payment = wizard._create_payments()
        self.assertEqual(payment.dealer_vehicle_id, self.cars[0])
        self.assertIn(self.owed.payment_state, ("paid", "in_payment"))
        self.assertFalse(self._owed())

    def test_cashier_keeps_no_books(self):
        """Who takes the money does not close periods or change accounts and journals (P53)."""
        account = self.company.expense_account_id.with_user(self.cashier)
        with self.assertRaises(AccessError):
            account.write({"name": "Mine"})
        with self.assertRaises(AccessError):
            self.bank.with_user(self.cashier).write({"name": "Mine"})
        with self.assertRaises(AccessError):
            self.company.with_user(self.cashier).write({"fiscalyear_lock_date": "2026-01-31"})
        self.assertFalse(self.cashier.has_group("account.group_account_user"))

    def test_roles(self):
        treasurer = self.make_user("d_treasurer", "dealer_finance_bridge.group_treasurer")
        accountant = self.make_user("d_accountant", "dealer_finance_bridge.group_accountant")
        menus = self.env["ir.ui.menu"]
        root = self.env.ref("dealer_finance_bridge.cash_desk_menu_root")
        for user in self.cashier | treasurer | accountant:
            self.assertIn(root.id, menus.with_user(user)._visible_menu_ids(), user.login)
        staff = self.make_user("d_staff", "dealer_vehicle.group_vehicle_user")
        self.assertNotIn(root.id, menus.with_user(staff)._visible_menu_ids())
        self.assertTrue(accountant.has_group("dealer_vehicle.group_vehicle_cost"))
        self.assertTrue(accountant.has_group("account.group_account_manager"))
        self.assertFalse(treasurer.has_group("account.group_account_user"))
