from odoo import fields, models


class DealerVehicleUse(models.Model):
    """What a customer wants a car for, and what that asks of the car."""

    _name = "dealer.vehicle.use"
    _description = "Use"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    body_ids = fields.Many2many("dealer.vehicle.body", string="Fitting Bodies", help="Empty: any.")
    seats_min = fields.Integer("Seats at least", help="0: does not matter.")
    range_min_km = fields.Integer("Range at least (km)", help="Asked of purely electric cars only. 0: does not matter.")
    is_charged = fields.Boolean("Charged at Home", help="Better with a car that is plugged in.")

    _name_uniq = models.UniqueIndex("((name->>'en_US'))", "There is a use of this name already.")
    _numbers_positive = models.Constraint(
        "CHECK (COALESCE(seats_min, 0) >= 0 AND COALESCE(range_min_km, 0) >= 0)",
        "Seats and range cannot be negative.",
    )

    def _get_needs(self):
        """Return what the use asks for, as ``tools.recommendation.use_degree`` takes it."""
        self.ensure_one()
        return {
            "bodies": set(self.body_ids.ids),
            "seats": self.seats_min,
            "range_km": self.range_min_km,
            "is_charged": self.is_charged,
        }
