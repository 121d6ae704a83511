"""Tables as files, for people and for the import. Plain Python without ``env``."""

import csv
import io
from itertools import chain

from .table_file import harmless


def write_csv(headings, rows):
    """Return a CSV file that any spreadsheet opens rightly, formulas made harmless.

    :param list headings: texts
    :param rows: iterable of lists of texts or numbers
    :return: bytes, UTF-8 with its mark

    >>> write_csv(["a", "b"], [["=1+1", 2]]).decode("utf-8-sig")
    "a,b\\r\\n'=1+1,2\\r\\n"
    """
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8-sig", newline="")
    writer = csv.writer(stream)
    for row in chain([headings], rows):
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    stream.flush()
    return stream.buffer.getvalue()


def write_xlsx(headings, rows):
    """Return an XLSX file whose cells are all texts: nothing in it is calculated.

    :param list headings: texts
    :param rows: iterable of lists of texts or numbers
    :return: bytes
    """
    import xlsxwriter  # noqa: PLC0415 - 8 MB that only a worker which writes such a file need carry

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(chain([headings], rows)):
            for position, cell in enumerate(row):
                sheet.write_string(number, position, str(cell))
    return stream.getvalue()
