from odoo import fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    dealer_repair_id = fields.Many2one(
        "repair.order",
        string="Repair Order",
        index="btree_not_null",
        check_company=True,
        readonly=True,
        help="The repair order these parts are issued to or come back from.",
    )
