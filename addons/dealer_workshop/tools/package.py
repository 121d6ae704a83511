"""What each piece of a package costs, so that all together cost the package's price. Plain Python, no database."""

from decimal import ROUND_HALF_UP, Decimal


def share_out(price, parts, labour, digits=2):
    """Share a package price out to its parts and its labour, in proportion to their own prices.

    :param float price: of the package, without tax
    :param parts: list of (price of one, quantity)
    :param labour: list of prices of the operations; at least one
    :param int digits: decimals of the currency
    :return: (list of unit prices of the parts, list of prices of the operations); they add up to ``price`` exactly
    Source: product B22, journey 13

    >>> share_out(300, [(100, 2)], [200])
    ([75.0], [150.0])
    >>> units, labour = share_out(100, [(33.33, 3)], [50.0, 25.0])
    >>> units, labour
    ([19.05], [28.57, 14.28])
    >>> round(units[0] * 3 + sum(labour), 2)
    100.0
    >>> share_out(0, [(10, 1)], [5])
    ([0.0], [0.0])
    >>> share_out(90, [], [0, 0])
    ([], [45.0, 45.0])
    >>> share_out(90, [(10, 1)], [0])
    ([90.0], [0.0])
    """
    step = Decimal(1).scaleb(-digits)
    total = Decimal(str(price))
    weights = [Decimal(str(amount)) for amount in labour]
    units = [Decimal(str(unit)) for unit, _quantity in parts]
    quantities = [Decimal(str(quantity)) for _unit, quantity in parts]
    whole = sum(weights) + sum(unit * quantity for unit, quantity in zip(units, quantities, strict=True))
    factor = total / whole if whole else Decimal(0)
    units = [(unit * factor).quantize(step, ROUND_HALF_UP) for unit in units]
    rest = total - sum(
        (unit * quantity).quantize(step, ROUND_HALF_UP) for unit, quantity in zip(units, quantities, strict=True)
    )
    return [float(unit) for unit in units], [float(amount) for amount in _share(rest, weights, step)]


def _share(amount, weights, step):
    """Cut an amount by weights, evenly when there are none; the last one takes the remainder."""
    whole = sum(weights)
    cut = [weight / whole if whole else Decimal(1) / len(weights) for weight in weights[:-1]]
    shares = [(amount * part).quantize(step, ROUND_HALF_UP) for part in cut]
    return [*shares, amount - sum(shares)]
