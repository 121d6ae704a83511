import doctest
import unittest

from odoo.addons.dealer_parts.tools import part_number


def load_tests(loader, tests, ignore):
    """Run the specification in ``tools/part_number.py`` with the add-on's tests."""
    tests.addTests(doctest.DocTestSuite(part_number))
    return tests


class TestPartNumber(unittest.TestCase):
    def test_module_has_a_specification(self):
        self.assertTrue(doctest.DocTestFinder().find(part_number))
