from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .test_stock_ageing import StockAgeCommon


@tagged("post_install", "-at_install", "dealer")
class TestVehicleMarket(StockAgeCommon):
    """Price against the market: noted with a source, kept as history, the newest counts (B5)."""

    def note(self, car, price, days_ago=0, user=None, source="Auction list"):
        action = car.with_user(user or self.user_pricing).action_note_market_price()
        Model = self.env[action["res_model"]].with_user(user or self.user_pricing)
        with Form(Model.with_context(**action["context"])) as form:
            form.price, form.source, form.date = price, source, self.today - timedelta(days=days_ago)
        return form.record

    def test_the_newest_counts(self):
        car = self.old_car(10, condition="used")
        self.assertEqual((car.market_price, car.market_percent, car.is_market_price_old), (0.0, 0.0, True))
        self.note(car, 150000.0)
        self.note(car, 190000.0, days_ago=3)
        self.assertEqual((car.market_price, car.market_date), (150000.0, self.today))
        self.assertEqual(car.market_percent, 120.0)
        car.asking_price = 165000.0
        self.assertEqual(car.market_percent, 110.0)
        car.market_price_ids.filtered(lambda seen: seen.price == 150000.0).unlink()
        self.assertEqual(car.market_price, 190000.0)

    def test_old_prices_are_found(self):
        fresh, old, none = (self.old_car(10, condition="used") for _number in range(3))
        self.note(fresh, 150000.0, days_ago=30)
        self.note(old, 150000.0, days_ago=31)
        cars = fresh | old | none
        search = self.env["dealer.vehicle"].search
        self.assertEqual(search([("is_market_price_old", "=", True), ("id", "in", cars.ids)]), old | none)
        self.assertEqual(search([("is_market_price_old", "=", False), ("id", "in", cars.ids)]), fresh)
        self.assertEqual(cars.filtered("is_market_price_old"), old | none)

    def test_who_may(self):
        car = self.old_car(10, condition="used")
        seen = self.note(car, 150000.0)
        self.assertEqual(seen.user_id, self.user_pricing)
        with self.assertRefused("stays with its car"):
            seen.with_user(self.user_pricing).write({"user_id": self.user_keeper.id})
        with self.assertRaises(AccessError):
            self.note(car, 140000.0, user=self.user_keeper, source="Guess")
        self.assertEqual(car.with_user(self.user_keeper).market_percent, 120.0)

    def test_one_row_per_source_and_day(self):
        car = self.old_car(10, condition="used")
        self.note(car, 150000.0)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["dealer.vehicle.market.price"].create(
                {"vehicle_id": car.id, "price": 1.0, "source": "AUCTION LIST", "date": self.today}
            )
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'dealer_vehicle_market_price'")
        self.assertTrue(any("UNIQUE" in row[0] and "lower" in row[0] for row in self.env.cr.fetchall()))

    def test_planned_markdown_is_seen_without_its_reason(self):
        car = self.old_car(70, condition="used")
        day = self.today + timedelta(days=3)
        self.env["dealer.vehicle.markdown"].with_user(self.user_pricing).create(
            {"vehicle_id": car.id, "price_to": 170000.0, "date_planned": day, "reason": "Season"}
        )
        seen = car.with_user(self.user_seller)
        self.assertEqual((seen.markdown_price, seen.markdown_date), (170000.0, day))
        car.markdown_ids.with_user(self.user_pricing).action_cancel()
        self.assertFalse(seen.markdown_date)

    def test_query_count(self):
        cars = self.old_car(5, condition="used")
        for _number in range(9):
            cars |= self.old_car(5, condition="used")
        names = ["market_price", "market_percent", "is_market_price_old", "markdown_date", "markdown_price"]

        def count(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.with_user(self.user_pricing).web_read({name: {} for name in names})
            return self.env.cr.sql_log_count - before

        count(cars[:1])
        self.assertLessEqual(count(cars), count(cars[:1]) + 1)
