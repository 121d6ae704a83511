from odoo import api, fields, models
from odoo.exceptions import UserError

# A photo proves what a car looked like: it is taken before the car leaves, or before it is taken back.
OPEN_STATE = {"out": "booked", "in": "out"}


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

    @api.model_create_multi
    def create(self, vals_list):
        pictures = super().create(vals_list)
        pictures._check_moment()
        return pictures

    def write(self, vals):
        self._check_moment()
        result = super().write(vals)
        self._check_moment()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_proof(self):
        self._check_moment()

    def _check_moment(self):
        """Refuse photos of a moment that is over.

        :raises UserError: names the booking
        """
        for picture in self.filtered(lambda picture: picture.booking_id.state != OPEN_STATE[picture.moment]):
            raise UserError(
                self.env._(
                    "%(booking)s: photos are added when the car is handed out or taken back, and stay as they were. "
                    "Note later findings on the car.",
                    booking=picture.booking_id.display_name,
                )
            )
