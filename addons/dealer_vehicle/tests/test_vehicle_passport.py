from datetime import date, datetime

from odoo import Command
from odoo.tests import tagged

from .common import VINS
from .test_catalogue import CatalogueCommon, make_picture

PASSPORT = "dealer_vehicle.dealer_vehicle_passport"


@tagged("post_install", "-at_install", "dealer")
class TestVehiclePassport(CatalogueCommon):
    """What the next owner may read: history, what is due, photos; no price, no former owner, no damage photo (E15)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a.partner_id.tz = "Asia/Shanghai"
        cls.car = cls.stock_car(VINS[0], asking_price=181500.0, owner_id=cls.customer.id)
        cls.car.odometer_ids = [
            Command.create({"km": 100, "date": datetime(2026, 1, 5, 20, 0), "source": "inspection"}),
            Command.create({"km": 9000, "date": datetime(2026, 6, 5, 3, 0), "source": "workshop"}),
        ]
        cls.car.plate_ids = [Command.create({"plate": "沪A12345", "date_from": date(2026, 2, 1)})]
        cls.recall, cls.service = cls.env["dealer.vehicle.task"].create(
            [
                {"vehicle_id": cls.car.id, "kind": "recall", "name": "Airbag recall"},
                {"vehicle_id": cls.car.id, "kind": "service", "name": "Second service"},
            ]
        )
        cls.env["dealer.vehicle.task"].create({"vehicle_id": cls.car.id, "kind": "other", "name": "Ask the bank"})

    def html(self, user=None):
        Report = self.env["ir.actions.report"].with_user(user or self.user_staff)
        return Report._render_qweb_html(PASSPORT, self.car.ids)[0].decode()

    def test_history_newest_first_on_local_days(self):
        events = self.car.with_user(self.user_staff)._get_passport_events()
        told = [(event["date"], event["km"]) for event in events if event["date"] < date(2026, 7, 1)]
        # 20:00 UTC is the next day in Shanghai.
        self.assertEqual(told, [(date(2026, 6, 5), 9000), (date(2026, 2, 1), 0), (date(2026, 1, 6), 100)])

    def test_recalls_that_were_done(self):
        self.recall.action_done()
        texts = [event["text"] for event in self.car._get_passport_events()]
        self.assertEqual(texts.count("Airbag recall"), 1)
        self.assertFalse(self.recall in self.car._get_passport_tasks())

    def test_what_it_says_and_does_not_say(self):
        Picture = self.env["dealer.vehicle.picture"]
        Picture.create({"vehicle_id": self.car.id, "kind": "front", "image_1920": make_picture()})
        damage = Picture.create({"vehicle_id": self.car.id, "kind": "damage", "image_1920": make_picture()})
        self.assertNotIn(damage, self.car._get_passport_pictures())
        html = self.html()
        for words in (VINS[0], "Airbag recall", "Second service", "9000", "沪A12345", "data:image"):
            self.assertTrue(words in html, words)
        for secret in ("181,500", self.customer.name, "Ask the bank"):
            self.assertFalse(secret in html, secret)

    def test_in_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.user_staff.lang = "zh_CN"
        self.assertIn("车辆档案", self.html())
