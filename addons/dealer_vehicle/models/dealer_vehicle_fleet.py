from odoo import api, fields, models


class FleetVehicle(models.Model):
    _inherit = "fleet.vehicle"

    dealer_vehicle_id = fields.Many2one(
        "dealer.vehicle",
        "Car of the Dealership",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )

    _dealer_vehicle_uniq = models.UniqueIndex(
        "(dealer_vehicle_id) WHERE dealer_vehicle_id IS NOT NULL", "This car is in the fleet already."
    )


class DealerVehicle(models.Model):
    """Demonstrators and courtesy cars in Odoo's fleet, where the company wants it."""

    _inherit = "dealer.vehicle"

    is_in_fleet = fields.Boolean("In the Fleet", compute="_compute_is_in_fleet", groups="fleet.fleet_group_user")

    def _compute_is_in_fleet(self):
        known = self._get_fleet_vehicles().dealer_vehicle_id
        for vehicle in self:
            vehicle.is_in_fleet = vehicle._origin in known

    def _own_use_changed(self):
        super()._own_use_changed()
        self._sync_fleet()

    def action_open_fleet(self):
        """Open the car in Odoo's fleet."""
        self.ensure_one()
        return self._get_fleet_vehicles().sudo(False).get_formview_action()

    def _get_fleet_vehicles(self):
        """Return the fleet's records of these cars, archived ones included (superuser)."""
        fleet = self.env["fleet.vehicle"].sudo().with_context(active_test=False)
        return fleet.search([("dealer_vehicle_id", "in", self.ids)])

    def _sync_fleet(self):
        """Keep the fleet in step: cars in own use are there, others archived. Writes only what differs.

        Side effects: creates and changes ``fleet.vehicle`` as superuser.
        """
        cars = self.sudo().filtered(lambda car: car.company_id.dealer_fleet_sync)
        if not cars:
            return
        known = {vehicle.dealer_vehicle_id: vehicle for vehicle in cars._get_fleet_vehicles()}
        drivers = cars._get_drivers()
        missing = cars.filtered(lambda car: car.own_use_id and car.series_id and car not in known)
        self.env["fleet.vehicle"].sudo().create(
            [{"dealer_vehicle_id": car.id, **car._prepare_fleet_vehicle(drivers)} for car in missing]
        )
        for car in cars & self.browse(car.id for car in known):
            car._update_fleet_vehicle(known[car], drivers)

    def _get_drivers(self):
        """Return who drives these cars now: {car: ``res.partner``}, in one query."""
        out = self.env["dealer.vehicle.booking"].sudo()
        out = out.search([("vehicle_id", "in", self.ids), ("state", "=", "out")])
        return {booking.vehicle_id: booking.partner_id for booking in out}

    def _prepare_fleet_vehicle(self, drivers):
        self.ensure_one()
        return {
            "model_id": self.series_id.id,
            "company_id": self.company_id.id,
            "license_plate": self.plate,
            "vin_sn": self.vin,
            "color": self.colour_exterior,
            "acquisition_date": self.own_use_id.date_from,
            "driver_id": drivers.get(self, self.env["res.partner"]).id,
            "odometer": self.odometer_km,
            "active": True,
        }

    def _update_fleet_vehicle(self, vehicle, drivers):
        vals = self._prepare_fleet_vehicle(drivers) if self.own_use_id else {"active": False, "driver_id": False}
        # The fleet refuses a mileage below the last one; ours explains it.
        if vals.get("odometer", 0) <= vehicle.odometer:
            vals.pop("odometer", None)
        fields_ = vehicle._fields
        changed = {
            name: value
            for name, value in vals.items()
            if fields_[name].convert_to_write(vehicle[name], vehicle) != value
        }
        if changed:
            vehicle.write(changed)


class DealerVehiclePlate(models.Model):
    _inherit = "dealer.vehicle.plate"

    @api.model_create_multi
    def create(self, vals_list):
        plates = super().create(vals_list)
        plates.vehicle_id.filtered("own_use_id")._sync_fleet()
        return plates

    def write(self, vals):
        result = super().write(vals)
        self.vehicle_id.filtered("own_use_id")._sync_fleet()
        return result


class DealerVehicleOdometer(models.Model):
    _inherit = "dealer.vehicle.odometer"

    @api.model_create_multi
    def create(self, vals_list):
        readings = super().create(vals_list)
        readings.vehicle_id.filtered("own_use_id")._sync_fleet()
        return readings


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_fleet_sync = fields.Boolean(
        "Own Cars in the Fleet", help="Demonstrators and courtesy cars are vehicles of Odoo's fleet too."
    )
    dealer_write_down_account_id = fields.Many2one(
        "account.account",
        "Write-downs of Own Cars",
        check_company=True,
        help="Expense account that takes what demonstrators and courtesy cars lose each month.",
    )

    def write(self, vals):
        result = super().write(vals)
        if vals.get("dealer_fleet_sync"):
            cars = self.env["dealer.vehicle"].sudo()
            cars.search([("company_id", "in", self.ids), ("own_use_id", "!=", False)])._sync_fleet()
        return result


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dealer_fleet_sync = fields.Boolean(related="company_id.dealer_fleet_sync", readonly=False)
    dealer_write_down_account_id = fields.Many2one(
        related="company_id.dealer_write_down_account_id",
        readonly=False,
        domain="[('account_type', 'in', ('expense', 'expense_direct_cost', 'expense_depreciation'))]",
    )
