"""What is left of a product that is cancelled before its end. Pure Python, exact fractions."""

from fractions import Fraction


def get_used_share(days_used, days_total, km_used=0, km_total=0):
    """Return how much of a product is used up: by days or by distance, whichever is more.

    :param int days_used: since its first day; below 0 counts as 0
    :param int days_total: of the whole term; 0: the days do not count
    :param int km_used: driven since its first day
    :param int km_total: covered distance; 0: unlimited, the distance does not count
    :return: Fraction from 0 to 1
    Source: P26

    >>> get_used_share(365, 1095), get_used_share(365, 1095, 50_000, 60_000)
    (Fraction(1, 3), Fraction(5, 6))
    >>> get_used_share(-3, 1095), get_used_share(2000, 1095), get_used_share(10, 0, 90_000, 60_000)
    (Fraction(0, 1), Fraction(1, 1), Fraction(1, 1))
    >>> get_used_share(0, 0)
    Fraction(0, 1)
    """
    shares = [Fraction(used, total) for used, total in ((days_used, days_total), (km_used, km_total)) if total > 0]
    return min(max([*shares, Fraction(0)]), Fraction(1))


def get_unused(amount, used):
    """Return the part of an amount that is given back; the caller rounds it in its currency.

    :param float amount: paid for the whole term
    :param Fraction used: see ``get_used_share``
    :return: float

    >>> get_unused(3980.0, Fraction(1, 4)), get_unused(100.0, Fraction(1))
    (2985.0, 0.0)
    """
    return float(Fraction(str(amount)) * (1 - used))
