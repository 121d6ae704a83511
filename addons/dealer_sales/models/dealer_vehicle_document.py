from odoo import api, models


class DealerVehicleDocument(models.Model):
    _inherit = "dealer.vehicle.document"

    @api.model_create_multi
    def create(self, vals_list):
        documents = super().create(vals_list)
        documents._papers_moved()
        return documents

    def write(self, vals):
        res = super().write(vals)
        if vals.keys() & {"holder_id", "kind"}:
            self._papers_moved()
        return res

    def _papers_moved(self):
        """Tell the contracts that wait for these papers who must act next."""
        contracts = self.env["dealer.contract"].sudo()  # who keeps papers may see no contract
        contracts.search([("vehicle_id", "in", self.vehicle_id.ids), ("waiting_gate", "!=", False)])._gates_changed()
