from odoo import models
from odoo.exceptions import UserError


class StockMove(models.Model):
    _inherit = "stock.move"

    def _check_vehicles_may_leave(self, vehicles):
        """Let a car leave by the hand-over of its contract only; see ``dealer_vehicle``.

        :param vehicles: ``dealer.vehicle`` about to leave to a customer
        :raises UserError: naming the car, the reason and where to go
        """
        with self.env["dealer.refused.attempt"]._noting(
            "leave", self.picking_id or self, lambda _moves: vehicles.sudo()
        ):
            return self._check_contracts_let_go(vehicles)

    def _check_contracts_let_go(self, vehicles):
        res = super()._check_vehicles_may_leave(vehicles)
        # A stock keeper is told why a car stays, also without rights on contracts
        contracts = self.sudo().sale_line_id.order_id._get_dealer_contract()
        for vehicle in vehicles.sudo() - self._get_traded_vehicles():
            contract = contracts.filtered(lambda c, v=vehicle: v in c._get_car_lines().dealer_vehicle_id)
            self._check_contract_delivers(contract or contracts[:1], vehicle)
        return res

    def _get_traded_vehicles(self):
        """Return the cars of these moves that go to a sister company as both orders say, as superuser.

        ``dealer_vehicle`` has compared the two orders before.
        """
        lines = self.sudo().sale_line_id.filtered(
            lambda line: line.order_id.dealer_trade_purchase_id and not line.order_id._get_dealer_contract()
        )
        return lines.dealer_vehicle_id

    def _check_contract_delivers(self, contract, vehicle):
        refusal = (
            contract._get_delivery_refusal(vehicle)
            if contract
            else self.env._("no contract sells it. Make one in Deals / Contracts and hand the car over there.")
        )
        if refusal:
            raise UserError(self.env._("%(car)s may not leave: %(reason)s", car=vehicle.display_name, reason=refusal))
