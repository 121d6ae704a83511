from odoo import api, fields, models


class DealerVehiclePicture(models.Model):
    """A photo of one car: who took it, when, and what it shows."""

    _name = "dealer.vehicle.picture"
    _description = "Photo of a Car"
    _inherit = ["dealer.picture.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char("Text", help="What the kind of the photo does not say.")
    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [
            ("front", "Front"),
            ("rear", "Rear"),
            ("left", "Left Side"),
            ("right", "Right Side"),
            ("interior", "Inside"),
            ("odometer", "Odometer"),
            ("vin", "VIN Plate"),
            ("damage", "Damage"),
            ("other", "Other"),
        ],
        default="other",
        required=True,
    )
    date = fields.Date("Taken on", required=True, default=fields.Date.context_today)
    user_id = fields.Many2one("res.users", "Taken by", readonly=True, default=lambda self: self.env.user)
    image_1920 = fields.Image("Photo", required=True)

    _cover_idx = models.Index("(vehicle_id, sequence, id) WHERE kind <> 'damage'")

    @api.depends("name", "kind")
    @api.depends_context("lang")
    def _compute_display_name(self):
        words = dict(self._fields["kind"]._description_selection(self.env))
        for picture in self:
            picture.display_name = picture.name or words.get(picture.kind)

    @api.model
    def _get_covers(self, vehicles):
        """Return the first photo of each car that shows no damage, in one query.

        :param vehicles: ``dealer.vehicle``
        :return: {car id: ``dealer.vehicle.picture``}
        """
        covers = {}
        pictures = self.search_fetch(
            [("vehicle_id", "in", vehicles.ids), ("kind", "!=", "damage")],
            ["vehicle_id", "write_date"],
        )
        for picture in pictures:
            covers.setdefault(picture.vehicle_id.id, picture)
        return covers

    def _get_url(self):
        """Return the address of the photo in a size for cards; it changes with the photo."""
        self.ensure_one()
        return f"/web/image/{self._name}/{self.id}/image_256?unique={self.write_date.timestamp():.0f}"
