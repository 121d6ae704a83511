from odoo import Command
from odoo.tests import Form, tagged

from .common import VINS
from .common_stock import DealerStockCommon


@tagged("post_install", "-at_install", "dealer")
class TestVehicleOrder(DealerStockCommon):
    """The buyer orders cars, the maker announces their VINs."""

    def _draft_for_three(self):
        order = self.order_cars(150000.0, confirm=False)
        order.order_line.write({"product_qty": 3, "discount": 5.0, "colour_exterior": "Pearl White"})
        order.order_line.price_unit = 150000.0
        return order

    def _notice(self, order, *rows, **values):
        Notice = self.env["dealer.vehicle.shipping.notice"].with_user(self.user_buyer)
        return Notice.create({"purchase_id": order.id, "text": "\n".join(rows), **values})

    def test_line_for_three_becomes_three_cars(self):
        order = self._draft_for_three()
        order.order_line.maker_order_no = "MKR-77"
        order.button_confirm()
        lines = order.order_line
        self.assertEqual(lines.mapped("product_qty"), [1.0, 1.0, 1.0])
        self.assertEqual(lines.mapped("price_unit"), [150000.0] * 3)
        self.assertEqual(lines.mapped("discount"), [5.0] * 3)
        cars = lines.dealer_vehicle_id
        self.assertEqual(len(cars), 3)
        self.assertEqual(set(cars.mapped("colour_exterior")), {"Pearl White"})
        self.assertEqual(cars.mapped("maker_order_no"), ["MKR-77", f"{order.name}-1", f"{order.name}-2"])
        self.assertEqual(set(cars.mapped("place")), {"ordered"})
        self.assertEqual(cars.purchase_line_id, lines)
        self.assertEqual(order.picking_ids.picking_type_id, self.site_a.vehicle_in_type_id)
        self.assertEqual(order.picking_ids.move_ids.dealer_vehicle_id, cars)
        self.assertEqual(order.picking_ids.move_ids.mapped("product_uom_qty"), [1.0] * 3)

    def test_confirming_twice_makes_no_second_car(self):
        order = self.order_cars(100.0)
        with self.assertRefused("the car of a line stays"):
            order.order_line.dealer_vehicle_id = False
        order.order_line._order_cars()
        order._create_picking()
        self.assertEqual(self.env["dealer.vehicle"].search_count([("purchase_line_id", "in", order.order_line.ids)]), 1)

    def test_line_added_to_a_confirmed_order(self):
        order = self.order_cars(100.0)
        order.write({"order_line": [Command.create({"product_id": self.product_top.id, "product_qty": 1})]})
        self.assertEqual(len(order.order_line.dealer_vehicle_id), 2)
        self.assertEqual(len(order.picking_ids.move_ids.dealer_vehicle_id), 2)
        with self.assertRefused("one line orders one car"):
            order.order_line[0].product_qty = 2

    def test_cars_and_other_goods_apart(self):
        order = self.order_cars(100.0, confirm=False)
        oil = self.env["product.product"].create({"name": "Oil", "type": "consu", "is_storable": True})
        order.write({"order_line": [Command.create({"product_id": oil.id, "product_qty": 1, "price_unit": 1})]})
        with self.assertRefused("separately"):
            order.button_confirm()

    def test_order_of_goods_keeps_its_receipt(self):
        oil = self.env["product.product"].create({"name": "Oil", "type": "consu", "is_storable": True})
        order = self.order_cars(5.0, product=oil)
        self.assertEqual(order.picking_ids.picking_type_id, self.site_a.in_type_id)
        self.assertFalse(order.has_vehicles)

    def test_form_offers_the_vehicle_receipt(self):
        form = Form(self.env["purchase.order"].with_user(self.user_buyer))
        form.partner_id = self.maker
        with form.order_line.new() as line:
            line.product_id = self.product
        self.assertEqual(form.save().picking_type_id, self.site_a.vehicle_in_type_id)

    def test_notice_fills_two_of_three(self):
        order = self._draft_for_three()
        order.button_confirm()
        numbers = order.order_line.mapped("maker_order_no")
        notice = self._notice(
            order,
            "order no;VIN;engine;certificate",
            f"{numbers[0]}; {VINS[0].lower()} ;ENG1;WAH001;NS6480",
            f"{numbers[1]}\t{VINS[1]}",
        )
        notice.action_apply()
        first, second, third = order.order_line.dealer_vehicle_id
        self.assertRecordValues(
            first | second | third,
            [
                {"vin": VINS[0], "engine_no": "ENG1", "certificate_no": "WAH001", "place": "in_transit"},
                {"vin": VINS[1], "engine_no": False, "certificate_no": False, "place": "in_transit"},
                {"vin": False, "engine_no": False, "certificate_no": False, "place": "ordered"},
            ],
        )
        self.assertEqual(first.announcement_model, "NS6480")
        self.assertEqual(order.vehicle_unshipped_count, 1)
        self.assertIn(VINS[0], "".join(first.message_ids.mapped("body")))

    def test_notice_refuses_by_line(self):
        self.make_car(VINS[3])
        order = self.order_cars(1.0, 2.0, 3.0, 4.0, 5.0)
        numbers = order.order_line.mapped("maker_order_no")
        notice = self._notice(
            order,
            f"{numbers[0]};{VINS[0]}",
            f"NOBODY-1;{VINS[1]}",
            f"{numbers[1]};123",
            f"{numbers[2]};{VINS[3]}",
            f"{numbers[3]};{VINS[2]}",
            f"{numbers[4]};{VINS[2]}",
        )
        self.assertEqual(notice.line_ids.mapped("is_refused"), [False, True, True, True, True, True])
        messages = notice.line_ids.mapped("message")
        self.assertIn("NOBODY-1", messages[1])
        self.assertIn("cannot be a VIN", messages[2])
        self.assertIn(VINS[3], messages[3])
        self.assertIn("twice", messages[4])
        notice.action_apply()
        self.assertEqual(order.order_line.dealer_vehicle_id.mapped("vin"), [VINS[0]] + [False] * 4)
        self.assertEqual(len(notice.line_ids), 5, "Refused lines stay on the screen")
        with self.assertRefused("No line"):
            notice.action_apply()

    def test_notice_with_a_wrong_check_digit(self):
        order = self.order_cars(1.0)
        wrong = VINS[0][:8] + "9" + VINS[0][9:]
        notice = self._notice(order, f"{order.order_line.maker_order_no};{wrong}")
        self.assertFalse(notice.line_ids.is_refused)
        self.assertIn("check digit", notice.line_ids.message)
        self.company_a.dealer_enforce_check_digit = True
        notice.line_ids.invalidate_recordset()
        self.assertTrue(notice.line_ids.is_refused)
        self.company_a.dealer_enforce_check_digit = False
        notice.line_ids.invalidate_recordset()
        notice.action_apply()
        self.assertEqual(order.order_line.dealer_vehicle_id.vin, wrong)

    def test_notice_swaps_vins(self):
        order = self.order_cars(1.0, 2.0)
        first, second = self.announce(order, VINS[0], VINS[1])
        self.announce(order, VINS[1], VINS[0])
        self.assertEqual((first.vin, second.vin), (VINS[1], VINS[0]))
        self.assertIn(VINS[0], "".join(first.message_ids.mapped("body")))

    def test_cancelled_order_archives_its_cars(self):
        order = self.order_cars(1.0, 2.0)
        cars = order.order_line.dealer_vehicle_id
        order.button_cancel()
        self.assertFalse(any(cars.mapped("active")))
        order.button_draft()
        order.button_confirm()
        self.assertTrue(all(cars.mapped("active")))
        order.order_line[0].product_qty = 0
        self.assertEqual(cars.mapped("active"), [False, True])

    def test_promised_car_is_not_cancelled(self):
        order = self.order_cars(1.0)
        car = order.order_line.dealer_vehicle_id
        car.with_env(self.env)._take_hold(self.customer, firm=True)
        with self.assertRefused("Li Wei"):
            order.button_cancel()
