from odoo import api, fields, models
from odoo.tools import SQL

STAFF = "dealer_vehicle.group_vehicle_user"
SALES = "sales_team.group_sale_salesman,dealer_vehicle.group_auditor"
# The sums a customer spent are not the reception's
SCORES = (
    "dealer_sales.group_sales_advisor,dealer_sales.group_fni,dealer_vehicle.group_auditor,"
    "dealer_vehicle.group_dealer_admin,mass_mailing.group_mass_mailing_user"
)
# Model, field that names the customer, further condition: what the numbers on the page count
COUNTED = {
    "dealer_lead_count": ("crm.lead", "partner_id", []),
    "dealer_quote_count": ("dealer.desking.quote", "partner_id", []),
    "dealer_contract_count": ("dealer.contract", "partner_id", []),
    "dealer_booking_count": ("dealer.vehicle.booking", "partner_id", []),
    "dealer_policy_count": ("dealer.insurance.policy", "partner_id", []),
}
# Facts that tell an advisor whom he speaks with: one query each for any number of customers
FACTS_SQL = {
    "contracts": """
        SELECT partner_id, count(*), max(date_signed)::date FROM dealer_contract
         WHERE state = 'signed' AND partner_id IN %s AND company_id IN %s GROUP BY partner_id""",
    "visits": """
        SELECT l.partner_id, count(*), max(t.date)::date FROM dealer_traffic t JOIN crm_lead l ON l.id = t.lead_id
         WHERE l.partner_id IN %s AND t.company_id IN %s GROUP BY l.partner_id""",
    "leads": """
        SELECT partner_id, count(*), max(date_last_contact) FROM crm_lead
         WHERE partner_id IN %s AND company_id IN %s AND (won_status != 'pending' OR NOT active)
         GROUP BY partner_id""",
    "readings": """
        SELECT v.owner_id, count(*), max(o.date)::date FROM dealer_vehicle v
          JOIN dealer_vehicle_odometer o ON o.vehicle_id = v.id
         WHERE v.owner_id IN %s AND v.company_id IN %s GROUP BY v.owner_id""",
}
LAST = {"contracts": "last_contract", "visits": "last_visit"}


class ResPartner(models.Model):
    """One page of the customer: what was asked, offered, signed, driven, insured, and what is still to pay."""

    _inherit = "res.partner"

    birthdate = fields.Date(groups=SALES, help="Of a private person. Congratulated where the customer wishes mail.")
    birthday_key = fields.Integer(compute="_compute_birthday_key", store=True, index="btree_not_null", groups=SALES)
    kept_vehicle_ids = fields.One2many("dealer.vehicle", "keeper_id", "Cars used", groups=STAFF)
    dealer_score_ids = fields.One2many("dealer.customer.score", "partner_id", "Classes", groups=SCORES)
    dealer_lead_count = fields.Integer("Enquiries", compute="_compute_dealer_counts", groups=STAFF)
    dealer_quote_count = fields.Integer("Offers", compute="_compute_dealer_counts", groups=STAFF)
    dealer_contract_count = fields.Integer("Contracts", compute="_compute_dealer_counts", groups=STAFF)
    dealer_booking_count = fields.Integer("Bookings", compute="_compute_dealer_counts", groups=STAFF)
    dealer_policy_count = fields.Integer("Policies", compute="_compute_dealer_counts", groups=STAFF)
    dealer_amount_open = fields.Monetary(
        "Still to pay",
        compute="_compute_dealer_amount_open",
        groups=STAFF,
        help="Of the signed contracts the reader may see.",
    )
    date_last_seen = fields.Date("Last seen", compute="_compute_date_last_seen", groups=STAFF)

    @api.depends("birthdate")
    def _compute_birthday_key(self):
        for partner in self:
            partner.birthday_key = partner.birthdate and partner.birthdate.month * 100 + partner.birthdate.day

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_dealer_counts(self):
        for name, (model, field, domain) in COUNTED.items():
            records, counts = self.env[model].with_context(active_test=False), {}
            if records.has_access("read"):
                counts = dict(records._read_group([(field, "in", self.ids), *domain], [field], ["__count"]))
            for partner in self:
                partner[name] = counts.get(partner._origin, 0)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_dealer_amount_open(self):
        contracts = self.env["dealer.contract"]
        if contracts.has_access("read"):
            contracts = contracts.search([("partner_id", "in", self.ids), ("state", "=", "signed")])
        by_partner = contracts.grouped("partner_id")
        for partner in self:
            own = by_partner.get(partner._origin, contracts.browse())
            partner.dealer_amount_open = sum(
                contract.currency_id._convert(
                    contract.amount_open,
                    partner.currency_id or self.env.company.currency_id,
                    contract.company_id,
                    fields.Date.context_today(self),
                )
                for contract in own
            )

    @api.depends_context("allowed_company_ids")
    def _compute_date_last_seen(self):
        facts = self._get_dealer_facts()
        for partner in self:
            partner.date_last_seen = facts.get(partner._origin.id, {}).get("last_seen", False)

    def _get_dealer_facts(self):
        """Return what the house knows of customers, whoever of the house it was told; a fixed number of queries.

        :return: {partner id: {"cars": list of str, "contracts", "visits", "leads": int, "last_contract",
            "last_visit", "last_seen": date}}; what is not known is missing
        """
        ids = tuple(self._origin.ids)
        if not ids:
            return {}
        for model in ("dealer.contract", "dealer.traffic", "crm.lead", "dealer.vehicle", "dealer.vehicle.odometer"):
            self.env[model].flush_model()
        facts = {}
        companies = tuple(self.env.companies.ids)
        for name, query in FACTS_SQL.items():
            for partner_id, count, last in self.env.execute_query(SQL(query, ids, companies)):
                fact = facts.setdefault(partner_id, {})
                fact[name] = count
                if last and name in LAST:
                    fact[LAST[name]] = last
                if last and name != "leads":
                    fact["last_seen"] = max(last, fact.get("last_seen") or last)
        cars = self.env["dealer.vehicle"]
        if cars.has_access("read"):
            for car in cars.search([("owner_id", "in", ids)]):
                facts.setdefault(car.owner_id.id, {}).setdefault("cars", []).append(car.display_name)
        return facts

    # === Actions ===
    def action_open_dealer_records(self):
        """Open what one of the page's numbers counts.

        The button says which: its context holds ``dealer_counted``, one of the fields counted here.
        """
        self.ensure_one()
        name = self.env.context.get("dealer_counted")
        model, field, domain = COUNTED[name if name in COUNTED else "dealer_lead_count"]
        return {
            "type": "ir.actions.act_window",
            "name": self._fields[name]._description_string(self.env) if name in COUNTED else self.env._("Enquiries"),
            "res_model": model,
            "view_mode": "list,form",
            "domain": [(field, "=", self.id), *domain],
            "context": {f"default_{field}": self.id, "active_test": False},
        }

    def action_new_enquiry(self):
        """Open a new enquiry of this customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New enquiry"),
            "res_model": "crm.lead",
            "views": [(False, "form")],
            "context": {"default_partner_id": self.id, "default_type": "opportunity"},
        }
