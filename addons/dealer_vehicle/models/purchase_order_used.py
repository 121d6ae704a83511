from odoo import api, fields, models


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    is_reverse_issued = fields.Boolean(
        "Reverse-issued Invoice",
        copy=False,
        help="Bought from a private person: we issue the used-vehicle sales invoice ourselves.",
    )


class AccountMove(models.Model):
    _inherit = "account.move"

    is_reverse_issued = fields.Boolean(
        "Reverse-issued Invoice",
        compute="_compute_is_reverse_issued",
        help="The seller is a private person: this bill stands for the used-vehicle sales invoice we issue ourselves.",
    )

    @api.depends("invoice_line_ids.purchase_line_id.order_id.is_reverse_issued")
    def _compute_is_reverse_issued(self):
        for move in self:
            orders = move.sudo().invoice_line_ids.purchase_line_id.order_id
            move.is_reverse_issued = any(orders.mapped("is_reverse_issued"))
