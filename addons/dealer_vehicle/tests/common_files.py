import base64
import io

from openpyxl import Workbook


def as_csv(rows, encoding="utf-8", separator=","):
    """Return rows of texts as a CSV file.

    :return: bytes
    """
    return "\r\n".join(separator.join(str(cell) for cell in row) for row in rows).encode(encoding)


def as_xlsx(rows, merged=()):
    """Return rows of values as an XLSX file; a formula in it has no saved value.

    :param merged: areas such as ``"A2:A3"``
    :return: bytes
    """
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    for area in merged:
        book.active.merge_cells(area)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def encoded(data):
    """Return bytes as a binary field takes them."""
    return base64.b64encode(data)
