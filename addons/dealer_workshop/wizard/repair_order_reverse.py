from odoo import fields, models


class RepairOrderReverse(models.TransientModel):
    """Why a settlement is taken back."""

    _name = "repair.order.reverse"
    _description = "Reverse Settlement"

    order_ids = fields.Many2many("repair.order", required=True)
    reason = fields.Char(required=True)

    def action_confirm(self):
        """Reverse the settlements."""
        self.order_ids.action_reverse_settlement(self.reason)
        return {"type": "ir.actions.act_window_close"}
