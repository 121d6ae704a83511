"""What a car costs by the month: loans, leases, their real annual rate, and the way back.

Pure Python on ``Decimal``, no ``env``. Rates are percent a year (``Decimal("4.8")``), money is in
the currency's units rounded half up to the cent, terms are months. What rounding leaves over is in
the last instalment, so that the schedule always ends at zero.
"""

import calendar
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal(0)
ONE = Decimal(1)
MAX_MONTHS = 180
MAX_RATE = Decimal(100)
EQUAL_PAYMENT = "payment"
EQUAL_PRINCIPAL = "principal"


class NoSolution(ValueError):
    """No price, rate, deposit or term gives the wanted payment. ``args[0]`` is a code for the caller."""


@dataclass(frozen=True, slots=True)
class Instalment:
    """One payment of a schedule; ``balance`` is what is owed after it, interest and principal make it up."""

    number: int
    date: date | None
    payment: Decimal
    interest: Decimal
    principal: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a loan or lease.

    :param Decimal principal: what the lender advances; for a lease the price less the down payment
    :param Decimal annual_rate: nominal percent a year, 0 to 100
    :param int months: number of payments, 1 to 180
    :param str method: ``payment`` (等额本息) or ``principal`` (等额本金)
    :param Decimal balloon: paid with the last instalment; for a lease (``in_advance``) the residual
        value, due one month after the last rent
    :param bool in_advance: payments at the beginning of each month; equal payments only
    :param Decimal fee: paid once by the customer when the money is paid out, not financed
    :param date date_start: when the money is paid out; None: exactly one month before the first payment
    :param date date_first: when the first payment is due; days beyond one month bear interest by the day
    :param int day_basis: 360 or 365, days of the lender's year
    :raises ValueError: a value out of its range
    """

    principal: Decimal
    annual_rate: Decimal
    months: int
    method: str = EQUAL_PAYMENT
    balloon: Decimal = ZERO
    in_advance: bool = False
    fee: Decimal = ZERO
    date_start: date | None = None
    date_first: date | None = None
    day_basis: int = 365

    def __post_init__(self):
        if not 1 <= self.months <= MAX_MONTHS:
            raise ValueError(f"months out of range: {self.months}")
        if not 0 <= self.annual_rate <= MAX_RATE:
            raise ValueError(f"rate out of range: {self.annual_rate}")
        if self.principal <= 0 or self.fee < 0 or not 0 <= self.balloon <= self.principal:
            raise ValueError("principal, fee or balloon out of range")
        if self.method not in (EQUAL_PAYMENT, EQUAL_PRINCIPAL) or self.day_basis not in (360, 365):
            raise ValueError("unknown method or day basis")
        if self.in_advance and (self.method != EQUAL_PAYMENT or self.date_start != self.date_first):
            raise ValueError("payments in advance are equal and begin with the contract")

    @property
    def monthly_rate(self):
        """Return the interest of one month as a share (0.004 = 0.4 %)."""
        return self.annual_rate / 1200

    @property
    def first_rate(self):
        """Return the interest of the first period: a month, and the days before or beyond it."""
        if not (self.date_start and self.date_first) or self.in_advance:
            return self.monthly_rate
        days = (add_months(self.date_first, -1) - self.date_start).days
        return max(ZERO, self.monthly_rate + self.annual_rate * days / (100 * self.day_basis))


def cents(value):
    """Round half up to the cent.

    >>> cents(Decimal("2.675")), cents(Decimal("-2.675"))
    (Decimal('2.68'), Decimal('-2.68'))
    """
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def add_months(day, months):
    """Return the same day some months later, the last of the month where there is no such day.

    :param date day: any
    :param int months: may be negative

    >>> add_months(date(2026, 1, 31), 1), add_months(date(2026, 3, 31), -1)
    (datetime.date(2026, 2, 28), datetime.date(2026, 2, 28))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


# === Payment and schedule ===
def exact_payment(terms):
    """Return the first payment before rounding; with equal payments all are this.

    :param Terms terms: the loan or lease
    :return: Decimal

    >>> round(exact_payment(Terms(Decimal(200000), Decimal("7.5"), 180)), 10)
    Decimal('1854.0247200055')
    """
    if terms.method == EQUAL_PRINCIPAL:
        return (terms.principal - terms.balloon) / terms.months + terms.principal * terms.first_rate
    growth, annuity = _annuity(terms)
    return (terms.principal * growth - terms.balloon * _discount(terms)) / annuity


def payment(terms):
    """Return the first payment to the cent.

    >>> payment(Terms(Decimal(120000), Decimal("4.8"), 36))
    Decimal('3585.74')
    >>> payment(Terms(Decimal(120000), Decimal(0), 36))
    Decimal('3333.33')
    """
    return cents(exact_payment(terms))


def _discount(terms):
    return (ONE + terms.monthly_rate) ** -terms.months


def _annuity(terms):
    """Return what the principal grows by in an odd first period, and the value of 1 paid each month."""
    rate = terms.monthly_rate
    value = (ONE - _discount(terms)) / rate if rate else Decimal(terms.months)
    if terms.in_advance:
        value *= ONE + rate
    return (ONE + terms.first_rate) / (ONE + rate), value


def schedule(terms):
    """Return every payment of a loan or lease.

    Interest is rounded to the cent each month; the last payment takes what rounding left over,
    and the balloon. A lease's residual value is a row of its own, one month after the last rent.

    :param Terms terms: the loan or lease
    :return: list of :class:`Instalment`, the last balance 0.00

    >>> [str(row.payment) for row in schedule(Terms(Decimal(1000), Decimal(12), 3))]
    ['340.02', '340.02', '340.03']
    >>> [str(row.payment) for row in schedule(Terms(Decimal(1000), Decimal(12), 3, method="principal"))]
    ['343.33', '340.00', '336.67']
    >>> rows = schedule(Terms(Decimal(1000), Decimal(12), 3, balloon=Decimal(400), in_advance=True))
    >>> [str(row.payment) for row in rows], rows[-1].balance
    (['205.95', '205.95', '205.96', '400.00'], Decimal('0.00'))
    """
    rows, balance, step = [], cents(terms.principal), _prepare_step(terms)
    for number in range(1, terms.months + 1):
        interest = cents(balance * _rate_of(terms, number))
        principal = balance - _last_balance(terms) if number == terms.months else step(interest, balance)
        balance -= principal
        rows.append(Instalment(number, _date_of(terms, number), interest + principal, interest, principal, balance))
    if balance:
        rows.append(_residual(terms, balance))
    return rows


def _prepare_step(terms):
    """Return the function that tells what a payment pays back, by its interest and the balance."""
    if terms.method == EQUAL_PRINCIPAL:
        part = cents((terms.principal - terms.balloon) / terms.months)
        return lambda interest, balance: min(part, balance)
    amount = payment(terms)
    return lambda interest, balance: min(amount - interest, balance)


def _rate_of(terms, number):
    if number == 1:
        return ZERO if terms.in_advance else terms.first_rate
    return terms.monthly_rate


def _last_balance(terms):
    """Return what stays after the last instalment: the residual value of a lease, discounted."""
    return cents(terms.balloon / (ONE + terms.monthly_rate)) if terms.in_advance else ZERO


def _date_of(terms, number):
    return terms.date_first and add_months(terms.date_first, number - 1)


def _residual(terms, balance):
    number = terms.months + 1
    residual = cents(terms.balloon)
    return Instalment(number, _date_of(terms, number), residual, residual - balance, balance, balance - balance)


# === The real annual rate ===
def real_annual_rate(terms):
    """Return the effective rate of all the customer's payments, the fee included.

    By days of 365 when the dates are known, else by months of equal length.

    :param Terms terms: the loan or lease
    :return: Decimal percent a year, two decimals
    :raises NoSolution: the fee is as much as the money

    >>> real_annual_rate(Terms(Decimal(120000), Decimal("4.8"), 36))
    Decimal('4.91')
    >>> real_annual_rate(Terms(Decimal(120000), Decimal(0), 36, fee=Decimal(3600)))
    Decimal('2.01')
    """
    flows, periods = _cash_flows(terms)
    rate = internal_rate(flows)
    return cents(((ONE + rate) ** periods - ONE) * 100)


def _cash_flows(terms):
    """Return the customer's flows as (period, amount), and how many periods a year has."""
    rows, dated = schedule(terms), bool(terms.date_start and terms.date_first)
    first = 0 if terms.in_advance else 1
    flows = [((row.date - terms.date_start).days if dated else row.number - 1 + first, -row.payment) for row in rows]
    return [(0, terms.principal - terms.fee), *flows], 365 if dated else 12


def internal_rate(flows):
    """Return the rate per period at which money got and money paid are worth the same.

    :param flows: list of (period, amount) by period ascending, in whole periods from 0; money
        got first (> 0), then paid (< 0)
    :return: Decimal share per period
    :raises NoSolution: nothing got or nothing paid

    >>> round(internal_rate([(0, Decimal(100)), (1, Decimal(-39)), (2, Decimal(-59)),
    ...     (3, Decimal(-55)), (4, Decimal(-20))]), 14)
    Decimal('0.28094842115996')
    """
    got = sum(amount for period, amount in flows if not period)
    if got <= 0 or not any(amount for period, amount in flows if period):
        raise NoSolution("rate")
    return _root(lambda rate: _present_value(flows, rate), Decimal("-0.5"), Decimal(10))


def _present_value(flows, rate):
    total, factor, last, step = ZERO, ONE, 0, ONE / (ONE + rate)
    for period, amount in flows:
        factor *= step ** (period - last)
        total += amount * factor
        last = period
    return total


def _root(function, low, high, start=ZERO):
    """Return where a function that rises from ``low`` to ``high`` is zero: Newton inside a bracket.

    A step that leaves the bracket is replaced by halving it, so it always ends.

    :raises NoSolution: not below zero at ``low`` and above at ``high``
    """
    if function(low) > 0 or function(high) < 0:
        raise NoSolution("rate")
    guess, tiny = start, Decimal("1e-13")
    for _step in range(200):
        value = function(guess)
        if not value:
            return guess
        low, high = (guess, high) if value < 0 else (low, guess)
        slope = (function(guess + tiny) - value) / tiny
        better = guess - value / slope if slope else low
        better = better if low <= better <= high else (low + high) / 2
        if abs(better - guess) < Decimal("1e-16") or high - low < Decimal("1e-16"):
            return better
        guess = better
    return guess


# === The way back from a wanted payment ===
def solve_principal(terms, target):
    """Return the amount whose payment is the wanted one: the price or the deposit follows from it.

    :param Terms terms: the loan or lease; its principal is not used, its balloon is
    :param Decimal target: wanted first payment
    :return: Decimal to the cent
    :raises NoSolution: less than the balloon, so that nothing would be paid back

    >>> solve_principal(Terms(Decimal(1), Decimal("4.8"), 36), Decimal("3585.74"))
    Decimal('119999.93')
    """
    if terms.method == EQUAL_PRINCIPAL:
        result = (target + terms.balloon / terms.months) / (ONE / terms.months + terms.first_rate)
    else:
        growth, annuity = _annuity(terms)
        result = (target * annuity + terms.balloon * _discount(terms)) / growth
    if target <= 0 or result < terms.balloon:
        raise NoSolution("principal")
    return cents(result)


def solve_rate(terms, target):
    """Return the rate whose payment is the wanted one.

    :param Terms terms: the loan or lease; its rate is not used
    :param Decimal target: wanted first payment
    :return: Decimal percent a year, four decimals
    :raises NoSolution: even without interest it is more, or 100 % a year is not enough

    >>> solve_rate(Terms(Decimal(15000), Decimal(1), 60), Decimal("304.15"))
    Decimal('8.0006')
    """

    def excess(rate):
        return exact_payment(replace(terms, annual_rate=rate)) - target

    # A step aside of the slope's measurement must stay inside the range
    rate = _root(excess, ZERO, MAX_RATE - ONE, start=Decimal(5))
    return rate.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def solve_months(terms, target):
    """Return the shortest term whose payment is at most the wanted one.

    :param Terms terms: the loan or lease; its term is not used
    :param Decimal target: wanted first payment, at most
    :return: int
    :raises NoSolution: more even over the longest term

    >>> solve_months(Terms(Decimal(120000), Decimal("4.8"), 1), Decimal(3000))
    44
    """
    low, high = 1, MAX_MONTHS
    if payment(replace(terms, months=high)) > target:
        raise NoSolution("months")
    while low < high:
        middle = (low + high) // 2
        if payment(replace(terms, months=middle)) > target:
            low = middle + 1
        else:
            high = middle
    return low
