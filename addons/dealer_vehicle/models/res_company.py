from odoo import api, fields, models

# Where tax is added at the till and no price tag holds it
TAX_AT_THE_TILL = ("US", "CA")


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

    dealer_price_with_tax = fields.Boolean(
        "Price Tags Include Tax",
        compute="_compute_dealer_price_with_tax",
        store=True,
        readonly=False,
        help="Guide and asking prices include tax, as customers read them. Off where tax is added at the till.",
    )

    _dealer_hold_hours_positive = models.Constraint(
        "CHECK (dealer_hold_hours >= 0)", "The hours of a hold cannot be negative."
    )

    @api.depends("country_id")
    def _compute_dealer_price_with_tax(self):
        for company in self:
            company.dealer_price_with_tax = company.country_id.code not in TAX_AT_THE_TILL

    def _get_day(self, moment=None):
        """Return the day of a moment at this company, whoever asks from wherever; UTC's where it has no timezone.

        :param datetime moment: UTC; now when empty
        :return: date
        """
        # Narrow sudo: which timezone the company lives in.
        return fields.Date.context_today(self.with_context(tz=self.sudo().partner_id.tz or "UTC"), moment)

    @api.model
    def _get_all_by_today(self):
        """Return {date: every company where it is today}: two or three days, however many companies."""
        return self.sudo().search([]).grouped(lambda company: company._get_day())
