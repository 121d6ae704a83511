from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import trade

AGREED_FIELDS = {"price_unit", "discount", "product_qty", "product_id", "dealer_vehicle_id"}


class PurchaseOrder(models.Model):
    _name = "purchase.order"
    _inherit = ["purchase.order", "dealer.system.link.mixin"]

    dealer_trade_sale_id = fields.Many2one(
        "sale.order",
        "Sister Company's Sale",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The sale made together with this purchase in the company that sells.",
    )
    dealer_trade_sale_ref = fields.Char("Their Sale", compute="_compute_dealer_trade_sale_ref", compute_sudo=True)

    dealer_trade_bill_missing = fields.Boolean(compute="_compute_dealer_trade_bill_missing", compute_sudo=True)

    _trade_uniq = models.UniqueIndex(
        "(dealer_trade_sale_id) WHERE dealer_trade_sale_id IS NOT NULL",
        "That sale belongs to another purchase already.",
    )

    @api.depends("dealer_trade_sale_id.name")
    def _compute_dealer_trade_sale_ref(self):
        for order in self:
            order.dealer_trade_sale_ref = order.dealer_trade_sale_id.name

    @api.depends("dealer_trade_sale_id", "order_line.qty_invoiced")
    def _compute_dealer_trade_bill_missing(self):
        for order in self:
            order.dealer_trade_bill_missing = bool(order._get_unbilled_sister_invoices())

    def write(self, vals):
        if not self.env.su and {"partner_id", "currency_id", "company_id"} & vals.keys():
            self.sudo().filtered("dealer_trade_sale_id")._refuse_trade_change()
        if vals.get("state", "cancel") != "cancel":
            self._check_trade_not_reopened()
        cancelled = self.browse()
        if vals.get("state") == "cancel":
            cancelled = self.sudo().filtered(lambda order: order.dealer_trade_sale_id and order.state != "cancel")
            cancelled.dealer_trade_sale_id._check_trade_not_moved()
        result = super().write(vals)
        for order in cancelled:
            order.order_line.dealer_vehicle_id._forget_trade()
            order.invoice_ids.filtered(lambda bill: bill.state == "draft").with_company(
                order.company_id
            ).button_cancel()
            sale = order.dealer_trade_sale_id.with_company(order.dealer_trade_sale_id.company_id)
            # What is cancelled on one side is cancelled on the other: the right was checked on the first.
            sale.filtered(lambda sale: sale.state != "cancel")._action_cancel()
        return result

    def button_cancel(self):
        # Core refuses an order with bills. Between companies one that is credited is no obstacle: see ``write``.
        billed = self.filtered(
            lambda order: order.sudo().dealer_trade_sale_id
            and not order.locked
            and "posted" in order.sudo().invoice_ids.mapped("state")
        )
        billed._cancel_billed_trade()
        return super(PurchaseOrder, self - billed).button_cancel()

    def action_prepare_sister_bill(self):
        """Prepare the draft bill of the other company's invoice anew, when it was deleted.

        :return: dict, opens the bills of this order
        :raises AccessError: the user books no bills
        """
        self.ensure_one()
        self.check_access("read")
        self.env["account.move"].check_access("create")
        self._get_unbilled_sister_invoices()._prepare_sister_bills()
        return self.action_view_invoice()

    def _get_unbilled_sister_invoices(self):
        """Return the posted documents of the other company that have no bill here, as superuser."""
        posted = self.sudo().dealer_trade_sale_id.invoice_ids.filtered(lambda move: move.state == "posted")
        unbilled = posted.filtered(lambda move: not move._get_sister_bills() and move._is_awaited_by_sister())
        return unbilled.sorted("id")

    def _cancel_billed_trade(self):
        """Cancel purchases between companies whose bills are credited.

        :raises UserError: something of them stands still
        """
        self.check_access("write")
        self.sudo().dealer_trade_sale_id._check_trade_not_moved()
        for order in self:
            order.picking_ids.filtered(lambda picking: picking.state not in ("done", "cancel")).action_cancel()
            order.write({"state": "cancel"})
            order.order_line._cancel_cars()

    def _check_trade_not_reopened(self):
        """Refuse to bring a cancelled purchase between companies back: its cars may be sold to others.

        :raises UserError: names the order and what to do
        """
        for order in self.sudo().filtered(lambda order: order.dealer_trade_sale_id and order.state == "cancel"):
            raise UserError(
                self.env._(
                    "%(purchase)s is a purchase between companies and cancelled on both sides: let the other company "
                    "sell the cars again.",
                    purchase=order.name,
                )
            )

    def _approval_allowed(self):
        """Let the buying company decide by its own people and limits, whoever sells the cars.

        :return: bool, see core
        """
        if not self.sudo().dealer_trade_sale_id or self._is_approved_by_own_people():
            return super()._approval_allowed()
        if self._is_far_above_cost():
            return False
        nobody = self.with_user(self.env.ref("base.public_user")).sudo()
        return super(PurchaseOrder, nobody)._approval_allowed()

    def _is_approved_by_own_people(self):
        user = self.env.user
        return self.company_id in user.company_ids and user.has_group("purchase.group_purchase_manager")

    def _is_far_above_cost(self):
        """Tell whether a price is further above what the car cost the seller than this company takes unasked."""
        self.ensure_one()
        order = self.sudo()
        sold = order.dealer_trade_sale_id.order_line.filtered("dealer_vehicle_id")
        costs = sold.dealer_vehicle_id._exact_cost()
        limit = order.company_id.dealer_trade_limit_percent
        seller = order.dealer_trade_sale_id.company_id
        return any(
            order.currency_id.compare_amounts(
                line.price_subtotal,
                seller.currency_id._convert(
                    trade.proposed_price(costs[line.dealer_vehicle_id.id], limit), order.currency_id, seller
                ),
            )
            > 0
            for line in sold
        )

    @api.model
    def _get_system_links(self):
        refusal = self.env._("A purchase between companies is made by the company that sells the car, not typed.")
        return {**super()._get_system_links(), "dealer_trade_sale_id": refusal}

    def _refuse_trade_change(self):
        for order in self:
            raise UserError(
                self.env._(
                    "%(purchase)s is a purchase between companies: cars and prices are the same on both orders. Cancel "
                    "it and let the other company sell the cars again.",
                    purchase=order.name,
                )
            )

    def _add_supplier_to_product(self):
        # A sister company that had one car to spare is not where this trim is ordered from.
        traded = self.sudo().filtered("dealer_trade_sale_id").with_env(self.env)
        return super(PurchaseOrder, self - traded)._add_supplier_to_product()


class PurchaseOrderLine(models.Model):
    _name = "purchase.order.line"
    _inherit = ["purchase.order.line", "dealer.trade.line.mixin"]

    def write(self, vals):
        if not self.env.su and AGREED_FIELDS & vals.keys():
            self.sudo().order_id.filtered("dealer_trade_sale_id")._refuse_trade_change()
        return super().write(vals)

    def _get_open_moves(self):
        """Return the stock moves of these lines that are still to be done."""
        return self.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))
