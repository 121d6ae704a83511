from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    is_fitted_on_car = fields.Boolean(
        "Fitted to the car", help="Sold with a car it becomes a task on the car: the hand-over waits for it."
    )
    fitting_role_id = fields.Many2one("res.groups", "Fitted by")
    fitting_days = fields.Integer("Days to fit", default=3)
