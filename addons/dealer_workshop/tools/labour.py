"""Labour maths of the workshop: prices, rates, shares. Plain Python, no database."""

from decimal import ROUND_HALF_UP, Decimal


def even_shares(count, digits=2):
    """Cut 100 % into ``count`` shares that add up to exactly 100.

    The last share takes the remainder, so that nothing is lost to rounding.

    :param int count: how many people share the work
    :param int digits: decimals kept in each share
    :return: list of floats, empty when there is nobody
    Source: practice P34

    >>> even_shares(2)
    [50.0, 50.0]
    >>> even_shares(3)
    [33.33, 33.33, 33.34]
    >>> round(sum(even_shares(7)), 2)
    100.0
    >>> even_shares(0)
    []
    """
    if count <= 0:
        return []
    step = Decimal(1).scaleb(-digits)
    share = (Decimal(100) / count).quantize(step, ROUND_HALF_UP)
    shares = [share] * (count - 1)
    return [float(part) for part in [*shares, Decimal(100) - sum(shares)]]


def shares_complete(shares, digits=2):
    """Tell whether shares in percent add up to 100 within their last decimal.

    :param shares: iterable of percents (25.0 = a quarter)
    :param int digits: decimals kept in each share
    :return: bool; nothing at all is not complete
    Source: practice P34, P37

    >>> shares_complete([33.33, 33.33, 33.34])
    True
    >>> shares_complete([50, 40])
    False
    >>> shares_complete([150, -50])
    False
    >>> shares_complete([])
    False
    """
    parts = [Decimal(str(share)) for share in shares]
    if not parts or any(part <= 0 for part in parts):
        return False
    return abs(sum(parts) - 100) < Decimal(1).scaleb(-digits) / 2


def share_amounts(total, shares, digits=2):
    """Cut an amount by shares in percent; the last part takes the remainder.

    :param float total: amount to cut, in the order's currency
    :param shares: iterable of percents that add up to 100
    :param int digits: decimals of the currency
    :return: list of floats whose sum is ``total``
    Source: practice P37

    >>> share_amounts(100, [33.33, 33.33, 33.34])
    [33.33, 33.33, 33.34]
    >>> share_amounts(0.05, [50, 50])
    [0.03, 0.02]
    >>> share_amounts(99.99, [70, 30])
    [69.99, 30.0]
    """
    shares = [Decimal(str(share)) for share in shares]
    if not shares:
        return []
    step = Decimal(1).scaleb(-digits)
    amount = Decimal(str(total)).quantize(step, ROUND_HALF_UP)
    parts = [(amount * share / 100).quantize(step, ROUND_HALF_UP) for share in shares[:-1]]
    return [float(part) for part in [*parts, amount - sum(parts)]]


def labour_price(hours, rate, discount=0.0, digits=2):
    """Price of one operation: standard hours x hourly rate, less a discount.

    :param float hours: standard hours as decimals (1.5 = 1 h 30)
    :param float rate: price of one hour, without tax
    :param float discount: percent taken off (10 = ten percent)
    :param int digits: decimals of the currency
    :return: float, rounded half up

    >>> labour_price(1.5, 200)
    300.0
    >>> labour_price(0.3, 133.35, 10)
    36.0
    """
    price = Decimal(str(hours)) * Decimal(str(rate)) * (100 - Decimal(str(discount))) / 100
    return float(price.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def pick_rate(candidates, day, **wanted):
    """Pick the most specific hourly rate that is valid on a day.

    A candidate that leaves a criterion empty serves every value of it; the
    one that names most criteria wins, then the one that began last.

    :param candidates: dicts with ``date_from``, ``date_to`` (both may be
        empty, both inclusive) and one key per criterion
    :param date day: the day the car came in, in the site's timezone
    :param wanted: criteria, e.g. ``site=1, pay_type="customer", level=2``
    :return: the winning dict, or None

    >>> from datetime import date
    >>> base = {"id": 1, "date_from": None, "date_to": None, "site": None, "pay_type": None}
    >>> warranty = dict(base, id=2, pay_type="warranty")
    >>> old = dict(base, id=3, site=7, date_to=date(2024, 12, 31))
    >>> new = dict(base, id=4, site=7, date_from=date(2025, 1, 1))
    >>> rates = [base, warranty, old, new]
    >>> pick_rate(rates, date(2025, 5, 1), site=8, pay_type="customer")["id"]
    1
    >>> pick_rate(rates, date(2025, 5, 1), site=8, pay_type="warranty")["id"]
    2
    >>> pick_rate(rates, date(2024, 5, 1), site=7, pay_type="customer")["id"]
    3
    >>> pick_rate(rates, date(2025, 5, 1), site=7, pay_type="customer")["id"]
    4
    >>> pick_rate([], date(2025, 5, 1), site=7) is None
    True
    """

    def serves(candidate):
        begun = not candidate["date_from"] or candidate["date_from"] <= day
        running = not candidate["date_to"] or day <= candidate["date_to"]
        fits = all(not candidate[key] or candidate[key] == value for key, value in wanted.items())
        return begun and running and fits

    def rank(candidate):
        named = sum(bool(candidate[key]) for key in wanted)
        return named, candidate["date_from"] or day.min

    return max(filter(serves, candidates), key=rank, default=None)


def minutes_between(start, end):
    """Whole minutes from one moment to another, rounded half up.

    :param datetime start: naive UTC
    :param datetime end: naive UTC, not before ``start``
    :return: int

    >>> from datetime import datetime
    >>> minutes_between(datetime(2025, 1, 1, 8), datetime(2025, 1, 1, 9, 30, 31))
    91
    """
    return int((end - start).total_seconds() / 60 + 0.5)
