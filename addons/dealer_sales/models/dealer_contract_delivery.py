from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class DealerContract(models.Model):
    """The delivery side of a contract."""

    _inherit = "dealer.contract"

    delivery_ids = fields.One2many("dealer.delivery", "contract_id", "Deliveries")
    delivery_count = fields.Integer(compute="_compute_delivery_count", compute_sudo=True)

    @api.depends("delivery_ids.state")
    def _compute_delivery_count(self):
        counts = dict(
            self.env["dealer.delivery"]._read_group(
                [("contract_id", "in", self.ids), ("state", "!=", "cancelled")],
                ["contract_id"],
                ["__count"],
            )
        )
        for contract in self:
            contract.delivery_count = counts.get(contract._origin, 0)

    # === Gates ===
    def _delivery_gates(self):
        return [
            *super()._delivery_gates(),
            {
                "code": "delivered",
                "label": self.env._("Handed over"),
                "stage": "close",
                "done": self._is_handed_over(),
                "role": "dealer_sales.group_sales_advisor",
                "action": "action_prepare_delivery",
                "hint": self.env._("Checklist, customer's signature, keys."),
            },
        ]

    def _gates_changed(self):
        """What the contract waits for is what its deliveries wait for."""
        super()._gates_changed()
        if not self:
            return
        # What is waited for is a fact for worklists, whoever changed the contract
        deliveries = self.sudo().delivery_ids.filtered(lambda d: d.state == "draft")
        deliveries._gates_changed()

    def _is_allocated(self):
        # A car that left is held for nobody any more
        return self._is_handed_over() or super()._is_allocated()

    def _gate_papers(self):
        """The papers went with the car."""
        gate = super()._gate_papers()
        return {**gate, "done": True, "hint": ""} if self._is_handed_over() else gate

    def _is_handed_over(self):
        """Return whether every car of the contract is with its customer."""
        self.ensure_one()
        cars = self._get_car_lines().dealer_vehicle_id
        # A yes or no, also for who sees no delivery
        gone = self.sudo().delivery_ids.filtered(lambda d: d.state == "done").vehicle_id
        return bool(cars) and cars <= gone

    # === Actions ===
    def action_prepare_delivery(self):
        """Make the delivery of this contract's car with its checklist, or open the one there is.

        :return: action on the delivery (deliveries, when the contract sells several cars)
        :raises UserError: no car is named, the contract is not signed or cancelled
        """
        self.ensure_one()
        self.check_access("write")
        self._check_may_prepare_delivery()
        cars = self._get_car_lines().dealer_vehicle_id
        # Nobody has the right to make a delivery but through this button
        live = self.sudo().delivery_ids.filtered(lambda d: d.state != "cancelled")
        live |= live.create([self._prepare_delivery(car) for car in cars - live.vehicle_id])
        return self._get_delivery_action(live.sudo(False))

    def action_view_deliveries(self):
        """Open the deliveries of this contract."""
        self.ensure_one()
        return self._get_delivery_action(self.delivery_ids)

    def _get_delivery_action(self, deliveries):
        return deliveries._get_records_action(name=self.env._("Hand-overs"), context={})

    def _check_may_prepare_delivery(self):
        refusal = self._get_binding_refusal()
        if refusal:
            raise UserError(refusal)
        if not self._get_car_lines().dealer_vehicle_id:
            raise UserError(
                self.env._(
                    "%(contract)s: no car is allocated yet. Allocate a car first.",
                    contract=self.display_name,
                )
            )

    def _prepare_delivery(self, vehicle):
        """Return the values of the delivery of one car.

        :param vehicle: ``dealer.vehicle``
        :return: dict for ``dealer.delivery.create``
        """
        lines = self.env["dealer.delivery.template"]._prepare_lines(self, vehicle)
        # Listed on the form for who signs it; not every seller may read the custody of papers
        papers = vehicle.sudo().document_ids.filtered("is_in_house")
        return {
            "contract_id": self.id,
            "vehicle_id": vehicle.id,
            "user_id": self.user_id.id,
            "date_planned": fields.Datetime.now(),
            "plate": vehicle.plate,
            "line_ids": [Command.create(line) for line in lines],
            "document_ids": [Command.set(papers.ids)],
        }

    # === Guards ===
    def _action_cancel(self, reason):
        self.delivery_ids.filtered(lambda d: d.state == "draft").write({"state": "cancelled"})
        return super()._action_cancel(reason)

    def _get_delivery_refusal(self, vehicle):
        """Refuse a car at the sink unless its hand-over has every required gate closed.

        Asked from facts, not from a flag: whoever validates the delivery order, on whichever
        screen, is told to hand the car over.
        """
        refusal = super()._get_delivery_refusal(vehicle)
        if refusal:
            return refusal
        # Whoever moves the car is told why not, also without rights on the delivery
        delivery = self.sudo().delivery_ids.filtered(lambda d: d.vehicle_id == vehicle and d.state == "draft")
        if not delivery:
            return self.env._(
                "%(car)s leaves by its hand-over: prepare the delivery in contract %(name)s.",
                car=vehicle.display_name,
                name=self.name,
            )
        missing = delivery._gates_open("hand_over")
        return delivery._get_gates_message(missing) if missing else False
