import base64

from odoo import api, fields, models
from odoo.tools import html2plaintext

from ..tools import adf


class CrmLead(models.Model):
    """Enquiries that portals and makers send by mail in ADF 1.0.

    Nothing that came in is lost: a lead nobody can read is an enquiry too, with the text and a note why.
    """

    _inherit = "crm.lead"

    # Facts of the sender: what makes the same lead the same lead is nobody's to type
    _protected_fields = frozenset({"adf_key", "adf_provider", "adf_number", "adf_requested", "adf_problem"})

    adf_key = fields.Char(string="Sender's key", readonly=True, copy=False)
    adf_provider = fields.Char(string="Lead provider", readonly=True, copy=False)
    adf_number = fields.Char(string="Number at the provider", readonly=True, copy=False)
    adf_requested = fields.Datetime(string="Asked on", readonly=True, copy=False)
    adf_problem = fields.Char(
        string="Not readable",
        readonly=True,
        copy=False,
        help="Why the lead's text could not be read. The text is attached: read it and fill in what matters.",
    )
    wanted_text = fields.Char(string="Wanted car", help="As the customer or the portal wrote it.")
    trade_in_wish = fields.Char(string="Car to trade in", help="What the customer wants to give: model, year, km.")

    _adf_key_uniq = models.UniqueIndex(
        "(COALESCE(company_id, 0), adf_key) WHERE adf_key IS NOT NULL",
        "This lead of the provider came in already.",
    )

    # === Mail ===
    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Make enquiries of a mail; a mail that holds ADF makes what the ADF says.

        :return: the enquiry the mail is posted on: the one there is, when the same lead came before
        """
        text = self._find_adf_text(msg_dict)
        if not text:
            return super().message_new(msg_dict, custom_values=custom_values)
        try:
            prospects = adf.read(text)
        except adf.AdfError as error:
            lead = super().message_new(msg_dict, custom_values=custom_values)
            return lead._keep_unreadable(text, error.args[0])
        # The gateway asks as superuser; for whoever else calls this his own rights count
        leads = self.with_context(default_user_id=False)._create_from_adf(prospects, text, custom_values)
        return leads[:1].with_env(self.env)

    @api.model
    def _find_adf_text(self, msg_dict):
        """Return the text of a mail that holds a lead: an attachment first, then the body; "" when none does."""
        candidates = [self._decode(entry[1]) for entry in msg_dict.get("attachments") or [] if len(entry) > 1]
        candidates.append(str(msg_dict.get("body") or ""))
        return next((text for text in candidates if adf.has_adf(text)), "")

    @api.model
    def _decode(self, content):
        """Return an attachment as text, whatever its encoding says or does not say."""
        if isinstance(content, str):
            return content
        content = bytes(content or b"")[: 4 * adf.MAX_CHARS]
        for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
        return content.decode("latin-1")

    # === From ADF to enquiries ===
    @api.model
    def _create_from_adf(self, prospects, text, custom_values=None):
        """Make one enquiry of each prospect that did not come in before.

        :param prospects: list of ``tools.adf.Prospect``
        :param str text: as received; attached to each new enquiry
        :param dict custom_values: of the mail alias (company, team)
        :return: ``crm.lead``, one for each prospect in their order, new or known
        """
        company_id = (custom_values or {}).get("company_id") or self._get_alias_company(custom_values)
        leads = self.browse()
        for prospect in prospects:
            lead = self._find_adf_lead(prospect, company_id)
            if not lead:
                values = {**self._prepare_adf_lead(prospect), **(custom_values or {}), "company_id": company_id}
                lead = self.create(values)
                lead._attach_adf(text)
            leads |= lead
        return leads

    @api.model
    def _get_alias_company(self, custom_values):
        team = self.env["crm.team"].browse((custom_values or {}).get("team_id"))
        return team.company_id.id or self.env.company.id

    @api.model
    def _find_adf_lead(self, prospect, company_id):
        domain = [("adf_key", "=", prospect.key), ("company_id", "=", company_id)]
        return self.with_context(active_test=False).search(domain, limit=1)

    @api.model
    def _prepare_adf_lead(self, prospect):
        """Return the values of an enquiry; fields the sender left empty stay so.

        :param prospect: ``tools.adf.Prospect``
        :return: dict for ``crm.lead.create``
        """
        wanted = prospect.wanted[:1]
        texts = [vehicle.name for vehicle in prospect.wanted if vehicle.name]
        who = prospect.name or prospect.email or prospect.phone or prospect.mobile or self.env._("Unknown")
        values = {
            "name": " · ".join([who, *texts[:1]])[:250],
            "type": "opportunity",
            "contact_name": prospect.name,
            "email_from": prospect.email,
            "phone": prospect.mobile or prospect.phone,
            "street": prospect.street,
            "city": prospect.city,
            "zip": prospect.zip,
            "country_id": self._find_country(prospect.country).id,
            "description": self._prepare_adf_description(prospect),
            "source_id": self._find_source(prospect.provider).id,
            "wanted_text": ", ".join(texts)[:250],
            "wanted_series_ids": [fields.Command.set(self._find_series(prospect.wanted).ids)],
            "budget": wanted[0].price if wanted else 0.0,
            "trade_in_wish": "; ".join(self._describe_offered(vehicle) for vehicle in prospect.offered)[:250],
            "partner_id": self._find_adf_customer(prospect).id,
            "adf_key": prospect.key,
            "adf_provider": prospect.provider[:250],
            "adf_number": prospect.external_id[:250],
            "adf_requested": prospect.requested,
        }
        return {name: value for name, value in values.items() if value}

    @api.model
    def _prepare_adf_description(self, prospect):
        parts = [prospect.comments, prospect.timeframe, *(vehicle.comments for vehicle in prospect.vehicles)]
        return "\n".join(part for part in parts if part)

    @api.model
    def _describe_offered(self, vehicle):
        odometer = f"{vehicle.odometer} km" if vehicle.odometer else ""
        return ", ".join(part for part in (vehicle.name, vehicle.vin, odometer) if part)

    @api.model
    def _find_country(self, text):
        countries = self.env["res.country"]
        if not text:
            return countries
        return countries.search(["|", ("code", "=", text.upper()), ("name", "=ilike", text)], limit=1)

    @api.model
    def _find_source(self, provider):
        """Return the channel of this provider, made once."""
        sources = self.env["utm.source"]
        if not provider:
            return sources
        name = provider[:100]
        return sources.search([("name", "=ilike", name)], limit=1) or sources.create({"name": name})

    @api.model
    def _find_series(self, vehicles):
        """Return our series with the make's and model's names; a model we do not sell is only in the text."""
        series = self.env["fleet.vehicle.model"]
        for vehicle in vehicles:
            if vehicle.model:
                domain = [("name", "=ilike", vehicle.model)]
                if vehicle.make:
                    domain.append(("brand_id.name", "=ilike", vehicle.make))
                series |= series.search(domain, limit=1)
        return series

    @api.model
    def _find_adf_customer(self, prospect):
        """Return the customer with this phone or mail: exactly one, else none and core proposes duplicates."""
        partners = self.env["res.partner"]
        numbers = [number for number in (prospect.mobile, prospect.phone) if number]
        found = partners._find_by_phones(numbers)
        known = next((found[number] for number in numbers if number in found), partners)
        if known or not prospect.email:
            return known
        same = partners.search([("email_normalized", "=", prospect.email.strip().lower())], limit=2)
        return same if len(same) == 1 else partners

    # === Keeping what came ===
    def _attach_adf(self, text):
        """Keep a lead's text as it came."""
        self.env["ir.attachment"].sudo().create(  # whoever receives the mail need not handle files
            [
                {
                    "name": "lead.adf.txt",
                    "res_model": self._name,
                    "res_id": lead.id,
                    # Text, never shown as a page: it is a stranger's
                    "mimetype": "text/plain",
                    "datas": base64.b64encode(text.encode(errors="replace")),
                }
                for lead in self
            ]
        )

    def _keep_unreadable(self, text, code):
        """Say on an enquiry that its ADF could not be read, and keep the text.

        :param str code: of ``tools.adf.AdfError``
        :return: self
        """
        reasons = {
            "declaration": self.env._("It declares a document type or entities, which no honest lead needs."),
            "size": self.env._("It is larger than a lead can be."),
            "nothing": self.env._("No customer and no car could be found in it."),
        }
        reason = reasons.get(code, code)
        self.sudo().adf_problem = reason
        self._attach_adf(text)
        self._message_log(
            body=self.env._(
                "This lead came as ADF but could not be read. %(reason)s The text is attached as it came: read it and "
                "fill in name, phone and car by hand.",
                reason=reason,
            )
        )
        if not self.description:
            self.description = html2plaintext(text[:5000])
        return self
