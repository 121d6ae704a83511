from odoo import api, fields, models


class DealerVehicleTakeBack(models.TransientModel):
    """Mileage, fuel and damage when a lent car is back."""

    _name = "dealer.vehicle.take.back"
    _description = "Take a Car Back"

    booking_id = fields.Many2one("dealer.vehicle.booking", required=True, readonly=True, ondelete="cascade")
    vehicle_id = fields.Many2one(related="booking_id.vehicle_id")
    km_out = fields.Integer(related="booking_id.km_out")
    km = fields.Integer("Mileage (km)", compute="_compute_from_booking", store=True, readonly=False)
    fuel = fields.Integer("Fuel or Charge (%)", compute="_compute_from_booking", store=True, readonly=False)
    is_km_lower = fields.Boolean(compute="_compute_is_km_lower")
    km_note = fields.Char("Why Is It Lower?", help="New instrument, wrong reading before …")
    damage = fields.Text(help="Empty: none found.")
    picture_ids = fields.Many2many("ir.attachment", string="Photos of the Car")

    @api.depends("booking_id")
    def _compute_from_booking(self):
        for wizard in self:
            wizard.km = max(wizard.booking_id.km_out, wizard.vehicle_id.odometer_km)
            wizard.fuel = wizard.booking_id.fuel_out

    @api.depends("km", "booking_id")
    def _compute_is_km_lower(self):
        for wizard in self:
            wizard.is_km_lower = wizard.km < max(wizard.booking_id.km_out, wizard.vehicle_id.odometer_km)

    def action_take_back(self):
        """Take the car back.

        :raises UserError: the mileage is lower and nobody said why
        """
        self.ensure_one()
        self.booking_id._add_pictures(self.picture_ids, "in")
        self.booking_id._take_back(self.km, self.fuel, self.damage, self.km_note)
        return {"type": "ir.actions.act_window_close"}
