from odoo import fields, models


class RepairLeftItem(models.Model):
    """What customers leave in the car, or hand over with it: ticked at reception, given back at hand-over."""

    _name = "repair.left.item"
    _description = "Left with the Car"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _name_uniq = models.Constraint("UNIQUE(name)", "This item is on the list already.")
