import doctest

from odoo.tests import BaseCase, tagged

from ..tools import commission, contract_text, customer_score, fingerprint, forecast, period, phone, slots


@tagged("post_install", "-at_install", "dealer")
class TestTools(BaseCase):
    def test_doctests(self):
        for module in (commission, contract_text, customer_score, fingerprint, forecast, period, phone, slots):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted)
            self.assertFalse(result.failed)
