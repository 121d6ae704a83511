from odoo import api, fields, models

from ..tools import labour
from .repair_kind import PAY_TYPES


class DealerLabourRate(models.Model):
    """Price of one hour, by trade, pay type and site, with dates of effect."""

    _name = "dealer.labour.rate"
    _description = "Hourly Rate"
    _order = "company_id, date_from desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    site_id = fields.Many2one("stock.warehouse", check_company=True, help="Empty: every site of the company.")
    level_id = fields.Many2one("dealer.labour.level", string="Trade", help="Empty: every trade.")
    pay_type = fields.Selection(PAY_TYPES, help="Empty: every pay type.")
    date_from = fields.Date(string="Valid From", help="First day of effect. Empty: since ever.")
    date_to = fields.Date(string="Valid Until", help="Last day of effect. Empty: until further notice.")
    rate = fields.Monetary(string="Hourly Rate", required=True, help="Price of one hour, without tax.")

    _rate_positive = models.Constraint("CHECK(rate >= 0)", "An hourly rate cannot be negative.")
    _dates_in_order = models.Constraint(
        "CHECK(date_from IS NULL OR date_to IS NULL OR date_from <= date_to)",
        "The last day of a rate cannot be before its first day.",
    )

    @api.depends("site_id", "level_id", "pay_type", "rate")
    def _compute_display_name(self):
        pay_types = dict(self._fields["pay_type"]._description_selection(self.env))
        for rate in self:
            names = [rate.level_id.name, pay_types.get(rate.pay_type), rate.site_id.name]
            rate.display_name = " · ".join(filter(None, [*names, rate.currency_id.format(rate.rate)]))

    @api.model
    def _candidates(self, company):
        """Return every rate of a company as plain dicts for :func:`labour.pick_rate`.

        :param res.company company: one company
        :return: list of dicts, criteria as ids or codes, ``rate`` in company currency
        """
        # Rates are prices, not secrets, but only the workshop may read the table:
        # a computed price must not depend on who looks at it.
        return [
            {
                "date_from": rate.date_from,
                "date_to": rate.date_to,
                "site": rate.site_id.id,
                "level": rate.level_id.id,
                "pay_type": rate.pay_type,
                "rate": rate.rate,
            }
            for rate in self.sudo().search([("company_id", "=", company.id)])
        ]

    @api.model
    def _get_rate(self, candidates, site, pay_type, level, day):
        """Return the hourly rate valid on a day, 0.0 when no row serves.

        :param list candidates: rates of the company, see :meth:`_candidates`
        :param stock.warehouse site: site, may be empty
        :param str pay_type: code of :data:`PAY_TYPES`
        :param dealer.labour.level level: trade, may be empty
        :param date day: day the car came in
        :return: float, price of one hour in company currency, without tax
        """
        picked = labour.pick_rate(candidates, day, site=site.id, level=level.id, pay_type=pay_type)
        return picked["rate"] if picked else 0.0
