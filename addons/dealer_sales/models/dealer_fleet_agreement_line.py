from odoo import api, fields, models
from odoo.exceptions import UserError

# What the contracts made of a line rest on
USED_FIELDS = {"agreement_id", "product_id", "colour_id", "price"}
# What is agreed: whoever writes it does not put it in force
TERM_FIELDS = USED_FIELDS | {"quantity"}


class DealerFleetAgreementLine(models.Model):
    """So many cars of one trim and colour, each at one price."""

    _name = "dealer.fleet.agreement.line"
    _description = "Line of a Fleet Agreement"
    _order = "agreement_id desc, sequence, id"
    _check_company_auto = True

    agreement_id = fields.Many2one("dealer.fleet.agreement", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="agreement_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="agreement_id.currency_id")
    state = fields.Selection(related="agreement_id.state")
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        "Trim",
        required=True,
        check_company=True,
        domain="[('is_vehicle', '=', True), ('sale_ok', '=', True)]",
    )
    product_tmpl_id = fields.Many2one(related="product_id.product_tmpl_id")
    colour_id = fields.Many2one(
        "dealer.trim.colour",
        "Colour",
        domain="[('product_tmpl_id', '=', product_tmpl_id), ('kind', '=', 'exterior')]",
        help="Outside. Empty: any colour.",
    )
    quantity = fields.Integer("Agreed", required=True, default=1)
    price = fields.Monetary(
        "Price with tax",
        compute="_compute_price",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        help="Of one car; every contract made from this line sells for it.",
    )
    guide_price = fields.Monetary(related="product_id.guide_price", string="Guide price")
    price_untaxed = fields.Monetary("Without tax", compute="_compute_price_untaxed")
    price_tax = fields.Monetary("Tax", compute="_compute_price_untaxed")
    amount_total = fields.Monetary("Total with tax", compute="_compute_amount_total")
    contract_ids = fields.One2many("dealer.contract", "fleet_line_id", "Contracts", readonly=True, copy=False)
    contracted_count = fields.Integer(
        "Contracts made",
        compute="_compute_contracted_count",
        store=True,
        copy=False,
        help="Contracts of this line that are not cancelled.",
    )
    open_count = fields.Integer("Still open", compute="_compute_open_count", store=True)
    delivered_count = fields.Integer("Delivered", compute="_compute_delivered_count", compute_sudo=True)

    _quantity_positive = models.Constraint("CHECK (quantity > 0)", "A line is for one car or more.")
    _price_positive = models.Constraint("CHECK (price > 0)", "A car has a price.")
    _never_more = models.Constraint(
        "CHECK (COALESCE(contracted_count, 0) <= quantity)",
        "More contracts than cars agreed: raise the quantity of the line first, or make fewer contracts.",
    )

    @api.depends("product_id", "colour_id", "quantity")
    def _compute_display_name(self):
        for line in self:
            words = [line.product_id.display_name, line.colour_id.name]
            line.display_name = f"{line.quantity} × {', '.join(filter(None, words))}"

    @api.depends("product_id")
    def _compute_price(self):
        for line in self:
            taxes = line._get_taxes()
            price = line.product_id.lst_price
            line.price = taxes.compute_all(price, currency=line.currency_id)["total_included"] if taxes else price

    @api.depends("price", "product_id", "agreement_id.partner_id")
    def _compute_price_untaxed(self):
        for line in self:
            line.price_untaxed = line._get_untaxed(line.price)
            line.price_tax = line.price - line.price_untaxed

    def _get_taxes(self):
        """Return the taxes of a sale of this trim to this buyer."""
        company = self.company_id or self.env.company
        taxes = self.product_id.taxes_id.filtered(lambda tax: tax.company_id in company.parent_ids)
        positions = self.env["account.fiscal.position"].with_company(company)
        return positions._get_fiscal_position(self.agreement_id.partner_id).map_tax(taxes)

    def _get_untaxed(self, price):
        taxes = self._get_taxes()
        if not taxes or not price:
            return price
        details = taxes._get_tax_details(price, 1.0, special_mode="total_included")
        return self.currency_id.round(details["total_excluded"])

    @api.depends("price", "quantity")
    def _compute_amount_total(self):
        for line in self:
            line.amount_total = line.price * line.quantity

    @api.depends("contract_ids.state")
    def _compute_contracted_count(self):
        counts = dict(
            self.env["dealer.contract"]._read_group(
                [("fleet_line_id", "in", self.ids), ("state", "!=", "cancelled")], ["fleet_line_id"], ["__count"]
            )
        )
        for line in self:
            line.contracted_count = counts.get(line._origin, 0)

    @api.depends("quantity", "contracted_count")
    def _compute_open_count(self):
        for line in self:
            line.open_count = line.quantity - line.contracted_count

    @api.depends("contract_ids.delivery_ids.state")
    def _compute_delivered_count(self):
        gone = self.env["dealer.delivery"].search_fetch(
            [("contract_id.fleet_line_id", "in", self.ids), ("state", "=", "done")], ["contract_id"]
        )
        by_line = gone.contract_id.grouped("fleet_line_id")
        for line in self:
            line.delivered_count = len(by_line.get(line._origin, ()))

    @api.onchange("product_id")
    def _onchange_product_id(self):
        if self.colour_id.product_tmpl_id != self.product_tmpl_id:
            self.colour_id = False

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_terms()
        lines.agreement_id._note_author()
        return lines

    def write(self, vals):
        self._check_terms()
        if vals.keys() & TERM_FIELDS:
            self.agreement_id._note_author()
        if vals.keys() & USED_FIELDS:
            self._check_unused(vals)
        result = super().write(vals)
        if "agreement_id" in vals:
            self._check_terms()
            self.agreement_id._note_author()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_terms()
        self.agreement_id._note_author()
        for line in self:
            if line.sudo().contract_ids:  # a yes or no, whoever sees the contracts
                raise UserError(
                    self.env._("Contracts were made from %(line)s: it stays on file.", line=line.display_name)
                )

    def _check_terms(self):
        if not self.env.su:
            self.agreement_id._check_draft()

    def _check_unused(self, vals):
        """Refuse another trim, colour or price than the one contracts were made with.

        :raises UserError: naming the line and the way out
        """
        for line in self:
            values = line._convert_to_write({name: line[name] for name in vals.keys() & USED_FIELDS})
            if line.sudo().contract_ids and any(vals[name] != value for name, value in values.items()):
                raise UserError(
                    self.env._(
                        "Contracts were made from %(line)s: its trim, colour and price stay. Lower its quantity and "
                        "add another line.",
                        line=line.display_name,
                    )
                )

    # === Contracts ===
    def _check_open(self, number):
        if number > self.open_count:
            raise UserError(
                self.env._(
                    "%(line)s: %(open)s are still open, %(number)s were asked for.",
                    line=self.display_name,
                    open=self.open_count,
                    number=number,
                )
            )

    def _prepare_contract(self):
        """Return the values of a contract for one car of this line.

        :return: dict for ``dealer.contract.create``
        """
        self.ensure_one()
        agreement = self.agreement_id
        return {
            "company_id": agreement.company_id.id,
            "site_id": agreement.site_id.id,
            "partner_id": agreement.partner_id.id,
            "user_id": agreement.user_id.id or self.env.uid,
            "template_id": agreement.template_id.id,
            "kind": "fleet",
            "product_id": self.product_id.id,
            "note": agreement.note,
            "fleet_line_id": self.id,
            "cut_reason_id": self.env["dealer.contract"]._get_fleet_reason().id,
            "cut_note": agreement.name,
        }

    def _get_colour_names(self):
        """Return how the agreed colour may be written on a car: in any language, or as the maker's code.

        :return: set of str, empty for any colour
        """
        colour = self.colour_id.sudo()  # what it is called is no secret
        if not colour:
            return set()
        names = colour._fields["name"]._get_stored_translations(colour) or {}
        return {name.strip().lower() for name in (*names.values(), colour.code) if name}

    def _fits(self, product, vehicle):
        """Tell whether a trim, or a car, is what this line agreed.

        :param product: ``product.product``
        :param vehicle: ``dealer.vehicle`` or empty
        """
        names, colour = self._get_colour_names(), (vehicle.colour_exterior or "").strip().lower()
        return product == self.product_id and (not vehicle or not names or colour in names)
