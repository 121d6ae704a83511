from odoo import api, fields, models
from odoo.exceptions import UserError

AGREED_FIELDS = {"price_unit", "discount", "product_qty", "product_id", "dealer_vehicle_id"}


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

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

    _trade_uniq = models.UniqueIndex(
        "(dealer_trade_sale_id) WHERE dealer_trade_sale_id IS NOT NULL",
        "That sale belongs to another purchase already.",
    )

    @api.depends("dealer_trade_sale_id.name")
    def _compute_dealer_trade_sale_ref(self):
        for order in self:
            order.dealer_trade_sale_ref = order.dealer_trade_sale_id.name

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_trade_not_typed(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_trade_not_typed(vals)
        if not self.env.su and {"partner_id", "currency_id", "company_id"} & vals.keys():
            self.sudo().filtered("dealer_trade_sale_id")._refuse_trade_change()
        cancelled = self.browse()
        if vals.get("state") == "cancel":
            cancelled = self.sudo().filtered(lambda order: order.dealer_trade_sale_id and order.state != "cancel")
            cancelled.dealer_trade_sale_id._check_trade_not_moved()
        result = super().write(vals)
        for order in cancelled:
            order.order_line.dealer_vehicle_id._forget_trade()
            sale = order.dealer_trade_sale_id.with_company(order.dealer_trade_sale_id.company_id)
            # What is cancelled on one side is cancelled on the other: the right was checked on the first.
            sale.filtered(lambda sale: sale.state != "cancel")._action_cancel()
        return result

    def _prepare_create_values(self, vals_list):
        # A default from a context must not make an order a purchase between companies.
        result = super()._prepare_create_values(vals_list)
        if not self.env.su:
            for vals in result:
                vals.pop("dealer_trade_sale_id", None)
        return result

    @api.model
    def _check_trade_not_typed(self, vals):
        if "dealer_trade_sale_id" in vals and not self.env.su:
            raise UserError(
                self.env._("A purchase between companies is made by the company that sells the car, not typed.")
            )

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
    _inherit = "purchase.order.line"

    def write(self, vals):
        if not self.env.su and AGREED_FIELDS & vals.keys():
            self.sudo().order_id.filtered("dealer_trade_sale_id")._refuse_trade_change()
        return super().write(vals)

    def _get_trade_facts(self, quantity):
        """Return (identity, price without tax) per car.

        :param str quantity: name of the field that says how many
        :return: list of tuple; a line that is no car has no identity and so matches nothing
        """
        lines = self.filtered(lambda line: not line.display_type and line[quantity])
        return [(line.dealer_vehicle_id.vin_id.id or -line.id, line.price_subtotal) for line in lines]
