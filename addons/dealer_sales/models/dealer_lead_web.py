import hashlib
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import email_normalize, plaintext2html

from ..tools import phone

LONGEST = {"name": 100, "phone": 40, "email": 120, "wish": 2000}
KEPT = timedelta(days=2)  # after that nobody asks how often an address wrote


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    takes_web_enquiries = fields.Boolean(
        "Takes enquiries from the web", default=True, help="Visitors of the enquiry page may choose this site."
    )


class ResCompany(models.Model):
    _inherit = "res.company"

    web_enquiry_limit = fields.Integer(
        "Web enquiries of one address per hour", default=5, help="More are refused. 0: the page is closed."
    )

    _web_enquiry_limit_check = models.Constraint("CHECK (web_enquiry_limit >= 0)", "A limit cannot be negative.")


class DealerLeadWebAttempt(models.Model):
    """How often an address sent the enquiry page lately; in the database, so that all workers count together."""

    _name = "dealer.lead.web.attempt"
    _description = "Enquiry Sent from the Web"
    _order = "id desc"

    address = fields.Char(required=True, readonly=True, help="A digest of the network address.")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade", index=True)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now, help="UTC.")

    _lately_idx = models.Index("(address, company_id, date)")

    @api.model
    def _is_too_often(self, address, company):
        """Count this attempt, and return whether the address sent more than the company takes in an hour.

        :param str address: network address of the visitor
        :param company: ``res.company``
        """
        digest = hashlib.sha256(f"{company.id}:{address}".encode()).hexdigest()
        since = fields.Datetime.now() - timedelta(hours=1)
        domain = [("address", "=", digest), ("company_id", "=", company.id), ("date", ">", since)]
        count = self.search_count(domain, limit=company.web_enquiry_limit or 1)
        if count >= company.web_enquiry_limit:
            return True
        self.create({"address": digest, "company_id": company.id})
        return False

    @api.autovacuum
    def _gc_attempts(self):
        self.search([("date", "<", fields.Datetime.now() - KEPT)]).unlink()


class CrmLead(models.Model):
    """Enquiries visitors send from the web page."""

    _inherit = "crm.lead"

    has_consent = fields.Boolean("Agreed to be contacted", readonly=True, copy=False)
    date_consent = fields.Datetime("Agreed on", readonly=True, copy=False, help="UTC.")

    @api.model
    def _get_web_sites(self):
        """Return the sites a visitor may choose, with full rights: the page is public."""
        return (
            self.env["stock.warehouse"]
            .sudo()
            .search(
                [("takes_web_enquiries", "=", True), ("company_id.web_enquiry_limit", ">", 0)],
                order="company_id, sequence, id",
            )
        )

    @api.model
    def _get_web_series(self):
        """Return the series we sell, with full rights: the page is public."""
        trims = self.env["product.template"].sudo()
        domain = [("is_vehicle", "=", True), ("sale_ok", "=", True), ("series_id", "!=", False)]
        groups = trims._read_group([*domain, ("is_used_template", "=", False)], ["series_id"])
        return self.env["fleet.vehicle.model"].sudo().union(*(series for (series,) in groups)).sorted("display_name")

    @api.model
    def _check_web_form(self, form):
        """Return what is wrong with a form a visitor sent.

        :param dict form: str by name, as it came
        :return: {name: str for a person}, empty when all is well
        """
        _ = self.env._
        problems = {}
        if not form.get("name"):
            problems["name"] = _("Please tell us your name.")
        if not form.get("phone") and not form.get("email"):
            problems["phone"] = _("Please leave a phone number or an e-mail address.")
        elif form.get("phone") and not phone.key(form["phone"]):
            problems["phone"] = _("This is no whole phone number.")
        if form.get("email") and not email_normalize(form["email"]):
            problems["email"] = _("This is no e-mail address.")
        for name, most in LONGEST.items():
            if len(form.get(name) or "") > most:
                problems[name] = _("Please write less: %(most)s signs at most.", most=most)
        if not form.get("consent"):
            problems["consent"] = _("Without your consent we may not contact you.")
        return problems

    @api.model
    def _take_web_form(self, form, site, series):
        """Make an enquiry of a form that was found good, or a note on the one the same person sent today.

        :param dict form: str by name
        :param site: ``stock.warehouse`` chosen
        :param series: ``fleet.vehicle.model`` chosen, may be empty
        :return: ``crm.lead``
        :raises UserError: the form is not good
        """
        problems = self._check_web_form(form)
        if problems:
            raise UserError(" ".join(problems.values()))
        leads = self.sudo().with_company(site.company_id).with_context(default_user_id=False)
        vals = leads._prepare_web_lead(form, site, series)
        known = leads._find_web_lead(vals)
        if not known:
            return leads.create(vals)
        known.wanted_series_ids |= series
        text = leads.env._("Sent again from the web: %(wish)s", wish=form.get("wish") or "–")
        known.message_post(body=plaintext2html(text))
        return known

    def _prepare_web_lead(self, form, site, series):
        source = self.env.ref("dealer_sales.utm_source_web_form", raise_if_not_found=False)
        return {
            "name": " · ".join(filter(None, [form["name"], series.name])),
            "type": "opportunity",
            "contact_name": form["name"],
            "phone": form.get("phone") or False,
            "email_from": form.get("email") or False,
            # Text of a stranger, kept as text
            "description": plaintext2html(form.get("wish") or ""),
            "wanted_series_ids": [Command.set(series.ids)],
            "site_id": site.id,
            "company_id": site.company_id.id,
            "source_id": source.id if source else False,
            "user_id": False,
            "has_consent": True,
            "date_consent": fields.Datetime.now(),
        }

    def _find_web_lead(self, vals):
        """Return the enquiry the same person sent from the web within a day, or none."""
        probe = self.new(
            {name: vals[name] for name in ("phone", "email_from", "company_id", "partner_id") if name in vals}
        )
        since = fields.Datetime.now() - timedelta(days=1)
        others = probe._find_similar().get(probe, self.browse())
        return others.filtered(lambda lead: lead.has_consent and lead.create_date >= since)[:1]
