from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    dealer_repair_id = fields.Many2one(
        "repair.order",
        string="Repair Order",
        index="btree_not_null",
        check_company=True,
        readonly=True,
        help="The workshop order this invoice, credit note or internal cost comes from.",
    )
