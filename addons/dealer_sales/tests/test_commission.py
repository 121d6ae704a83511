from decimal import Decimal
from random import Random

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import BaseCase, freeze_time, tagged

from ..tools import commission
from .common_results import DealerResultsCommon


@tagged("post_install", "-at_install", "dealer")
class TestCommissionMaths(BaseCase):
    def test_shares_always_add_up_to_the_cent(self):
        dice = Random(4)
        for _case in range(2000):
            cuts = sorted(Decimal(dice.randint(1, 9999)) / 100 for _cut in range(dice.randint(0, 5)))
            shares = [after - before for before, after in zip([0, *cuts], [*cuts, 100], strict=True)]
            amount = Decimal(dice.randint(-(10**7), 10**7)) / 100
            parts = commission.split(amount, shares)
            self.assertEqual(sum(parts), amount)
            for part, share in zip(parts, shares, strict=True):
                self.assertLessEqual(abs(part - amount * share / 100), Decimal("0.01"))

    def test_more_cars_never_pay_less(self):
        dice = Random(29)
        for _case in range(500):
            steps = sorted(dice.sample(range(1, 40), dice.randint(1, 5)))
            amounts = sorted(dice.randint(0, 900) for _step in steps)
            tiers = list(zip(steps, amounts, strict=True))
            dice.shuffle(tiers)
            pay = [commission.rate_per_unit(tiers, units) * units for units in range(45)]
            self.assertEqual(pay, sorted(pay))


@tagged("post_install", "-at_install", "dealer")
class TestCommission(DealerResultsCommon):
    """Pay by rule for what counts: tiers, gross, shares, charge-backs, closed months (P29, B11)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.by_car = cls.env["dealer.commission.rule"].create(
            {
                "name": "By the car",
                "company_id": cls.company.id,
                "date_from": "2026-01-01",
                "tier_ids": [
                    Command.create({"from_units": 1, "amount": 300.0}),
                    Command.create({"from_units": 3, "amount": 450.0}),
                ],
            }
        )
        day = fields.Date.to_date
        Period = cls.env["dealer.period"]
        cls.january = Period._get(cls.company, "month", day("2026-01-15"))
        cls.february = Period._get(cls.company, "month", day("2026-02-15"))
        cls.march = Period._get(cls.company, "month", day("2026-03-15"))

    def _compute(self, period):
        period.with_user(self.manager).action_compute_commission()

    def _close(self, period):
        with freeze_time(fields.Date.add(period.date_end, days=1)):
            period.with_user(self.general_manager).action_close()

    def _statement(self, period, user=None):
        return self.env["dealer.commission.statement"].search(
            [("period_id", "=", period.id), ("user_id", "=", (user or self.advisor).id)]
        )

    def _give_back(self, contract, day):
        """Let the money of a deal bounce: its car counts no longer."""
        with freeze_time(day):
            contract.payment_ids.action_draft()
            contract._gates_changed()

    def test_a_tier_reached_pays_all_cars_of_the_month(self):
        self._sell("2026-01-05 11:00:00")
        self._sell("2026-01-06 11:00:00")
        self._compute(self.january)
        self.assertEqual(self._statement(self.january).amount_total, 600.0)
        self._sell("2026-01-31 11:00:00")
        self._sell("2026-02-01 11:00:00")
        self._compute(self.january)
        statement = self._statement(self.january)
        self.assertEqual((statement.units, statement.amount_total), (3.0, 1350.0))
        self.assertEqual(set(statement.line_ids.mapped("rate")), {450.0})
        self._compute(self.february)
        self.assertEqual(self._statement(self.february).amount_total, 300.0)

    def test_calculating_again_changes_nothing(self):
        self._sell("2026-01-05 11:00:00")
        self._compute(self.january)
        lines = self._statement(self.january).line_ids
        before = lines.read()
        self._compute(self.january)
        self.assertEqual(self._statement(self.january).line_ids, lines)
        self.assertEqual(lines.read(), before)

    def test_nothing_is_payable_before_the_car_counts(self):
        with freeze_time("2026-01-05 11:00:00"):
            self._create_paid(car=self._new_car())  # not handed over
        self._compute(self.january)
        self.assertFalse(self._statement(self.january))

    def test_back_in_the_same_month_pays_nothing(self):
        contract = self._sell("2026-01-05 11:00:00")
        self._compute(self.january)
        self._give_back(contract, "2026-01-20 11:00:00")
        self._compute(self.january)
        self.assertFalse(self._statement(self.january).line_ids)
        self.assertEqual(self._statement(self.january).amount_total, 0.0)

    def test_back_after_the_close_is_charged_back_by_what_it_paid(self):
        sold = [self._sell(f"2026-01-0{day} 11:00:00") for day in (5, 6, 7)]
        self._close(self.january)
        self.assertEqual(self._statement(self.january).amount_total, 1350.0)
        self._give_back(sold[0], "2026-02-10 11:00:00")
        self._sell("2026-02-11 11:00:00")
        self._compute(self.february)
        statement = self._statement(self.february)
        self.assertEqual(
            (statement.amount_earned, statement.amount_charged_back, statement.amount_total), (300.0, -450.0, -150.0)
        )
        line = statement.line_ids.filtered(lambda line: line.kind == "chargeback")
        self.assertEqual((line.contract_id, line.units), (sold[0], 0.0))
        self.assertEqual(self._statement(self.january).amount_total, 1350.0, "a closed month stays as it was")
        self._close(self.february)
        self._compute(self.march)
        self.assertFalse(self._statement(self.march).line_ids, "charged back once")

    def test_back_long_after_keeps_its_pay(self):
        self.by_car.chargeback_months = 1
        contract = self._sell("2026-01-05 11:00:00")
        self._close(self.january)
        self._give_back(contract, "2026-03-10 11:00:00")
        self._compute(self.march)
        self.assertFalse(self._statement(self.march).line_ids)

    def test_closed_means_closed(self):
        self._sell("2026-01-05 11:00:00")
        with self.assertRaisesRegex(UserError, "not over"), freeze_time("2026-01-31"):
            self.january.with_user(self.general_manager).action_close()
        self._close(self.january)
        statement = self._statement(self.january)
        self.assertTrue(statement.is_closed)
        with self.assertRaisesRegex(UserError, "closed"):
            self._compute(self.january)
        for act in (
            lambda: statement.line_ids.write({"amount": 1.0}),
            lambda: statement.line_ids.unlink(),
            lambda: statement.line_ids[:1].copy(),
            lambda: statement.unlink(),
            lambda: self.january.write({"date_start": "2026-01-02"}),
        ):
            with self.assertRaises(UserError):
                act()
        with self.assertRaises(AccessError):
            self.january.with_user(self.manager).write({"is_closed": False})
        made = self.env["dealer.period"].with_user(self.manager).with_context(default_is_closed=True)
        self.assertFalse(made.create({"kind": "month", "date_start": "2027-05-05"}).is_closed)

    def test_over_is_over_at_every_site(self):
        """On the first of February in Shanghai a car may still count in January in New York."""
        self.company.partner_id.tz = "Asia/Shanghai"
        west = self.env["stock.warehouse"].create({"name": "West", "code": "CWS", "company_id": self.company.id})
        west.partner_id = self.env["res.partner"].create({"name": "West", "tz": "America/New_York"})
        with self.assertRaisesRegex(UserError, "not over"), freeze_time("2026-02-01 03:00:00"):
            self.january.with_user(self.general_manager).action_close()
        with freeze_time("2026-02-01 06:00:00"):
            self.january.with_user(self.general_manager).action_close()
        self.assertTrue(self.january.is_closed)

    def test_who_is_paid_does_not_close(self):
        for user in (self.advisor, self.fni, self.manager):
            with self.subTest(user.login), self.assertRaises(AccessError), freeze_time("2026-02-02"):
                self.january.with_user(user).action_close()
        for user in (self.advisor, self.fni):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.january.with_user(user).action_compute_commission()

    def test_months_close_in_order(self):
        self._sell("2026-01-05 11:00:00")
        self._sell("2026-02-05 11:00:00")
        self._compute(self.january)
        with self.assertRaisesRegex(UserError, "in order"):
            self._close(self.february)
        self._close(self.january)
        self._close(self.february)

    def test_percent_of_gross_after_pack(self):
        self.by_car.active = False
        rule = self.env["dealer.commission.rule"].create(
            {
                "name": "Of gross",
                "company_id": self.company.id,
                "date_from": "2026-01-01",
                "basis": "gross",
                "percent": 20.0,
                "pack_amount": 500.0,
                "minimum_amount": 50.0,
            }
        )
        with self._gross(1500.0, 800.0):
            self._sell("2026-01-05 11:00:00")
            self.env["dealer.sales.result"]._cron_count()
        with self._gross(-100.0):
            self._sell("2026-01-06 11:00:00")
            self.env["dealer.sales.result"]._cron_count()
        self._compute(self.january)
        amounts = self._statement(self.january).line_ids.sorted("date").mapped("amount")
        self.assertEqual(amounts, [200.0, 50.0])
        rule.has_back = True
        self._compute(self.january)
        self.assertEqual(self._statement(self.january).line_ids.sorted("date").mapped("amount"), [360.0, 50.0])
        rule.left_out_codes = "loan, car"
        self._compute(self.january)
        self.assertEqual(self._statement(self.january).line_ids.sorted("date").mapped("amount"), [50.0, 50.0])

    def test_gross_that_changes_after_the_close_is_corrected_later(self):
        """An F&I product cancelled in February takes its part of January's pay back."""
        self.by_car.active = False
        self.env["dealer.commission.rule"].create(
            {
                "name": "F&I",
                "company_id": self.company.id,
                "role": "fni",
                "date_from": "2026-01-01",
                "basis": "gross",
                "percent": 10.0,
                "has_front": False,
                "has_back": True,
            }
        )
        with self._gross(1000.0, 900.0):
            contract = self._sell("2026-01-05 11:00:00")
            contract.seller_ids = [Command.create({"role": "fni", "user_id": self.fni.id, "share": 100.0})]
            self.env["dealer.sales.result"]._cron_count()
        self._close(self.january)
        self.assertEqual(self._statement(self.january, self.fni).amount_total, 90.0)
        with self._gross(1000.0, 600.0), freeze_time("2026-02-10"):
            self._read_gross_again()
        self._compute(self.february)
        line = self._statement(self.february, self.fni).line_ids
        self.assertEqual((line.kind, line.amount), ("correction", -30.0))
        self._close(self.february)
        self._compute(self.march)
        self.assertFalse(self._statement(self.march, self.fni).line_ids)

    def test_a_split_deal_pays_both_to_the_cent(self):
        self.by_car.tier_ids = [Command.clear(), Command.create({"from_units": 0, "amount": 100.01})]
        contract = self._sell("2026-01-05 11:00:00")
        contract.seller_ids = [Command.create({"user_id": self.advisor_2.id, "share": 33.33})]
        self._compute(self.january)
        mine, theirs = self._statement(self.january), self._statement(self.january, self.advisor_2)
        self.assertEqual((mine.amount_total, theirs.amount_total), (66.68, 33.33))
        self.assertEqual((mine.units, theirs.units), (0.67, 0.33))

    def test_another_division_after_the_close_moves_the_money(self):
        contract = self._sell("2026-01-05 11:00:00")
        self._close(self.january)
        contract.seller_ids = [Command.create({"user_id": self.advisor_2.id, "share": 50.0})]
        self._compute(self.february)
        mine, theirs = self._statement(self.february), self._statement(self.february, self.advisor_2)
        self.assertEqual((mine.amount_total, theirs.amount_total), (-150.0, 150.0))

    def test_the_manager_is_paid_for_his_team(self):
        self.env["dealer.commission.rule"].create(
            {
                "name": "Desk",
                "company_id": self.company.id,
                "role": "manager",
                "date_from": "2026-01-01",
                "tier_ids": [Command.create({"from_units": 0, "amount": 80.0})],
            }
        )
        self._sell("2026-01-05 11:00:00")
        self._sell("2026-01-06 11:00:00", user=self.advisor_2)
        self._compute(self.january)
        self.assertEqual(self._statement(self.january, self.manager).amount_total, 160.0)

    def test_a_rule_has_its_days_and_its_cars(self):
        self.by_car.date_to = "2026-01-09"
        new = self.by_car.copy({"name": "From the tenth", "date_from": "2026-01-10", "date_to": False})
        new.tier_ids.amount = 500.0
        used = self.by_car.copy({"name": "Used", "condition": "used", "date_to": False})
        self._sell("2026-01-09 11:00:00")
        self._sell("2026-01-10 11:00:00")
        self._compute(self.january)
        lines = self._statement(self.january).line_ids
        self.assertEqual(lines.rule_id, self.by_car | new)
        self.assertEqual(sorted(lines.mapped("amount")), [300.0, 500.0])
        self.assertNotIn(used, lines.rule_id)

    def test_each_reads_his_own(self):
        self._sell("2026-01-05 11:00:00")
        self._sell("2026-01-06 11:00:00", user=self.advisor_2)
        self._compute(self.january)
        statements = self._statement(self.january) | self._statement(self.january, self.advisor_2)
        for user, seen in (
            (self.advisor, self._statement(self.january)),
            (self.advisor_2, self._statement(self.january, self.advisor_2)),
            (self.fni, statements.browse()),
            (self.manager, statements),
            (self.general_manager, statements),
        ):
            mine = statements.with_user(user)
            self.assertEqual(mine.search([("id", "in", statements.ids)]), seen, user.login)
            groups = mine.env["dealer.commission.line"].formatted_read_group(
                [("statement_id", "in", statements.ids)], ["user_id"], ["amount:sum"]
            )
            self.assertEqual({group["user_id"][0] for group in groups}, set(seen.user_id.ids), user.login)
        theirs = self._statement(self.january, self.advisor_2).with_user(self.advisor)
        for act in (
            lambda: theirs.read(["amount_total"]),
            lambda: theirs.line_ids.read(["amount"]),
            lambda: self._statement(self.january).line_ids.with_user(self.advisor).read(["basis_amount"]),
            lambda: self._statement(self.january).with_user(self.advisor).write({"amount_total": 1.0}),
            lambda: self._statement(self.january).line_ids.with_user(self.manager).write({"amount": 1.0}),
            lambda: self.by_car.with_user(self.advisor).read(["pack_amount"]),
            lambda: self.by_car.with_user(self.manager).write({"percent": 50.0}),
        ):
            with self.assertRaises(AccessError):
                act()

    def test_statement_on_paper_shows_no_gross(self):
        self.by_car.active = False
        self.env["dealer.commission.rule"].create(
            {
                "name": "Of gross",
                "company_id": self.company.id,
                "date_from": "2026-01-01",
                "basis": "gross",
                "percent": 20.0,
            }
        )
        with self._gross(1234.5):
            self._sell("2026-01-05 11:00:00")
            self.env["dealer.sales.result"]._cron_count()
        self._compute(self.january)
        statement = self._statement(self.january).with_user(self.advisor)
        html = (
            self.env["ir.actions.report"]
            .with_user(self.advisor)
            ._render_qweb_html("dealer_sales.report_dealer_commission", statement.ids)[0]
            .decode()
        )
        self.assertIn("246.90", html)
        self.assertNotIn("1,234.5", html)
        self.assertIn(statement.line_ids.contract_id.name, html)

    def test_other_company(self):
        self._sell("2026-01-05 11:00:00")
        self._compute(self.january)
        other = self.env["res.company"].create({"name": "Other Shop"})
        stranger = self._create_user("commission_stranger", "dealer_sales.group_sales_manager", company=other)
        env = self.env(user=stranger, context={"allowed_company_ids": other.ids})
        for model in ("dealer.commission.statement", "dealer.commission.line", "dealer.commission.rule"):
            self.assertFalse(env[model].search([]), model)
        with self.assertRaises(AccessError):
            self.january.with_env(env).action_compute_commission()

    def test_as_many_queries_for_many_cars(self):
        def compute(period):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["dealer.commission.statement"]._compute_period(period.sudo())
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        self._sell("2026-02-05 11:00:00")
        for day in range(1, 7):
            self._sell(f"2026-01-0{day} 11:00:00")
        compute(self.february)
        compute(self.january)
        self.assertLessEqual(compute(self.january), compute(self.february) + 1)

    def test_the_job_calculates_open_months(self):
        self._sell("2026-01-05 11:00:00")
        self._sell("2026-02-05 11:00:00")
        with freeze_time("2026-02-20"):
            self.env["dealer.commission.statement"]._cron_compute()
        self.assertEqual(self._statement(self.january).amount_total, 300.0)
        self.assertEqual(self._statement(self.february).amount_total, 300.0)
