from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import VINS, DealerVehicleCommon, make_vin


@tagged("post_install", "-at_install", "dealer")
class TestDealerVehicle(DealerVehicleCommon):
    def test_any_spelling_is_one_vin(self):
        car = self.make_car(" 1hgcm-82633 a004352 ")
        self.assertRecordValues(car, [{"vin": VINS[0], "vin_typed": " 1hgcm-82633 a004352 "}])
        for spelling in (VINS[0].lower(), "1HGCM 8263 3A00 4352", "１ＨＧＣＭ82633A004352"):
            with self.assertRaisesRegex(ValidationError, "3A004352"):
                self.make_car(spelling)

    def test_same_vin_in_two_trims_is_refused(self):
        self.make_car(VINS[0], product_id=self.product.id)
        with self.assertRaisesRegex(ValidationError, "already"):
            self.make_car(VINS[0], product_id=self.product_top.id)

    def test_same_vin_twice_in_one_call_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "twice"):
            self.env["dealer.vehicle"].create([{"vin": VINS[0]}, {"vin": VINS[0].lower()}])

    def test_archived_car_keeps_its_vin(self):
        self.make_car(VINS[0]).action_archive()
        with self.assertRaisesRegex(ValidationError, "already"):
            self.make_car(VINS[0])

    def test_two_companies_share_the_identity_only(self):
        car = self.make_car(VINS[0], owner_id=self.customer.id, asking_price=100.0)
        other = self.make_car(VINS[0], company=self.company_b)
        self.assertEqual(car.vin_id, other.vin_id)
        self.assertFalse(other.owner_id)
        self.assertFalse(other.asking_price)
        seen = self.env["dealer.vehicle"].with_user(self.user_b).search([("vin", "=", VINS[0])])
        self.assertEqual(seen, other)

    def test_impossible_vins(self):
        for wrong in ("1HGCM82633A00435", "1HGCM82633A0043522", "1HGCM82633A00435*"):
            with self.assertRaisesRegex(ValidationError, "cannot be a VIN"):
                self.make_car(wrong)
        with self.assertRaisesRegex(ValidationError, VINS[0]):
            self.make_car("IHGCM82633AOO4352")

    def test_wrong_check_digit_needs_a_person(self):
        wrong = "1HGCM82643A004352"
        with self.assertRaisesRegex(ValidationError, "check digit"):
            self.env["dealer.vehicle"].create({"vin": wrong})
        car = self.env["dealer.vehicle"].create({"vin": wrong, "vin_confirmed": True})
        self.assertIn("ought to be", car.vin_warning)
        self.assertFalse(car.is_check_digit_ok)
        self.company_a.dealer_enforce_check_digit = True
        with self.assertRaisesRegex(ValidationError, "accepts no such"):
            self.env["dealer.vehicle"].create({"vin": "1HGCM82653A004352", "vin_confirmed": True})

    def test_european_vin_needs_no_confirmation(self):
        car = self.env["dealer.vehicle"].create({"vin": "WVWZZZ3CZCE000017"})
        self.assertFalse(car.vin_warning)

    def test_vin_told_later(self):
        car = self.make_car(maker_order_no="PO-77", series_id=self.series.id)
        self.assertIn("PO-77", car.name)
        identity = car.vin_id
        car.vin = VINS[1]
        self.assertEqual(car.vin_id, identity)
        self.assertIn(VINS[1][-8:], car.name)

    def test_vin_told_later_that_another_company_knows(self):
        known = self.make_car(VINS[1], company=self.company_b)
        car = self.make_car(series_id=self.series.id, engine_no="E1")
        empty = car.vin_id
        car.vin = VINS[1].lower()
        self.assertEqual(car.vin_id, known.vin_id)
        self.assertEqual(car.engine_no, "E1")
        self.assertFalse(empty.exists())

    def test_vin_corrected_by_one_company_leaves_the_other(self):
        other = self.make_car(VINS[0], company=self.company_b)
        car = self.make_car(VINS[0])
        car.vin = VINS[1]
        self.assertEqual(other.vin, VINS[0])
        self.assertEqual(car.vin, VINS[1])
        self.assertEqual(car.vin_id.series_id, other.vin_id.series_id)

    def test_identity_is_not_pointed_elsewhere(self):
        car, other = self.make_car(VINS[0]), self.make_car(VINS[1], company=self.company_b)
        with self.assertRaisesRegex(UserError, "writing its VIN"):
            car.with_user(self.user_keeper).write({"vin_id": other.vin_id.id})

    def test_two_cars_cannot_be_given_one_vin(self):
        cars = self.make_car() | self.make_car()
        with self.assertRaisesRegex(ValidationError, "Several"):
            cars.write({"vin": VINS[0]})
        cars[0].vin = VINS[0]
        with self.assertRaisesRegex(ValidationError, "already"):
            cars[1].vin = VINS[0]

    def test_confirmation_is_for_one_vin(self):
        car = self.env["dealer.vehicle"].create({"vin": "1HGCM82643A004352", "vin_confirmed": True})
        with self.assertRaisesRegex(ValidationError, "check digit"):
            car.vin = "1HGCM82653A004352"

    def test_vin_in_stock_cannot_become_another_car(self):
        car = self.stock_car(VINS[0])
        with self.assertRaisesRegex(ValidationError, "in stock"):
            car.vin = False
        self.assertEqual(car.vin_id.lot_id.name, VINS[0])

    def test_facts_come_from_the_product(self):
        car = self.make_car(VINS[0], product_id=self.product.id)
        self.assertRecordValues(
            car,
            [
                {
                    "series_id": self.series.id,
                    "brand_id": self.brand.id,
                    "model_year": 2026,
                    "trim_name": "Comfort",
                }
            ],
        )

    def test_form_of_a_stock_keeper(self):
        with Form(self.env["dealer.vehicle"].with_user(self.user_keeper)) as form:
            form.vin = "1g1nd52f14m587843"
            form.series_id = self.series
        car = form.record
        self.assertEqual(car.vin, VINS[2])
        self.assertEqual(car.model_year, 2004)
        self.assertEqual(car.brand_id, self.brand)

    def test_car_with_history_is_kept(self):
        car = self.stock_car(VINS[0])
        with self.assertRaisesRegex(UserError, "Archive"):
            car.unlink()
        self.make_car(VINS[1]).unlink()

    def test_lot_or_raise(self):
        car = self.make_car(VINS[0])
        with self.assertRaisesRegex(UserError, "Receive it first"):
            car._lot_or_raise()
        self.assertEqual(self.stock_car(VINS[1])._lot_or_raise().name, VINS[1])

    def test_maker_order_number_is_unique_in_the_company(self):
        self.make_car(maker_order_no="M-1")
        self.make_car(maker_order_no="M-1", company=self.company_b)
        with self.assertRaisesRegex(UniqueViolation, "maker_order_uniq"), mute_logger("odoo.sql_db"):
            self.make_car(maker_order_no="M-1")


@tagged("post_install", "-at_install", "dealer")
class TestDealerVehicleFind(DealerVehicleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.car = cls.make_car(VINS[0], owner_id=cls.customer.id, series_id=cls.series.id, maker_order_no="OEM/4711")
        cls.env["dealer.vehicle.plate"].create({"vehicle_id": cls.car.id, "plate": "沪A·D12345"})
        cls.noise = cls.make_car(make_vin(7))

    def _found(self, text):
        Car = self.env["dealer.vehicle"].with_user(self.user_staff)
        return Car.browse([row[0] for row in Car.name_search(text)])

    def test_every_handle_finds_the_car(self):
        handles = (
            VINS[0],
            VINS[0].lower(),
            "1hgcm 82633-a004352",
            VINS[0][-8:],
            VINS[0][-6:],
            "沪AD12345",
            "沪a d12345",
            "沪AD12",
            "OEM/4711",
            "13800138000",
            "Li Wei",
        )
        for handle in handles:
            self.assertEqual(self._found(handle), self.car, handle)

    def test_series_finds_when_nothing_else_does(self):
        self.assertIn(self.car, self._found("N5"))

    def test_a_sold_plate_does_not_stick(self):
        self.car.plate_ids.date_to = "2020-12-31"
        self.assertFalse(self.car.plate)
        self.env["dealer.vehicle.plate"].create({"vehicle_id": self.noise.id, "plate": "沪A D12345"})
        self.assertEqual(self._found("沪AD12345"), self.noise)

    def test_other_companies_cars_are_not_found(self):
        Car = self.env["dealer.vehicle"].with_user(self.user_b)
        self.assertFalse(Car.name_search(VINS[0]))

    def test_wildcards_are_text(self):
        self.assertFalse(self._found("%%%%%%%%"))

    def test_nothing_typed_lists_cars(self):
        self.assertIn(self.car, self._found(""))
