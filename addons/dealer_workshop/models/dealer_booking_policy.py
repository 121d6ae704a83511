from odoo import api, fields, models

from ..tools import labour


class DealerBookingPolicy(models.Model):
    """How a workshop is booked: share kept for walk-ins, notice, what customers may book themselves."""

    _name = "dealer.booking.policy"
    _description = "Rule for Booking"
    _order = "company_id, site_id, date_from desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", index=True, help="Empty: every company.")
    site_id = fields.Many2one("stock.warehouse", check_company=True, help="Empty: every site.")
    date_from = fields.Date(string="Valid From", help="First day of effect. Empty: since ever.")
    date_to = fields.Date(string="Valid Until", help="Last day of effect. Empty: until further notice.")
    walk_in_percent = fields.Float(
        string="Kept for Walk-ins (%)",
        default=20.0,
        help="Share of the technicians' hours of each day in which no slot is offered. Typing a time is always "
        "possible.",
    )
    step_minutes = fields.Integer(string="Slots Every (min)", default=30, required=True)
    notice_hours = fields.Integer(
        string="Notice (h)", default=2, help="A customer books, moves or cancels himself until so many hours before."
    )
    horizon_days = fields.Integer(
        string="Days Ahead", default=30, required=True, help="How far ahead slots are looked for."
    )
    link_days = fields.Integer(
        string="Link Valid (days)", default=3, required=True, help="How long a customer's link chooses a slot."
    )
    is_customer_booking = fields.Boolean(
        string="Customers Book Themselves",
        default=True,
        help="On their page; off: what they send there is a request, and the advisor gives the time.",
    )
    max_customer_hours = fields.Float(
        string="Longest Work Booked by Customers (h)", default=3.0, help="Longer work becomes a request."
    )
    note = fields.Char(translate=True)

    _percent_sane = models.Constraint(
        "CHECK (walk_in_percent >= 0 AND walk_in_percent <= 100)", "The share for walk-ins lies between 0 and 100 %."
    )
    _step_sane = models.Constraint("CHECK (step_minutes BETWEEN 5 AND 240)", "Slots begin every 5 to 240 minutes.")
    _days_sane = models.Constraint(
        "CHECK (horizon_days BETWEEN 1 AND 366 AND link_days BETWEEN 1 AND 366)", "Days lie between 1 and 366."
    )
    _hours_sane = models.Constraint(
        "CHECK (notice_hours >= 0 AND max_customer_hours >= 0)", "Hours cannot be negative."
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_from IS NULL OR date_to IS NULL OR date_from <= date_to)",
        "The last day of a rule cannot be before its first day.",
    )

    @api.depends("company_id", "site_id", "date_from")
    def _compute_display_name(self):
        for policy in self:
            names = [policy.site_id.name or policy.company_id.name, fields.Date.to_string(policy.date_from)]
            policy.display_name = " · ".join(filter(None, names)) or self.env._("Every company")

    @api.model
    def _get_policy(self, site, day):
        """Return the rule for a site on a day; the usual values when there is none.

        :param stock.warehouse site: one site
        :param date day: of the site
        :return: ``dealer.booking.policy`` (superuser), a saved row or one of default values
        """
        # Narrow sudo: a customer's page asks as well; rules are no secret, the table is the house's.
        rows = self.sudo().search([("company_id", "in", (False, site.company_id.id))])
        candidates = [
            {
                "date_from": row.date_from,
                "date_to": row.date_to,
                "site": row.site_id.id,
                "company": row.company_id.id,
                "row": row,
            }
            for row in rows
        ]
        picked = labour.pick_rate(candidates, day, site=site.id, company=site.company_id.id)
        return picked["row"] if picked else self.sudo().new({})
