from odoo import api, fields, models

from ..tools import labour


class DealerJobLine(models.Model):
    """Operations that are not sold by the hour: their share of a package, work of others."""

    _inherit = "dealer.job.line"

    _protected_fields = frozenset({"price_kind", "fixed_price"})

    price_kind = fields.Selection(
        [("hours", "By the Hours"), ("package", "Share of a Package"), ("sublet", "Outside Work")],
        string="Priced",
        default="hours",
        required=True,
        readonly=True,
        copy=False,
    )
    fixed_price = fields.Monetary(readonly=True, copy=False, help="Price without tax and before the discount.")

    @api.depends("price_kind", "fixed_price")
    def _compute_price(self):
        by_hours = self.filtered(lambda line: line.price_kind == "hours")
        for line in self - by_hours:
            digits = line.currency_id.decimal_places or 2
            line.price = labour.labour_price(1.0, line.fixed_price, line.discount, digits)
        return super(DealerJobLine, by_hours)._compute_price()

    def _get_list_price(self):
        """A package, and work of others, has its own price: only a discount on it is given away."""
        return super()._get_list_price() if self.price_kind == "hours" else self.fixed_price


class DealerJob(models.Model):
    _inherit = "dealer.job"

    def _prepare_whole_line(self, item):
        values = super()._prepare_whole_line(item)
        if item._name != "dealer.job.line" or item.price_kind == "hours":
            return values
        return {**values, "product_uom_qty": 1.0, "qty_delivered": 1.0, "price_unit": item.fixed_price}
