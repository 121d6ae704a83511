"""Periods a dealership counts by: day, week, ten days (旬), month, quarter. Pure date maths, no Odoo.

Maker's months follow no rule: they are rows.
"""

from datetime import date, timedelta

KINDS = ("day", "week", "ten_days", "month", "quarter")


def bounds(kind, day):
    """Return the first and last day of the period a day lies in.

    :param str kind: one of ``KINDS``
    :param date day: any day
    :return: (date, date), both inside the period
    :raises ValueError: unknown kind

    >>> day = date(2026, 2, 27)
    >>> [str(bound) for bound in bounds("week", day)]
    ['2026-02-23', '2026-03-01']
    >>> [str(bound) for bound in bounds("ten_days", day)]
    ['2026-02-21', '2026-02-28']
    >>> [str(bound) for bound in bounds("month", day)]
    ['2026-02-01', '2026-02-28']
    >>> [str(bound) for bound in bounds("quarter", day)]
    ['2026-01-01', '2026-03-31']
    >>> bounds("day", day) == (day, day)
    True
    >>> bounds("year", day)
    Traceback (most recent call last):
    ...
    ValueError: unknown period: year
    """
    if kind == "day":
        return day, day
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if kind == "ten_days":
        first = day.replace(day=min((day.day - 1) // 10, 2) * 10 + 1)
        return first, (first + timedelta(days=9) if first.day < 21 else month_end(day))
    if kind == "month":
        return day.replace(day=1), month_end(day)
    if kind == "quarter":
        first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        return first, month_end(first.replace(month=first.month + 2))
    raise ValueError(f"unknown period: {kind}")


def month_end(day):
    """Return the last day of a month.

    >>> str(month_end(date(2028, 2, 3))), str(month_end(date(2026, 12, 31)))
    ('2028-02-29', '2026-12-31')
    """
    return date(day.year + day.month // 12, day.month % 12 + 1, 1) - timedelta(days=1)


def previous(kind, start):
    """Return the bounds of the period before the one that starts on a day.

    >>> [str(bound) for bound in previous("ten_days", date(2026, 3, 1))]
    ['2026-02-21', '2026-02-28']
    """
    return bounds(kind, start - timedelta(days=1))


def year_before(kind, start):
    """Return the bounds of the same period a year earlier; weeks by their number of days, so that weekdays agree.

    >>> [str(bound) for bound in year_before("month", date(2028, 2, 1))]
    ['2027-02-01', '2027-02-28']
    >>> [str(bound) for bound in year_before("week", date(2026, 2, 23))]
    ['2025-02-24', '2025-03-02']
    >>> [str(bound) for bound in year_before("day", date(2028, 2, 29))]
    ['2027-02-28', '2027-02-28']
    """
    if kind == "week":
        return bounds(kind, start - timedelta(days=364))
    year = start.year - 1
    day = min(start.day, month_end(date(year, start.month, 1)).day)
    return bounds(kind, date(year, start.month, day))


def elapsed(start, end, today):
    """Return which share of a period has passed at the end of a day, 0 to 1.

    >>> round(elapsed(date(2026, 1, 1), date(2026, 3, 31), date(2026, 3, 24)), 4)
    0.9222
    >>> elapsed(date(2026, 1, 1), date(2026, 1, 31), date(2025, 12, 31)), elapsed(
    ...     date(2026, 1, 1), date(2026, 1, 31), date(2026, 5, 1)
    ... )
    (0.0, 1.0)
    """
    days = (end - start).days + 1
    return min(max((today - start).days + 1, 0), days) / days


def months_back(day, count):
    """Return the first days of the months before a day's month, oldest first.

    >>> [str(month) for month in months_back(date(2026, 2, 14), 3)]
    ['2025-11-01', '2025-12-01', '2026-01-01']
    """
    months = []
    first = day.replace(day=1)
    for _index in range(count):
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(first)
    return months[::-1]


def months_ahead(day, count):
    """Return the first day of a day's month and of those after it, ``count`` in all.

    >>> [str(month) for month in months_ahead(date(2026, 11, 14), 3)]
    ['2026-11-01', '2026-12-01', '2027-01-01']
    """
    months = [day.replace(day=1)]
    while len(months) < count:
        months.append(month_end(months[-1]) + timedelta(days=1))
    return months
