from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common_stock import DealerStockCommon


@tagged("post_install", "-at_install", "dealer")
class TestVehicleMinMax(DealerStockCommon):
    """Core's reordering rules order cars, and go with one line a car and with the receiving inspection."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trim.seller_ids = [Command.create({"partner_id": cls.maker.id, "price": 150000.0})]
        cls.Rule = cls.env["stock.warehouse.orderpoint"]

    def make_rule(self, minimum=2, maximum=3):
        form = Form(
            self.Rule.with_user(self.user_buyer).with_context(default_trigger="manual"),
            view="dealer_vehicle.stock_warehouse_orderpoint_view_list_vehicle",
        )
        form.product_id = self.product
        form.product_min_qty, form.product_max_qty = minimum, maximum
        return form.save()

    def get_orders(self):
        return self.env["purchase.order"].search([("order_line.product_id", "=", self.product.id)], order="id")

    def fresh(self, rule):
        self.env.invalidate_all()
        return rule

    def test_ordered_one_line_a_car(self):
        rule = self.make_rule()
        self.assertEqual(rule.qty_to_order, 3)
        rule.action_replenish()
        order = self.get_orders()
        self.assertEqual(order.order_line.mapped("product_qty"), [1.0] * 3)
        self.assertEqual(order.order_line.mapped("price_unit"), [150000.0] * 3)
        self.assertEqual(order.picking_type_id, self.site_a.vehicle_in_type_id)
        self.assertEqual(self.fresh(rule).qty_to_order, 0, "what is on the way to the maker is not ordered again")

    def test_expected_from_order_to_stock(self):
        rule = self.make_rule()
        rule.action_replenish()
        order = self.get_orders()
        order.with_user(self.user_buyer).button_confirm()
        self.assertEqual(self.fresh(rule).qty_forecast, 3)
        self.announce(order)
        self.receive(order, well=False)
        self.assertEqual(self.fresh(rule).qty_forecast, 3, "cars in inspection are expected")
        inspections = self.env["dealer.vehicle.inspection"].search(
            [("vehicle_id", "in", order.order_line.dealer_vehicle_id.ids)]
        )
        inspections.with_user(self.user_keeper).action_all_well()
        self.assertEqual((self.fresh(rule).qty_on_hand, rule.qty_forecast, rule.qty_to_order), (3, 3, 0))

    def test_a_later_proposal_joins_the_open_order(self):
        rule = self.make_rule()
        rule.action_replenish()
        rule.product_max_qty = rule.product_min_qty = 5
        self.fresh(rule).action_replenish()
        order = self.get_orders()
        self.assertEqual((len(order), order.order_line.mapped("product_qty")), (1, [1.0] * 5))
        order.with_user(self.user_buyer).button_confirm()
        self.assertEqual(len(order.order_line.dealer_vehicle_id), 5)

    def test_cars_and_parts_of_one_supplier_on_two_orders(self):
        part = self.env["product.product"].create(
            {
                "name": "Oil Filter",
                "is_storable": True,
                "seller_ids": [Command.create({"partner_id": self.maker.id, "price": 30.0})],
            }
        )
        other = self.Rule.create(
            {
                "product_id": part.id,
                "warehouse_id": self.site_a.id,
                "location_id": self.site_a.lot_stock_id.id,
                "product_min_qty": 5,
                "product_max_qty": 10,
                "trigger": "manual",
            }
        )
        rule = self.make_rule()
        (rule.sudo() | other).action_replenish()
        parts = self.env["purchase.order"].search([("order_line.product_id", "=", part.id)])
        self.assertEqual(parts.order_line.product_id, part)
        self.assertEqual(parts.order_line.product_qty, 10)
        self.get_orders().with_user(self.user_buyer).button_confirm()

    def test_a_transfer_is_expected_too(self):
        north = self.env["stock.warehouse"].create({"name": "North", "code": "NOR", "company_id": self.company_a.id})
        rule = self.Rule.create(
            {
                "product_id": self.product.id,
                "warehouse_id": north.id,
                "location_id": north.lot_stock_id.id,
                "product_min_qty": 1,
                "product_max_qty": 1,
                "trigger": "manual",
            }
        )
        car = self.stock_car(self.new_vin())
        context = car.with_user(self.user_keeper).action_transfer()["context"]
        transfer = Form(self.env["dealer.vehicle.transfer"].with_user(self.user_keeper).with_context(**context)).save()
        transfer.action_send()
        self.assertEqual((self.fresh(rule).qty_forecast, rule.qty_to_order), (1, 0))

    def test_who(self):
        rule = self.make_rule()
        for user in (self.user_buyer, self.user_keeper, self.user_auditor):
            self.assertEqual(rule.with_user(user).product_min_qty, 2)
        for user in (self.user_keeper, self.user_auditor):
            with self.assertRaises(AccessError):
                rule.with_user(user).product_min_qty = 9
        self.assertFalse(self.Rule.with_user(self.user_b).search([("id", "=", rule.id)]))
