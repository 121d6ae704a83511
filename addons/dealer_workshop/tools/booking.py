"""Free slots of a workshop: working time, what is taken, who can do it. Plain values, no database.

Times are naive and all in one timezone (UTC in this suite); the *day* of a stretch of work is given by the caller,
because it is the site's day.
"""

from datetime import timedelta
from typing import NamedTuple


class Stretch(NamedTuple):
    """Time somebody works without a break: ``start``, ``end``, and the site's ``day`` it belongs to."""

    start: object
    end: object
    day: object


class Slot(NamedTuple):
    """A time for one car: ``start``, ``end``, ``bay`` id and ``technician`` id."""

    start: object
    end: object
    bay: object
    technician: object


def walk(stretches, start, length):
    """Let work begin and go on through breaks and nights until it is done.

    :param list stretches: :class:`Stretch` in order, not overlapping
    :param datetime start: when the work begins
    :param timedelta length: net working time
    :return: (end, {day: timedelta worked}, number of stretches used); None when ``start`` is outside working time
        or the stretches end before the work does

    >>> from datetime import datetime as at, timedelta
    >>> hour, day = timedelta(hours=1), at(2030, 5, 6)
    >>> work = [Stretch(day + 8 * hour, day + 12 * hour, day), Stretch(day + 13 * hour, day + 17 * hour, day)]
    >>> end, portions, used = walk(work, day + 11 * hour, 2 * hour)
    >>> end.hour, portions[day] == 2 * hour, used
    (14, True, 2)
    >>> walk(work, day + 12 * hour, hour) is None
    True
    >>> walk(work, day + 13 * hour, 5 * hour) is None
    True
    """
    left, portions, used = length, {}, 0
    for stretch in stretches:
        if stretch.end <= start:
            continue
        if stretch.start > start and not used:
            return None
        begin = max(start, stretch.start)
        part = min(left, stretch.end - begin)
        portions[stretch.day] = portions.get(stretch.day, timedelta()) + part
        used += 1
        left -= part
        if left <= timedelta():
            return begin + part, portions, used
    return None


def is_free(busy, start, end):
    """Tell whether nothing of ``busy`` touches a time.

    :param list busy: (start, end)

    >>> is_free([(1, 3)], 3, 4), is_free([(1, 3)], 2, 4)
    (True, False)
    """
    return not any(begin < end and start < until for begin, until in busy)


def is_torn(stretches, length, portions, used):
    """Tell whether work is torn apart without need: over lunch or over night although it would fit in one go.

    :param list stretches: :class:`Stretch` of one technician
    :param timedelta length: net working time
    :param dict portions: see :func:`walk`
    :param int used: see :func:`walk`

    >>> from datetime import datetime as at, timedelta
    >>> hour, day = timedelta(hours=1), at(2030, 5, 6)
    >>> work = [Stretch(day + 8 * hour, day + 12 * hour, day), Stretch(day + 13 * hour, day + 17 * hour, day)]
    >>> is_torn(work, 2 * hour, {day: 2 * hour}, 2), is_torn(work, 5 * hour, {day: 5 * hour}, 2)
    (True, False)
    >>> is_torn(work, 5 * hour, {day: 3 * hour, day + 24 * hour: 2 * hour}, 2)
    True
    """
    if used > 1 and length <= max(stretch.end - stretch.start for stretch in stretches):
        return True
    if len(portions) > 1:
        days = {}
        for stretch in stretches:
            days[stretch.day] = days.get(stretch.day, timedelta()) + stretch.end - stretch.start
        return length <= max(days.values())
    return False


def starts(stretches, earliest, step):
    """Yield the times at which work may begin, each stretch cut into steps.

    :param list stretches: :class:`Stretch`
    :param datetime earliest: none before
    :param timedelta step: distance between two starts

    >>> from datetime import datetime as at, timedelta
    >>> day = at(2030, 5, 6)
    >>> work = [Stretch(day.replace(hour=8), day.replace(hour=9), day)]
    >>> [start.minute for start in starts(work, day.replace(hour=8, minute=10), timedelta(minutes=20))]
    [20, 40]
    """
    for stretch in stretches:
        start = stretch.start
        if start < earliest:
            start += -(-(earliest - start) // step) * step
        while start < stretch.end:
            yield start
            start += step


def find_slots(length, technicians, bays, earliest, step, room, limit=1):
    """Return the first free slots, one for each time of beginning.

    :param timedelta length: net working time
    :param list technicians: dicts ``id``, ``stretches`` (:class:`Stretch`, in order), ``busy`` [(start, end)]; who
        comes first is preferred
    :param list bays: dicts ``id``, ``busy``; the first is preferred
    :param datetime earliest: no slot begins before
    :param timedelta step: slots begin on multiples of it, counted from the beginning of a stretch of work
    :param dict room: {day: timedelta that may still be booked}; a missing day has no limit
    :param int limit: how many slots
    :return: list of :class:`Slot`, the earliest first

    A break of the working day is passed over only by work that does not fit between two breaks, a night only by
    work that does not fit into a day.

    >>> from datetime import datetime as at, timedelta
    >>> hour, day = timedelta(hours=1), at(2030, 5, 6)
    >>> work = [Stretch(day + 8 * hour, day + 12 * hour, day), Stretch(day + 13 * hour, day + 17 * hour, day)]
    >>> wang = {"id": 1, "stretches": work, "busy": [(day + 8 * hour, day + 9 * hour)]}
    >>> lift = {"id": 7, "busy": [(day + 9 * hour, day + 10 * hour)]}
    >>> slot = find_slots(hour, [wang], [lift], day, hour / 2, {})[0]
    >>> slot.start.hour, slot.bay, slot.technician
    (10, 7, 1)
    >>> [slot.start.hour for slot in find_slots(3 * hour, [wang], [lift], day, hour, {}, limit=5)]
    [13, 14]
    >>> [slot.end.hour for slot in find_slots(5 * hour, [wang], [lift], day, hour, {}, limit=5)]
    [16, 17]
    >>> find_slots(hour, [wang], [lift], day, hour, {day: hour / 2})
    []
    """
    begin = sorted(
        (start, index)
        for index, technician in enumerate(technicians)
        for start in starts(technician["stretches"], earliest, step)
    )
    found, taken = [], set()
    for start, index in begin:
        if start in taken:
            continue
        slot = _try_slot(start, length, technicians[index], bays, room)
        if slot:
            found.append(slot)
            taken.add(start)
            if len(found) == limit:
                break
    return found


def _try_slot(start, length, technician, bays, room):
    walked = walk(technician["stretches"], start, length)
    if not walked or is_torn(technician["stretches"], length, *walked[1:]):
        return None
    end, portions, _used = walked
    if not is_free(technician["busy"], start, end):
        return None
    if any(part > room.get(day, part) for day, part in portions.items()):
        return None
    bay = next((bay["id"] for bay in bays if is_free(bay["busy"], start, end)), None)
    return bay and Slot(start, end, bay, technician["id"])


def room_of(capacity, booked, walk_in_percent):
    """Return how much of each day may still be booked ahead.

    :param dict capacity: {day: timedelta the technicians work}
    :param dict booked: {day: timedelta booked}
    :param float walk_in_percent: share of each day that is kept for cars without an appointment, 0 to 100
    :return: {day: timedelta}, never negative

    >>> hour = timedelta(hours=1)
    >>> room_of({1: 10 * hour, 2: 10 * hour}, {1: 7.5 * hour, 2: 9 * hour}, 20)
    {1: datetime.timedelta(seconds=1800), 2: datetime.timedelta(0)}
    """
    share = 1 - walk_in_percent / 100
    return {day: max(hours * share - booked.get(day, timedelta()), timedelta()) for day, hours in capacity.items()}
