from odoo import api, fields, models
from odoo.exceptions import UserError


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    has_vehicles = fields.Boolean(compute="_compute_has_vehicles")
    vehicle_unshipped_count = fields.Integer(
        "Cars without VIN", compute="_compute_has_vehicles", help="Ordered cars whose VIN nobody has told yet."
    )

    @api.depends("order_line.product_id.is_vehicle", "order_line.dealer_vehicle_id.vin")
    def _compute_has_vehicles(self):
        for order in self:
            lines = order.order_line.filtered(lambda line: line.product_id.is_vehicle)
            order.has_vehicles = bool(lines)
            order.vehicle_unshipped_count = len(
                lines.filtered(lambda line: line.dealer_vehicle_id and not line.dealer_vin)
            )

    @api.onchange("order_line")
    def _onchange_order_line_vehicles(self):
        self._use_vehicle_receipt()

    def button_confirm(self):
        orders = self.filtered(lambda order: order.state in ("draft", "sent"))
        orders.order_line._split_into_cars()
        orders._use_vehicle_receipt()
        return super().button_confirm()

    def button_cancel(self):
        result = super().button_cancel()
        self.order_line._cancel_cars()
        return result

    def _create_picking(self):
        for order in self.filtered(lambda order: order.state == "purchase"):
            order.order_line._split_into_cars()
            order.order_line._order_cars()
        return super()._create_picking()

    def _use_vehicle_receipt(self):
        """Let orders of cars be received where cars are inspected.

        :raises UserError: cars and other stored goods on one order: they are received in different places
        """
        for order in self:
            stored = order.order_line.filtered(lambda line: line.product_id.type == "consu")
            cars = stored.filtered(lambda line: line.product_id.is_vehicle)
            warehouse = order.picking_type_id.warehouse_id
            if not cars or not warehouse.vehicle_in_type_id:
                continue
            if order.picking_type_id == warehouse.in_type_id:
                order.picking_type_id = warehouse.vehicle_in_type_id
            if stored != cars and order._origin.id and order.picking_type_id == warehouse.vehicle_in_type_id:
                raise UserError(
                    self.env._(
                        "%(order)s orders cars and other goods. Cars go through their receiving inspection, other "
                        "goods do not: order them separately.",
                        order=order.name,
                    )
                )

    def action_enter_shipping_notice(self):
        """Open the dialogue that fills in the VINs the maker announced for this order."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_shipping_notice_action")
        action["context"] = {"default_purchase_id": self.id}
        return action

    def action_view_vehicles(self):
        """Open the cars of this order."""
        cars = self.order_line.dealer_vehicle_id
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_action")
        action.update(domain=[("id", "in", cars.ids)], context={"active_test": False})
        return action
