from odoo import api, fields, models

from ..tools import vin as vin_tools


class DealerVehiclePlate(models.Model):
    """A plate belongs to an owner and a car for a time: it is not unique for ever (P9)."""

    _name = "dealer.vehicle.plate"
    _description = "Plate of a Car"
    _order = "date_from desc, id desc"
    _rec_name = "plate"
    _check_company_auto = True

    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True)
    plate = fields.Char(required=True)
    normalised = fields.Char(compute="_compute_normalised", store=True)
    is_temporary = fields.Boolean("Temporary")
    date_from = fields.Date("From", default=fields.Date.context_today)
    date_to = fields.Date("Until", help="Last day; empty while the car carries the plate.")
    partner_id = fields.Many2one("res.partner", "Registered Owner")

    _dates_ordered = models.Constraint(
        "CHECK (date_to IS NULL OR date_from IS NULL OR date_to >= date_from)", "A plate must end after it began."
    )
    _normalised_idx = models.Index("(normalised text_pattern_ops)")

    @api.depends("plate")
    def _compute_normalised(self):
        for line in self:
            line.normalised = self._normalise(line.plate)

    def _end_on(self, date):
        """End plates on a day, though no earlier than they began: who entered that may live where it is tomorrow.

        :param date date: last day
        """
        for plate in self:
            plate.date_to = max(date, plate.date_from or date)

    @api.model
    def _normalise(self, plate):
        """Return a plate in its one spelling, "" for none."""
        return vin_tools.normalise((plate or "").replace("·", ""))
