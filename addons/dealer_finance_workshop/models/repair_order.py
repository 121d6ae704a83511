from odoo import models


class RepairOrder(models.Model):
    _inherit = "repair.order"

    def _prepare_expense_entry(self, job, policy, costs):
        """Let absorbed labour belong to no car: wages were paid without one, the expense beside it is the car's."""
        vals = super()._prepare_expense_entry(job, policy, costs)
        for _command, _id, line in vals["line_ids"]:
            if line["account_id"] == policy.labour_account_id.id and line["balance"] < 0:
                line["is_dealer_vehicle_clearing"] = True
        return vals
