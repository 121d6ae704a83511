from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    dealer_cogs_sale_line_id = fields.Many2one(
        "sale.order.line",
        "Order Line of the Sold Car",
        index="btree_not_null",
        readonly=True,
        help="Order line whose car's cost of goods sold this item books or corrects. Copied on reversal, so that what "
        "is posted for a car can always be summed.",
    )
    is_dealer_cogs_stock_side = fields.Boolean(
        "Stock Side of the Cost", readonly=True, help="Tells the stock item of the pair from the expense item."
    )

    def _get_car_sale_line(self):
        """Return the order line of the one car this invoice line sells, as superuser, or an empty one."""
        self.ensure_one()
        sale_line = self.sudo().sale_line_ids.filtered("dealer_vehicle_id")
        return sale_line if len(sale_line) == 1 and self.product_id.is_vehicle else sale_line.browse()

    def _get_cogs_value(self):
        """Cost of goods sold of a car is that car's cost, delivered or not; core takes the average of the stock.

        A credit note takes back what was posted for the car, corrections included.
        """
        sale_line = self._get_car_sale_line().with_company(self.company_id)
        if not sale_line or not self.quantity:
            return super()._get_cogs_value()
        if self.move_id.move_type == "out_refund":
            return sale_line._get_posted_car_cogs().get(sale_line.id, 0.0) / self.quantity
        return sale_line._get_car_cost()[sale_line.id]

    def _copy_data_extend_business_fields(self, values):
        super()._copy_data_extend_business_fields(values)
        if self.dealer_cogs_sale_line_id:
            values["dealer_cogs_sale_line_id"] = self.dealer_cogs_sale_line_id.id
            values["is_dealer_cogs_stock_side"] = self.is_dealer_cogs_stock_side
