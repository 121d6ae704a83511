import base64
import doctest
import io

from PIL import Image
from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..tools import catalogue
from .common import VINS, DealerVehicleCommon, make_vin


def make_picture(picture_format="PNG", size=(40, 30)):
    """Return a small picture, base64.

    :param str picture_format: PIL's name
    :param tuple size: pixels
    """
    stream = io.BytesIO()
    Image.new("RGB", size, "#336699").save(stream, picture_format)
    return base64.b64encode(stream.getvalue())


class CatalogueCommon(DealerVehicleCommon):
    """Two trims with what a catalogue says of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sedan = cls.env.ref("dealer_vehicle.dealer_vehicle_body_sedan")
        cls.suv = cls.env.ref("dealer_vehicle.dealer_vehicle_body_suv")
        cls.power = cls.env.ref("dealer_vehicle.dealer_specification_power_kw")
        cls.weight = cls.env.ref("dealer_vehicle.dealer_specification_curb_kg")
        cls.gearbox = cls.env.ref("dealer_vehicle.dealer_specification_gearbox")
        cls.camera = cls.env.ref("dealer_vehicle.dealer_specification_camera")
        cls.trim.write({"body_id": cls.sedan.id, "seats": 5, "energy": "petrol", "drive": "fwd"})
        cls.trim_top.write({"body_id": cls.suv.id, "seats": 7, "energy": "electric", "drive": "awd", "range_km": 600})
        cls.describe(cls.trim, 110, 1450, "CVT", False)
        cls.describe(cls.trim_top, 180.5, 1900, "CVT", True)

    @classmethod
    def describe(cls, trim, power, weight, gearbox, camera):
        """Give a trim four lines of specification, an option and two colours."""
        trim.write(
            {
                "specification_ids": [
                    Command.create({"specification_id": cls.power.id, "value_number": power}),
                    Command.create({"specification_id": cls.weight.id, "value_number": weight}),
                    Command.create({"specification_id": cls.gearbox.id, "value_text": gearbox}),
                    Command.create({"specification_id": cls.camera.id, "value_yes": camera}),
                ],
                "option_ids": [Command.create({"name": "Sunroof", "code": "SR", "price": 6000})],
                "colour_ids": [
                    Command.create({"name": "Pearl White", "surcharge": 3000, "swatch": "#F4F4F0"}),
                    Command.create({"name": "Black", "kind": "interior"}),
                ],
            }
        )


@tagged("post_install", "-at_install", "dealer")
class TestCatalogue(CatalogueCommon):
    def test_doctests(self):
        result = doctest.testmod(catalogue)
        self.assertGreater(result.attempted, 5)
        self.assertFalse(result.failed)

    def test_values_as_people_read_them(self):
        values = dict(
            zip(
                self.trim_top.specification_ids.specification_id.mapped("code"),
                self.trim_top.specification_ids.mapped("value"),
                strict=True,
            )
        )
        self.assertEqual(values, {"curb_kg": "1,900", "power_kw": "180.5", "gearbox": "CVT", "camera": "Yes"})

    def test_core_s_people_keep_their_products(self):
        """Whoever keeps products without a role in the dealership opens and copies them as before."""
        groups = "product.group_product_manager,dealer_vehicle.group_vehicle_cost"
        user = new_test_user(self.env, "plain_products", groups=groups)
        oil = self.env["product.template"].with_user(user).create({"name": "Oil"})
        self.assertEqual(oil.copy().name, "Oil (copy)")
        with Form(oil) as form:
            form.name = "Oil 5W-30"
        self.assertEqual(self.trim.with_user(user).specification_ids, self.trim.specification_ids)
        with self.assertRaises(AccessError):
            self.trim.specification_ids[:1].with_user(user).write({"value_number": 1})

    def test_one_value_a_specification(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.trim.specification_ids = [Command.create({"specification_id": self.power.id, "value_number": 1})]

    def test_database_guards_options_and_colours(self):
        for vals in (
            {"option_ids": [Command.create({"name": "Again", "code": "SR"})]},
            {"option_ids": [Command.create({"name": "Mats", "is_standard": True, "price": 5})]},
            {"colour_ids": [Command.create({"name": "Pearl White"})]},
            {"colour_ids": [Command.create({"name": "Grey", "swatch": "grey"})]},
        ):
            with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
                self.trim.write(vals)
                self.env.flush_all()

    def test_body_comes_from_the_series_and_may_differ(self):
        self.series.body_id = self.suv
        trim = self.make_trim("Estate", 180000.0)
        self.assertEqual(trim.body_id, self.suv)
        self.assertEqual(self.trim.body_id, self.sedan)

    def test_variants_are_powertrains_only(self):
        colour = self.env["product.attribute"].create(
            {"name": "Colour", "value_ids": [Command.create({"name": "Red"})]}
        )
        with self.assertRaisesRegex(ValidationError, "powertrain only"):
            self.trim.attribute_line_ids = [
                Command.create({"attribute_id": colour.id, "value_ids": [Command.set(colour.value_ids.ids)]})
            ]

    def test_buyer_adds_powertrains_on_the_screen(self):
        powertrain = self.env.ref("dealer_vehicle.product_attribute_powertrain")
        values = self.env["product.attribute.value"].create(
            [{"name": name, "attribute_id": powertrain.id} for name in ("1.5T", "2.0 Hybrid")]
        )
        trim = self.trim_top.with_user(self.user_buyer)
        with Form(trim, view="dealer_vehicle.product_template_view_form_trim") as form:
            with form.attribute_line_ids.new() as line:
                line.attribute_id = powertrain
                for value in values:
                    line.value_ids.add(value)
        self.assertEqual(len(trim.product_variant_ids), 2)
        line = self.env["dealer.trim.specification"].with_user(self.user_buyer)
        line = line.create(
            {
                "product_tmpl_id": trim.id,
                "specification_id": self.power.id,
                "powertrain_id": values[1].id,
                "value_number": 150,
            }
        )
        self.assertEqual(line.value, "150")

    def test_price_bands(self):
        band = self.env.ref("dealer_vehicle.dealer_price_band_150000")
        self.assertEqual(self.trim.price_band_id, band)
        self.assertEqual(band.display_name, "150,000 – 200,000")
        self.trim.guide_price = 200000
        self.assertEqual(self.trim.price_band_id, self.env.ref("dealer_vehicle.dealer_price_band_200000"))
        self.env.ref("dealer_vehicle.dealer_price_band_100000").unlink()
        band.with_user(self.user_buyer).price_from = 100000
        self.trim.guide_price = 120000
        self.assertEqual(self.trim.price_band_id, band)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.env["dealer.price.band"].create({"price_from": 190000, "price_to": 210000})

    def test_next_model_year(self):
        self.trim.name = "N5 2026 Comfort"
        self.trim.picture_ids = [Command.create({"name": "Front", "image_1920": make_picture()})]
        self.trim.brochure_ids = [Command.create({"name": "N5", "file": base64.b64encode(b"%PDF-1.4\n%x")})]
        trims = (self.trim | self.trim_top).with_user(self.user_buyer)
        action = trims.action_copy_to_next_year()
        copies = self.env["product.template"].search(action["domain"], order="id")
        self.assertEqual(copies.previous_year_id, trims)
        self.assertRecordValues(
            copies,
            [
                {"name": "N5 2027 Comfort", "model_year": 2027, "seats": 5, "is_vehicle": True, "lot_valuated": True},
                {"name": "Executive", "model_year": 2027, "seats": 7, "is_vehicle": True, "lot_valuated": True},
            ],
        )
        self.assertEqual(copies[0].specification_ids.mapped("value"), self.trim.specification_ids.mapped("value"))
        self.assertEqual(copies[0].option_ids.mapped("price"), [6000])
        self.assertEqual(copies[0].colour_ids.mapped("name"), ["Pearl White", "Black"])
        self.assertEqual(copies[0].picture_ids.image_128, self.trim.picture_ids.image_128)
        self.assertTrue(copies[0].brochure_ids.file)
        self.assertEqual(copies[0].guide_price, self.trim.guide_price)
        with self.assertRaisesRegex(UserError, "N5 2027 Comfort"):
            trims[0].action_copy_to_next_year()

    def test_next_model_year_is_refused_with_the_reason(self):
        goods = self.env["product.template"].create({"name": "Floor Mat"})
        with self.assertRaisesRegex(UserError, "Floor Mat is not a car"):
            goods.action_copy_to_next_year()
        self.trim.model_year = 0
        with self.assertRaisesRegex(UserError, "no model year"):
            self.trim.action_copy_to_next_year()
        with self.assertRaises(AccessError):
            self.trim_top.with_user(self.user_staff).action_copy_to_next_year()

    def test_what_is_no_picture_is_refused_in_words(self):
        Picture = self.env["dealer.catalogue.picture"].with_user(self.user_buyer)
        bitmap = base64.b64decode(make_picture("BMP"))
        for content in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"not a picture", b"RIFF1234WEBPVP8 x", bitmap):
            vals = {"name": "front.jpg", "series_id": self.series.id, "image_1920": base64.b64encode(content)}
            with self.assertRaisesRegex(UserError, "“front.jpg” is not a picture"):
                Picture.create(vals)
        for content in (b"text", "*", base64.b64encode(b"text")):
            with self.assertRaisesRegex(UserError, "Comfort” is not a picture"):
                self.trim.with_user(self.user_buyer).write({"image_1920": content})
        self.assertFalse(self.env["dealer.catalogue.picture"].search([("series_id", "=", self.series.id)]))
        self.assertFalse(self.trim.image_1920)

    def test_pictures(self):
        Picture = self.env["dealer.catalogue.picture"].with_user(self.user_buyer)
        self.assertFalse(self.trim.cover_url)
        common = Picture.create({"series_id": self.series.id, "image_1920": make_picture("JPEG", (800, 600))})
        self.assertEqual(Image.open(io.BytesIO(base64.b64decode(common.image_256))).size, (256, 192))
        self.trim.invalidate_recordset(["cover_url"])
        self.assertIn(f"dealer.catalogue.picture/{common.id}/", self.trim.cover_url)
        own = Picture.create({"product_tmpl_id": self.trim.id, "image_1920": make_picture("JPEG")})
        self.trim.invalidate_recordset(["cover_url"])
        self.assertIn(f"dealer.catalogue.picture/{own.id}/", self.trim.cover_url)
        self.assertIn(f"dealer.catalogue.picture/{common.id}/", self.series.cover_url)
        self.trim.image_1920 = make_picture()
        self.assertIn(f"product.template/{self.trim.id}/", self.trim.cover_url)

    def test_videos(self):
        Picture = self.env["dealer.catalogue.picture"].with_user(self.user_buyer)
        with self.assertRaisesRegex(ValidationError, "https://"):
            Picture.create({"series_id": self.series.id, "kind": "video", "video_url": "javascript:alert(1)"})
        with self.assertRaisesRegex(ValidationError, "paste its link"):
            Picture.create({"series_id": self.series.id, "kind": "video"})
        with self.assertRaisesRegex(ValidationError, "no picture yet"):
            Picture.create({"series_id": self.series.id, "kind": "interior"})
        film = Picture.create({"series_id": self.series.id, "kind": "video", "video_url": "https://example.com/n5"})
        self.assertEqual(film.action_watch()["url"], "https://example.com/n5")
        with self.assertRaisesRegex(UserError, "no video link"):
            self.trim.action_watch_video()
        with self.assertRaisesRegex(ValidationError, "https://"), self.cr.savepoint():
            self.trim.with_user(self.user_buyer).video_url = "javascript:alert(1)"
        with self.assertRaisesRegex(ValidationError, "https://"), self.cr.savepoint():
            self.series.video_url = "n5.mp4"
        self.series.video_url = "https://example.com/n5"
        self.assertEqual(self.trim.with_user(self.user_staff).action_watch_video()["url"], "https://example.com/n5")

    def test_brochures(self):
        Brochure = self.env["dealer.catalogue.brochure"].with_user(self.user_buyer)
        with self.assertRaisesRegex(UserError, "“n5.html” cannot be a brochure"):
            Brochure.create(
                {
                    "name": "N5",
                    "series_id": self.series.id,
                    "file_name": "n5.html",
                    "file": base64.b64encode(b"<html><script>1</script></html>"),
                }
            )
        pdf = base64.b64encode(b"%PDF-1.4\n%something")
        brochure = Brochure.create({"name": "N5", "series_id": self.series.id, "file_name": "n5.pdf", "file": pdf})
        self.assertEqual(brochure.with_user(self.user_staff).file, pdf)
        for owners in ({}, {"series_id": self.series.id, "product_tmpl_id": self.trim.id}):
            with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
                Brochure.create({"name": "N5", "file": pdf, **owners})

    def test_an_option_of_a_car_is_not_deleted(self):
        self.make_car(VINS[3], product_id=self.product.id, option_ids=[Command.set(self.trim.option_ids.ids)])
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.trim.option_ids.unlink()
        self.trim.option_ids.active = False

    def test_cars_of_a_trim(self):
        self.stock_car(VINS[0])
        self.make_car(VINS[1], product_id=self.product.id)
        other = self.stock_car(VINS[2], company=self.company_b)
        trim = self.trim.with_user(self.user_staff)
        self.assertEqual((trim.car_available_count, trim.car_coming_count), (1, 0))
        cars = self.env["dealer.vehicle"].with_user(self.user_staff).search(trim.action_open_cars()["domain"])
        self.assertEqual(len(cars), 1)
        self.assertEqual(self.trim.with_user(self.user_b).with_company(self.company_b).car_available_count, 1)
        self.assertTrue(other.is_available)

    def test_search_by_facets(self):
        Trim = self.env["product.template"].with_user(self.user_staff)
        ours = [("series_id", "=", self.series.id)]
        for domain, expected in (
            ([("body_id", "=", self.suv.id)], self.trim_top),
            ([("energy", "=", "electric"), ("seats", ">=", 6)], self.trim_top),
            ([("guide_price", "<=", 180000), ("guide_price", ">", 0)], self.trim),
            ([("range_km", ">=", 500)], self.trim_top),
            ([("option_ids.name", "ilike", "sunr")], self.trim | self.trim_top),
        ):
            self.assertEqual(Trim.search(ours + domain, order="id"), expected)
        panel = Trim.search_panel_select_multi_range("price_band_id", search_domain=ours, enable_counters=True)
        counts = {value["display_name"]: value["__count"] for value in panel["values"]}
        self.assertEqual(counts["150,000 – 200,000"], 1)

    def test_who_edits_the_catalogue(self):
        editors = self.user_buyer | self.user_admin
        readers = self.user_staff | self.user_keeper | self.user_auditor | self.user_manager
        for model in (
            "dealer.trim.specification",
            "dealer.trim.option",
            "dealer.trim.colour",
            "dealer.catalogue.brochure",
            "dealer.specification",
            "dealer.specification.group",
            "dealer.vehicle.body",
            "dealer.price.band",
        ):
            for user in readers | editors:
                Model = self.env[model].with_user(user)
                self.assertTrue(Model.has_access("read"), f"{model} {user.login}")
                for operation in ("write", "create"):
                    self.assertEqual(Model.has_access(operation), user in editors, f"{model} {user.login}")
        Picture = self.env["dealer.catalogue.picture"]
        self.assertTrue(Picture.with_user(self.user_keeper).has_access("create"))
        self.assertFalse(Picture.with_user(self.user_staff).has_access("create"))

    def test_trims_of_another_company_are_its_own(self):
        self.trim.company_id = self.company_a
        self.trim.picture_ids = [Command.create({"image_1920": make_picture()})]
        for records in (
            self.trim.specification_ids,
            self.trim.option_ids,
            self.trim.colour_ids,
            self.trim.picture_ids,
        ):
            reader = records.with_user(self.user_b).with_company(self.company_b)
            with self.assertRaises(AccessError):
                reader.read(["display_name"])
            self.assertFalse(reader.search([("id", "in", records.ids)]))

    def test_queries_do_not_grow(self):
        names = ["name", "cover_url", "price_tag", "car_available_count", "car_coming_count", "brand_id", "body_id"]
        trims = self.env["product.template"]
        for number in range(30):
            trims |= self.make_trim(f"T{number}", 100000.0 + number)
        for trim in trims[:10]:
            self.describe(trim, 100, 1500, "CVT", True)
            trim.picture_ids = [Command.create({"image_1920": make_picture()})]
        for number in range(3):
            self.stock_car(make_vin(number), product=trims[number].product_variant_id)
        counts = []
        for records in (trims[:1], trims[:1], trims):
            reader = records.with_user(self.user_staff)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            reader.web_read({name: {} for name in names})
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1] + 3, counts)
