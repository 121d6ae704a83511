"""Which trims meet a customer's needs, how well, and why."""

from dataclasses import dataclass

# What is charged is a neighbour of what is charged; a hybrid is one of petrol and of what is charged.
NEIGHBOURS = {
    "electric": {"range_extender", "plug_in"},
    "range_extender": {"electric", "plug_in", "hybrid"},
    "plug_in": {"electric", "range_extender", "hybrid"},
    "hybrid": {"petrol", "plug_in", "range_extender"},
    "petrol": {"hybrid"},
}
NEARLY = 0.5  # what a neighbour is worth
CHARGED = {"electric", "plug_in", "range_extender"}


@dataclass(frozen=True)
class Weight:
    """How much a criterion counts, and how far it may be missed.

    :param float weight: 0 or more; shares are formed of the criteria a customer named
    :param float tolerance: 0.1 means: at 10 % beyond the wish it counts nothing, half way it counts half
    """

    weight: float
    tolerance: float = 0.0


@dataclass(frozen=True)
class Reason:
    """What one criterion says of one trim.

    :param str criterion: budget, seats, energy, range, body, use or stock
    :param float degree: 0 (missed) to 1 (met)
    :param found: the trim's value; None where it is not known
    :param wanted: the customer's
    """

    criterion: str
    degree: float
    found: object = None
    wanted: object = None


def at_most(value, limit, tolerance=0.0):
    """Return how well a value keeps under a limit.

    :param float value: None or 0 is not known and counts nothing
    :param float limit: above 0
    :param float tolerance: share of the limit
    :return: float, 0 to 1

    >>> at_most(180, 200), at_most(200, 200)
    (1.0, 1.0)
    >>> at_most(210, 200, 0.1)
    0.5
    >>> at_most(230, 200, 0.1), at_most(201, 200), at_most(0, 200)
    (0.0, 0.0, 0.0)
    """
    if not value:
        return 0.0
    if value <= limit:
        return 1.0
    return _fade((value - limit) / limit, tolerance)


def at_least(value, limit, tolerance=0.0):
    """Return how well a value reaches a limit; as :func:`at_most`.

    >>> at_least(500, 400), at_least(380, 400, 0.1), at_least(300, 400, 0.1), at_least(None, 400)
    (1.0, 0.5, 0.0, 0.0)
    """
    if not value:
        return 0.0
    if value >= limit:
        return 1.0
    return _fade((limit - value) / limit, tolerance)


def _fade(missed, tolerance):
    return max(0.0, round(1 - missed / tolerance, 6)) if tolerance else 0.0


def energy_degree(energy, wanted):
    """Return how well an energy meets the wish: a related one half.

    >>> energy_degree("electric", "electric"), energy_degree("plug_in", "electric"), energy_degree("petrol", "electric")
    (1.0, 0.5, 0.0)
    >>> energy_degree(False, "petrol")
    0.0
    """
    if not energy:
        return 0.0
    if energy == wanted:
        return 1.0
    return NEARLY if energy in NEIGHBOURS.get(wanted, ()) else 0.0


def use_degree(facts, use):
    """Return the share of what a use asks for that a trim has.

    :param dict facts: ``body``, ``seats``, ``range_km``, ``energy``
    :param dict use: ``bodies`` (set), ``seats`` and ``range_km`` (0: no matter), ``is_charged`` (bool)
    :return: float, 0 to 1; 1 for a use that asks for nothing

    >>> city = {"bodies": {1, 2}, "seats": 0, "range_km": 0, "is_charged": True}
    >>> use_degree({"body": 1, "seats": 5, "range_km": 400, "energy": "electric"}, city)
    1.0
    >>> use_degree({"body": 3, "seats": 5, "range_km": 0, "energy": "plug_in"}, city)
    0.5
    >>> use_degree({"body": 3}, {})
    1.0
    >>> use_degree({"energy": "petrol", "range_km": 0}, {"range_km": 500})
    1.0
    """
    asked = []
    if use.get("bodies"):
        asked.append(facts.get("body") in use["bodies"])
    if use.get("seats"):
        asked.append((facts.get("seats") or 0) >= use["seats"])
    if use.get("range_km"):
        # Only a car that runs on its battery alone can be left standing.
        asked.append(facts.get("energy") != "electric" or (facts.get("range_km") or 0) >= use["range_km"])
    if use.get("is_charged"):
        asked.append(facts.get("energy") in CHARGED)
    return sum(asked) / len(asked) if asked else 1.0


def recommend(needs, facts, weights):
    """Return the score of a trim for a customer and the reasons.

    Only what the customer named counts; without any need every trim scores 0.

    :param dict needs: ``budget``, ``seats``, ``energy``, ``range_km``, ``bodies`` (set), ``use`` (dict, see
        :func:`use_degree`), ``use_name``, ``in_stock`` (bool); what is missing or false is no need
    :param dict facts: of the trim: ``price`` (currency of the budget), ``seats``, ``energy``, ``range_km``, ``body``,
        ``available`` (count of cars)
    :param dict weights: {criterion: :class:`Weight`}; a missing criterion counts nothing
    :return: (score 0 to 100, list of :class:`Reason`, the heaviest first)

    >>> weights = {"budget": Weight(30, 0.1), "seats": Weight(20), "energy": Weight(10)}
    >>> needs = {"budget": 200000, "seats": 7}
    >>> score, reasons = recommend(needs, {"price": 190000, "seats": 5}, weights)
    >>> score, [(reason.criterion, reason.degree) for reason in reasons]
    (60.0, [('budget', 1.0), ('seats', 0.0)])
    >>> recommend(needs, {"price": 210000, "seats": 7}, weights)[0]
    70.0
    >>> recommend({}, {"price": 1}, weights)
    (0.0, [])
    >>> recommend({"seats": 5}, {"seats": 5}, {})
    (0.0, [])
    """
    reasons = [
        reason for reason in _reasons(needs, facts, weights) if weights.get(reason.criterion, Weight(0)).weight > 0
    ]
    total = sum(weights[reason.criterion].weight for reason in reasons)
    if not total:
        return 0.0, []
    points = sum(weights[reason.criterion].weight * reason.degree for reason in reasons)
    reasons.sort(key=lambda reason: -weights[reason.criterion].weight)
    return round(100 * points / total, 1), reasons


def _reasons(needs, facts, weights):
    def tolerance(criterion):
        return weights.get(criterion, Weight(0)).tolerance

    if budget := needs.get("budget"):
        price = facts.get("price")
        yield Reason("budget", at_most(price, budget, tolerance("budget")), price or None, budget)
    if seats := needs.get("seats"):
        found = facts.get("seats")
        yield Reason("seats", at_least(found, seats, tolerance("seats")), found or None, seats)
    if energy := needs.get("energy"):
        found = facts.get("energy")
        yield Reason("energy", energy_degree(found, energy), found or None, energy)
    if range_km := needs.get("range_km"):
        found = facts.get("range_km")
        yield Reason("range", at_least(found, range_km, tolerance("range")), found or None, range_km)
    if bodies := needs.get("bodies"):
        found = facts.get("body")
        yield Reason("body", float(found in bodies), found or None, bodies)
    if needs.get("use") is not None:
        yield Reason("use", use_degree(facts, needs["use"]), None, needs.get("use_name"))
    if needs.get("in_stock"):
        found = facts.get("available") or 0
        yield Reason("stock", float(found > 0), found, 1)
