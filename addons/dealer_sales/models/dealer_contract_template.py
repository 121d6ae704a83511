from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.translate import html_translate

from ..tools import contract_text

KINDS = [
    ("retail", "Retail"),
    ("fleet", "Fleet"),
    ("wholesale", "Wholesale"),
    ("dealer_trade", "Dealer trade"),
    ("staff", "Staff"),
    ("agency", "Agency"),
]


class DealerContractTemplate(models.Model):
    _name = "dealer.contract.template"
    _description = "Contract Template"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: every company of the group may use it.")
    kind = fields.Selection(KINDS, required=True, default="retail")
    body = fields.Html(
        string="Text",
        translate=html_translate,
        sanitize_attributes=True,
        help="What the customer signs. Words in double braces are filled in, "
        "for example {{buyer}}; nothing else is evaluated.",
    )
    placeholder_help = fields.Char(string="Words you may use", compute="_compute_placeholder_help")
    line_ids = fields.One2many("dealer.contract.template.line", "template_id", string="Lines", copy=True)

    def _compute_placeholder_help(self):
        words = self.env["dealer.contract"]._get_placeholder_words()
        text = ", ".join(f"{{{{{word}}}}}" for word in words)
        for template in self:
            template.placeholder_help = text

    @api.constrains("body")
    def _check_placeholders(self):
        known = set(self.env["dealer.contract"]._get_placeholder_words())
        for template in self:
            unknown = contract_text.unknown_placeholders(template.body, known)
            if unknown:
                raise ValidationError(
                    self.env._(
                        "Contract template %(name)s asks for %(words)s, which nobody can fill in. Use only: %(known)s.",
                        name=template.name,
                        words=", ".join(f"{{{{{word}}}}}" for word in unknown),
                        known=template.placeholder_help,
                    )
                )

    def _prepare_order_lines(self):
        """Return the values of the order lines this template adds to the car.

        :return: list of dict for ``sale.order.line.create``, without an order
        """
        self.ensure_one()
        return [line._prepare_order_line() for line in self.line_ids]


class DealerContractTemplateLine(models.Model):
    _name = "dealer.contract.template.line"
    _description = "Contract Template Line"
    _order = "sequence, id"

    template_id = fields.Many2one("dealer.contract.template", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        required=True,
        domain="[('sale_ok', '=', True), ('is_vehicle', '=', False)]",
    )
    nature = fields.Selection(related="product_id.dealer_line_nature")
    quantity = fields.Float(default=1.0, digits="Product Unit")
    price_unit = fields.Float(
        string="Price",
        min_display_digits="Product Price",
        help="Price of one, in the currency of the order. 0 takes the product's own price.",
    )

    def _prepare_order_line(self):
        """Return the values of the order line this preset makes.

        :return: dict for ``sale.order.line.create``, without an order
        """
        self.ensure_one()
        values = {"product_id": self.product_id.id, "product_uom_qty": self.quantity}
        if self.price_unit:
            values.update(price_unit=self.price_unit, technical_price_unit=self.price_unit)
        return values
