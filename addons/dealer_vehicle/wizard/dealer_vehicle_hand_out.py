from odoo import api, fields, models


class DealerVehicleHandOut(models.TransientModel):
    """Licence, mileage, fuel, photos and signature in one screen, on the phone beside the car."""

    _name = "dealer.vehicle.hand.out"
    _description = "Hand Out a Car"

    booking_id = fields.Many2one("dealer.vehicle.booking", required=True, readonly=True, ondelete="cascade")
    vehicle_id = fields.Many2one(related="booking_id.vehicle_id")
    partner_id = fields.Many2one(related="booking_id.partner_id")
    is_licence_needed = fields.Boolean(related="booking_id.kind_id.is_licence_needed")
    is_signature_needed = fields.Boolean(related="booking_id.kind_id.is_signature_needed")
    licence_number = fields.Char(compute="_compute_from_booking", store=True, readonly=False)
    licence_valid_until = fields.Date(compute="_compute_from_booking", store=True, readonly=False)
    licence_photo = fields.Image(help="Take it with the phone.")
    has_licence_photo = fields.Boolean(compute="_compute_has_licence_photo")
    km = fields.Integer("Mileage (km)", compute="_compute_from_booking", store=True, readonly=False)
    fuel = fields.Integer("Fuel or Charge (%)", compute="_compute_from_booking", store=True, readonly=False)
    picture_ids = fields.Many2many("ir.attachment", string="Photos of the Car")
    signer = fields.Char("Name", compute="_compute_from_booking", store=True, readonly=False)
    signature = fields.Binary()

    @api.depends("booking_id")
    def _compute_from_booking(self):
        for wizard in self:
            booking = wizard.booking_id
            last = booking._get_last_returned()
            wizard.licence_number = booking.licence_number
            wizard.licence_valid_until = booking.licence_valid_until
            wizard.km = booking.vehicle_id.odometer_km
            wizard.fuel = last.fuel_in if last else 100
            wizard.signer = booking.partner_id.name

    @api.depends("booking_id")
    def _compute_has_licence_photo(self):
        for wizard in self:
            wizard.has_licence_photo = bool(wizard.booking_id.image_128)

    def action_hand_out(self):
        """Hand the car out; who presses has seen the licence itself.

        :raises UserError: what is missing
        """
        self.ensure_one()
        booking = self.booking_id
        if self.is_licence_needed:
            booking.write(self._prepare_licence())
            booking._note_licence_seen()
        booking._add_pictures(self.picture_ids, "out")
        booking._hand_out(self.km, self.fuel, self.signer, self.signature)
        return {"type": "ir.actions.act_window_close"}

    def _prepare_licence(self):
        vals = {"licence_number": self.licence_number, "licence_valid_until": self.licence_valid_until}
        if self.licence_photo:
            vals["image_1920"] = self.licence_photo
        return vals
