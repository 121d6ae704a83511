from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import clean_context


class DealerDeskingQuote(models.Model):
    """An offer: one car, two to four ways to pay for it side by side (购车方案).

    It promises nothing and holds no car. Taken, it fills the lines of a contract's order, which are the price.
    """

    _name = "dealer.desking.quote"
    _description = "Offer"
    _inherit = ["dealer.protected.mixin", "dealer.numbered.mixin", "portal.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    # Facts that follow from an act with its own method
    _protected_fields = frozenset({"name", "state", "chosen_scenario_id", "contract_id", "date_sent", "access_token"})
    _rec_names_search = ["name", "partner_id.name", "partner_id.phone"]
    _mail_post_access = "read"

    name = fields.Char(string="Number", default="/", copy=False, readonly=True, index="trigram")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        [("draft", "Draft"), ("sent", "Sent"), ("chosen", "Taken")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, tracking=True)
    phone = fields.Char(related="partner_id.phone")
    user_id = fields.Many2one(
        "res.users",
        string="Sales advisor",
        index=True,
        tracking=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    lead_id = fields.Many2one("crm.lead", string="Enquiry", index="btree_not_null", check_company=True)
    product_id = fields.Many2one(
        "product.product",
        string="Trim",
        required=True,
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        domain="[('is_vehicle', '=', True), ('sale_ok', '=', True)]",
    )
    vehicle_id = fields.Many2one(
        "dealer.vehicle",
        string="Car",
        index="btree_not_null",
        check_company=True,
        copy=False,
        domain="[('is_available', '=', True)]",
        help="Only when a certain car is offered: its asking price counts. An offer holds no car.",
    )
    guide_price = fields.Monetary(compute="_compute_guide_price", help="The maker's recommended price, tax included.")
    date_sent = fields.Datetime(readonly=True, copy=False)
    date_valid = fields.Date(string="Valid until", default=lambda self: fields.Date.add(fields.Date.today(), days=7))
    note = fields.Text(string="Words to the customer")
    scenario_ids = fields.One2many(
        "dealer.desking.scenario",
        "quote_id",
        string="Scenarios",
        copy=True,
        default=lambda self: self._default_scenario_ids(),
    )
    line_ids = fields.One2many(
        "dealer.desking.line",
        "quote_id",
        string="Beside the car",
        copy=True,
        default=lambda self: self._default_line_ids(),
    )
    chosen_scenario_id = fields.Many2one("dealer.desking.scenario", string="Taken scenario", readonly=True, copy=False)
    contract_id = fields.Many2one(
        "dealer.contract", string="Contract", readonly=True, copy=False, index="btree_not_null", check_company=True
    )
    portal_link = fields.Char(string="Link for the customer", compute="_compute_portal_link")

    _name_uniq = models.UniqueIndex("(company_id, name) WHERE name != '/'", "This offer number exists already.")

    # === Defaults ===
    @api.model
    def _default_scenario_ids(self):
        rows = self.env["dealer.desking.preset"]._prepare_scenarios(self.env.company)
        return [Command.create(row) for row in rows]

    @api.model
    def _default_line_ids(self):
        """Begin with what the usual contract sells beside the car; each scenario has its own purchase tax."""
        template = self.env["dealer.contract"]._default_template_id()
        tax = self.env.ref("dealer_sales.product_purchase_tax", raise_if_not_found=False)
        lines = template.line_ids.filtered(lambda line: line.product_id != tax)
        return [Command.create(self._prepare_default_line(line)) for line in lines]

    @api.model
    def _prepare_default_line(self, line):
        values = {"product_id": line.product_id.id, "quantity": line.quantity}
        if line.price_unit and line.nature == "pass_through":
            values["price_with_tax"] = line.price_unit
        return values

    # === Computes ===
    @api.depends("vehicle_id")
    def _compute_product_id(self):
        for quote in self:
            quote.product_id = quote.vehicle_id.product_id or quote.product_id

    @api.depends("product_id", "vehicle_id")
    def _compute_guide_price(self):
        for quote in self:
            quote.guide_price = quote.vehicle_id.catalogue_price or quote.product_id.guide_price

    @api.depends("state")
    def _compute_portal_link(self):
        for quote in self:
            is_open = quote.state != "draft"
            quote.portal_link = is_open and f"{quote.get_base_url()}{quote.sudo().get_portal_url()}"

    def _compute_access_url(self):
        super()._compute_access_url()
        for quote in self:
            quote.access_url = f"/my/offers/{quote.id}"

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        quotes = super().create(vals_list)
        quotes._check_lead_customer()
        return quotes

    def _prepare_create_values(self, vals_list):
        result = super()._prepare_create_values(vals_list)
        sequence = self.env["ir.sequence"].sudo()  # needed by people who may not read sequences
        for vals in result:
            vals["name"] = sequence.next_by_code("dealer.desking.quote") or "/"
        return result

    def write(self, vals):
        if vals.keys() & {"partner_id", "product_id", "vehicle_id", "scenario_ids", "line_ids", "company_id"}:
            self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        self._check_open()

    def _check_lead_customer(self):
        """Refuse an enquiry its user may not read."""
        self.filtered("lead_id").lead_id.check_access("read")

    def _check_open(self):
        """Refuse to change what the customer was shown.

        :raises UserError: naming the offer and the way out
        """
        for quote in self:
            if quote.state != "draft" and not self.env.su:
                raise UserError(
                    self.env._(
                        "Offer %(offer)s was sent: the customer reads these figures. "
                        "Press Change first, or copy the offer.",
                        offer=quote.name,
                    )
                )

    # === Prices: Odoo's own engines ===
    def _get_taxes(self, product):
        """Return the taxes Odoo puts on this product for this customer."""
        company = self.company_id or self.env.company
        position = self.env["account.fiscal.position"].with_company(company)._get_fiscal_position(self.partner_id)
        # A seller may not read every tax of the company
        taxes = product.sudo().taxes_id._filter_taxes_by_company(company)
        return position.sudo().map_tax(taxes) if position else taxes

    def _get_list_price(self, product, quantity=1.0):
        """Return what one costs by the customer's pricelist.

        :return: float, with tax, in the offer's currency
        """
        if not product:
            return 0.0
        pricelist = self.partner_id.property_product_pricelist
        price = pricelist._get_product_price(product, quantity or 1.0, currency=self.currency_id)
        return self._with_tax(product, price)

    def _with_tax(self, product, price):
        if product.dealer_line_nature == "pass_through":
            return price
        details = self._get_taxes(product)._get_tax_details(price, 1.0, precision_rounding=self._get_rounding())
        return details["total_included"]

    def _get_rounding(self):
        return (self.currency_id or self.env.company.currency_id).rounding

    def _get_untaxed(self, product, total):
        """Return what is left of a price with tax for the seller.

        :param float total: with tax
        :return: float
        """
        if not product:
            return total or 0.0
        details = self._get_taxes(product)._get_tax_details(
            total or 0.0, 1.0, special_mode="total_included", precision_rounding=self._get_rounding()
        )
        return details["total_excluded"]

    def _get_car_price(self):
        """Return the car's first price: its own asking price, else the pricelist's.

        :return: float, with tax
        """
        asking = self.vehicle_id.asking_price
        if not asking:
            return self._get_list_price(self.product_id)
        return asking if self.company_id.dealer_price_with_tax else self._with_tax(self.product_id, asking)

    def _get_purchase_tax(self, car_price):
        """Return the buyer's tax on a car of this price.

        :param float car_price: with VAT
        :return: float rounded in the offer's currency
        """
        if not self.product_id or not car_price:
            return 0.0
        country = self.company_id.country_id
        untaxed = self._get_untaxed(self.product_id, car_price)
        tax = self.env["dealer.purchase.tax.rate"]._get_tax(
            country, self.product_id.energy, fields.Date.context_today(self), untaxed
        )
        return self.currency_id.round(tax)

    # === Actions ===
    def action_send(self):
        """Freeze the figures and open the mail with the customer's link.

        :return: action of the mail composer
        """
        self.ensure_one()
        self.check_access("write")
        self._check_can_send()
        if self.state == "draft":
            self.sudo().write({"state": "sent", "date_sent": fields.Datetime.now()})  # system facts
        self.sudo()._portal_ensure_token()
        template = self.env.ref("dealer_sales.mail_template_offer")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send the offer"),
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

    def _check_can_send(self):
        if not self.scenario_ids:
            raise UserError(self.env._("Offer %(offer)s has no scenario: add one.", offer=self.name))

    def action_change(self):
        """Take a sent offer back: the customer's page says that it is being changed."""
        for quote in self:
            quote.check_access("write")
            if quote.state == "chosen" and quote.sudo().contract_id.state != "draft":
                raise UserError(
                    self.env._(
                        "Offer %(offer)s became contract %(contract)s, which is not a draft any more: copy the offer.",
                        offer=quote.name,
                        contract=quote.sudo().contract_id.name,
                    )
                )
        self.sudo().write({"state": "draft", "date_sent": False, "chosen_scenario_id": False})  # system facts

    def action_preview_portal(self):
        """Open the page the customer sees.

        :return: act_url
        """
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "target": "new", "url": self.sudo().get_portal_url()}

    def action_view_contract(self):
        """Open the contract this offer became."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "dealer.contract",
            "res_id": self.contract_id.id,
            "views": [(False, "form")],
        }

    def _get_report_base_filename(self):
        self.ensure_one()
        return self.name

    # === Taking a scenario ===
    def _choose(self, scenario):
        """Fill the contract's order with a scenario: the offer's price becomes the only price.

        :param scenario: ``dealer.desking.scenario`` of this offer
        :return: action of the contract's form
        :raises UserError: the contract it belongs to was submitted already
        """
        self.ensure_one()
        self.check_access("write")
        contract = self.contract_id or self._create_contract(scenario)
        if contract.state != "draft" or contract.version_ids:
            raise UserError(
                self.env._(
                    "Contract %(contract)s was submitted already: its price is changed there, with a new version.",
                    contract=contract.name,
                )
            )
        self._fill_contract(contract, scenario)
        self.sudo().write({"state": "chosen", "chosen_scenario_id": scenario.id, "contract_id": contract.id})
        return self.action_view_contract()

    def _create_contract(self, scenario):
        values = {
            "partner_id": self.partner_id.id,
            "lead_id": self.lead_id.id,
            "user_id": (self.user_id or self.env.user).id,
            "company_id": self.company_id.id,
            "product_id": self.product_id.id,
        }
        if self.vehicle_id:
            values["vehicle_id"] = self.vehicle_id.id
        # The defaults of the offer's screen are not the contract's
        context = clean_context(self.env.context)
        return self.env["dealer.contract"].with_context(context).create(values).with_env(self.env)

    def _fill_contract(self, contract, scenario):
        """Make a draft contract's lines what the scenario says, no more and no less."""
        contract.write({"deposit_amount": scenario.deposit_amount, "note": scenario._get_summary()})
        wanted = scenario._prepare_contract_lines()
        car = contract._get_car_lines()[:1]
        (contract.order_line_ids - car).filtered(lambda line: line.product_id not in wanted).unlink()
        car.price_with_tax = scenario.car_price
        for product, (quantity, price) in wanted.items():
            line = contract.order_line_ids.filtered(lambda line, product=product: line.product_id == product)[:1]
            if not line:
                line = self.env["sale.order.line"].create(
                    {"order_id": contract.sale_order_id.id, "product_id": product.id}
                )
            line.product_uom_qty = quantity
            line.price_with_tax = price
