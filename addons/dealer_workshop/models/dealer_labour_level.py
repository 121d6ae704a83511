from odoo import fields, models


class DealerLabourLevel(models.Model):
    """Trade or skill level that decides the hourly rate and who can do the work."""

    _name = "dealer.labour.level"
    _description = "Trade"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _name_uniq = models.Constraint("UNIQUE(name)", "A trade of this name exists already.")
