"""Tell whether two phone numbers are the same, however people write them."""

import re

KEY_DIGITS = 8


def digits(number):
    """Return the digits of a number without its leading zeros.

    :param str number: as typed, or None
    :return: str

    >>> digits("+86 138-0013-8000"), digits("0470 12 34 56"), digits(None)
    ('8613800138000', '470123456', '')
    """
    return re.sub(r"\D", "", number or "").lstrip("0")


def key(number):
    """Return the end of a number, to look candidates up by an index.

    :param str number: as typed, or None
    :return: str of 8 digits, or None when the number is too short to tell anybody

    >>> key("+86 138 0013 8000"), key("138 0013 8000"), key("112")
    ('00138000', '00138000', None)
    """
    text = digits(number)
    return text[-KEY_DIGITS:] if len(text) >= KEY_DIGITS else None


def is_same(one, other):
    """Tell whether two numbers are one, with or without the code of the country.

    :param str one: as typed
    :param str other: as typed
    :return: bool

    >>> is_same("+32 470 12 34 56", "0470/123456"), is_same("13800138000", "+8613800138000")
    (True, True)
    >>> is_same("13800138000", "18800138000"), is_same("112", "112")
    (False, False)
    """
    if not key(one) or not key(other):
        return False
    short, long = sorted((digits(one), digits(other)), key=len)
    return long.endswith(short)
