"""Age of stock and what it costs to hold it: plain Python without ``env``.

Rates are percent a year on the exact cost of a car, 365 days to the year.
"""

from datetime import timedelta

DAYS_PER_YEAR = 365


def rate_periods(rates, today):
    """Return the days each rate holds until today.

    :param list rates: (date from, percent a year), any order
    :param date today: the last day counted is the one before it, as a stay is
    :return: list of (date from, date to, percent a year), oldest first, the end excluded

    >>> from datetime import date
    >>> for start, end, percent in rate_periods([(date(2026, 7, 1), 5.0), (date(2026, 1, 1), 6.0)], date(2026, 8, 1)):
    ...     print(start, end, percent)
    2026-01-01 2026-07-01 6.0
    2026-07-01 2026-08-01 5.0
    >>> rate_periods([(date(2027, 1, 1), 5.0)], date(2026, 8, 1))
    []
    """
    begun = sorted(rate for rate in rates if rate[0] < today)
    ends = [start for start, _percent in begun[1:]] + [today] * bool(begun)
    return [(start, end, percent) for (start, percent), end in zip(begun, ends, strict=True)]


def rate_on(rates, day):
    """Return the percent a year that holds on a day, 0 before the first rate.

    >>> from datetime import date
    >>> rate_on([(date(2026, 1, 1), 6.0), (date(2026, 7, 1), 5.0)], date(2026, 7, 1))
    5.0
    >>> rate_on([], date(2026, 7, 1))
    0.0
    """
    return max((rate for rate in rates if rate[0] <= day), default=(None, 0.0))[1]


def percent_days(periods, since):
    """Return the sum of percent × days from a day on.

    >>> from datetime import date
    >>> percent_days([(date(2026, 1, 1), date(2026, 1, 11), 6.0), (date(2026, 1, 11), date(2026, 1, 21), 5.0)],
    ...              date(2026, 1, 6))
    80.0
    """
    return sum((percent * max((end - max(start, since)).days, 0) for start, end, percent in periods), 0.0)


def cost_per_day(cost, percent):
    """Return what one day costs: exact cost × yearly percent / 365.

    >>> round(cost_per_day(182500.0, 6.0), 2)
    30.0
    """
    return cost * percent / 100.0 / DAYS_PER_YEAR


def pick(steps, days):
    """Return the step a number of days falls into: the last that has begun.

    :param steps: (first day, value), ascending
    :return: the step's value, ``None`` before the first

    >>> pick([(0, "young"), (61, "old")], 60)
    'young'
    >>> pick([(0, "young"), (61, "old")], 61)
    'old'
    >>> pick([(10, "young")], 3) is None
    True
    """
    found = None
    for first, value in steps:
        if days >= first:
            found = value
    return found


def round_price(price, digits=4):
    """Return a price as one writes it on a windscreen: four significant digits.

    >>> round_price(166743.0)
    166700.0
    >>> round_price(24318.4)
    24320.0
    >>> round_price(0.0)
    0.0
    """
    places = digits - len(str(int(abs(price))))
    return round(price, min(places, 0))


def first_day_of(days, today):
    """Return the day a car came that has been here for so many days today.

    >>> from datetime import date
    >>> first_day_of(31, date(2026, 2, 1))
    datetime.date(2026, 1, 1)
    """
    return today - timedelta(days=days)
