from odoo import fields, models


class DealerVehicleBookingKind(models.Model):
    """What a car of ours is lent for, and what that asks of car and driver."""

    _name = "dealer.vehicle.booking.kind"
    _description = "Kind of Booking"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    minutes = fields.Integer("Usual Minutes", required=True, default=60)
    car_kind = fields.Selection(
        [("demo", "Demonstrators"), ("courtesy", "Courtesy Cars")],
        "Cars",
        help="Which cars are proposed. Others may be booked by the stock keeper and by who plans mark-downs. "
        "Empty: demonstrators and courtesy cars.",
    )
    is_licence_needed = fields.Boolean(
        "Driving Licence Needed", default=True, help="No key without a licence that is valid and was seen."
    )
    is_signature_needed = fields.Boolean("Signature Needed", default=True, help="Who takes the car signs for it.")

    _name_uniq = models.UniqueIndex("((name->>'en_US'))", "There is a kind of booking of this name already.")
    _minutes_positive = models.Constraint("CHECK (minutes > 0)", "A booking takes at least a minute.")
