from odoo import fields, models


class ProductProduct(models.Model):
    _inherit = "product.product"

    # Shown to nobody but the cost group; core computes with it in superuser mode.
    standard_price = fields.Float(groups="dealer_vehicle.group_vehicle_cost")
