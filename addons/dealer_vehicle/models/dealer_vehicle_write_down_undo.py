from odoo import models


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    def _write_off_landed_costs(self, reason):
        """Take write-downs back from where they were posted; only the rest is somebody's expense of the return."""
        arrivals = self._get_arrivals()
        for car in self:
            rows = car.own_use_ids.write_down_ids.filtered(
                lambda row: not row.undone_cost_id and row.arrival_id == arrivals[row.vehicle_id.id]
            )
            for account, of_account in rows.grouped(lambda row: row.landed_cost_id.cost_lines.account_id).items():
                of_account.undone_cost_id = car._capitalise(sum(of_account.mapped("amount")), reason, account)
        return super()._write_off_landed_costs(reason)
