import json
from datetime import date, datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.spreadsheet.utils.validate_data import fields_in_spreadsheet, menus_xml_ids_in_spreadsheet

from .common import DealerWorkshopCommon

MONDAY = date(2026, 3, 2)


@tagged("post_install", "-at_install", "dealer")
class TestWorkResults(DealerWorkshopCommon):
    """Productivity, efficiency and proficiency as B28 says; every number opens what it was made of."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = cls.company.resource_calendar_id.tz = "Asia/Shanghai"
        (cls.technician_employee | cls.second_employee).write(
            {"resource_calendar_id": cls.company.resource_calendar_id.id, "tz": "Asia/Shanghai"}
        )
        cls.auditor = cls._make_user("w_auditor", "dealer_vehicle.group_auditor")

    def _done(self, minutes, day=MONDAY, **vals):
        """Return an order whose only job took so long, done on a day at noon."""
        order = self._make_order(**vals)
        order.action_check_in()
        job = order.job_ids.with_user(self.technician)
        job.action_clock_on()
        begin = datetime.combine(day, datetime.min.time()) + timedelta(hours=1)
        job.sudo().clock_ids.write({"date_from": begin, "date_to": begin + timedelta(minutes=minutes)})
        job.action_done()
        job.sudo().done_on = begin + timedelta(minutes=minutes)
        return order

    def _rates(self, **groups):
        report = self.env["dealer.technician.report"].with_user(self.manager)
        domain = [("employee_id", "=", self.technician_employee.id), ("date", "=", MONDAY)]
        names = ("available_hours:sum", "worked_hours:sum", "sold_hours:sum")
        rates = ("productivity:avg", "efficiency:avg", "proficiency:avg")
        return report._read_group(domain, [], [*names, *rates])[0]

    def _attend(self, hours, day=MONDAY):
        begin = datetime.combine(day, datetime.min.time()) + timedelta(hours=1)
        self.env["hr.attendance"].create(
            {
                "employee_id": self.technician_employee.id,
                "check_in": begin,
                "check_out": begin + timedelta(hours=hours),
            }
        )

    def _count(self, day=MONDAY):
        self.env["dealer.technician.day"]._count(self.company, day, day)

    def test_the_three_rates(self):
        """Sold 1.5 h in 2 h of work, there for 8 h: 25 %, 75 %, 18.75 %; a rate of a sum is no average."""
        self._attend(8)
        self._count()
        there = self.env["dealer.technician.day"].search([("employee_id", "=", self.technician_employee.id)])
        self.assertEqual(there.source, "attendance")
        available = there.hours
        self._done(120)
        self.assertEqual(self._rates()[:3], (available, 2.0, 1.5))
        for rate, expected in zip(self._rates()[3:], (200 / available, 75.0, 150 / available), strict=True):
            self.assertAlmostEqual(rate, expected, 4)
        self._done(30)
        self.assertEqual(self._rates()[1:3], (2.5, 3.0))
        self.assertAlmostEqual(self._rates()[4], 120.0)

    def test_there_by_calendar_without_attendance(self):
        self._count()
        self._count()
        there = self.env["dealer.technician.day"].search([("employee_id", "=", self.technician_employee.id)])
        self.assertEqual((len(there), there.source, there.hours), (1, "calendar", 8.0))
        sunday = MONDAY - timedelta(days=1)
        self._count(sunday)
        self.assertEqual(there.search([("date", "=", sunday)], limit=1).hours, 0.0)
        self._attend(5)
        self._count()
        self.assertEqual(there.source, "attendance")

    def test_shares_of_a_job(self):
        order = self._make_order()
        order.action_check_in()
        order.job_ids.action_assign(self.technician_employee.id)
        order.job_ids.action_assign(self.second_employee.id)
        order.job_ids.with_user(self.technician).action_done()
        order.job_ids.sudo().done_on = datetime(2026, 3, 2, 4)
        report = self.env["dealer.technician.report"].with_user(self.manager)
        rows = report.search([("order_id", "=", order.id), ("kind", "=", "sold")])
        self.assertEqual(sorted(rows.mapped("sold_hours")), [0.75, 0.75])
        self.assertEqual(rows[0].action_open()["res_id"], order.job_ids.id)

    def test_the_day_is_the_company_s(self):
        """Done at 18:00 UTC on Sunday is Monday in Shanghai."""
        order = self._make_order()
        order.action_check_in()
        order.job_ids.action_assign(self.technician_employee.id)
        order.job_ids.with_user(self.technician).action_done()
        order.job_ids.sudo().done_on = datetime(2026, 3, 1, 18)
        row = self.env["dealer.technician.report"].search([("order_id", "=", order.id)])
        self.assertEqual(row.date, MONDAY)

    def _settled(self, minutes=60, **vals):
        order = self._done(minutes, **vals)
        order.with_user(self.inspector).action_quality_pass()
        order.sudo().write({"settled_on": datetime(2026, 3, 2, 8), "quality_date": datetime(2026, 3, 2, 6)})
        return order

    def test_visits_and_jobs(self):
        kept = self._settled(promised_date=datetime(2026, 3, 2, 7))
        broken = self._settled(promised_date=datetime(2026, 3, 2, 5))
        back = self._settled(repair_kind="comeback_external")
        broken.sudo().reception_date = datetime(2026, 2, 20)
        kept.sudo().reception_date = datetime(2026, 1, 2)
        back.sudo().reception_date = datetime(2026, 3, 1)
        report = self.env["dealer.workshop.report"].with_user(self.manager)
        domain = [("order_id", "in", (kept | broken | back).ids)]
        names = ("visits:sum", "sold_hours:sum", "labour_amount:sum", "labour_rate:avg", "promise_rate:avg")
        visits, hours, labour, rate, promise = report._read_group(domain, [], names)[0]
        self.assertEqual((visits, hours, labour, rate, promise), (3, 4.5, 900.0, 200.0, 50.0))
        first = {row.order_id: row.right_first for row in report.search([*domain, ("kind", "=", "visit")])}
        self.assertEqual((first[kept], first[broken], first[back]), (1, 0, 1))
        self.assertAlmostEqual(report._read_group(domain, [], ["comeback_rate:avg"])[0][0], 100 / 3)
        row = report.search([*domain, ("kind", "=", "job")], limit=1)
        self.assertEqual(row.action_open()["res_model"], "dealer.job")

    def test_problems_by_series_and_part(self):
        self._stock_part(3)
        order = self._make_order(with_part=True)
        order.action_check_in()
        order.with_user(self.keeper).action_issue_parts()
        job = order.job_ids.with_user(self.technician)
        job.action_clock_on()
        job.fault_code_id = self.env["dealer.fault.code"].search([("code", "=", "P0420"), ("maker", "=", False)])
        job.action_clock_off()
        job.action_done()
        order.with_user(self.inspector).action_quality_pass()
        rows = self.env["dealer.problem.report"].with_user(self.manager).search([("order_id", "=", order.id)])
        self.assertEqual(set(rows.mapped("kind")), {"part", "fault"})
        self.assertEqual(set(rows.mapped("name")), {"TEST-04465", "P0420"})

    def test_who_reads_results(self):
        self._settled()
        for model in ("dealer.technician.report", "dealer.workshop.report", "dealer.problem.report"):
            for user in (self.manager, self.auditor):
                self.env[model].with_user(user).search([])
            for user in (self.technician, self.advisor, self.keeper):
                with self.subTest(model=model, user=user.login), self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])
        for user in (self.manager, self.technician):
            with self.assertRaises(AccessError):
                self.env["dealer.technician.day"].with_user(user).create(
                    {"employee_id": self.technician_employee.id, "date": MONDAY, "company_id": self.company.id}
                )

    def test_dashboard_names_what_exists_and_answers(self):
        dashboard = self.env.ref("dealer_workshop.spreadsheet_dashboard_workshop")
        data = json.loads(dashboard.spreadsheet_data)
        for model, chains in fields_in_spreadsheet(data).items():
            for chain in chains:
                self.assertIn(chain, self.env[model]._fields, f"{model}.{chain}")
        menus = menus_xml_ids_in_spreadsheet(data)
        visible = self.env["ir.ui.menu"].with_user(self.manager)._visible_menu_ids()
        self.assertTrue(menus)
        for xmlid in menus:
            self.assertIn(self.env.ref(xmlid).id, visible, xmlid)
        for user in (self.manager, self.auditor):
            self.assertIn(dashboard, dashboard.with_user(user).search([]))
            for pivot in data["pivots"].values():
                groups = [
                    f"{row['fieldName']}:{row['granularity']}" if row.get("granularity") else row["fieldName"]
                    for row in pivot["rows"]
                ]
                self.env[pivot["model"]].with_user(user).formatted_read_group(
                    pivot["domain"], groups, [measure["id"] for measure in pivot["measures"]]
                )
        self.assertNotIn(dashboard, dashboard.with_user(self.technician).search([]))


@tagged("post_install", "-at_install", "dealer")
class TestWorkCatalogue(DealerWorkshopCommon):
    """Prices by market with their margin, and what a fault code says."""

    def _floor(self, **vals):
        values = {"company_id": self.company.id, "date_from": "2020-01-01", "hour_cost": 100.0, "floor": 40.0}
        return self.env["dealer.labour.floor"].create({**values, **vals})

    def test_price_list_by_series_and_market(self):
        self._floor()
        series = self.env["fleet.vehicle.model"].create(
            {"name": "Accord", "brand_id": self.env["fleet.vehicle.model.brand"].create({"name": "Honda"}).id}
        )
        self.operation.hours_ids = [Command.create({"series_id": series.id, "hours": 2.0})]
        self.env["dealer.labour.rate"].create(
            {"company_id": self.company.id, "rate": 150.0, "site_id": self.other_site.id, "pay_type": "warranty"}
        )
        prices = self.env["dealer.operation.price"].search([("operation_id", "=", self.operation.id)])
        found = {(row.series_id, row.site_id): (row.price, row.cost, row.is_below_floor) for row in prices}
        none = (self.env["fleet.vehicle.model"], self.env["stock.warehouse"])
        self.assertEqual(found[none], (300.0, 150.0, False))
        self.assertEqual(found[series, none[1]], (400.0, 200.0, False))
        self.assertEqual(found[none[0], self.other_site], (225.0, 150.0, True))

    def test_cost_is_for_those_who_see_costs(self):
        self._floor()
        row = (
            self.env["dealer.operation.price"]
            .with_user(self.advisor)
            .search([("operation_id", "=", self.operation.id)], limit=1)
        )
        self.assertEqual(row.price, 300.0)
        for name in ("cost", "margin"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                row.read([name])
            with self.subTest(name=name), self.assertRaises(AccessError):
                row.search([(name, ">", 0)])
        with self.assertRaises(AccessError):
            self.env["dealer.labour.floor"].with_user(self.advisor).search([])

    def test_a_line_below_the_floor_is_marked(self):
        line = self._make_order().job_ids.line_ids
        self.assertFalse(line.is_below_floor)
        self._floor(date_from="2020-01-01", site_id=self.other_site.id, floor=90.0)
        line.invalidate_recordset()
        self.assertFalse(line.is_below_floor)
        self._floor()
        line.invalidate_recordset()
        self.assertFalse(line.is_below_floor)
        line.discount = 20.0
        self.assertTrue(line.is_below_floor)

    def test_a_fault_code_by_code_or_words(self):
        codes = self.env["dealer.fault.code"].with_user(self.technician)
        self.assertGreater(codes.search_count([]), 18_000)
        found = [name for _id, name in codes.name_search("P0420")]
        self.assertTrue(any(name.startswith("P0420 ") and "Catalyst" in name for name in found))
        self.assertTrue(codes.name_search("catalyst system efficiency"))
        with self.assertRaises(AccessError):
            codes.create({"code": "P9999", "description": "x"})

    def test_loading_again_adds_nothing(self):
        codes = self.env["dealer.fault.code"]
        before = codes.search_count([])
        codes._load_codes()
        self.assertEqual(codes.search_count([]), before)
