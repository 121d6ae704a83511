from odoo import fields, models


class StockLandedCost(models.Model):
    _inherit = "stock.landed.cost"

    dealer_repair_id = fields.Many2one(
        "repair.order",
        string="Repair Order",
        index="btree_not_null",
        readonly=True,
        copy=False,
        help="The internal work that made this car worth more.",
    )
    dealer_reversed_by_id = fields.Many2one(
        "stock.landed.cost", string="Taken Off By", readonly=True, copy=False, index="btree_not_null"
    )
