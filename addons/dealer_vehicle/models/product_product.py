from odoo import api, models


class ProductProduct(models.Model):
    _inherit = "product.product"

    @api.model_create_multi
    def create(self, vals_list):
        # The template sets a car's stock values when it is made; a variant made directly would go on
        # seeing the defaults it started with until the transaction ends.
        prepare = self.env["product.template"]._prepare_vehicle_vals
        return super().create([prepare(vals) for vals in vals_list])
