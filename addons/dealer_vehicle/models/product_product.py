from odoo import api, models


class ProductProduct(models.Model):
    _inherit = "product.product"

    @api.model_create_multi
    def create(self, vals_list):
        # The template sets a car's stock values when it is made; a variant made directly would go on
        # seeing the defaults it started with until the transaction ends.
        prepare = self.env["product.template"]._prepare_vehicle_vals
        return super().create([prepare(vals) for vals in vals_list])

    def _unlink_or_archive(self, check_access=True):
        if check_access and self and all(self.mapped("is_vehicle")):
            # Who may edit a trim may change its powertrains: core asks for the right to delete any product.
            self.check_access("write")
            self = self.sudo()
        return super()._unlink_or_archive(check_access=check_access)
