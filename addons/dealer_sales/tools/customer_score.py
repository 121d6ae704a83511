"""Scores of recency, frequency and value: how good a customer somebody is, by limits a manager sets."""

from bisect import bisect_left, bisect_right
from datetime import timedelta

LOWEST = 1


def score_at_most(value, limits):
    """Return the score of a value of which less is better (days since the last purchase).

    :param float value: in the unit of the limits
    :param dict limits: {score: highest value that still gets it}
    :return: int, ``LOWEST`` beyond the last limit

    >>> limits = {5: 180, 4: 365, 3: 730, 2: 1460}
    >>> [score_at_most(days, limits) for days in (0, 180, 181, 5000)]
    [5, 5, 4, 1]
    """
    ordered = sorted((limit, -score) for score, limit in limits.items())
    position = bisect_left(ordered, (value, -float("inf")))
    return -ordered[position][1] if position < len(ordered) else LOWEST


def score_at_least(value, limits):
    """Return the score of a value of which more is better (number of purchases, their sum).

    :param float value: in the unit of the limits
    :param dict limits: {score: lowest value that gets it}
    :return: int, ``LOWEST`` below the first limit

    >>> limits = {2: 2, 3: 3, 5: 6}
    >>> [score_at_least(count, limits) for count in (1, 2, 4, 6, 9)]
    [1, 2, 3, 5, 5]
    """
    ordered = sorted((limit, score) for score, limit in limits.items())
    position = bisect_right(ordered, (value, float("inf")))
    return ordered[position - 1][1] if position else LOWEST


def next_drop(last, today, limits):
    """Return the day on which the score of recency falls next when nothing is bought, or None.

    :param date last: of the last purchase
    :param date today: day of the scoring
    :param dict limits: as of :func:`score_at_most`, in days

    >>> from datetime import date
    >>> next_drop(date(2026, 1, 1), date(2026, 2, 1), {5: 180, 4: 365})
    datetime.date(2026, 7, 1)
    >>> next_drop(date(2020, 1, 1), date(2026, 2, 1), {5: 180, 4: 365}) is None
    True
    """
    coming = [last + timedelta(days=limit + 1) for limit in limits.values()]
    return min((day for day in coming if day > today), default=None)
