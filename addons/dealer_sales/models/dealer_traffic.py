from odoo import api, fields, models
from odoo.tools import SQL

SALES_KINDS = ("first", "again", "appointment")
RATES = {"capture_rate:avg", "again_rate:avg", "test_drive_rate:avg"}


class DealerTraffic(models.Model):
    """A party that came into the showroom, counted before anybody knows its phone number (P13)."""

    _name = "dealer.traffic"
    _description = "Showroom Traffic"
    _order = "date desc, id desc"
    _rec_name = "date"
    _check_company_auto = True

    date = fields.Datetime("Came at", required=True, default=fields.Datetime.now, index=True, help="UTC.")
    date_left = fields.Datetime("Left at", copy=False, help="UTC.")
    site_id = fields.Many2one(
        "stock.warehouse",
        "Site",
        required=True,
        index=True,
        check_company=True,
        default=lambda self: self.env.user._get_default_site(),
    )
    company_id = fields.Many2one(related="site_id.company_id", store=True, index=True)
    people_count = fields.Integer("Persons", required=True, default=1, aggregator="sum", help="How many came together.")
    kind = fields.Selection(
        [
            ("first", "First Visit"),
            ("again", "Came Again"),
            ("appointment", "By Appointment"),
            ("other", "Other Business"),
        ],
        required=True,
        default="first",
        index=True,
        help="Other business (service, collecting a car) is no sales traffic and counts in no rate.",
    )
    source_id = fields.Many2one("utm.source", "Channel")
    user_id = fields.Many2one("res.users", "Sales advisor", index="btree_not_null")
    lead_id = fields.Many2one(
        "crm.lead",
        "Enquiry",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        help="The enquiry it became: the party is captured.",
    )
    has_test_drive = fields.Boolean("Test Drive")
    note = fields.Char()
    capture_rate = fields.Float(
        "Captured (%)",
        compute="_compute_rates",
        store=True,
        aggregator="avg",
        digits=(5, 1),
        help="Share of sales parties that left a name or number.",
    )
    again_rate = fields.Float("Came Again (%)", compute="_compute_rates", store=True, aggregator="avg", digits=(5, 1))
    test_drive_rate = fields.Float(
        "Test Drives (%)", compute="_compute_rates", store=True, aggregator="avg", digits=(5, 1)
    )

    _people_positive = models.Constraint("CHECK (people_count > 0)", "At least one person came.")
    _left_after = models.Constraint("CHECK (date_left >= date)", "Nobody leaves before he came.")

    @api.depends("kind", "lead_id", "has_test_drive")
    def _compute_rates(self):
        # 100 or 0, so that every average of any group is the rate of that group.
        for party in self:
            party.capture_rate = 100.0 if party.lead_id else 0.0
            party.again_rate = 100.0 if party.kind == "again" else 0.0
            party.test_drive_rate = 100.0 if party.has_test_drive else 0.0

    def _read_group_select(self, aggregate_spec, query):
        rate = super()._read_group_select(aggregate_spec, query)
        if aggregate_spec not in RATES:
            return rate
        # Other business counts in no rate, whatever is looked at; a group of nothing else has none.
        return SQL("%s FILTER (WHERE %s IN %s)", rate, self._field_to_sql(self._table, "kind", query), SALES_KINDS)

    @api.model_create_multi
    def create(self, vals_list):
        parties = super().create(vals_list)
        parties._note_visit()
        return parties

    def write(self, vals):
        result = super().write(vals)
        if vals.get("lead_id"):
            self._note_visit()
        return result

    def _note_visit(self):
        """A visit is a contact: the advisor's days and the follow-up begin anew."""
        for party in self.filtered("lead_id"):
            lead = party.lead_id.sudo()  # the reception counts who came and changes no enquiry
            day = fields.Date.context_today(self, party.date)
            if not lead.date_last_contact or lead.date_last_contact < day <= fields.Date.context_today(self):
                lead.date_last_contact = day

    def action_take_down(self):
        """Open a new enquiry for this party, or the one it became.

        :return: action of the enquiry's form
        """
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Enquiry"),
            "res_model": "crm.lead",
            "res_id": self.lead_id.id,
            "views": [(False, "form")],
            "context": {} if self.lead_id else self._get_lead_context(),
        }

    def _get_lead_context(self):
        context = {
            "default_type": "opportunity",
            "default_source_id": self.source_id.id,
            "default_site_id": self.site_id.id,
            "default_traffic_ids": [(4, self.id)],
        }
        return {**context, "default_user_id": self.user_id.id} if self.user_id else context

    def action_leave(self):
        """Note that these parties left now; who left before keeps his time."""
        self.check_access("write")
        self.filtered(lambda party: not party.date_left).date_left = fields.Datetime.now()
        return True
