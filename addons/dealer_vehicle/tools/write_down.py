"""Writing a car down month by month. Plain values, no database."""

from dateutil.relativedelta import relativedelta


def months_due(date_from, date_to, done=()):
    """Return the first days of the whole months to be written down.

    As with fixed assets the first month is the one after the car was put into service; a month counts once it has
    ended.

    :param date date_from: day the car was put into service
    :param date date_to: last day that counts
    :param done: first days of the months written down already
    :return: list of date, ascending

    >>> from datetime import date
    >>> months_due(date(2026, 1, 15), date(2026, 4, 29))
    [datetime.date(2026, 2, 1), datetime.date(2026, 3, 1)]
    >>> months_due(date(2026, 1, 15), date(2026, 4, 30), {date(2026, 2, 1)})
    [datetime.date(2026, 3, 1), datetime.date(2026, 4, 1)]
    >>> months_due(date(2026, 1, 15), date(2026, 1, 31))
    []
    """
    months, month = [], date_from.replace(day=1) + relativedelta(months=1)
    while month + relativedelta(months=1, days=-1) <= date_to:
        if month not in done:
            months.append(month)
        month += relativedelta(months=1)
    return months


def amount_due(base, percent, written, lowest_percent=0.0):
    """Return what one month takes off, never below the lowest value.

    :param float base: cost when the car was put into service
    :param float percent: of ``base``, a month
    :param float written: taken off so far, positive
    :param float lowest_percent: of ``base``, what the car keeps
    :return: float, positive or 0

    >>> amount_due(100000.0, 2.0, 0.0)
    2000.0
    >>> amount_due(100000.0, 2.0, 39000.0, 60.0)
    1000.0
    >>> amount_due(100000.0, 2.0, 45000.0, 60.0)
    0.0
    """
    left = base * (1 - lowest_percent / 100.0) - written
    return max(0.0, min(base * percent / 100.0, left))
