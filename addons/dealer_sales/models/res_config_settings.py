from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dealer_pass_through_account_id = fields.Many2one(
        related="company_id.dealer_pass_through_account_id", readonly=False
    )
    dealer_advance_account_id = fields.Many2one(related="company_id.dealer_advance_account_id", readonly=False)
    dealer_advance_journal_id = fields.Many2one(related="company_id.dealer_advance_journal_id", readonly=False)
    dealer_forfeit_account_id = fields.Many2one(related="company_id.dealer_forfeit_account_id", readonly=False)
    dealer_compensation_account_id = fields.Many2one(
        related="company_id.dealer_compensation_account_id", readonly=False
    )
    dealer_money_user_id = fields.Many2one(related="company_id.dealer_money_user_id", readonly=False)
    dealer_transit_account_id = fields.Many2one(related="company_id.dealer_transit_account_id", readonly=False)
    dealer_transit_days_usual = fields.Integer(related="company_id.dealer_transit_days_usual", readonly=False)
    dealer_transit_days_long = fields.Integer(related="company_id.dealer_transit_days_long", readonly=False)
    dealer_transit_days_red = fields.Integer(related="company_id.dealer_transit_days_red", readonly=False)
    dealer_incentive_account_id = fields.Many2one(related="company_id.dealer_incentive_account_id", readonly=False)
    web_enquiry_limit = fields.Integer(related="company_id.web_enquiry_limit", readonly=False)
