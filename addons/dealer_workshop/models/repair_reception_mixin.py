from odoo import api, fields, models
from odoo.exceptions import UserError


class RepairReceptionMixin(models.AbstractModel):
    """What was seen on a car when it came in: it stays as it was once the customer signed or the car is checked in."""

    _name = "repair.reception.mixin"
    _description = "Seen at Reception"

    order_id = fields.Many2one("repair.order", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True, precompute=True)
    site_id = fields.Many2one(related="order_id.site_id")

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records.order_id._check_in_reception()
        return records

    def write(self, vals):
        self.order_id._check_in_reception()
        result = super().write(vals)
        if "order_id" in vals:
            self.order_id._check_in_reception()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_proof(self):
        self.order_id._check_in_reception()

    @api.model
    def _raise_closed(self, order):
        raise UserError(
            self.env._(
                "%(order)s: the walk-round is closed, the customer agreed to it. Note later findings on a job.",
                order=order.display_name,
            )
        )
