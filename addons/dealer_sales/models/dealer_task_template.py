from odoo import api, fields, models, tools

from .dealer_contract_template import KINDS


class DealerTaskTemplate(models.Model):
    """Work every sold car of a kind needs before its customer comes, PDI first; made when the car is allocated."""

    _name = "dealer.task.template"
    _description = "Task for Every Sold Car"
    _inherit = ["dealer.cached.policy.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char("What", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company.")
    brand_id = fields.Many2one("fleet.vehicle.model.brand", help="Only for cars of this brand; empty: every brand.")
    condition = fields.Selection(
        [("new", "New"), ("used", "Used"), ("demo", "Demonstrator")],
        help="Only for cars in this condition; empty: every car.",
    )
    contract_kind = fields.Selection(KINDS, help="Only for this kind of contract; empty: every kind.")
    kind = fields.Selection([("pdi", "Pre-delivery Inspection"), ("other", "Other")], required=True, default="pdi")
    days = fields.Integer(
        "Days to do it", default=2, help="After the car is allocated; never later than the hand-over."
    )
    role_id = fields.Many2one("res.groups", "Responsible Role", required=True)
    is_before_delivery = fields.Boolean("Before Hand-over", default=True)

    _days_sane = models.Constraint("CHECK (days >= 0)", "Work cannot be due before the car is allocated.")

    @api.model
    @tools.ormcache("company_id")
    def _get_ids(self, company_id):
        """Return the templates that hold for a company. Cached: a company without any pays nothing.

        :param int company_id: ``res.company`` id
        :return: tuple of ids
        """
        rows = self.sudo().with_context(active_test=True).search([("company_id", "in", (False, company_id))])
        return tuple(rows.ids)

    def _fits(self, contract, vehicle):
        """Tell whether a car sold by a contract needs this work."""
        self.ensure_one()
        return (
            self.brand_id in (self.brand_id.browse(), vehicle.brand_id)
            and self.condition in (False, vehicle.condition)
            and self.contract_kind in (False, contract.kind)
        )
