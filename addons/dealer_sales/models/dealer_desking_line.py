from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerDeskingLine(models.Model):
    """Something offered beside the car: an accessory, a service, money passed through to others (P17)."""

    _name = "dealer.desking.line"
    _description = "Offer Line"
    _order = "sequence, id"

    quote_id = fields.Many2one("dealer.desking.quote", required=True, index=True, ondelete="cascade")
    scenario_id = fields.Many2one(
        "dealer.desking.scenario",
        string="Only in",
        index="btree_not_null",
        ondelete="cascade",
        domain="[('quote_id', '=', quote_id)]",
        help="Empty: in every scenario.",
    )
    sequence = fields.Integer(default=10)
    currency_id = fields.Many2one(related="quote_id.currency_id")
    product_id = fields.Many2one(
        "product.product", required=True, domain="[('sale_ok', '=', True), ('is_vehicle', '=', False)]"
    )
    nature = fields.Selection(related="product_id.dealer_line_nature")
    quantity = fields.Float(default=1.0, digits="Product Unit")
    price_with_tax = fields.Monetary(
        compute="_compute_price_with_tax",
        store=True,
        readonly=False,
        precompute=True,
        help="Price of one with tax; 0 is a gift.",
    )
    amount = fields.Monetary(compute="_compute_amount")

    _quantity_check = models.Constraint("CHECK (quantity > 0)", "The quantity of an offered item is more than nothing.")

    @api.depends("product_id", "quantity")
    def _compute_price_with_tax(self):
        for line in self:
            line.price_with_tax = line.quote_id._get_list_price(line.product_id, line.quantity)

    @api.depends("price_with_tax", "quantity")
    def _compute_amount(self):
        for line in self:
            line.amount = line.price_with_tax * line.quantity

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.quote_id._check_open()
        return lines

    def write(self, vals):
        self.quote_id._check_open()
        res = super().write(vals)
        self.quote_id._check_open()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        self.quote_id._check_open()

    @api.constrains("product_id", "scenario_id", "quote_id")
    def _check_product(self):
        for line in self:
            if line.product_id.is_vehicle or (line.scenario_id and line.scenario_id.quote_id != line.quote_id):
                raise UserError(
                    self.env._(
                        "%(product)s on offer %(offer)s: the car is chosen above, and a line belongs to a "
                        "scenario of the same offer.",
                        product=line.product_id.display_name,
                        offer=line.quote_id.name,
                    )
                )
