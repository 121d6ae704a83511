from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain


class DealerInsuranceKind(models.Model):
    """A kind of motor insurance. A row, so that a market's own kinds need no code."""

    _name = "dealer.insurance.kind"
    _description = "Kind of Insurance"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    is_compulsory = fields.Boolean(
        "Compulsory", help="The law asks for it: a car has one such policy at a time, never two."
    )
    active = fields.Boolean(default=True)

    _name_uniq = models.UniqueIndex("((name->>'en_US'))", "There is a kind of insurance of this name already.")


class DealerInsurancePolicy(models.Model):
    """An insurance policy on a car: who insures it, for whom, from when until when."""

    _name = "dealer.insurance.policy"
    _description = "Insurance Policy"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_to desc, id desc"
    _rec_name = "number"
    _rec_names_search = ["number", "vehicle_id.name", "partner_id.name"]
    _check_company_auto = True

    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, index=True, ondelete="restrict", check_company=True, tracking=True
    )
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind_id = fields.Many2one("dealer.insurance.kind", "Kind", required=True, index=True, ondelete="restrict")
    is_compulsory = fields.Boolean(related="kind_id.is_compulsory", store=True)
    insurer_id = fields.Many2one(
        "res.partner", "Insurer", required=True, index=True, check_company=True, ondelete="restrict", tracking=True
    )
    number = fields.Char("Policy Number", required=True, copy=False, tracking=True)
    partner_id = fields.Many2one(
        "res.partner",
        "Policy Holder",
        compute="_compute_partner_id",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        index=True,
        check_company=True,
        help="Who has taken the policy out; the owner of the car unless you say otherwise.",
    )
    date_from = fields.Date("Covered from", required=True, default=fields.Date.context_today, tracking=True)
    date_to = fields.Date(
        "Covered until",
        compute="_compute_date_to",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        index=True,
        tracking=True,
        help="Last day of cover.",
    )
    premium = fields.Monetary(tracking=True, help="What the policy holder pays for the whole term.")
    date_cancelled = fields.Date("Cancelled on", copy=False, tracking=True, help="The cover ended before its term.")
    state = fields.Selection(
        [("coming", "Not Begun"), ("running", "Running"), ("ended", "Ended"), ("cancelled", "Cancelled")],
        compute="_compute_state",
        search="_search_state",
        help="Follows from the dates.",
    )
    document = fields.Binary("Policy", attachment=True, copy=False)
    document_name = fields.Char()
    note = fields.Text("Notes")

    _number_uniq = models.UniqueIndex(
        "(company_id, insurer_id, number)", "This insurer's policy of this number is registered already."
    )
    _compulsory_no_overlap = models.Constraint(
        "EXCLUDE USING gist (vehicle_id WITH =, daterange(date_from, date_to, '[]') WITH &&) "
        "WHERE (is_compulsory AND date_cancelled IS NULL)",
        "This car has a compulsory policy for these days already. Two of them would be paid for nothing.",
    )
    _dates_ordered = models.Constraint("CHECK (date_to >= date_from)", "The cover must not end before it begins.")
    _premium_positive = models.Constraint("CHECK (premium >= 0)", "A premium cannot be negative.")

    def _auto_init(self):
        # Odoo only logs a constraint it cannot apply, and pre_init_hook does not run on upgrade.
        self.env.cr.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        return super()._auto_init()

    @api.depends("vehicle_id")
    def _compute_partner_id(self):
        for policy in self:
            policy.partner_id = policy.vehicle_id.owner_id or policy.partner_id

    @api.depends("date_from")
    def _compute_date_to(self):
        for policy in self:
            policy.date_to = policy.date_from and policy.date_from + relativedelta(years=1, days=-1)

    @api.depends("date_from", "date_to", "date_cancelled")
    def _compute_state(self):
        today = fields.Date.context_today(self)
        for policy in self:
            policy.state = policy._get_state(today)

    def _get_state(self, today):
        """Return the state of one policy on a day.

        :param date today: company-timezone date
        """
        self.ensure_one()
        if self.date_cancelled:
            return "cancelled"
        if self.date_from and self.date_from > today:
            return "coming"
        return "ended" if self.date_to and self.date_to < today else "running"

    @api.model
    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        live = Domain("date_cancelled", "=", False)
        domains = {
            "cancelled": ~live,
            "coming": live & Domain("date_from", ">", today),
            "running": live & Domain("date_from", "<=", today) & Domain("date_to", ">=", today),
            "ended": live & Domain("date_to", "<", today),
        }
        return Domain.OR([domains[state] for state in value if state in domains])

    @api.depends("number", "kind_id.name")
    def _compute_display_name(self):
        for policy in self:
            policy.display_name = " · ".join(filter(None, [policy.kind_id.name, policy.number]))

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._strip_number(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._strip_number(vals))

    @api.model
    def _strip_number(self, vals):
        # The same number with a blank behind it is the same policy.
        return {**vals, "number": "".join(vals["number"].split())} if vals.get("number") else vals


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    policy_ids = fields.One2many("dealer.insurance.policy", "vehicle_id", "Insurance Policies")
    insured_until = fields.Date(
        compute="_compute_insured_until", help="Last day of the running compulsory policy; empty: none is known."
    )

    def _compute_insured_until(self):
        today = fields.Date.context_today(self)
        ends = dict(
            self.env["dealer.insurance.policy"]._read_group(
                [
                    ("vehicle_id", "in", self.ids),
                    ("is_compulsory", "=", True),
                    ("date_cancelled", "=", False),
                    ("date_from", "<=", today),
                    ("date_to", ">=", today),
                ],
                ["vehicle_id"],
                ["date_to:max"],
            )
        )
        for vehicle in self:
            vehicle.insured_until = ends.get(vehicle._origin, False)

    def action_open_policies(self):
        """Open the insurance policies of the car."""
        return self._get_related_action("dealer_vehicle.dealer_insurance_policy_action")
