from odoo import api, models


class DealerVehicleTask(models.Model):
    """What is owed to a car before it leaves decides what its delivery waits for."""

    _inherit = "dealer.vehicle.task"

    @api.model_create_multi
    def create(self, vals_list):
        tasks = super().create(vals_list)
        tasks.filtered("is_before_delivery")._deliveries_changed()
        return tasks

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"state", "is_before_delivery", "vehicle_id", "role_id"}:
            self._deliveries_changed()
        return result

    def _deliveries_changed(self):
        # Whoever closes the task may not see the delivery: what it waits for is the system's
        self.env["dealer.delivery"].sudo().search(
            [("vehicle_id", "in", self.vehicle_id.ids), ("state", "=", "draft")]
        )._gates_changed()
