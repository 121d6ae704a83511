from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import VINS, DealerVehicleCommon


@tagged("post_install", "-at_install", "dealer")
class TestVehicleWarranty(DealerVehicleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.series.write(
            {
                "warranty_months": 36,
                "warranty_km": 100000,
                "battery_warranty_months": 96,
                "battery_warranty_km": 120000,
            }
        )
        cls.company_a.country_id = cls.env.ref("base.cn")
        cls.car = cls.stock_car(VINS[0])

    def _get_ends(self, car):
        return {warranty.kind: (warranty.date_end, warranty.km) for warranty in car.warranty_ids}

    def test_new_car_gets_the_makers_and_the_statutory_ones(self):
        self.car._start_warranty(date(2026, 3, 31))
        self.assertEqual(
            self._get_ends(self.car),
            {
                "maker": (date(2029, 3, 30), 100000),
                "statutory_repair": (date(2029, 3, 30), 60000),
                "statutory_return": (date(2028, 3, 30), 50000),
            },
        )

    def test_what_runs_is_left_alone(self):
        first = self.car._start_warranty(date(2026, 3, 31))
        self.assertFalse(self.car._start_warranty(date(2026, 5, 1)))
        self.assertEqual(self.car.warranty_ids, first)

    def test_electric_car_has_its_battery(self):
        self.trim.energy = "electric"
        self.car._start_warranty(date(2026, 1, 1))
        self.assertEqual(self._get_ends(self.car)["battery"], (date(2033, 12, 31), 120000))

    def test_law_of_the_day(self):
        self.env["dealer.statutory.warranty"].create(
            {
                "country_id": self.env.ref("base.cn").id,
                "kind": "statutory_repair",
                "date_from": "2026-06-01",
                "months": 48,
            }
        )
        self.car._start_warranty(date(2026, 6, 1))
        self.assertEqual(self._get_ends(self.car)["statutory_repair"], (date(2030, 5, 31), 0))

    def test_used_car_starts_none(self):
        """What is left of the maker's began with the first owner; the law's is the first buyer's."""
        self.trim.energy = "electric"
        self.car.condition = "used"
        self.assertFalse(self.car._start_warranty(date(2026, 6, 1)))
        left = self.env["dealer.vehicle.warranty"].create(
            {"vehicle_id": self.car.id, "kind": "maker", "date_start": "2024-03-01", "months": 36}
        )
        self.car._start_warranty(date(2026, 6, 1))
        self.assertEqual(self.car.warranty_ids, left)

    def test_demonstrator_starts_the_makers_and_the_batterys(self):
        self.trim.energy = "electric"
        self.car.condition = "demo"
        self.car._start_warranty(date(2026, 6, 1))
        self.assertEqual(set(self._get_ends(self.car)), {"maker", "battery"})

    def test_many_cars_at_once(self):
        cars = self.car | self.stock_car(VINS[1])
        self.assertEqual(len(cars._start_warranty(date(2026, 6, 1))), 6)

    def test_ends_in_60_days(self):
        soon = fields.Date.today() + timedelta(days=30)
        self.env["dealer.vehicle.warranty"].create(
            [
                {"vehicle_id": self.car.id, "kind": "maker", "date_start": soon - timedelta(days=364), "months": 12},
                {"vehicle_id": self.stock_car(VINS[1]).id, "kind": "maker", "date_start": soon, "months": 12},
            ]
        )
        domain = [("warranty_ids", "any", [("date_end", ">=", "today"), ("date_end", "<=", "today +60d")])]
        self.assertEqual(self.env["dealer.vehicle"].search(domain), self.car)

    def test_over_by_kilometres(self):
        self.car._start_warranty(fields.Date.today())
        self.car.odometer_ids = [(0, 0, {"km": 55000})]
        over = self.car.warranty_ids.filtered("is_over")
        self.assertEqual(over.mapped("kind"), ["statutory_return"])

    def test_rights(self):
        warranty = self.car._start_warranty(fields.Date.today())[:1]
        self.assertTrue(warranty.with_user(self.user_staff).date_end)
        for user in (self.user_staff, self.user_auditor):
            with self.assertRaises(AccessError):
                warranty.with_user(user).months = 99
        with self.assertRaises(AccessError):
            warranty.with_user(self.user_b).read(["months"])
        warranty.with_user(self.user_keeper).note = "Extended by the maker"
        with self.assertRaises(AccessError):
            self.env["dealer.statutory.warranty"].with_user(self.user_keeper).create(
                {"country_id": 1, "kind": "statutory_repair", "date_from": "2026-01-01", "months": 1}
            )
