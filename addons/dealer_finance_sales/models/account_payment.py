from odoo import api, models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    @api.depends("dealer_contract_id.vehicle_id")
    def _compute_dealer_vehicle_id(self):
        """Earnest money is paid before a car is allocated: the payment and its entry follow the contract's car."""
        super()._compute_dealer_vehicle_id()

    def _get_dealer_vehicle_source(self):
        """Money paid on a contract is for that contract's car, whatever it is matched with later (P16)."""
        if self.dealer_contract_id:
            return self.dealer_contract_id.vehicle_id
        return super()._get_dealer_vehicle_source()
