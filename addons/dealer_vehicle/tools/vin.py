"""Vehicle identification numbers (ISO 3779/3780, 49 CFR 565.15, GB 16735).

Plain Python without ``env``, so that imports, tests and other programs can use it.
"""

import re

POSSIBLE = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
SEPARATORS = re.compile(r"[\s\-\u2010-\u2015_./]+")
WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
VALUES = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
YEAR_CODES = "ABCDEFGHJKLMNPRSTVWXY123456789"
FIRST_YEAR = 1980
CYCLE = len(YEAR_CODES)
# What people read wrongly from a windscreen or a paper: these letters are not in a VIN.
MISREAD = str.maketrans({"I": "1", "O": "0", "Q": "0"})
# Full-width characters come from Chinese input methods.
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def normalise(vin):
    """Return the VIN as it is stored: upper case, without spaces or hyphens.

    :param str vin: as typed or scanned, may be empty or ``None``
    :return: str, "" for nothing

    >>> normalise(" 1hgcm-82633 a004352 ")
    '1HGCM82633A004352'
    >>> normalise("ＬＳＶ")
    'LSV'
    >>> normalise(None)
    ''
    """
    return SEPARATORS.sub("", (vin or "").translate(FULL_WIDTH)).upper()


def is_possible(vin):
    """Tell whether a normalised text can be a VIN: 17 signs without I, O and Q.

    >>> is_possible("1HGCM82633A004352")
    True
    >>> is_possible("1HGCM82633A00435"), is_possible("IHGCM82633A004352"), is_possible("")
    (False, False, False)
    """
    return bool(POSSIBLE.fullmatch(vin or ""))


def check_digit(vin):
    """Return the sign that position 9 ought to be.

    :param str vin: a possible VIN
    :return: str of one sign, "0" to "9" or "X"
    :raises ValueError: it cannot be a VIN

    >>> check_digit("1M8GDM9A_KP042788".replace("_", "0"))
    'X'
    """
    if not is_possible(vin):
        raise ValueError(f"{vin!r} cannot be a VIN")
    total = sum(VALUES[sign] * weight for sign, weight in zip(vin, WEIGHTS, strict=True))
    return "0123456789X"[total % 11]


def check_digit_ok(vin):
    """Tell whether position 9 is the check digit of the VIN.

    >>> check_digit_ok("11111111111111111"), check_digit_ok("1M8GDM9AXKP042788")
    (True, True)
    >>> check_digit_ok("1M8GDM9A1KP042788"), check_digit_ok("short")
    (False, False)
    """
    return is_possible(vin) and vin[8] == check_digit(vin)


def check_digit_applies(vin):
    """Tell whether the market of the car prescribes the check digit.

    North America (1 to 5) and China (L, since GB 16737-2019 also H). European makers
    do not use it (position 9 is often Z), Japanese exports vary.

    >>> check_digit_applies("LSVAA49J132047371"), check_digit_applies("WVWZZZ1KZAW000001")
    (True, False)
    """
    return bool(vin) and vin[0] in "12345LH"


def is_doubtful(vin):
    """Tell whether a normalised VIN ought to have a right check digit and has none.

    >>> is_doubtful("1HGCM82633A004352"), is_doubtful("1HGCM82643A004352"), is_doubtful("WVWZZZ1KZAW000001")
    (False, True, False)
    """
    return check_digit_applies(vin) and not check_digit_ok(vin)


def model_years(vin):
    """Return the model years position 10 may mean, oldest first.

    Position 7 decides the thirty-year cycle for North American cars only; elsewhere
    both candidates stay. ``0``, ``U`` and ``Z`` are no year codes (BMW Europe writes
    ``0``): nothing is known then, which is no error.

    :param str vin: normalised
    :return: list of int, empty when unknown

    >>> model_years("1HGCM82633A004352"), model_years("5YJ3E1EA7KF317000")
    ([2003], [2019])
    >>> model_years("LSVAA49J132047371"), model_years("WBA3A5C500F000000")
    ([2003, 2033], [])
    """
    if not is_possible(vin) or vin[9] not in YEAR_CODES:
        return []
    first = FIRST_YEAR + YEAR_CODES.index(vin[9])
    if vin[0] in "12345":
        return [first + CYCLE if vin[6].isalpha() else first]
    return [first, first + CYCLE]


def wmi(vin):
    """Return the world maker identifier: three signs, six for a maker of few cars.

    >>> wmi("LSVAA49J132047371"), wmi("HE9XR1C48PS083871")
    ('LSV', 'HE9083')
    """
    return vin[:3] + (vin[11:14] if vin[2:3] == "9" else "")


def suggest(vin):
    """Return what the typed text probably was, or "" when there is nothing to offer.

    Only the letters that no VIN has are replaced; the user decides.

    >>> suggest("IHGCM82633AOO4352")
    '1HGCM82633A004352'
    >>> suggest("1HGCM82633A004352"), suggest("short")
    ('', '')
    """
    typed = normalise(vin)
    offered = typed.translate(MISREAD)
    return offered if offered != typed and is_possible(offered) else ""
