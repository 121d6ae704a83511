"""Read sales leads in ADF 1.0 (Auto-lead Data Format), the format portals and makers send.

Pure Python on lxml, no ``env``. The format was frozen in 2000 and its published DTD does not even
parse; real leads break it in every way. So the reader is lenient in what it maps and strict in what
it lets the parser do: a document type or entity declaration is refused, nothing is fetched, huge trees are
not built, and the text is cut off at a size no lead has.

Structure and words: ADF 1.0 specification, https://adfxml.info/adf_spec.pdf
"""

import hashlib
import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from lxml import etree

MAX_CHARS = 1_000_000
MAX_PROSPECTS = 50
MAX_TEXT = 10_000
INTERESTS = {"buy", "lease", "sell", "trade-in", "test-drive"}

_OPEN = re.compile(r"<adf\b", re.IGNORECASE)
_BLOCK = re.compile(r"<adf\b[^<>]*>.*?(?:</adf\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_DECLARATION = re.compile(r"<!\s*(?:DOCTYPE\s+(?!\s|html\s*>)|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_ESCAPED = re.compile(r"&lt;\s*adf\b", re.IGNORECASE)
_BARE_AMP = re.compile(r"&(?!#\d{1,7};|#x[0-9a-f]{1,6};|amp;|lt;|gt;|quot;|apos;)", re.IGNORECASE)
_CDATA = re.compile(r"(<!\[CDATA\[.*?(?:\]\]>|\Z))", re.DOTALL)
_TAG = re.compile(r"<[A-Za-z][^<>]*>")
_VALUE = re.compile(
    r"(?P<quoted>\"[^\"]*\"|'[^']*')|=\s*(?P<bare>[^\s\"'<>=]*[^\s\"'<>=/])|\s[\w-]+(?=\s*/?>|\s+[\w-])"
)
_MARKUP = re.compile(r"</?(?:br|p|div|span|font|pre|b|i|html|body|o:p)\b[^<>]*>", re.IGNORECASE)
_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DATE = re.compile(
    r"(?P<day>\d{4}-\d{1,2}-\d{1,2}|\d{8})"
    r"(?:[T ]\s*(?P<hour>\d{1,2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(?:(?P<zulu>Z)|(?P<sign>[+-])(?P<off_hour>\d{1,2})(?::?(?P<off_minute>\d{1,2}))?)?"
)
_NUMBER = re.compile(r"\d[\d.,'  ]*")


class AdfError(ValueError):
    """A lead nobody can read. ``args[0]`` says why: ``declaration``, ``size``, ``nothing``."""


@dataclass(slots=True)
class Vehicle:
    """A car wanted or offered. Texts are as sent; empty when missing."""

    interest: str = "buy"
    status: str = ""
    year: int = 0
    make: str = ""
    model: str = ""
    trim: str = ""
    vin: str = ""
    stock: str = ""
    colour: str = ""
    odometer: int = 0
    price: float = 0.0
    currency: str = ""
    finance: str = ""
    comments: str = ""

    @property
    def name(self):
        """Return year, make, model and trim in one line.

        >>> Vehicle(year=2026, make="Honda", model="CR-V").name
        '2026 Honda CR-V'
        """
        return " ".join(str(part) for part in (self.year or "", self.make, self.model, self.trim) if part)


@dataclass(slots=True)
class Prospect:
    """One enquiry: who, which cars, from whom."""

    key: str
    external_id: str = ""
    provider: str = ""
    service: str = ""
    vendor: str = ""
    requested: datetime | None = None
    name: str = ""
    email: str = ""
    phone: str = ""
    mobile: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    zip: str = ""
    country: str = ""
    timeframe: str = ""
    comments: str = ""
    vehicles: list[Vehicle] = field(default_factory=list)

    @property
    def wanted(self):
        """Return the cars the customer asks about."""
        return [vehicle for vehicle in self.vehicles if vehicle.interest not in ("trade-in", "sell")]

    @property
    def offered(self):
        """Return the cars the customer wants to give."""
        return [vehicle for vehicle in self.vehicles if vehicle.interest in ("trade-in", "sell")]


# === From text to trees ===
def has_adf(text):
    """Tell whether a text holds an ADF lead, readable or not.

    :param text: str or None: a mail's text, its HTML, or a file

    >>> has_adf("Hello <ADF><prospect/></ADF>"), has_adf("&lt;adf&gt;"), has_adf("about ADF"), has_adf(None)
    (True, True, False, False)
    """
    text = (text or "")[:MAX_CHARS]
    return bool(_OPEN.search(text) or _ESCAPED.search(text))


def read(text):
    """Return the enquiries of a lead text, whatever stands around the XML.

    :param str text: a mail's body (plain or HTML), a posted body or a file, decoded
    :return: list of :class:`Prospect`, at least one
    :raises AdfError: nothing that could be read, larger than a lead can be, or a text that declares
        a document type or entities

    >>> lead = read("Dear dealer, <adf><prospect><customer><contact><name part=full>Wang & Co</name>"
    ...     "</contact></customer></prospect></adf> regards")[0]
    >>> lead.name, lead.vehicles
    ('Wang & Co', [])
    >>> read('<!DOCTYPE adf [<!ENTITY a "b">]><adf><prospect/></adf>')  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    AdfError: declaration
    """
    text = _unwrap(text or "")
    if len(text) > MAX_CHARS:
        raise AdfError("size")
    if _DECLARATION.search(_CDATA.sub("", text)):
        raise AdfError("declaration")
    nodes = [node for block in _BLOCK.findall(text) for node in _prospects(block)]
    if not nodes:
        raise AdfError("nothing")
    return [_read_prospect(node) for node in nodes[:MAX_PROSPECTS]]


def _unwrap(text):
    """Return the text with the lead's own brackets: HTML mails show them escaped."""
    if len(text) <= MAX_CHARS and not _OPEN.search(text) and _ESCAPED.search(text):
        text = re.sub(r"<[^<>]{0,2000}>", "", text)  # the mail's own markup
        text = html.unescape(text.replace("&nbsp;", " "))
    return text


def _prospects(block):
    root = _parse(block)
    if root is None:
        return []
    return [node for node in root.iter() if _tag(node) == "prospect" and len(node)]


def _parse(block):
    """Return the tree of what stands between ``<adf`` and ``</adf>``; None when there is none."""
    parts = _CDATA.split(block)
    parts[::2] = [_mend(part) for part in parts[::2]]
    parser = etree.XMLParser(
        recover=True,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    # lxml takes no control characters, and a text with its own encoding line only as bytes
    clean = _CONTROL.sub(" ", "".join(parts))
    return etree.fromstring(clean.encode(), parser)  # noqa: S320


def _mend(text):
    """Return XML text without what its senders get wrong: bare ``&``, bare values, a mail's line breaks."""
    text = _BARE_AMP.sub("&amp;", _MARKUP.sub(" ", text))
    return _TAG.sub(lambda tag: _VALUE.sub(_quote, tag.group()), text)


def _quote(value):
    # A name without a value says nothing
    return value["quoted"] or (value["bare"] and f'="{value["bare"]}"') or ""


# === From trees to facts ===
def _tag(node):
    """Return the name of an element in small letters, without its namespace."""
    # A parser that recovers keeps names XML does not allow
    return node.tag.rpartition("}")[2].lower() if isinstance(node.tag, str) else ""


def _children(node, name):
    return [child for child in node if _tag(child) == name] if node is not None else []


def _child(node, *names):
    """Return the first element down a path of names, or None."""
    for name in names:
        found = _children(node, name)
        if not found:
            return None
        node = found[0]
    return node


def _text(node):
    """Return the text of an element and all below it, in one line of words, cut to a size."""
    if node is None:
        return ""
    # Many senders escape twice, and paste the HTML of their form
    text = re.sub(r"<[^<>]{0,500}>", " ", html.unescape("".join(node.itertext())))
    return _CONTROL.sub(" ", " ".join(text.split()))[:MAX_TEXT]


def _attribute(node, name):
    """Return an attribute whatever the case of its name, stripped and in small letters."""
    if node is None:
        return ""
    for key, value in node.attrib.items():
        if key.rpartition("}")[2].lower() == name:
            return value.strip().lower()
    return ""


def _read_prospect(node):
    contact = _child(node, "customer", "contact")
    if contact is None:
        contact = _child(node, "customer")
    customer, provider = _child(node, "customer"), _child(node, "provider")
    return Prospect(
        key=_key(node, provider),
        external_id=_external_id(node)[1],
        provider=_name(provider) or _text(_child(provider, "url")),
        service=_text(_child(provider, "service")),
        vendor=_text(_child(node, "vendor", "vendorname")) or _name(_child(node, "vendor", "contact")),
        requested=parse_date(_text(_child(node, "requestdate"))),
        name=_name(contact),
        email=_text(_child(contact, "email")),
        timeframe=_text(_child(customer, "timeframe", "description")) or _text(_child(customer, "timeframe")),
        comments=_text(_child(customer, "comments")) or _text(_child(node, "comments")),
        vehicles=[_read_vehicle(vehicle) for vehicle in _children(node, "vehicle")],
        **_phones(contact),
        **_address(_child(contact, "address")),
    )


def _external_id(node):
    """Return (source, text) of the first id that says something."""
    for found in _children(node, "id"):
        if _text(found):
            return _attribute(found, "source"), _text(found)
    return "", ""


def _key(node, provider):
    """Return what makes a lead the same lead: provider, source and id, else its content."""
    source, number = _external_id(node)
    if number:
        return "|".join((_name(provider).lower() or _text(_child(provider, "url")).lower(), source, number))[:500]
    # Without white space: forwarded twice, a mail is wrapped twice
    content = re.sub(rb"\s+", b"", etree.tostring(node, with_tail=False))
    return "sha256|" + hashlib.sha256(content).hexdigest()


def _name(contact):
    """Return a person's or firm's name from its parts, in the order people write them."""
    parts = {}
    for node in _children(contact, "name"):
        part = _attribute(node, "part") or "full"
        parts.setdefault("last" if part == "surname" else part, _text(node))
    order = ("first", "middle", "last", "suffix")
    spelled = " ".join(parts[part] for part in order if parts.get(part))
    return parts.get("full") or spelled or next(iter(parts.values()), "")


def _phones(contact):
    """Return the numbers to call: the customer's preferred one first, cell phones apart."""
    found = [
        (_attribute(node, "type"), _attribute(node, "preferredcontact") == "1", _text(node))
        for node in _children(contact, "phone")
        if re.search(r"\d", _text(node))
    ]
    found.sort(key=lambda entry: not entry[1])
    is_mobile = ("cellphone", "mobile", "cell")
    mobiles = [number for kind, _preferred, number in found if kind in is_mobile]
    others = [number for kind, _preferred, number in found if kind not in (*is_mobile, "fax", "pager")]
    return {"phone": (others or [""])[0], "mobile": (mobiles or [""])[0]}


def _address(node):
    streets = [_text(child) for child in _children(node, "street") + _children(node, "apartment")]
    return {
        "street": " ".join(street for street in streets if street),
        "city": _text(_child(node, "city")),
        "region": _text(_child(node, "regioncode")) or _text(_child(node, "state")),
        "zip": _text(_child(node, "postalcode")),
        "country": _text(_child(node, "country")),
    }


def _read_vehicle(node):
    interest = _attribute(node, "interest").replace("_", "-").replace(" ", "-")
    price = _child(node, "price")
    return Vehicle(
        interest=interest if interest in INTERESTS else "buy",
        status=_attribute(node, "status"),
        year=_year(_text(_child(node, "year"))),
        odometer=int(number(_text(_child(node, "odometer")))),
        price=number(_text(price)),
        currency=_attribute(price, "currency").upper(),
        colour=_text(_child(node, "colorcombination", "exteriorcolor")),
        finance=_text(_child(node, "finance", "method")),
        **{name: _text(_child(node, name)) for name in ("make", "model", "trim", "vin", "stock", "comments")},
    )


def _year(text):
    found = re.search(r"\b(19|20)\d\d\b", text)
    return int(found.group()) if found else 0


def number(text):
    """Return the first number of a text as people write them; 0.0 when there is none.

    >>> number("$ 23,500.00"), number("45.000"), number("12,5"), number("87 500 km"), number("call")
    (23500.0, 45000.0, 12.5, 87500.0, 0.0)
    """
    found = _NUMBER.search((text or "")[:200])
    digits = re.sub(r"[^\d.,]", "", found.group()).rstrip(".,") if found else "0"
    # The last mark is a decimal one when less than three digits follow, else it groups thousands
    whole, mark, rest = re.match(r"(.*?)(?:([.,])(\d{1,2}))?$", digits).groups()
    value = re.sub(r"[.,]", "", whole) or "0"
    return float(f"{value[:15]}.{rest}" if mark else value[:15])


def parse_date(text):
    """Return a lead's date in UTC, whatever is broken in it; None when there is no day to find.

    A time without an offset is taken as UTC. An offset nobody can have is ignored.

    :param str text: ISO 8601 or what senders take for it
    :return: datetime without timezone, in UTC, or None

    >>> parse_date("2020-02-09T18:26:00-05:00"), parse_date("2020-02-09T8:47:50-08:0")
    (datetime.datetime(2020, 2, 9, 23, 26), datetime.datetime(2020, 2, 9, 16, 47, 50))
    >>> parse_date("20200209"), parse_date("2020-13-45"), parse_date("yesterday"), parse_date("2020-02-09T25:61")
    (datetime.datetime(2020, 2, 9, 0, 0), None, None, datetime.datetime(2020, 2, 9, 0, 0))
    """
    found = _DATE.search(text or "")
    if not found:
        return None
    part = found.groupdict()
    try:
        day = datetime.strptime(re.sub(r"\D", "-", part["day"]), "%Y-%m-%d" if "-" in part["day"] else "%Y%m%d")
    except ValueError:
        return None
    return _with_time(day, part)


def _with_time(day, part):
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        return day
    offset = timedelta(hours=int(part["off_hour"] or 0), minutes=int(part["off_minute"] or 0))
    offset = -offset if part["sign"] == "-" else offset
    if abs(offset) > timedelta(hours=14):
        offset = timedelta()
    moment = day.replace(hour=hour, minute=minute, second=second, tzinfo=timezone(offset))
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return None
