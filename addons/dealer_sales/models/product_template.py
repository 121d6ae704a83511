from odoo import api, fields, models
from odoo.exceptions import ValidationError

NATURES = [("own", "Own revenue"), ("pass_through", "Pass-through")]


class ProductTemplate(models.Model):
    _inherit = "product.template"

    dealer_line_nature = fields.Selection(
        NATURES,
        string="Nature in a deal",
        default="own",
        required=True,
        help="Pass-through money (insurance premiums, purchase tax, plates) belongs to "
        "somebody else: it is invoiced without tax to a payable account and is never revenue.",
    )

    is_accessory = fields.Boolean(
        string="Accessory",
        help="Sold or given with a car. Its margin, or its cost as a gift, belongs to the front gross, also when it is "
        "a service. Whether somebody must fit it is said by “Fitted to the car”.",
    )

    @api.constrains("dealer_line_nature", "is_vehicle")
    def _check_vehicle_is_own_revenue(self):
        for product in self:
            if product.is_vehicle and product.dealer_line_nature != "own":
                raise ValidationError(
                    self.env._(
                        "%(product)s is a car: its price is our own revenue, never pass-through money.",
                        product=product.display_name,
                    )
                )
