from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import trade

AGREED_FIELDS = {"price_unit", "discount", "product_uom_qty", "product_id", "dealer_vehicle_id"}


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "dealer.system.link.mixin"]

    dealer_trade_purchase_id = fields.Many2one(
        "purchase.order",
        "Sister Company's Order",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups="base.group_user",
        help="The purchase made together with this sale in the company that buys.",
    )
    dealer_trade_purchase_ref = fields.Char(
        "Their Order", compute="_compute_dealer_trade_purchase_ref", compute_sudo=True, groups="base.group_user"
    )

    _trade_uniq = models.UniqueIndex(
        "(dealer_trade_purchase_id) WHERE dealer_trade_purchase_id IS NOT NULL",
        "That purchase belongs to another sale already.",
    )

    @api.depends("dealer_trade_purchase_id.name")
    def _compute_dealer_trade_purchase_ref(self):
        for order in self:
            order.dealer_trade_purchase_ref = order.dealer_trade_purchase_id.name

    def write(self, vals):
        if vals.get("state", "cancel") != "cancel":
            self._check_trade_not_reopened()
        cancelled = self.browse()
        if vals.get("state") == "cancel":
            cancelled = self.sudo().filtered(lambda order: order.dealer_trade_purchase_id and order.state != "cancel")
            cancelled._check_trade_not_moved()
        result = super().write(vals)
        cancelled._cancel_trade_purchase()
        return result

    @api.model
    def _get_system_links(self):
        refusal = self.env._("A sale between companies is made with “Sell to a Sister Company” on the car, not typed.")
        return {**super()._get_system_links(), "dealer_trade_purchase_id": refusal}

    def _get_trade_refusal(self):
        """Return why this sale is not, or no longer, what both companies agreed; False when all is well.

        :return: str for a person, naming the order, or False
        """
        self.ensure_one()
        sale = self.sudo()
        purchase = sale.dealer_trade_purchase_id
        if purchase.state == "cancel" or not sale._matches_trade_purchase(purchase):
            return self.env._(
                "%(sale)s is no longer what the sister company buys by %(purchase)s: the cars, their prices and the "
                "buyer are the same on both orders. Cancel the sale and sell the cars again.",
                sale=self.name,
                purchase=purchase.name,
            )
        return False

    def _matches_trade_purchase(self, purchase):
        return (
            purchase.dealer_trade_sale_id == self
            and self.partner_id == purchase.company_id.partner_id
            and self.partner_shipping_id.commercial_partner_id == purchase.company_id.partner_id
            and self.partner_invoice_id.commercial_partner_id == purchase.company_id.partner_id
            and purchase.partner_id == self.company_id.partner_id
            and purchase.currency_id == self.currency_id
            and trade.same_cars(
                self.order_line._get_trade_facts("product_uom_qty"),
                purchase.order_line._get_trade_facts("product_qty"),
                self.currency_id.decimal_places,
            )
        )

    def _check_trades(self):
        """Refuse to go on with sales between companies that are not what both agreed.

        :raises UserError: names the order and what to do
        """
        for order in self.sudo().filtered("dealer_trade_purchase_id"):
            refusal = order._get_trade_refusal()
            if refusal:
                raise UserError(refusal)

    def _check_trade_not_reopened(self):
        """Refuse to bring a cancelled sale between companies back: its purchase is cancelled for good.

        :raises UserError: names the order and what to do
        """
        for order in self.sudo().filtered(lambda order: order.dealer_trade_purchase_id and order.state == "cancel"):
            raise UserError(
                self.env._(
                    "%(sale)s is a sale between companies and cancelled on both sides: sell the cars again.",
                    sale=order.name,
                )
            )

    def _check_trade_not_moved(self):
        """Refuse to cancel while a car is away or an invoice stands.

        :raises UserError: names the order, what happened and what to do
        """
        for sale in self.sudo():
            if sale._has_trade_moved():
                raise UserError(
                    self.env._(
                        "%(sale)s to the sister company cannot be cancelled, nor its purchase %(purchase)s: a car has "
                        "left or an invoice is posted. Let the other company sell the car back; or take it back and "
                        "credit both invoices in full, then cancel.",
                        sale=sale.name,
                        purchase=sale.dealer_trade_purchase_id.name,
                    )
                )

    def _has_trade_moved(self):
        """Tell whether something of this sale or its purchase still stands: what was undone does not count."""
        sold, bought = self.order_line, self.dealer_trade_purchase_id.order_line
        if any(line.move_ids._get_net_departures() for line in [*sold, *bought]):
            return True
        if any(line._get_posted_quantity() for line in sold) or any(line._get_net_billed() for line in bought):
            return True
        booked = (sold.invoice_lines, bought.invoice_lines)
        return any(not self.currency_id.is_zero(lines._sum_signed_posted()) for lines in booked)

    def _cancel_trade_purchase(self):
        # What is cancelled on one side is cancelled on the other: the right was checked on the first.
        for sale in self:
            purchase = sale.dealer_trade_purchase_id.sudo().with_company(sale.dealer_trade_purchase_id.company_id)
            if purchase.state != "cancel":
                purchase.filtered("locked").button_unlock()
                purchase.button_cancel()

    def _refuse_trade_change(self):
        for order in self:
            raise UserError(
                self.env._(
                    "%(sale)s is a sale between companies: cars and prices are the same on both orders. Cancel it and "
                    "sell the cars again.",
                    sale=order.name,
                )
            )


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "dealer.trade.line.mixin"]

    def write(self, vals):
        if not self.env.su and AGREED_FIELDS & vals.keys():
            self.sudo().order_id.filtered("dealer_trade_purchase_id")._refuse_trade_change()
        return super().write(vals)

    def _check_vehicles_may_be_procured(self):
        """Let a sale between companies be what both agreed; see ``sale_order_line.py``.

        :raises UserError: names the order and what to do
        """
        super()._check_vehicles_may_be_procured()
        self.filtered("product_id.is_vehicle").order_id._check_trades()
