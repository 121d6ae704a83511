from odoo import api, fields, models

NAMED = 3  # cars of a receipt that a list names


class StockPicking(models.Model):
    _inherit = "stock.picking"

    vehicle_names = fields.Char(
        "Cars",
        compute="_compute_vehicle_names",
        # Core's stock screens are used by people without a role in the dealership as well.
        compute_sudo=True,
        help="The cars that are expected, or came; of many the first ones.",
    )

    @api.depends("move_ids.dealer_vehicle_id.name", "move_ids.state")
    def _compute_vehicle_names(self):
        for picking in self:
            moves = picking.move_ids.filtered(lambda move: move.state != "cancel")
            cars = moves.dealer_vehicle_id
            names = [car.display_name for car in cars[:NAMED]]
            if len(cars) > NAMED:
                names.append(self.env._("and %(count)s more", count=len(cars) - NAMED))
            picking.vehicle_names = "; ".join(names) or False
