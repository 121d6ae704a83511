import doctest

from odoo.tests import BaseCase, tagged

from ..tools import contract_text, fingerprint, phone, price_cut, version_diff


@tagged("post_install", "-at_install", "dealer")
class TestTools(BaseCase):
    def test_doctests(self):
        for module in (contract_text, fingerprint, phone, price_cut, version_diff):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted)
            self.assertFalse(result.failed)
