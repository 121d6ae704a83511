from odoo import api, fields, models
from odoo.tools import email_normalize, plaintext2html

from ..tools import phone


class DealerImport(models.Model):
    """Enquiries come in from a file as cars do: checked first, then written batch by batch."""

    _inherit = "dealer.import"

    kind = fields.Selection(selection_add=[("lead", "Enquiries")], ondelete={"lead": "cascade"})


class DealerImportLead(models.AbstractModel):
    """Enquiries of a fair, a call centre or another system. A live one of the same customer is left as it is."""

    _name = "dealer.import.lead"
    _inherit = "dealer.import.kind"
    _description = "Import of Enquiries"

    _types = {"budget": "number", "date_next_contact": "date", "date_last_contact": "date"}
    _required = (("contact_name",), ("phone", "email_from"))
    _export_only = ("date_last_contact", "stage", "contract", "lost_to")

    @api.model
    def _columns(self):
        _ = self.env._
        return {
            "contact_name": _("Name"),
            "phone": _("Phone"),
            "email_from": _("Email"),
            "brand": _("Brand"),
            "series": _("Series"),
            "wanted_text": _("Wanted car"),
            "budget": _("Budget"),
            "trade_in_wish": _("Car to trade in"),
            "trade_in_plate": _("Plate of the car to trade in"),
            "intent": _("Intent level"),
            "channel": _("Channel"),
            "advisor": _("Sales advisor"),
            "date_next_contact": _("Next contact"),
            "note": _("Note"),
            "date_last_contact": _("Last contact"),
            "stage": _("Stage"),
            "contract": _("Contract"),
            "lost_to": _("Lost to"),
        }

    @api.model
    def _check_may_import(self):
        self.env["crm.lead"].check_access("create")

    @api.model
    def _keys(self, texts):
        key = phone.key(texts.get("phone"))
        email = email_normalize(texts.get("email_from") or "")
        return [("phone", key and ("phone", key)), ("email_from", email and ("email", email))]

    @api.model
    def _prepare(self, rows, cache):
        for row in rows:
            self._check_row(row)
            self._prepare_links(row, cache)
        self._mark_known(rows)

    def _check_row(self, row):
        if row.texts.get("phone") and not phone.key(row.texts["phone"]):
            row.refuse("phone", self.env._("This is no whole phone number."))
        if row.texts.get("email_from") and not email_normalize(row.texts["email_from"]):
            row.refuse("email_from", self.env._("This is no e-mail address."))

    def _prepare_links(self, row, cache):
        brand, series = row.vals.pop("brand", ""), row.vals.pop("series", "")
        found = self._find_series(row, brand, series, cache)
        row.vals["wanted_series_ids"] = [fields.Command.set(found)]
        finders = {"intent": self._get_intents, "channel": self._get_channels, "advisor": self._get_advisors}
        names = {"intent": "intent_level_id", "channel": "source_id", "advisor": "user_id"}
        for column, getter in finders.items():
            text = row.vals.pop(column, "")
            known = getter(cache).get(text.lower()) if text else False
            if text and not known:
                row.refuse(column, self.env._("There is no “%(name)s”.", name=text))
            row.vals[names[column]] = known

    def _find_series(self, row, brand, series, cache):
        if not series:
            return []
        brands, known = self._get_brands(cache), self._get_series(cache)
        brand_id = brands.get(brand.lower())
        if brand and not brand_id:
            row.refuse("brand", self.env._("There is no brand “%(name)s”. Import the models first.", name=brand))
            return []
        found = [
            series_id
            for (its_brand, name), series_id in known.items()
            if name == series.lower() and brand_id in (None, its_brand)
        ]
        if len(found) == 1:
            return found
        text = self.env._("Several brands have a series “%(name)s”: add the brand.", name=series)
        missing = self.env._("There is no series “%(name)s”. Import the models first.", name=series)
        row.refuse("series", text if found else missing)
        return []

    def _get_intents(self, cache):
        if "intents" not in cache:
            levels = self.env["dealer.intent.level"].search([])
            cache["intents"] = {text.lower(): level.id for level in levels for text in (level.code, level.display_name)}
        return cache["intents"]

    def _get_channels(self, cache):
        if "channels" not in cache:
            cache["channels"] = {source.name.lower(): source.id for source in self.env["utm.source"].search([])}
        return cache["channels"]

    def _get_advisors(self, cache):
        if "advisors" not in cache:
            domain = [("share", "=", False), ("company_ids", "in", self.env.company.ids)]
            users = self.env["res.users"].search(domain, order="id desc")
            cache["advisors"] = {text.lower(): user.id for user in users for text in (user.login, user.name)}
        return cache["advisors"]

    def _mark_known(self, rows):
        """A live enquiry of the same phone or mail is there already: two queries for all rows."""
        leads = self.env["crm.lead"]
        probes = {
            leads.new({"phone": row.texts.get("phone"), "email_from": row.texts.get("email_from")}): row for row in rows
        }
        found = leads.union(*probes)._find_similar() if probes else {}
        for probe, row in probes.items():
            row.is_known = probe in found

    @api.model
    def _store(self, rows, cache):
        self._check_may_import()
        self.env["dealer.import"].check_access("create")
        leads = self.env["crm.lead"].with_context(
            tracking_disable=True, mail_create_nolog=True, mail_create_nosubscribe=True
        )
        return len(leads.create([self._prepare_lead(row) for row in rows]))

    def _prepare_lead(self, row):
        vals = {name: value for name, value in row.vals.items() if value and name != "note"}
        return {
            **vals,
            "type": "opportunity",
            "company_id": self.env.company.id,
            "user_id": row.vals.get("user_id") or False,
            "description": plaintext2html(row.texts.get("note", "")),
            # A list that somebody bought is no contact
            "date_last_contact": fields.Date.context_today(self) if row.vals.get("user_id") else False,
        }

    # ------------------------------------------------------------------ export

    @api.model
    def _export_records(self):
        leads = self.env["crm.lead"].with_context(active_test=False)
        return leads.search([("company_id", "=", self.env.company.id), ("type", "=", "opportunity")], order="id")

    @api.model
    def _export_batch(self, records):
        names = ("contact_name", "phone", "email_from", "wanted_text", "trade_in_wish", "trade_in_plate", "budget")
        for lead in records:
            series = lead.wanted_series_ids[:1]
            yield {
                **{name: lead[name] for name in names},
                "contact_name": lead.contact_name or lead.partner_id.name or lead.name,
                "brand": series.brand_id.name,
                "series": series.name,
                "intent": lead.intent_level_id.code,
                "channel": lead.source_id.name,
                "advisor": lead.user_id.name,
                "date_next_contact": lead.date_next_contact,
                "date_last_contact": lead.date_last_contact,
                "stage": lead.stage_id.name,
                "contract": ", ".join(lead.sudo().contract_ids.mapped("name")),  # numbers only
                "lost_to": lead.lost_to,
            }
