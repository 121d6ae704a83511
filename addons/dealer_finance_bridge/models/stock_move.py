from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _get_account_move_line_vals(self):
        """Name the car on both lines: one entry may value moves of many cars (P11, T18)."""
        vals_list = super()._get_account_move_line_vals()
        if self.dealer_vehicle_id:
            for vals in vals_list:
                vals["dealer_vehicle_own_id"] = self.dealer_vehicle_id.id
        return vals_list
