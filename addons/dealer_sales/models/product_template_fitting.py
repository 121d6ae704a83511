from odoo import api, fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    is_fitted_on_car = fields.Boolean(
        "Fitted to the car",
        help="Sold with a car it becomes a task on the car, and the hand-over waits for it. What is fitted is an "
        "accessory too; an accessory that is only laid in (mats, a phone holder) is not fitted.",
    )
    is_accessory = fields.Boolean(compute="_compute_is_accessory", store=True, readonly=False)
    fitting_role_id = fields.Many2one("res.groups", "Fitted by")
    fitting_days = fields.Integer("Days to fit", default=3)

    @api.depends("is_fitted_on_car")
    def _compute_is_accessory(self):
        """What is fitted to the car is an accessory; whether anything else is one is typed."""
        for product in self:
            product.is_accessory = product.is_accessory or product.is_fitted_on_car
