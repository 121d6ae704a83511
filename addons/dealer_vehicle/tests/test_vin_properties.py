from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import vin as vin_tools

SIGNS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
vins = st.text(SIGNS, min_size=17, max_size=17)
anything = st.text(max_size=40)
separators = st.sampled_from(["", " ", "-", "\t", "\u3000", "\u2013", ".", "_", "/", "\n"])
# The same runs every time, so that a failure is a change of the code and not of luck.
thorough = settings(
    max_examples=300, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@tagged("post_install", "-at_install", "dealer")
class TestVinProperties(BaseCase):
    """What holds for every VIN and every text, on examples somebody else thinks up."""

    @thorough
    @given(anything)
    def test_normalise_twice_is_once(self, text):
        once = vin_tools.normalise(text)
        self.assertEqual(vin_tools.normalise(once), once)

    @thorough
    @given(vins, st.lists(separators, min_size=17, max_size=17), st.booleans(), st.booleans())
    def test_every_spelling_of_a_vin_is_that_vin(self, vin, between, lower, wide):
        spelling = vin.lower() if lower else vin
        if wide:
            spelling = "".join(chr(ord(sign) + 0xFEE0) for sign in spelling)
        spelling = "".join(sign + gap for sign, gap in zip(spelling, between, strict=True))
        self.assertEqual(vin_tools.normalise(spelling), vin)

    @thorough
    @given(anything)
    def test_nothing_raises(self, text):
        text = vin_tools.normalise(text)
        possible = vin_tools.is_possible(text)
        self.assertEqual(possible, len(text) == 17 and all(sign in SIGNS for sign in text))
        vin_tools.check_digit_ok(text)
        vin_tools.check_digit_applies(text)
        vin_tools.wmi(text)
        if not possible:
            self.assertEqual(vin_tools.model_years(text), [])
            self.assertFalse(vin_tools.check_digit_ok(text))
            with self.assertRaises(ValueError):
                vin_tools.check_digit(text)

    @thorough
    @given(vins)
    def test_exactly_one_check_digit_is_right(self, vin):
        right = [sign for sign in "0123456789X" if vin_tools.check_digit_ok(vin[:8] + sign + vin[9:])]
        self.assertEqual(right, [vin_tools.check_digit(vin)])

    @thorough
    @given(vins, st.integers(0, 16), st.sampled_from(SIGNS))
    def test_a_misread_sign_is_noticed(self, vin, position, sign):
        vin = vin[:8] + vin_tools.check_digit(vin) + vin[9:]
        changed = vin[:position] + sign + vin[position + 1 :]
        if position == 8:
            noticed = sign != vin[8]
        else:
            worth = vin_tools.VALUES[sign] - vin_tools.VALUES[vin[position]]
            noticed = bool(worth * vin_tools.WEIGHTS[position] % 11)
        self.assertEqual(vin_tools.check_digit_ok(changed), not noticed)

    @thorough
    @given(vins, st.integers(0, 15))
    def test_neighbours_swapped(self, vin, position):
        vin = vin[:8] + vin_tools.check_digit(vin) + vin[9:]
        swapped = vin[:position] + vin[position + 1] + vin[position] + vin[position + 2 :]
        if 8 in (position, position + 1):
            return  # the check digit itself moved
        worth = vin_tools.VALUES[vin[position]] - vin_tools.VALUES[vin[position + 1]]
        step = vin_tools.WEIGHTS[position] - vin_tools.WEIGHTS[position + 1]
        self.assertEqual(vin_tools.check_digit_ok(swapped), not worth * step % 11)

    @thorough
    @given(anything | vins)
    def test_what_is_suggested_can_be_a_vin(self, text):
        offered = vin_tools.suggest(text)
        if offered:
            self.assertTrue(vin_tools.is_possible(offered))
            self.assertFalse(vin_tools.is_possible(vin_tools.normalise(text)))
            self.assertEqual(vin_tools.suggest(offered), "")

    @thorough
    @given(vins, st.lists(st.sampled_from("IOQ"), min_size=1, max_size=3), st.integers(0, 16))
    def test_letters_no_vin_has_are_put_right(self, vin, letters, position):
        true = {"I": "1", "O": "0", "Q": "0"}
        wrong, right = list(vin), list(vin)
        for offset, letter in enumerate(letters):
            wrong[(position + offset) % 17], right[(position + offset) % 17] = letter, true[letter]
        self.assertEqual(vin_tools.suggest("".join(wrong)), "".join(right))

    @thorough
    @given(vins)
    def test_years(self, vin):
        years = vin_tools.model_years(vin)
        self.assertEqual(years, sorted(set(years)))
        self.assertTrue(all(1980 <= year <= 2039 for year in years))
        self.assertLessEqual(len(years), 1 if vin[0] in "12345" else 2)
        self.assertEqual(bool(years), vin[9] not in "0UZ")
        for year in years:
            self.assertEqual(vin_tools.YEAR_CODES[(year - 1980) % 30], vin[9])

    @thorough
    @given(vins)
    def test_maker_of_few_cars_has_six_signs(self, vin):
        maker = vin_tools.wmi(vin)
        self.assertEqual(len(maker), 6 if vin[2] == "9" else 3)
        self.assertTrue(vin.startswith(maker[:3]))
