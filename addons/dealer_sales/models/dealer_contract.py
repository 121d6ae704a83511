from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import clean_context, format_amount, format_date

from ..tools import contract_text
from .dealer_contract_template import KINDS

# Facts only the system writes: they follow from acts that have their own methods
SYSTEM_FIELDS = {
    "name",
    "state",
    "sale_order_id",
    "product_id",
    "vehicle_id",
    "date_signed",
    "date_cancelled",
    "version_ids",
    "current_version_id",
    "signed_version_id",
    "waiting_gate",
    "waiting_role_id",
    "waiting_since",
    "access_token",
}
# Who the deal is with: agreed by signature, changed by an amendment only
PARTY_FIELDS = {"partner_id", "invoice_partner_id", "registered_owner_id", "payer_id"}


class DealerContract(models.Model):
    """A deal: its people, what was agreed and signed, and what it waits for.

    The contract has no price of its own: its order's lines are the price. Only decisions
    people take are stored states (draft, signed, cancelled); the rest is derived.
    """

    _name = "dealer.contract"
    _description = "Sales Contract"
    _inherit = [
        "portal.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "dealer.gate.mixin",
    ]
    _order = "id desc"
    _check_company_auto = True
    _rec_names_search = ["name", "partner_id.name", "partner_id.phone"]
    _mail_post_access = "read"

    name = fields.Char(default="/", copy=False, readonly=True, index="trigram")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    site_id = fields.Many2one(
        "stock.warehouse",
        string="Site",
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
        string="Template",
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
    lead_id = fields.Many2one(
        "crm.lead", string="Enquiry", index="btree_not_null", check_company=True
    )
    note = fields.Text(string="Agreed besides", help="Printed where the text asks for {{note}}.")

    # People of the deal (five can be five, P18)
    partner_id = fields.Many2one(
        "res.partner", string="Buyer", required=True, index=True, tracking=True
    )
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
        string="Payer",
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
        help="The very car named on the order line. Named for the buyer does not mean held: "
        "see the steps.",
    )
    currency_id = fields.Many2one(related="sale_order_id.currency_id")
    amount_total = fields.Monetary(
        string="On-the-road price",
        related="sale_order_id.amount_total",
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
        "dealer.contract.version", "contract_id", string="Versions", copy=False
    )
    current_version_id = fields.Many2one(
        "dealer.contract.version",
        string="Newest version",
        compute="_compute_versions",
        store=True,
        copy=False,
    )
    signed_version_id = fields.Many2one(
        "dealer.contract.version",
        string="Signed version",
        compute="_compute_versions",
        store=True,
        copy=False,
    )
    version_state = fields.Selection(
        related="current_version_id.state", string="Approval", store=True
    )
    is_changed = fields.Boolean(
        string="Changed since submission",
        compute="_compute_is_changed",
        help="The order's lines or the buyer are no longer what the newest version says. "
        "Nothing is delivered or invoiced until a new version is approved and signed.",
    )
    date_signed = fields.Datetime(readonly=True, copy=False)
    date_cancelled = fields.Datetime(readonly=True, copy=False)
    cancel_reason = fields.Char(readonly=True, copy=False, tracking=True)
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
        help="The first step that is not done. Empty when nothing is left to do.",
    )

    _order_uniq = models.UniqueIndex(
        "(sale_order_id)", "This order belongs to another contract already."
    )
    _name_uniq = models.UniqueIndex(
        "(company_id, name) WHERE name != '/'", "This contract number exists already."
    )
    _worklist_idx = models.Index("(user_id, waiting_since) WHERE waiting_gate IS NOT NULL")

    # === Defaults ===
    @api.model
    def _default_site_id(self):
        company = self.env.company
        sites = self.env.user.sudo().dealer_site_ids.filtered(lambda w: w.company_id == company)
        return sites[:1] or self.env["stock.warehouse"].sudo().search(
            [("company_id", "=", company.id)], limit=1
        )

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

    @api.depends("version_ids.state", "version_ids.number")
    def _compute_versions(self):
        for contract in self:
            versions = contract.version_ids.sorted("number")
            contract.current_version_id = versions[-1:]
            contract.signed_version_id = versions.filtered(lambda v: v.state == "signed")[-1:]

    @api.depends("current_version_id.state", "sale_order_id")
    def _compute_is_changed(self):
        for contract in self:
            version = contract.sudo().current_version_id
            contract.is_changed = (
                version.state in ("under_review", "approved", "signed")
                and not version._matches_order()
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
        order_vals = [
            self._prepare_order(vals, *car) for vals, car in zip(vals_list, cars, strict=True)
        ]
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
        if vals.keys() & (PARTY_FIELDS | {"user_id", "order_line_ids", "state"}):
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
        """Refuse another buyer or advisor after the signature (P14, P18).

        :raises UserError: a signed contract would get another party, or another advisor by
            somebody who is no sales manager
        """
        signed = self.filtered(lambda c: c.state != "draft")
        if self.env.su or not signed:
            return
        frozen = vals.keys() & PARTY_FIELDS
        if "user_id" in vals and not self.env.user.has_group("dealer_sales.group_sales_manager"):
            frozen.add("user_id")
        if frozen:
            raise UserError(
                self.env._(
                    "Contract %(name)s is signed: its people are what was agreed. Cancel it "
                    "and make a new one; another advisor is set by a sales manager.",
                    name=signed[0].name,
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
        if vehicle.asking_price:
            line.update(
                price_unit=vehicle.asking_price, technical_price_unit=vehicle.asking_price
            )
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

    # === Gates ===
    def _gates(self):
        """Return the steps of the deal in their order; see ``dealer.gate.mixin``.

        Money and delivery are filled in by ``_deposit_gates``, ``_invoice_gates``,
        ``_payment_gates`` and ``_delivery_gates``.
        """
        self.ensure_one()
        return [
            self._gate_approved(),
            self._gate_signed(),
            *self._deposit_gates(),
            self._gate_allocated(),
            self._gate_papers(),
            *self._invoice_gates(),
            *self._payment_gates(),
            *self._delivery_gates(),
        ]

    def _gate_approved(self):
        version = self.current_version_id
        waiting = version.state == "under_review" and not self.is_changed
        return {
            "code": "approved",
            "label": self.env._("Approved"),
            "stage": "sign",
            "done": self._is_approved(),
            "role": "dealer_sales.group_sales_manager"
            if waiting
            else "dealer_sales.group_sales_advisor",
            "action": "action_open_version" if waiting else "action_submit",
            "hint": self._get_approval_hint(),
        }

    def _get_approval_hint(self):
        if self.is_changed:
            return self.env._("Changed since it was submitted: submit a new version.")
        if self.current_version_id.state == "under_review":
            return self.env._("A second person approves the price.")
        if self.current_version_id.state == "sent_back":
            return self.env._("Sent back: mend it and submit it again.")
        return self.env._("Submit it when the price and the people are right.")

    def _gate_signed(self):
        return {
            "code": "signed",
            "label": self.env._("Signed"),
            "stage": "allocate",
            "done": self._is_signed(),
            "role": "dealer_sales.group_sales_advisor",
            "action": "action_send_to_sign",
            "hint": self.env._("The customer signs the approved version on his own page or on paper."),
        }

    def _gate_allocated(self):
        return {
            "code": "allocated",
            "label": self.env._("Car allocated"),
            "stage": "invoice",
            "done": self._is_allocated(),
            "role": "dealer_sales.group_sales_advisor",
            "action": "action_allocate",
            "hint": self.env._("One car is held firmly for this contract."),
        }

    def _gate_papers(self):
        vehicle = self.vehicle_id
        # Who may read the papers is not who waits for them
        missing = vehicle.sudo()._get_missing_papers("invoice") if vehicle else []
        return {
            "code": "papers",
            "label": self.env._("Papers in house"),
            "stage": "invoice",
            "done": bool(vehicle) and not missing,
            "role": "dealer_vehicle.group_stock_keeper",
            "action": False,
            "hint": ", ".join(missing) if missing else "",
        }

    def _deposit_gates(self):
        """Return the gates of the deposit (stage allocate). Hook, empty here."""
        return []

    def _invoice_gates(self):
        """Return the gates of the invoice (stage delivery). Hook, empty here."""
        return []

    def _payment_gates(self):
        """Return the gates of the balance (stage delivery). Hook, empty here."""
        return []

    def _delivery_gates(self):
        """Return the gates of the hand-over itself. Hook, empty here."""
        return []

    def _is_approved(self):
        """Tell whether the newest version is approved and still what the order says."""
        version = self.sudo().current_version_id
        return version.state in ("approved", "signed") and version._matches_order()

    def _is_signed(self):
        """Tell whether the customer signed the newest version and the order still says so."""
        version = self.sudo().current_version_id
        return self.state == "signed" and version.state == "signed" and version._matches_order()

    def _is_allocated(self):
        """Tell whether a car is named and held firmly for this very contract."""
        hold = self.sudo().vehicle_id.hold_id
        return bool(hold) and hold.contract_id == self and hold.is_firm

    # === Actions ===
    def action_submit(self):
        """Freeze the deal as it stands as a new version and ask for its approval.

        :return: True
        :raises UserError: no car on the order, or the deal as it stands is with the
            approver, approved or signed already
        """
        self.check_access("write")
        for contract in self:
            contract._check_can_submit()
            contract._action_submit()
        return True

    def _check_can_submit(self):
        if self.state == "cancelled":
            raise UserError(self.env._("Contract %(name)s is cancelled.", name=self.name))
        cars = self._get_car_lines()
        if not cars:
            raise UserError(
                self.env._(
                    "Contract %(name)s sells no car yet: add the trim in its price lines first.",
                    name=self.name,
                )
            )
        if self.kind == "retail" and (len(cars) > 1 or cars.product_uom_qty != 1):
            raise UserError(
                self.env._(
                    "Contract %(name)s is retail: one contract, one car. Make a contract for "
                    "each car.",
                    name=self.name,
                )
            )
        version = self.current_version_id
        if version.state in ("under_review", "approved", "signed") and not self.is_changed:
            raise UserError(
                self.env._(
                    "Version %(number)s of contract %(name)s already says exactly this (%(state)s).",
                    number=version.number,
                    name=self.name,
                    state=dict(version._fields["state"]._description_selection(self.env))[
                        version.state
                    ],
                )
            )

    def _action_submit(self):
        # Versions are made by the system alone: users have no right to create or write one
        versions = self.env["dealer.contract.version"].sudo()
        self.sudo().version_ids.filtered(
            lambda v: v.state in ("under_review", "approved", "sent_back")
        )._set_superseded()
        version = versions.create(self._prepare_version())
        version._ask_approval()
        self._gates_changed()

    def _prepare_version(self):
        """Return the values of a version of the deal as it stands now.

        :return: dict for ``dealer.contract.version.create``
        """
        self.ensure_one()
        order = self.sudo().sale_order_id
        return {
            "contract_id": self.id,
            "number": max(self.sudo().version_ids.mapped("number"), default=0) + 1,
            "requested_by_id": self.env.uid,
            "body": self._render_body(),
            "order_fingerprint": order._get_dealer_fingerprint(),
            "vehicle_id": self.vehicle_id.id,
            "amount_car": self.amount_car,
            "amount_total": self.amount_total,
            "guide_price": sum(
                line.product_id.guide_price * line.product_uom_qty
                for line in self._get_car_lines()
            ),
        }

    def action_withdraw(self):
        """Take a version under review back, to mend the deal.

        :return: True
        :raises UserError: nothing is under review
        """
        self.check_access("write")
        for contract in self:
            version = contract.sudo().current_version_id
            if version.state != "under_review":
                raise UserError(
                    self.env._(
                        "Contract %(name)s has nothing under review to withdraw.",
                        name=contract.name,
                    )
                )
            version._set_superseded()
            contract._gates_changed()
        return True

    def action_open_version(self):
        """Open the newest version, where it is approved."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "dealer.contract.version",
            "res_id": self.current_version_id.id,
            "views": [(False, "form")],
        }

    def action_view_order(self):
        """Open the order of the contract."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.sale_order_id.id,
            "views": [(False, "form")],
        }

    def action_view_vehicle(self):
        """Open the car of the contract."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "dealer.vehicle",
            "res_id": self.vehicle_id.id,
            "views": [(False, "form")],
        }

    # === Signing ===
    def action_send_to_sign(self):
        """Send the customer the link where he reads and signs the approved version.

        :return: action of the composer, ready to send
        :raises UserError: nothing approved to sign
        """
        self.ensure_one()
        self.check_access("write")
        self._check_can_sign()
        self._portal_ensure_token()
        template = self.env.ref("dealer_sales.mail_template_contract_sign")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send for signature"),
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_template_id": template.id,
                "default_composition_mode": "comment",
                "default_email_layout_xmlid": "mail.mail_notification_layout_with_responsible_signature",
            },
        }

    def action_sign_paper(self):
        """Open the window that records a contract signed on paper."""
        self.ensure_one()
        self._check_can_sign()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Signed on paper"),
            "res_model": "dealer.contract.sign.paper",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_contract_id": self.id},
        }

    def _check_can_sign(self):
        """Refuse a signature under anything but an approved text that is still true.

        :raises UserError: cancelled, not approved, changed since, or signed already
        """
        self.ensure_one()
        version = self.sudo().current_version_id
        if self.state == "cancelled":
            raise UserError(self.env._("Contract %(name)s is cancelled.", name=self.name))
        if version.state == "signed" and version._matches_order():
            raise UserError(self.env._("Contract %(name)s is signed already.", name=self.name))
        if not self._is_approved():
            raise UserError(
                self.env._(
                    "Contract %(name)s cannot be signed: %(reason)s",
                    name=self.name,
                    reason=self._get_approval_hint(),
                )
            )

    def _sign(self, name, signature, ip=None):
        """Put the customer's signature under the approved version and make the deal binding.

        The caller has checked the person (portal token, or the advisor with the paper in
        his hand). The order is confirmed here, by the system, and nowhere else.

        :param str name: the signatory as he writes himself
        :param signature: base64 image or scan of the signature
        :param str ip: where the signature came from, or None
        :return: the signed version
        :raises UserError: see ``_check_can_sign``
        """
        self.ensure_one()
        self._check_can_sign()
        contract = self.sudo()  # versions and contract state are written by the system alone
        version = contract.current_version_id
        earlier = contract.version_ids.filtered(lambda v: v.state == "signed")
        version._sign(name, signature, ip=ip)
        earlier._set_superseded()
        version.write({"state": "signed"})
        contract.write({"state": "signed", "date_signed": fields.Datetime.now()})
        contract._confirm_order()
        contract._action_signed()
        contract._gates_changed()
        return version

    def _confirm_order(self):
        """Confirm the order of a signed contract; an amended one is confirmed already."""
        order = self.sale_order_id.with_company(self.company_id)
        if order.state in ("draft", "sent"):
            order.action_confirm()

    def _action_signed(self):
        """Do what follows a signature. Hook: call super."""
        self.message_post(
            body=self.env._(
                "Version %(number)s signed by %(name)s.",
                number=self.current_version_id.number,
                name=self.current_version_id.signed_by,
            )
        )

    # === The car ===
    def action_allocate(self, vehicle_id=None):
        """Hold one car firmly for this contract, or open the window to choose it.

        :param int vehicle_id: ``dealer.vehicle`` id; None opens the window, unless the
            order line names the car already
        :return: True, or the action of the window
        :raises UserError: a gate before allocation is open, or the car is somebody else's
        """
        self.ensure_one()
        self.check_access("write")
        vehicle = self.env["dealer.vehicle"].browse(vehicle_id) or self.vehicle_id
        if vehicle_id is None and not (self.vehicle_id and self.state == "signed"):
            return self._get_allocate_window()
        self._check_gates("allocate")
        self._check_vehicle_fits(vehicle)
        self._action_allocate(vehicle, firm=True)
        return True

    def action_reserve(self, vehicle_id=None):
        """Name a car for this contract and keep it for some hours before the signature.

        :param int vehicle_id: ``dealer.vehicle`` id; None opens the window
        :return: True, or the action of the window
        :raises UserError: the car is somebody else's, or the contract is signed already
        """
        self.ensure_one()
        self.check_access("write")
        if vehicle_id is None:
            return self._get_allocate_window()
        vehicle = self.env["dealer.vehicle"].browse(vehicle_id)
        if self.state != "draft":
            raise UserError(
                self.env._(
                    "Contract %(name)s is not a draft: allocate a car instead.", name=self.name
                )
            )
        self._check_vehicle_fits(vehicle)
        self._action_allocate(vehicle, firm=False)
        return True

    def _get_allocate_window(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Allocate a car")
            if self.state == "signed"
            else self.env._("Reserve a car"),
            "res_model": "dealer.contract.allocate",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_contract_id": self.id},
        }

    def _check_vehicle_fits(self, vehicle):
        """Refuse a car that is not of the trim, or not of the company, that was agreed."""
        vehicle.ensure_one()
        vehicle.check_access("read")
        line = self._get_car_lines()[:1]
        if vehicle.company_id != self.company_id or vehicle.product_id != line.product_id:
            raise UserError(
                self.env._(
                    "%(car)s is not a %(trim)s: change the price lines first, or choose "
                    "another car.",
                    car=vehicle.display_name,
                    trim=line.product_id.display_name or self.env._("car of this contract"),
                )
            )
        if vehicle.has_stop_sale:
            raise UserError(
                self.env._(
                    "%(car)s must not be sold: a recall stops its sale.",
                    car=vehicle.display_name,
                )
            )

    def _action_allocate(self, vehicle, firm):
        """Take the hold on the car and write the car on the order line.

        The loser of two who want one car is told by ``_take_hold`` who has it.
        """
        # Advisors may hold cars through their contract only, and write no stock documents:
        # narrow sudo after the checks above
        contract, vehicle = self.sudo(), vehicle.sudo()
        vehicle._take_hold(
            contract.partner_id,
            user=contract.user_id or self.env.user,
            firm=firm,
            contract_id=contract.id,
        )
        contract._release_holds(but=vehicle)
        line = contract._get_car_lines()[:1]
        if line.dealer_vehicle_id != vehicle:
            line.write({"dealer_vehicle_id": vehicle.id})
        contract._gates_changed()

    def _release_holds(self, but=None):
        """Release the cars held for these contracts.

        :param but: ``dealer.vehicle`` that stays held
        """
        for contract in self:
            held = self.env["dealer.vehicle.hold"].sudo().search(
                [("contract_id", "=", contract.id), ("state", "=", "live")]
            )
            vehicles = held.vehicle_id - (but or held.vehicle_id.browse())
            vehicles._release_hold(contract_id=contract.id)

    # === Cancelling ===
    def action_cancel(self, reason=None):
        """Cancel the deal: the car is free, the order cancelled, the money the customer's.

        :param str reason: why; None opens the window that asks for it
        :return: True, or the action of the window
        :raises UserError: delivered, or invoiced and not credited
        :raises AccessError: a signed contract, by somebody who is no sales manager
        """
        self.check_access("write")
        if not reason:
            return self._get_cancel_window()
        for contract in self:
            contract._check_can_cancel()
        # The order, its pickings and the hold are not the advisor's to write: after the check
        self.sudo()._action_cancel(reason)
        return True

    def _get_cancel_window(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel the contract"),
            "res_model": "dealer.contract.cancel",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_contract_ids": self.ids},
        }

    def _check_can_cancel(self):
        """Refuse to cancel what is cancelled, delivered or invoiced. Hook: call super.

        :raises UserError: naming the contract and the way out
        :raises AccessError: signed, and the user is no sales manager
        """
        self.ensure_one()
        if self.state == "cancelled":
            raise UserError(self.env._("Contract %(name)s is cancelled already.", name=self.name))
        if self.state == "signed" and not (
            self.env.su or self.env.user.has_group("dealer_sales.group_sales_manager")
        ):
            raise AccessError(
                self.env._(
                    "Contract %(name)s is signed: only a sales manager cancels it.",
                    name=self.name,
                )
            )
        order = self.sudo().sale_order_id
        if any(line.qty_delivered for line in order.order_line if line.product_id.is_vehicle):
            raise UserError(
                self.env._(
                    "The car of contract %(name)s is delivered: it comes back by a return, "
                    "not by cancelling.",
                    name=self.name,
                )
            )
        invoices = order.invoice_ids.filtered(
            lambda move: move.state == "posted"
            and move.move_type == "out_invoice"
            and move.payment_state != "reversed"
        )
        if invoices:
            raise UserError(
                self.env._(
                    "Contract %(name)s is invoiced (%(invoices)s): credit the invoice first.",
                    name=self.name,
                    invoices=", ".join(invoices.mapped("name")),
                )
            )

    def _action_cancel(self, reason):
        """Cancel without asking. Hook: runs in superuser mode, call super.

        :param str reason: shown on the contract
        """
        self.version_ids.filtered(
            lambda v: v.state in ("under_review", "approved", "sent_back")
        )._set_superseded()
        self.write(
            {
                "state": "cancelled",
                "cancel_reason": reason,
                "date_cancelled": fields.Datetime.now(),
            }
        )
        self._release_holds()
        vehicles = self.vehicle_id
        self.sale_order_id._action_cancel()
        vehicles._facts_changed()
        self._gates_changed()

    # === The text ===
    def _get_placeholder_words(self):
        """Return the words a contract text may use. Hook: keep in step with the values.

        :return: list of str
        """
        return [
            "company",
            "company_address",
            "company_phone",
            "number",
            "date",
            "site",
            "advisor",
            "buyer",
            "buyer_address",
            "buyer_phone",
            "buyer_id_number",
            "invoice_to",
            "registered_owner",
            "payer",
            "trim",
            "vin",
            "colour",
            "car_price",
            "total",
            "lines",
            "note",
        ]

    def _get_placeholder_values(self):
        """Return what the words of the text stand for, in the customer's language.

        :return: dict of str to str or Markup, a key for every word
        """
        self.ensure_one()
        company = self.company_id
        vehicle = self.vehicle_id
        order = self.sale_order_id
        return {
            "company": company.name,
            "company_address": company.partner_id._display_address(without_company=True),
            "company_phone": company.phone or "",
            "number": self.name,
            "date": format_date(self.env, fields.Date.context_today(self)),
            "site": self.site_id.name or "",
            "advisor": self.user_id.name or "",
            "buyer": self.partner_id.name,
            "buyer_address": self.partner_id._display_address(without_company=True),
            "buyer_phone": self.partner_id.phone or "",
            "buyer_id_number": self.partner_id.vat or "",
            "invoice_to": self.invoice_partner_id.name or "",
            "registered_owner": self.registered_owner_id.name or "",
            "payer": self.payer_id.name or "",
            "trim": self.product_id.display_name or "",
            "vin": vehicle.vin or "",
            "colour": " / ".join(filter(None, (vehicle.colour_exterior, vehicle.colour_interior))),
            "car_price": format_amount(self.env, self.amount_car, order.currency_id),
            "total": format_amount(self.env, self.amount_total, order.currency_id),
            "lines": self._render_lines(),
            "note": self.note or "",
        }

    def _render_lines(self):
        return self.env["ir.qweb"]._render(
            "dealer_sales.dealer_contract_lines", {"contract": self}
        )

    def _render_body(self):
        """Return the text of the deal as it stands, in the buyer's language.

        Words of a fixed list are replaced; the text of a template is never evaluated.

        :return: Markup
        """
        self.ensure_one()
        lang = self.partner_id.lang or self.env.lang
        # Names of colleagues and companies are printed whoever prints
        contract = self.with_context(lang=lang).sudo()
        return contract_text.fill(
            contract.template_id.body, contract._get_placeholder_values()
        )

    def _get_print_body(self):
        """Return what is printed: the frozen text, or the deal as it stands before one.

        :return: Markup
        """
        self.ensure_one()
        version = self.current_version_id
        if version.state in ("under_review", "approved", "signed") and not self.is_changed:
            return Markup(version.body)  # noqa: S704 frozen from a sanitised template
        return self._render_body()

    # === Guards of the sinks ===
    def _get_binding_refusal(self):
        """Return why nothing real may happen on these contracts yet, or False.

        :return: str for a person, naming the contract, or False
        """
        for contract in self.sudo():
            if contract.state == "cancelled":
                return self.env._("Contract %(name)s is cancelled.", name=contract.name)
            if contract.state != "signed":
                return self.env._(
                    "Contract %(name)s is not signed yet: Deals / Contracts shows what it waits for.",
                    name=contract.name,
                )
            if not contract._is_signed():
                return self.env._(
                    "The order of contract %(name)s is no longer what was signed: submit a new "
                    "version in Deals / Contracts and have it approved and signed.",
                    name=contract.name,
                )
        return False

    def _get_invoice_refusal(self, vehicle):
        """Return why this car may not be invoiced yet on this contract, or False. Hook.

        :param vehicle: ``dealer.vehicle`` named on the order line
        :return: str for a person, or False
        """
        self.ensure_one()
        contract = self.sudo()
        refusal = contract._get_binding_refusal()
        if refusal:
            return refusal
        opened = contract._gates_open("invoice")
        if opened:
            return self.env._(
                "Contract %(name)s still waits for: %(steps)s.",
                name=contract.name,
                steps=", ".join(gate["label"] for gate in opened),
            )
        return False

    def _get_delivery_refusal(self, vehicle):
        """Return why this car may not leave on this contract, or False. Hook.

        ``models/dealer_delivery.py`` adds that its hand-over protocol is being signed.

        :param vehicle: ``dealer.vehicle`` about to leave
        :return: str for a person, or False
        """
        self.ensure_one()
        contract = self.sudo()
        refusal = contract._get_binding_refusal()
        if refusal:
            return refusal
        if vehicle not in contract._get_car_lines().dealer_vehicle_id:
            return self.env._(
                "Contract %(name)s sells %(car)s, not this car.",
                name=contract.name,
                car=contract.vehicle_id.display_name or self.env._("a car still to be allocated"),
            )
        return False
