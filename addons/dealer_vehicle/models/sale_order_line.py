from odoo import fields, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    dealer_vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", index="btree_not_null", copy=False, check_company=True, ondelete="restrict"
    )
