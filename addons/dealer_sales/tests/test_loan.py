import doctest
import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import numpy_financial as oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import loan
from ..tools.loan import CENT, EQUAL_PRINCIPAL, NoSolution, Terms, cents

CASES = 10_000
# A double that comes this near to half a cent may be rounded to either side
HALF_CENT = Decimal("1e-6")

money = st.decimals(min_value=100, max_value=5_000_000, places=2)
rates = st.decimals(min_value=0, max_value=36, places=2)
months = st.integers(min_value=1, max_value=84)
days = st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 12, 31))


@st.composite
def terms(draw):
    """Draw any loan or lease a shop may offer."""
    principal, is_lease = draw(money), draw(st.booleans())
    share = draw(st.integers(min_value=0, max_value=80))
    kind = "payment" if is_lease else draw(st.sampled_from(["payment", "principal"]))
    dates = {}
    if draw(st.booleans()):
        start = draw(days)
        gap = 0 if is_lease else draw(st.integers(min_value=10, max_value=75))
        dates = {"date_start": start, "date_first": date.fromordinal(start.toordinal() + gap)}
    return Terms(
        principal,
        draw(rates),
        # One payment at once, in advance, is no credit and has no rate.
        draw(months.filter(lambda number: number > 1) if is_lease else months),
        method=kind,
        balloon=cents(principal * share / 100),
        in_advance=is_lease,
        fee=cents(principal * draw(st.integers(min_value=0, max_value=5)) / 100),
        day_basis=draw(st.sampled_from([360, 365])),
        **dates,
    )


@tagged("post_install", "-at_install", "dealer")
class TestLoan(BaseCase):
    """The schedules against numpy-financial and against what must always be true."""

    def test_doctests(self):
        result = doctest.testmod(loan)
        self.assertGreater(result.attempted, 10)
        self.assertFalse(result.failed)

    # === The oracle ===
    def setUp(self):
        super().setUp()
        # The oracle computes both of its branches, also the one without interest
        self.enterContext(np.errstate(invalid="ignore", divide="ignore"))

    def _cases(self, count=CASES):
        """Yield random loans and leases with equal payments, always the same ones."""
        dice = random.Random(20260401)  # noqa: S311
        for _case in range(count):
            principal = Decimal(dice.randrange(100_000, 200_000_000)) / 100
            yield Terms(
                principal,
                Decimal(dice.randrange(0, 3600)) / 100,
                dice.randint(1, 84),
                balloon=cents(principal * dice.choice([0, 0, 0, 20, 35, 50]) / 100),
                in_advance=dice.random() < 0.3,
            )

    def _oracle(self, case, **values):
        """Return the oracle's arguments: rate, number, present and future value, when."""
        return {
            "rate": float(case.annual_rate) / 1200,
            "nper": case.months,
            "pv": float(case.principal),
            "fv": -float(case.balloon),
            "when": "begin" if case.in_advance else "end",
            **values,
        }

    def test_payments_are_the_oracles_to_the_cent(self):
        wrong = 0
        for case in self._cases():
            expected = -Decimal(float(oracle.pmt(**self._oracle(case))))
            exact = loan.exact_payment(case)
            self.assertAlmostEqual(exact, expected, delta=HALF_CENT, msg=str(case))
            wrong += cents(exact) != cents(expected)
        self.assertLessEqual(wrong, 1, "only a payment at half a cent may differ, by the double's last digit")

    def test_price_from_payment_is_the_oracles(self):
        for case in self._cases():
            target = loan.payment(case)
            if target <= 0:
                continue
            values = self._oracle(case, pmt=-float(target))
            values.pop("pv")
            expected = Decimal(float(oracle.pv(**values)))
            self.assertAlmostEqual(loan.solve_principal(case, target), expected, delta=Decimal("0.00501"))

    def test_interest_of_each_row_is_the_oracles_but_for_rounding(self):
        for case in self._cases(300):
            values = self._oracle(case)
            for row in loan.schedule(case)[: case.months]:
                expected = -Decimal(float(oracle.ipmt(per=row.number, **values)))
                slack = CENT * (row.number + 1) * (1 + case.monthly_rate) ** row.number
                self.assertAlmostEqual(row.interest, expected, delta=slack, msg=f"{case} {row}")

    def test_real_rate_is_the_oracles(self):
        """At our rate the oracle's present value of all flows is nothing; no flow has another root."""
        for case in self._cases(2_000):
            case = replace(case, fee=cents(case.principal / 100))
            flows, _periods = loan._cash_flows(case)
            line = [0.0] * (flows[-1][0] + 1)
            for period, amount in flows:
                line[period] += float(amount)
            if line[0] <= 0:
                continue
            value = oracle.npv(float(loan.internal_rate(flows)), line)
            self.assertLess(abs(value), 1e-6 * float(case.principal), str(case))

    def test_rate_from_payment_is_the_oracles(self):
        for case in self._cases(300):
            target = loan.payment(case)
            if case.months < 2 or case.annual_rate < 1 or (case.in_advance and case.months < 6):
                continue  # the oracle finds nothing there
            values = self._oracle(case, pmt=-float(target))
            values.pop("rate")
            expected = Decimal(float(oracle.rate(**values))) * 1200
            self.assertAlmostEqual(loan.solve_rate(case, target), expected, delta=Decimal("0.0002"), msg=str(case))

    # === What is always true ===
    @settings(max_examples=80, deadline=None)
    @given(terms())
    def test_schedule_adds_up(self, case):
        rows = loan.schedule(case)
        self.assertEqual(sum(row.principal for row in rows), case.principal)
        self.assertEqual(rows[-1].balance, 0)
        balance = case.principal
        for row in rows:
            self.assertEqual(row.payment, row.interest + row.principal)
            balance -= row.principal
            self.assertEqual(row.balance, balance)
            self.assertGreaterEqual(row.interest, 0)
            self.assertEqual(row.payment, cents(row.payment))
        moments = [row.date for row in rows if row.date]
        self.assertEqual(moments, sorted(set(moments)))

    @settings(max_examples=50, deadline=None)
    @given(terms())
    def test_fee_and_interest_never_lower_the_real_rate(self, case):
        free = replace(case, fee=Decimal(0))
        self.assertGreaterEqual(loan.real_annual_rate(case), loan.real_annual_rate(free))
        self.assertGreaterEqual(loan.real_annual_rate(replace(free, annual_rate=Decimal(0))), 0)

    @settings(max_examples=50, deadline=None)
    @given(terms())
    def test_what_is_solved_pays_what_was_wanted(self, case):
        target = loan.payment(case)
        if target <= 0:
            return
        found = loan.solve_principal(case, target)
        self.assertAlmostEqual(loan.payment(replace(case, principal=max(found, case.balloon))), target, delta=CENT)
        shortest = loan.solve_months(case, target)
        self.assertLessEqual(shortest, case.months)
        self.assertLessEqual(loan.payment(replace(case, months=shortest)), target)

    # === Edges ===
    def test_odd_first_period_bears_interest_by_the_day(self):
        case = Terms(Decimal(120000), Decimal("7.3"), 12, date_start=date(2026, 3, 1), date_first=date(2026, 4, 11))
        plain = loan.schedule(replace(case, date_start=None, date_first=None))
        rows = loan.schedule(case)
        # Ten days more: 120,000 × 7.3 % × 10 / 365 = 240.00
        self.assertEqual(rows[0].interest - plain[0].interest, Decimal("240.00"))
        year = loan.schedule(replace(case, day_basis=360))
        self.assertEqual(year[0].interest - plain[0].interest, Decimal("243.33"))
        self.assertEqual([row.date.day for row in rows], [11] * 12)

    def test_month_ends_stay_month_ends(self):
        case = Terms(Decimal(1200), Decimal(0), 3, date_start=date(2026, 1, 31), date_first=date(2026, 1, 31))
        moments = [row.date for row in loan.schedule(replace(case, in_advance=True))]
        self.assertEqual(moments, [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)])

    def test_equal_principal_begins_dearer_and_costs_less(self):
        equal = loan.schedule(Terms(Decimal(120000), Decimal("4.8"), 36))
        falling = loan.schedule(Terms(Decimal(120000), Decimal("4.8"), 36, method=EQUAL_PRINCIPAL))
        self.assertEqual(falling[0].payment, Decimal("3813.33"))
        self.assertGreater(falling[0].payment, equal[0].payment)
        self.assertLess(sum(row.interest for row in falling), sum(row.interest for row in equal))
        self.assertEqual(sum(row.interest for row in falling), Decimal("8880.00"))

    def test_values_out_of_range_are_refused(self):
        good = Terms(Decimal(1000), Decimal(5), 12)
        for wrong in (
            {"months": 0},
            {"months": 181},
            {"annual_rate": Decimal(-1)},
            {"annual_rate": Decimal(101)},
            {"principal": Decimal(0)},
            {"balloon": Decimal(1001)},
            {"fee": Decimal(-1)},
            {"method": "bullet"},
            {"day_basis": 364},
            {"in_advance": True, "method": EQUAL_PRINCIPAL},
        ):
            with self.subTest(wrong), self.assertRaises(ValueError):
                replace(good, **wrong)

    def test_what_cannot_be_is_said(self):
        case = Terms(Decimal(120000), Decimal(5), 36, balloon=Decimal(60000))
        for solve, target in (
            (loan.solve_principal, Decimal(0)),
            (loan.solve_principal, Decimal(100)),
            (loan.solve_rate, Decimal(1000)),
            (loan.solve_rate, Decimal(100000)),
            (loan.solve_months, Decimal(10)),
        ):
            with self.subTest(solve.__name__), self.assertRaises(NoSolution):
                solve(case, target)
        with self.assertRaises(NoSolution):
            loan.real_annual_rate(replace(case, fee=Decimal(120000)))
