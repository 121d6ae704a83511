from odoo import api, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.depends("sale_line_ids.dealer_contract_id.vehicle_id", "dealer_deal_vehicle_id")
    def _compute_dealer_vehicle_source_id(self):
        super()._compute_dealer_vehicle_source_id()

    def _get_dealer_vehicle_source(self):
        """Accessories, services and pass-through money of a contract belong to its car (P17).

        Only the car's own order line names the car: the other lines of the order may be invoiced apart, by kind and
        party (P51), and must not lose it. An over-allowance stands on the bill of the traded-in car and belongs to the
        sold one (P21).
        """
        return (
            self.dealer_deal_vehicle_id
            or super()._get_dealer_vehicle_source()
            or self.sale_line_ids.dealer_contract_id.vehicle_id._filtered_single()
        )
