from odoo.tests import tagged

from .common import DealerVehicleCommon, make_vin


@tagged("post_install", "-at_install", "dealer")
class TestQueryCount(DealerVehicleCommon):
    """Work on a hundred cars costs the queries of one."""

    def _count(self, func):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        func()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _vals(self, first, count):
        return [
            {"vin": make_vin(number), "product_id": self.product.id, "owner_id": self.customer.id}
            for number in range(first, first + count)
        ]

    def test_create(self):
        Car = self.env["dealer.vehicle"].with_user(self.user_keeper)
        Car.create(self._vals(1, 1))
        one = self._count(lambda: Car.create(self._vals(1000, 1)))
        many = self._count(lambda: Car.create(self._vals(2000, 100)))
        self.assertLessEqual(many, one + 12, f"1 car: {one} queries, 100 cars: {many}")

    def test_facts(self):
        cars = self.env["dealer.vehicle"]
        for number in range(20):
            cars |= self.stock_car(make_vin(number))
        cars[:1]._facts_changed()
        one = self._count(cars[:1]._facts_changed)
        many = self._count(cars._facts_changed)
        self.assertLessEqual(many, one + 3, f"1 car: {one} queries, 20 cars: {many}")

    def test_list(self):
        cars = self.env["dealer.vehicle"].create(self._vals(5000, 100))
        names = [
            "name",
            "vin",
            "place",
            "claim",
            "title",
            "site_id",
            "days_in_stock",
            "task_open_count",
            "document_away_count",
            "asking_price",
            "cost",
            "hold_user_id",
            "is_available",
        ]
        read = cars.with_user(self.user_keeper)
        read[:1].web_read({name: {} for name in names})
        one = self._count(lambda: read[:1].web_read({name: {} for name in names}))
        many = self._count(lambda: read.web_read({name: {} for name in names}))
        self.assertLessEqual(many, one + 3, f"1 car: {one} queries, 100 cars: {many}")
