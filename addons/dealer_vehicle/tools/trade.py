"""Prices between companies of one group: plain Python without ``env``."""


def proposed_price(cost, percent):
    """Return the price of a car for a sister company: exact cost plus a margin, without tax.

    :param float cost: what the car cost the selling company, 0 when not known
    :param float percent: margin on the cost, may be negative
    :return: float, not rounded

    >>> proposed_price(150000.0, 2.0)
    153000.0
    >>> proposed_price(150000.0, 0.0)
    150000.0
    """
    return cost * (100.0 + percent) / 100.0


def same_cars(ours, theirs, digits=2):
    """Tell whether two orders name the same cars at the same prices.

    :param list ours: (identity, price without tax) per car
    :param list theirs: the same of the other order
    :param int digits: of the currency

    >>> same_cars([(1, 100.0), (2, 90.0)], [(2, 90.0), (1, 100.001)])
    True
    >>> same_cars([(1, 100.0)], [(1, 99.0)])
    False
    >>> same_cars([(1, 100.0)], [(1, 100.0), (1, 100.0)])
    False
    >>> same_cars([], [])
    False
    """

    def rounded(cars):
        return sorted((identity, round(price, digits)) for identity, price in cars)

    return bool(ours) and rounded(ours) == rounded(theirs)
