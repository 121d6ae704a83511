from odoo import fields, models


class DealerVehicleBookingPicture(models.Model):
    """What a lent car looked like when it left and when it came back."""

    _name = "dealer.vehicle.booking.picture"
    _description = "Photo of a Lent Car"
    _inherit = ["dealer.picture.mixin"]
    _order = "id"

    name = fields.Char("Text")
    booking_id = fields.Many2one("dealer.vehicle.booking", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="booking_id.company_id", store=True, index=True)
    moment = fields.Selection([("out", "When It Left"), ("in", "When It Came Back")], required=True, default="out")
    image_1920 = fields.Image("Photo", required=True)
