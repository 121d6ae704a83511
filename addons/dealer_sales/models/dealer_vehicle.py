from odoo import models
from odoo.exceptions import UserError


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    def action_take_for_contract(self):
        """Reserve (before the signature) or allocate (after it) this car for a contract.

        The contract is named by ``dealer_contract_id`` in the context; its own actions check
        who may do this.

        :return: action that closes the window
        :raises UserError: no contract is named, or the car is somebody else's
        """
        self.ensure_one()
        contract = self.env["dealer.contract"].browse(self.env.context.get("dealer_contract_id"))
        if not contract:
            raise UserError(self.env._("Choose a car with the button of its contract."))
        contract._take_vehicle(self)
        return {"type": "ir.actions.act_window_close"}

    def _get_history(self):
        """Add the hand-overs to customers."""
        # Narrow sudo: day and mileage of each hand-over, for everybody who may see the car.
        deliveries = self.env["dealer.delivery"].sudo().search([("vehicle_id", "=", self.id), ("state", "=", "done")])
        return super()._get_history() + [
            {
                "date": self._get_local_date(delivery.date_done),
                "text": self.env._("Handed over to its owner"),
                "km": delivery.odometer_km,
            }
            for delivery in deliveries
        ]
