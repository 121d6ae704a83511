"""Small rules of the catalogue."""

import re
from urllib.parse import urlsplit


def is_web_link(text):
    """Tell whether a text is a link a browser may follow.

    :param str text: as somebody pasted it

    >>> is_web_link("https://example.com/film?v=1")
    True
    >>> is_web_link("javascript:alert(1)")
    False
    >>> is_web_link("www.example.com")
    False
    >>> is_web_link("")
    False
    """
    parts = urlsplit((text or "").strip())
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def next_year_name(name, year):
    """Return the name of a trim one model year later.

    :param str name: of the trim; the year stands in it or not
    :param int year: model year of that trim
    :return: str; the year's last stand-alone mention is raised

    >>> next_year_name("N5 2026 Comfort", 2026)
    'N5 2027 Comfort'
    >>> next_year_name("2026款 舒适版", 2026)
    '2027款 舒适版'
    >>> next_year_name("Comfort", 2026)
    'Comfort'
    >>> next_year_name("Type 20260", 2026)
    'Type 20260'
    """
    found = list(re.finditer(rf"(?<!\d){year}(?!\d)", name))
    if not year or not found:
        return name
    start, end = found[-1].span()
    return f"{name[:start]}{year + 1}{name[end:]}"
