from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_enforce_check_digit = fields.Boolean(
        "Refuse Wrong Check Digits", help="Refuse a VIN with a wrong check digit even when somebody confirms it."
    )
    dealer_vin_online = fields.Boolean(
        "Ask NHTSA About VINs",
        help="Ask the vehicle safety authority of the United States about a car the shipped data do not know. "
        "The VIN is sent to it.",
    )
    dealer_hold_hours = fields.Integer(
        "Hours a Car Is Held", default=48, help="A hold without a deposit ends after this many hours; 0 = never."
    )

    _dealer_hold_hours_positive = models.Constraint(
        "CHECK (dealer_hold_hours >= 0)", "The hours of a hold cannot be negative."
    )
