from odoo import fields, models


class StockLocation(models.Model):
    _inherit = "stock.location"

    is_vehicle_inspection = fields.Boolean(
        "Vehicle Inspection",
        help="Cars here were received but have not passed their receiving inspection: they cannot be sold yet.",
    )
