"""Trims side by side: what differs, and which value is the best."""

from dataclasses import dataclass, field

LEAST, MOST = 2, 4  # columns of a comparison


@dataclass
class Row:
    """One line of a comparison.

    :param str group: chapter it stands in
    :param str label: what is compared
    :param list texts: what people read, one of each column; '' where nothing is known
    :param list numbers: the same as numbers; None where there is none
    :param str better: "more", "less" or '' when no value is better than another
    :param str unit: of the numbers
    """

    group: str
    label: str
    texts: list
    numbers: list = field(default_factory=list)
    better: str = ""
    unit: str = ""
    differs: bool = False
    best: list = field(default_factory=list)


def compare(rows):
    """Mark in each row whether its columns differ and which are the best.

    A column about which nothing is known differs from one about which something is. It is never the best, and one known
    value alone is not the best either: there is nothing to compare it with.

    :param list rows: :class:`Row`
    :return: the same rows, with ``differs`` and ``best`` (list of bool) set

    >>> power = Row("Drive", "Power", ["110", "180", ""], [110, 180, None], "more")
    >>> compare([power])[0].differs
    True
    >>> power.best
    [False, True, False]
    >>> compare([Row("", "Weight", ["1,450", "1,450"], [1450, 1450], "less")])[0].best
    [False, False]
    >>> compare([Row("", "Seats", ["5", ""], [5, None], "more")])[0].best
    [False, False]
    >>> compare([Row("", "Fuel", ["5", "5", "7"], [5, 5, 7], "less")])[0].best
    [True, True, False]
    >>> compare([Row("", "Gearbox", ["CVT", "8AT"])])[0].best
    [False, False]
    """
    for row in rows:
        row.differs = len(set(row.texts)) > 1
        known = [number for number in row.numbers if number is not None]
        row.best = [False] * len(row.texts)
        if row.better and len(set(known)) > 1:
            best = max(known) if row.better == "more" else min(known)
            row.best = [number == best for number in row.numbers]
    return rows


def by_group(rows):
    """Return rows in their groups, both in the order they first come in.

    :param list rows: :class:`Row`
    :return: list of (group, list of rows)

    >>> rows = [Row("A", "1", []), Row("B", "2", []), Row("A", "3", [])]
    >>> [(group, [row.label for row in members]) for group, members in by_group(rows)]
    [('A', ['1', '3']), ('B', ['2'])]
    """
    groups = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    return list(groups.items())
