import doctest
import itertools

from odoo.tests import BaseCase, tagged

from ..tools import column_names, table_file, table_writer
from .common_files import as_csv, as_xlsx


@tagged("post_install", "-at_install", "dealer")
class TestTableFile(BaseCase):
    """Files as people send them."""

    def _refused(self, data, limit=None):
        with self.assertRaises(table_file.TableFileError) as refused:
            list(table_file.read_table(data, limit=limit).rows)
        return refused.exception.code

    def test_doctests(self):
        for module in (column_names, table_file, table_writer):
            result = doctest.testmod(module)
            self.assertGreater(result.attempted, 0)
            self.assertFalse(result.failed)

    def test_encodings_and_separators(self):
        rows = [["车架号", "颜色"], ["LSVAA49J132047371", "珠光白"]]
        for encoding, separator in itertools.product(("utf-8", "utf-8-sig", "gb18030", "utf-16"), ",;\t|"):
            table = table_file.read_table(as_csv(rows, encoding, separator))
            self.assertEqual([table.headings, *(row.cells for row in table.rows)], rows, (encoding, separator))

    def test_quotes_hold_separators_and_line_ends(self):
        table = table_file.read_table(b'VIN,Note\nA1,"red, with\na roof"\nB2,x\n')
        self.assertEqual([(row.number, row.cells[1]) for row in table.rows], [(2, "red, with\na roof"), (4, "x")])

    def test_merged_cells(self):
        data = as_xlsx(
            [["Shipping list", None, None], ["Order", "VIN", "Colour"], ["P1", "A", "red"], [None, "B", None]],
            merged=("A1:C1", "A3:A4", "C3:C4"),
        )
        table = table_file.read_table(data, column_names.recognise(["order_no", "vin"]))
        self.assertEqual(table.headings, ["Order", "VIN", "Colour"])
        self.assertEqual([row.cells for row in table.rows], [["P1", "A", "red"], ["P1", "B", "red"]])

    def test_formula_is_never_evaluated(self):
        table = table_file.read_table(as_xlsx([["VIN", "Price"], ["A", "=1+1"], ["B", 2]]))
        rows = list(table.rows)
        self.assertEqual((rows[0].cells, rows[0].faults), (["A", ""], {1: "formula"}))
        self.assertEqual((rows[1].cells, rows[1].faults), (["B", "2"], {}))

    def test_what_is_no_table(self):
        for data, code in (
            (b"", "empty"),
            (b"\n\n", "empty"),
            (b"one", "headings"),
            (b"%PDF-1.7 x,y", "type"),
            (b"PK\x03\x04 damaged", "type"),
            (b"\x89PNG\r\n\x1a\n\0\0\0,", "type"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "old"),
        ):
            self.assertEqual(self._refused(data), code, data)

    def test_damaged_further_down(self):
        data = bytearray(as_xlsx([["VIN", "Price"], *([f"A{n}", n] for n in range(500))]))
        data[len(data) // 2 : len(data) // 2 + 40] = b"x" * 40
        self.assertEqual(self._refused(bytes(data)), "type")

    def test_million_rows_are_refused_early(self):
        data = b"VIN,Price\n" + b"A,1\n" * 1_000_000
        table = table_file.read_table(data, limit=2000)
        with self.assertRaises(table_file.TableFileError) as refused:
            for count, _row in enumerate(table.rows, start=1):
                self.assertLessEqual(count, 2000)
        self.assertEqual((refused.exception.code, refused.exception.limit), ("limit", 2000))
