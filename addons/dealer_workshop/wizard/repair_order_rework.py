from odoo import fields, models


class RepairOrderRework(models.TransientModel):
    """Asks the inspector what is wrong before a car goes back to the workshop."""

    _name = "repair.order.rework"
    _description = "Rework"

    order_ids = fields.Many2many("repair.order", required=True, readonly=True)
    note = fields.Text(string="What Is Wrong", required=True)

    def action_confirm(self):
        """Send the orders back with this note; roles and stages are checked there."""
        self.ensure_one()
        self.order_ids.action_quality_fail(self.note)
        return {"type": "ir.actions.act_window_close"}
