from odoo import api, fields, models
from odoo.exceptions import UserError


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    dealer_plan_id = fields.Many2one(
        "dealer.vehicle.order.plan",
        "Order Plan",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The row of the order plan that ordered this car.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_plan_not_typed(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_plan_not_typed(vals)
        return super().write(vals)

    def _prepare_create_values(self, vals_list):
        # A default from a context must not count as ordered by a plan.
        result = super()._prepare_create_values(vals_list)
        if not self.env.su:
            for vals in result:
                vals.pop("dealer_plan_id", None)
        return result

    @api.model
    def _check_plan_not_typed(self, vals):
        if vals.get("dealer_plan_id") and not self.env.su:
            raise UserError(self.env._("A line belongs to the order plan when the plan orders it, not by typing."))


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
