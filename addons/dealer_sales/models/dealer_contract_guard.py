from odoo import models


class DealerContract(models.Model):
    """What the sinks ask before a car is procured, invoiced or leaves."""

    _inherit = "dealer.contract"

    def _get_binding_refusal(self, any_car=False):
        """Return why nothing real may happen on these contracts yet, or False.

        :param bool any_car: another car than the signed version names is no reason (it is
            being named; invoice and delivery wait for the new version all the same)
        :return: str for a person, naming the contract, or False
        """
        for contract in self.sudo():  # the sinks ask for people who may see no contract
            if contract.state == "cancelled":
                return self.env._("Contract %(name)s is cancelled.", name=contract.name)
            if contract.state != "signed":
                return self.env._(
                    "Contract %(name)s is not signed yet: Deals / Contracts shows what it waits for.",
                    name=contract.name,
                )
            if not contract._is_signed(any_car=any_car):
                return self.env._(
                    "The order of contract %(name)s is no longer what was signed: submit a new "
                    "version in Deals / Contracts and have it approved and signed.",
                    name=contract.name,
                )
        return False

    def _get_invoice_refusal(self, vehicle):
        """Return why this car may not be invoiced yet on this contract, or False. Hook.

        :param vehicle: ``dealer.vehicle`` named on the order line
        :return: str for a person, or False
        """
        self.ensure_one()
        contract = self.sudo()  # who invoices may not see all a gate asks
        refusal = contract._get_binding_refusal()
        if refusal:
            return refusal
        opened = contract._gates_open("invoice")
        if opened:
            return self.env._(
                "Contract %(name)s still waits for: %(steps)s.",
                name=contract.name,
                steps=", ".join(gate["label"] for gate in opened),
            )
        return False

    def _get_delivery_refusal(self, vehicle):
        """Return why this car may not leave on this contract, or False. Hook.

        ``models/dealer_delivery.py`` adds that its hand-over protocol is being signed.

        :param vehicle: ``dealer.vehicle`` about to leave
        :return: str for a person, or False
        """
        self.ensure_one()
        contract = self.sudo()  # a stock keeper who moves the car may not see the contract
        refusal = contract._get_binding_refusal()
        if refusal:
            return refusal
        if vehicle not in contract._get_car_lines().dealer_vehicle_id:
            return self.env._(
                "Contract %(name)s sells %(car)s, not this car.",
                name=contract.name,
                car=contract.vehicle_id.display_name or self.env._("a car still to be allocated"),
            )
        return False
