from odoo import models


class StockMove(models.Model):
    """A car that arrives is news for the customer who waits for it."""

    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        arrived = moves.filtered(
            lambda move: (
                move.product_id.is_vehicle
                and move.location_id.usage in ("supplier", "transit")
                and move.location_dest_id.usage == "internal"
            )
        )
        companies = arrived.company_id.filtered(
            lambda company: self.env["dealer.event.message"]._get_ids(company.id, "arrived")
        )
        lots = arrived.filtered(lambda move: move.company_id in companies).move_line_ids.lot_id
        if lots:
            # Who unloads a truck sees no contract
            contracts = (
                self.env["dealer.contract"]
                .sudo()
                .search([("vehicle_id.lot_id", "in", lots.ids), ("state", "=", "signed")])
            )
            for contract in contracts.filtered(lambda contract: contract._is_allocated()):
                contract._tell_event("arrived", key=str(contract.vehicle_id.id))
        return moves
