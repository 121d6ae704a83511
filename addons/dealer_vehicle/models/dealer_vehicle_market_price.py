from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerVehicleMarketPrice(models.Model):
    """What cars like this one are offered for elsewhere, on a day, with the source; rows are kept as history (B5)."""

    _name = "dealer.vehicle.market.price"
    _description = "Market Price"
    _order = "date desc, id desc"
    _rec_name = "vehicle_id"
    _check_company_auto = True

    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date("Seen on", required=True, default=fields.Date.context_today)
    price = fields.Monetary(
        "Average Price", required=True, aggregator="avg", help="Average asking price of comparable cars, with tax."
    )
    offer_count = fields.Integer("Offers", aggregator=None, help="How many offers the average is of; 0 = not known.")
    source = fields.Char(required=True, help="Where the offers stand: a web site, a price list, an auction.")
    user_id = fields.Many2one("res.users", "Noted by", readonly=True, default=lambda self: self.env.user)

    _price_positive = models.Constraint("CHECK (price > 0)", "A market price must be above 0.")
    _offers_positive = models.Constraint("CHECK (offer_count >= 0)", "The number of offers cannot be negative.")
    _one_a_day = models.UniqueIndex(
        "(vehicle_id, date, lower(source))", "This source's price of that day is noted already. Correct that row."
    )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([{**vals, "user_id": self.env.uid} for vals in vals_list])

    def write(self, vals):
        if {"user_id", "vehicle_id"} & vals.keys() and not self.env.su:
            raise UserError(self.env._("A market price stays with its car and with whoever noted it. Note a new one."))
        return super().write(vals)
