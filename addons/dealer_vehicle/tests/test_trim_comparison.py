import doctest

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..tools import comparison
from .common import VINS
from .test_catalogue import CatalogueCommon, make_picture


@tagged("post_install", "-at_install", "dealer")
class TestTrimComparison(CatalogueCommon):
    def _rows(self, trims, user=None, **values):
        Comparison = self.env["dealer.trim.comparison"].with_user(user or self.user_staff)
        record = Comparison.create({"trim_ids": trims.ids, **values})
        return {row.label: row for _group, rows in record._get_comparison()["groups"] for row in rows}

    def test_doctests(self):
        result = doctest.testmod(comparison)
        self.assertGreater(result.attempted, 8)
        self.assertFalse(result.failed)

    def test_what_differs_and_what_is_best(self):
        self.stock_car(VINS[0])
        rows = self._rows(self.trim | self.trim_top)
        self.assertEqual((rows["Power"].texts, rows["Power"].best), (["110", "180.5"], [False, True]))
        self.assertEqual((rows["Kerb Weight"].texts, rows["Kerb Weight"].best), (["1,450", "1,900"], [True, False]))
        self.assertEqual(rows["Maker's guide price"].best, [True, False])
        self.assertEqual(rows["Cars available"].texts, ["1", ""])
        self.assertEqual(rows["Energy"].texts, ["Petrol", "Electric"])
        self.assertFalse(rows["Gearbox"].differs)
        self.assertFalse(rows["Sunroof"].differs)
        self.assertEqual(rows["Surround-view Camera"].texts, ["No", "Yes"])
        self.assertEqual(rows["Outside"].texts, ["Pearl White"] * 2)

    def test_only_differences(self):
        rows = self._rows(self.trim | self.trim_top, is_differences_only=True)
        self.assertIn("Power", rows)
        self.assertNotIn("Gearbox", rows)
        self.assertTrue(all(row.differs for row in rows.values()))

    def test_what_is_missing_is_neither_best_nor_hidden(self):
        bare = self.make_trim("Bare", 100000.0)
        row = self._rows(self.trim | bare)["Power"]
        self.assertEqual((row.texts, row.best, row.differs), (["110", ""], [False, False], True))

    def test_powertrains_are_named(self):
        powertrain = self.env.ref("dealer_vehicle.product_attribute_powertrain")
        values = self.env["product.attribute.value"].create(
            [{"name": name, "attribute_id": powertrain.id} for name in ("1.5T", "2.0T")]
        )
        trim = self.make_trim("Two", 150000.0)
        trim.specification_ids = [
            Command.create({"specification_id": self.power.id, "value_number": power, "powertrain_id": value.id})
            for power, value in zip((130, 170), values, strict=True)
        ]
        row = self._rows(self.trim | trim)["Power"]
        self.assertEqual(row.texts, ["110", "1.5T: 130 / 2.0T: 170"])
        self.assertEqual(row.best, [False, True])

    def test_prices_in_two_currencies_have_no_cheapest(self):
        self.trim_top.guide_currency_id = (
            self.env.ref("base.EUR") | self.env.ref("base.USD") - self.trim.guide_currency_id
        )
        row = self._rows(self.trim | self.trim_top)["Maker's guide price"]
        self.assertEqual(row.best, [False, False])

    def test_too_few_and_too_many(self):
        trims = self.trim
        for number in range(4):
            trims |= self.make_trim(f"T{number}", 100000.0)
        with self.assertRaisesRegex(UserError, "at least two"):
            self.trim.with_user(self.user_staff).action_compare()
        with self.assertRaisesRegex(UserError, "5 trims are too many"):
            trims.with_user(self.user_staff).action_compare()
        goods = self.env["product.template"].create({"name": "Floor Mat"})
        with self.assertRaisesRegex(UserError, "Floor Mat is not a car"):
            (self.trim | goods).with_user(self.user_staff).action_compare()
        self.assertEqual(trims[:4].with_user(self.user_staff).action_compare()["res_model"], "dealer.trim.comparison")

    def test_from_the_form_it_asks_for_another(self):
        action = self.trim.with_user(self.user_staff).action_compare_with()
        record = self.env["dealer.trim.comparison"].with_user(self.user_staff).browse(action["res_id"])
        self.assertIn("at least two", record.message)
        self.assertFalse(record.table)
        with self.assertRaisesRegex(UserError, "at least two"):
            record.action_print()
        with Form(record) as form:
            form.trim_ids.add(self.trim_top)
            self.assertIn("180.5", form.table)
            form.is_differences_only = True
            self.assertNotIn("CVT", form.table)
        self.assertFalse(record.message)

    def test_names_cannot_smuggle_markup(self):
        self.trim.name = "<script>alert(1)</script>"
        action = (self.trim | self.trim_top).action_compare()
        table = self.env["dealer.trim.comparison"].browse(action["res_id"]).table
        self.assertNotIn("<script>", table)
        self.assertIn("&lt;script&gt;", table)

    def test_print_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.power.with_context(lang="zh_CN").name = "功率"
        self.customer.lang = "zh_CN"
        self.trim.picture_ids = [Command.create({"image_1920": make_picture()})]
        record = self.env["dealer.trim.comparison"].with_user(self.user_staff)
        record = record.create({"trim_ids": (self.trim | self.trim_top).ids, "partner_id": self.customer.id})
        self.assertEqual(record.action_print()["report_name"], "dealer_vehicle.dealer_trim_comparison_print")
        Report = self.env["ir.actions.report"].with_user(self.user_staff)
        html = Report._render_qweb_html("dealer_vehicle.dealer_trim_comparison_print", record.ids)[0].decode()
        for words in ("功率", "180.5", "Li Wei", "data:image/png;base64"):
            self.assertIn(words, html)
        record.partner_id = False
        html = Report._render_qweb_html("dealer_vehicle.dealer_trim_comparison_print", record.ids)[0].decode()
        self.assertIn("Power", html)
        pdf, kind = Report.with_context(force_report_rendering=True)._render_qweb_pdf(
            "dealer_vehicle.dealer_trim_comparison_print", record.ids
        )
        self.assertEqual(kind, "pdf")
        self.assertTrue(pdf.startswith(b"%PDF"))

    def test_another_companys_trim_is_out_of_reach(self):
        self.trim.company_id = self.company_a
        with self.assertRaises(AccessError):
            trims = (self.trim | self.trim_top).with_user(self.user_b).with_company(self.company_b)
            trims.action_compare()

    def test_queries_do_not_grow(self):
        trims = self.trim | self.trim_top
        for number in range(2):
            trims |= self.make_trim(f"T{number}", 100000.0)
            self.describe(trims[-1], 100 + number, 1500, "CVT", True)
        counts = []
        for chosen in (trims[:2], trims[:2], trims):
            record = self.env["dealer.trim.comparison"].with_user(self.user_staff).create({"trim_ids": chosen.ids})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertTrue(record.table)
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1] + 2, counts)
