from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools import phone

# Whoever writes one of these may have met somebody else's customer
KEY_FIELDS = {"partner_id", "phone", "email_from", "trade_in_plate"}
MERGED_FIELDS = [
    "intent_level_id",
    "budget",
    "wanted_text",
    "trade_in_wish",
    "trade_in_brand",
    "trade_in_series",
    "trade_in_year",
    "trade_in_km",
    "trade_in_plate",
    "lost_to",
    "site_id",
]
ADF_FACTS = ["adf_key", "adf_provider", "adf_number", "adf_requested"]


class CrmLead(models.Model):
    """Live enquiries of one customer: found by an index each, shown before saving, made one."""

    _inherit = "crm.lead"

    phone_key = fields.Char(compute="_compute_phone_key", store=True, index="btree_not_null")
    trade_in_plate = fields.Char("Plate of the car to trade in")
    plate_key = fields.Char(compute="_compute_plate_key", store=True, index="btree_not_null")
    similar_ids = fields.Many2many("crm.lead", string="Same customer", compute="_compute_similar")
    similar_message = fields.Char(compute="_compute_similar")

    # Core's index answers parts of an address; a whole one is asked for here
    _email_key_idx = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")

    @api.depends("phone")
    def _compute_phone_key(self):
        for lead in self:
            lead.phone_key = phone.key(lead.phone)

    @api.depends("trade_in_plate")
    def _compute_plate_key(self):
        for lead in self:
            lead.plate_key = self.env["dealer.vehicle.plate"]._normalise(lead.trade_in_plate) or False

    @api.depends("partner_id", "phone", "email_from", "trade_in_plate", "user_id", "won_status", "active")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_similar(self):
        found = self._find_similar()
        for lead in self:
            others = found.get(lead, lead.browse())
            # Who it is with is told to everybody, the enquiry itself is opened with the user's rights
            lead.similar_ids = others.sudo(False)._filtered_access("read")
            lead.similar_message = lead._get_similar_message(others) if others else False

    def _get_similar_message(self, others):
        return " ".join(other._get_owner_sentence() for other in others[:3])

    def _get_owner_sentence(self):
        """Say with whom this enquiry is, and until when."""
        _ = self.env._
        facts = {
            "owner": self.user_id.name,
            "since": format_date(self.env, fields.Date.context_today(self, self.create_date)),
            "last": format_date(self.env, self.date_last_contact) or "–",
            "until": format_date(self.env, self.date_owned_until),
        }
        if not self.user_id:
            return _("There is an enquiry of this customer since %(since)s; it is nobody's.", **facts)
        if not self._is_kept():
            return _(
                "%(owner)s has an enquiry of this customer since %(since)s, last contact %(last)s. The time is over: "
                "who takes the customer down now has it.",
                **facts,
            )
        if self.date_owned_until and not self._has_live_contract():
            return _(
                "%(owner)s has an enquiry of this customer since %(since)s, last contact %(last)s, and keeps the "
                "customer until %(until)s.",
                **facts,
            )
        return _("%(owner)s has an enquiry of this customer since %(since)s and keeps the customer.", **facts)

    # === Finding ===
    @api.model
    def _search_display_name(self, operator, value):
        # Whoever types a phone number in an enquiry field means its customer
        domain = super()._search_display_name(operator, value)
        is_number = isinstance(value, str) and not any(sign.isalpha() for sign in value)
        if operator == "ilike" and is_number and phone.key(value):
            return Domain(domain) | Domain("phone_key", "=", phone.key(value))
        return domain

    def _find_similar(self):
        """Return the other live enquiries of the same customers, of every advisor of the company.

        :return: {``crm.lead``: ``crm.lead`` with full rights, the oldest first}; without any it is missing
        """
        by_key = {}
        for other in self._search_similar():
            for key in other._get_keys():
                by_key.setdefault(key, []).append(other.id)
        result = {}
        for lead in self:
            ids = sorted({other for key in lead._get_keys() for other in by_key.get(key, ())} - set(lead._origin.ids))
            company = lead.company_id or self.env.company
            others = (
                lead.sudo()
                .browse(ids)
                .filtered(
                    lambda other, lead=lead, company=company: (
                        other.company_id in (company, company.browse()) and lead._get_match(other)
                    )
                )
            )
            if others:
                result[lead] = others
        return result

    def _search_similar(self):
        sudo = self.sudo()  # another advisor's enquiry is found as well
        wanted = {
            "partner_id": sudo.partner_id.ids,
            "phone_key": [key for key in map(phone.key, self.mapped("phone")) if key],
            "email_normalized": [email for email in self.mapped("email_normalized") if email],
            "plate_key": [key for key in self.mapped("plate_key") if key],
        }
        terms = [Domain(name, "in", values) for name, values in wanted.items() if values]
        if not terms:
            return sudo.browse()
        companies = (self.company_id or self.env.company).ids
        domain = (
            Domain.OR(terms) & Domain("won_status", "=", "pending") & Domain("company_id", "in", [*companies, False])
        )
        return sudo.search(domain, order="id")

    def _get_match(self, other):
        """Return by what two enquiries are one customer's, or False.

        :return: of ``dealer.lead.clash``'s ``matched_by``, or False
        """
        if self.partner_id and self.partner_id.id == other.partner_id.id:
            return "customer"
        if phone.is_same(self.phone, other.phone):
            return "phone"
        if self.email_normalized and self.email_normalized == other.email_normalized:
            return "email"
        return "plate" if self.plate_key and self.plate_key == other.plate_key else False

    def _get_similar_keys(self):
        """Return what tells the customers of these enquiries apart, as ``dealer.lead.key`` wants it."""
        return {
            ((lead.company_id or self.env.company).id, f"{kind}:{text}")
            for lead in self
            for kind, text in lead._get_keys()
        }

    def _get_keys(self):
        """Return what the customer of one enquiry is known by.

        :return: list of (of ``dealer.lead.clash``'s ``matched_by``, value)
        """
        self.ensure_one()
        keys = {
            "customer": self.partner_id.id,
            "phone": self.phone_key,
            "email": self.email_normalized,
            "plate": self.plate_key,
        }
        return [(kind, value) for kind, value in keys.items() if value]

    # === Making one of several ===
    def action_merge_similar(self):
        """Make one enquiry of this and the others of the same customer that the user may change.

        :return: action of the enquiry that stays
        :raises UserError: there is no other one
        """
        self.ensure_one()
        others = self.similar_ids._filtered_access("write")
        if not others:
            raise UserError(
                self.env._(
                    "There is no other enquiry of this customer that you may change. An enquiry of a colleague is "
                    "merged by a sales manager."
                )
            )
        merged = (self | others[:4]).merge_opportunity()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": merged.id,
            "views": [(False, "form")],
        }

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), *MERGED_FIELDS]

    def _merge_get_fields_specific(self):
        return {
            **super()._merge_get_fields_specific(),
            "wanted_series_ids": lambda _name, leads: leads.wanted_series_ids,
            "wanted_trim_ids": lambda _name, leads: leads.wanted_trim_ids,
            "date_last_contact": lambda _name, leads: max(
                filter(None, leads.mapped("date_last_contact")), default=False
            ),
        }

    def _merge_dependences(self, opportunities):
        """Keep visits, offers, contracts, test drives, the log of advisors and what the portals sent."""
        super()._merge_dependences(opportunities)
        tail = opportunities.sudo()  # who may change the enquiries moves all that hangs on them
        for name in ("traffic_ids", "desking_quote_ids", "contract_ids", "booking_ids", "owner_log_ids"):
            tail[name].write({"lead_id": self.id})
        clashes = self.env["dealer.lead.clash"].sudo()
        for name in ("lead_id", "other_lead_id"):
            clashes.search([(name, "in", tail.ids)]).write({name: self.id})
        sent = tail.filtered("adf_key")[:1]
        if sent and not self.adf_key:
            facts = sent.read(ADF_FACTS, load=None)[0]
            sent.adf_key = False  # the database knows each lead of a provider once
            sent.flush_recordset(["adf_key"])
            self.sudo().write({name: facts[name] for name in ADF_FACTS})
