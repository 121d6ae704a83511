from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.dealer_vehicle.tools import vin as vin_tools

# Who may know what a customer's car is worth to us; advisors know what they may offer
VALUE_GROUPS = (
    "dealer_sales.group_appraiser,dealer_sales.group_sales_manager,dealer_vehicle.group_auditor,"
    "account.group_account_invoice,account.group_account_readonly"
)
LIVE = ("draft", "appraised", "committed")
# Facts that follow from an act with its own method
SYSTEM_FIELDS = {
    "name",
    "state",
    "contract_id",
    "equity_line_id",
    "date_appraised",
    "appraised_by_id",
    "purchase_id",
    "bill_id",
    "lien_move_id",
    "claim_move_id",
    "amount_netted",
    "date_received",
    "received_by_id",
    "reappraisal_state",
    "reappraised_by_id",
    "reappraisal_reason",
    "pending_value",
    "pending_limit",
    "pending_allowance",
    "pending_lien_amount",
    "pending_lien_date",
    "accepted_km",
    "accepted_amount",
    # Computed ones are stored: typed, they would stay until something is computed anew
    "vehicle_id",
    "reconditioning",
    "over_allowance",
    "equity",
}
# What is judged: closed by the appraisal, opened again by whoever appraises
CAR_FIELDS = {
    "vin",
    "vin_confirmed",
    "brand_id",
    "series_id",
    "trim_name",
    "model_year",
    "colour",
    "plate",
    "odometer_km",
    "key_count",
    "partner_id",
    "owner_id",
    "company_id",
    "tax_regime",
    "value",
    "allowance_limit",
    "date_valid",
    "market_value",
    "market_source",
    "market_date",
}
APPRAISER_FIELDS = {"value", "allowance_limit", "date_valid", "market_value", "market_source", "market_date"}
# What is agreed with the customer: part of the contract once he signed
TERM_FIELDS = {"allowance", "lien_partner_id", "lien_amount", "lien_date"}
RECHECK_FIELDS = {"recheck_km", "recheck_keys", "recheck_fines", "recheck_lien_amount", "recheck_note"}


class DealerTradeIn(models.Model):
    """A customer's car in part payment: appraised, agreed in a contract, checked again and received (P21)."""

    _name = "dealer.trade.in"
    _description = "Trade-in"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _rec_names_search = ["name", "vin", "plate", "partner_id.name", "partner_id.phone"]

    name = fields.Char("Number", default="/", readonly=True, copy=False, index="trigram")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        [
            ("draft", "To appraise"),
            ("appraised", "Appraised"),
            ("committed", "In a signed contract"),
            ("received", "Received"),
            ("returned", "Given back"),
            ("cancelled", "Not traded in"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        group_expand=True,
    )
    user_id = fields.Many2one(
        "res.users",
        "Sales advisor",
        index=True,
        tracking=True,
        default=lambda self: self._default_user_id(),
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, index=True, check_company=True, tracking=True
    )
    phone = fields.Char(related="partner_id.phone")
    lead_id = fields.Many2one("crm.lead", "Enquiry", index="btree_not_null", check_company=True)
    quote_id = fields.Many2one("dealer.desking.quote", "Offer", index="btree_not_null", check_company=True)
    contract_id = fields.Many2one(
        "dealer.contract",
        "Contract",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        tracking=True,
    )

    # The car
    vin = fields.Char("VIN", copy=False, index="btree_not_null", tracking=True, help="Type or scan it.")
    vin_confirmed = fields.Boolean("VIN Confirmed", help="The check digit is wrong, and you compared it with the car.")
    vin_warning = fields.Char(compute="_compute_vin_warning")
    vehicle_id = fields.Many2one(
        "dealer.vehicle",
        "Known Car",
        compute="_compute_vehicle_id",
        store=True,
        compute_sudo=True,
        index="btree_not_null",
        check_company=True,
        help="The car with this VIN, when we know it: it keeps its history.",
    )
    brand_id = fields.Many2one("fleet.vehicle.model.brand", "Brand")
    series_id = fields.Many2one("fleet.vehicle.model", "Series", domain="[('brand_id', '=?', brand_id)]", index=True)
    trim_name = fields.Char("Trim")
    model_year = fields.Integer(aggregator=None)
    colour = fields.Char()
    plate = fields.Char(index="trigram")
    odometer_km = fields.Integer("Mileage (km)", aggregator=None, tracking=True)
    key_count = fields.Integer("Keys", default=2, aggregator=None)
    description = fields.Char("As the Customer Calls It", help="Until the car is seen: model, year, plate.")
    owner_id = fields.Many2one(
        "res.partner",
        "Owner",
        compute="_compute_owner_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        check_company=True,
        help="Who is in the registration certificate. Somebody else than the customer: his proof is needed.",
    )
    owner_proof = fields.Binary("Proof of the Owner", attachment=True, help="Power of attorney or deed, signed.")
    owner_proof_name = fields.Char()
    is_other_owner = fields.Boolean(compute="_compute_is_other_owner")
    photo_ids = fields.One2many("dealer.trade.in.photo", "trade_in_id", "Photos")
    line_ids = fields.One2many("dealer.trade.in.line", "trade_in_id", "Damage and reconditioning")
    note = fields.Text("Remarks")

    # What it is worth
    reconditioning = fields.Monetary(
        "Estimated Reconditioning",
        compute="_compute_reconditioning",
        store=True,
        groups=VALUE_GROUPS,
        help="What making the car ready for sale is expected to cost; what it costs really is added to its value then.",
    )
    market_value = fields.Monetary(groups=VALUE_GROUPS, help="What cars like this are offered for, with tax.")
    market_source = fields.Char(groups=VALUE_GROUPS)
    market_date = fields.Date(groups=VALUE_GROUPS)
    value_proposed = fields.Monetary(
        "Market Value less Reconditioning", compute="_compute_value_proposed", groups=VALUE_GROUPS
    )
    value = fields.Monetary(
        "Actual Cash Value",
        groups=VALUE_GROUPS,
        tracking=True,
        help="What we would pay for the car as it stands, without any deal. It goes into stock at this, or at the "
        "allowance when that is lower.",
    )
    allowance_limit = fields.Monetary(
        "Highest Allowance", tracking=True, help="What the advisor may offer; more is decided by the sales manager."
    )
    allowance = fields.Monetary(tracking=True, help="What the customer is credited for the car in the deal.")
    over_allowance = fields.Monetary(
        compute="_compute_over_allowance",
        store=True,
        groups=VALUE_GROUPS,
        help="Allowance above the actual cash value: given away, it lowers the gross of the deal.",
    )
    tax_regime = fields.Selection(
        selection=lambda self: self.env["dealer.vehicle"]._fields["tax_regime"]._description_selection(self.env),
        compute="_compute_tax_regime",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Decides how the later sale is taxed. Standard: the owner gives an invoice with tax.",
    )
    date_appraised = fields.Date("Appraised on", readonly=True, copy=False)
    appraised_by_id = fields.Many2one("res.users", "Appraised by", readonly=True, copy=False)
    date_valid = fields.Date("Valid until", copy=False)
    is_expired = fields.Boolean("Expired", compute="_compute_is_expired", search="_search_is_expired")

    # What is still owed on it
    lien_partner_id = fields.Many2one("res.partner", "Lien Holder", index="btree_not_null", check_company=True)
    lien_amount = fields.Monetary(
        "Pay-off", tracking=True, help="What the lien holder must be paid to release the car."
    )
    lien_date = fields.Date("Pay-off Valid until")
    equity = fields.Monetary(
        "Net Equity",
        compute="_compute_equity",
        store=True,
        help="Allowance less pay-off: set off against the new car. Negative: the customer pays it with the new car.",
    )
    equity_line_id = fields.Many2one(
        "sale.order.line", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )

    _live_vin_uniq = models.UniqueIndex(
        "(company_id, vin) WHERE vin IS NOT NULL AND state IN ('draft', 'appraised', 'committed')",
        "This car is in another trade-in already. Use that one, or close it first.",
    )
    _committed_vin_uniq = models.UniqueIndex(
        "(vin) WHERE vin IS NOT NULL AND state = 'committed'",
        "This car is traded in by a signed contract already.",
    )
    _amounts_sane = models.Constraint(
        "CHECK (COALESCE(value, 0) >= 0 AND COALESCE(allowance, 0) >= 0 AND COALESCE(allowance_limit, 0) >= 0"
        " AND COALESCE(lien_amount, 0) >= 0 AND COALESCE(market_value, 0) >= 0 AND COALESCE(odometer_km, 0) >= 0"
        " AND COALESCE(key_count, 0) >= 0)",
        "Amounts, mileage and keys of a trade-in are not below zero.",
    )
    _in_a_deal = models.Constraint(
        "CHECK (state NOT IN ('committed', 'received') OR contract_id IS NOT NULL)",
        "A trade-in that is agreed belongs to a contract.",
    )
    _worklist_idx = models.Index("(company_id, state, date_valid) WHERE state IN ('draft', 'appraised', 'committed')")

    # === Defaults ===
    @api.model
    def _default_user_id(self):
        """Return the seller whose trade-in it is; who only appraises leaves it open."""
        user = self.env.user
        return user if user.has_group("dealer_sales.group_sales_advisor") else user.browse()

    # === Computes ===
    @api.depends("vin", "brand_id", "series_id", "model_year", "plate", "description", "partner_id")
    def _compute_display_name(self):
        for trade_in in self:
            car = trade_in._get_car_text()
            names = ["" if car == "/" else car, trade_in.partner_id.name]  # none yet: the web client says New
            trade_in.display_name = " · ".join(filter(None, names))

    def _get_car_text(self):
        """Return the car in words a customer knows it by.

        :return: str
        """
        self.ensure_one()
        car = [self.brand_id.name, self.series_id.name, str(self.model_year or ""), self.plate]
        return " ".join(filter(None, car)) or self.description or self.vin or self.name

    @api.depends("vin")
    def _compute_vin_warning(self):
        for trade_in in self:
            trade_in.vin_warning = self.env["dealer.vehicle"]._get_vin_warning(trade_in.vin)

    @api.depends("vin", "company_id")
    def _compute_vehicle_id(self):
        for trade_in in self:
            cars = self.env["dealer.vehicle"]
            trade_in.vehicle_id = trade_in.vin and cars._find_known_car(trade_in.vin, trade_in.company_id)

    @api.depends("partner_id")
    def _compute_owner_id(self):
        for trade_in in self:
            trade_in.owner_id = trade_in.partner_id

    @api.depends("owner_id", "partner_id")
    def _compute_is_other_owner(self):
        for trade_in in self:
            owner, customer = trade_in.owner_id.commercial_partner_id, trade_in.partner_id.commercial_partner_id
            trade_in.is_other_owner = bool(owner) and owner != customer

    @api.depends("owner_id.is_company")
    def _compute_tax_regime(self):
        for trade_in in self:
            trade_in.tax_regime = "standard" if trade_in.owner_id.is_company else "margin"

    @api.depends("line_ids.amount", "line_ids.is_recheck")
    def _compute_reconditioning(self):
        for trade_in in self:
            trade_in.reconditioning = sum(trade_in.line_ids.filtered(lambda x: not x.is_recheck).mapped("amount"))

    @api.depends("market_value", "reconditioning")
    def _compute_value_proposed(self):
        for trade_in in self:
            trade_in.value_proposed = max(trade_in.market_value - trade_in.reconditioning, 0.0)

    @api.depends("allowance", "value", "state")
    def _compute_over_allowance(self):
        for trade_in in self:
            is_judged = trade_in.state != "draft"
            over = trade_in._round(trade_in.allowance - trade_in.value) if is_judged else 0.0
            trade_in.over_allowance = max(over, 0.0)

    @api.depends("allowance", "lien_amount")
    def _compute_equity(self):
        for trade_in in self:
            trade_in.equity = trade_in._round(trade_in.allowance - trade_in.lien_amount)

    @api.depends("date_valid", "state")
    def _compute_is_expired(self):
        today = fields.Date.context_today(self)
        for trade_in in self:
            trade_in.is_expired = trade_in.state == "appraised" and trade_in.date_valid and trade_in.date_valid < today

    @api.model
    def _search_is_expired(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("state", "=", "appraised"), ("date_valid", "<", fields.Date.context_today(self))]

    def _round(self, amount):
        return (self.currency_id or self.env.company.currency_id).round(amount)

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_system_fields(vals)
            # What an advisor would allow himself would be taken for the appraiser's word
            if any(vals.get(name) for name in APPRAISER_FIELDS):
                self._check_may_appraise()
            self._normalise(vals)
        trade_ins = super().create(vals_list)
        for trade_in in trade_ins:
            # Everybody who notes a trade-in needs a number, few may read sequences
            sequence = self.env["ir.sequence"].sudo().with_company(trade_in.company_id)
            trade_in.sudo().name = sequence.next_by_code("dealer.trade.in") or "/"
        return trade_ins

    def write(self, vals):
        self._check_system_fields(vals)
        self._check_may_change(vals)
        self._normalise(vals)
        result = super().write(vals)
        if "state" in vals:
            # A closed trade-in makes room for the car's next one before that is stored
            self.flush_recordset(["state"])
        if vals.keys() & TERM_FIELDS:
            self._terms_changed()
        return result

    def _prepare_create_values(self, vals_list):
        # A client's ``default_state`` in the context must not agree a trade-in
        result = super()._prepare_create_values(vals_list)
        names = set() if self.env.su else SYSTEM_FIELDS - {"state", "name"}
        if not self._is_appraiser():
            names |= APPRAISER_FIELDS
        for vals in result:
            for name in names:
                vals.pop(name, None)
            if not self.env.su:
                vals.update(state="draft", name="/")
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_judged(self):
        for trade_in in self:
            if trade_in.state != "draft" or trade_in.contract_id:
                raise UserError(
                    self.env._(
                        "%(trade_in)s was appraised and stays on file: close it.", trade_in=trade_in.display_name
                    )
                )

    @api.model
    def _normalise(self, vals):
        if vals.get("vin"):
            vals["vin"] = vin_tools.normalise(vals["vin"])
        elif "vin" in vals:
            vals["vin"] = False

    @api.model
    def _check_system_fields(self, vals):
        """Refuse facts that follow from an act as typed values; no context key opens this."""
        forged = vals.keys() & SYSTEM_FIELDS
        if forged and not self.env.su:
            raise AccessError(
                self.env._(
                    "%(fields)s of a trade-in cannot be typed: use its buttons (appraise, receive, give back).",
                    fields=", ".join(sorted(forged)),
                )
            )

    def _check_may_change(self, vals):
        """Refuse another car or value after the appraisal, other terms after the signature.

        :raises UserError: naming the trade-in and the way out
        :raises AccessError: a value typed by somebody who does not appraise
        """
        if self.env.su:
            return
        if vals.keys() & APPRAISER_FIELDS:
            self._check_may_appraise()
        for trade_in in self:
            trade_in._check_open_for(vals)
        if "allowance" in vals:
            self._check_allowance(vals["allowance"])

    def _check_open_for(self, vals):
        self.ensure_one()
        closed = self.state not in LIVE
        agreed = vals.keys() & (TERM_FIELDS | CAR_FIELDS)
        if (agreed and (closed or self.state == "committed")) or (
            vals.keys() & RECHECK_FIELDS and self.state != "committed"
        ):
            raise UserError(
                self.env._(
                    "%(trade_in)s: these facts are closed now (%(state)s). What is agreed changes by a re-appraisal, "
                    "the re-check belongs to the hand-over.",
                    trade_in=self.display_name,
                    state=dict(self._fields["state"]._description_selection(self.env))[self.state],
                )
            )
        if self.state == "appraised" and vals.keys() & CAR_FIELDS:
            raise UserError(
                self.env._(
                    "%(trade_in)s is appraised: car, value and highest allowance stay as they were judged. The "
                    "appraiser takes the appraisal back first.",
                    trade_in=self.display_name,
                )
            )

    def _check_allowance(self, allowance):
        """Refuse more than the appraiser's highest allowance, except by a sales manager.

        :param float allowance: wanted
        :raises UserError: naming the limit and whom to ask
        """
        if self.env.user.has_group("dealer_sales.group_sales_manager"):
            return
        for trade_in in self.filtered("allowance_limit"):
            if trade_in.currency_id.compare_amounts(allowance or 0.0, trade_in.allowance_limit) > 0:
                raise UserError(
                    self.env._(
                        "%(trade_in)s: at most %(limit)s may be allowed. Ask the sales manager for more.",
                        trade_in=trade_in.display_name,
                        limit=trade_in.currency_id.format(trade_in.allowance_limit),
                    )
                )

    def _check_may_appraise(self):
        """Refuse who does not judge cars.

        :raises AccessError: names who does
        """
        if not self._is_appraiser():
            raise AccessError(self.env._("Values are set by the used-vehicle appraiser or the sales manager."))

    def _is_appraiser(self):
        return self.env.su or self.env.user.has_groups("dealer_sales.group_appraiser,dealer_sales.group_sales_manager")

    def _lock(self):
        """Let one of two people who use the same trade-in at once win; the other is run again and told.

        The row is written, not only locked: the later transaction becomes a serialization failure.
        """
        self.flush_recordset()
        self.env.cr.execute(SQL("UPDATE dealer_trade_in SET write_date = write_date WHERE id IN %s", tuple(self.ids)))
        self.invalidate_recordset()
