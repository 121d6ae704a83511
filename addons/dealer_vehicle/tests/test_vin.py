import doctest

from odoo.tests import BaseCase, tagged

from ..tools import vin as vin_tools


@tagged("post_install", "-at_install", "dealer")
class TestVin(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(vin_tools)
        self.assertGreater(result.attempted, 10)
        self.assertFalse(result.failed)

    def test_weights_of_every_position(self):
        # One sign changed at any position but the check digit itself is noticed, unless the
        # change is worth a multiple of 11.
        vin = "1M8GDM9AXKP042788"
        for position in set(range(17)) - {8}:
            sign = vin[position]
            other = "1" if sign != "1" else "2"
            changed = vin[:position] + other + vin[position + 1 :]
            difference = vin_tools.VALUES[sign] - vin_tools.VALUES[other]
            if difference * vin_tools.WEIGHTS[position] % 11:
                self.assertFalse(vin_tools.check_digit_ok(changed), changed)

    def test_year_code_at_the_turn_of_the_cycle(self):
        self.assertEqual(vin_tools.model_years("1HGCM8263YA004352"), [2000])
        self.assertEqual(vin_tools.model_years("5YJ3E1EA79F317000"), [2039])
