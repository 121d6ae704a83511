from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import price_cut


class SaleOrderLine(models.Model):
    """What a customer gets for nothing (P24): it counts at cost in limits and gross."""

    _inherit = "sale.order.line"

    is_accessory = fields.Boolean(related="product_id.is_accessory")
    is_gift = fields.Boolean(
        string="Gift",
        compute="_compute_is_gift",
        inverse="_inverse_is_gift",
        store=True,
        precompute=True,
        help="The customer gets it for nothing. It counts at cost in limits and in the gross of the deal.",
    )

    @api.depends("price_total", "product_uom_qty", "nature", "product_id", "display_type", "is_downpayment")
    def _compute_is_gift(self):
        for line in self:
            line.is_gift = line._can_be_gift() and not line.price_total

    def _can_be_gift(self):
        """Tell whether this line is something of ours, beside the car, that can be given away."""
        return bool(
            self.product_id
            and self.product_uom_qty > 0
            and not self.display_type
            and not self.is_downpayment
            and self.nature != "pass_through"
            and not self.product_id.is_vehicle
        )

    def _inverse_is_gift(self):
        wanted = {line: line.is_gift for line in self}
        for line, is_gift in wanted.items():
            if is_gift and not line._can_be_gift():
                raise UserError(
                    self.env._(
                        "%(line)s cannot be a gift: cars have a price, and pass-through money belongs to others.",
                        line=line.product_id.display_name or line.name,
                    )
                )
            if is_gift and line.price_total:
                line.write({"price_unit": 0.0, "technical_price_unit": 0.0, "discount": 0.0})
            elif not is_gift and not line.price_total:
                line.discount = 0.0
                line._reset_price_unit()

    @api.onchange("is_gift")
    def _onchange_is_gift(self):
        if self.is_gift and self._can_be_gift():
            self.update({"price_unit": 0.0, "technical_price_unit": 0.0, "discount": 0.0})
        elif not self.is_gift and self.product_id and not self.price_unit:
            self._reset_price_unit()

    # === Below list ===
    def _get_list_cut(self, with_tax):
        """Return how much less than the house asks this line is sold for.

        The house asks the price of the contract's template, else the list price.

        :param bool with_tax: what the result is counted in
        :return: float, order currency, not rounded, never negative
        """
        self.ensure_one()
        price = self.price_unit * (1 - self.discount / 100)
        cut = price_cut.get_cut(self._get_house_price(), 0.0, price)
        if self.currency_id.compare_amounts(cut, 0.0) <= 0:
            return 0.0
        key = "total_included" if with_tax else "total_excluded"
        return self.tax_ids.compute_all(cut, self.currency_id, self.product_uom_qty, product=self.product_id)[key]

    def _get_house_price(self):
        """Return what the house asks for one, as ``price_unit`` means it."""
        contract, product = self.order_id._get_dealer_contract(), self.product_id
        preset = contract.template_id.line_ids.filtered(lambda line: line.product_id == product and line.price_unit)
        if preset:
            return preset[0].price_unit
        return contract._from_company_money(product.uom_id._compute_price(product.lst_price, self.product_uom_id))

    def _get_price_words(self):
        """Return quantity and price as a person reads them, for the comparison of two versions."""
        self.ensure_one()
        if self.is_gift:
            return self.env._("%(quantity)g × gift", quantity=self.product_uom_qty)
        return f"{self.product_uom_qty:g} × {self.currency_id.format(self.price_with_tax)}"
