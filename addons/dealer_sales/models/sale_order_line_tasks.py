from odoo import fields, models


class SaleOrderLine(models.Model):
    """A sold accessory is a task on the car: what is issued is the workshop's work, not a second issue (P24)."""

    _inherit = "sale.order.line"

    dealer_task_ids = fields.One2many("dealer.vehicle.task", "sale_line_id", "Tasks")

    def _agreement_changed(self):
        result = super()._agreement_changed()
        self.order_id._get_dealer_contract()._sync_tasks()
        return result

    def unlink(self):
        contracts = self.order_id._get_dealer_contract()
        if any(contracts.mapped("has_tasks")):
            # Whoever may drop the line may not see the task
            self.sudo().dealer_task_ids.filtered(lambda task: task.state == "open").action_cancel()
        return super().unlink()

    def _prepare_dealer_task(self, vehicle):
        """Return the values of the task that fits this line's goods to a car.

        :param vehicle: ``dealer.vehicle``
        """
        self.ensure_one()
        contract = self.order_id._get_dealer_contract()
        quantity = f"{self.product_uom_qty:g} × " if self.product_uom_qty != 1 else ""
        return {
            "sale_line_id": self.id,
            "contract_id": contract.id,
            "vehicle_id": vehicle.id,
            "kind": "accessory",
            "name": quantity + self.product_id.display_name,
            "date_due": fields.Date.add(fields.Date.context_today(self), days=self.product_id.fitting_days),
            "role_id": self.product_id.fitting_role_id.id,
            "is_before_delivery": True,
            "price": self.price_total,
        }
