from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import DealerVehicleCommon, make_vin

TRANSFER = "dealer_vehicle.dealer_vehicle_transfer_print"
COUNT = "dealer_vehicle.dealer_vehicle_count_print"
MANY = 40


@tagged("post_install", "-at_install", "dealer")
class TestVehicleControlPrint(DealerVehicleCommon):
    """The papers that go with a transfer and with a count."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.north = cls.env["stock.warehouse"].create({"name": "North", "code": "NOR", "company_id": cls.company_a.id})
        cls.env["res.lang"]._activate_lang("zh_CN")

    def cars(self, count):
        cars = self.env["dealer.vehicle"]
        for number in range(count):
            cars |= self.stock_car(make_vin(number + 1), colour_exterior="Pearl White")
        self.env["dealer.vehicle.document"].create(
            [
                {"vehicle_id": car.id, "kind": kind, "number": number, "holder_id": holder.id}
                for car in cars
                for kind, number, holder in (
                    ("keys", "2", self.company_a.partner_id),
                    ("certificate", f"W{car.id}", self.bank),
                )
            ]
        )
        return cars

    def transfer(self, cars):
        return (
            self.env["dealer.vehicle.transfer"]
            .with_user(self.user_keeper)
            .create(
                {
                    "site_from_id": self.site_a.id,
                    "site_to_id": self.north.id,
                    "carrier": "Long Road",
                    "line_ids": [Command.create({"vehicle_id": car.id}) for car in cars],
                }
            )
        )

    def html(self, report, records, user=None):
        user = user or self.user_keeper
        return self.env["ir.actions.report"].with_user(user)._render_qweb_html(report, records.ids)[0].decode()

    def test_packing_list_of_many_cars(self):
        cars = self.cars(MANY)
        transfer = self.transfer(cars)
        for step in (lambda: None, transfer.action_send, transfer.action_arrived):
            step()
            text = self.html(TRANSFER, transfer)
            for car in cars:
                self.assertIn(car.vin, text)
            for words in (transfer.name, "Long Road", "North", "Keys 2", "Received"):
                self.assertIn(words, text)
            self.assertNotIn(f"W{cars[0].id}", text, "a paper in the bank does not travel")
        self.assertEqual(transfer.action_print()["report_name"], TRANSFER)

    def test_cars_taken_off_are_not_listed(self):
        first, second = self.cars(2)
        transfer = self.transfer(first | second)
        transfer.line_ids[1].sudo().is_cancelled = True
        text = self.html(TRANSFER, transfer)
        self.assertIn(first.vin, text)
        self.assertNotIn(second.vin, text)

    def test_queries_do_not_grow(self):
        def queries(transfer):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.html(TRANSFER, transfer)
            return self.env.cr.sql_log_count - before

        cars = self.cars(MANY)
        few, many = self.transfer(cars[:3]), self.transfer(cars[3:])
        queries(few)
        self.assertLessEqual(queries(many), queries(few) + 3)

    def test_count_with_its_differences(self):
        cars = self.cars(MANY)
        count = self.env["dealer.vehicle.count"].with_user(self.user_keeper).create({"site_id": self.site_a.id})
        count.scan("\n".join(cars[2:].mapped("vin")))
        unknown = make_vin(9999)
        count.scan(unknown)
        count.difference_ids.filtered(lambda line: line.vehicle_id == cars[0]).reason = "At the painter"
        text = self.html(COUNT, count)
        for words in (*cars.mapped("vin"), unknown, "At the painter", "Not closed yet", "Missing", count.name):
            self.assertIn(words, text)
        count.difference_ids.reason = "Looked for"
        count.action_close()
        self.assertNotIn("Not closed yet", self.html(COUNT, count))
        self.assertIn(count.name, self.html(COUNT, count, self.user_auditor))
        self.assertEqual(count.action_print()["report_name"], COUNT)

    def test_all_there(self):
        car = self.cars(1)
        count = self.env["dealer.vehicle.count"].with_user(self.user_keeper).create({"site_id": self.site_a.id})
        count.scan(car.vin)
        others = count.difference_ids.vehicle_id
        if others:
            count.scan("\n".join(others.mapped("vin")))
        self.assertIn("The yard agrees with the book", self.html(COUNT, count))

    def test_another_company(self):
        transfer = self.transfer(self.cars(1))
        with self.assertRaises(AccessError):
            self.html(TRANSFER, transfer, self.user_b)

    def test_in_chinese(self):
        self.user_keeper.lang = "zh_CN"
        cars = self.cars(1)
        self.assertIn(cars.vin, self.html(TRANSFER, self.transfer(cars)))
