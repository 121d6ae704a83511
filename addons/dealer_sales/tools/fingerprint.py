"""One short word for what was agreed, so that a change of it can be seen."""

import hashlib
import json


def text_hash(text):
    """Return the SHA-256 of a text.

    :param str text: the frozen contract text
    :return: str, 64 hexadecimal digits

    >>> text_hash("a")[:8]
    'ca978112'
    """
    return hashlib.sha256((text or "").encode()).hexdigest()


def fingerprint(facts):
    """Return the SHA-256 of plain facts, whatever the order of their keys.

    :param facts: dict or list of str, int, bool, None; **no floats** (write
        amounts as text of fixed decimals, or two machines differ)
    :return: str, 64 hexadecimal digits
    :raises TypeError: a value that is not plain

    >>> fingerprint({"a": 1, "b": "2.00"}) == fingerprint({"b": "2.00", "a": 1})
    True
    >>> fingerprint({"price": "99.00"}) == fingerprint({"price": "98.00"})
    False
    """
    return text_hash(json.dumps(facts, sort_keys=True, separators=(",", ":")))


def amount(value, digits=6):
    """Write a number as text of fixed decimals.

    :param float value: price, quantity or percentage
    :param int digits: decimals kept
    :return: str

    >>> amount(1e3, 2), amount(-0.0, 2), amount(0.1 + 0.2, 4)
    ('1000.00', '0.00', '0.3000')
    """
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text
