import doctest

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..tools import recommendation
from .common import VINS
from .test_catalogue import CatalogueCommon


@tagged("post_install", "-at_install", "dealer")
class TestTrimRecommendation(CatalogueCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.needs = cls.env["dealer.trim.recommendation"].with_user(cls.user_staff)

    def _recommend(self, **values):
        record = self.needs.create({"brand_ids": [Command.set(self.brand.ids)], **values})
        record.action_recommend()
        return record.line_ids

    def test_doctests(self):
        result = doctest.testmod(recommendation)
        self.assertGreater(result.attempted, 15)
        self.assertFalse(result.failed)

    def test_best_first_with_reasons(self):
        lines = self._recommend(budget=180000, seats=7)
        self.assertEqual(lines.trim_id[0], self.trim)  # budget counts 30, seats 20
        self.assertEqual(lines.mapped("score"), [60.0, 40.0])
        for words in ("✓", "Within the budget", "8,100", "✗", "5 seats, 7 wanted"):
            self.assertIn(words, lines[0].reasons)
        self.assertIn("35,900.00", lines[1].reasons)
        self.assertIn("over the budget", lines[1].reasons)

    def test_every_need(self):
        use = self.env.ref("dealer_vehicle.dealer_vehicle_use_family")
        lines = self._recommend(
            budget=230000, seats=7, energy="electric", range_km=500, body_ids=self.suv.ids, use_id=use.id
        )
        self.assertEqual((lines[0].trim_id, lines[0].score), (self.trim_top, 100.0))
        for words in ("Electric", "Range 600 km, 500 km wanted", "SUV", "Fits “Family”"):
            self.assertIn(words, lines[0].reasons)
        self.assertIn("Petrol, Electric wanted", lines[1].reasons)
        self.assertIn("Range: not known", lines[1].reasons)

    def test_nearly(self):
        self.trim.energy = "plug_in"
        lines = self._recommend(energy="electric", range_km=650)
        top = lines.filtered(lambda line: line.trim_id == self.trim_top)
        self.assertIn("≈", top.reasons)
        self.assertEqual(lines.filtered(lambda line: line.trim_id == self.trim).score, 30.0)

    def test_a_car_that_is_here_counts(self):
        self.stock_car(VINS[0])
        lines = self._recommend(seats=5, is_in_stock=True)
        self.assertEqual((lines[0].trim_id, lines[0].score, lines[0].car_available_count), (self.trim, 100.0, 1))
        self.assertIn("1 available now", lines[0].reasons)
        self.assertIn("None available now", lines[1].reasons)
        self.assertEqual(lines[0].action_open_cars()["res_model"], "dealer.vehicle")
        self.assertEqual(lines[0].action_open_trim()["res_id"], self.trim.id)

    def test_only_what_is_sold(self):
        self.trim_top.sale_ok = False
        self.assertEqual(self._recommend(seats=5).trim_id, self.trim)
        self.assertEqual(len(self._recommend(seats=5, is_on_sale_only=False)), 2)

    def test_no_need_no_answer(self):
        with self.assertRaisesRegex(UserError, "at least one need"):
            self._recommend()
        record = self.needs.create({"brand_ids": [Command.set(self.brand.ids)], "range_km": 900})
        self.trim_top.range_km = 0
        record.action_recommend()
        self.assertFalse(record.line_ids)
        self.assertTrue(record.is_done)

    def test_the_budget_is_in_the_companys_money(self):
        other = self.env["res.currency"].create({"name": "DLX", "symbol": "D"})
        self.env["res.currency.rate"].create(
            {"currency_id": other.id, "rate": 10.0, "name": "2020-01-01", "company_id": self.company_a.id}
        )
        self.trim.guide_currency_id = other  # 171,900 of it are 17,190 of the company's money
        lines = self._recommend(budget=20000)
        self.assertEqual(lines.trim_id, self.trim)
        self.assertIn("2,810", lines.reasons)

    def test_chosen_ones_are_compared(self):
        lines = self._recommend(seats=5)
        record = lines.recommendation_id
        with self.assertRaisesRegex(UserError, "at least two"):
            record.action_compare()
        lines.is_chosen = True
        action = record.action_compare()
        compared = self.env["dealer.trim.comparison"].browse(action["res_id"])
        self.assertEqual(compared.trim_ids, self.trim | self.trim_top)

    def test_on_the_screen(self):
        with Form(self.needs) as form:
            form.budget = 200000
            form.seats = 5
            form.brand_ids.add(self.brand)
        form.record.action_recommend()
        self.assertEqual(form.record.line_ids[0].trim_id, self.trim)

    def test_weights_are_the_managers(self):
        Weight = self.env["dealer.recommendation.weight"]
        Weight.with_user(self.user_manager).create(
            [
                {"criterion": "budget", "weight": 5, "date_from": "2001-01-01"},
                {"criterion": "seats", "weight": 95, "date_from": "2001-01-01", "company_id": self.company_a.id},
                {"criterion": "seats", "weight": 1, "date_from": "2999-01-01"},
            ]
        )
        lines = self._recommend(budget=180000, seats=7)
        self.assertEqual((lines[0].trim_id, lines[0].score), (self.trim_top, 95.0))
        weights = Weight.with_user(self.user_b)._get_weights(self.company_b, self.env.cr.now().date())
        self.assertEqual((weights["budget"].weight, weights["seats"].weight), (5, 20))
        for user in (self.user_staff, self.user_buyer, self.user_auditor):
            self.assertFalse(Weight.with_user(user).has_access("write"), user.login)
            self.assertTrue(Weight.with_user(user).has_access("read"), user.login)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            Weight.create({"criterion": "budget", "date_from": "2001-01-01"})

    def test_queries_do_not_grow(self):
        counts = []
        for number in (1, 1, 60):
            for index in range(number):
                self.make_trim(f"Q{number}-{index}", 100000.0 + index, seats=5)
            record = self.needs.create({"brand_ids": [Command.set(self.brand.ids)], "budget": 200000, "seats": 5})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            record.action_recommend()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1] + 3, counts)
