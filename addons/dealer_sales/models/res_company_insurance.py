from odoo import fields, models


class ResCompany(models.Model):
    """How a company works on renewals; the days are a beginning, to be confirmed by the shop."""

    _inherit = "res.company"

    dealer_renewal_days = fields.Integer(
        "List Renewals before (days)",
        default=62,
        help="Covers that end within so many days are on the renewal list; 62 days hold all of next month.",
    )
    dealer_renewal_gap_days = fields.Integer(
        "Gap of Cover (days)",
        default=30,
        help="A customer who comes back later than this after his cover ended counts as back after a gap.",
    )
    dealer_renewal_user_id = fields.Many2one(
        "res.users",
        string="Renewal person",
        domain="[('share', '=', False), ('company_ids', 'in', id)]",
        help="Gets the calls of new renewals. Empty: whoever sold the ending policy.",
    )
    dealer_renewal_by_sms = fields.Boolean(
        "Renewal letters by SMS too", default=True, help="Beside the mail, an SMS to who has a phone number."
    )

    _renewal_days_sane = models.Constraint(
        "CHECK (dealer_renewal_days BETWEEN 1 AND 365 AND dealer_renewal_gap_days BETWEEN 0 AND 365)",
        "Days of renewals are between 1 and 365.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dealer_renewal_days = fields.Integer(related="company_id.dealer_renewal_days", readonly=False)
    dealer_renewal_gap_days = fields.Integer(related="company_id.dealer_renewal_gap_days", readonly=False)
    dealer_renewal_user_id = fields.Many2one(related="company_id.dealer_renewal_user_id", readonly=False)
    dealer_renewal_by_sms = fields.Boolean(related="company_id.dealer_renewal_by_sms", readonly=False)
