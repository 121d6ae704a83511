from odoo import api, models


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.depends("dealer_advance_contract_id.vehicle_id")
    def _compute_dealer_vehicle_id(self):
        super()._compute_dealer_vehicle_id()

    def _get_dealer_vehicle_source(self):
        """The entry that moves a customer's advance onto his invoice is about the contract's car."""
        return super()._get_dealer_vehicle_source() or self.dealer_advance_contract_id.vehicle_id
