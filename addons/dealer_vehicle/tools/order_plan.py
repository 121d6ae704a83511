"""How many cars to order for the coming months: plain Python without ``env``.

Numbers are cars; demand and safety may be fractions, because a slow trim sells a third of a car a month.
"""

from datetime import date
from math import floor

WEEKS_PER_MONTH = 365.25 / 7 / 12


def months_from(day, count):
    """Return the first days of the ``count`` months after the one of ``day``.

    >>> [str(month) for month in months_from(date(2026, 11, 22), 3)]
    ['2026-12-01', '2027-01-01', '2027-02-01']
    """
    numbers = (day.year * 12 + day.month - 1 + step for step in range(1, count + 1))
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def per_month(count, weeks):
    """Return how many a month are as many as ``count`` in ``weeks``.

    >>> round(per_month(12, 12), 2)
    4.35
    >>> per_month(3, 0)
    0.0
    """
    return count / weeks * WEEKS_PER_MONTH if weeks else 0.0


def rest_of_month(day):
    """Return which part of its month is still to come after ``day``.

    >>> rest_of_month(date(2026, 11, 15))
    0.5
    >>> rest_of_month(date(2026, 11, 30))
    0.0
    """
    following = months_from(day, 1)[0]
    days = (following - day.replace(day=1)).days
    return (days - day.day) / days


def proposal(demand, safety, stock, pipeline, earlier=0.0):
    """Return how many cars to order: what is needed less what there is, never below 0, rounded to whole cars.

    :param float demand: of the month
    :param float safety: wanted on top at its end
    :param int stock: free now
    :param int pipeline: free and expected until the end of the month
    :param float earlier: used before the month begins, less what the months before propose

    >>> proposal(4.0, 1.2, 2, 1)
    2
    >>> proposal(4.0, 1.0, 9, 0)
    0
    >>> proposal(0.4, 0.0, 0, 0), proposal(0.4, 0.0, 0, 0, earlier=0.4)
    (0, 1)
    """
    return max(0, floor(earlier + demand + safety - stock - pipeline + 0.5))


def plan(colours, minimum=0):
    """Plan the months of one trim at one site, all its colours.

    What a month proposes is there for the next one. Where all colours together fall below the minimum, the colour
    most asked for gets the cars that are missing.

    :param dict colours: {colour: (stock, used before the first month, [(demand, safety, pipeline), …])}
    :param int minimum: cars of all colours the site wants at the end of each month
    :return: {colour: [(earlier, floor, proposal), …]}, ``floor`` cars of the proposal are the minimum's

    >>> plan({"Red": (1, 0.0, [(2.0, 0.5, 0), (2.0, 0.5, 1)])})
    {'Red': [(0.0, 0, 2), (0.0, 0, 1)]}
    >>> plan({"Red": (0, 0.0, [(1.0, 0.0, 0)]), "Blue": (0, 0.0, [(2.0, 0.0, 0)])}, minimum=3)
    {'Red': [(0.0, 0, 1)], 'Blue': [(0.0, 3, 5)]}
    >>> plan({"": (5, 0.0, [(1.0, 0.0, 0)])}, minimum=3)
    {'': [(0.0, 0, 0)]}
    """
    result = {colour: [] for colour in colours}
    earlier = {colour: before for colour, (_stock, before, _months) in colours.items()}
    count = max((len(months) for _stock, _before, months in colours.values()), default=0)
    for index in range(count):
        month = {colour: months[index] for colour, (_stock, _before, months) in colours.items()}
        proposed = {
            colour: proposal(demand, safety, colours[colour][0], pipeline, earlier[colour])
            for colour, (demand, safety, pipeline) in month.items()
        }
        left = sum(
            colours[colour][0] + pipeline + proposed[colour] - earlier[colour] - demand
            for colour, (demand, _safety, pipeline) in month.items()
        )
        missing = max(0, floor(minimum - left + 0.5))
        favourite = max(month, key=lambda colour: (month[colour][0], colour))
        for colour, (demand, _safety, _pipeline) in month.items():
            extra = missing if colour == favourite else 0
            total = proposed[colour] + extra
            result[colour].append((round(earlier[colour], 4), extra, total))
            earlier[colour] += demand - total
    return result
