from odoo import api, fields, models


class DealerVehicle(models.Model):
    """The colours a trim is offered in are suggested; a used car may wear any other."""

    _inherit = "dealer.vehicle"

    colour_suggestions = fields.Json(
        compute="_compute_colour_suggestions",
        help="Names of the colours the trim is offered in: {exterior: [...], interior: [...]}.",
    )

    @api.depends("product_id")
    @api.depends_context("lang")
    def _compute_colour_suggestions(self):
        for vehicle in self:
            colours = vehicle.product_id.product_tmpl_id.colour_ids
            vehicle.colour_suggestions = {
                kind: colours.filtered(lambda colour, kind=kind: colour.kind == kind).mapped("name")
                for kind in ("exterior", "interior")
            }
