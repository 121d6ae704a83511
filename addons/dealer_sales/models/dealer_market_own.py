from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

RECENT = 90  # days; older offers say little of today's market
YEARS = 1  # model years apart that are still compared


class DealerMarketOwn(models.AbstractModel):
    """Market values from what the house itself noted: the average of recent prices of comparable cars.

    Another source is one more class with ``_provider_kind = "market"`` and ``_get_market_value``.
    """

    _name = "dealer.market.own"
    _description = "Market Value: Own Notes"
    _inherit = "dealer.provider.mixin"

    _provider_kind = "market"
    _provider_label = "Own market prices"
    _provider_sequence = 50

    @api.model
    def _get_market_value(self, trade_in):
        """Return the average of the newest prices noted for cars of this series and about this year.

        :param trade_in: ``dealer.trade.in``, one record with a series
        :return: dict with ``value`` (float, company currency, with tax) and ``source`` (str), or None
        """
        # Which prices the house noted is for buyers; the average is for whoever judges a car.
        prices = self.env["dealer.vehicle.market.price"].sudo()
        rows = prices._read_group(self._get_domain(trade_in), [], ["price:avg", "__count"])
        value, count = rows[0]
        if not count:
            return None
        return {
            "value": trade_in.currency_id.round(value),
            "source": self.env._("Average of %(count)s prices noted here in %(days)s days", count=count, days=RECENT),
        }

    @api.model
    def _get_domain(self, trade_in):
        domain = (
            Domain("vehicle_id.series_id", "=", trade_in.series_id.id)
            & Domain("company_id", "=", trade_in.company_id.id)
            & Domain("date", ">=", fields.Date.context_today(self) - timedelta(days=RECENT))
        )
        year = trade_in.model_year
        if year:
            domain &= Domain("vehicle_id.model_year", ">=", year - YEARS)
            domain &= Domain("vehicle_id.model_year", "<=", year + YEARS)
        return domain
