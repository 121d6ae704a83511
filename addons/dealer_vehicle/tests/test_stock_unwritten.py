from datetime import timedelta

from odoo import fields
from odoo.tests import freeze_time, tagged

from .test_stock_ageing import StockAgeCommon

CRONS = ("ir_cron_alert_stock", "ir_cron_apply_markdowns", "ir_cron_release_expired_holds")
TABLES = ("dealer_vehicle", "dealer_vin", "stock_lot", "stock_quant")


@tagged("post_install", "-at_install", "dealer")
class TestStockUnwritten(StockAgeCommon):
    """What did not change is not written: the database's own counters of this transaction tell."""

    def _written(self):
        """Return how many rows of each table this transaction updated so far."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT relname, pg_stat_get_xact_tuples_updated(oid) FROM pg_class WHERE relname IN %s", [TABLES]
        )
        return dict(self.env.cr.fetchall())

    def _rows_for(self, work):
        before = self._written()
        work()
        after = self._written()
        return {table: after[table] - before[table] for table in TABLES if after[table] > before[table]}

    def _look(self, cars):
        """Open what depends on the day: list, pivot, search and the nightly jobs."""
        self.env.invalidate_all()
        Car = self.env["dealer.vehicle"]
        domain = [("id", "in", cars.ids)]
        Car.web_search_read(domain, {"days_in_stock": {}, "age_bucket_id": {}, "holding_cost": {}, "proposal": {}})
        Car.formatted_read_group(domain, ["age_bucket_id"], ["__count", "holding_cost:sum"])
        Car.search([("days_in_stock", ">", 60), *domain], order="days_in_stock desc")
        with self.enter_registry_test_mode():
            for name in CRONS:
                self.env.ref(f"dealer_vehicle.{name}").method_direct_trigger()
        self.env.invalidate_all()

    def test_a_day_that_passes_writes_no_car(self):
        cars = self.old_car(60) | self.old_car(90) | self.old_car(5)
        self._look(cars)
        buckets, days = cars.mapped("age_bucket_id.days_from"), cars.mapped("days_in_stock")
        with freeze_time(fields.Datetime.now() + timedelta(days=1)):
            self.assertEqual(self._rows_for(lambda: self._look(cars)), {})
            self.assertEqual(cars.mapped("days_in_stock"), [day + 1 for day in days])
            self.assertEqual(cars.mapped("age_bucket_id.days_from"), [61, 91, 0])
        self.assertEqual(buckets, [31, 61, 0])

    def test_a_change_of_one_car_writes_that_car_alone(self):
        def changes(car):
            yield "price", lambda: car.write({"asking_price": car.asking_price + 1})
            yield "plate", lambda: car.write({"plate_ids": [(0, 0, {"plate": f"P{car.id}"})]})
            yield "series", lambda: car.vin_id.write({"trim_name": "Other"})
            yield "stock", lambda: self.deliver(self.sell(car))

        alone = [(name, self._rows_for(work)) for name, work in changes(self.buy_car(100000.0))]
        self.env["dealer.vehicle"].union(*[self.buy_car(100000.0) for _number in range(5)])
        among_many = [(name, self._rows_for(work)) for name, work in changes(self.buy_car(100000.0))]
        self.assertEqual(alone, among_many)
        self.assertEqual(dict(alone)["price"], {"dealer_vehicle": 1})
