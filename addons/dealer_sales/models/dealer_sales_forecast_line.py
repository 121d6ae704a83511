from odoo import api, fields, models


class DealerSalesForecastLine(models.Model):
    """A month of a forecast: sold, or to come."""

    _name = "dealer.sales.forecast.line"
    _description = "Month of a Sales Forecast"
    _order = "forecast_id, month"
    _rec_name = "month"

    forecast_id = fields.Many2one("dealer.sales.forecast", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="forecast_id.company_id", store=True, index=True)
    site_id = fields.Many2one(related="forecast_id.site_id", store=True)
    series_id = fields.Many2one(related="forecast_id.series_id", store=True)
    brand_id = fields.Many2one(related="forecast_id.brand_id", store=True)
    month = fields.Date(required=True, help="Its first day.")
    kind = fields.Selection([("sold", "Sold"), ("forecast", "Forecast")], required=True)
    sold = fields.Float(digits=(10, 1))
    forecast = fields.Float("Expected", digits=(10, 1))
    units = fields.Float("Cars", compute="_compute_units", store=True, digits=(10, 1))

    _month_uniq = models.UniqueIndex("(forecast_id, month)", "This month is in the forecast already.")

    @api.depends("sold", "forecast")
    def _compute_units(self):
        for line in self:
            line.units = line.sold + line.forecast
