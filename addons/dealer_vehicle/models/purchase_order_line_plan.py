from odoo import api, fields, models


class PurchaseOrderLine(models.Model):
    _name = "purchase.order.line"
    _inherit = ["purchase.order.line", "dealer.system.link.mixin"]

    dealer_plan_id = fields.Many2one(
        "dealer.vehicle.order.plan",
        "Order Plan",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The row of the order plan that ordered this car.",
    )

    @api.model
    def _get_system_links(self):
        refusal = self.env._("A line belongs to the order plan when the plan orders it, not by typing.")
        return {**super()._get_system_links(), "dealer_plan_id": refusal}


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    def write(self, vals):
        if vals.get("state", "cancel") == "cancel":
            return super().write(vals)
        rows = self.filtered(lambda order: order.state == "cancel").sudo().order_line.dealer_plan_id
        rows._lock_rows()
        result = super().write(vals)
        rows._check_not_ordered_twice()
        return result
