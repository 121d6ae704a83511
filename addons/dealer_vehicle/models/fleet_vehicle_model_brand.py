from odoo import fields, models


class FleetVehicleModelBrand(models.Model):
    _inherit = "fleet.vehicle.model.brand"

    maker_id = fields.Many2one("res.partner", "Maker", help="Who we order this brand's cars from.")
