from odoo import models


class StockValuationAdjustmentLines(models.Model):
    _inherit = "stock.valuation.adjustment.lines"

    def _prepare_account_move_line_values(self):
        """Name the car a landed cost lands on: freight on a truck of eight is one entry for eight cars."""
        vals = super()._prepare_account_move_line_values()
        if self.move_id.dealer_vehicle_id:
            vals["dealer_vehicle_own_id"] = self.move_id.dealer_vehicle_id.id
        return vals
