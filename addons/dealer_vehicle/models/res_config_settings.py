from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dealer_enforce_check_digit = fields.Boolean(related="company_id.dealer_enforce_check_digit", readonly=False)
    dealer_price_with_tax = fields.Boolean(related="company_id.dealer_price_with_tax", readonly=False)
    dealer_hold_hours = fields.Integer(related="company_id.dealer_hold_hours", readonly=False)
    dealer_plan_months = fields.Integer(related="company_id.dealer_plan_months", readonly=False)
    dealer_plan_weeks = fields.Integer(related="company_id.dealer_plan_weeks", readonly=False)
    dealer_plan_safety_days = fields.Integer(related="company_id.dealer_plan_safety_days", readonly=False)
    dealer_subdealer_cars = fields.Integer(related="company_id.dealer_subdealer_cars", readonly=False)
    dealer_subdealer_days = fields.Integer(related="company_id.dealer_subdealer_days", readonly=False)
    dealer_trade_percent = fields.Float(related="company_id.dealer_trade_percent", readonly=False)
    dealer_trade_limit_percent = fields.Float(related="company_id.dealer_trade_limit_percent", readonly=False)
    dealer_vin_online = fields.Boolean(related="company_id.dealer_vin_online", readonly=False)
