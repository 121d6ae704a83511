from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import phone

SHORTEST_CODE = 5  # of a plate or the end of a VIN
MOST_CARS = 8


class ResPartner(models.Model):
    _inherit = "res.partner"

    phone_key = fields.Char(
        compute="_compute_phone_key",
        store=True,
        index="btree_not_null",
        help="Last digits of the phone number, so that any way of writing it finds the customer.",
    )

    @api.depends("phone")
    def _compute_phone_key(self):
        for partner in self:
            partner.phone_key = phone.key(partner.phone)

    @api.model
    def _search_display_name(self, operator, value):
        # Whoever types a phone number in a customer field means its owner
        domain = super()._search_display_name(operator, value)
        is_number = isinstance(value, str) and not any(sign.isalpha() for sign in value)
        if operator == "ilike" and is_number and phone.key(value):
            return Domain(domain) | Domain("phone_key", "=", phone.key(value))
        if operator == "ilike" and not is_number and (people := self._find_by_car(value)):
            return Domain(domain) | Domain("id", "in", people.ids)
        return domain

    @api.model
    def _find_by_car(self, text):
        """Return owners and users of the cars a plate or a VIN means, as far as the user may see cars.

        :param str text: as typed
        """
        cars = self.env["dealer.vehicle"]
        code = cars._get_code(text) if isinstance(text, str) and any(sign.isdigit() for sign in text) else ""
        if len(code) < SHORTEST_CODE or not cars.has_access("read"):
            return self.browse()
        found = cars._find_by_code(text, code, MOST_CARS)
        return found.owner_id | found.keeper_id

    @api.model
    def _find_by_phones(self, numbers):
        """Find whom phone numbers belong to, however they are written.

        :param list numbers: str as typed
        :return: dict of str to ``res.partner`` of the current company or shared; a number
            nobody has is missing, of several people with one number the oldest is taken
        """
        keys = {key for key in map(phone.key, numbers) if key}
        if not keys:
            return {}
        candidates = self.search(
            [("phone_key", "in", list(keys)), ("company_id", "in", [False, self.env.company.id])],
            order="is_company, id",
        )
        found = {number: candidates.filtered(lambda p, n=number: phone.is_same(p.phone, n))[:1] for number in numbers}
        return {number: partner for number, partner in found.items() if partner}
