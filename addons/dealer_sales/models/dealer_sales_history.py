from odoo import api, fields, models


class DealerSalesHistory(models.Model):
    """Cars sold before the dealership worked with this system, for comparison and forecast.

    They have no contract here: they count in targets of a site or the house and in forecasts, never for a person.
    """

    _name = "dealer.sales.history"
    _description = "Sales before This System"
    _order = "date desc, site_id, series_id"
    _rec_name = "date"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    site_id = fields.Many2one("stock.warehouse", "Site", required=True, index=True, check_company=True)
    series_id = fields.Many2one("fleet.vehicle.model", "Series", required=True, index=True)
    brand_id = fields.Many2one(related="series_id.brand_id", store=True)
    date = fields.Date(
        "Sold on", required=True, default=fields.Date.context_today, help="For the total of a month its last day."
    )
    units = fields.Integer("Cars", required=True, aggregator="sum", help="New cars, less those that came back.")

    _day_uniq = models.UniqueIndex(
        "(company_id, site_id, series_id, date)", "This series has a number for this site and day already."
    )
    _month_idx = models.Index("(company_id, date)")

    @api.depends("date", "series_id")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row.series_id.name} {row.date or ''}"
