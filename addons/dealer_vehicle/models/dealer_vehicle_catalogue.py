from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DealerVehicle(models.Model):
    """What the catalogue and the camera add to a car: options, photos, a cover."""

    _inherit = "dealer.vehicle"

    option_ids = fields.Many2many(
        "dealer.trim.option",
        "dealer_vehicle_option_rel",
        "vehicle_id",
        "option_id",
        "Options",
        ondelete="restrict",
        help="What this car has beyond the standard of its trim.",
    )
    picture_ids = fields.One2many("dealer.vehicle.picture", "vehicle_id", "Photos")
    cover_url = fields.Char(compute="_compute_cover_url", help="Address of the picture shown on cards.")
    catalogue_currency_id = fields.Many2one(related="product_id.guide_currency_id")
    catalogue_price = fields.Monetary(
        "Guide Price with Options",
        compute="_compute_catalogue_price",
        currency_field="catalogue_currency_id",
        help="The maker's guide price, the options and the surcharges of the colours of this car.",
    )

    @api.depends("picture_ids.sequence", "product_id.product_tmpl_id.cover_url")
    def _compute_cover_url(self):
        covers = self.env["dealer.vehicle.picture"]._get_covers(self._origin)
        for vehicle in self:
            picture = covers.get(vehicle._origin.id)
            vehicle.cover_url = picture._get_url() if picture else vehicle.product_id.product_tmpl_id.cover_url

    @api.depends("product_id.guide_price", "option_ids.price", "colour_exterior", "colour_interior")
    def _compute_catalogue_price(self):
        for vehicle in self:
            trim = vehicle.product_id.product_tmpl_id
            colours = {"exterior": vehicle.colour_exterior, "interior": vehicle.colour_interior}
            surcharges = trim.colour_ids.filtered(lambda colour, worn=colours: colour.name == worn[colour.kind])
            total = trim.guide_price + sum(vehicle.option_ids.mapped("price")) + sum(surcharges.mapped("surcharge"))
            vehicle.catalogue_price = trim.guide_price and total

    @api.constrains("option_ids", "product_id")
    def _check_options(self):
        for vehicle in self:
            wrong = vehicle.option_ids.filtered(
                lambda option, car=vehicle: option.product_tmpl_id != car.product_id.product_tmpl_id
            )
            if wrong:
                raise ValidationError(
                    self.env._(
                        "%(option)s is an option of %(trim)s, not of %(car)s. Choose among the options of the "
                        "car's trim.",
                        option=wrong[0].name,
                        trim=wrong[0].product_tmpl_id.display_name,
                        car=vehicle.display_name,
                    )
                )

    @api.onchange("product_id")
    def _onchange_product_id(self):
        result = super()._onchange_product_id()
        self.option_ids = self.option_ids.filtered(
            lambda option: option.product_tmpl_id == self.product_id.product_tmpl_id
        )
        return result
