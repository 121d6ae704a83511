from odoo import fields, models


class FleetVehicleModel(models.Model):
    """A series of a brand (core calls it a vehicle model)."""

    _inherit = "fleet.vehicle.model"

    launch_date = fields.Date("Launched on")
    end_date = fields.Date("Sold until")
    service_interval_km = fields.Integer("Service every (km)")
    service_interval_months = fields.Integer("Service every (months)")
    trim_ids = fields.One2many("product.template", "series_id", "Trims")
    trim_count = fields.Integer("Number of Trims", compute="_compute_trim_count")

    def _compute_trim_count(self):
        counts = dict(
            self.env["product.template"]._read_group([("series_id", "in", self.ids)], ["series_id"], ["__count"])
        )
        for series in self:
            series.trim_count = counts.get(series, 0)
