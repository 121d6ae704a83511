"""Part numbers as people print, type and scan them. Plain Python, no Odoo."""

import unicodedata

#: Shorter keys match half the catalogue: a search with fewer significant
#: characters than this looks at names and printed numbers only.
MIN_SEARCH_LENGTH = 3


def normalise(number):
    """Return the key under which all spellings of a part number are one.

    Makers print the same number with spaces, dots, hyphens or slashes, scanners
    and Chinese input methods deliver full-width characters.

    :param str number: part number as printed or typed; ``None`` and ``False`` are allowed
    :return: upper-case letters and digits only; ``""`` when nothing is left
    :rtype: str

    >>> normalise("04465-33480")
    '0446533480'
    >>> normalise(" a 000.989-69/01 ")
    'A0009896901'
    >>> normalise("ＬＲ０１")
    'LR01'
    >>> normalise("---"), normalise(None), normalise(False)
    ('', '', '')
    """
    folded = unicodedata.normalize("NFKC", number or "").upper()
    return "".join(char for char in folded if char.isalnum())


def search_key(text):
    """Return the normalised text when it is long enough to search part numbers with.

    :param str text: what a user typed into a search field
    :return: the key, or ``""`` when fewer than :data:`MIN_SEARCH_LENGTH` characters count
    :rtype: str

    >>> search_key("044 65")
    '04465'
    >>> search_key("a-")
    ''
    """
    key = normalise(text) if isinstance(text, str) else ""
    return key if len(key) >= MIN_SEARCH_LENGTH else ""
