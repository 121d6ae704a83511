from odoo import fields, models


class DealerVehicleBody(models.Model):
    """A kind of body: sedan, wagon, van. A row, so that a new one needs no code."""

    _name = "dealer.vehicle.body"
    _description = "Body"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _name_uniq = models.UniqueIndex("((name->>'en_US'))", "There is a body of this name already.")
