from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import make_vin
from .common_stock import DealerStockCommon


@tagged("post_install", "-at_install", "dealer")
class TestVehicleOwnership(DealerStockCommon):
    """Each change of owner, user and bringer is logged by itself, once, and closed when the next begins."""

    def lines(self, car, role="owner"):
        return car.ownership_ids.filtered(lambda line: line.role == role).sorted("id")

    @freeze_time("2026-03-01")
    def test_from_one_owner_to_the_next(self):
        other = self.env["res.partner"].create({"name": "Zhao"})
        car = self.make_car(make_vin(1), owner_id=self.customer.id, keeper_id=other.id)
        with freeze_time("2026-03-20"):
            car.with_user(self.user_keeper).write({"owner_id": other.id, "note": "sold privately"})
        self.assertRecordValues(
            self.lines(car),
            [
                {"partner_id": self.customer.id, "date_from": date(2026, 3, 1), "date_to": date(2026, 3, 20)},
                {"partner_id": other.id, "date_from": date(2026, 3, 20), "date_to": False},
            ],
        )
        self.assertEqual(self.lines(car)[-1].user_id, self.user_keeper)
        self.assertEqual(len(self.lines(car, "keeper")), 1)
        with freeze_time("2026-04-01"):
            car.owner_id = False
            car.owner_id = other
            car.brought_in_by_id = self.customer
        self.assertEqual(self.lines(car).mapped("date_to"), [date(2026, 3, 20), date(2026, 4, 1), False])
        self.assertEqual(self.lines(car, "brought_in_by").partner_id, self.customer)

    def test_entered_where_it_is_tomorrow_already(self):
        """The clock is 25 hours ahead of Samoa's in the Line Islands: an owner ends no earlier than he began."""
        car = self.make_car(make_vin(1))
        car.with_context(tz="Pacific/Kiritimati").owner_id = self.customer
        car.with_context(tz="Pacific/Pago_Pago").owner_id = self.maker
        first, second = self.lines(car)
        self.assertEqual(first.date_to, first.date_from)
        self.assertFalse(second.date_to)

    def test_the_same_person_again_is_no_change(self):
        car = self.make_car(make_vin(1), owner_id=self.customer.id)
        car.write({"owner_id": self.customer.id, "colour_exterior": "Blue"})
        self.assertEqual(len(car.ownership_ids), 1)

    def test_a_car_older_than_its_history(self):
        car = self.make_car(make_vin(1), owner_id=self.customer.id)
        car.ownership_ids.sudo().unlink()
        car.owner_id = self.maker
        self.assertRecordValues(
            self.lines(car),
            [
                {"partner_id": self.customer.id, "date_from": False, "date_to": fields.Date.today()},
                {"partner_id": self.maker.id, "date_from": fields.Date.today(), "date_to": False},
            ],
        )

    def test_bulk_import(self):
        values = {
            "active": True,
            "vin_confirmed": True,
            "company_id": self.company_a.id,
            "product_id": False,
            "condition": "used",
            "colour_exterior": False,
            "colour_interior": False,
            "maker_order_no": False,
            "shipped_date": False,
            "asking_price": 0.0,
            "floor_price": 0.0,
            "tax_regime": "standard",
            "owner_id": self.customer.id,
            "keeper_id": False,
            "series_id": False,
            "brand_id": False,
        }
        cars = self.env["dealer.vehicle"]._bulk_create([{**values, "vin": make_vin(n)} for n in range(100, 103)])
        self.assertRecordValues(
            cars.ownership_ids,
            [{"role": "owner", "partner_id": self.customer.id, "date_from": False, "date_to": False}] * 3,
        )
        cars[0].owner_id = self.maker
        self.assertEqual(len(self.lines(cars[0])), 2)

    def test_nobody_types_it(self):
        car = self.make_car(make_vin(1), owner_id=self.customer.id)
        line = car.ownership_ids
        for user in (self.user_keeper, self.user_buyer, self.user_auditor, self.user_admin):
            with self.assertRaises(AccessError):
                line.with_user(user).write({"date_from": "2020-01-01"})
            with self.assertRaises(AccessError):
                line.with_user(user).unlink()
            self.assertEqual(line.with_user(user).partner_id, self.customer)
        line.with_user(self.user_manager).write({"date_from": "2020-01-01"})
        self.assertEqual(line.date_from, date(2020, 1, 1))
        with self.assertRefused("Only the dates"):
            line.with_user(self.user_manager).write({"partner_id": self.maker.id})
        with self.assertRefused("follows from the car"):
            line.with_user(self.user_manager).write({"date_to": fields.Date.today()})
        self.assertFalse(self.env["dealer.vehicle.ownership"].with_user(self.user_b).search([]))

    def test_many_cars_cost_the_queries_of_one(self):
        cars = self.env["dealer.vehicle"].create(
            [{"vin": make_vin(n), "owner_id": self.customer.id} for n in range(200, 230)]
        )

        def count(records, owner):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.with_context(tracking_disable=True).write({"owner_id": owner.id})
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(cars[:1], self.bank)
        one = count(cars[:1], self.maker)
        many = count(cars[1:], self.maker)
        self.assertLessEqual(many, one + 3)

    def test_work_grows_with_the_cars_not_with_their_square(self):
        """The lines of all cars are looked through once, not once for each car."""
        cars = self.env["dealer.vehicle"].create(
            [{"vin": make_vin(n), "owner_id": self.customer.id} for n in range(300, 340)]
        )
        lines = type(self.env["dealer.vehicle.ownership"])

        def count(records):
            with patch.object(lines, "filtered", autospec=True, side_effect=lines.filtered) as filtered:
                records.with_context(tracking_disable=True).write({"owner_id": self.maker.id})
            return filtered.call_count

        self.assertEqual(count(cars[:2]), count(cars[2:]))
        self.assertEqual(cars.ownership_ids.filtered(lambda line: not line.date_to).partner_id, self.maker)
        self.assertEqual(len(cars.ownership_ids), 80)

    def test_open_once(self):
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'dealer_vehicle_ownership_open_uniq'")
        self.assertIn("UNIQUE", self.env.cr.fetchone()[0])
        car = self.make_car(make_vin(1), owner_id=self.customer.id)
        self.assertGreaterEqual(car.ownership_ids.date_from, fields.Date.today() - timedelta(days=1))
