from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class DealerVehicle(models.Model):
    """A car at a sub-dealer is in stock, but not for walk-in customers."""

    _inherit = "dealer.vehicle"

    @api.depends("subdealer_id")
    def _compute_is_available(self):
        super()._compute_is_available()
        self.filtered("subdealer_id").is_available = False

    @api.model
    def _search_is_available(self, operator, value):
        domain = super()._search_is_available(operator, value)
        return domain if domain is NotImplemented else domain & Domain("subdealer_id", "=", False)

    def action_bring_back(self):
        """Open a transfer that brings these cars back from their sub-dealer."""
        self._check_at_one_subdealer()
        return self.action_transfer()

    def action_sold_by_subdealer(self):
        """Open the sale of these cars to the sub-dealer that sold them.

        :raises UserError: the cars are not at one sub-dealer
        """
        self._check_at_one_subdealer()
        return self._get_subdealer_sale_action()

    def _check_at_one_subdealer(self):
        self.check_access("read")
        if len(self.subdealer_id) != 1 or self.filtered(lambda car: not car.subdealer_id):
            raise UserError(self.env._("Choose cars that stand at one sub-dealer."))

    def _get_subdealer_sale_action(self):
        """Return the window of a new order of these cars, filled in.

        Hook: an add-on that sells cars by documents of its own opens them instead.

        :return: dict, an action
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Sold by %(partner)s", partner=self.subdealer_id.partner_id.name),
            "res_model": "sale.order",
            "view_mode": "form",
            "context": {
                "default_partner_id": self.subdealer_id.partner_id.id,
                "default_warehouse_id": self.subdealer_id.site_id.id,
                "default_company_id": self.company_id.id,
                "default_order_line": [Command.create(car._prepare_subdealer_line()) for car in self],
            },
        }

    def _prepare_subdealer_line(self):
        """Return the values of the order line that sells the car to its sub-dealer."""
        return {"product_id": self.product_id.id, "dealer_vehicle_id": self.id, "product_uom_qty": 1}

    def _check_subdealer_buys(self, partner):
        """Refuse to sell cars that stand at a sub-dealer to anybody else.

        :param partner: ``res.partner`` that buys
        :raises UserError: names the car, where it is and what to do
        """
        for car in self.sudo().filtered("subdealer_id"):
            if car.subdealer_id.partner_id.commercial_partner_id != partner.commercial_partner_id:
                raise UserError(
                    self.env._(
                        "%(car)s stands at the sub-dealer %(subdealer)s: bring it back before it is sold to somebody "
                        "else.",
                        car=car.display_name,
                        subdealer=car.subdealer_id.partner_id.name,
                    )
                )

    def _check_free_for_subdealer(self):
        """Refuse to place a car with a sub-dealer that is promised to somebody.

        :raises UserError: names the car and what to do
        """
        for car in self.filtered(lambda car: car.claim != "free"):
            raise UserError(
                self.env._(
                    "%(car)s is promised to a customer: it does not go to a sub-dealer. Choose a free car.",
                    car=car.display_name,
                )
            )

    def _get_trade_refusal(self):
        if self.subdealer_id:
            return self.env._(
                "%(car)s stands at the sub-dealer %(subdealer)s: bring it back first.",
                car=self.display_name,
                subdealer=self.subdealer_id.partner_id.name,
            )
        return super()._get_trade_refusal()


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _check_vehicles_may_be_procured(self):
        """Let a car at a sub-dealer be sold to that sub-dealer only; see ``sale_order_line.py``.

        :raises UserError: names the car, where it is and what to do
        """
        super()._check_vehicles_may_be_procured()
        for line in self.filtered(lambda line: line.dealer_vehicle_id and line.product_uom_qty > 0):
            line.dealer_vehicle_id._check_subdealer_buys(line.order_id.partner_id)


class StockMove(models.Model):
    _inherit = "stock.move"

    def _check_vehicles_may_leave(self, vehicles):
        """Let a car leave a sub-dealer for that sub-dealer only; see ``stock_move.py``.

        :raises UserError: names the car, where it is and what to do
        """
        result = super()._check_vehicles_may_leave(vehicles)
        for move in self.sudo():
            move.dealer_vehicle_id._check_subdealer_buys(move.sale_line_id.order_id.partner_id)
        return result

    def _check_and_name_cars(self):
        super()._check_and_name_cars()
        self._check_may_go_to_subdealer()

    def _get_subdealer(self):
        """Return the sub-dealer this move takes its car to, as superuser; empty when it stands there already."""
        # Of the lines: whoever posts a transfer may choose a place inside its destination.
        lines = self.sudo()._get_car_lines()
        subdealer = lines.location_dest_id.dealer_subdealer_id
        return subdealer - lines.location_id.dealer_subdealer_id

    def _check_may_go_to_subdealer(self):
        """Refuse cars no sub-dealer may have. Sink: by whatever transfer they go there.

        :raises UserError: names the car or the sub-dealer, and what to do
        """
        for subdealer, moves in self.grouped(lambda move: move._get_subdealer()).items():
            if subdealer:
                ours = moves.filtered(lambda move: move.location_id._should_be_valued())
                ours.dealer_vehicle_id.sudo()._check_free_for_subdealer()
                subdealer._check_room(moves.dealer_vehicle_id)

    def _after_cars_moved(self):
        super()._after_cars_moved()
        moves = self.filtered(lambda move: move.state == "done").sudo()
        coming = moves.filtered(lambda move: move._get_subdealer())
        for company, arrived in coming.grouped("company_id").items():
            arrived.dealer_vehicle_id.write({"subdealer_since": company._get_day()})
        left = (moves - coming).dealer_vehicle_id
        left.filtered(lambda car: car.subdealer_since and not car.subdealer_id).write({"subdealer_since": False})
