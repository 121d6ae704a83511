from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ProductAttribute(models.Model):
    _inherit = "product.attribute"

    is_powertrain = fields.Boolean(
        "Powertrain of Cars", help="Tells apart the powertrains of a car: the only thing its variants differ in."
    )


class ProductTemplateAttributeLine(models.Model):
    _inherit = "product.template.attribute.line"

    @api.constrains("attribute_id", "product_tmpl_id")
    def _check_powertrain_only(self):
        for line in self:
            if line.product_tmpl_id.is_vehicle and not line.attribute_id.is_powertrain:
                raise ValidationError(
                    self.env._(
                        "Variants of %(trim)s differ in their powertrain only, “%(attribute)s” is something else. "
                        "Colours and options are chosen on the car: enter them in their own tabs.",
                        trim=line.product_tmpl_id.display_name,
                        attribute=line.attribute_id.display_name,
                    )
                )
