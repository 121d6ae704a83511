from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

# Who drops a required point would hand over without it
MANAGER_FIELDS = {"delivery_id", "is_required"}
# They follow from the delivery or from the tick
SYSTEM_FIELDS = {"company_id", "site_id", "done_by_id", "date_done"}


class DealerDeliveryLine(models.Model):
    _name = "dealer.delivery.line"
    _description = "Delivery Checklist Line"
    _order = "sequence, id"

    delivery_id = fields.Many2one("dealer.delivery", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="delivery_id.company_id", store=True, index=True)
    site_id = fields.Many2one(related="delivery_id.site_id", store=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("What to check", required=True)
    is_required = fields.Boolean("Required", default=True)
    is_done = fields.Boolean("Done")
    done_by_id = fields.Many2one("res.users", "Checked by", readonly=True)
    date_done = fields.Datetime("Checked on", readonly=True)
    note = fields.Char("Remark")

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create([self._stamp(vals) for vals in vals_list])
        lines._check_open()
        lines.delivery_id._gates_changed()
        return lines

    def write(self, vals):
        if not self:
            return True
        self._check_open()
        self._check_manager_fields(vals)
        result = super().write(self._stamp(vals))
        if "is_done" in vals:
            self.delivery_id._gates_changed()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_required(self):
        self._check_open()
        required = self.filtered("is_required")
        if required and not self.env.su:
            raise UserError(
                self.env._(
                    "“%(point)s” is required and cannot be dropped from the checklist.",
                    point=required[0].name,
                )
            )

    def action_toggle(self):
        """Tick the point, or take the tick away: one thumb on a phone."""
        done = self.filtered("is_done")
        done.write({"is_done": False})
        (self - done).write({"is_done": True})
        return True

    def _stamp(self, vals):
        """Return ``vals`` with who and when; nobody types another's name under a check."""
        vals = {key: value for key, value in vals.items() if key not in SYSTEM_FIELDS}
        if "is_done" in vals:
            done = bool(vals["is_done"])
            vals["done_by_id"] = self.env.uid if done else False
            vals["date_done"] = fields.Datetime.now() if done else False
        return vals

    def _check_manager_fields(self, vals):
        """Refuse to make a required point optional, or to move it away, by anybody but a manager.

        :raises AccessError: the user is no sales manager
        """
        if not vals.keys() & MANAGER_FIELDS or self.env.su:
            return
        if not self.env.user.has_group("dealer_sales.group_sales_manager"):
            raise AccessError(self.env._("Only a sales manager changes what must be checked before a car leaves."))

    def _check_open(self):
        """Refuse to change what the customer signed."""
        for delivery in self.delivery_id:
            if delivery.signed_on or delivery.state != "draft":
                raise UserError(
                    self.env._(
                        "%(delivery)s: the customer signed this checklist; it stays as it is.",
                        delivery=delivery.name,
                    )
                )
