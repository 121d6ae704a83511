from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common_stock import DealerStockCommon


@tagged("post_install", "-at_install", "dealer")
class TestVehicleSale(DealerStockCommon):
    """Exactly the named car is kept, moved and invoiced; nothing gets past the sinks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        order = cls.order_cars(10000.0, 20000.0)
        cls.car, cls.other = cls.announce(order)
        cls.receive(order)

    def _unnamed_order(self):
        order = self.sell(self.car, confirm=False)
        order.order_line.dealer_vehicle_id = False
        order.action_confirm()
        return order

    def _delivery_by_hand(self, car, name_it=False):
        picking = (
            self.env["stock.picking"]
            .with_user(self.user_keeper)
            .create(
                {
                    "picking_type_id": self.site_a.out_type_id.id,
                    "partner_id": self.customer.id,
                    "move_ids": [
                        Command.create(
                            {
                                "product_id": car.product_id.id,
                                "product_uom_qty": 1,
                                "location_id": self.site_a.lot_stock_id.id,
                                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                                "dealer_vehicle_id": car.id if name_it else False,
                            }
                        )
                    ],
                }
            )
        )
        picking.action_confirm()
        picking.move_ids.move_line_ids = [
            Command.clear(),
            Command.create(
                {
                    "product_id": car.product_id.id,
                    "lot_id": car.lot_id.id,
                    "quantity": 1,
                    "location_id": self.site_a.lot_stock_id.id,
                    "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                    "picking_id": picking.id,
                }
            ),
        ]
        picking.move_ids.picked = True
        return picking

    # ------------------------------------------------------------------ reservation

    def test_order_without_a_car_reserves_nothing(self):
        unnamed = self._unnamed_order()
        self.assertEqual(unnamed.picking_ids.move_ids.quantity, 0)
        named = self.sell(self.other)
        self.assertEqual(named.picking_ids.move_ids.lot_ids, self.other.lot_id)
        unnamed.order_line.dealer_vehicle_id = self.car
        self.assertEqual(unnamed.picking_ids.move_ids.lot_ids, self.car.lot_id)

    def test_car_changed_on_the_order(self):
        order = self.sell(self.car)
        order.order_line.dealer_vehicle_id = self.other
        move = order.picking_ids.move_ids
        self.assertEqual((move.dealer_vehicle_id, move.lot_ids), (self.other, self.other.lot_id))
        self.assertEqual((self.car.claim, self.other.claim), ("free", "sold"))
        quant = self.car.lot_id.quant_ids.filtered(lambda quant: quant.location_id == self.site_a.lot_stock_id)
        self.assertEqual(quant.reserved_quantity, 0)

    def test_car_survives_pick_pack_ship(self):
        self.site_a.delivery_steps = "pick_pack_ship"
        order = self.sell(self.other)
        self.deliver(order)
        moves = order.order_line.move_ids
        self.assertEqual(len(moves), 3)
        self.assertEqual(moves.dealer_vehicle_id, self.other)
        self.assertEqual(moves.lot_ids, self.other.lot_id)
        self.assertEqual(self.other.place, "with_customer")

    def test_car_cannot_change_after_the_first_step(self):
        self.site_a.delivery_steps = "pick_ship"
        order = self.sell(self.car)
        pick = order.picking_ids
        pick.with_user(self.user_keeper).button_validate()
        with self.assertRefused(pick.name):
            order.order_line.dealer_vehicle_id = self.other

    def test_two_lines_two_cars_are_not_merged(self):
        order = self.sell(self.car, confirm=False)
        line = order.order_line.copy({"order_id": order.id})
        line.dealer_vehicle_id = self.other
        order.action_confirm()
        self.assertEqual(order.picking_ids.move_ids.dealer_vehicle_id, self.car | self.other)
        self.assertEqual(order.picking_ids.move_ids.lot_ids, (self.car | self.other).lot_id)

    def test_internal_transfer_names_its_car(self):
        shelf = self.env["stock.location"].create({"name": "Hall 2", "location_id": self.site_a.lot_stock_id.id})
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 1,
                "location_id": self.site_a.lot_stock_id.id,
                "location_dest_id": shelf.id,
            }
        )
        move._action_confirm()
        move.move_line_ids = [
            Command.create(
                {
                    "product_id": self.product.id,
                    "lot_id": self.car.lot_id.id,
                    "quantity": 1,
                    "location_id": self.site_a.lot_stock_id.id,
                    "location_dest_id": shelf.id,
                }
            )
        ]
        move.picked = True
        move._action_done()
        self.assertEqual(move.dealer_vehicle_id, self.car)
        self.assertEqual(self.car.location_id, shelf)

    # ------------------------------------------------------------------ sinks

    def test_stock_user_cannot_ship_without_order(self):
        with self.assertRefused("which order sells it"):
            self._delivery_by_hand(self.car).button_validate()
        with self.assertRefused("which order sells it"):
            self._delivery_by_hand(self.car, name_it=True).button_validate()

    def test_plain_odoo_users(self):
        """People with core rights and no role in the dealership work on, and are told what they may not do."""
        keeper = self.make_user("plain_keeper", "stock.group_stock_user")
        buyer = self.make_user("plain_buyer", "purchase.group_purchase_user")
        order = self.sell(self.other)
        Form(order.picking_ids.with_user(keeper)).save()
        Form(self.car.purchase_line_id.order_id.with_user(buyer)).save()
        picking = self._delivery_by_hand(self.car)
        with self.assertRefused("which order sells it"):
            picking.with_user(keeper).button_validate()
        order.picking_ids.with_user(keeper).with_context(skip_sms=True).button_validate()
        self.assertEqual(self.other.place, "with_customer")

    def test_stock_user_renames_the_delivery(self):
        order = self.sell(self.car)
        move = order.picking_ids.with_user(self.user_keeper).move_ids
        move.dealer_vehicle_id = self.other
        move.move_line_ids.lot_id = self.other.lot_id
        move.picked = True
        with self.assertRefused("names"):
            move.picking_id.button_validate()

    def test_wrong_vin_on_the_delivery(self):
        order = self.sell(self.car)
        picking = order.picking_ids.with_user(self.user_keeper)
        picking.move_line_ids.lot_id = self.other.lot_id
        picking.move_ids.picked = True
        with self.assertRefused(self.other.vin):
            picking.button_validate()

    def test_car_that_is_not_there(self):
        order = self.sell(self.car)
        picking = order.picking_ids.with_user(self.user_keeper)
        self.move_out(self.car, self.env["stock.location"].search([("usage", "=", "inventory")], limit=1))
        picking.move_ids.picked = True
        with self.assertRefused("is not in"):
            picking.button_validate()
        negative = self.car.lot_id.quant_ids.filtered(
            lambda quant: quant.quantity < 0 and quant.location_id.usage == "internal"
        )
        self.assertFalse(negative)

    def test_sold_twice(self):
        first = self.sell(self.car)
        with self.assertRefused(first.name):
            self.sell(self.car, partner=self.partner)
        first._action_cancel()
        self.sell(self.car, partner=self.partner)

    def test_held_by_somebody_else(self):
        self.car._take_hold(self.partner, firm=True)
        with self.assertRefused("held by"):
            self.sell(self.car)
        self.sell(self.car, partner=self.partner)

    def test_held_after_the_order(self):
        order = self.sell(self.car)
        hold = self.env["dealer.vehicle.hold"].create({"vehicle_id": self.car.id, "partner_id": self.partner.id})
        with self.assertRefused("held by"):
            self.deliver(order)
        hold._release()
        self.deliver(order)

    def test_held_car_is_not_scrapped(self):
        self.car._take_hold(self.partner, firm=True)
        quant = self.car.lot_id.quant_ids.filtered(lambda quant: quant.location_id == self.site_a.lot_stock_id)
        quant.with_context(inventory_mode=True).inventory_quantity = 0
        with self.assertRefused("held by"):
            quant.action_apply_inventory()

    def test_stop_sale(self):
        order = self.sell(self.car)
        self.car.sudo().has_stop_sale = True
        with self.assertRefused("stop-sale"):
            self.deliver(order)
        with self.assertRefused("stop-sale"):
            self.invoice(order)
        self.other.sudo().has_stop_sale = True
        with self.assertRefused("stop-sale"):
            self.sell(self.other)

    def test_billing_user_invoices_without_order(self):
        invoice = (
            self.env["account.move"]
            .with_user(self.user_biller)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "invoice_line_ids": [Command.create({"product_id": self.product.id, "price_unit": 1.0})],
                }
            )
        )
        with self.assertRefused("which car"):
            invoice.action_post()

    def test_invoiced_twice(self):
        order = self.sell(self.car)
        invoice = self.invoice(order)
        with self.assertRefused("is invoiced for its car"):
            order.order_line.dealer_vehicle_id = self.other
        again = invoice.copy()
        again.invoice_line_ids.sale_line_ids = order.order_line
        with self.assertRefused("more than once"):
            again.with_user(self.user_biller).action_post()

    def test_line_added_to_a_confirmed_order(self):
        self.sell(self.car)
        order = self.sell(self.other)
        with self.assertRefused("is sold to"):
            order.write(
                {"order_line": [Command.create({"product_id": self.product.id, "dealer_vehicle_id": self.car.id})]}
            )

    def test_one_car_per_line(self):
        order = self.sell(self.car, confirm=False)
        with self.assertRaises(ValidationError):
            order.order_line.product_uom_qty = 2
        order.order_line.write({"dealer_vehicle_id": False, "product_uom_qty": 2})
        with self.assertRefused("one line with"):
            order.action_confirm()

    def test_car_of_another_product(self):
        order = self.sell(self.car, confirm=False)
        with self.assertRefused("is not a"):
            order.order_line.product_id = self.product_top

    def test_line_set_to_zero_frees_the_car(self):
        order = self.sell(self.car)
        order.order_line.product_uom_qty = 0
        self.assertEqual(self.car.claim, "free")
        self.sell(self.car, partner=self.partner)

    def test_core_goods_are_untouched(self):
        oil = self.env["product.product"].create({"name": "Oil", "type": "consu", "is_storable": True})
        self.env["stock.quant"]._update_available_quantity(oil, self.site_a.lot_stock_id, 10)
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [Command.create({"product_id": oil.id, "product_uom_qty": 4})],
            }
        )
        order.action_confirm()
        self.assertEqual(order.picking_ids.move_ids.quantity, 4)
        self.deliver(order)
        self.assertEqual(oil.qty_available, 6)
