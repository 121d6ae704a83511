"""Tables as people send them: CSV in any usual encoding and separator, XLSX as spreadsheets save it.

Plain Python without ``env``. Rows are read one by one, so that a file of a million rows costs no more memory than one
of a hundred. Nothing of a file is ever evaluated: of a formula only the value the spreadsheet saved counts.
"""

import codecs
import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

HEADING_ROWS = 20  # a title, an address, a date may stand above the headings
MAX_COLUMNS = 200
MAX_CELL = 32_767  # signs, as a spreadsheet allows
MAX_UNPACKED = 2_000_000_000  # bytes of an XLSX once unpacked: a packed bomb is refused
MAX_TEXTS = 300_000_000  # bytes of its shared texts, the only part that is held in memory
CHUNK = 1 << 20  # bytes
SEPARATORS = ",;\t|，；"
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*")
MERGED = re.compile(rb'mergeCell[^>]*\sref="([A-Z]+\d+:[A-Z]+\d+)"')
FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")


class TableFileError(Exception):
    """The file cannot be read as a table.

    :ivar str code: ``type``, ``old``, ``locked``, ``encoding``, ``empty``, ``headings``, ``limit`` or ``big``
    :ivar int limit: rows allowed, for ``limit``
    """

    def __init__(self, code, limit=0):
        super().__init__(code)
        self.code = code
        self.limit = limit


@dataclass
class Row:
    """One row below the headings.

    :ivar int number: as the spreadsheet counts, the first row of the file is 1
    :ivar list cells: texts without spaces around them, as many as headings
    :ivar dict faults: {index of the cell: ``formula`` (no saved value) or ``error`` (#REF! and the like)}
    """

    number: int
    cells: list
    faults: dict = field(default_factory=dict)


@dataclass
class Table:
    """Headings, and the rows to be read once."""

    headings: list
    rows: object


def read_table(data, recognise=None, limit=None):
    """Open a file as a table.

    :param bytes data: the file
    :param recognise: function that tells how many of a list of texts are known headings; the row with most of them
        among the first twenty is the heading, else the first row with two texts or more
    :param int limit: most rows below the headings
    :return: :class:`Table`; its ``rows`` raise ``TableFileError("limit")`` when there are more than ``limit``
    :raises TableFileError: nothing to be read here

    >>> table = read_table("Car list;;\\nVIN;Colour\\nA1;red\\n;\\nB2;'=blue\\n".encode())
    >>> table.headings, [(row.number, row.cells) for row in table.rows]
    (['VIN', 'Colour'], [(3, ['A1', 'red']), (5, ['B2', '=blue'])])
    >>> read_table("车架号,颜色\\nA1,珠光白\\n".encode("gb18030")).headings
    ['车架号', '颜色']
    >>> list(read_table(b"VIN,Colour\\n").rows)
    []
    """
    if data[:4] == b"PK\x03\x04":
        lines = _read_xlsx(data)
    elif data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise TableFileError("old")
    else:
        lines = _read_csv(data)
    first = list(islice(lines, HEADING_ROWS))
    heading = _find_heading(first, recognise or (lambda texts: 0))
    headings = [text[:200] for text in first[heading].cells[:MAX_COLUMNS]]
    while headings and not headings[-1]:
        headings.pop()
    return Table(headings, _rows(first[heading + 1 :], lines, len(headings), limit))


def _find_heading(lines, recognise):
    if not any(any(line.cells) for line in lines):
        raise TableFileError("empty")
    best = max(range(len(lines)), key=lambda index: (recognise(lines[index].cells), -index))
    if recognise(lines[best].cells):
        return best
    for index, line in enumerate(lines):
        if sum(bool(text) for text in line.cells) >= 2:
            return index
    raise TableFileError("headings")


def _rows(first, lines, width, limit):
    count = 0
    for source in (first, lines):
        for row in source:
            if not any(row.cells) and not row.faults:
                continue
            count += 1
            if limit and count > limit:
                raise TableFileError("limit", limit)
            row.cells = (row.cells + [""] * width)[:width]
            yield row


# ------------------------------------------------------------------------------------------------- CSV


def detect_encoding(data):
    """Return the name of the encoding of a text file.

    UTF-8 and UTF-16 tell themselves; what is neither is GB18030 (the Chinese norm), or Windows' western one when
    it cannot be that.

    >>> detect_encoding(b"\\xef\\xbb\\xbfa"), detect_encoding("é".encode())
    ('utf-8-sig', 'utf-8')
    >>> detect_encoding("车架号".encode("gb18030")), detect_encoding(b"M\\xfc, x")
    ('gb18030', 'cp1252')
    """
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for name in ("utf-8", "gb18030", "cp1252"):
        if _can_decode(data, name):
            return name
    raise TableFileError("encoding")


def _can_decode(data, name):
    decoder = codecs.getincrementaldecoder(name)()
    try:
        for start in range(0, len(data), CHUNK):
            decoder.decode(data[start : start + CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def detect_separator(text):
    """Return the separator of a table's first lines: the one that most lines have, and have most often.

    >>> detect_separator("VIN;Price\\nA;1,50\\n"), detect_separator("a\\tb"), detect_separator('"a,b"|c')
    (';', '\\t', '|')
    """
    lines = [re.sub(r'"[^"]*"', "", line) for line in text.splitlines()[:HEADING_ROWS] if line.strip()]
    return max(
        SEPARATORS,
        key=lambda sign: (sum(sign in line for line in lines), sum(line.count(sign) for line in lines)),
    )


def _read_csv(data):
    encoding = detect_encoding(data)
    if encoding != "utf-16" and b"\0" in data[:CHUNK]:
        raise TableFileError("type")
    head = codecs.getincrementaldecoder(encoding)().decode(data[: CHUNK // 16])
    if head.lstrip()[:5] in ("%PDF-", "<?xml", "<html", "<!DOC") or "{\\rtf" in head[:10]:
        raise TableFileError("type")
    stream = io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline="")
    reader = csv.reader(stream, delimiter=detect_separator(head))
    before = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise TableFileError("type") from error
        # A quoted cell may hold line ends: the row is counted where it begins.
        yield Row(before + 1, [clean(text) for text in cells[:MAX_COLUMNS]])
        before = reader.line_num


def clean(text):
    """Return a cell's text without spaces around it and without the apostrophe that makes a formula harmless.

    >>> clean(" x\\u00a0"), clean("'=1+1"), clean("'s-Gravenhage")
    ('x', '=1+1', "'s-Gravenhage")
    """
    text = text.replace("\0", "").replace("\ufeff", "").strip()[:MAX_CELL]
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


# ------------------------------------------------------------------------------------------------- XLSX


def _read_xlsx(data):
    try:
        return _xlsx_rows(data)
    except TableFileError:
        raise
    except Exception as error:  # whatever a damaged file provokes in the parser: it is no spreadsheet to us
        raise TableFileError("type") from error


def _xlsx_rows(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
        if "[Content_Types].xml" not in sizes or not any(name.startswith("xl/") for name in sizes):
            raise TableFileError("type")
        if sum(sizes.values()) > MAX_UNPACKED or sizes.get("xl/sharedStrings.xml", 0) > MAX_TEXTS:
            raise TableFileError("big")
    sheet = _first_sheet(data, values=True)
    has_formulas, merged = _scan_sheet(data, sheet._worksheet_path)
    formulas = _first_sheet(data, values=False) if has_formulas else None
    return _guarded(_sheet_rows(sheet, formulas, merged))


def _guarded(rows):
    try:
        yield from rows
    except TableFileError:
        raise
    except Exception as error:  # a file that is damaged further down
        raise TableFileError("type") from error


def _first_sheet(data, values):
    # Here, not above: it brings numpy, 20 MB that a worker which reads no such file need not carry.
    from openpyxl import load_workbook  # noqa: PLC0415

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=values)
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if not sheets:
        raise TableFileError("empty")
    # Some programs write a wrong size into the file: the rows themselves tell.
    sheets[0].reset_dimensions()
    return sheets[0]


def _scan_sheet(data, path):
    """Return whether a sheet has formulas, and its merged areas, without reading it into memory."""
    from openpyxl.utils import range_boundaries  # noqa: PLC0415 - as above

    has_formulas, merged, rest = False, [], b""
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(path.lstrip("/")) as stream:
        while chunk := stream.read(CHUNK):
            text = rest + chunk
            has_formulas = has_formulas or bool(FORMULA.search(text))
            end = 0
            for match in MERGED.finditer(text):
                merged.append(range_boundaries(match[1].decode()))
                end = match.end()
            rest = text[max(end, len(text) - 200) :]
    return has_formulas, merged


def _sheet_rows(sheet, formulas, merged):
    """Yield the rows; an area merged downwards says the same in each of its rows, as the eye reads it."""
    starts = {}
    for left, top, _right, bottom in merged:
        if bottom > top:
            starts.setdefault(top, []).append((left - 1, bottom))
    sources = formulas.iter_rows(values_only=True) if formulas else None
    carried = {}
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        row = _row(number, values[:MAX_COLUMNS], next(sources, ()) if sources else ())
        carried = {index: kept for index, kept in carried.items() if kept[0] >= number}
        for index, (_bottom, text) in carried.items():
            row.cells += [""] * (index + 1 - len(row.cells))
            row.cells[index] = row.cells[index] or text
        for index, bottom in starts.get(number, ()):
            if index < len(row.cells):
                carried[index] = (bottom, row.cells[index])
        yield row


def _row(number, values, sources):
    row = Row(number, [])
    for index, value in enumerate(values):
        source = sources[index] if index < len(sources) else None
        if value is None and source is not None:
            row.faults[index] = "formula"
        text = cell_text(value)
        if text.startswith("#") and text.rstrip("!?").isupper() and source is not None:
            row.faults[index] = "error"
        row.cells.append(text)
    return row


def cell_text(value):
    """Return a spreadsheet's value as the text a CSV file would hold.

    >>> cell_text(13800138000.0), cell_text(None), cell_text(True), cell_text(1.5)
    ('13800138000', '', 'true', '1.5')
    >>> cell_text(datetime(2026, 3, 1)), cell_text(datetime(2026, 3, 1, 8, 30))
    ('2026-03-01', '2026-03-01 08:30:00')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return (
            str(value.date()) if not (value.hour or value.minute or value.second) else str(value.replace(microsecond=0))
        )
    if isinstance(value, date):
        return str(value)
    return clean(str(value))


# ------------------------------------------------------------------------------------------------- values


def parse_number(text):
    """Return a number as people write it, with a point or a comma, or ``None`` when it is none.

    >>> [parse_number(text) for text in ("1,234.50", "1.234,50", "171,900", "99,5", "￥171900", "12万", "x")]
    [1234.5, 1234.5, 171900.0, 99.5, 171900.0, None, None]
    """
    text = re.sub(r"[\s\u00a0¥￥$€£']", "", text)
    if not NUMBER.fullmatch(text):
        return None
    point = max(text.rfind("."), text.rfind(","))
    if point < 0:
        return float(text)
    sign, digits = text[point], len(text) - point - 1
    is_grouping = text.count(sign) > 1 or (sign == "," and digits == 3 and "." not in text)
    if is_grouping:
        return float(text.replace(",", "").replace(".", ""))
    return float(text[:point].replace(",", "").replace(".", "") + "." + text[point + 1 :])


def parse_date(text):
    """Return a date as people write it, or ``None`` when it is none or may mean two days.

    >>> [str(parse_date(text)) for text in ("2026-03-01", "2026/3/1", "2026年3月1日", "20260301")]
    ['2026-03-01', '2026-03-01', '2026-03-01', '2026-03-01']
    >>> str(parse_date("31.12.2026")), parse_date("2/3/2026")
    ('2026-12-31', None)
    """
    text = text.strip().split(" ")[0].split("T")[0]
    match = re.fullmatch(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?", text)
    parts = match.groups() if match else None
    if not parts and (match := re.fullmatch(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})", text)):
        # Day and month: only the point, or a day above twelve, says which is which.
        first, sign, second, year = match.groups()
        if sign == "." or int(first) > 12:
            parts = year, second, first
        elif int(second) > 12:
            parts = year, first, second
    try:
        return date(*map(int, parts)) if parts else None
    except ValueError:
        return None


def parse_bool(text):
    """Return yes or no, or ``None`` for anything else.

    >>> [parse_bool(text) for text in ("Yes", "是", "0", "false", "否", "perhaps")]
    [True, True, False, False, False, None]
    """
    word = text.strip().lower()
    if word in ("1", "yes", "y", "true", "x", "✓", "是", "有", "对"):
        return True
    return False if word in ("0", "no", "n", "false", "否", "无", "", "-") else None


def harmless(text):
    """Return a text that no spreadsheet takes for a formula.

    >>> [harmless(text) for text in ("=HYPERLINK(1)", "-5", "+86 138", "plain", "@x")]
    ["'=HYPERLINK(1)", '-5', "'+86 138", 'plain', "'@x"]
    """
    if text.startswith(FORMULA_SIGNS) and not NUMBER.fullmatch(text):
        return "'" + text
    return text
