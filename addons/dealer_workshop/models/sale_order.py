from odoo import fields, models

from .repair_kind import PAY_TYPES


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "dealer.protected.mixin"]

    _protected_fields = frozenset({"dealer_repair_id", "dealer_pay_type"})

    dealer_repair_id = fields.Many2one(
        "repair.order",
        string="Settles Repair Order",
        index="btree_not_null",
        check_company=True,
        readonly=True,
        copy=False,
        help="The workshop order this payer's bill was made from. Its car is the car of the bill.",
    )
    dealer_pay_type = fields.Selection(PAY_TYPES, string="Pay Type", readonly=True, copy=False)

    # Two people who settle the same order at the same instant must not bill it twice.
    _dealer_payer_uniq = models.UniqueIndex(
        "(dealer_repair_id, dealer_pay_type, partner_id) WHERE dealer_repair_id IS NOT NULL AND state != 'cancel'",
        "This payer was billed for this repair order already.",
    )

    def _prepare_invoice(self):
        return super()._prepare_invoice() | {
            "dealer_repair_id": self.dealer_repair_id.id,
            "dealer_pay_type": self.dealer_pay_type,
        }
