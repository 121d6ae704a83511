from odoo import models
from odoo.exceptions import UserError


class DealerContract(models.Model):
    """The car of a deal: reserved before the signature, held firmly after it."""

    _inherit = "dealer.contract"

    def action_allocate(self, vehicle_id=None):
        """Hold one car firmly for this contract, or open the window to choose it.

        :param int vehicle_id: ``dealer.vehicle`` id; None opens the window, unless the
            order line names the car already
        :return: True, or the action of the window
        :raises UserError: a gate before allocation is open, or the car is somebody else's
        """
        self.ensure_one()
        self.check_access("write")
        vehicle = self._read_record("dealer.vehicle", vehicle_id) or self.vehicle_id
        if vehicle_id is None and not (self.vehicle_id and self.state == "signed"):
            return self._get_allocate_window()
        self._check_gates("allocate")
        if not vehicle:
            raise UserError(self.env._("Choose a car: type the end of its VIN or take one of the list."))
        self._check_vehicle_fits(vehicle)
        self._action_allocate(vehicle, firm=True)
        return True

    def action_reserve(self, vehicle_id=None):
        """Name a car for this contract and keep it for some hours before the signature.

        :param int vehicle_id: ``dealer.vehicle`` id; None opens the window
        :return: True, or the action of the window
        :raises UserError: the car is somebody else's, or the contract is signed already
        """
        self.ensure_one()
        self.check_access("write")
        if vehicle_id is None:
            return self._get_allocate_window()
        vehicle = self._read_record("dealer.vehicle", vehicle_id)
        if not vehicle:
            raise UserError(self.env._("Choose a car: type the end of its VIN or take one of the list."))
        if self.state != "draft":
            raise UserError(self.env._("Contract %(name)s is not a draft: allocate a car instead.", name=self.name))
        self._check_vehicle_fits(vehicle)
        self._action_allocate(vehicle, firm=False)
        return True

    def _take_vehicle(self, vehicle):
        """Reserve or allocate a car, whichever the state of the contract asks for."""
        self.ensure_one()
        if self.state == "draft":
            return self.action_reserve(vehicle.id)
        return self.action_allocate(vehicle.id)

    def _get_allocate_window(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Allocate a car") if self.state == "signed" else self.env._("Reserve a car"),
            "res_model": "dealer.contract.allocate",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_contract_id": self.id},
        }

    def _check_vehicle_fits(self, vehicle):
        """Refuse a car that is not of the trim, or not of the company, that was agreed."""
        vehicle.ensure_one()
        vehicle.check_access("read")
        line = self._get_car_lines()[:1]
        if vehicle.company_id != self.company_id or vehicle.product_id != line.product_id:
            raise UserError(
                self.env._(
                    "%(car)s is not a %(trim)s: change the price lines first, or choose another car.",
                    car=vehicle.display_name,
                    trim=line.product_id.display_name or self.env._("car of this contract"),
                )
            )
        if vehicle.has_stop_sale:
            raise UserError(
                self.env._(
                    "%(car)s must not be sold: a recall stops its sale.",
                    car=vehicle.display_name,
                )
            )

    def _action_allocate(self, vehicle, firm):
        """Take the hold on the car and write the car on the order line.

        The loser of two who want one car is told by ``_take_hold`` who has it.
        """
        # Advisors may hold cars through their contract only, and write no stock documents:
        # narrow sudo after the checks above
        contract, vehicle = self.sudo(), vehicle.sudo()
        vehicle._take_hold(
            contract.partner_id,
            user=contract.user_id or self.env.user,
            firm=firm,
            contract_id=contract.id,
        )
        contract._release_holds(but=vehicle)
        line = contract._get_car_lines()[:1]
        if line.dealer_vehicle_id != vehicle:
            line.write({"dealer_vehicle_id": vehicle.id})  # tells the contract what is waited for now
        else:
            contract._gates_changed()

    def _release_holds(self, but=None):
        """Release the cars held for these contracts.

        :param but: ``dealer.vehicle`` that stays held
        """
        for contract in self:
            # Only holds of this contract, and only called by its own acts after their checks
            held = (
                self.env["dealer.vehicle.hold"]
                .sudo()
                .search([("contract_id", "=", contract.id), ("state", "=", "live")])
            )
            vehicles = held.vehicle_id - (but or held.vehicle_id.browse())
            vehicles._release_hold(contract_id=contract.id)
