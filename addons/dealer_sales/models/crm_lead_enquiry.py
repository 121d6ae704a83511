from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

MOST_COMPARED = 4


class CrmLead(models.Model):
    """The enquiry as an advisor sees it: who, what is wanted, what is known of the customer, what next."""

    _inherit = "crm.lead"

    site_id = fields.Many2one(
        "stock.warehouse",
        "Site",
        compute="_compute_site_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        check_company=True,
    )
    wanted_trim_ids = fields.Many2many(
        "product.template",
        "crm_lead_wanted_trim_rel",
        string="Wanted trims",
        domain="[('is_vehicle', '=', True), ('is_used_template', '=', False), ('sale_ok', '=', True)]",
    )
    trade_in_brand = fields.Char("Brand of the car to trade in")
    trade_in_series = fields.Char("Series of the car to trade in")
    trade_in_year = fields.Integer("Year of the car to trade in", aggregator=None)
    trade_in_km = fields.Integer("Mileage of the car to trade in", aggregator=None, help="Kilometres, as told.")
    booking_ids = fields.One2many("dealer.vehicle.booking", "lead_id", string="Test drives")
    booking_count = fields.Integer(compute="_compute_booking_count")
    customer_summary = fields.Html(compute="_compute_customer_summary")

    _trade_in_sane = models.Constraint(
        "CHECK (COALESCE(trade_in_km, 0) >= 0 AND COALESCE(trade_in_year, 0) BETWEEN 0 AND 2100)",
        "The car to trade in has a year of four digits and no negative mileage.",
    )
    _budget_positive = models.Constraint("CHECK (COALESCE(budget, 0) >= 0)", "A budget cannot be negative.")

    @api.depends("user_id", "company_id")
    def _compute_site_id(self):
        for lead in self:
            if lead.site_id and lead.site_id.company_id == lead.company_id:
                continue
            # A person's own sites, which a colleague may not read on users as such
            sites = lead.user_id.sudo().dealer_site_ids
            lead.site_id = sites.filtered(lambda site, lead=lead: site.company_id == lead.company_id)[:1]

    @api.depends("partner_id", "contact_name", "phone", "email_from", "wanted_series_ids")
    def _compute_name(self):
        for lead in self:
            if not lead.name or (not lead._origin and lead._is_named_by_us()):
                lead.name = lead._get_enquiry_name() or False

    def _is_named_by_us(self):
        """Return whether an enquiry that is being typed has the name we proposed for it."""
        who = {self.partner_id.name, self.contact_name, self.partner_name, self.email_from}
        named = (self.name or "").split(" · ")[0]
        # A number stands for nobody's name, also after it was brought into another form
        return named in who or not any(sign.isalpha() for sign in named)

    def _get_enquiry_name(self):
        who = self.partner_id.name or self.contact_name or self.partner_name or self.phone or self.email_from
        return " · ".join(filter(None, [who, *self.wanted_series_ids[:1].mapped("name")]))

    def _compute_booking_count(self):
        counts = dict(
            self.env["dealer.vehicle.booking"]._read_group([("lead_id", "in", self.ids)], ["lead_id"], ["__count"])
        )
        for lead in self:
            lead.booking_count = counts.get(lead._origin, 0)

    @api.depends("partner_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_customer_summary(self):
        facts = self.partner_id._get_dealer_facts()
        for lead in self:
            lines = lead._get_summary_lines(facts.get(lead.partner_id._origin.id, {}))
            lead.customer_summary = lines and Markup("<ul class='mb-0 ps-3'>%s</ul>") % Markup("").join(
                Markup("<li>%s</li>") % line for line in lines
            )

    def _get_summary_lines(self, facts):
        """Return what is known of a customer, a sentence each.

        :param dict facts: of ``res.partner._get_dealer_facts``
        """
        _ = self.env._
        lines = []
        if facts.get("cars"):
            lines.append(_("Cars: %(cars)s", cars=", ".join(facts["cars"])))
        if facts.get("contracts"):
            last = format_date(self.env, facts["last_contract"])
            lines.append(_("Contracts signed: %(count)s, the last on %(date)s", count=facts["contracts"], date=last))
        if facts.get("leads"):
            lines.append(_("Earlier enquiries: %(count)s", count=facts["leads"]))
        if facts.get("visits"):
            last = format_date(self.env, facts["last_visit"])
            lines.append(_("Showroom visits: %(count)s, the last on %(date)s", count=facts["visits"], date=last))
        if facts.get("last_seen"):
            lines.append(_("Last seen here on %(date)s", date=format_date(self.env, facts["last_seen"])))
        return lines

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not vals.get("name"):
                vals["name"] = self.new(vals)._get_enquiry_name() or self.env._("Visitor")
        return super().create(vals_list)

    # === Actions ===
    def action_compare(self):
        """Put the wanted trims side by side, for the screen and for the print to take along.

        :return: action of the comparison; the trims of the wanted series are proposed where none was chosen
        """
        self.ensure_one()
        trims = self.wanted_trim_ids or self.env["product.template"].search(
            [("series_id", "in", self.wanted_series_ids.ids), ("is_vehicle", "=", True), ("sale_ok", "=", True)],
            limit=2,
        )
        comparison = self.env["dealer.trim.comparison"].create(
            {"trim_ids": [fields.Command.set(trims[:MOST_COMPARED].ids)], "partner_id": self.partner_id.id}
        )
        return comparison._get_screen_action()

    def action_test_drive(self):
        """Open a booking of the demonstrator that is free first, for this customer.

        :return: action of the booking's form
        :raises UserError: the enquiry has no name to make a customer of
        """
        self.ensure_one()
        if not self.partner_id:
            self._make_customer()
        kind = self.env.ref("dealer_vehicle.dealer_vehicle_booking_kind_test_drive", raise_if_not_found=False)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Test drive"),
            "res_model": "dealer.vehicle.booking",
            "views": [(False, "form")],
            "context": {
                "default_kind_id": kind.id if kind else False,
                "default_partner_id": self.partner_id.id,
                "default_lead_id": self.id,
            },
        }

    def action_view_bookings(self):
        """Open the test drives of this enquiry."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_booking_action")
        return {**action, "domain": [("lead_id", "=", self.id)], "context": {"default_lead_id": self.id}}

    def action_open_contact(self):
        """Open the dialogue in which a call, visit or message is noted."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Contact"),
            "res_model": "dealer.lead.contact",
            "view_mode": "form",
            "target": "new",
            "context": {"default_lead_id": self.id},
        }

    def action_view_customer(self):
        """Open the customer's page.

        :raises UserError: the enquiry has no customer yet
        """
        self.ensure_one()
        if not self.partner_id:
            raise UserError(self.env._("Enquiry %(lead)s has no customer yet.", lead=self.name))
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "views": [(False, "form")],
        }

    def _note_contact(self, text, intent=None, next_date=False):
        """Note that the customer was in contact today: the follow-up and the advisor's days begin anew.

        :param str text: what was said
        :param intent: ``dealer.intent.level``, empty: as before
        :param date next_date: agreed next contact; empty: by the intent level
        """
        self.ensure_one()
        self.check_access("write")
        vals = {"date_last_contact": fields.Date.context_today(self)}
        if intent:
            vals["intent_level_id"] = intent.id
        self.write(vals)
        if next_date:
            self.date_next_contact = next_date
        self.message_post(body=text)
