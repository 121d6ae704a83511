from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import VINS, DealerVehicleCommon, make_vin
from .test_vin_decoder import rows


@tagged("post_install", "-at_install", "dealer")
class TestVehicleDecode(DealerVehicleCommon):
    """What a VIN tells is offered; what somebody entered stays until he says otherwise."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Brand, Series = cls.env["fleet.vehicle.model.brand"], cls.env["fleet.vehicle.model"]
        cls.honda = Brand.search([("name", "=", "Honda")], limit=1) or Brand.create({"name": "Honda"})
        cls.accord = Series._get_by_make("HONDA", "ACCORD")[1] or Series.create(
            {"name": "Accord", "brand_id": cls.honda.id}
        )

    def _decode(self, cars, user=None):
        action = cars.with_user(user or self.user_keeper).action_decode_vin()
        return self.env[action["res_model"]].with_user(user or self.user_keeper).browse(action["res_id"])

    def _line(self, decode, fact):
        return decode.line_ids.filtered(lambda line: line.fact == fact)

    def test_new_car_is_filled_while_typing(self):
        with Form(self.env["dealer.vehicle"].with_user(self.user_keeper)) as form:
            form.vin = VINS[0].lower()
            self.assertEqual(form.series_id, self.accord)
        car = form.save()
        self.assertRecordValues(
            car,
            [
                {
                    "vin": VINS[0],
                    "brand_id": self.honda.id,
                    "series_id": self.accord.id,
                    "model_year": 2003,
                    "body": "Coupe",
                    "engine": "6 cyl., J30A4, Gasoline",
                    "decoded_make": "Honda",
                    "decoded_model": "Accord",
                    "decode_source": "vPIC 2026-03",
                    "decode_confidence": 0.95,
                }
            ],
        )
        self.assertTrue(car.decode_date)

    def test_year_of_a_pattern_beats_the_guess(self):
        # 1999 by its code, or 2029; the maker's pattern tells.
        with Form(self.env["dealer.vehicle"].with_user(self.user_keeper)) as form:
            form.vin = "JH4DC4340RS003205"
            self.assertEqual(form.model_year, 1994)

    def test_typed_facts_are_kept_and_the_difference_shown(self):
        car = self.env["dealer.vehicle"].new({"series_id": self.series.id, "brand_id": self.brand.id, "vin": VINS[0]})
        warning = car._onchange_vin()["warning"]["message"]
        self.assertEqual((car.series_id._origin, car.brand_id._origin), (self.series, self.brand))
        self.assertEqual(car.model_year, 2003)
        for text in ("Honda", "Northstar", "Accord"):
            self.assertIn(text, warning)

    def test_unknown_brand_leaves_the_catalogue_alone(self):
        count = self.env["fleet.vehicle.model.brand"].search_count([])
        with Form(self.env["dealer.vehicle"].with_user(self.user_keeper)) as form:
            form.vin = "1G8ZF52801Z322733"
        car = form.save()
        self.assertEqual((car.decoded_make, car.decoded_model), ("Saturn", "SL"))
        self.assertFalse(car.brand_id.filtered(lambda brand: brand.name != "Saturn"))
        self.assertEqual(self.env["fleet.vehicle.model.brand"].search_count([]), count)

    def test_facts_another_company_registered_are_kept(self):
        self.make_car(VINS[0], company=self.company_b).vin_id.write({"body": "Hearse", "engine": "V8"})
        with Form(self.env["dealer.vehicle"].with_user(self.user_keeper)) as form:
            form.vin = VINS[0]
        self.assertRecordValues(form.save(), [{"body": "Hearse", "engine": "V8", "decoded_make": "Honda"}])

    def test_button_fills_only_what_is_empty(self):
        car = self.make_car(VINS[0], model_year=1999)
        decode = self._decode(car)
        self.assertIn("95", decode.summary)
        self.assertTrue(self._line(decode, "brand").is_applied)
        year = self._line(decode, "model_year")
        self.assertRecordValues(year, [{"entered": "1999", "told": "2003", "is_applied": False}])
        decode.action_apply()
        self.assertRecordValues(
            car,
            [
                {
                    "series_id": self.accord.id,
                    "brand_id": self.honda.id,
                    "model_year": 1999,
                    "body": "Coupe",
                    "decode_source": "vPIC 2026-03",
                }
            ],
        )
        self.assertIn("vPIC 2026-03", car.message_ids[0].body)

    def test_ticked_difference_is_taken_over(self):
        car = self.make_car(VINS[0], model_year=1999)
        decode = self._decode(car)
        self._line(decode, "model_year").is_applied = True
        decode.action_apply()
        self.assertEqual(car.model_year, 2003)
        self.assertFalse(self._decode(car).line_ids)

    def test_brand_taken_over_drops_the_series_of_another(self):
        car = self.make_car(VINS[0], series_id=self.series.id)
        decode = self._decode(car)
        decode.line_ids.is_applied = False
        self._line(decode, "brand").is_applied = True
        decode.action_apply()
        self.assertRecordValues(car, [{"brand_id": self.honda.id, "series_id": False}])

    def test_only_an_administrator_adds_to_the_catalogue(self):
        self.env["fleet.vehicle.model.brand"].search([("name", "=", "Saturn")]).active = False
        car = self.make_car("1G8ZF52801Z322733")
        decode = self._decode(car)
        series = self._line(decode, "series")
        self.assertRecordValues(series, [{"is_new": True, "is_applied": False}])
        series.is_applied = True
        with self.assertRaisesRegex(UserError, "catalogue"):
            decode.action_apply()
        decode = self._decode(car, self.user_admin)
        self._line(decode, "series").is_applied = True
        decode.action_apply()
        self.assertEqual((car.brand_id.name, car.series_id.name), ("Saturn", "SL"))

    def test_many_cars_at_once(self):
        cars = self.make_car(VINS[0]) | self.make_car(VINS[2]) | self.make_car(maker_order_no="NO-VIN")
        decode = self._decode(cars)
        self.assertEqual(decode.line_ids.vehicle_id, cars[:2])
        decode.action_apply()
        self.assertEqual(cars.mapped("decoded_make"), ["Honda", "Chevrolet", False])

    def test_nothing_to_decode(self):
        with self.assertRaisesRegex(UserError, "VIN yet"):
            self._decode(self.make_car(maker_order_no="NO-VIN"))
        decode = self._decode(self.make_car(make_vin(1, prefix="XXXXXXXX")))
        self.assertIn("nothing is known", decode.summary)
        self.assertFalse(decode.line_ids)

    def test_who_may_not_change_a_car_takes_nothing_over(self):
        car = self.make_car(VINS[0])
        for user in (self.user_staff, self.user_auditor):
            with self.assertRaises(AccessError):
                self._decode(car, user).action_apply()
        with self.assertRaises(AccessError):
            self._decode(car, self.user_b)

    def test_corrected_vin_loses_its_source(self):
        car = self.make_car(VINS[0])
        self._decode(car).action_apply()
        car.vin = VINS[0].lower()
        self.assertTrue(car.decode_source)
        car.vin = VINS[1]
        self.assertFalse(car.decode_source or car.decode_confidence or car.decoded_make)

    def test_every_wrong_check_digit_can_be_stored(self):
        vins = [row["vin"] for row in rows("wrong_check_digits.csv")]
        cars = self.env["dealer.vehicle"].with_user(self.user_keeper)
        cars = cars.create([{"vin": vin, "vin_confirmed": True} for vin in vins])
        self.assertEqual(cars.mapped("vin"), vins)

    def test_maker_names_of_the_chinese_list(self):
        Brand = self.env["fleet.vehicle.model.brand"]
        volkswagen = Brand._get_by_make("Volkswagen") or Brand.create({"name": "Volkswagen"})
        self.assertEqual(Brand._get_by_make("FAW-Volkswagen"), volkswagen)
        self.assertFalse(Brand._get_by_make("SAIC General Motors"))
        self.assertFalse(Brand._get_by_make(False))
