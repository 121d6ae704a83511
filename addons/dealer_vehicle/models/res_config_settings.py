from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dealer_enforce_check_digit = fields.Boolean(related="company_id.dealer_enforce_check_digit", readonly=False)
    dealer_price_with_tax = fields.Boolean(related="company_id.dealer_price_with_tax", readonly=False)
    dealer_hold_hours = fields.Integer(related="company_id.dealer_hold_hours", readonly=False)
    dealer_vin_online = fields.Boolean(related="company_id.dealer_vin_online", readonly=False)
