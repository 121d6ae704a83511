from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import DealerFinanceCommon


@tagged("post_install", "-at_install", "dealer")
class TestDealerVehicleLedger(DealerFinanceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cars = cls.buy_cars(10000.0, 20000.0)
        cls.bill(cls.cars)
        cls.car = cls.cars[1]
        order = cls.sell(cls.car, price=25000.0, extra=True)
        cls.deliver(order)
        cls.sale_invoice = cls.invoice(order)

    def test_figures_of_a_sold_car(self):
        """20,000 cost, 25,000 + 200 revenue: 5,200 net profit, whatever stands on tax and receivable."""
        self.assertRecordValues(
            self.car,
            [
                {
                    "ledger_revenue": 25200.0,
                    "ledger_cost": 20000.0,
                    "ledger_gross": 5200.0,
                    "ledger_receivable": self.sale_invoice.amount_total,
                }
            ],
        )
        self.pay(self.sale_invoice)
        self.env.invalidate_all()
        self.assertEqual(self.car.ledger_receivable, 0.0)

    def test_figures_of_a_car_in_stock(self):
        """A car in stock has cost no one anything yet: its cost is stock."""
        self.assertRecordValues(self.cars[0], [{"ledger_revenue": 0.0, "ledger_cost": 0.0, "ledger_gross": 0.0}])

    def test_one_query_for_any_number_of_cars(self):
        self.env.flush_all()
        self.env.invalidate_all()
        self.cars.mapped("company_id.currency_id")
        with self.assertQueryCount(1):
            self.cars._get_ledger_figures()

    def test_drafts_do_not_count(self):
        self.invoice(self.sell(self.cars[0]), post=False)
        self.env.invalidate_all()
        self.assertEqual(self.cars[0].ledger_revenue, 0.0)

    def test_ledger_opens_all_items(self):
        action = self.car.action_open_ledger()
        lines = self.env["account.move.line"].search(action["domain"])
        self.assertEqual(lines.dealer_vehicle_id, self.car)
        balance = {account: total for account, _lines, total in self.car._get_ledger_lines()}
        income = sum(total for account, total in balance.items() if account.internal_group == "income")
        self.assertEqual(-income, 25200.0)

    def test_who_may_see_it(self):
        """Accountant, general manager and auditor see the ledger; staff without cost rights do not."""
        accountant = self.make_user("l_accountant", "dealer_finance_bridge.group_accountant")
        manager = self.make_user("l_manager", "dealer_vehicle.group_general_manager")
        auditor = self.make_user("l_auditor", "dealer_vehicle.group_auditor")
        staff = self.make_user("l_staff", "dealer_vehicle.group_vehicle_user")
        for user in accountant | manager | auditor:
            car = self.car.with_user(user)
            self.assertEqual(car.ledger_gross, 5200.0, user.login)
            self.assertTrue(car.action_open_ledger())
        with self.assertRaises(AccessError):
            self.car.with_user(staff).read(["ledger_gross"])
        with self.assertRaises(AccessError):
            self.car.with_user(staff).action_open_ledger()

    def test_other_company_sees_nothing(self):
        """The second company's accountant reads neither the items nor the figures of the first one's car."""
        other = self.make_company("Other Motors")
        accountant = self.make_user("l_other", "dealer_finance_bridge.group_accountant", company=other)
        lines = self.env["account.move.line"].with_user(accountant).with_context(allowed_company_ids=other.ids)
        self.assertFalse(lines.search([("dealer_vehicle_id", "=", self.car.id)]))
        twin = (
            self.env["dealer.vehicle"]
            .with_company(other)
            .create({"company_id": other.id, "vin": self.car.vin, "vin_confirmed": True})
        )
        self.assertEqual(twin.vin_id, self.car.vin_id)
        twin = twin.with_user(accountant).with_context(allowed_company_ids=other.ids)
        self.assertEqual(twin.ledger_revenue, 0.0)

    def test_printed_page(self):
        html = self.env["ir.actions.report"]._render_qweb_html(
            "dealer_finance_bridge.dealer_vehicle_report_ledger", self.car.ids
        )[0]
        self.assertIn(self.car.vin, html.decode())
        self.assertIn(self.sale_invoice.name, html.decode())


@tagged("post_install", "-at_install", "dealer")
class TestDealerVehicleLedgerChina(TestDealerVehicleLedger):
    allow_inherited_tests_method = True
    chart = "cn"
    chart_module = "l10n_cn"
    country = "base.cn"
