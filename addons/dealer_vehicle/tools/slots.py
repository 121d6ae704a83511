"""Free times between bookings. Plain values, no database."""


def next_free(earliest, length, busy):
    """Return the first start from ``earliest`` on at which something is free for ``length``.

    :param datetime earliest: first start wanted
    :param timedelta length: how long it must stay free
    :param list busy: (start, end) in any order, may overlap
    :return: datetime

    >>> from datetime import datetime as at, timedelta
    >>> nine, hour = at(2026, 3, 2, 9), timedelta(hours=1)
    >>> next_free(nine, hour, []) == nine
    True
    >>> next_free(nine, hour, [(nine, nine + hour)]).hour
    10
    >>> ten, noon = at(2026, 3, 2, 10), at(2026, 3, 2, 12)
    >>> next_free(nine, hour, [(ten + hour / 2, noon), (ten - hour / 4, ten)])
    datetime.datetime(2026, 3, 2, 12, 0)
    """
    start = earliest
    for busy_from, busy_to in sorted(busy):
        if busy_from >= start + length:
            break
        start = max(start, busy_to)
    return start
