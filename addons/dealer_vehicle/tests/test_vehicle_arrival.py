from odoo import Command
from odoo.tests import Form, tagged

from .common import VINS
from .common_stock import DealerStockCommon


@tagged("post_install", "-at_install", "dealer")
class TestVehicleArrival(DealerStockCommon):
    """What a stock keeper meets in the morning, and papers that did not come."""

    def test_missing_papers_are_said_and_noted(self):
        order = self.order_cars(10000.0, 20000.0)
        first, second = self.announce(order)
        inspections = self.receive(order, well=False).with_user(self.user_keeper)
        inspections.filtered(lambda inspection: inspection.vehicle_id == second).has_certificate = True
        answer = inspections.action_all_well()
        self.assertTrue(first.is_available, "it says so and does not stop the car")
        self.assertEqual(answer["tag"], "display_notification")
        self.assertIn("Quality Certificate", answer["params"]["message"])
        self.assertNotIn(second.display_name, answer["params"]["message"])
        task = first.task_ids
        self.assertEqual((task.kind, task.state, task.is_before_delivery), ("papers", "open", False))
        self.assertFalse(second.task_ids)

    def test_task_goes_when_the_paper_comes(self):
        car = self.buy_car(10000.0)
        self.assertEqual(car.task_ids.state, "open")
        Document = self.env["dealer.vehicle.document"].with_user(self.user_keeper)
        Document.create({"vehicle_id": car.id, "kind": "conformity", "number": "C1"})
        self.assertEqual(car.task_ids.state, "open", "another paper")
        Document.create({"vehicle_id": car.id, "kind": "certificate", "number": "W1"})
        self.assertEqual(car.task_ids.state, "done")

    def test_paper_in_the_bank_is_not_awaited(self):
        order = self.order_cars(10000.0)
        car = self.announce(order)
        self.env["dealer.vehicle.document"].create(
            {"vehicle_id": car.id, "kind": "certificate", "number": "W1", "holder_id": self.bank.id}
        )
        inspection = self.receive(order, well=False).with_user(self.user_keeper)
        self.assertIs(inspection.action_all_well(), True)
        self.assertFalse(car.task_ids)

    def test_all_there_is_silent(self):
        order = self.order_cars(10000.0)
        self.announce(order)
        inspection = self.receive(order, well=False).with_user(self.user_keeper)
        inspection.has_certificate = True
        self.assertIs(inspection.action_all_well(), True)

    def test_app_opens_on_the_work(self):
        Vehicle = self.env["dealer.vehicle"]
        inspections, receipts, stock = (
            self.env.ref(f"dealer_vehicle.{name}").id
            for name in ("dealer_vehicle_inspection_action", "dealer_vehicle_receipt_action", "dealer_vehicle_action")
        )
        self.assertEqual(Vehicle.with_user(self.user_keeper)._get_start_action()["id"], receipts)
        order = self.order_cars(10000.0)
        self.announce(order)
        self.receive(order, well=False)
        self.assertEqual(Vehicle.with_user(self.user_keeper)._get_start_action()["id"], inspections)
        for user in (self.user_staff, self.user_buyer, self.user_auditor, self.user_admin):
            self.assertEqual(Vehicle.with_user(user)._get_start_action()["id"], stock)
        start = self.env.ref("dealer_vehicle.dealer_vehicle_start_action")
        self.assertEqual(start.with_user(self.user_staff).run()["id"], stock, "everybody of the house may open it")
        menu = self.env.ref("dealer_vehicle.dealer_vehicle_menu_root")
        self.assertEqual(menu.action, start)

    def test_receipts_name_their_cars(self):
        order = self.order_cars(*[10000.0] * 5)
        cars = self.announce(order)
        picking = order.picking_ids.with_user(self.user_keeper)
        for car in cars[:3]:
            self.assertIn(car.display_name, picking.vehicle_names)
        self.assertIn("2 more", picking.vehicle_names)

    def test_colours_of_the_trim_are_suggested_and_others_taken(self):
        self.trim.colour_ids = [
            Command.create({"name": "Pearl White"}),
            Command.create({"name": "Black", "kind": "interior"}),
        ]
        with Form(self.env["dealer.vehicle"].with_user(self.user_keeper)) as form:
            form.vin = VINS[0]
            form.product_id = self.product
            form.colour_exterior = "Faded Green"
        car = form.save()
        self.assertEqual(car.colour_suggestions, {"exterior": ["Pearl White"], "interior": ["Black"]})
        self.assertEqual(car.colour_exterior, "Faded Green")
