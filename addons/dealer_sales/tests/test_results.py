import itertools
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common_results import NOON, DealerResultsCommon


@tagged("post_install", "-at_install", "dealer")
class TestResults(DealerResultsCommon):
    """A car counts once, when it is handed over, paid or funded, and reported (P15)."""

    def _results(self, contract):
        return self.env["dealer.sales.result"].search([("contract_id", "=", contract.id)], order="number")

    def test_counts_after_the_last_of_the_three_in_every_order(self):
        """The three facts in all six orders: nothing counts before the last, and the last counts it."""
        reported = {}
        self.env["dealer.gate.rule"].create(
            {"model": "dealer.contract", "code": "paid", "company_id": self.company.id, "is_required": False}
        )
        acts = {
            "handed": self._hand_over,
            "paid": lambda contract: self._receive(contract, kind="balance"),
            "reported": lambda contract: (reported.update({contract.id: True}), contract.sudo()._gates_changed()),
        }
        with patch.object(
            self.registry["dealer.contract"], "_is_reported", lambda contract: reported.get(contract.id, False)
        ):
            for order in itertools.permutations(acts):
                with self.subTest(order=order):
                    contract = self._create_sold(car=self._new_car())
                    self._invoice(contract)
                    for name in order:
                        self.assertFalse(self._results(contract), name)
                        acts[name](contract)
                    result = self._results(contract)
                    self.assertEqual((result.units, result.number), (1, 1))
                    self.assertEqual(result.vehicle_id, contract.vehicle_id)

    def test_what_a_result_says(self):
        source = self.env["utm.source"].create({"name": "Radio"})
        lead = self.env["crm.lead"].create({"name": "Visit", "source_id": source.id, "user_id": self.advisor.id})
        state = self.env["res.country.state"].search([], limit=1)
        self.customer.write({"country_id": state.country_id.id, "state_id": state.id})
        contract = self._sell(lead_id=lead.id)
        self.assertRecordValues(
            self._results(contract),
            [
                {
                    "date": fields.Date.to_date("2026-03-10"),
                    "company_id": self.company.id,
                    "site_id": self.site.id,
                    "user_id": self.advisor.id,
                    "team_id": self.team.id,
                    "region_id": state.id,
                    "source_id": source.id,
                    "brand_id": self.brand.id,
                    "series_id": self.series.id,
                    "product_id": self.trim.id,
                    "kind": "retail",
                    "amount_car": contract.amount_car,
                    "amount_total": contract.amount_total,
                }
            ],
        )

    def test_month_by_the_clock_of_the_site(self):
        """Half past four in the afternoon UTC on the last of January is February in Shanghai, January in New York."""
        for zone, day in (("Asia/Shanghai", "2026-02-01"), ("America/New_York", "2026-01-31"), (False, "2026-01-31")):
            self.site.partner_id.tz = zone
            self.company.partner_id.tz = zone
            contract = self._sell("2026-01-31 16:30:00")
            self.assertEqual(self._results(contract).date, fields.Date.to_date(day), zone)

    def test_nothing_counts_twice(self):
        contract = self._sell()
        for _again in range(3):
            contract._gates_changed()
        contract._count_missed_results()
        self.assertEqual(len(self._results(contract)), 1)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute(
                "INSERT INTO dealer_sales_result (contract_id, vehicle_id, number, units, date, company_id) "
                "SELECT contract_id, vehicle_id, number, units, date, company_id FROM dealer_sales_result "
                "WHERE id = %s",
                [self._results(contract).id],
            )

    def test_a_payment_that_bounces_takes_the_car_back_and_paid_again_counts_again(self):
        contract = self._sell("2026-01-20 11:00:00")
        payment = contract.payment_ids
        with freeze_time("2026-02-03 11:00:00"):
            payment.action_draft()
            payment.action_cancel()
            contract._gates_changed()
        rows = self._results(contract)
        self.assertEqual(rows.mapped("units"), [1, -1])
        self.assertEqual([str(day) for day in rows.mapped("date")], ["2026-01-20", "2026-02-03"])
        self.assertEqual(rows[1].origin_id, rows[0])
        self.assertEqual(sum(rows.mapped("amount_car")), 0.0)
        contract._gates_changed()
        self.assertEqual(len(self._results(contract)), 2)
        with freeze_time("2026-02-05 11:00:00"):
            self._receive(contract, kind="balance")
        self.assertEqual(self._results(contract).mapped("units"), [1, -1, 1])
        self.assertEqual(self._results(contract).mapped("number"), [1, 2, 3])

    def test_a_loan_counts_when_funded(self):
        contract = self._create_sold(car=self._new_car())
        self._invoice(contract)
        loan = {
            "code": "loan",
            "label": "Loan",
            "partner": self.env["res.partner"],
            "expected": 10000.0,
            "received": 0.0,
        }
        with patch.object(self.registry["dealer.contract"], "_get_shares_of_others", lambda contract: [loan]):
            self._receive(contract, contract.amount_total - 10000.0, kind="balance")
            contract.sudo().delivery_ids.invalidate_recordset()
            self._hand_over(contract)
            self.assertTrue(contract._is_paid())
            self.assertFalse(self._results(contract), "the lender owes the rest")
            loan["received"] = 10000.0
            self._receive(contract, 10000.0, kind="balance")
            self.assertEqual(self._results(contract).units, 1)

    def test_gross_comes_by_the_job_and_returns_take_it_back(self):
        contract = self._sell("2026-01-20 11:00:00")
        self.assertTrue(self._results(contract).is_gross_due)
        with self._gross(1500.0, 300.0):
            self.env["dealer.sales.result"]._cron_count()
        row = self._results(contract)
        self.assertEqual((row.gross_front, row.gross_back, row.gross), (1500.0, 300.0, 1800.0))
        self.assertFalse(row.is_gross_due)
        with self._gross(1400.0, 300.0), freeze_time("2026-02-10"):
            self._read_gross_again()
        self.assertEqual(row.gross, 1700.0)
        with freeze_time("2026-02-11 11:00:00"):
            contract.payment_ids.action_draft()
            contract.payment_ids.action_cancel()
            contract._gates_changed()
        with self._gross(0.0), freeze_time("2026-02-12"):
            self._read_gross_again()
        self.assertEqual(self._results(contract).mapped("gross"), [1700.0, -1700.0])
        groups = self.env["dealer.sales.result"]._read_group(
            [("contract_id", "=", contract.id)], [], ["gross:sum", "units:sum", "gross_per_car:avg"]
        )
        self.assertEqual(groups[0][:2], (0.0, 0))

    def test_gross_per_car_is_of_cars_not_of_rows(self):
        with self._gross(1000.0):
            first = self._sell()
            self.env["dealer.sales.result"]._cron_count()
        with self._gross(2000.0):
            second = self._sell()
            self.env["dealer.sales.result"]._cron_count()
        domain = [("contract_id", "in", (first | second).ids)]
        groups = self.env["dealer.sales.result"]._read_group(domain, [], ["gross_per_car:avg"])
        self.assertEqual(groups, [(1500.0,)])

    def test_missed_results_are_counted_by_the_job(self):
        contract = self._create_sold(car=self._new_car())
        self._invoice(contract)
        self._receive(contract, kind="balance")
        with patch.object(self.registry["dealer.contract"], "_is_reported", lambda contract: False):
            self._hand_over(contract)
        self.assertFalse(self._results(contract))
        self.env["dealer.sales.result"]._cron_count()
        self.assertEqual(self._results(contract).units, 1)

    def test_who_reads_what(self):
        mine = self._sell()
        theirs = self._sell(user=self.advisor_2)
        rows = self._results(mine) | self._results(theirs)
        domain = [("id", "in", rows.ids)]
        found = {
            user: self.env["dealer.sales.result"].with_user(user).search(domain)
            for user in (self.advisor, self.advisor_2, self.manager, self.general_manager, self.fni)
        }
        self.assertEqual(found[self.advisor], self._results(mine))
        self.assertEqual(found[self.advisor_2], self._results(theirs))
        for user in (self.manager, self.general_manager, self.fni):
            self.assertEqual(found[user], rows, user.login)
        for act in (
            lambda row: row.read(["gross_front"]),
            lambda row: row.search([("gross", ">", 0)]),
            lambda row: row._read_group([], [], ["gross_per_car:avg"]),
            lambda row: row.formatted_read_group([], ["user_id"], ["gross:sum"]),
        ):
            with self.assertRaises(AccessError):
                act(self._results(mine).with_user(self.advisor))
        with self.assertRaises(UserError):
            self._results(mine).with_user(self.advisor).export_data(["gross_back"])
        for user in (self.advisor, self.manager, self.general_manager):
            for act in ("write", "create", "unlink"):
                with self.subTest(user=user.login, act=act), self.assertRaises(AccessError):
                    row = self._results(mine).with_user(user)
                    getattr(row, act)(*([] if act == "unlink" else [{"units": -1}]))
        with self.assertRaises(AccessError):
            mine.with_user(self.manager).write({"result_count": 0})
        with self.assertRaises(AccessError):
            mine.with_user(self.receptionist).result_ids.read(["units"])

    def test_other_company_sees_nothing(self):
        contract = self._sell()
        other = self.env["res.company"].create({"name": "Other Shop"})
        stranger = self._create_user("results_stranger", "dealer_sales.group_sales_manager", company=other)
        env = self.env(user=stranger, context={"allowed_company_ids": other.ids})
        for model in ("dealer.sales.result", "dealer.contract.report"):
            self.assertFalse(env[model].search([("contract_id", "=", contract.id)]), model)

    def test_other_site_sees_nothing(self):
        contract = self._sell()
        second = self.env["stock.warehouse"].create({"name": "Two", "code": "RS2", "company_id": self.company.id})
        self.manager.dealer_site_ids = second
        self.assertFalse(
            self.env["dealer.sales.result"].with_user(self.manager).search([("contract_id", "=", contract.id)])
        )

    def test_steps_before_the_hand_over_ask_nothing(self):
        contracts = [self._create_signed(car=self._new_car()).sudo() for _index in range(2)]
        for contract in contracts:
            contract._gates_changed()
        with self.assertQueryCount(0):
            for contract in contracts:
                contract._count_results()

    def test_hand_over_costs_at_most_two_queries_more(self):
        def deliver():
            contract = self._create_paid(car=self._new_car())
            delivery = self._prepare(contract)
            self._check_and_sign(delivery)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            delivery.action_hand_over()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        deliver()
        with patch.object(self.registry["dealer.contract"], "_count_results", lambda contract: None):
            without = min(deliver() for _index in range(2))
        counted = min(deliver() for _index in range(2))
        self.assertLessEqual(counted - without, 2)

    def test_statistics_of_contracts(self):
        sold = self._sell()
        cancelled = self._create_signed()
        cancelled.with_user(self.manager).action_cancel("no loan")
        back = self._sell("2026-01-20 11:00:00")
        back.payment_ids.action_draft()
        back.payment_ids.action_cancel()
        back._gates_changed()
        contracts = sold | cancelled.sudo() | back
        report = self.env["dealer.contract.report"].with_user(self.manager)
        count, amount, cancelled_rate, returned_rate = report._read_group(
            [("contract_id", "in", contracts.ids)],
            [],
            ["__count", "amount_total:sum", "cancelled_rate:avg", "returned_rate:avg"],
        )[0]
        self.assertEqual(count, 3)
        self.assertAlmostEqual(amount, sum(contracts.mapped("amount_total")), 2)
        self.assertAlmostEqual(cancelled_rate, 100 / 3, 3)
        self.assertAlmostEqual(returned_rate, 100 / 3, 3)
        row = report.search([("contract_id", "=", sold.id)])
        self.assertEqual((row.series_id, row.brand_id, row.team_id), (self.series, self.brand, self.team))
        self.assertEqual(row.action_open_contract()["res_id"], sold.id)
        mine = self.env["dealer.contract.report"].with_user(self.advisor_2)
        self.assertFalse(mine.search([("contract_id", "in", contracts.ids)]))

    def test_statistics_read_by_a_constant_number_of_queries(self):
        for _index in range(3):
            self._create_contract()

        def read(limit):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rows = self.env["dealer.contract.report"].search([], limit=limit)
            rows.web_read({"contract_id": {"fields": {"display_name": {}}}, "amount_total": {}, "currency_id": {}})
            return self.env.cr.sql_log_count - before

        read(1)
        self.assertEqual(read(3), read(1))

    def test_promises_are_in_the_database(self):
        self.env.cr.execute(
            "SELECT c.relname, x.indisunique FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE x.indisvalid"
        )
        indexes = dict(self.env.cr.fetchall())
        for name in (
            "dealer_sales_result_once_uniq",
            "dealer_sales_result_origin_uniq",
            "dealer_contract_seller_person_uniq",
            "dealer_sales_target_subject_uniq",
            "dealer_sales_history_day_uniq",
            "dealer_sales_forecast_series_uniq",
            "dealer_sales_forecast_line_month_uniq",
            "dealer_commission_statement_person_uniq",
            "dealer_commission_line_once_uniq",
            "dealer_commission_tier_start_uniq",
        ):
            self.assertIs(indexes.get(name), True, name)
        for name in ("dealer_sales_result_month_idx", "dealer_sales_result_due_idx", "dealer_sales_history_month_idx"):
            self.assertIn(name, indexes)
        self.env.cr.execute("SELECT conname, contype FROM pg_constraint")
        constraints = dict(self.env.cr.fetchall())
        for name, kind in (
            ("dealer_period_no_overlap", "x"),
            ("dealer_period_dates_ordered", "c"),
            ("dealer_period_maker_has_brand", "c"),
            ("dealer_sales_result_turns", "c"),
            ("dealer_contract_seller_share_range", "c"),
            ("dealer_sales_target_positive", "c"),
            ("dealer_sales_target_traffic_subject", "c"),
            ("dealer_commission_rule_dates_ordered", "c"),
            ("dealer_commission_rule_percent_sane", "c"),
            ("dealer_commission_rule_amounts_positive", "c"),
            ("dealer_commission_tier_positive", "c"),
        ):
            self.assertEqual(constraints.get(name), kind, name)

    def test_shares_belong_to_the_draft_then_to_the_manager(self):
        contract = self._create_contract()
        contract.write({"seller_ids": [fields.Command.create({"user_id": self.advisor_2.id, "share": 40.0})]})
        self.assertEqual(contract.sudo()._get_sellers("advisor"), {self.advisor_2: 40.0, self.advisor: 60.0})
        with self.assertRaises(ValidationError):
            contract.write({"seller_ids": [fields.Command.create({"user_id": self.fni.id, "share": 70.0})]})
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", b"aGVsbG8=")
        with self.assertRaisesRegex(UserError, "sales manager"):
            contract.seller_ids.share = 90.0
        with self.assertRaises(AccessError):
            self.env["dealer.contract.seller"].with_user(self.advisor_2).create(
                {"contract_id": contract.id, "user_id": self.advisor_2.id, "share": 10.0, "role": "fni"}
            )
        contract.seller_ids.with_user(self.manager).share = 50.0
        self.assertEqual(contract.sudo()._get_sellers("advisor")[self.advisor], 50.0)

    def test_day_of_noon(self):
        self.assertEqual(str(self._results(self._sell(NOON)).date), "2026-03-10")
