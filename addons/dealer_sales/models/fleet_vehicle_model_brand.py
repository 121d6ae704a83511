from odoo import fields, models


class FleetVehicleModelBrand(models.Model):
    _inherit = "fleet.vehicle.model.brand"

    has_retail_report = fields.Boolean(
        "Wants retail reports", help="Each new car handed over is reported to the maker."
    )
    retail_report_days = fields.Integer("Days to report", default=1, help="After the hand-over. To be confirmed.")
    retail_report_column_ids = fields.One2many("dealer.retail.report.column", "brand_id", "Columns of the report file")
