from odoo import fields, models


class DealerDiscountReason(models.Model):
    """Why a price was cut: asked when a deal is submitted, counted afterwards (B13)."""

    _name = "dealer.discount.reason"
    _description = "Reason of a Price Cut"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company of the group.")
