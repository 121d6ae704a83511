from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmLead(models.Model):
    _inherit = "crm.lead"

    intent_level_id = fields.Many2one(
        "dealer.intent.level",
        string="Intent level",
        index="btree_not_null",
        tracking=True,
        help="How soon the customer will buy: it sets the rhythm of the follow-up.",
    )
    date_last_contact = fields.Date(string="Last contact", default=fields.Date.context_today, copy=False)
    date_next_contact = fields.Date(
        string="Next contact",
        compute="_compute_date_next_contact",
        store=True,
        readonly=False,
        index=True,
        copy=False,
        help="Last contact plus the days of the intent level; another date may be agreed.",
    )
    wanted_series_ids = fields.Many2many("fleet.vehicle.model", string="Wanted series")
    budget = fields.Monetary(currency_field="company_currency")
    customer_vehicle_ids = fields.One2many(
        "dealer.vehicle", string="Cars of the customer", compute="_compute_customer_vehicle_ids"
    )
    traffic_ids = fields.One2many("dealer.traffic", "lead_id", string="Showroom visits")
    lost_to = fields.Char("Lost to", index="btree_not_null", tracking=True, help="What the customer bought instead.")
    contract_ids = fields.One2many("dealer.contract", "lead_id", string="Contracts")
    contract_count = fields.Integer(compute="_compute_contract_count")
    has_live_contract = fields.Boolean(compute="_compute_contract_count")
    user_id = fields.Many2one(default=lambda self: self._default_user_id())

    @api.model
    def _default_user_id(self):
        """Return who works on a new enquiry: whoever writes it down, unless he sells nothing."""
        user = self.env.user
        gives_away = user.has_group("dealer_sales.group_receptionist") and not user.has_group(
            "dealer_sales.group_sales_advisor"
        )
        return user.browse() if gives_away else user

    @api.depends("intent_level_id", "date_last_contact")
    def _compute_date_next_contact(self):
        for lead in self:
            days = lead.intent_level_id.follow_up_days
            start = lead.date_last_contact or fields.Date.context_today(lead)
            lead.date_next_contact = days and start + timedelta(days=days)

    @api.depends("partner_id")
    def _compute_customer_vehicle_ids(self):
        cars = dict(
            self.env["dealer.vehicle"]._read_group(
                [("owner_id", "in", self.partner_id.ids)], ["owner_id"], ["id:recordset"]
            )
        )
        for lead in self:
            lead.customer_vehicle_ids = cars.get(lead.partner_id)

    @api.depends("contract_ids.state")
    def _compute_contract_count(self):
        for lead in self:
            # A number on a button; the contracts themselves are opened with the user's rights
            contracts = lead.sudo().contract_ids
            lead.contract_count = len(contracts)
            lead.has_live_contract = any(contract.state != "cancelled" for contract in contracts)

    @api.onchange("phone")
    def _onchange_phone_find_customer(self):
        if self.phone and not self.partner_id:
            self.partner_id = self.env["res.partner"]._find_by_phones([self.phone]).get(self.phone)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        # Core installs a paid look-up of companies by e-mail in every database: no private buyer has one
        for button in arch.xpath("//button[@name='iap_enrich']"):
            button.getparent().remove(button)
        return arch, view

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        unknown = [v for v in vals_list if v.get("phone") and not v.get("partner_id")]
        known = self.env["res.partner"]._find_by_phones([vals["phone"] for vals in unknown])
        for vals in unknown:
            if vals["phone"] in known:
                vals["partner_id"] = known[vals["phone"]].id
        return super().create(vals_list)

    # === Actions ===
    def action_new_contract(self):
        """Open a new contract for this customer, or the one there is.

        :return: action of the contract's form
        :raises UserError: the enquiry has no name to make a customer of
        """
        self.ensure_one()
        if not self.partner_id:
            self._make_customer()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New contract"),
            "res_model": "dealer.contract",
            "views": [(False, "form")],
            "context": self._get_contract_context(),
        }

    def _make_customer(self):
        if not (self.contact_name or self.partner_name):
            raise UserError(
                self.env._(
                    "Enquiry %(lead)s has no customer yet: choose one or type the contact's name.",
                    lead=self.name,
                )
            )
        self._handle_partner_assignment(create_missing=True)

    def _get_contract_context(self):
        return {
            "default_partner_id": self.partner_id.id,
            "default_lead_id": self.id,
            "default_user_id": (self.user_id or self.env.user).id,
        }

    def action_view_contracts(self):
        """Open the contracts of this enquiry."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_sales.dealer_contract_action_all")
        return {**action, "domain": [("lead_id", "=", self.id)], "context": self._get_contract_context()}
