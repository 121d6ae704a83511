import re

from odoo import api, models
from odoo.tools import SQL

from ..tools import vin as vin_tools

# Numbers are compared by their end: some people write the country's code, some a 0 in its place.
LONGEST_END = 9
SHORTEST = 4


class ResPartner(models.Model):
    _inherit = "res.partner"

    _dealer_phone_end_idx = models.Index("(reverse(regexp_replace(phone, '[^0-9]', '', 'g')) text_pattern_ops)")

    @api.model
    def _get_ids_by_phone(self, text, limit):
        """Return ids of people whose phone number ends as a text does, whatever stands between the digits.

        Rights are left to the caller.

        :param str text: a number or its end, as typed
        :param int limit: most ids to return
        :return: list of int, empty for fewer than four digits
        """
        end = self._get_phone_end(text)
        if not end:
            return []
        self.flush_model(["phone"])
        query = SQL("SELECT p.id FROM res_partner p WHERE %s LIMIT %s", self._get_phone_condition(end), limit)
        return [row[0] for row in self.env.execute_query(query)]

    @api.model
    def _get_phone_end(self, text):
        """Return the digits two spellings of one number share, "" for fewer than four."""
        digits = re.sub(r"[^0-9]", "", vin_tools.normalise(text))[-LONGEST_END:]
        return digits if len(digits) >= SHORTEST else ""

    @api.model
    def _get_phone_condition(self, end):
        """Return the condition on ``res_partner p`` that its number ends so, as the index has it."""
        return SQL("reverse(regexp_replace(p.phone, '[^0-9]', '', 'g')) LIKE %s", end[::-1] + "%")
