"""Times to hand over a car: cut from working hours, less what is taken. Pure Python."""


def cut(intervals, length):
    """Return when slots begin that fit whole into working hours.

    :param list intervals: (begin, end) datetimes
    :param timedelta length: of a slot
    :return: list of datetimes

    >>> from datetime import datetime, timedelta
    >>> morning = (datetime(2026, 3, 10, 9), datetime(2026, 3, 10, 12, 30))
    >>> [slot.hour for slot in cut([morning], timedelta(hours=1))]
    [9, 10, 11]
    >>> cut([morning], timedelta(hours=5))
    []
    """
    starts = []
    for begin, end in intervals:
        while begin + length <= end:
            starts.append(begin)
            begin += length
    return starts


def get_free(starts, length, busy, capacity):
    """Return the slots in which fewer cars than possible are handed over.

    :param list starts: see :func:`cut`
    :param timedelta length: of a slot
    :param list busy: (begin, end) of what is agreed already
    :param int capacity: hand-overs at once
    :return: dict {begin: places left}, in order

    >>> from datetime import datetime, timedelta
    >>> nine, ten = datetime(2026, 3, 10, 9), datetime(2026, 3, 10, 10)
    >>> busy = [(datetime(2026, 3, 10, 9, 30), datetime(2026, 3, 10, 10))]
    >>> get_free([nine, ten], timedelta(hours=1), busy, 1) == {ten: 1}
    True
    >>> get_free([nine, ten], timedelta(hours=1), busy, 2) == {nine: 1, ten: 2}
    True
    """
    left = {
        start: capacity - sum(begin < start + length and end > start for begin, end in busy) for start in sorted(starts)
    }
    return {start: places for start, places in left.items() if places > 0}


def get_most_at_once(time, busy):
    """Return how many others go on at most at one moment of a time.

    :param tuple time: (begin, end) datetimes
    :param list busy: (begin, end) of the others
    :return: int

    >>> from datetime import datetime
    >>> nine, ten, eleven, noon = (datetime(2026, 3, 10, hour) for hour in (9, 10, 11, 12))
    >>> get_most_at_once((nine, eleven), [(nine, ten), (ten, eleven)])
    1
    >>> get_most_at_once((nine, eleven), [(nine, eleven), (ten, noon)])
    2
    >>> get_most_at_once((nine, ten), [(ten, noon)])
    0
    """
    begin, end = time
    near = [(max(start, begin), stop) for start, stop in busy if start < end and stop > begin]
    return max((sum(start <= moment < stop for start, stop in near) for moment, _stop in near), default=0)
