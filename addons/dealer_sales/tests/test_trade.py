from odoo import SUPERUSER_ID
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestTradeBetweenCompanies(DealerSalesCommon):
    """A car is sold without a contract to a sister company only, by the sale made with its purchase (P11)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sister = cls.env["res.company"].create({"name": "Sister"})
        cls.env.cr.flush()
        cls.env["account.chart.template"].with_user(SUPERUSER_ID).try_loading(
            "generic_coa", company=cls.sister, install_demo=False
        )
        cls.site_sister = cls.env["stock.warehouse"].search([("company_id", "=", cls.sister.id)], limit=1)
        cls.buyer = cls._create_user("trade_buyer", "dealer_vehicle.group_buyer")

    def _trade(self):
        Wizard = self.env["dealer.vehicle.trade"].with_user(self.buyer)
        wizard = Wizard.create(
            {
                "buyer": str(self.site_sister.id),
                "line_ids": [Command.create({"vehicle_id": self.car.id, "price": 15000.0})],
            }
        )
        wizard.action_sell()
        return self.env["sale.order.line"].search([("dealer_vehicle_id", "=", self.car.id)]).order_id

    def _approve(self, sale):
        """Let the sister company's purchasing manager look at a car whose cost nobody booked."""
        self.assertEqual(sale.dealer_trade_purchase_id.state, "to approve")
        chief = self._create_user("sister_chief", "purchase.group_purchase_manager", self.sister)
        theirs = sale.dealer_trade_purchase_id.with_user(chief).with_context(allowed_company_ids=self.sister.ids)
        theirs.button_approve()

    def _ship(self, sale):
        picking = sale.picking_ids.with_user(self.stock_keeper)
        picking.move_ids.write({"picked": True})
        picking.with_context(skip_sms=True).button_validate()

    def test_made_together_it_passes_every_guard(self):
        sale = self._trade()
        self.assertFalse(sale.dealer_contract_ids)
        self.assertEqual(sale.state, "sale")
        self._approve(sale)
        self._ship(sale)
        self.assertEqual(self.car.place, "with_customer")
        sale.order_line.product_id.invoice_policy = "order"
        invoice = sale._create_invoices()
        invoice.with_user(self.biller).action_post()
        self.assertEqual(invoice.state, "posted")
        self.assertEqual(invoice._get_sister_bills().amount_untaxed, 15000.0)

    def _imitate(self):
        order = self._create_bare_order(self.manager, dealer_vehicle_id=self.car.id)
        order.partner_id = self.sister.partner_id
        return order

    def test_hand_made_imitations(self):
        """An order to the sister company, typed links, defaults in the context: none opens the guard."""
        order = self._imitate()
        with self.assertRaisesRegex(UserError, "Deals"):
            order.action_confirm()
        purchase = (
            self.env["purchase.order"]
            .with_company(self.sister)
            .create({"partner_id": self.company.partner_id.id, "company_id": self.sister.id})
        )
        for act in (
            lambda: order.write({"dealer_trade_purchase_id": purchase.id}),
            lambda: order.with_context(default_dealer_trade_purchase_id=purchase.id).action_confirm(),
            lambda: order.with_context(dealer_trade=True).write({"state": "sale"}),
            lambda: order.copy({"dealer_trade_purchase_id": purchase.id}),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                act()
        self.assertFalse(order.dealer_trade_purchase_id)

    def test_one_real_link_opens_nothing_else(self):
        """A car added to a sale between companies, or another buyer on it, stops it."""
        sale = self._trade()
        with self.assertRaisesRegex(UserError, "sister company"), self.env.cr.savepoint():
            sale.with_user(self.manager).write(
                {"order_line": [Command.create({"product_id": self.trim.id, "dealer_vehicle_id": self.car_2.id})]}
            )
        customers = self.env.ref("stock.stock_location_customers")
        with self.assertRaisesRegex(UserError, "its cars go to that company"), self.env.cr.savepoint():
            self._approve(sale)
            sale.picking_ids.move_ids.move_line_ids.location_dest_id = customers
            self._ship(sale)
        self.env.invalidate_all()
        sale.partner_id = self.customer
        with self.assertRaisesRegex(UserError, "no longer what the sister company buys"):
            self._ship(sale)
        sale.order_line.product_id.invoice_policy = "order"
        with self.assertRaisesRegex(UserError, "no longer what the sister company buys"):
            sale._create_invoices().with_user(self.biller).action_post()
