"""Maths of payers: shares, caps, deductible, and items cut to the cent. Plain Python, no database."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal


def _cents(amount, digits):
    return int((Decimal(str(amount)).scaleb(digits)).quantize(Decimal(1), ROUND_HALF_UP))


def _money(cents, digits):
    return float(Decimal(cents).scaleb(-digits))


def payer_amounts(total, payers, digits=2):
    """Cut the price of a job among its payers.

    :param float total: price of the job without tax
    :param list payers: dicts with ``share`` (percent), ``cap`` (at most this amount; 0: no cap), ``takes_rest`` (pays
        what lies above the caps of the others)
    :param int digits: decimals of the currency
    :return: list of floats whose sum is ``total``, in the order of the payers; what nobody takes above a cap stays
        with the capped payer (the caller refuses such payers)
    Source: practice P37

    >>> half = {"share": 50, "cap": 0, "takes_rest": False}
    >>> payer_amounts(0.05, [half, half])
    [0.03, 0.02]
    >>> payer_amounts(1000, [{"share": 100, "cap": 600, "takes_rest": False},
    ...                      {"share": 0, "cap": 0, "takes_rest": True}])
    [600.0, 400.0]
    >>> payer_amounts(1000, [{"share": 70, "cap": 500, "takes_rest": False},
    ...                      {"share": 30, "cap": 0, "takes_rest": True}])
    [500.0, 500.0]
    >>> payer_amounts(1000, [{"share": 100, "cap": 600, "takes_rest": False}])
    [1000.0]
    """
    if not payers:
        return []
    whole = _cents(total, digits)
    # The last one with a share takes the remainder of rounding: a payer of nothing but the rest pays no odd cent.
    last = max((index for index, payer in enumerate(payers) if payer["share"]), default=len(payers) - 1)
    cents = [
        int((Decimal(whole) * Decimal(str(payer["share"])) / 100).quantize(Decimal(1), ROUND_HALF_UP))
        for payer in payers
    ]
    cents[last] += whole - sum(cents)
    taker = next((index for index, payer in enumerate(payers) if payer["takes_rest"]), None)
    if taker is not None:
        for index, payer in enumerate(payers):
            if payer["cap"] and index != taker:
                above = max(cents[index] - _cents(payer["cap"], digits), 0)
                cents[index] -= above
                cents[taker] += above
    return [_money(part, digits) for part in cents]


def take_deductible(amounts, bearers, taker, deductible, digits=2):
    """Move a deductible from those who bear a job to the customer.

    :param list amounts: what each payer pays
    :param list bearers: indexes of the payers whose amount the deductible lowers, in order
    :param int taker: index of the customer
    :param float deductible: what is left of it
    :return: (amounts, deductible that is left for the next job)
    Source: practice P37, P40: the deductible is the customer's, once per order

    >>> take_deductible([800.0, 200.0], [0], 1, 500)
    ([300.0, 700.0], 0.0)
    >>> take_deductible([300.0, 0.0], [0], 1, 500)
    ([0.0, 300.0], 200.0)
    """
    cents = [_cents(amount, digits) for amount in amounts]
    left = _cents(deductible, digits)
    for index in bearers:
        part = min(left, max(cents[index], 0))
        cents[index] -= part
        cents[taker] += part
        left -= part
    return [_money(part, digits) for part in cents], _money(left, digits)


def cut_items(prices, amounts, digits=2):
    """Cut each item of a job among its payers in proportion, exact in both sums.

    Each item's parts add up to its price, each payer's parts to his amount; no part is negative.

    :param list prices: of the items, without tax
    :param list amounts: of the payers, same sum
    :return: list (items) of lists (payers) of floats

    >>> cut_items([300, 480], [390, 390])
    [[150.0, 150.0], [240.0, 240.0]]
    >>> cut_items([0.01, 0.01, 0.01], [0.02, 0.01])
    [[0.01, 0.0], [0.01, 0.0], [0.0, 0.01]]
    >>> cut_items([100, 0.01], [33.34, 66.67])
    [[33.34, 66.66], [0.0, 0.01]]
    >>> cut_items([0, 10], [10])
    [[0.0], [10.0]]
    """
    left = [_cents(amount, digits) for amount in amounts]
    rows = []
    for price in prices:
        row = _apportion(_cents(price, digits), left)
        left = [before - part for before, part in zip(left, row, strict=True)]
        rows.append([_money(part, digits) for part in row])
    return rows


def _apportion(cents, weights):
    """Cut whole cents in proportion to weights by largest remainder; a part never exceeds its weight."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    exact = [divmod(cents * weight, total) for weight in weights]
    parts = [whole for whole, _rest in exact]
    order = sorted(range(len(weights)), key=lambda index: (-exact[index][1], index))
    for index in order[: cents - sum(parts)]:
        parts[index] += 1
    return parts


def use_of_entitlement(amount, used, count, uses):
    """Return what one use of a prepaid entitlement is worth; the last one takes what rounding left.

    :param float amount: what was paid for all uses
    :param float used: what earlier uses took
    :param int count: uses bought
    :param int uses: uses before this one

    >>> use_of_entitlement(1000, 0, 3, 0)
    333.33
    >>> use_of_entitlement(1000, 666.66, 3, 2)
    333.34
    """
    if uses + 1 >= count:
        return _money(_cents(amount, 2) - _cents(used, 2), 2)
    return _money(int((Decimal(_cents(amount, 2)) / count).quantize(Decimal(1), ROUND_HALF_UP)), 2)


def unit_and_rest(amount, quantity, digits=2):
    """Return a unit price and the cents it leaves over, so that price × quantity + rest is the amount.

    :param float amount: to be billed, not negative
    :param float quantity: above 0
    :param int digits: decimals of unit prices

    >>> unit_and_rest(33.33, 2)
    (16.66, 0.01)
    >>> unit_and_rest(240, 2)
    (120.0, 0.0)
    """
    step = Decimal(1).scaleb(-digits)
    unit = (Decimal(str(amount)) / Decimal(str(quantity))).quantize(step, ROUND_DOWN)
    billed = (unit * Decimal(str(quantity))).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return float(unit), float(Decimal(str(amount)) - billed)


def cut_sum(total, weights, digits=2):
    """Cut a sum in proportion to amounts of which it is at most the whole, exact to the cent.

    :param float total: not more than the sum of the weights
    :param list weights: amounts
    :return: list of floats whose sum is ``total``

    >>> cut_sum(100, [100, 200])
    [33.33, 66.67]
    >>> cut_sum(300, [100, 200])
    [100.0, 200.0]
    """
    return [
        _money(part, digits) for part in _apportion(_cents(total, digits), [_cents(one, digits) for one in weights])
    ]
