from odoo import api, fields, models
from odoo.api import NewId
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import clean_context

from .dealer_contract_template import KINDS

# Facts only the system writes: they follow from acts that have their own methods
SYSTEM_FIELDS = {
    "name",
    "state",
    "sale_order_id",
    "product_id",
    "vehicle_id",
    "amount_total",
    "amount_car",
    "date_signed",
    "date_cancelled",
    "cancel_reason",
    "version_ids",
    "current_version_id",
    "signed_version_id",
    "version_state",
    "waiting_gate",
    "waiting_role_id",
    "waiting_since",
    "access_token",
}
# Who is told how the house works inside: a customer with a login reads his contract by RPC too
INSIDE = "base.group_user"
# Terms of the deal a version freezes beside the people and the price; the text may print them
TERM_FIELDS = {
    "kind",
    "template_id",
    "site_id",
    "note",
    "deposit_amount",
    "deposit_kind",
    "credit_amount",
    "credit_date",
}
# What a version is compared with, seen from the contract
AGREED_PATHS = (
    *sorted(TERM_FIELDS),
    "registered_owner_id",
    "payer_id",
    "sale_order_id.partner_id",
    "sale_order_id.partner_invoice_id",
    "sale_order_id.currency_id",
    "order_line_ids.product_id",
    "order_line_ids.product_uom_qty",
    "order_line_ids.product_uom_id",
    "order_line_ids.price_unit",
    "order_line_ids.discount",
    "order_line_ids.tax_ids",
    "order_line_ids.nature",
    "order_line_ids.price_total",
    "order_line_ids.dealer_vehicle_id",
    "incentive_ids.amount",
    "incentive_ids.is_down_payment",
    "incentive_ids.funder_id",
    "incentive_ids.state",
)
# Who the deal is with. The signature fixes the buyer; another invoice party or registered owner
# is an amendment, another payer too until he signs; after it a manager changes payer and advisor
PARTY_FIELDS = {"partner_id", "invoice_partner_id", "registered_owner_id", "payer_id"}
MANAGER_FIELDS = {"user_id", "payer_id"}


class DealerContract(models.Model):
    """A deal: its people, what was agreed and signed, and what it waits for.

    The contract has no price of its own: its order's lines are the price. Only decisions
    people take are stored states (draft, signed, cancelled); the rest is derived.
    """

    _name = "dealer.contract"
    _description = "Sales Contract"
    _inherit = [
        "dealer.numbered.mixin",
        "portal.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "dealer.batch.mixin",
        "dealer.gate.mixin",
        "dealer.caller.mixin",
    ]
    _order = "id desc"
    _check_company_auto = True
    _rec_names_search = ["name", "partner_id.name", "partner_id.phone"]
    _mail_post_access = "read"

    name = fields.Char(default="/", copy=False, readonly=True, index="trigram")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    site_id = fields.Many2one(
        "stock.warehouse",
        check_company=True,
        index=True,
        default=lambda self: self._default_site_id(),
        help="Where the car is sold and handed over.",
    )
    kind = fields.Selection(
        KINDS,
        required=True,
        compute="_compute_kind",
        store=True,
        precompute=True,
        readonly=False,
    )
    template_id = fields.Many2one(
        "dealer.contract.template",
        required=True,
        check_company=True,
        default=lambda self: self._default_template_id(),
    )
    user_id = fields.Many2one(
        "res.users",
        string="Sales advisor",
        index=True,
        tracking=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    lead_id = fields.Many2one("crm.lead", string="Enquiry", index="btree_not_null", check_company=True, groups=INSIDE)
    note = fields.Text(string="Agreed besides", help="Printed where the text asks for {{note}}.")

    # People of the deal (five can be five, P18)
    partner_id = fields.Many2one("res.partner", string="Buyer", required=True, index=True, tracking=True)
    phone = fields.Char(related="partner_id.phone")
    invoice_partner_id = fields.Many2one(
        "res.partner",
        string="Invoice to",
        compute="_compute_parties",
        store=True,
        readonly=False,
        precompute=True,
        help="Whom the car is invoiced to; the lessor when the car is leased.",
    )
    registered_owner_id = fields.Many2one(
        "res.partner",
        string="Registered owner",
        compute="_compute_parties",
        store=True,
        readonly=False,
        precompute=True,
        help="On whose name the plates are made.",
    )
    payer_id = fields.Many2one(
        "res.partner",
        compute="_compute_parties",
        store=True,
        readonly=False,
        precompute=True,
        help="Who pays; refunds go back to the same person by the same way.",
    )

    # The price: the order's lines
    sale_order_id = fields.Many2one(
        "sale.order",
        string="Order",
        required=True,
        copy=False,
        readonly=True,
        ondelete="restrict",
        check_company=True,
    )
    order_line_ids = fields.One2many(
        "sale.order.line",
        "dealer_contract_id",
        string="Price lines",
        copy=False,
    )
    product_id = fields.Many2one(
        "product.product",
        string="Trim",
        compute="_compute_car",
        store=True,
        readonly=False,
        copy=False,
        domain="[('is_vehicle', '=', True), ('sale_ok', '=', True)]",
        help="The trim sold. Chosen with a new contract; afterwards the order line tells it.",
    )
    vehicle_id = fields.Many2one(
        "dealer.vehicle",
        string="Car",
        compute="_compute_car",
        store=True,
        readonly=False,
        index="btree_not_null",
        copy=False,
        check_company=True,
        help="The very car named on the order line. Named for the buyer does not mean held: see the steps.",
    )
    currency_id = fields.Many2one(related="sale_order_id.currency_id")
    amount_total = fields.Monetary(
        string="On-the-road price",
        compute="_compute_amount_total",
        store=True,
        help="Everything the customer pays: car, services and money passed through to others.",
    )
    amount_car = fields.Monetary(
        string="Car-only price",
        compute="_compute_amount_car",
        store=True,
        help="The price of the car alone, tax included.",
    )

    # What was agreed
    state = fields.Selection(
        [("draft", "Draft"), ("signed", "Signed"), ("cancelled", "Cancelled")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    version_ids = fields.One2many(
        "dealer.contract.version", "contract_id", string="Versions", copy=False, groups=INSIDE
    )
    current_version_id = fields.Many2one(
        "dealer.contract.version",
        string="Newest version",
        compute="_compute_versions",
        store=True,
        copy=False,
        groups=INSIDE,
    )
    signed_version_id = fields.Many2one(
        "dealer.contract.version",
        string="Signed version",
        compute="_compute_versions",
        store=True,
        copy=False,
        groups=INSIDE,
    )
    version_state = fields.Selection(
        lambda self: self.env["dealer.contract.version"]._fields["state"]._description_selection(self.env),
        string="Approval",
        compute="_compute_versions",  # not related: each write on a version would search for contracts
        store=True,
        groups=INSIDE,
    )
    is_changed = fields.Boolean(
        string="Changed since submission",
        compute="_compute_is_changed",
        groups=INSIDE,
        help="People, price or terms are no longer what the newest version says. "
        "Nothing is delivered or invoiced until a new version is approved and signed.",
    )
    date_signed = fields.Datetime(readonly=True, copy=False)
    date_cancelled = fields.Datetime(readonly=True, copy=False)
    cancel_reason = fields.Char(readonly=True, copy=False, tracking=True, groups=INSIDE)
    waiting_gate = fields.Selection(
        [
            ("approved", "Approval"),
            ("signed", "Signature"),
            ("deposit", "Deposit"),
            ("allocated", "Car allocated"),
            ("papers", "Papers"),
            ("invoiced", "Invoice"),
            ("paid", "Payment"),
            ("delivered", "Delivery"),
        ],
        string="Next step",
        readonly=True,
        copy=False,
        index=True,
        groups=INSIDE,
        help="The first step that is not done. Empty when nothing is left to do.",
    )
    gate_status = fields.Json(groups=INSIDE)
    waiting_role_id = fields.Many2one(groups=INSIDE)
    waiting_since = fields.Datetime(groups=INSIDE)
    waiting_role_name = fields.Char(groups=INSIDE)

    _order_uniq = models.UniqueIndex("(sale_order_id)", "This order belongs to another contract already.")
    _name_uniq = models.UniqueIndex("(company_id, name) WHERE name != '/'", "This contract number exists already.")
    _worklist_idx = models.Index("(user_id, waiting_since) WHERE waiting_gate IS NOT NULL")

    # === Defaults ===
    @api.model
    def _default_site_id(self):
        company = self.env.company
        # Sellers may read neither users nor sites: only the id becomes a default
        sites = self.env.user.sudo().dealer_site_ids.filtered(lambda w: w.company_id == company)
        return sites[:1] or self.env["stock.warehouse"].sudo().search([("company_id", "=", company.id)], limit=1)

    @api.model
    def _default_template_id(self):
        return self.env["dealer.contract.template"].search(
            [("company_id", "in", (False, self.env.company.id))], order="company_id, sequence, id", limit=1
        )

    # === Computes ===
    @api.depends("template_id")
    def _compute_kind(self):
        for contract in self:
            contract.kind = contract.template_id.kind or contract.kind or "retail"

    @api.depends("partner_id")
    def _compute_parties(self):
        for contract in self:
            addresses = contract.partner_id.address_get(["invoice"])
            contract.invoice_partner_id = addresses.get("invoice") or contract.partner_id
            contract.registered_owner_id = contract.partner_id
            contract.payer_id = contract.partner_id

    @api.depends("order_line_ids.product_id", "order_line_ids.dealer_vehicle_id")
    def _compute_car(self):
        for contract in self:
            line = contract._get_car_lines()[:1]
            contract.product_id = line.product_id
            contract.vehicle_id = line.dealer_vehicle_id

    @api.depends("order_line_ids.price_total", "order_line_ids.product_id")
    def _compute_amount_car(self):
        for contract in self:
            contract.amount_car = sum(contract._get_car_lines().mapped("price_total"))

    @api.depends("sale_order_id.amount_total", "order_line_ids.price_total")
    def _compute_amount_total(self):
        for contract in self:
            is_typing = isinstance(contract.id, NewId)  # the order follows when it is saved
            contract.amount_total = (
                sum(contract.order_line_ids.mapped("price_total")) if is_typing else contract.sale_order_id.amount_total
            )

    @api.depends("version_ids.state", "version_ids.number")
    def _compute_versions(self):
        for contract in self:
            versions = contract.version_ids.sorted("number")
            contract.current_version_id = versions[-1:]
            contract.version_state = versions[-1:].state
            contract.signed_version_id = versions.filtered(lambda v: v.state == "signed")[-1:]

    @api.depends("version_state", *AGREED_PATHS)
    def _compute_is_changed(self):
        for contract in self:
            version = contract.sudo().current_version_id  # whoever sees the contract is told so much
            contract.is_changed = (
                version.state in ("under_review", "approved", "signed") and not version._matches_order()
            )

    @api.onchange("vehicle_id")
    def _onchange_vehicle_id(self):
        if self.vehicle_id:
            self.product_id = self.vehicle_id.product_id

    def _compute_access_url(self):
        super()._compute_access_url()
        for contract in self:
            contract.access_url = f"/my/contracts/{contract.id}"

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        cars = [self._pop_car(vals) for vals in vals_list]
        self._check_system_fields(vals_list)
        vals_list = [self._add_contract_defaults(vals) for vals in vals_list]
        self = self.with_context(clean_context(self.env.context))  # noqa: PLW0642
        order_vals = [self._prepare_order(vals, *car) for vals, car in zip(vals_list, cars, strict=True)]
        orders = self.env["sale.order"].create(order_vals)
        for vals, order in zip(vals_list, orders, strict=True):
            vals["sale_order_id"] = order.id
            vals["name"] = self._next_name(vals["company_id"])
        contracts = super().create(vals_list)
        for contract, (vehicle, _product) in zip(contracts, cars, strict=True):
            if vehicle:
                contract._check_vehicle_fits(vehicle)
                contract._action_allocate(vehicle, firm=False)
        contracts._gates_changed()
        return contracts

    def write(self, vals):
        self._check_system_fields([vals])
        self._check_party_fields(vals)
        res = super().write(vals)
        order_vals = self._prepare_order_update(vals)
        if order_vals:
            self.sale_order_id.write(order_vals)
        # The acts that write the state have more to do before they tell what is waited for
        if vals.keys() & (PARTY_FIELDS | TERM_FIELDS | {"user_id", "order_line_ids"}):
            self._gates_changed()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_submitted(self):
        for contract in self:
            if contract.version_ids or contract.state != "draft":
                raise UserError(
                    self.env._(
                        "Contract %(name)s was submitted and stays on file: cancel it instead.",
                        name=contract.name,
                    )
                )

    @api.model
    def _add_contract_defaults(self, vals):
        """Return the values of a new contract with its defaults, none of them the system's.

        A client's ``default_state`` in the context must not sign a contract.
        """
        defaults = self._add_missing_default_values(vals)
        for name in self._get_system_fields() - vals.keys():
            defaults.pop(name, None)
        return defaults

    def _check_system_fields(self, vals_list):
        """Refuse facts that follow from an act (state, signature, order …) as typed values.

        Only server code in superuser mode writes them; no context key opens this.
        """
        if self.env.su:
            return
        for vals in vals_list:
            forged = vals.keys() & self._get_system_fields()
            if forged:
                raise AccessError(
                    self.env._(
                        "%(fields)s of a contract cannot be typed: use the buttons of the "
                        "contract (submit, sign, allocate, cancel).",
                        fields=", ".join(sorted(forged)),
                    )
                )

    @api.model
    def _get_system_fields(self):
        """Return the names of the fields only the system writes. Hook.

        :return: set of str
        """
        return SYSTEM_FIELDS

    def _check_party_fields(self, vals):
        """Refuse another buyer, payer or advisor after the signature (P14, P18).

        :raises UserError: a signed contract would get another buyer, or another payer or
            advisor by somebody who is no sales manager; or its car was handed over
        """
        signed = self.filtered(lambda c: c.state != "draft")
        if self.env.su or not signed:
            return
        frozen = vals.keys() & {"partner_id"}
        if not self.env.user.has_group("dealer_sales.group_sales_manager"):
            frozen |= vals.keys() & MANAGER_FIELDS
        if frozen:
            raise UserError(
                self.env._(
                    "Contract %(name)s is signed: its buyer is what was agreed, cancel it and make "
                    "a new one for somebody else. Payer and advisor are changed by a sales manager.",
                    name=signed[0].name,
                )
            )
        if vals.keys() & PARTY_FIELDS:
            signed._check_not_handed_over()

    def _check_not_handed_over(self):
        """Refuse to change what was agreed once the car is the customer's.

        :raises UserError: naming the contract and the way out
        """
        for contract in self.sudo():  # asked by whoever changes a line; only the number is told
            if contract.state == "signed" and contract._is_handed_over():
                raise UserError(
                    self.env._(
                        "The car of contract %(name)s is handed over: price and people stay as they "
                        "are. Corrections are made by a red-letter invoice or a return.",
                        name=contract.name,
                    )
                )

    # === Making the order ===
    @api.model
    def _pop_car(self, vals):
        """Take the chosen car and trim out of a new contract's values: the order line keeps them.

        :return: (``dealer.vehicle``, ``product.product``), either may be empty
        """
        vehicle = self.env["dealer.vehicle"].browse(vals.pop("vehicle_id", False))
        product = self.env["product.product"].browse(vals.pop("product_id", False))
        return vehicle, vehicle.product_id or product

    @api.model
    def _next_name(self, company_id):
        company = self.env["res.company"].browse(company_id)
        # A new number is needed by people who may not read sequences
        return self.env["ir.sequence"].sudo().with_company(company).next_by_code("dealer.contract")

    @api.model
    def _prepare_order(self, vals, vehicle, product):
        """Return the values of the order made with a contract.

        :param dict vals: values of the new contract, defaults included
        :param vehicle: ``dealer.vehicle``, the car chosen, or empty
        :param product: ``product.product``, the trim chosen, or empty
        :return: dict for ``sale.order.create``
        """
        if not vals.get("partner_id"):
            raise UserError(self.env._("A new contract needs its buyer: choose the customer first."))
        template = self.env["dealer.contract.template"].browse(vals["template_id"])
        lines = [*self._prepare_car_lines(vehicle, product), *template._prepare_order_lines()]
        order = {
            "partner_id": vals["partner_id"],
            "company_id": vals["company_id"],
            "user_id": vals.get("user_id"),
            "opportunity_id": vals.get("lead_id"),
            # Signature and payment belong to the contract, not to the quotation
            "require_signature": False,
            "require_payment": False,
            "order_line": [Command.create(line) for line in lines],
        }
        if vals.get("invoice_partner_id"):
            order["partner_invoice_id"] = vals["invoice_partner_id"]
        if vals.get("site_id"):
            order["warehouse_id"] = vals["site_id"]
        return order

    @api.model
    def _prepare_car_lines(self, vehicle, product):
        """Return the values of the order line of the car chosen with a new contract.

        :return: list of dict, empty when neither car nor trim is known yet
        """
        if not product:
            return []
        line = {"product_id": product.id, "product_uom_qty": 1.0, "sequence": 1}
        if vehicle:
            line["dealer_vehicle_id"] = vehicle.id
        if vehicle.asking_price and vehicle.company_id.dealer_price_with_tax:
            line["price_with_tax"] = vehicle.asking_price
        elif vehicle.asking_price:
            line.update(price_unit=vehicle.asking_price, technical_price_unit=vehicle.asking_price)
        return [line]

    @api.model
    def _prepare_order_update(self, vals):
        """Return what a change of the contract changes on its order.

        :return: dict for ``sale.order.write``
        """
        names = {
            "partner_id": "partner_id",
            "invoice_partner_id": "partner_invoice_id",
            "user_id": "user_id",
            "site_id": "warehouse_id",
        }
        return {names[key]: value for key, value in vals.items() if key in names}

    def _get_car_lines(self):
        """Return the order lines that sell a car."""
        return self.order_line_ids.filtered("product_id.is_vehicle")
