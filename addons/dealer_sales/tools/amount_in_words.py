"""Chinese capital numerals for money, as receipts (收据) in China must carry them.

Pure Python, no ``env``. The capital digits are prescribed for bills and receipts by the
People's Bank of China rules on filling in bills (正确填写票据和结算凭证的基本规定): the amount in
capitals is what counts when it differs from the figures, so it must be exact to the cent.
"""

from decimal import ROUND_HALF_UP, Decimal

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")


def chinese_capitals(amount):
    """Return ``amount`` of yuan written in Chinese capital numerals.

    :param amount: yuan as Decimal, float, int or str; rounded half up to the cent (分)
    :return: str, ending in 整 when there are no cents
    :raises ValueError: below zero, or 10**16 yuan and more (no room in four groups of four)

    >>> chinese_capitals(0)
    '零元整'
    >>> chinese_capitals(5000)
    '伍仟元整'
    >>> chinese_capitals(19152.39)
    '壹万玖仟壹佰伍拾贰元叁角玖分'
    >>> chinese_capitals(100005.05)
    '壹拾万零伍元零伍分'
    >>> chinese_capitals("10050000.50")
    '壹仟零伍万元伍角整'
    >>> chinese_capitals(0.07)
    '柒分'
    >>> chinese_capitals(-1)
    Traceback (most recent call last):
    ...
    ValueError: amount out of range: -1.00
    """
    value = Decimal(str(amount)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    if not 0 <= value < Decimal(10) ** 16:
        raise ValueError(f"amount out of range: {value}")
    yuan, cents = divmod(int(value * 100), 100)
    tail = _cents(cents, bool(yuan))
    return (_yuan(yuan) if yuan or not cents else "") + tail


def _yuan(number):
    """Return the whole yuan in capitals with 元, reading zeros between digits once."""
    if not number:
        return "零元"
    text, gap = "", False
    digits = str(number)
    for index, digit in enumerate(digits):
        place = len(digits) - 1 - index
        group, unit = divmod(place, 4)
        if digit == "0":
            gap = True
        else:
            text += (DIGITS[0] if gap and text else "") + DIGITS[int(digit)] + PLACES[unit]
            gap = False
        group_digits = digits[max(0, index - 3) : index + 1]
        if not unit and group_digits.strip("0"):
            text += GROUPS[group]
    return text + "元"


def _cents(cents, has_yuan):
    """Return 角 and 分, or 整 for a round amount."""
    if not cents:
        return "整"
    ten, one = divmod(cents, 10)
    text = DIGITS[ten] + "角" if ten else (DIGITS[0] if has_yuan else "")
    return text + (DIGITS[one] + "分" if one else "整")
