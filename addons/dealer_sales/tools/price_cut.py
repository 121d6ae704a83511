"""How much of a price is given away, and whose limit that is still within. Pure Python, no ``env``."""

LEVELS = ("advisor", "manager", "beyond")


def get_cut(guide, asking, price):
    """Return how much lower a car is sold than the house asks for it.

    What the house asks is the price of the car's own tag; without one the maker's guide price.

    :param float guide: maker's price, 0.0 when unknown
    :param float asking: price of the car's own tag, 0.0 when it has none
    :param float price: what it is sold for, in the same terms (with tax or without)
    :return: float, never negative

    >>> get_cut(189900.0, 0.0, 171900.0)
    18000.0
    >>> get_cut(189900.0, 175000.0, 171900.0)
    3100.0
    >>> get_cut(189900.0, 0.0, 195000.0), get_cut(0.0, 0.0, 5.0)
    (0.0, 0.0)
    """
    base = asking or guide
    return max(base - price, 0.0) if base else 0.0


def is_within(given, base, percent=0.0, amount=0.0):
    """Tell whether what is given away is within a limit of so many percent and so much money.

    :param float given: price cut, gifts at cost and over-allowance together
    :param float base: price the percent are of
    :param float percent: 0 is no limit in percent
    :param float amount: 0 is no limit in money

    >>> is_within(5000.0, 100000.0, percent=5.0), is_within(5000.01, 100000.0, percent=5.0)
    (True, False)
    >>> is_within(5000.0, 100000.0, percent=5.0, amount=4000.0)
    False
    >>> is_within(1.0, 0.0, percent=5.0), is_within(0.0, 0.0, percent=5.0)
    (False, True)
    >>> is_within(9e9, 100000.0)
    True
    """
    cent = 0.005
    if percent and given > base * percent / 100 + cent:
        return False
    return not (amount and given > amount + cent)


def get_level(given, base, limits):
    """Return the lowest level that may give so much away.

    :param float given: see ``is_within``
    :param float base: see ``is_within``
    :param dict limits: ``{"advisor": (percent, amount), "manager": (percent, amount)}``; a level that is missing has
        no limit of its own: whoever is above decides nothing more
    :return: str of ``LEVELS``

    >>> limits = {"advisor": (3.0, 0.0), "manager": (6.0, 0.0)}
    >>> [get_level(given, 100.0, limits) for given in (0.0, 3.0, 4.0, 7.0)]
    ['advisor', 'advisor', 'manager', 'beyond']
    >>> get_level(7.0, 100.0, {"advisor": (3.0, 0.0)}), get_level(7.0, 100.0, {})
    ('manager', 'advisor')
    """
    for level in LEVELS[:-1]:
        if level not in limits or is_within(given, base, *limits[level]):
            return level
    return LEVELS[-1]
