import doctest
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..tools import ageing
from .common_stock import DealerStockCommon

MEASURES = ["stock_value:sum", "holding_cost_day:sum", "holding_cost:sum", "days_in_stock:avg"]


class StockAgeCommon(DealerStockCommon):
    """Cars that have stood for a chosen number of days."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.env.user)
        cls.Bucket, cls.Rate = cls.env["dealer.vehicle.age.bucket"], cls.env["dealer.vehicle.holding.rate"]
        cls.user_pricing = cls.make_user(
            "pricing", "dealer_vehicle.group_vehicle_pricing,dealer_vehicle.group_vehicle_cost"
        )

    @classmethod
    def let_age(cls, car, days):
        """Let a car have come some days ago; nobody may type that, time does it."""
        cls.env.flush_all()
        day = cls.today - timedelta(days=days)
        cls.env.cr.execute(
            SQL("UPDATE dealer_vehicle SET age_date = %s, arrival_date = %s WHERE id IN %s", day, day, tuple(car.ids))
        )
        cls.env.invalidate_all()
        return car

    @classmethod
    def old_car(cls, days, **values):
        """Return a car in stock for some days, with an asking price."""
        values = {"asking_price": 180000.0, **values}
        return cls.let_age(cls.stock_car(cls.new_vin(), **values), days)


@tagged("post_install", "-at_install", "dealer")
class TestStockAgeing(StockAgeCommon):
    def test_doctests(self):
        self.assertFalse(doctest.testmod(ageing).failed)

    def test_buckets_reach_to_the_next(self):
        names = [bucket.display_name for bucket in self.Bucket.search([("company_id", "=", False)])]
        self.assertEqual(names, ["0–30 days", "31–60 days", "61–90 days", "91–180 days", "181 days and more"])

    def test_screen_search_and_groups_agree(self):
        ages = [0, 30, 31, 60, 61, 90, 91, 180, 181, 400]
        cars = self.env["dealer.vehicle"].union(*[self.old_car(days) for days in ages])
        outside = self.make_car(self.new_vin())
        groups = dict(
            self.env["dealer.vehicle"]._read_group(
                [("id", "in", (cars | outside).ids)], ["age_bucket_id"], ["id:recordset"]
            )
        )
        self.assertEqual(groups.pop(self.Bucket), outside)
        self.assertEqual([bucket.days_from for bucket in groups], [0, 31, 61, 91, 181])
        for bucket, found in groups.items():
            self.assertEqual(found.age_bucket_id, bucket)
            searched = self.env["dealer.vehicle"].search([("age_bucket_id", "=", bucket.id), ("id", "in", cars.ids)])
            self.assertEqual(searched, found)
        none = self.env["dealer.vehicle"].search([("age_bucket_id", "=", False), ("id", "in", (cars | outside).ids)])
        self.assertEqual(none, outside)

    def test_a_company_has_its_own_ages(self):
        car_a, car_b = self.old_car(45), self.old_car(45, company=self.company_b)
        own = self.Bucket.create({"company_id": self.company_b.id, "days_from": 40})
        self.assertEqual(car_a.age_bucket_id.days_from, 31)
        self.assertEqual(car_b.age_bucket_id, own)
        groups = self.env["dealer.vehicle"]._read_group(
            [("id", "in", (car_a | car_b).ids)], ["age_bucket_id"], ["id:recordset"]
        )
        self.assertEqual(dict(groups)[own], car_b)
        self.assertEqual(self.env["dealer.vehicle"].search([("age_bucket_id", "=", own.id)]), car_b)
        young = self.old_car(5, company=self.company_b)
        self.assertFalse(young.age_bucket_id)
        self.assertIn(young, self.env["dealer.vehicle"].search([("age_bucket_id", "=", False)]))

    def test_holding_cost_follows_dated_rates(self):
        self.Rate.search([]).unlink()
        self.Rate.create(
            [
                {"date_from": "2000-01-01", "percent": 6.0},
                {"date_from": self.today - timedelta(days=10), "percent": 3.65},
            ]
        )
        car = self.let_age(self.buy_car(100000.0, bill=100000.0), 40)
        self.assertEqual(car.stock_value, 100000.0)
        self.assertAlmostEqual(car.holding_cost_day, 10.0, 2)
        self.assertAlmostEqual(car.holding_cost, 30 * 100000 * 0.06 / 365 + 100.0, 2)

    def test_sums_of_two_currencies(self):
        """What companies of two currencies hold is one sum in the currency of the company looked at from."""
        foreign = self.env["res.currency"].create({"name": "XPD", "symbol": "P"})
        today = fields.Date.context_today(self.env.user)
        foreign.rate_ids.create({"currency_id": foreign.id, "name": today, "rate": 5.0, "company_id": False})
        foreign.rate_ids.create(
            {"currency_id": foreign.id, "name": today + timedelta(days=9), "rate": 50.0, "company_id": False}
        )
        self.company_b.currency_id = foreign
        here, there = self.let_age(self.buy_car(100000.0), 50), self.old_car(50, company=self.company_b)
        self.env.flush_all()
        # As a purchase in that company leaves it.
        cost = SQL("jsonb_build_object(%s::text, 100000.0)", self.company_b.id)
        self.env.cr.execute(SQL("UPDATE stock_lot SET standard_price = %s WHERE id = %s", cost, there.lot_id.id))
        self.env.invalidate_all()
        Car = self.env["dealer.vehicle"]
        names = ("stock_value", "holding_cost_day", "holding_cost")
        [ours], [theirs] = (
            Car._read_group([("id", "=", car.id)], [], [f"{name}:sum" for name in names]) for car in (here, there)
        )
        self.assertEqual((ours[0], theirs[0]), (100000.0, 100000.0))
        domain, specs = [("id", "in", (here | there).ids)], [f"{name}:sum_currency" for name in names]
        for company, here_in, there_in in ((self.company_a, 1.0, 0.2), (self.company_b, 5.0, 1.0)):
            [sums] = Car.with_company(company)._read_group(domain, [], specs)
            for found, our, their in zip(sums, ours, theirs, strict=True):
                self.assertAlmostEqual(float(found), float(our) * here_in + float(their) * there_in, 2)

    def test_sums_are_the_sum_of_the_screens(self):
        billed = self.let_age(self.buy_car(150000.0, bill=152000.0), 70)
        ordered = self.let_age(self.buy_car(90000.0), 20)
        late = self.let_age(self.buy_car(120000.0), 100)
        self.bill(late, 118000.0)
        account = self.env["account.account"].search([("account_type", "=", "expense")], limit=1)
        billed._capitalise(1000.0, "Freight", account)
        other = self.old_car(33, company=self.company_b)
        self.Rate.create({"company_id": self.company_b.id, "date_from": "2020-01-01", "percent": 9.0})
        cars = billed | ordered | late | other
        self.env.flush_all()
        self.env.invalidate_all()
        [(value, per_day, so_far, days)] = self.env["dealer.vehicle"]._read_group(
            [("id", "in", cars.ids)], [], MEASURES
        )
        self.assertAlmostEqual(value, 153000.0 + 90000.0 + 118000.0 + other.cost, 2)
        self.assertAlmostEqual(value, sum(cars.mapped("stock_value")), 2)
        self.assertAlmostEqual(per_day, sum(car.stock_value * (9 if car == other else 6) / 36500 for car in cars), 1)
        self.assertAlmostEqual(float(per_day), sum(cars.mapped("holding_cost_day")), 2)
        self.assertAlmostEqual(float(so_far), sum(cars.mapped("holding_cost")), 2)
        self.assertAlmostEqual(float(days), (70 + 20 + 100 + 33) / 4, 4)

    def test_a_sold_car_costs_nothing_any_more(self):
        car = self.let_age(self.buy_car(100000.0, bill=100000.0), 40)
        self.deliver(self.sell(car))
        self.assertFalse(car.age_bucket_id)
        self.assertEqual((car.stock_value, car.holding_cost_day, car.holding_cost), (0.0, 0.0, 0.0))
        [(value, days)] = self.env["dealer.vehicle"]._read_group(
            [("id", "=", car.id)], [], ["stock_value:sum", "days_in_stock:avg"]
        )
        self.assertEqual((float(value), bool(days)), (0.0, False))

    def test_the_web_client_may_group_sort_and_sum(self):
        described = (
            self.env["dealer.vehicle"]
            .with_user(self.user_manager)
            .fields_get(
                ["age_bucket_id", "days_in_stock", "holding_cost", "holding_cost_day", "stock_value"],
                ["groupable", "sortable", "aggregator"],
            )
        )
        self.assertTrue(all(described[name]["sortable"] for name in described))
        self.assertTrue(described["age_bucket_id"]["groupable"])
        self.assertEqual(described["days_in_stock"]["aggregator"], "avg")
        self.assertEqual(described["holding_cost"]["aggregator"], "sum")
        old, young = self.old_car(50), self.old_car(3)
        found = self.env["dealer.vehicle"].search([("id", "in", (old | young).ids)], order="days_in_stock desc")
        self.assertEqual(found, old | young)
        found = self.env["dealer.vehicle"].search([("id", "in", (old | young).ids)], order="age_bucket_id")
        self.assertEqual(found, young | old)

    def test_the_pivot_as_the_manager_opens_it(self):
        self.old_car(70)
        sets = (
            self.env["dealer.vehicle"]
            .with_user(self.user_manager)
            .formatted_read_grouping_sets(
                [("place", "=", "at_site")],
                [[], ["age_bucket_id"], ["age_bucket_id", "site_id"]],
                ["__count", "holding_cost_day:sum", "stock_value:sum"],
            )
        )
        self.assertEqual(len(sets), 3)
        self.assertTrue(sets[0][0]["__count"])

    def test_cost_right(self):
        car = self.old_car(70)
        staff = car.with_user(self.user_staff)
        self.assertTrue(staff.age_bucket_id)
        for name in ("stock_value", "holding_cost_day", "holding_cost", "proposal"):
            self.assertNotIn(name, self.env["dealer.vehicle"].with_user(self.user_staff).fields_get())
            with self.assertRaisesRegex(Exception, name):
                staff.read([name])
            with self.assertRaisesRegex(Exception, name):
                self.env["dealer.vehicle"].with_user(self.user_staff)._read_group([], [], [f"{name}:max"])
        self.assertTrue(car.with_user(self.user_auditor).proposal)

    def test_policies_are_the_administrators(self):
        for user, allowed in ((self.user_admin, True), (self.user_manager, False), (self.user_keeper, False)):
            for model in (self.Bucket, self.Rate):
                self.assertEqual(model.with_user(user).has_access("write"), allowed)
                self.assertTrue(model.with_user(user).has_access("read"))

    def test_two_ages_do_not_begin_on_one_day(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.Bucket.create({"days_from": 31})

    def test_proposal_marks_down_to_the_floor_at_most(self):
        car = self.old_car(70, asking_price=171900.0)
        self.assertEqual((car.proposed_action, car.proposed_price), ("markdown", 168500.0))
        car.floor_price = 170000.0
        self.assertEqual(car.proposed_price, 170000.0)
        car.floor_price = 171900.0
        self.assertEqual((car.proposed_action, car.proposed_price), ("decide", 0.0))
        self.assertFalse(self.old_car(10).proposed_action)

    def test_proposal_sends_the_car_where_it_is_missed(self):
        north = self.env["stock.warehouse"].create({"name": "North", "code": "NOR", "company_id": self.company_a.id})
        car = self.old_car(70)
        self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": car.product_id.id,
                "warehouse_id": north.id,
                "location_id": north.lot_stock_id.id,
                "product_min_qty": 1,
                "product_max_qty": 2,
            }
        )
        self.env.invalidate_all()
        self.assertEqual((car.proposed_action, car.proposed_site_id), ("transfer", north))
        self.assertEqual(car.with_user(self.user_pricing).proposal, "Transfer to North")
        self.assertFalse(self.old_car(70, product=self.product_top).proposed_site_id)

    def test_queries_do_not_grow(self):
        cars = self.env["dealer.vehicle"].union(*[self.old_car(61 + number) for number in range(12)])
        names = [
            "name",
            "days_in_stock",
            "age_bucket_id",
            "holding_cost_day",
            "holding_cost",
            "proposal",
            "stock_value",
        ]
        Car = self.env["dealer.vehicle"].with_user(self.user_manager)

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.web_read(
                {name: {"fields": {"display_name": {}}} if name == "age_bucket_id" else {} for name in names}
            )
            return self.env.cr.sql_log_count - before

        few = count(Car.browse(cars[:1].ids))
        many = count(Car.browse(cars.ids))
        self.assertLessEqual(many, few + 2, f"1 car: {few} queries, 12 cars: {many}")

    def test_age_is_the_groups(self):
        """P5: what a sister company has had for 80 days is 80 days old here, and grouped so."""
        vin = self.new_vin()
        sister = self.let_age(self.stock_car(vin, company=self.company_b), 80)
        self.move_out(sister, self.env.ref("stock.stock_location_inter_company"))
        order = (
            self.env["purchase.order"]
            .with_user(self.user_buyer)
            .create(
                {
                    "partner_id": self.company_b.partner_id.id,
                    "order_line": [
                        Command.create({"product_id": self.product.id, "product_qty": 1, "price_unit": 100000.0})
                    ],
                }
            )
        )
        order.button_confirm()
        car = self.announce(order, vin)
        self.receive(order)
        self.assertEqual(car.days_in_stock, 80)
        self.assertEqual(car.age_bucket_id.days_from, 61)


@tagged("post_install", "-at_install", "dealer")
class TestStockTurn(StockAgeCommon):
    def turn(self, **domain):
        """Return (sold, average stock, turn) of company A's cars, as the manager reads it."""
        [row] = (
            self.env["dealer.vehicle.turn"]
            .with_user(self.user_manager)
            ._read_group(
                [(name, "=", value) for name, value in domain.items()],
                [],
                ["is_sold:sum", "average_stock:sum", "turn:avg"],
            )
        )
        return row

    def test_sold_by_average_stock(self):
        self.company_a.dealer_turn_days = 100
        series = self.series.id
        self.old_car(50)  # half of the time
        self.old_car(300)  # all of it
        sold = self.let_age(self.buy_car(100000.0), 20)
        self.deliver(self.sell(sold))
        count, average, turn = self.turn(series_id=series)
        self.assertEqual(count, 1)
        self.assertAlmostEqual(average, 0.5 + 1.0 + 0.2, 3)
        self.assertAlmostEqual(turn, 1 / 1.7, 3)

    def test_every_number_opens_its_cars(self):
        sold, here = self.buy_car(100000.0), self.old_car(10)
        self.deliver(self.sell(sold))
        rows = self.env["dealer.vehicle.turn"].with_user(self.user_manager).search([("series_id", "=", self.series.id)])
        self.assertEqual(rows.vehicle_id, sold | here)
        row = rows.filtered("is_sold")
        self.assertEqual((row.vehicle_id, row.site_id), (sold, self.site_a))
        self.assertEqual(row.action_open_vehicle()["res_id"], sold.id)

    def test_long_ago_and_other_companies_do_not_count(self):
        sold = self.buy_car(100000.0)
        self.deliver(self.sell(sold))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_move SET date = date - interval '1 year' WHERE dealer_vehicle_id = %s", (sold.id,)
        )
        self.env.invalidate_all()
        self.old_car(10, company=self.company_b)
        self.assertEqual(self.turn(series_id=self.series.id)[0] or 0, 0)
