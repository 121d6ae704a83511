"""What a person is paid for sales: tiers by the piece, percent of gross, shares. Pure Decimal maths, no Odoo.

Source: practice.md P29, product.md B11.
"""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def to_decimal(number):
    """Return a number as Decimal by its shortest decimal form.

    >>> to_decimal(0.1) + to_decimal(0.2)
    Decimal('0.3')
    """
    return number if isinstance(number, Decimal) else Decimal(str(number))


def money(amount, step=CENT):
    """Return an amount rounded to the currency's step, halves away from zero.

    >>> money(Decimal("2.675")), money(Decimal("-2.675")), money(Decimal("12.5"), Decimal("1"))
    (Decimal('2.68'), Decimal('-2.68'), Decimal('13'))
    """
    step = to_decimal(step)
    return (to_decimal(amount) / step).quantize(Decimal(1), ROUND_HALF_UP) * step


def rate_per_unit(tiers, units):
    """Return what each unit pays once so many are reached: the highest tier reached counts for all of them.

    :param list tiers: (from units, amount per unit), any order
    :param units: number reached in the period; shares of split deals are parts of one
    :return: Decimal, 0 below the lowest tier

    >>> tiers = [(0, 300), (6, 400), (10, 550)]
    >>> [rate_per_unit(tiers, units) for units in (5, 6, Decimal("9.5"), 10)]
    [Decimal('300'), Decimal('400'), Decimal('400'), Decimal('550')]
    >>> rate_per_unit([(3, 100)], 2)
    Decimal('0')
    """
    reached = [to_decimal(amount) for start, amount in sorted(tiers) if to_decimal(start) <= to_decimal(units)]
    return reached[-1] if reached else Decimal(0)


def split(amount, shares, step=CENT):
    """Divide an amount by shares in percent; the parts add up to the cent, the last takes the rest.

    :param amount: money
    :param list shares: percents that add up to 100
    :return: list of Decimal, as many as shares
    :raises ValueError: the shares are not 100 together

    >>> split(100, [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")])
    [Decimal('33.33'), Decimal('33.33'), Decimal('33.34')]
    >>> split(Decimal("0.01"), [50, 50])
    [Decimal('0.01'), Decimal('0.00')]
    >>> split(10, [50, 40])
    Traceback (most recent call last):
    ...
    ValueError: shares add up to 90, not 100
    """
    shares = [to_decimal(share) for share in shares]
    if sum(shares) != 100:
        raise ValueError(f"shares add up to {sum(shares)}, not 100")
    parts, given, passed = [], Decimal(0), Decimal(0)
    for share in shares:
        passed += share
        part = money(to_decimal(amount) * passed / 100, step) - given
        parts.append(part)
        given += part
    return parts


def counted_gross(parts, sides, left_out, pack):
    """Return the gross that counts for pay.

    :param list parts: (code, side, amount) as the deal earned or gave away
    :param sides: ``front``, ``back`` or both, those that count
    :param left_out: codes the company does not count
    :param pack: money taken off each car before anybody is paid
    :return: Decimal, may be negative

    >>> parts = [("car", "front", 5000), ("gift", "front", -1150), ("holdback", "front", 600), ("loan", "back", 900)]
    >>> counted_gross(parts, {"front"}, {"holdback"}, 500)
    Decimal('3350')
    >>> counted_gross(parts, {"front", "back"}, (), 0)
    Decimal('5350')
    """
    counted = sum(
        (to_decimal(amount) for code, side, amount in parts if side in sides and code not in left_out),
        Decimal(0),
    )
    return counted - to_decimal(pack)


def percent_of_gross(gross, percent, minimum=0):
    """Return a percentage of gross, never less than the minimum of a car.

    >>> percent_of_gross(Decimal("3350"), 20), percent_of_gross(Decimal("-200"), 20, 100)
    (Decimal('670'), Decimal('100'))
    """
    return max(to_decimal(gross) * to_decimal(percent) / 100, to_decimal(minimum))
