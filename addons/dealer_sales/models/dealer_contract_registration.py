from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerContract(models.Model):
    """The registration of the contract's cars."""

    _inherit = "dealer.contract"

    registration_ids = fields.One2many("dealer.registration", "contract_id", "Registrations", groups="base.group_user")

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"registration_ids"}

    def action_register(self):
        """Start the registration of this contract's cars, or open the one there is.

        :return: action on the registration
        :raises UserError: the contract is not signed, or no car is allocated
        """
        self.ensure_one()
        self.check_access("read")
        refusal = self._get_binding_refusal()
        cars = self._get_car_lines().dealer_vehicle_id
        if refusal or not cars:
            raise UserError(
                refusal
                or self.env._(
                    "%(contract)s: no car is allocated yet. Allocate a car first.", contract=self.display_name
                )
            )
        # Nobody has the right to make a registration but through this button
        live = self.sudo().registration_ids.filtered(lambda r: r.state != "cancelled")
        missing = cars - live.vehicle_id
        if missing:
            self.env["dealer.registration"].check_access("read")
            live |= live.create([live._prepare(self.sudo(), car) for car in missing])
        return live.sudo(False)._get_records_action(name=self.env._("Registration"), context={"create": False})

    def _unwind_hooks(self, act):
        """The invoice that collected the fees is credited whole: what was settled of them is taken back first.

        Fees that were paid all the same are charged by settling the registration again.
        """
        super()._unwind_hooks(act)
        self.registration_ids.settlement_move_id._take_back()

    def _action_cancel(self, reason):
        result = super()._action_cancel(reason)
        self.registration_ids.filtered(lambda r: r.state == "open").write({"state": "cancelled"})
        return result
