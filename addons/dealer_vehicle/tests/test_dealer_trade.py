import doctest

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..tools import trade
from .common_stock import DealerStockCommon


class TradeCommon(DealerStockCommon):
    """Company A has a car, company B keeps books and buys it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["account.chart.template"].try_loading(cls.chart, company=cls.company_b, install_demo=False)
        cls.company_a.dealer_trade_percent = 2.0
        cls.stocker = cls.make_user("stock_manager", "stock.group_stock_manager,dealer_vehicle.group_stock_keeper")
        cls.buyer_b = cls.make_user("buyer_b", "dealer_vehicle.group_buyer", company=cls.company_b)
        cls.biller_b = cls.make_user("biller_b", "account.group_account_invoice", company=cls.company_b)
        # The same cars are costed the same way in both.
        cls.accounts_b = cls.trim.with_company(cls.company_b).get_product_accounts()

    def trade(self, *cars, user=None, price=None, site=None):
        """Sell cars of company A to company B as a user does on the screen.

        :return: (``sale.order``, ``purchase.order``) in the test's own rights
        """
        cars = self.env["dealer.vehicle"].concat(*cars).with_user(user or self.user_buyer)
        action = cars.action_sell_to_sister()
        Wizard = self.env["dealer.vehicle.trade"].with_user(user or self.user_buyer).with_context(**action["context"])
        wizard = Wizard.create({**Wizard.default_get(["buyer", "line_ids"]), "buyer": str((site or self.site_b).id)})
        if price:
            wizard.line_ids.price = price
        wizard.action_sell()
        sale = self.env["sale.order.line"].search([("dealer_vehicle_id", "in", cars.ids)], order="id desc", limit=1)
        return sale.order_id, sale.order_id.dealer_trade_purchase_id

    def ship(self, sale):
        pickings = sale.picking_ids.filtered(lambda picking: picking.state == "assigned")
        pickings.with_user(self.user_keeper).with_context(skip_sms=True).button_validate()


@tagged("post_install", "-at_install", "dealer")
class TestDealerTrade(TradeCommon):
    def test_doctests(self):
        self.assertFalse(doctest.testmod(trade).failed)

    def test_both_orders_at_once(self):
        car = self.buy_car(10000.0, bill=10000.0)
        car.write({"colour_exterior": "Black"})
        sale, purchase = self.trade(car)
        self.assertEqual((sale.state, purchase.state), ("sale", "purchase"))
        self.assertEqual(purchase.dealer_trade_sale_id, sale)
        self.assertEqual(sale.amount_untaxed, 10200.0)
        self.assertEqual(purchase.amount_untaxed, 10200.0)
        twin = purchase.order_line.dealer_vehicle_id
        self.assertEqual((twin.company_id, twin.vin_id, twin.place), (self.company_b, car.vin_id, "ordered"))
        self.assertEqual((twin.product_id, twin.colour_exterior), (car.product_id, "Black"))
        self.assertEqual(car.claim, "sold")
        self.assertFalse(
            self.product.seller_ids.filtered(lambda seller: seller.partner_id == self.company_a.partner_id)
        )

    def test_to_the_end(self):
        """P5, P11: delivered, received, invoiced, billed; costs exact on both sides, age is the group's."""
        car = self.buy_car(10000.0, bill=10000.0)
        self.env.flush_all()
        self.env.cr.execute("UPDATE dealer_vehicle SET age_date = age_date - 80 WHERE id = %s", [car.id])
        self.env.invalidate_all()
        sale, purchase = self.trade(car)
        twin = purchase.order_line.dealer_vehicle_id
        receipt = purchase.picking_ids
        self.assertNotEqual(receipt.state, "assigned")
        self.ship(sale)
        self.assertEqual((car.place, twin.place), ("with_customer", "in_transit"))
        self.assertEqual(receipt.state, "assigned")
        self.assertEqual(receipt.move_ids.move_line_ids.lot_id, car.lot_id)
        keeper_b = self.user_b
        receipt.with_user(keeper_b).with_company(self.company_b).action_receive_shipped_cars()
        inspection = self.env["dealer.vehicle.inspection"].search([("vehicle_id", "=", twin.id)])
        inspection.with_user(keeper_b).with_company(self.company_b).action_all_well()
        self.assertEqual((twin.place, twin.is_inspected, twin.site_id), ("at_site", True, self.site_b))
        self.assertEqual(twin.days_in_stock, 80)
        invoice = self.invoice(sale)
        bill = self.env["account.move"].search([("dealer_trade_invoice_id", "=", invoice.id)])
        self.assertEqual((bill.state, bill.company_id, bill.ref), ("draft", self.company_b, invoice.name))
        self.assertEqual(bill.amount_untaxed, invoice.amount_untaxed)
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, purchase.order_line)
        bill.with_user(self.biller_b).with_company(self.company_b).action_post()
        self.assertEqual(list((car | twin)._exact_cost().values()), [10000.0, 10200.0])
        self.assertEqual(self.balance(self.account_cogs), 10000.0)
        self.assertEqual(self.product.with_company(self.company_a).total_value, 0.0)
        self.assertEqual(self.product.with_company(self.company_b).total_value, 10200.0)

    def test_several_cars(self):
        cars = self.buy_car(10000.0) | self.buy_car(12000.0)
        sale, purchase = self.trade(cars)
        self.assertEqual(len(sale.order_line), 2)
        self.assertEqual(purchase.order_line.dealer_vehicle_id.vin_id, cars.vin_id)
        self.assertEqual(sorted(purchase.order_line.mapped("price_unit")), [10200.0, 12240.0])

    def test_price_without_included_tax(self):
        tax = self.env["account.tax"].create(
            {"name": "13 % in the price", "amount": 13.0, "price_include_override": "tax_included"}
        )
        self.trim.taxes_id = tax
        car = self.buy_car(10000.0)
        sale, purchase = self.trade(car)
        self.assertEqual((sale.amount_untaxed, sale.amount_total), (10200.0, 11526.0))
        self.assertEqual(purchase.amount_untaxed, 10200.0)

    def test_cancelled_on_either_side(self):
        car = self.buy_car(10000.0)
        sale, purchase = self.trade(car)
        twin = purchase.order_line.dealer_vehicle_id
        sale._action_cancel()
        self.assertEqual((sale.state, purchase.state), ("cancel", "cancel"))
        self.assertEqual((car.claim, twin.active, twin.claim), ("free", False, False))
        again, purchase = self.trade(car)
        self.assertEqual(purchase.order_line.dealer_vehicle_id, twin)
        self.assertTrue(twin.active)
        purchase.with_user(self.buyer_b).with_company(self.company_b).button_cancel()
        self.assertEqual((again.state, purchase.state), ("cancel", "cancel"))
        self.assertEqual(car.claim, "free")
        self.assertEqual(set(again.picking_ids.mapped("state")), {"cancel"})

    def test_a_customers_car_stays_one(self):
        """B had sold and services this car; the trade is cancelled and it is that customer's car again."""
        car = self.buy_car(10000.0)
        known = self.make_car(car.vin, self.company_b, owner_id=self.customer.id)
        sale, purchase = self.trade(car)
        self.assertEqual(purchase.order_line.dealer_vehicle_id, known)
        sale._action_cancel()
        self.assertTrue(known.active)
        self.assertEqual((known.place, known.claim), ("with_customer", False))

    def test_not_cancelled_after_it_left(self):
        car = self.buy_car(10000.0)
        sale, purchase = self.trade(car)
        self.ship(sale)
        with self.assertRefused("Let the other company sell the car back"):
            sale._action_cancel()
        with self.assertRefused("Let the other company sell the car back"):
            purchase.with_user(self.buyer_b).with_company(self.company_b).button_cancel()

    def test_invoice_withdrawn(self):
        car = self.buy_car(10000.0)
        sale, _purchase = self.trade(car)
        self.ship(sale)
        invoice = self.invoice(sale)
        bill = invoice._get_sister_bills()
        invoice.button_draft()
        self.assertEqual(bill.state, "cancel")
        invoice.action_post()
        second = invoice._get_sister_bills()
        self.assertEqual((len(second), second.state), (1, "draft"))
        second.with_company(self.company_b).action_post()
        with self.assertRefused("Make a credit note instead"):
            invoice.button_draft()
        refund = invoice._reverse_moves([{"invoice_date": invoice.invoice_date}])
        refund.action_post()
        note = refund._get_sister_bills()
        self.assertEqual((note.move_type, note.state), ("in_refund", "draft"))
        self.assertEqual(note.amount_untaxed, refund.amount_untaxed)

    def test_the_other_company_approves_first(self):
        self.company_b.write({"po_double_validation": "two_step", "po_double_validation_amount": 100.0})
        car = self.buy_car(10000.0)
        sale, purchase = self.trade(car)
        self.assertEqual((sale.state, purchase.state), ("sale", "to approve"))
        with self.assertRefused("not approved yet"):
            self.ship(sale)
        chief = self.make_user("chief_b", "purchase.group_purchase_manager", company=self.company_b)
        purchase.with_user(chief).with_company(self.company_b).button_approve()
        self.ship(sale)
        self.assertEqual(purchase.picking_ids.state, "assigned")

    def test_both_keep_the_same_price(self):
        car = self.buy_car(10000.0)
        sale, purchase = self.trade(car)
        with self.assertRefused("is a purchase between companies"):
            purchase.order_line.with_user(self.buyer_b).with_company(self.company_b).price_unit = 1.0
        with self.assertRefused("is a sale between companies"):
            sale.order_line.with_user(self.user_seller).price_unit = 1.0
        purchase.order_line.sudo().price_unit = 1.0
        with self.assertRefused("no longer what the sister company buys"):
            self.ship(sale)

    # ------------------------------------------------------------------ rights

    def test_who_may(self):
        for user in (self.user_buyer, self.stocker, self.user_manager):
            with self.subTest(user=user.login):
                sale, _purchase = self.trade(self.buy_car(10000.0), user=user)
                self.assertEqual(sale.state, "sale")
        car = self.buy_car(10000.0)
        for user in (self.user_staff, self.user_keeper, self.user_seller, self.user_auditor):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                car.with_user(user).action_sell_to_sister()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["dealer.vehicle.trade"].with_user(user).create({"buyer": str(self.site_b.id)})

    def test_each_side_sees_its_own(self):
        car = self.buy_car(10000.0)
        sale, purchase = self.trade(car)
        with self.assertRaises(AccessError):
            purchase.with_user(self.user_buyer).read(["name"])
        mine = sale.with_user(self.user_seller)
        self.assertEqual(mine.dealer_trade_purchase_ref, purchase.name)
        theirs = purchase.with_user(self.buyer_b).with_company(self.company_b)
        self.assertEqual(theirs.dealer_trade_sale_ref, sale.name)
        with self.assertRaises(AccessError):
            sale.with_user(self.buyer_b).with_company(self.company_b).read(["name"])
        with self.assertRaises(AccessError):
            car.with_user(self.buyer_b).with_company(self.company_b).read(["cost"])

    def test_forged_companies(self):
        """What a client may send: a site of the own company, a car of the other, an order that claims to be one."""
        car = self.buy_car(10000.0)
        foreign = self.stock_car(self.new_vin(), company=self.company_b)
        Wizard = self.env["dealer.vehicle.trade"].with_user(self.user_buyer)
        with self.assertRefused("Choose a site of another company"):
            Wizard.create(
                {"buyer": str(self.site_a.id), "line_ids": [Command.create({"vehicle_id": car.id, "price": 1})]}
            ).action_sell()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            Wizard.create(
                {"buyer": str(self.site_b.id), "line_ids": [Command.create({"vehicle_id": foreign.id, "price": 1})]}
            ).action_sell()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            Wizard.with_context(allowed_company_ids=[self.company_b.id], dealer_trade_vehicle_ids=foreign.ids).create(
                {"buyer": str(self.site_a.id), "line_ids": [Command.create({"vehicle_id": foreign.id, "price": 1})]}
            ).action_sell()

    def test_links_cannot_be_typed(self):
        sale, purchase = self.trade(self.buy_car(10000.0))
        order = self.sell(self.buy_car(10000.0), partner=self.company_b.partner_id, confirm=False)
        typed = order.with_user(self.user_seller)
        with self.assertRefused("not typed"):
            typed.dealer_trade_purchase_id = purchase.id
        forged = (
            self.env["sale.order"]
            .with_user(self.user_seller)
            .with_context(default_dealer_trade_purchase_id=purchase.id)
            .create({"partner_id": self.customer.id})
        )
        self.assertFalse(forged.dealer_trade_purchase_id)
        own = self.order_cars(1.0, confirm=False)
        with self.assertRefused("not typed"):
            own.dealer_trade_sale_id = sale.id
        with self.assertRefused("not typed"):
            self.env["account.move"].with_user(self.user_biller).create(
                {"move_type": "in_invoice", "dealer_trade_invoice_id": 1}
            )

    def test_what_cannot_be_sold(self):
        ordered = self.announce(self.order_cars(10000.0))
        with self.assertRefused("is not at a site"):
            self.trade(ordered)
        held = self.buy_car(10000.0)
        held._take_hold(self.customer)
        with self.assertRefused("promised to somebody"):
            self.trade(held)
        with self.assertRefused("type its price"):
            self.trade(self.buy_car(10000.0), price=-1.0)

    def test_unique_indexes(self):
        self.env.cr.execute(
            "SELECT indexname FROM pg_indexes WHERE indexdef LIKE 'CREATE UNIQUE%%' AND indexname LIKE '%%trade%%'"
        )
        names = {row[0] for row in self.env.cr.fetchall()}
        self.assertLessEqual(
            {"sale_order_trade_uniq", "purchase_order_trade_uniq", "account_move_trade_invoice_uniq"}, names
        )
