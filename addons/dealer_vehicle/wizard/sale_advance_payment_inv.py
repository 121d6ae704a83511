from odoo import models
from odoo.exceptions import UserError


class SaleAdvancePaymentInv(models.TransientModel):
    _inherit = "sale.advance.payment.inv"

    def _create_invoices(self, sale_orders):
        """Refuse down payments between companies: the bill of the other company repeats the cars of the order.

        :raises UserError: names the order and what to do
        """
        trades = sale_orders.sudo().filtered("dealer_trade_purchase_id")
        if trades and self.advance_payment_method != "delivered":
            raise UserError(
                self.env._(
                    "%(sale)s is a sale between companies: no down payment is made for it. Choose the regular invoice.",
                    sale=trades[0].name,
                )
            )
        return super()._create_invoices(sale_orders)
