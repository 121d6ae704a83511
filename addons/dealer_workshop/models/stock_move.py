from odoo import fields, models


class StockMove(models.Model):
    _inherit = "stock.move"

    job_id = fields.Many2one(
        "dealer.job",
        string="Job",
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Job of the repair order this part is for.",
    )
