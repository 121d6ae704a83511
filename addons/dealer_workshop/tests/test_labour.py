import doctest

from odoo.tests import BaseCase, tagged

from ..tools import labour


@tagged("post_install", "-at_install", "dealer")
class TestLabour(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(labour)
        self.assertGreater(result.attempted, 10)
        self.assertFalse(result.failed)
