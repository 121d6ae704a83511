from odoo import fields, models


class RepairOrderPicture(models.Model):
    """What a car looked like when it came in."""

    _name = "repair.order.picture"
    _description = "Photo at Reception"
    _inherit = ["repair.reception.mixin", "dealer.picture.mixin"]
    _order = "id"

    name = fields.Char("Text")
    user_id = fields.Many2one("res.users", "Taken by", readonly=True, default=lambda self: self.env.user)
    image_1920 = fields.Image("Photo", required=True)
