from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import DealerPartsCommon


@tagged("post_install", "-at_install", "dealer")
class TestStockWarehouseOrderpoint(DealerPartsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.put_on_shelf(cls.part, 5)
        cls.rule = (
            cls.env["stock.warehouse.orderpoint"]
            .with_user(cls.keeper)
            .create(
                {
                    "product_id": cls.part.product_variant_id.id,
                    "warehouse_id": cls.warehouse.id,
                    "product_min_qty": 4,
                    "product_max_qty": 10,
                    "trigger": "manual",
                }
            )
        )

    def _take(self, quantity):
        move = self.env["stock.move"].create(
            {
                "product_id": self.part.product_variant_id.id,
                "product_uom_qty": quantity,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        move._action_confirm()
        move.write({"quantity": quantity, "picked": True})
        move._action_done()

    def _to_order(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_parts.stock_warehouse_orderpoint_action")
        self.assertIn("search_default_to_order", action["context"])
        return (
            self.env["stock.warehouse.orderpoint"]
            .with_user(self.keeper)
            .search([("product_id.is_part", "=", True), ("qty_to_order", ">", 0)])
        )

    def test_what_falls_under_its_minimum_is_proposed(self):
        self.assertNotIn(self.rule, self._to_order())
        self._take(2)
        self.assertIn(self.rule, self._to_order())
        self.assertEqual(self.rule.qty_to_order, 7)

    def test_one_click_makes_a_draft_purchase_order(self):
        for user, taken in ((self.keeper, 2), (self.buyer, 7)):
            with self.subTest(user=user.login):
                self._take(taken)
                rule = self.rule.with_user(user)
                wanted = rule.qty_to_order
                self.assertGreater(wanted, 0)
                rule.action_replenish()
                lines = self.env["purchase.order.line"].search(
                    [("orderpoint_id", "=", self.rule.id), ("state", "=", "draft")]
                )
                self.assertEqual(lines.order_id.partner_id, self.supplier)
                self.assertEqual(rule.qty_to_order, 0)
                self.assertNotIn(self.rule, self._to_order())
        self.assertEqual(sum(lines.mapped("product_qty")), 14)
        self.assertEqual(lines.price_unit, 200)

    def test_several_at_once(self):
        other = self.create_part("17801-21060")
        second = self.rule.copy({"product_id": other.product_variant_id.id})
        self._take(3)
        (self.rule | second).with_user(self.keeper).action_replenish()
        lines = self.env["purchase.order.line"].search([("orderpoint_id", "in", (self.rule | second).ids)])
        self.assertEqual(len(lines), 2)
        self.assertEqual(len(lines.order_id), 1)

    def test_smart_buttons_open_the_part_s_own_rules_and_stock(self):
        action = self.part.with_user(self.keeper).action_part_orderpoints()
        rules = self.env["stock.warehouse.orderpoint"].search(action["domain"])
        self.assertEqual(rules, self.rule)
        action = self.part.with_user(self.keeper).action_part_stock()
        quants = self.env["stock.quant"].search(action["domain"])
        self.assertEqual(sum(quants.mapped("quantity")), 5)

    def test_a_plain_user_does_not_set_minimums(self):
        user = new_test_user(self.env, "parts_plain_t", groups="dealer_vehicle.group_vehicle_user")
        with self.assertRaises(AccessError):
            self.rule.with_user(user).product_min_qty = 0
