from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import VINS, DealerVehicleCommon, make_vin


@tagged("post_install", "-at_install", "dealer")
class TestDealerVehicleFacts(DealerVehicleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.car = cls.stock_car(VINS[0])

    def _age(self, car, days):
        # Nobody can write a fact, so the test makes the car older underneath the ORM.
        car.flush_recordset()
        age_date = fields.Date.context_today(car) - timedelta(days=days)
        self.env.cr.execute("UPDATE dealer_vehicle SET age_date = %s WHERE id = %s", (age_date, car.id))
        car.invalidate_recordset()

    def test_customer_car(self):
        car = self.make_car(VINS[1], owner_id=self.customer.id)
        self.assertRecordValues(
            car, [{"place": "with_customer", "claim": False, "title": "customer", "site_id": False}]
        )
        self.assertFalse(car.is_available)

    def test_car_in_stock(self):
        self.assertRecordValues(
            self.car,
            [
                {
                    "place": "at_site",
                    "claim": "free",
                    "title": "ours",
                    "site_id": self.site_a.id,
                    "location_id": self.site_a.lot_stock_id.id,
                    "is_inspected": True,
                    "is_available": True,
                    "arrival_date": fields.Date.context_today(self.car),
                }
            ],
        )

    def test_car_leaves(self):
        self.move_out(self.car)
        self.assertRecordValues(
            self.car, [{"place": "with_customer", "claim": "sold", "title": "customer", "site_id": False}]
        )
        self.assertFalse(self.car.is_available)

    def test_car_is_scrapped(self):
        loss = self.env["stock.location"].search(
            [("usage", "=", "inventory"), ("company_id", "in", [self.company_a.id, False])], limit=1
        )
        self.move_out(self.car, loss)
        self.assertEqual(self.car.place, "gone")

    def test_other_company_sees_nothing_of_the_stock(self):
        other = self.make_car(VINS[0], company=self.company_b)
        self.assertRecordValues(
            other,
            [
                {
                    "place": "with_customer",
                    "claim": False,
                    "title": "customer",
                    "site_id": False,
                    "location_id": False,
                    "arrival_date": False,
                }
            ],
        )

    def test_car_comes_back(self):
        self.move_out(self.car)
        self._age(self.car, 400)
        customers = self.env.ref("stock.stock_location_customers")
        quants = self.env["stock.quant"]
        lot = self.car.lot_id
        quants._update_available_quantity(self.car.product_id, customers, -1, lot_id=lot)
        quants._update_available_quantity(self.car.product_id, self.site_a.lot_stock_id, 1, lot_id=lot)
        self.assertRecordValues(self.car, [{"place": "at_site", "claim": "free", "title": "ours"}])
        self.assertEqual(self.car.days_in_stock, 0)

    def test_transit_between_sites(self):
        transit = self.env["stock.location"].create(
            {"name": "On the road", "usage": "transit", "company_id": self.company_a.id}
        )
        self.move_out(self.car, transit)
        self.assertRecordValues(self.car, [{"place": "in_transit", "claim": "free"}])

    def test_consigned_car_is_not_ours(self):
        quant = self.car.lot_id.quant_ids.filtered(lambda q: q.location_id.usage == "internal")
        quant.owner_id = self.customer
        self.assertEqual(self.car.title, "third")

    def test_certificate_at_the_bank(self):
        paper = self.env["dealer.vehicle.document"].create({"vehicle_id": self.car.id, "kind": "certificate"})
        self.assertEqual(self.car.title, "ours")
        paper.action_hand_over(self.bank.id)
        self.assertEqual(self.car.title, "bank")
        paper.action_take_in()
        self.assertEqual(self.car.title, "ours")

    def test_sold_by_a_confirmed_order(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [Command.create({"product_id": self.product.id, "dealer_vehicle_id": self.car.id})],
            }
        )
        self.assertEqual(self.car.claim, "free")
        order.action_confirm()
        self.assertEqual(self.car.claim, "sold")
        order._action_cancel()
        self.assertEqual(self.car.claim, "free")

    def test_stop_sale_takes_it_off_the_market(self):
        self.car.has_stop_sale = True
        self.assertFalse(self.car.is_available)
        self.assertNotIn(self.car, self.env["dealer.vehicle"].search([("is_available", "=", True)]))

    def test_availability_is_searchable_both_ways(self):
        away = self.make_car(VINS[1])
        Car = self.env["dealer.vehicle"]
        mine = Car.search([("id", "in", (self.car | away).ids), ("is_available", "=", True)])
        others = Car.search([("id", "in", (self.car | away).ids), ("is_available", "=", False)])
        self.assertEqual((mine, others), (self.car, away))

    def test_days_in_stock_search_agrees_with_the_value(self):
        cars = self.car | self.make_car(VINS[1])
        for number, days in enumerate((0, 1, 59, 60, 61, 213)):
            car = self.stock_car(make_vin(number + 1))
            self._age(car, days)
            cars |= car
        Car = self.env["dealer.vehicle"]
        for operator in ("<", "<=", ">", ">=", "=", "!="):
            for days in (0, 1, 60, 100):
                domain = [("days_in_stock", operator, days), ("id", "in", cars.ids)]
                self.assertEqual(
                    Car.search(domain), Car.search([("id", "in", cars.ids)]).filtered_domain(domain), domain
                )

    def test_days_pass_without_a_write(self):
        self._age(self.car, 60)
        written = self.car.write_date
        self.env.invalidate_all()
        self.assertEqual(self.car.days_in_stock, 60)
        self.assertEqual(self.car.write_date, written)

    def test_transfer_between_companies_does_not_make_young(self):
        self._age(self.car, 90)
        age_date = self.car.age_date
        other = self.make_car(VINS[0], company=self.company_b, product_id=self.product.id)
        order = (
            self.env["purchase.order"]
            .with_company(self.company_b)
            .create(
                {
                    "partner_id": self.company_a.partner_id.id,
                    "company_id": self.company_b.id,
                    "order_line": [Command.create({"product_id": self.product.id, "product_qty": 1})],
                }
            )
        )
        other.purchase_line_id = order.order_line
        self.assertEqual(other.place, "ordered")
        self.move_out(self.car)
        self.env["stock.quant"]._update_available_quantity(
            self.product, self.site_b.lot_stock_id, 1, lot_id=other.lot_id
        )
        self.assertRecordValues(other, [{"place": "at_site", "title": "maker", "age_date": age_date}])
        self.assertEqual(self.car.place, "with_customer")

    def test_nobody_types_a_fact(self):
        for name, value in (
            ("place", "gone"),
            ("claim", "free"),
            ("title", "bank"),
            ("site_id", False),
            ("hold_id", False),
            ("arrival_date", "2020-01-01"),
            ("lot_id", False),
            ("purchase_line_id", False),
        ):
            with self.assertRaises(UserError, msg=name):
                self.car.with_user(self.user_keeper).write({name: value})
            with self.assertRaises(UserError, msg=name):
                self.env["dealer.vehicle"].with_user(self.user_keeper).create({name: value})

    def test_nobody_unties_the_serial_number(self):
        with self.assertRaisesRegex(UserError, "Receive the car"):
            self.car.vin_id.with_user(self.user_keeper).write({"lot_id": False})
        self.assertEqual(self.car.place, "at_site")

    def test_defaults_do_not_become_facts(self):
        Car = self.env["dealer.vehicle"].with_user(self.user_keeper)
        car = Car.with_context(default_place="at_site", default_claim="free", default_arrival_date="2020-01-01").create(
            {}
        )
        self.assertRecordValues(car, [{"place": "with_customer", "claim": False, "arrival_date": False}])
        self.env["ir.default"].set("dealer.vehicle", "place", "gone")
        self.assertEqual(Car.create({}).place, "with_customer")

    def test_facts_changed_derives_again(self):
        self.env.cr.execute("UPDATE dealer_vehicle SET claim = 'sold' WHERE id = %s", (self.car.id,))
        self.car.invalidate_recordset()
        self.car._facts_changed()
        self.assertEqual(self.car.claim, "free")
