from odoo import fields, models

from .repair_kind import REPAIR_KINDS


class DealerCarArea(models.Model):
    """A part of the car, by which operations are found and results compared. Source: R46"""

    _name = "dealer.car.area"
    _description = "Part of the Car"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _name_uniq = models.Constraint("UNIQUE(name)", "This part of the car is on the list already.")


class DealerOperation(models.Model):
    _inherit = "dealer.operation"

    area_id = fields.Many2one("dealer.car.area", string="Part of the Car", index="btree_not_null")
    repair_kind = fields.Selection(REPAIR_KINDS, index=True, help="Empty: any kind of repair.")
