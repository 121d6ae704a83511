from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DealerVehicleOdometer(models.Model):
    _name = "dealer.vehicle.odometer"
    _description = "Odometer Reading"
    _order = "date desc, id desc"
    _rec_name = "km"
    _check_company_auto = True

    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True)
    date = fields.Datetime(required=True, default=fields.Datetime.now, help="When it was read (UTC).")
    km = fields.Integer("Mileage (km)", required=True, aggregator="max")
    source = fields.Selection(
        [
            ("inspection", "Receiving Inspection"),
            ("workshop", "Workshop"),
            ("delivery", "Hand-over"),
            ("drive", "Test Drive"),
            ("other", "Other"),
        ],
        default="other",
        required=True,
    )
    note = fields.Char(help="Needed when the reading is lower than an earlier one: say why.")

    _km_positive = models.Constraint("CHECK (km >= 0)", "A mileage cannot be negative.")

    @api.constrains("km", "date", "note", "vehicle_id")
    def _check_backwards(self):
        highest = {}
        for reading in self.search([("vehicle_id", "in", self.vehicle_id.ids)], order="date, id"):
            before = highest.get(reading.vehicle_id, 0)
            if reading in self and reading.km < before and not reading.note:
                raise ValidationError(
                    self.env._(
                        "%(car)s had %(before)s km before and has %(km)s km now. Say why in the note.",
                        car=reading.vehicle_id.display_name,
                        before=before,
                        km=reading.km,
                    )
                )
            # An explained reading (new instrument) starts the count again.
            highest[reading.vehicle_id] = reading.km
