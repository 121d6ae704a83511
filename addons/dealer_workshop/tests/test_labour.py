import doctest

from odoo.tests import BaseCase, tagged

from ..tools import labour, payers


@tagged("post_install", "-at_install", "dealer")
class TestLabour(BaseCase):
    def test_doctests(self):
        for tool in (labour, payers):
            with self.subTest(tool=tool.__name__):
                result = doctest.testmod(tool)
                self.assertGreater(result.attempted, 10)
                self.assertFalse(result.failed)
