from odoo import Command
from odoo.tests import tagged

from .common_stock import DealerStockCommon


class ExactCostCase(DealerStockCommon):
    """Every order of events ends with the same books: the car's own cost, never the average."""

    def assertBooks(self, stock, cogs):
        """Check the stock and cost accounts, and that both sides of every entry are equal."""
        self.assertAlmostEqual(self.balance(self.account_stock), stock)
        self.assertAlmostEqual(self.balance(self.account_cogs), cogs)
        entries = self.env["account.move"].search([("company_id", "=", self.company_a.id), ("state", "=", "posted")])
        for entry in entries:
            self.assertAlmostEqual(sum(entry.line_ids.mapped("balance")), 0.0)

    def assertStockEqualsCars(self):
        cars = self.env["dealer.vehicle"].search([("company_id", "=", self.company_a.id), ("place", "=", "at_site")])
        self.assertAlmostEqual(self.balance(self.account_stock), sum(cars._exact_cost().values()))
        total = sum((self.product | self.product_top).with_company(self.company_a).mapped("total_value"))
        self.assertAlmostEqual(total, sum(cars._exact_cost().values()))


class ExactCostTests:
    """Run once per chart of accounts."""

    allow_inherited_tests_method = True

    def test_two_cars_of_one_product_keep_their_own_cost(self):
        cheap, dear = self.buy_car(10000.0, bill=10000.0), self.buy_car(20000.0, bill=20000.0)
        self.assertEqual(cheap._exact_cost()[cheap.id], 10000.0)
        self.assertEqual(dear.with_user(self.user_buyer).cost, 20000.0)
        self.assertEqual(self.product.with_company(self.company_a).total_value, 30000.0)
        self.assertEqual(dear.lot_id.with_company(self.company_a).total_value, 20000.0)
        self.assertBooks(30000.0, 0.0)
        self.assertStockEqualsCars()

    def test_delivered_first(self):
        self.buy_car(10000.0, bill=10000.0)
        dear = self.buy_car(20000.0, bill=20000.0)
        order = self.sell(dear)
        self.deliver(order)
        self.assertEqual(order.order_line.move_ids.value, 20000.0)
        self.invoice(order)
        self.assertBooks(10000.0, 20000.0)
        self.assertStockEqualsCars()

    def test_invoiced_first(self):
        self.buy_car(10000.0, bill=10000.0)
        dear = self.buy_car(20000.0, bill=20000.0)
        order = self.sell(dear)
        self.invoice(order)
        self.assertBooks(10000.0, 20000.0)
        self.deliver(order)
        self.assertBooks(10000.0, 20000.0)
        self.assertStockEqualsCars()

    def test_invoiced_before_the_car_arrives(self):
        self.buy_car(10000.0, bill=10000.0)
        purchase = self.order_cars(20000.0)
        car = self.announce(purchase)
        order = self.sell(car)
        self.invoice(order)
        self.assertBooks(-10000.0, 20000.0)
        self.receive(purchase)
        self.deliver(order)
        self.bill(car, 20700.0)
        self.assertBooks(10000.0, 20700.0)
        self.assertStockEqualsCars()

    def test_bill_late_with_another_price(self):
        self.buy_car(10000.0, bill=10000.0)
        car = self.buy_car(20000.0)
        order = self.sell(car)
        self.deliver(order)
        self.invoice(order)
        bill = self.bill(car, 20400.0)
        self.assertBooks(10000.0, 20400.0)
        self.assertEqual(order.order_line.move_ids.value, 20400.0)
        entries = self.env["account.move"].search_count([])
        car.lot_id._carry_cost_on()
        order.order_line._sync_car_cogs()
        self.assertEqual(self.env["account.move"].search_count([]), entries, "Settled twice")
        bill.with_user(self.user_biller).button_draft()
        self.assertBooks(10000.0 - 20000.0, 20000.0)
        bill.with_user(self.user_biller).action_post()
        self.assertBooks(10000.0, 20400.0)
        self.assertStockEqualsCars()

    def test_bill_late_between_invoice_and_delivery(self):
        car = self.buy_car(20000.0)
        order = self.sell(car)
        self.invoice(order)
        self.bill(car, 19500.0)
        self.deliver(order)
        self.assertBooks(0.0, 19500.0)

    def test_price_correction_by_credit_note(self):
        car = self.buy_car(20000.0, bill=20400.0)
        order = self.sell(car)
        self.deliver(order)
        self.invoice(order)
        bill = car.purchase_line_id.invoice_lines.move_id
        credit = bill._reverse_moves([{"invoice_date": bill.invoice_date}])
        credit.invoice_line_ids.price_unit = 400.0
        credit.with_user(self.user_biller).action_post()
        self.assertEqual(car._exact_cost()[car.id], 20000.0)
        self.assertBooks(0.0, 20000.0)

    def test_bill_cancelled_by_its_reversal(self):
        car = self.buy_car(20000.0)
        order = self.sell(car)
        self.deliver(order)
        self.invoice(order)
        bill = self.bill(car, 20400.0)
        bill._reverse_moves([{"invoice_date": bill.invoice_date}], cancel=True)
        self.assertBooks(-20000.0, 20000.0)
        self.bill(car, 20100.0)
        self.assertBooks(0.0, 20100.0)

    def test_invoice_reset_and_reversed(self):
        car = self.buy_car(20000.0)
        order = self.sell(car)
        self.deliver(order)
        invoice = self.invoice(order)
        self.bill(car, 20400.0)
        invoice.with_user(self.user_biller).button_draft()
        self.assertBooks(20400.0, 0.0)
        invoice.with_user(self.user_biller).action_post()
        self.assertBooks(0.0, 20400.0)
        invoice._reverse_moves([{"invoice_date": invoice.invoice_date}], cancel=True)
        self.assertBooks(20400.0, 0.0)

    def test_customer_returns_car_and_it_sells_again(self):
        car = self.buy_car(20000.0, bill=20000.0)
        order = self.sell(car)
        self.deliver(order)
        invoice = self.invoice(order)
        wizard = self.env["stock.return.picking"].create({"picking_id": order.picking_ids.id})
        wizard.product_return_moves.quantity = 1
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back.with_user(self.user_keeper).button_validate()
        credit = invoice._reverse_moves([{"invoice_date": invoice.invoice_date}])
        credit.with_user(self.user_biller).action_post()
        self.assertBooks(20000.0, 0.0)
        self.assertStockEqualsCars()
        order.order_line.sudo().product_uom_qty = 0
        other = self.sell(car, partner=self.partner)
        self.deliver(other)
        self.invoice(other)
        self.assertBooks(0.0, 20000.0)

    def test_capitalised_cost_goes_to_one_car(self):
        cheap, dear = self.buy_car(10000.0, bill=10000.0), self.buy_car(20000.0, bill=20000.0)
        clearing = self.account_cogs.copy({"code": "599999", "name": "Reconditioning clearing"})
        cheap._capitalise(750.0, "Reconditioning", clearing)
        self.assertEqual(cheap._exact_cost()[cheap.id], 10750.0)
        self.assertEqual(dear._exact_cost()[dear.id], 20000.0)
        self.assertBooks(30750.0, 0.0)
        self.assertEqual(self.balance(clearing), -750.0)
        self.bill(cheap, 100.0)
        self.assertEqual(cheap._exact_cost()[cheap.id], 10850.0, "A later bill is not lost")

    def test_capitalised_after_the_sale_is_cost_of_goods(self):
        car = self.buy_car(20000.0, bill=20000.0)
        order = self.sell(car)
        self.deliver(order)
        self.invoice(order)
        clearing = self.account_cogs.copy({"code": "599999", "name": "Freight clearing"})
        car._capitalise(300.0, "Freight", clearing)
        self.assertBooks(0.0, 20300.0)
        car._capitalise(-300.0, "Freight, reversed", clearing)
        self.assertBooks(0.0, 20000.0)

    def test_cost_is_not_typed(self):
        car = self.buy_car(20000.0, bill=20000.0)
        with self.assertRefused(car.vin):
            car.lot_id.with_company(self.company_a).standard_price = 1.0

    def test_new_trim_keeps_perpetual_stock(self):
        trim = self.env["product.template"].create({"name": "New", "is_vehicle": True})
        self.assertEqual(trim.categ_id, self.category)
        self.assertEqual(trim.with_company(self.company_a).valuation, "real_time")
        self.assertEqual(trim.with_company(self.company_a).cost_method, "average")

    def test_not_received_car_takes_no_cost(self):
        car = self.announce(self.order_cars(20000.0))
        with self.assertRefused("not received"):
            car._capitalise(1.0, "Freight", self.account_cogs)

    def test_two_cars_on_one_order_two_invoices(self):
        cheap, dear = self.buy_car(10000.0, bill=10000.0), self.buy_car(20000.0, bill=20000.0)
        order = self.sell(cheap)
        self.invoice(order)
        line = order.order_line.copy({"order_id": order.id})
        line.dealer_vehicle_id = dear
        self.invoice(order)
        self.assertBooks(0.0, 30000.0)
        self.deliver(order)
        self.assertBooks(0.0, 30000.0)


@tagged("post_install", "-at_install", "dealer")
class TestExactCost(ExactCostTests, ExactCostCase):
    chart = "generic_coa"


@tagged("post_install", "-at_install", "dealer")
class TestExactCostChina(ExactCostTests, ExactCostCase):
    chart = "cn"

    def test_goods_account(self):
        self.assertTrue(self.account_stock.code.startswith("1405"))
        self.assertTrue(self.account_stock.account_stock_variation_id)
        self.assertTrue(self.account_cogs.code.startswith("5401"))


@tagged("post_install", "-at_install", "dealer")
class TestExactCostTwoCompanies(ExactCostCase):
    """One car, one serial number, two companies with charts of their own: each knows its own cost."""

    def test_car_sold_to_the_sister_company(self):
        self.env["account.chart.template"].try_loading("cn", company=self.company_b, install_demo=False)
        car = self.buy_car(10000.0, bill=10000.0)
        order = self.sell(car, partner=self.company_b.partner_id)
        purchase = (
            self.env["purchase.order"]
            .with_company(self.company_b)
            .create(
                {
                    "partner_id": self.company_a.partner_id.id,
                    "company_id": self.company_b.id,
                    "picking_type_id": self.site_b.vehicle_in_type_id.id,
                    "order_line": [Command.create({"product_id": self.product.id, "price_unit": 12000.0})],
                }
            )
        )
        purchase.order_line.tax_ids = False
        purchase.button_confirm()
        other = purchase.order_line.dealer_vehicle_id
        self.assertEqual(other.company_id, self.company_b)
        other.write({"vin": car.vin, "vin_confirmed": True})
        # Company A is the active one while the receipt of company B is posted.
        self.assertEqual(self.env.company, self.company_a)
        with self.assertRefused("has to ship it first"):
            purchase.picking_ids.with_company(self.company_a).action_receive_shipped_cars()
        self.deliver(order)
        self.invoice(order)
        purchase.picking_ids.with_company(self.company_a).action_receive_shipped_cars()
        self.assertEqual(other.lot_id, car.lot_id)
        self.assertEqual(list((car | other)._exact_cost().values()), [10000.0, 12000.0])
        self.assertEqual(self.product.with_company(self.company_a).total_value, 0.0)
        self.assertEqual(self.product.with_company(self.company_b).total_value, 12000.0)
        self.assertEqual(car.lot_id.with_company(self.company_b).standard_price, 12000.0)
        self.assertEqual(car.lot_id.with_company(self.company_a).standard_price, 10000.0)
        self.bill(car, 500.0)
        self.assertBooks(0.0, 10500.0)
        self.assertEqual(other._exact_cost()[other.id], 12000.0)


@tagged("post_install", "-at_install", "dealer")
class TestExactCostSpeed(DealerStockCommon):
    def _stock(self, count):
        lots = self.env["stock.lot"].create(
            [{"name": self.new_vin(), "product_id": self.product.id} for _n in range(count)]
        )
        for lot in lots:
            self.env["stock.quant"]._update_available_quantity(self.product, self.site_a.lot_stock_id, 1, lot_id=lot)

    def test_product_total_is_constant(self):
        counts = []
        for count in (10, 190):
            self._stock(count)
            self.env.flush_all()
            self.env.invalidate_all()
            self.product.with_company(self.company_a).product_tmpl_id.is_vehicle  # noqa: B018 the cache is warm
            before = self.env.cr.sql_log_count
            self.product.with_company(self.company_a).total_value  # noqa: B018
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[1], 6)

    def test_receipt_does_not_grow_with_stock(self):
        counts = []
        for count in (10, 190):
            self._stock(count)
            order = self.order_cars(10000.0)
            self.announce(order)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.receive(order, well=False)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] * 1.05)
