from odoo import api, fields, models

from ..models.dealer_vehicle_origin import SOURCES


class DealerVehicleBuyInCorrect(models.TransientModel):
    """Corrects how a received car was bought in; by a general manager, with a reason."""

    _name = "dealer.vehicle.buy.in.correct"
    _description = "Correct the Buy-in"

    vehicle_id = fields.Many2one("dealer.vehicle", "Car", required=True, readonly=True, ondelete="cascade")
    source = fields.Selection(SOURCES, compute="_compute_facts", store=True, precompute=True, readonly=False)
    tax_regime = fields.Selection(
        selection=lambda self: self.env["dealer.vehicle"]._fields["tax_regime"]._description_selection(self.env),
        compute="_compute_facts",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )
    reason = fields.Char(required=True, help="Kept in the history of the car.")

    @api.depends("vehicle_id")
    def _compute_facts(self):
        for correction in self:
            correction.source = correction.vehicle_id.source
            correction.tax_regime = correction.vehicle_id.tax_regime

    def action_apply(self):
        """Correct the car and log it.

        :raises AccessError: the user is no general manager
        """
        for correction in self:
            correction.vehicle_id._correct_buy_in(correction.source, correction.tax_regime, correction.reason)
        return {"type": "ir.actions.act_window_close"}
