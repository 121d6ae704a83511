import base64
import doctest
import io
import re

from PIL import Image
from reportlab.graphics.barcode import qrencoder

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..tools import label
from .common import VINS, make_vin
from .test_catalogue import CatalogueCommon, make_picture

LABEL = "dealer_vehicle.dealer_vehicle_label"
CARD = "dealer_vehicle.dealer_vehicle_stock_card"


@tagged("post_install", "-at_install", "dealer")
class TestVehiclePrint(CatalogueCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.car = cls.stock_car(
            VINS[0],
            asking_price=181500.0,
            floor_price=170123.0,
            colour_exterior="Pearl White",
            colour_interior="Black",
            option_ids=[Command.set(cls.trim.option_ids.ids)],
        )
        cls.product.standard_price = 151234.0
        cls.ordered = cls.make_car(product_id=cls.product.id, maker_order_no="SO-77")

    def _html(self, report, cars, user=None):
        Report = self.env["ir.actions.report"].with_user(user or self.user_staff)
        return Report._render_qweb_html(report, cars.ids)[0].decode()

    def test_doctests(self):
        result = doctest.testmod(label)
        self.assertGreater(result.attempted, 6)
        self.assertFalse(result.failed)

    def test_label(self):
        html = self._html(LABEL, self.car)
        for words in (VINS[0], VINS[0][-8:], "Comfort", "Pearl White", "181,500.00", "data:image/png;base64"):
            self.assertTrue(words in html, words)
        for secret in ("170,123", "151,234"):
            self.assertFalse(secret in html, secret)

    def test_label_of_a_car_without_vin_or_price(self):
        html = self._html(LABEL, self.ordered)
        for words in ("VIN to come", "SO-77", "Price on request"):
            self.assertTrue(words in html, words)

    def test_the_qr_code_says_the_car_and_its_vin(self):
        link = f"{self.car.get_base_url()}/odoo/cars/{self.car.id}?vin={VINS[0]}"
        self.assertEqual(label.scanned_vin(link), VINS[0])
        content = self.car._get_qr_data_uri().partition(",")[2]
        picture = Image.open(io.BytesIO(base64.b64decode(content)))
        drawn = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
        drawn.addData(link)
        drawn.make()
        count = drawn.getModuleCount()
        self.assertEqual(picture.size, ((count + 4) * 6,) * 2)
        seen = [[not picture.getpixel(((x + 2) * 6 + 3, (y + 2) * 6 + 3)) for x in range(count)] for y in range(count)]
        self.assertEqual(seen, [[bool(drawn.isDark(y, x)) for x in range(count)] for y in range(count)])

    def test_stock_card(self):
        self.car.document_ids = [Command.create({"kind": "certificate", "number": "HGZ-9"})]
        self.trim.option_ids = [Command.create({"name": "Rear Camera", "is_standard": True})]
        html = self._html(CARD, self.car)
        for words in (VINS[0], "Sunroof", "6,000.00", "180,900.00", "181,500.00", "HGZ-9", "Rear Camera", "Northstar"):
            self.assertTrue(words in html, words)
        for secret in ("170,123", "151,234"):
            self.assertFalse(secret in html, secret)

    def test_many_cars_one_page_each(self):
        cars = self.car | self.ordered
        for number in range(3):
            cars |= self.make_car(make_vin(number), product_id=self.product.id)
        for report in (LABEL, CARD):
            html = self._html(report, cars)
            self.assertEqual(html.count("o_dealer_print_page"), len(cars), report)
            self.assertEqual(len(re.findall(r'class="article', html)), 1, report)
        pdf, kind = (
            self.env["ir.actions.report"]
            .with_user(self.user_staff)
            .with_context(force_report_rendering=True)
            ._render_qweb_pdf(LABEL, cars.ids)
        )
        self.assertEqual(kind, "pdf")
        self.assertEqual(len(re.findall(rb"/Type\s*/Page\b", pdf)), len(cars))

    def test_actions(self):
        cars = (self.car | self.ordered).with_user(self.user_staff)
        self.assertEqual(cars.action_print_labels()["report_name"], LABEL)
        self.assertEqual(cars.action_print_stock_cards()["report_name"], CARD)
        with self.assertRaisesRegex(UserError, "Choose the cars"):
            cars.browse().action_print_labels()

    def test_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.trim.option_ids.with_context(lang="zh_CN").name = "天窗"
        self.user_staff.lang = "zh_CN"
        Report = self.env["ir.actions.report"].with_user(self.user_staff).with_context(lang="zh_CN")
        self.assertTrue("天窗" in Report._render_qweb_html(CARD, self.car.ids)[0].decode())
        self.assertTrue("Sunroof" in self._html(CARD, self.car, self.user_auditor))

    def test_another_companys_cars_are_not_printed(self):
        Report = self.env["ir.actions.report"].with_user(self.user_b).with_company(self.company_b)
        for report in (LABEL, CARD):
            with self.assertRaises(AccessError):
                Report._render_qweb_html(report, self.car.ids)

    def test_price_with_options_and_colours(self):
        self.assertEqual(self.car.catalogue_price, 171900 + 6000 + 3000)
        self.car.colour_exterior = "Blue"
        self.assertEqual(self.car.catalogue_price, 177900)

    def test_options_are_those_of_the_trim(self):
        with self.assertRaisesRegex(ValidationError, "Sunroof is an option of Executive"), self.cr.savepoint():
            self.car.with_user(self.user_keeper).option_ids = self.trim_top.option_ids
        form = Form(self.car.with_user(self.user_keeper))
        form.product_id = self.product_top
        self.assertFalse(form.option_ids[:])


@tagged("post_install", "-at_install", "dealer")
class TestVehiclePicture(CatalogueCommon):
    def test_cover(self):
        car = self.make_car(VINS[0], product_id=self.product.id)
        self.assertFalse(car.cover_url)
        common = self.env["dealer.catalogue.picture"].create(
            {"series_id": self.series.id, "image_1920": make_picture()}
        )
        self.assertIn(f"dealer.catalogue.picture/{common.id}/", car.cover_url)
        Picture = self.env["dealer.vehicle.picture"].with_user(self.user_keeper)
        Picture.create({"vehicle_id": car.id, "kind": "damage", "sequence": 1, "image_1920": make_picture()})
        front = Picture.create({"vehicle_id": car.id, "kind": "front", "image_1920": make_picture()})
        self.assertEqual(
            (front.display_name, front.user_id, front.company_id), ("Front", self.user_keeper, self.company_a)
        )
        self.assertIn(f"dealer.vehicle.picture/{front.id}/", car.cover_url)

    def test_what_is_no_picture_is_refused(self):
        car = self.make_car(VINS[0])
        Picture = self.env["dealer.vehicle.picture"].with_user(self.user_keeper)
        with self.assertRaisesRegex(UserError, "“scan.pdf” is not a picture"):
            Picture.create({"vehicle_id": car.id, "name": "scan.pdf", "image_1920": base64.b64encode(b"%PDF-1.4")})
        photo = Picture.create({"vehicle_id": car.id, "kind": "rear", "image_1920": make_picture()})
        with self.assertRaisesRegex(UserError, "“Rear” is not a picture"):
            photo.image_1920 = base64.b64encode(b"text")

    def test_who_takes_and_who_sees(self):
        car = self.make_car(VINS[0])
        photo = self.env["dealer.vehicle.picture"].create({"vehicle_id": car.id, "image_1920": make_picture()})
        for user in (self.user_staff, self.user_auditor, self.user_manager):
            reader = photo.with_user(user)
            self.assertTrue(reader.read(["image_128"]))
            self.assertFalse(reader.has_access("write"), user.login)
        for user in (self.user_keeper, self.user_buyer, self.user_admin):
            self.assertTrue(photo.with_user(user).has_access("create"), user.login)
        other = photo.with_user(self.user_b).with_company(self.company_b)
        self.assertFalse(other.search([("id", "=", photo.id)]))
        with self.assertRaises(AccessError):
            other.read(["kind"])
        with self.assertRaises(AccessError):
            other.create({"vehicle_id": car.id, "image_1920": make_picture()})

    def test_queries_do_not_grow(self):
        cars = self.env["dealer.vehicle"].create(
            [{"vin": make_vin(number), "product_id": self.product.id} for number in range(40)]
        )
        for car in cars[:20]:
            car.picture_ids = [Command.create({"image_1920": make_picture()})]
        names = {name: {} for name in ("name", "cover_url", "catalogue_price")}
        counts = []
        for records in (cars[19:21], cars[19:21], cars):
            reader = records.with_user(self.user_staff)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            reader.web_read(names)
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1] + 4, counts)
