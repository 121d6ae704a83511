from odoo import fields, models


class StockWarehouseOrderpoint(models.Model):
    _inherit = "stock.warehouse.orderpoint"

    is_part = fields.Boolean(related="product_id.is_part", string="Part")
    part_maker_id = fields.Many2one(related="product_id.part_maker_id")
