from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .common_results import DealerResultsCommon

day = fields.Date.to_date


@tagged("post_install", "-at_install", "dealer")
class TestTargets(DealerResultsCommon):
    """Periods of the calendar and of makers, targets of people, teams, sites and series (R33, P52)."""

    def _period(self, kind="month", start="2026-02-10"):
        return self.env["dealer.period"]._get(self.company, kind, day(start))

    def _target(self, number=10.0, period=None, **vals):
        return self.env["dealer.sales.target"].create(
            {"period_id": (period or self._period()).id, "target": number, **vals}
        )

    def test_targets_of_one_person_have_names_of_their_own(self):
        cars, drives = (self._target(user_id=self.advisor.id, measure=name) for name in ("units", "test_drives"))
        self.assertEqual(cars.display_name, f"{self.advisor.name} · {cars.period_id.name} · Cars")
        self.assertNotEqual(cars.display_name, drives.display_name)

    def test_any_day_becomes_the_whole_period(self):
        for kind, first, last in (
            ("day", "2026-02-10", "2026-02-10"),
            ("week", "2026-02-09", "2026-02-15"),
            ("ten_days", "2026-02-01", "2026-02-10"),
            ("month", "2026-02-01", "2026-02-28"),
            ("quarter", "2026-01-01", "2026-03-31"),
        ):
            with self.subTest(kind), Form(self.env["dealer.period"].with_user(self.manager)) as form:
                form.kind = kind
                form.date_start = "2026-02-10"
            period = form.record
            self.assertEqual((str(period.date_start), str(period.date_end)), (first, last))
            self.assertEqual(self._period(kind), period, "found, not made twice")

    def test_periods_do_not_overlap(self):
        self._period()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["dealer.period"].create(
                {"company_id": self.company.id, "kind": "month", "date_start": "2026-02-20"}
            )
            self.env.flush_all()

    def test_a_makers_period_has_its_own_days_and_its_own_cars(self):
        period = self.env["dealer.period"].create(
            {
                "company_id": self.company.id,
                "kind": "maker",
                "brand_id": self.brand.id,
                "date_start": "2026-01-26",
                "date_end": "2026-02-22",
            }
        )
        target = self._target(4, period)
        self._sell("2026-01-25 11:00:00")
        self._sell("2026-01-26 11:00:00")
        self._sell("2026-02-22 11:00:00")
        self.assertEqual(target.actual, 2.0)
        self.trim.series_id.brand_id = self.env["fleet.vehicle.model.brand"].create({"name": "Other"})
        other = self._new_car()
        other.brand_id = self.trim.series_id.brand_id
        self._sell("2026-02-10 11:00:00", car=other)
        target.invalidate_recordset()
        self.assertEqual(target.actual, 2.0, "another maker's car does not count in his period")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            period.brand_id = False
            self.env.flush_all()

    def test_reached_pace_and_comparison(self):
        target = self._target(4)
        self._sell("2026-02-05 11:00:00")
        self._sell("2026-02-28 11:00:00")
        self._sell("2026-01-31 11:00:00")
        self.env["dealer.sales.history"].create(
            {
                "company_id": self.company.id,
                "site_id": self.site.id,
                "series_id": self.series.id,
                "date": "2025-02-28",
                "units": 7,
            }
        )
        with freeze_time("2026-02-14 11:00:00"):
            target.invalidate_recordset()
            self.assertEqual((target.actual, target.before, target.year_before), (2.0, 1.0, 7.0))
            self.assertEqual((target.attainment, target.pace, target.missing), (50.0, 2.0, 2.0))
            self.assertEqual(target.days_left, 14)

    def test_whose_cars_count(self):
        self._sell("2026-02-05 11:00:00")
        self._sell("2026-02-06 11:00:00", user=self.advisor_2)
        second = self.env["stock.warehouse"].create({"name": "Two", "code": "TS2", "company_id": self.company.id})
        other = self.env["fleet.vehicle.model"].create({"name": "Two", "brand_id": self.brand.id})
        for vals, reached in (
            ({}, 2.0),
            ({"user_id": self.advisor.id}, 1.0),
            ({"user_id": self.manager.id}, 0.0),
            ({"team_id": self.team.id}, 2.0),
            ({"site_id": self.site.id}, 2.0),
            ({"site_id": second.id}, 0.0),
            ({"series_id": self.series.id}, 2.0),
            ({"series_id": other.id}, 0.0),
        ):
            self.assertEqual(self._target(**vals).actual, reached, vals)

    def test_money_and_parties(self):
        with self._gross(1500.0, 400.0):
            self._sell("2026-02-05 11:00:00")
            self.env["dealer.sales.result"]._cron_count()
        self.assertEqual(self._target(measure="gross").actual, 1900.0)
        self.assertEqual(self._target(measure="fni").actual, 400.0)
        lead = self.env["crm.lead"].create({"name": "Visit"})
        self.company.partner_id.tz = "Asia/Shanghai"
        party = {"site_id": self.site.id, "user_id": self.advisor.id}
        self.env["dealer.traffic"].create(
            [
                # February in Shanghai, January in Greenwich
                {**party, "date": "2026-01-31 16:30:00", "lead_id": lead.id, "has_test_drive": True},
                {**party, "date": "2026-02-10 03:00:00"},
                {**party, "date": "2026-02-10 03:00:00", "kind": "other", "has_test_drive": True},
                {**party, "date": "2026-02-28 16:30:00", "lead_id": lead.id},
            ]
        )
        captured = self._target(measure="captured", user_id=self.advisor.id)
        self.assertEqual(captured.actual, 1.0)
        self.assertEqual(self._target(measure="test_drives").actual, 1.0)
        action = captured.action_open_records()
        self.assertEqual(self.env[action["res_model"]].search_count(action["domain"]), 1)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._target(measure="captured", series_id=self.series.id)

    def test_number_opens_its_records(self):
        contract = self._sell("2026-02-05 11:00:00")
        self._sell("2026-03-05 11:00:00")
        action = self._target(user_id=self.advisor.id).action_open_records()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]).contract_id, contract)

    def test_who_sees_and_sets(self):
        mine = self._target(user_id=self.advisor.id)
        gross = self._target(user_id=self.advisor.id, measure="gross")
        theirs = self._target(user_id=self.advisor_2.id)
        house = self._target()
        everything = mine | gross | theirs | house
        Target = self.env["dealer.sales.target"]
        domain = [("id", "in", everything.ids)]
        self.assertEqual(Target.with_user(self.advisor).search(domain), mine)
        self.assertEqual(Target.with_user(self.manager).search(domain), everything)
        self.assertEqual(Target.with_user(self.general_manager).search(domain), everything)
        for user in (self.advisor, self.fni, self.general_manager):
            with self.subTest(user.login), self.assertRaises(AccessError):
                mine.with_user(user).target = 1.0
        with self.assertRaises(AccessError):
            theirs.with_user(self.advisor).read(["actual"])
        mine.with_user(self.manager).target = 12.0

    def test_one_target_of_a_kind(self):
        self._target(user_id=self.advisor.id)
        self._target(user_id=self.advisor.id, measure="fni")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._target(user_id=self.advisor.id)
        maker = self.env["dealer.period"].create(
            {
                "company_id": self.company.id,
                "kind": "maker",
                "brand_id": self.brand.id,
                "date_start": "2026-02-01",
                "date_end": "2026-02-22",
            }
        )
        with self.assertRaises(ValidationError):
            self._target(period=maker, measure="captured")

    def test_other_company(self):
        target = self._target()
        other = self.env["res.company"].create({"name": "Other Shop"})
        stranger = self._create_user("target_stranger", "dealer_sales.group_sales_manager", company=other)
        env = self.env(user=stranger, context={"allowed_company_ids": other.ids})
        for model in ("dealer.sales.target", "dealer.period"):
            self.assertFalse(env[model].search([("company_id", "=", self.company.id)]), model)
        with self.assertRaises(AccessError):
            target.with_env(env).read(["target"])

    def test_as_many_queries_for_fifty_targets(self):
        def read(targets):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            targets.read(["actual", "attainment", "before", "year_before"])
            return self.env.cr.sql_log_count - before

        one = self._target(measure="captured") | self._target()
        fifty = one | self.env["dealer.sales.target"].create(
            [
                {"period_id": self._period("day", f"2026-{month:02d}-{number:02d}").id, "target": 1, "measure": measure}
                for month in (4, 5)
                for number in range(1, 13)
                for measure in ("units", "test_drives")
            ]
        )
        self.env.flush_all()
        read(one)
        self.assertEqual(read(fifty), read(one))

    def test_what_was_sold_before_is_opened_and_counted_too(self):
        target = self._target(10)
        self._sell("2026-02-05 11:00:00")
        self.env["dealer.sales.history"].create(
            {
                "company_id": self.company.id,
                "site_id": self.site.id,
                "series_id": self.series.id,
                "date": "2026-02-02",
                "units": 5,
            }
        )
        self.assertEqual(target.actual, 6.0)
        action = target.with_user(self.manager).action_open_records()
        rows = self.env[action["res_model"]].with_user(self.manager).search(action["domain"])
        self.assertEqual(sum(rows.mapped("units")), 6)
        for row in rows:
            opened = row.action_open()
            self.assertEqual(opened["res_model"], "dealer.contract" if row.contract_id else "dealer.sales.history")
        with self.assertRaises(AccessError):
            rows.with_user(self.advisor).read(["units"])
        mine = self._target(user_id=self.advisor.id)
        self.assertEqual(mine.with_user(self.advisor).action_open_records()["res_model"], "dealer.sales.result")
