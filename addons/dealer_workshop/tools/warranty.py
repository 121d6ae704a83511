"""Cover of warranties, and work counted once in a claim. Plain Python, no database."""

from dateutil.relativedelta import relativedelta


def cover_gap(start, months, km_limit, day, km):
    """Tell why a warranty does not cover a repair.

    :param date start: first day of the warranty, or None when nobody knows it
    :param int months: length; 0: without a limit of time
    :param int km_limit: 0: without a limit of kilometres
    :param date day: the day the car came in
    :param int km: its reading that day
    :return: "" when covered, else ``unknown``, ``early``, ``late`` or ``km``

    >>> from datetime import date
    >>> cover_gap(date(2024, 3, 1), 36, 100000, date(2027, 2, 28), 100000)
    ''
    >>> cover_gap(date(2024, 3, 1), 36, 100000, date(2027, 3, 1), 5)
    'late'
    >>> cover_gap(date(2024, 3, 1), 36, 100000, date(2025, 1, 1), 100001)
    'km'
    >>> cover_gap(date(2024, 3, 1), 0, 0, date(2024, 2, 29), 1)
    'early'
    >>> cover_gap(None, 36, 0, date(2024, 2, 29), 1)
    'unknown'
    """
    if not start:
        return "unknown"
    if day < start:
        return "early"
    if months and day >= start + relativedelta(months=months):
        return "late"
    return "km" if km_limit and km > km_limit else ""


def counted_before(operations):
    """Return the hours of steps that earlier operations of a claim contain already.

    :param list operations: of {step code: hours}, in the order of the claim
    :return: list of floats, hours to leave out of each operation
    Source: product.md B26

    >>> counted_before([{"DRAIN": 0.3, "PUMP": 1.0}, {"DRAIN": 0.3, "HOSE": 0.4}, {"DRAIN": 0.2}])
    [0.0, 0.3, 0.2]
    >>> counted_before([])
    []
    """
    seen, left_out = set(), []
    for steps in operations:
        left_out.append(round(sum((hours for code, hours in steps.items() if code in seen), 0.0), 2))
        seen.update(steps)
    return left_out
