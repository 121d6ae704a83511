from odoo import api, fields, models
from odoo.exceptions import ValidationError

# What stock needs to value cars one by one; core's defaults are others.
VEHICLE_VALUES = {
    "type": "consu",
    "is_storable": True,
    "tracking": "serial",
    "lot_valuated": True,
    "lot_sequence_id": False,
}


class ProductTemplate(models.Model):
    """A trim of a model year as it is sold. A variant is a powertrain, nothing else."""

    _inherit = "product.template"

    is_vehicle = fields.Boolean(
        "Is a Car", index="btree_not_null", help="A trim of a series: each piece in stock is one car with a VIN."
    )
    series_id = fields.Many2one("fleet.vehicle.model", "Series", index="btree_not_null", ondelete="restrict")
    brand_id = fields.Many2one(related="series_id.brand_id", string="Brand", store=True, index="btree_not_null")
    model_year = fields.Integer(aggregator=None)
    guide_price = fields.Monetary("Maker's Guide Price", help="The maker's suggested price with tax.")
    energy = fields.Selection(
        [
            ("petrol", "Petrol"),
            ("diesel", "Diesel"),
            ("hybrid", "Hybrid"),
            ("plug_in", "Plug-in Hybrid"),
            ("range_extender", "Range Extender"),
            ("electric", "Electric"),
            ("hydrogen", "Hydrogen"),
            ("other", "Other"),
        ],
    )
    range_km = fields.Integer("Electric Range (km)")
    announcement_model = fields.Char(help="Code of the public announcement.")

    _guide_price_positive = models.Constraint("CHECK (guide_price >= 0)", "A guide price cannot be negative.")

    @api.constrains("is_vehicle", *VEHICLE_VALUES)
    def _check_vehicle_values(self):
        for template in self.filtered("is_vehicle"):
            if any(template[name] != value for name, value in VEHICLE_VALUES.items() if value):
                raise ValidationError(
                    self.env._(
                        "%(trim)s is a car: it is a stored good tracked and valued by serial number. "
                        "Take the tick “Is a Car” off if it is something else.",
                        trim=template.display_name,
                    )
                )

    @api.onchange("is_vehicle")
    def _onchange_is_vehicle(self):
        if self.is_vehicle:
            self.update(VEHICLE_VALUES)

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._prepare_vehicle_vals(vals) for vals in vals_list])

    def write(self, vals):
        if vals.get("is_vehicle"):
            vals = self._prepare_vehicle_vals(vals)
        return super().write(vals)

    @api.model
    def _prepare_vehicle_vals(self, vals):
        """Return ``vals`` with what stock needs of a car, when they make one."""
        return {**vals, **VEHICLE_VALUES} if vals.get("is_vehicle") else vals
