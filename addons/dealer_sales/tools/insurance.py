"""Where a policy comes from, and what the insurer pays for it. Pure Python."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction


def get_origin(history, date_from, gap_days, is_new_car=False):
    """Return from where the business of a policy comes (P30).

    :param list history: earlier policies of the same car and class (compulsory or not), any order:
        (first day, last day, whether we sold it, its own origin or None)
    :param date date_from: first day of the policy asked about
    :param int gap_days: days without our cover that still count as unbroken
    :param bool is_new_car: sold together with the car
    :return: ``new``, ``from_new``, ``own_renewal``, ``gap`` or ``won``
    Source: P30

    >>> from datetime import date
    >>> first = (date(2024, 5, 1), date(2025, 4, 30), True, "new")
    >>> second = (date(2025, 5, 1), date(2026, 4, 30), True, "from_new")
    >>> foreign = (date(2025, 5, 1), date(2026, 4, 30), False, None)
    >>> get_origin([], date(2024, 5, 1), 30, is_new_car=True)
    'new'
    >>> get_origin([first], date(2025, 5, 1), 30)
    'from_new'
    >>> get_origin([first, second], date(2026, 5, 10), 30)
    'own_renewal'
    >>> get_origin([first], date(2025, 6, 15), 30), get_origin([first, foreign], date(2026, 5, 1), 30)
    ('gap', 'gap')
    >>> get_origin([foreign], date(2026, 5, 1), 30), get_origin([], date(2026, 5, 1), 30)
    ('won', 'won')
    """
    if is_new_car:
        return "new"
    if not any(is_ours for _first, _last, is_ours, _origin in history):
        return "won"
    _first, last, is_ours, origin = max(history, key=lambda policy: policy[1])
    if not is_ours or (date_from - last).days - 1 > gap_days:
        return "gap"
    return "from_new" if origin == "new" else "own_renewal"


def get_commission(premium, percent):
    """Return what an insurer pays for a premium, to the cent.

    :param float premium: as paid by the customer, without vehicle tax
    :param float percent: of the premium
    :return: Decimal

    >>> get_commission(5230, 22.5), get_commission(950, 4), get_commission(0.1, 5)
    (Decimal('1176.75'), Decimal('38.00'), Decimal('0.01'))
    """
    share = Decimal(str(premium)) * Decimal(str(percent)) / 100
    return share.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def get_taken_back_share(first, last, cancelled, method="pro_rata", days=0):
    """Return which share of its commission an insurer takes back for a policy that ended early.

    :param date first: first day of cover
    :param date last: last day of cover as agreed
    :param date cancelled: day the cover ended; that day is not covered any more
    :param str method: ``pro_rata`` (the days not covered), ``full`` (all of it) or ``none``
    :param int days: only when cancelled within so many days from the first; 0: whenever it is cancelled
    :return: Fraction from 0 to 1; 1 for a policy that never began

    >>> from datetime import date
    >>> first, last = date(2026, 1, 1), date(2026, 12, 31)
    >>> get_taken_back_share(first, last, date(2026, 3, 15))
    Fraction(4, 5)
    >>> get_taken_back_share(first, last, date(2026, 3, 15), "full", 90)
    Fraction(1, 1)
    >>> get_taken_back_share(first, last, date(2026, 4, 15), "full", 90)
    Fraction(0, 1)
    >>> get_taken_back_share(first, last, date(2026, 3, 15), "none")
    Fraction(0, 1)
    >>> get_taken_back_share(first, last, date(2025, 12, 20), "none")
    Fraction(1, 1)
    >>> get_taken_back_share(first, last, date(2027, 2, 1))
    Fraction(0, 1)
    """
    total, used = (last - first).days + 1, (cancelled - first).days
    if used <= 0:
        return Fraction(1)
    if method == "none" or (days and used > days):
        return Fraction(0)
    return Fraction(1) if method == "full" else Fraction(max(total - used, 0), total)
