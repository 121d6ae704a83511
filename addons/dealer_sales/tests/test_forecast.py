import csv
import gzip
import re
from collections import Counter, defaultdict
from pathlib import Path

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import BaseCase, freeze_time, tagged

from ..tools import forecast
from .common_results import DealerResultsCommon

CARS = "cn_3cities_monthly_sales_by_notice_model_2010_2015.csv.gz"
PARTS = "carparts_monthly_1998_2002.csv.gz"


def find_data(name):
    """Return the path of a file of the shared data beside the project, looked for upwards; None where it is absent."""
    for folder in Path(__file__).resolve().parents:
        path = folder / "shared" / "data" / "sales" / name
        if path.exists():
            return path
    return None


@tagged("post_install", "-at_install", "dealer")
class TestForecastFigures(BaseCase):
    """The plain methods give the figures measured for them (standards §5.3), within 0.005."""

    def _rows(self, name):
        path = find_data(name)
        if path is None:
            self.skipTest(f"../shared/data/sales/{name} is not there: the figures cannot be measured")
        with gzip.open(path, "rt") as stream:
            return list(csv.DictReader(stream))

    def _series(self):
        """Return 3 cities × the 20 makers that sold most, by the letters of their announcement models."""
        sold, total = defaultdict(float), Counter()
        rows = self._rows(CARS)
        for row in rows:
            maker, units = re.match(r"[A-Z]+", row["noticenum"]), float(row["sales"])
            maker = maker.group() if maker else row["noticenum"][:3]
            sold[row["city"], maker, row["ym"]] += units
            total[maker] += units
        months = sorted({row["ym"] for row in rows})
        cities = sorted({row["city"] for row in rows})
        makers = [maker for maker, _units in total.most_common(20)]
        return [[sold[city, maker, month] for month in months] for city in cities for maker in makers]

    def assertFigures(self, found, expected):
        for code, figure in expected.items():
            self.assertAlmostEqual(found[code], figure, delta=0.005, msg=code)

    def test_nine_rolling_origins(self):
        series = self._series()
        self.assertEqual((len(series), len(series[0])), (60, 72))
        self.assertFigures(
            forecast.pooled_wape([forecast.back_test(months, after=3) for months in series]),
            {"naive": 0.240, "ma3": 0.241, "ma6": 0.251, "ma3_season": 0.268, "seasonal_naive": 0.334},
        )

    def test_half_a_year_held_out(self):
        self.assertFigures(
            forecast.pooled_wape([forecast.back_test(months, horizon=6, count=1) for months in self._series()]),
            {"ma3": 0.150, "naive": 0.172, "seasonal_naive": 0.247},
        )

    def test_parts(self):
        rows = self._rows(PARTS)
        columns = [[row[name] for row in rows] for name in rows[0] if name != "month"]
        series = [[float(value) for value in column] for column in columns if not {"", "NA"} & set(column)]
        self.assertEqual(len(series), 2509)
        pairs = [
            pair
            for months in series
            for pair in zip(forecast.forecast(months[:-6], "mean12", 6), months[-6:], strict=True)
        ]
        self.assertAlmostEqual(forecast.rmse(pairs), 1.052, delta=0.005)

    def test_whatever_the_length_something_sensible(self):
        for length in range(1, 80):
            series = [float(month % 5) for month in range(length)]
            code, errors = forecast.choose(series)
            guesses = forecast.forecast(series, code)
            self.assertEqual(len(guesses), forecast.HORIZON)
            self.assertTrue(all(guess >= 0 for guess in guesses))
            if errors:
                self.assertEqual(errors[code], min(errors.values()), length)


@tagged("post_install", "-at_install", "dealer")
class TestForecast(DealerResultsCommon):
    """Each series of each site by the method that erred least on its own past."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = cls._create_user("forecast_buyer", "dealer_vehicle.group_buyer")
        cls.second = cls.env["stock.warehouse"].create({"name": "Two", "code": "FS2", "company_id": cls.company.id})

    def _history(self, numbers, until="2026-02-28", site=None):
        """Enter monthly sales that end with a month."""
        last = fields.Date.to_date(until)
        self.env["dealer.sales.history"].create(
            [
                {
                    "company_id": self.company.id,
                    "site_id": (site or self.site).id,
                    "series_id": self.series.id,
                    "date": fields.Date.subtract(last.replace(day=1), months=len(numbers) - 1 - index),
                    "units": number,
                }
                for index, number in enumerate(numbers)
            ]
        )

    def _compute(self, day="2026-03-15 11:00:00"):
        with freeze_time(day):
            self.env["dealer.sales.forecast"].with_user(self.manager).action_compute()
        return self.env["dealer.sales.forecast"].search([("company_id", "=", self.company.id)])

    def test_method_with_its_error(self):
        self._history([10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 40] * 3 + [10, 10])
        row = self._compute()
        self.assertEqual((row.site_id, row.series_id, row.months_known), (self.site, self.series, 38))
        self.assertEqual((row.method, row.error), ("seasonal_naive", 0.0))
        self.assertGreater(row.errors["naive"], 10)
        self.assertIn("Same Month Last Year: 0.0 %", row.error_text)
        coming = row.line_ids.filtered(lambda line: line.kind == "forecast")
        self.assertEqual([str(month) for month in coming.mapped("month")], ["2026-03-01", "2026-04-01", "2026-05-01"])
        self.assertEqual(coming.mapped("forecast"), [10.0, 10.0, 10.0])
        self.assertEqual((row.last_month, row.next_month, row.next_three), (10.0, 10.0, 30.0))

    def test_december_is_seen_coming(self):
        self._history([10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 40] * 3, until="2026-09-30")
        row = self._compute("2026-10-02 11:00:00")
        self.assertEqual(row.method, "seasonal_naive")
        self._history([10], until="2026-10-31")
        self.assertEqual(len(self._compute("2026-11-02 11:00:00")), 1, "calculated anew, not twice")

    def test_sales_and_history_together_and_no_half_month(self):
        self._history([4, 5], until="2026-01-31")
        self._sell("2026-02-10 11:00:00")
        self._sell("2026-02-20 11:00:00")
        self._sell("2026-03-02 11:00:00")  # the month is not over
        row = self._compute()
        self.assertEqual(row.line_ids.filtered(lambda line: line.kind == "sold").mapped("sold"), [4.0, 5.0, 2.0])
        self.assertFalse(row.has_error)
        self.assertAlmostEqual(row.next_month, 11 / 3, 1)

    def test_rights(self):
        self._history([4, 5, 6])
        row = self._compute()
        for user in (self.manager, self.general_manager, self.buyer, self.stock_keeper):
            self.assertEqual(row.with_user(user).read(["next_month"])[0]["id"], row.id)
        for user in (self.advisor, self.fni):
            with self.subTest(user.login), self.assertRaises(AccessError):
                row.with_user(user).read(["next_month"])
            with self.subTest(user.login), self.assertRaises(AccessError):
                row.with_user(user).action_compute()
        with self.assertRaises(AccessError):
            row.with_user(self.manager).write({"next_month": 99})

    def test_other_company(self):
        self._history([4, 5, 6])
        self._compute()
        other = self.env["res.company"].create({"name": "Other Shop"})
        stranger = self._create_user("forecast_stranger", "dealer_sales.group_sales_manager", company=other)
        env = self.env(user=stranger, context={"allowed_company_ids": other.ids})
        for model in ("dealer.sales.forecast", "dealer.sales.forecast.line", "dealer.sales.history"):
            self.assertFalse(env[model].search([]), model)
        env["dealer.sales.forecast"].action_compute()
        self.assertTrue(self.env["dealer.sales.forecast"].search([("company_id", "=", self.company.id)]))

    def test_as_many_queries_for_many_series(self):
        def compute():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["dealer.sales.forecast"]._compute_company(self.company)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        self._history([4, 5, 6])
        compute()
        one = compute()
        series = self.env["fleet.vehicle.model"].create(
            [{"name": f"Series {index}", "brand_id": self.brand.id} for index in range(20)]
        )
        self.env["dealer.sales.history"].create(
            [
                {
                    "company_id": self.company.id,
                    "site_id": self.site.id,
                    "series_id": record.id,
                    "date": "2026-02-01",
                    "units": 3,
                }
                for record in series
            ]
        )
        compute()
        self.assertLessEqual(compute(), one + 4)

    def test_order_plan_follows_the_forecast_where_the_company_wants_it(self):
        months = [
            fields.Date.to_date("2026-03-01"),
            fields.Date.to_date("2026-04-01"),
            fields.Date.to_date("2026-08-01"),
        ]
        with freeze_time("2026-03-15 11:00:00"):
            self._history([6] * 12)
            self._compute()
            self._create_signed(car=self._new_car())
            plan = self.env["dealer.vehicle.order.plan"].sudo().with_company(self.company)
            key = (self.trim.id, self.site.id, "")
            lately = plan._get_demand(self.company, months)[key]
            self.assertEqual(len(set(lately.values())), 1)
            self.company.dealer_plan_by_forecast = True
            self._create_signed(product_id=self.other_trim.id)
            demand = plan._get_demand(self.company, months)
        other = (self.other_trim.id, self.site.id, "")
        self.assertEqual(demand[key][months[0]] + demand[other][months[0]], 6.0)
        self.assertEqual(demand[key][months[1]], 3.0)
        self.assertEqual(demand[key][months[2]], lately[months[2]], "beyond the forecast as before")
