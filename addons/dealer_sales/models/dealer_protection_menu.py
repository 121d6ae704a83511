from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

ANSWERS = [("open", "Not answered"), ("accepted", "Accepted"), ("declined", "Declined")]


class DealerProtectionMenu(models.Model):
    """The products shown to a customer; he accepts or declines each and signs for it (B12, P26)."""

    _name = "dealer.protection.menu"
    _description = "F&I Menu"
    _inherit = ["mail.thread", "dealer.signature.mixin", "dealer.system.link.mixin"]
    _order = "id desc"
    _rec_names_search = ["contract_id.name", "partner_id.name", "partner_id.phone"]
    _check_company_auto = True

    contract_id = fields.Many2one("dealer.contract", required=True, index=True, check_company=True, ondelete="cascade")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, string="Customer")
    phone = fields.Char(related="partner_id.phone")
    contract_user_id = fields.Many2one(related="contract_id.user_id", string="Sales advisor")
    user_id = fields.Many2one("res.users", "Shown by", default=lambda self: self.env.user, readonly=True, index=True)
    state = fields.Selection(
        [("shown", "Being shown"), ("signed", "Signed")], default="shown", required=True, readonly=True, index=True
    )
    package_ids = fields.Many2many("dealer.protection.package", string="Packages", check_company=True)
    line_ids = fields.One2many("dealer.protection.menu.line", "menu_id", "Products")
    amount_accepted = fields.Monetary("Accepted, with Tax", compute="_compute_amounts", store=True)
    count_open = fields.Integer("Not Answered", compute="_compute_amounts", store=True)
    note = fields.Text("Customer's words")

    _shown_uniq = models.UniqueIndex(
        "(contract_id) WHERE state = 'shown'", "A menu is being shown for this contract already: open that one."
    )

    @api.depends("line_ids.answer", "line_ids.price")
    def _compute_amounts(self):
        for menu in self:
            accepted = menu.line_ids.filtered(lambda line: line.answer == "accepted")
            menu.amount_accepted = sum(accepted.mapped("price"))
            menu.count_open = len(menu.line_ids.filtered(lambda line: line.answer == "open"))

    @api.depends("contract_id")
    def _compute_display_name(self):
        for menu in self:
            menu.display_name = self.env._("Menu of %(contract)s", contract=menu.contract_id.name or "")

    # === CRUD ===
    def _prepare_create_values(self, vals_list):
        # A menu begins unsigned, shown by whoever makes it, whatever a context says
        first = {"state": "shown", "user_id": self.env.uid}
        return [{**first, **vals} for vals in super()._prepare_create_values(vals_list)]

    def write(self, vals):
        if not self.env.su and vals.keys() & {"contract_id", "line_ids", "package_ids", "note"}:
            self._check_not_signed()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_signed(self):
        self._check_not_signed()

    def _check_not_signed(self):
        for menu in self.filtered(lambda m: m.state == "signed"):
            raise UserError(
                self.env._(
                    "%(menu)s is what %(customer)s signed: show a new menu instead.",
                    menu=menu.display_name,
                    customer=menu.signed_by,
                )
            )

    @api.model
    def _get_system_links(self):
        refusal = self.env._("A menu is signed by the customer with its button, never typed.")
        names = (
            "state",
            "user_id",
            "company_id",
            "partner_id",
            "amount_accepted",
            "count_open",
            "signature",
            "signed_by",
            "signed_on",
            "signed_from",
        )
        return {**super()._get_system_links(), **dict.fromkeys(names, refusal)}

    def _prepare_lines(self):
        """Return the lines a new menu begins with: every product that is offered, at its price."""
        contract, company = self.contract_id, self.company_id
        today = fields.Date.context_today(self)
        products = self.env["dealer.protection.product"].search([("company_id", "=", company.id)])
        sold = contract.sudo().protection_contract_ids.filtered(lambda p: p.state != "cancelled").protection_id
        return [
            Command.create(
                {
                    "protection_id": one.id,
                    "price": company.currency_id._convert(one.retail_price, contract.currency_id, company, today),
                }
            )
            for one in products - sold
        ]

    # === Answers ===
    def _take_package(self, package):
        self.ensure_one()
        self.check_access("write")
        self._check_not_signed()
        taken = self.line_ids.filtered(lambda line: line.protection_id in package.protection_ids)
        taken.answer = "accepted"
        (self.line_ids - taken).answer = "declined"

    def action_decline_open(self):
        """Decline everything that was not answered."""
        self.check_access("write")
        self._check_not_signed()
        self.line_ids.filtered(lambda line: line.answer == "open").answer = "declined"
        return True

    def action_open_sign(self):
        """Open the window where the customer signs on this screen.

        :return: act_window on ``dealer.protection.sign``
        :raises UserError: a product is not answered, or it is signed
        """
        self.ensure_one()
        self._check_can_sign()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Customer signs"),
            "res_model": "dealer.protection.sign",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_menu_id": self.id, "default_signer": self.partner_id.name},
        }

    def _check_can_sign(self):
        self.check_access("write")
        self._check_not_signed()
        if self.count_open or not self.line_ids:
            raise UserError(
                self.env._(
                    "%(menu)s: the customer accepts or declines each product first (%(count)s left).",
                    menu=self.display_name,
                    count=self.count_open,
                )
            )
        if self.contract_id.state == "cancelled":
            raise UserError(self.env._("Contract %(name)s is cancelled.", name=self.contract_id.name))
        self.contract_id._check_not_handed_over()
        self.line_ids._check_floor()

    def _sign_menu(self, name, signature):
        """Keep the customer's signature and put what he accepted into the contract.

        On a signed contract the new lines ask for a new version; nothing is delivered or invoiced before it is signed.

        :param str name: who signs
        :param signature: PNG, base64
        :raises UserError: something is not answered, nothing is drawn, it is signed already
        """
        self.ensure_one()
        self._check_can_sign()
        self.contract_id.check_access("write")
        # The signature is written by this act alone; the checks above are the right to it
        self.sudo()._sign(name, signature)
        self.sudo().state = "signed"
        self.flush_recordset()  # the index that allows one shown menu must see it before the next is made
        accepted = self.line_ids.filtered(lambda line: line.answer == "accepted")
        accepted._sell()
        self.contract_id.message_post(
            body=self.env._(
                "F&I menu signed by %(name)s: accepted %(accepted)s; declined %(declined)s.",
                name=name,
                accepted=", ".join(accepted.protection_id.mapped("name")) or "-",
                declined=", ".join((self.line_ids - accepted).protection_id.mapped("name")) or "-",
            )
        )

    def action_print(self):
        """Print the menu with what was declined, in the customer's language."""
        return self.env.ref("dealer_sales.action_report_dealer_protection_menu").report_action(self)

    def action_view_contract(self):
        """Open the contract this menu belongs to."""
        self.ensure_one()
        return self.contract_id._get_records_action()


class DealerProtectionMenuLine(models.Model):
    """One product shown to one customer, and his answer."""

    _name = "dealer.protection.menu.line"
    _description = "F&I Menu Line"
    _order = "menu_id desc, sequence, id"
    _rec_name = "protection_id"
    _check_company_auto = True

    menu_id = fields.Many2one("dealer.protection.menu", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="menu_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="menu_id.currency_id")
    protection_id = fields.Many2one(
        "dealer.protection.product", "Product", required=True, index=True, ondelete="restrict", check_company=True
    )
    sequence = fields.Integer(related="protection_id.sequence", store=True)
    description = fields.Text(related="protection_id.description")
    provider_id = fields.Many2one(related="protection_id.provider_id")
    term_months = fields.Integer(related="protection_id.term_months")
    term_km = fields.Integer(related="protection_id.term_km")
    price = fields.Monetary("Price with Tax", required=True)
    answer = fields.Selection(ANSWERS, required=True, default="open", index=True)

    _product_uniq = models.UniqueIndex("(menu_id, protection_id)", "This product is on the menu already.")
    _price_positive = models.Constraint("CHECK (price >= 0)", "A price cannot be negative.")

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if not self.env.su:
            lines.menu_id._check_not_signed()
        return lines

    def write(self, vals):
        if not self.env.su:
            self.menu_id._check_not_signed()
        res = super().write(vals)
        if not self.env.su and "menu_id" in vals:
            self.menu_id._check_not_signed()  # nor is a line put below a signature
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_signed(self):
        self.menu_id._check_not_signed()

    def action_accept(self):
        """The customer wants these products."""
        self.answer = "accepted"
        return True

    def action_decline(self):
        """The customer does not want these products; he signs for that too."""
        self.answer = "declined"
        return True

    def _check_floor(self):
        """Refuse a price below the lowest one, but for a sales manager.

        :raises AccessError: naming the product and its lowest price
        """
        if self.env.su or self.env.user.has_group("dealer_sales.group_sales_manager"):
            return
        today = fields.Date.context_today(self)
        for line in self.filtered(lambda one: one.answer == "accepted"):
            protection, company = line.protection_id, line.company_id
            floor = company.currency_id._convert(protection.floor_price, line.currency_id, company, today)
            if line.currency_id.compare_amounts(line.price, floor) < 0:
                raise AccessError(
                    self.env._(
                        "%(product)s is sold for at least %(floor)s; below it only by a sales manager.",
                        product=protection.name,
                        floor=line.currency_id.format(floor),
                    )
                )

    def _sell(self):
        """Make the order line and the product's own contract of each accepted line."""
        # A client's ``default_discount`` must not take off what is sold
        order_lines = self.env["sale.order.line"]._with_clean_context()
        lines = order_lines.create(
            [
                {"order_id": line.menu_id.contract_id.sale_order_id.id, "product_id": line.protection_id.product_id.id}
                for line in self
            ]
        )
        for line, order_line in zip(self, lines, strict=True):
            order_line.write({"name": line.protection_id.name, "price_with_tax": line.price})
        # Contracts with providers are made by the customer's signature alone
        self.env["dealer.protection.contract"].sudo().create(
            [line._prepare_contract(order_line) for line, order_line in zip(self, lines, strict=True)]
        )
        self.sudo().menu_id.contract_id._fni_changed()

    def _prepare_contract(self, order_line):
        """Return the values of the contract with the provider that an accepted product is."""
        protection, contract = self.protection_id, self.menu_id.contract_id
        return {
            "contract_id": contract.id,
            "menu_line_id": self.id,
            "sale_line_id": order_line.id,
            "protection_id": protection.id,
            "provider_id": protection.provider_id.id,
            "term_months": protection.term_months,
            "term_km": protection.term_km,
            "cost": protection._get_cost(fields.Date.context_today(self)),
            "user_id": self.env.uid,
        }
