from odoo import fields, models


class AccountPayment(models.Model):
    """Money taken at the desk for a repair order."""

    _name = "account.payment"
    _inherit = ["account.payment", "dealer.protected.mixin"]

    _protected_fields = frozenset({"dealer_repair_id"})

    dealer_repair_id = fields.Many2one(
        "repair.order",
        string="Repair Order",
        index="btree_not_null",
        check_company=True,
        readonly=True,
        copy=False,
        help="The workshop order this money was taken for. It stays with its payer when the settlement is reversed.",
    )
