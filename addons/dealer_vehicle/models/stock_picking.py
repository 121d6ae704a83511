from odoo import api, fields, models
from odoo.exceptions import UserError


class StockPicking(models.Model):
    _inherit = "stock.picking"

    vehicle_to_receive_count = fields.Integer(
        "Shipped Cars",
        compute="_compute_vehicle_to_receive_count",
        # Core's stock screens are used by people without a role in the dealership as well.
        compute_sudo=True,
        help="Cars on this receipt whose VIN the maker has announced: they can be received.",
    )
    vehicle_inspection_count = fields.Integer(compute="_compute_vehicle_inspection_count")

    @api.depends("move_ids.dealer_vehicle_id.vin", "move_ids.state", "picking_type_code")
    def _compute_vehicle_to_receive_count(self):
        for picking in self:
            picking.vehicle_to_receive_count = len(picking._get_moves_of_shipped_cars())

    def _compute_vehicle_inspection_count(self):
        counts = dict(
            self.env["dealer.vehicle.inspection"]
            .sudo()
            ._read_group([("picking_id", "in", self.ids)], ["picking_id"], ["__count"])
        )
        for picking in self:
            picking.vehicle_inspection_count = counts.get(picking._origin, 0)

    def _get_moves_of_shipped_cars(self):
        """Return open receipt moves whose car has a VIN."""
        return self.filtered(lambda picking: picking.picking_type_code == "incoming").move_ids.filtered(
            lambda move: move.state not in ("done", "cancel") and move.sudo().dealer_vehicle_id.vin
        )

    def action_receive_shipped_cars(self):
        """Receive the cars whose VIN is known; the others wait in the backorder.

        :return: True
        :raises UserError: no car of a receipt has a VIN yet
        """
        for picking in self:
            moves = picking._get_moves_of_shipped_cars()
            if not moves:
                raise UserError(
                    self.env._(
                        "No car of %(receipt)s has a VIN yet. Enter the maker's shipping notice on the purchase "
                        "order first.",
                        receipt=picking.name,
                    )
                )
            picking.with_company(picking.company_id)._receive_cars(moves)
        return True

    def button_validate(self):
        """Validate; cars the maker has announced get their VIN as serial number instead of asking for one."""
        for picking in self:
            moves = picking._get_moves_of_shipped_cars()
            if moves and not moves.move_line_ids.filtered(lambda line: line.lot_id or line.lot_name):
                picking._name_shipped_cars(moves)
        return super().button_validate()

    def _receive_cars(self, moves):
        """Post the receipt for these moves only, one serial number each."""
        self.ensure_one()
        (self.move_ids - moves).picked = False
        self._name_shipped_cars(moves)
        self._action_done()

    def _name_shipped_cars(self, moves):
        """Put each car's serial number on its move and pick it."""
        moves.filtered(lambda move: not move.move_line_ids)._action_assign()
        for move in moves:
            line = move.move_line_ids[:1]
            if not line:
                raise UserError(
                    self.env._(
                        "%(car)s is not in %(location)s yet: whoever sells it to us has to ship it first.",
                        car=move.sudo().dealer_vehicle_id.display_name,
                        location=move.location_id.display_name,
                    )
                )
            # A car from a sister company is reserved by its serial number already.
            vin = move.sudo().dealer_vehicle_id.vin
            line.write({"quantity": 1} if line.lot_id else {"lot_name": vin, "quantity": 1})
            move.picked = True

    def action_view_vehicle_inspections(self):
        """Open the receiving inspections of the cars on this receipt."""
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_inspection_action")
        action.update(domain=[("picking_id", "in", self.ids)], context={})
        return action
