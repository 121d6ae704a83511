from odoo import api, models


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.depends("dealer_repair_id.dealer_vehicle_id")
    def _compute_dealer_vehicle_id(self):
        super()._compute_dealer_vehicle_id()

    def _get_dealer_vehicle_source(self):
        """Bills, credit notes and internal cost of a workshop order are about the car that was in the workshop.

        Its lines (labour, parts, their cost of goods, tax, receivable) name no car of their own and take this one;
        the payments follow through the invoices they settle.
        """
        return self.dealer_repair_id.dealer_vehicle_id or super()._get_dealer_vehicle_source()
