import re

from odoo import api, models
from odoo.tools import SQL

from ..tools import vin as vin_tools

# Numbers are compared by their end: some people write the country's code, some a 0 in its place.
LONGEST_END = 9
SHORTEST = 4


class ResPartner(models.Model):
    _inherit = "res.partner"

    _dealer_phone_end_idx = models.Index(
        "(reverse(regexp_replace(phone, '[^0-9]', '', 'g')) text_pattern_ops) WHERE phone IS NOT NULL"
    )

    @api.model
    def _get_ids_by_phone(self, text, limit):
        """Return ids of people whose phone number ends as a text does, whatever stands between the digits.

        Rights are left to the caller.

        :param str text: a number or its end, as typed
        :param int limit: most ids to return
        :return: list of int, empty for fewer than four digits
        """
        digits = re.sub(r"[^0-9]", "", vin_tools.normalise(text))[-LONGEST_END:]
        if len(digits) < SHORTEST:
            return []
        self.flush_model(["phone"])
        query = SQL(
            "SELECT id FROM res_partner WHERE phone IS NOT NULL "
            "AND reverse(regexp_replace(phone, '[^0-9]', '', 'g')) LIKE %s LIMIT %s",
            digits[::-1] + "%",
            limit,
        )
        return [row[0] for row in self.env.execute_query(query)]
