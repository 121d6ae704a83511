from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import VINS, DealerVehicleCommon, make_vin


@tagged("post_install", "-at_install", "dealer")
class TestVehicleFindBy(DealerVehicleCommon):
    """One box finds a car by what somebody has at hand, in the companies he works for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.phone = "+86 138-0013-8000"
        cls.car = cls.make_car(VINS[0], owner_id=cls.customer.id)
        cls.env["dealer.vehicle.plate"].create({"vehicle_id": cls.car.id, "plate": "沪A·D12345"})
        cls.others = cls.env["dealer.vehicle"]
        for number in range(1, 6):
            cls.others |= cls.make_car(make_vin(number), maker_order_no=f"NO-{number}")
        cls.Car = cls.env["dealer.vehicle"].with_user(cls.user_staff)

    def _found(self, text):
        return self.Car.search([("display_name", "ilike", text)])

    def test_phone_in_any_spelling(self):
        for text in (
            "13800138000",
            "138 0013 8000",
            "(138) 0013-8000",
            "+8613800138000",
            "008613800138000",
            "013800138000",
            "１３８００１３８０００",
            "0013 8000",
        ):
            self.assertEqual(self._found(text), self.car, text)
        self.assertFalse(self._found("13800138001"))

    def test_phone_of_the_user_of_a_car(self):
        self.customer.copy({"name": "Driver", "phone": "139 1111 2222"})
        driver = self.env["res.partner"].search([("name", "=", "Driver")])
        self.others[0].keeper_id = driver
        self.assertEqual(self._found("13911112222"), self.others[0])

    def test_letters_no_vin_has(self):
        self.assertEqual(self._found("IHGCM82633AOO4352"), self.car)
        self.assertEqual(self._found("3AOO4352"), self.car)

    def test_plate_with_its_dot(self):
        for text in ("沪A·D12345", "沪A·D12", "沪ad12345"):
            self.assertEqual(self._found(text), self.car, text)

    def test_maker_and_model_prefix_finds_all(self):
        self.assertEqual(self._found(make_vin(1)[:8]), self.others.sorted("id", reverse=True))

    def test_signs_that_mean_something_to_the_database(self):
        for text in ("\\", "abc\\", "'; --", "%", "_", "沪A\\", "(", "\u00a0"):
            self._found(text)
        self.assertNotIn(self.car, self._found("1HG_M82633A004352"))

    def test_cars_of_other_companies_do_not_crowd_ours_out(self):
        mine = self.make_car(make_vin(99), company=self.company_b)
        Car = self.env["dealer.vehicle"].with_user(self.user_b)
        self.assertEqual(Car._find(make_vin(1)[:8], limit=2), mine)
        self.assertFalse(Car.search([("display_name", "ilike", VINS[0])]))
        self.assertFalse(Car.search([("display_name", "ilike", "13800138000")]))

    def test_order_by_vin_and_site(self):
        cars = self.Car.search([("id", "in", (self.car | self.others).ids)], order="vin desc, age_date, id")
        self.assertEqual(cars.mapped("vin"), sorted(cars.mapped("vin"), reverse=True))
        sites = self.env["stock.warehouse"].search([("company_id", "=", self.company_a.id)])
        sites |= self.env["stock.warehouse"].create({"name": "Second", "code": "WH2"})
        for arranged in ((1, 2), (2, 1)):
            for site, sequence in zip(sites[-2:], arranged, strict=True):
                site.sequence = sequence
            self.env.cr.execute("UPDATE dealer_vehicle SET site_id = %s WHERE id = %s", [sites[-2].id, self.car.id])
            for site, car in zip(sites[-2:], (self.car, self.others[0]), strict=True):
                self.env.cr.execute("UPDATE dealer_vehicle SET site_id = %s WHERE id = %s", [site.id, car.id])
            pair = self.Car.search([("id", "in", (self.car | self.others[0]).ids)], order="site_id, id")
            first = self.car if arranged == (1, 2) else self.others[0]
            self.assertEqual(pair[:1], first, arranged)

    def test_brand_and_series_are_those_of_the_identity(self):
        other = self.make_car(VINS[0], company=self.company_b)
        self.car.series_id = self.series
        self.car.brand_id = self.brand
        self.assertEqual(other.vin_id.series_id, self.series)
        groups = self.env["dealer.vehicle"]._read_group(
            [("id", "in", (self.car | other).ids)], ["brand_id"], ["__count"]
        )
        self.assertEqual(groups, [(self.brand, 2)])

    def test_one_query_finds_reads_and_names_the_one_car(self):
        self.Car.name_search(VINS[0])  # warms what is read once a process
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            self.assertEqual(self.Car.name_search(VINS[0][-8:]), [(self.car.id, self.car.name)])
        with self.assertQueryCount(1):
            self.assertEqual(self.Car.search([("vin", "=", VINS[0])]), self.car)
        self.assertFalse(self.Car.search([("display_name", "ilike", VINS[0])], offset=1))
        self.assertFalse(self.Car.search([("display_name", "ilike", VINS[0]), ("condition", "=", "used")]))

    def test_short_way_keeps_to_the_rules(self):
        with self.assertRaises(AccessError):
            self.env["dealer.vehicle"].with_user(self.env.ref("base.public_user")).search([("vin", "=", VINS[0])])
        self.env["ir.rule"].create(
            {
                "name": "New cars only",
                "model_id": self.env["ir.model"]._get_id("dealer.vehicle"),
                "domain_force": "[('condition', '=', 'new')]",
            }
        )
        self.assertEqual(self._found(VINS[0]), self.car)
        self.car.condition = "used"
        self.assertFalse(self._found(VINS[0]))
        self.assertFalse(self._found(VINS[0][-8:]))

    def test_short_way_sees_what_is_not_written_yet(self):
        vin = make_vin(77)
        self.car.vin = vin
        self.assertEqual(self.Car.search([("vin", "=", vin)]), self.car)
        self.car.active = False
        self.assertFalse(self.Car.search([("vin", "=", vin)]))

    def test_list_sorted_both_ways(self):
        cars = self.car | self.others
        for column in ("condition", "days_in_stock", "name", "place"):
            both = [
                [
                    row["id"]
                    for row in self.Car.web_search_read(
                        [("id", "in", cars.ids)], {}, order=f"{column} {direction}, age_date ASC, id ASC"
                    )["records"]
                ]
                for direction in ("ASC", "DESC")
            ]
            self.assertEqual(both[0], both[1][::-1], column)
            self.assertEqual(len(both[0]), len(cars))
        with self.assertRaises(UserError):
            self.Car.web_search_read([], {}, order="name desc,")

    def test_days_in_stock_sorts_as_the_list_shows_it(self):
        cars = self.others[:3]
        today = fields.Date.context_today(self.Car)
        self.env.flush_all()
        for car, place, days in zip(cars, ("at_site", "with_customer", "in_transit"), (5, 900, 80), strict=True):
            self.env.cr.execute(
                "UPDATE dealer_vehicle SET place = %s, age_date = %s WHERE id = %s",
                [place, today - timedelta(days=days), car.id],
            )
        self.env.invalidate_all()
        found = self.Car.search([("id", "in", cars.ids)], order="days_in_stock desc, id")
        self.assertEqual(found.mapped("days_in_stock"), [80, 5, 0])
        self.assertEqual(self.Car.search([("id", "in", cars.ids)], order="days_in_stock, id"), found[::-1])

    def test_archived_cars_are_found_on_demand(self):
        self.car.active = False
        self.assertFalse(self._found(VINS[0]))
        archived = self.Car.with_context(active_test=False).search([("display_name", "ilike", VINS[0])])
        self.assertEqual(archived, self.car)

    def test_exact_names(self):
        found = self.Car.search([("display_name", "in", [VINS[0], self.others[0].name])])
        self.assertEqual(found, self.others[0] | self.car)

    def test_name_that_begins_a_plate_still_finds_people(self):
        partner = self.env["res.partner"].create({"name": "Beck"})
        self.others[0].owner_id = partner
        self.env["dealer.vehicle.plate"].create({"vehicle_id": self.car.id, "plate": "BE CK 1"})
        self.assertIn(self.others[0], self._found("beck"))

    def test_queries_do_not_depend_on_how_many_are_found(self):
        def count(text):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self._found(text)
            return self.env.cr.sql_log_count - before

        self._found(VINS[0])  # warms what is read once a process
        for text in (VINS[0], VINS[0][-8:]):
            self.assertEqual(count(text), 1, text)
        for text in (VINS[0][-6:], "沪AD12345", "138 0013 8000"):
            self.assertEqual(count(text), 2, text)
        # One car begins so, then five.
        self.assertEqual(count(VINS[0][:8]), 3)
        self.assertEqual(count(make_vin(1)[:8]), 3)
