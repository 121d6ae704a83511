import re

from odoo import api, models
from odoo.exceptions import AccessError

PLAIN = ("name", "phone", "email", "is_company", "street", "street2", "city", "zip", "vat", "ref")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class DealerImportOwner(models.AbstractModel):
    """Owners and users of cars, by phone, or by name where there is none. Known people are never changed."""

    _name = "dealer.import.owner"
    _inherit = "dealer.import.kind"
    _description = "Import of Owners"

    _types = {"is_company": "boolean"}
    _required = ("name",)

    @api.model
    def _columns(self):
        _ = self.env._
        return {
            "name": _("Name"),
            "phone": _("Phone"),
            "email": _("Email"),
            "is_company": _("Company"),
            "street": _("Street"),
            "street2": _("Street 2"),
            "city": _("City"),
            "state": _("State"),
            "zip": _("Postcode"),
            "country": _("Country"),
            "vat": _("Tax ID"),
            "ref": _("Reference"),
        }

    @api.model
    def _check_may_import(self):
        # Who has the cars may have their owners: a stock keeper makes no contacts elsewhere.
        self.env["dealer.vehicle"].check_access("create")

    @api.model
    def _keys(self, texts):
        if texts.get("phone"):
            return [("phone", ("phone", self._phone_digits(texts["phone"])))]
        return [("name", texts.get("name") and ("name", texts["name"].lower()))]

    @api.model
    def _prepare(self, rows, cache):
        found = self._find_people({(row.texts.get("name", ""), row.texts.get("phone", "")) for row in rows})
        for row in rows:
            person, reason = found[row.texts.get("name", ""), row.texts.get("phone", "")]
            row.is_known = bool(person)
            if reason:
                row.refuse("phone" if row.texts.get("phone") else "name", reason)
            if row.texts.get("email") and not EMAIL.fullmatch(row.texts["email"]):
                row.refuse("email", self.env._("This is no e-mail address."))
            self._prepare_country(row, cache)

    def _prepare_country(self, row, cache):
        if "countries" not in cache:
            countries = self.env["res.country"].search([])
            english = countries.with_context(lang="en_US")
            cache["countries"] = {
                text.lower(): country.id
                for country, other in zip(countries, english, strict=True)
                for text in (country.code, country.name, other.name)
                if text
            }
            states = self.env["res.country.state"].search_fetch([], ["name", "code", "country_id"])
            cache["states"] = {
                (state.country_id.id, text.lower()): state.id for state in states for text in (state.code, state.name)
            }
        country, state = row.vals.pop("country", ""), row.vals.pop("state", "")
        country_id = cache["countries"].get(country.lower()) if country else self.env.company.country_id.id
        if country and not country_id:
            row.refuse("country", self.env._("No country has this name or code."))
        state_id = cache["states"].get((country_id, state.lower())) if state else False
        if state and country_id and not state_id:
            row.refuse("state", self.env._("The country has no such state or province."))
        row.vals.update(country_id=country_id if country or state else False, state_id=state_id)

    @api.model
    def _store(self, rows, cache):
        names = {*PLAIN, "country_id", "state_id"}
        vals_list = [{name: value for name, value in row.vals.items() if name in names and value} for row in rows]
        self._check_may_import()
        if not self.env["dealer.import"].has_access("create"):
            raise AccessError(self.env._("You may not import owners."))
        # The right to import is the right to have the file's people; nobody known is changed.
        people = self.env["res.partner"].sudo().with_context(tracking_disable=True, mail_create_nolog=True)
        return len(people.create(vals_list))

    # ------------------------------------------------------------------ export

    @api.model
    def _export_records(self):
        cars = self.env["dealer.vehicle"].with_context(active_test=False)
        own = [("company_id", "=", self.env.company.id)]
        people = self.env["res.partner"]
        for name in ("owner_id", "keeper_id"):
            people |= people.browse(person.id for (person,) in cars._read_group([*own, (name, "!=", False)], [name]))
        return people.search([("id", "in", people.ids)], order="id")

    @api.model
    def _export_batch(self, records):
        for person in records:
            yield {
                **{name: person[name] for name in PLAIN},
                "name": person.name if person.phone else person.complete_name,
                "state": person.state_id.name,
                "country": person.country_id.code,
            }
