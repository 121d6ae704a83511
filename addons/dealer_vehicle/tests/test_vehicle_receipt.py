from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import VINS, make_vin
from .common_stock import DealerStockCommon


@tagged("post_install", "-at_install", "dealer")
class TestVehicleReceipt(DealerStockCommon):
    """The stock keeper receives what was shipped, inspects it, and only then it can be sold."""

    def test_two_of_three(self):
        order = self.order_cars(10000.0, 20000.0, 30000.0)
        first, second = self.announce(order, VINS[0], VINS[1])
        inspections = self.receive(order, well=False)
        third = order.order_line[2].dealer_vehicle_id
        self.assertEqual(inspections.vehicle_id, first | second)
        self.assertEqual((first | second | third).mapped("place"), ["at_site", "at_site", "ordered"])
        self.assertFalse(any((first | second).mapped("is_available")))
        self.assertEqual(first.location_id, self.site_a.vehicle_inspection_location_id)
        backorder = order.picking_ids.filtered(lambda picking: picking.state != "done")
        self.assertEqual(backorder.move_ids.dealer_vehicle_id, third)
        with self.assertRefused("No car of"):
            backorder.with_user(self.user_keeper).action_receive_shipped_cars()
        inspections.with_user(self.user_keeper).write({"odometer_km": 12, "has_certificate": True})
        inspections.with_user(self.user_keeper).action_all_well()
        self.assertTrue(all((first | second).mapped("is_available")))
        self.assertEqual(first.location_id, self.site_a.lot_stock_id)
        self.assertEqual((first | second).mapped("odometer_km"), [12, 12])
        self.assertEqual((first | second).mapped("lot_id.name"), [VINS[0], VINS[1]])
        self.assertEqual(list((first | second)._exact_cost().values()), [10000.0, 20000.0])
        papers = first.document_ids
        self.assertEqual(set(papers.mapped("kind")), {"certificate", "keys"})
        self.assertTrue(all(papers.mapped("is_in_house")))
        self.assertEqual(inspections.user_id, self.user_keeper)

    def test_core_s_button_receives_them_too(self):
        order = self.order_cars(10000.0, 20000.0)
        cars = self.announce(order)
        picking = order.picking_ids.with_user(self.user_keeper)
        self.assertIs(picking.with_context(skip_sms=True).button_validate(), True, "it asks for no serial number")
        self.assertEqual(cars.mapped("place"), ["at_site", "at_site"])
        self.assertEqual(cars.lot_id.mapped("name"), cars.mapped("vin"))

    def test_one_passes_the_other_waits(self):
        order = self.order_cars(10000.0, 20000.0)
        first, second = self.announce(order)
        inspections = self.receive(order, well=False)
        one = inspections.filtered(lambda inspection: inspection.vehicle_id == second)
        one.with_user(self.user_keeper).action_all_well()
        self.assertEqual((first | second).mapped("is_inspected"), [False, True])
        (inspections - one).with_user(self.user_keeper).action_all_well()
        self.assertEqual((first | second).mapped("is_inspected"), [True, True])
        with self.assertRefused("passed"):
            one.with_user(self.user_keeper).action_all_well()

    def test_papers_held_elsewhere_come_home(self):
        order = self.order_cars(10000.0)
        car = self.announce(order)
        paper = self.env["dealer.vehicle.document"].create(
            {"vehicle_id": car.id, "kind": "certificate", "number": "W1", "holder_id": self.bank.id}
        )
        inspection = self.receive(order, well=False)
        inspection.has_certificate = True
        inspection.with_user(self.user_keeper).action_all_well()
        self.assertTrue(paper.is_in_house)
        self.assertEqual(len(car.document_ids.filtered(lambda document: document.kind == "certificate")), 1)

    def test_damage_keeps_the_car_back(self):
        order = self.order_cars(10000.0)
        car = self.announce(order)
        inspection = self.receive(order, well=False).with_user(self.user_keeper)
        with self.assertRefused("what is damaged"):
            inspection.action_report_damage()
        inspection.damage = "Scratch on the left door"
        with self.assertRefused("Damage is noted"):
            inspection.action_all_well()
        inspection.action_report_damage()
        self.assertFalse(car.is_available)
        with self.assertRefused("how the damage was settled"):
            inspection.action_release()
        inspection.release_note = "Polished"
        inspection.action_release()
        self.assertTrue(car.is_available)
        with self.assertRefused("closed"):
            inspection.damage = "None"
        with self.assertRefused("evidence"):
            inspection.sudo().unlink()

    def test_only_the_keeper_inspects(self):
        order = self.order_cars(10000.0)
        self.announce(order)
        inspection = self.receive(order, well=False)
        for user in (self.user_staff, self.user_buyer, self.user_auditor):
            with self.assertRaises(AccessError):
                inspection.with_user(user).action_all_well()
        self.assertEqual(inspection.state, "waiting")

    def test_nobody_walks_around_the_inspection(self):
        order = self.order_cars(10000.0)
        car = self.announce(order)
        inspection = self.receive(order, well=False).with_user(self.user_keeper)
        with self.assertRefused("cannot be typed"):
            inspection.state = "done"
        transfer = inspection.move_id.move_dest_ids.picking_id
        with self.assertRefused("has not passed"):
            transfer.button_validate()
        with self.assertRefused("has not passed"):
            car.lot_id.with_user(self.user_keeper).location_id = self.site_a.lot_stock_id
        inspection.action_all_well()
        self.assertEqual(transfer.state, "done")

    def test_vin_read_from_the_car_on_core_screen(self):
        order = self.order_cars(10000.0)
        car = order.order_line.dealer_vehicle_id
        picking = order.picking_ids.with_user(self.user_keeper)
        picking.move_ids.move_line_ids.lot_name = f" {VINS[0][:8].lower()}-{VINS[0][8:]} "
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual(car.vin, VINS[0])
        self.assertEqual(car.lot_id.name, VINS[0])
        self.assertEqual(len(self.env["dealer.vin"].search([("vin", "=", VINS[0])])), 1)

    def test_another_vin_than_announced(self):
        order = self.order_cars(10000.0)
        self.announce(order, VINS[0])
        picking = order.picking_ids.with_user(self.user_keeper)
        picking.move_ids.move_line_ids.lot_name = VINS[1]
        picking.move_ids.picked = True
        with self.assertRefused(VINS[1]):
            picking.button_validate()

    def test_impossible_vin_on_core_screen(self):
        order = self.order_cars(10000.0)
        with self.assertRefused("cannot be a VIN"):
            order.picking_ids.with_user(self.user_keeper).move_ids.move_line_ids.lot_name = "SN-000123"

    def test_received_once(self):
        car = self.buy_car(10000.0)
        order = self.order_cars(10000.0)
        picking = order.picking_ids.with_user(self.user_keeper)
        picking.move_ids.move_line_ids.lot_name = car.vin
        picking.move_ids.picked = True
        with self.assertRefused(car.vin):
            picking.button_validate()

    def test_uninspected_car_is_not_reserved(self):
        purchase = self.order_cars(10000.0)
        car = self.announce(purchase)
        sale = self.sell(car).with_env(self.env)
        inspection = self.receive(purchase, well=False)
        self.assertEqual(sale.picking_ids.move_ids.quantity, 0)
        inspection.with_user(self.user_keeper).action_all_well()
        self.assertEqual(sale.picking_ids.move_ids.state, "assigned")
        self.assertEqual(sale.picking_ids.move_ids.lot_ids, car.lot_id)

    def test_received_without_order(self):
        vin = make_vin(900001)
        picking = (
            self.env["stock.picking"]
            .with_user(self.user_keeper)
            .create(
                {
                    "picking_type_id": self.site_a.vehicle_in_type_id.id,
                    "move_ids": [
                        (
                            0,
                            0,
                            {
                                "product_id": self.product.id,
                                "product_uom_qty": 1,
                                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                                "location_dest_id": self.site_a.vehicle_inspection_location_id.id,
                            },
                        )
                    ],
                }
            )
        )
        picking.action_confirm()
        picking.move_ids.move_line_ids.lot_name = vin
        picking.move_ids.picked = True
        picking.button_validate()
        car = self.env["dealer.vehicle"].search([("vin", "=", vin)])
        self.assertRecordValues(
            car, [{"company_id": self.company_a.id, "product_id": self.product.id, "place": "at_site"}]
        )
        self.assertEqual(picking.vehicle_inspection_count, 1)

    def test_several_cars_on_one_move(self):
        picking = self.env["stock.picking"].create({"picking_type_id": self.site_a.vehicle_in_type_id.id})
        self.env["stock.move"].create(
            {
                "picking_id": picking.id,
                "product_id": self.product.id,
                "product_uom_qty": 2,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.site_a.vehicle_inspection_location_id.id,
            }
        )
        picking.action_confirm()
        for line, vin in zip(picking.move_line_ids, VINS, strict=False):
            line.lot_name = vin
        picking.move_ids.picked = True
        with self.assertRefused("one line per car"):
            picking.with_user(self.user_keeper).button_validate()

    def test_every_warehouse_can_receive(self):
        new = self.env["stock.warehouse"].create({"name": "North", "code": "NORTH"})
        for warehouse in new | self.site_a | self.site_b:
            location = warehouse.vehicle_inspection_location_id
            self.assertEqual(location.location_id, warehouse.view_location_id)
            self.assertTrue(location.is_vehicle_inspection)
            self.assertEqual(warehouse.vehicle_in_type_id.default_location_dest_id, location)
            self.assertEqual(warehouse.vehicle_push_rule_id.location_dest_id, warehouse.lot_stock_id)
        count = self.env["stock.picking.type"].search_count([])
        self.env["stock.warehouse"]._create_missing_vehicle_operations()
        self.assertEqual(self.env["stock.picking.type"].search_count([]), count)
        new.code = "NORD"
        self.assertEqual(new.vehicle_in_type_id.barcode, "NORDCARIN")

    def test_car_bought_back_sells_again(self):
        car = self.buy_car(10000.0, bill=10000.0)
        self.deliver(self.sell(car))
        self.assertEqual(car.place, "with_customer")
        purchase = self.order_cars(8000.0, confirm=False)
        purchase.order_line.dealer_vehicle_id = car
        purchase.button_confirm()
        self.assertEqual(purchase.order_line.dealer_vehicle_id, car)
        self.receive(purchase)
        self.assertEqual(car._exact_cost()[car.id], 8000.0)

        self.assertTrue(car.is_available)
        self.deliver(self.sell(car, partner=self.partner))
        self.assertEqual(car.place, "with_customer")

    def test_group_company_buys_the_car(self):
        car = self.buy_car(10000.0, bill=10000.0)
        self.deliver(self.sell(car))
        picking = (
            self.env["stock.picking"]
            .with_user(self.user_b)
            .create({"picking_type_id": self.site_b.vehicle_in_type_id.id})
        )
        move = (
            self.env["stock.move"]
            .with_user(self.user_b)
            .create(
                {
                    "picking_id": picking.id,
                    "product_id": self.product.id,
                    "product_uom_qty": 1,
                    "price_unit": 12000.0,
                    "location_id": self.env.ref("stock.stock_location_suppliers").id,
                    "location_dest_id": self.site_b.vehicle_inspection_location_id.id,
                }
            )
        )
        picking.action_confirm()
        move.move_line_ids.lot_name = car.vin
        move.picked = True
        picking.button_validate()
        other = self.env["dealer.vehicle"].search([("vin", "=", car.vin), ("company_id", "=", self.company_b.id)])
        self.assertEqual(other.lot_id, car.lot_id, "One serial number for life")
        self.assertEqual((car.place, other.place), ("with_customer", "at_site"))
        self.assertEqual(car._exact_cost()[car.id], 10000.0)
