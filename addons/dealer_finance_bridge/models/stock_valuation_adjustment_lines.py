from odoo import models


class StockValuationAdjustmentLines(models.Model):
    _inherit = "stock.valuation.adjustment.lines"

    def _prepare_account_move_line_values(self):
        """Name the car a landed cost lands on: freight on a truck of eight is one entry for eight cars."""
        vals = super()._prepare_account_move_line_values()
        if self.move_id.dealer_vehicle_id:
            vals["dealer_vehicle_own_id"] = self.move_id.dealer_vehicle_id.id
        return vals

    def _create_accounting_entries(self, remaining_qty):
        """Take the car off the side that gives a cost back to the expense account it was booked on without a car."""
        commands = super()._create_accounting_entries(remaining_qty) or []
        if self.move_id.dealer_vehicle_id:
            for _command, _id, vals in commands:
                account = self.env["account.account"].browse(vals["account_id"])
                if account.internal_group in ("income", "expense"):
                    vals.update(dealer_vehicle_own_id=False, is_dealer_vehicle_clearing=True)
        return commands
