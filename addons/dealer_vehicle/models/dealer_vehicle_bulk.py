from psycopg2 import errors

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError

from ..tools import vin as vin_tools
from .bulk_insert import bulk_insert
from .dealer_vehicle import SYSTEM_FIELDS

IDENTITY_FIELDS = (
    "engine_no",
    "battery_no",
    "brand_id",
    "series_id",
    "model_year",
    "trim_name",
    "spec_note",
    "announcement_model",
    "certificate_no",
    "has_stop_sale",
)
CAR_FIELDS = (
    "active",
    "vin_confirmed",
    "company_id",
    "product_id",
    "condition",
    "colour_exterior",
    "colour_interior",
    "maker_order_no",
    "shipped_date",
    "asking_price",
    "floor_price",
    "tax_regime",
    "owner_id",
    "keeper_id",
)
# What follows for a car that no order, no stock and no hold knows yet; the rest of it is empty.
FACTS = {
    "place": "with_customer",
    "claim": False,
    "title": "customer",
    "is_inspected": False,
    "market_price": 0.0,
    "market_date": False,
    "market_percent": 0.0,
}
NO_FACTS = ("site_id", "location_id", "arrival_date", "age_date", "subdealer_id")


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    @api.model
    def _bulk_create(self, vals_list):
        """Create cars of an import, by the thousand.

        The caller has checked VINs (possible, not a car of the company), check digits and that what is linked may be
        seen; a check digit nobody confirmed is kept unconfirmed and logged.

        :param list vals_list: dicts with ``vin`` (False while the maker has not told it) and any of
            ``IDENTITY_FIELDS``, ``CAR_FIELDS``, ``plate``, ``odometer_km``, ``odometer_date`` (UTC datetime)
        :return: ``dealer.vehicle``, the cars with VINs nobody knew first
        :raises ConcurrencyError: somebody registered one of the VINs meanwhile; the transaction is to be run again
        """
        self.check_access("create")
        # Neither a default from a context nor a saved one becomes a fact.
        self = self.with_context({key: value for key, value in self.env.context.items() if key[:8] != "default_"})
        vins = [vals["vin"] for vals in vals_list if vals["vin"]]
        registered = set(self.env["dealer.vin"].sudo()._get_by_vin(vins).mapped("vin"))
        new = [vals for vals in vals_list if vals["vin"] not in registered]
        try:
            cars = self._bulk_create_new(new)
        except errors.UniqueViolation as error:
            raise ConcurrencyError(str(error)) from error
        # Few VINs of a file are known to a sister company: those take the usual way.
        for vals in vals_list:
            if vals["vin"] in registered:
                cars += self._create_from_import(vals)
        unconfirmed = {vals["vin"] for vals in vals_list if vals["vin"] and not vals["vin_confirmed"]}
        doubtful = {vin for vin in unconfirmed if vin_tools.is_doubtful(vin)}
        if doubtful:
            cars.filtered(lambda car: car.vin in doubtful)._log_unconfirmed_vins()
        return cars

    @api.model
    def _bulk_create_new(self, vals_list):
        identities = bulk_insert(
            self.env["dealer.vin"],
            [self._prepare_bulk_identity(vals) for vals in vals_list],
            derived={"is_check_digit_ok"},
        )
        series = self.env["fleet.vehicle.model"].sudo()
        names = {
            record.id: record.name for record in series.browse({vals["series_id"] for vals in vals_list} - {False})
        }
        cars = bulk_insert(
            self,
            [
                self._prepare_bulk_car(vals, identity.id, names.get(vals["series_id"], ""))
                for vals, identity in zip(vals_list, identities, strict=True)
            ],
            derived={*FACTS, *NO_FACTS, *SYSTEM_FIELDS, "name", "plate", "plate_normalised", "odometer_km"},
        )
        self._bulk_create_plates(cars, vals_list)
        self._bulk_create_readings(cars, vals_list)
        return cars

    @api.model
    def _prepare_bulk_identity(self, vals):
        return {
            "vin": vals["vin"],
            "vin_typed": vals.get("vin_typed") or vals["vin"],
            "is_check_digit_ok": vin_tools.check_digit_ok(vals["vin"] or ""),
            **{name: vals.get(name, False) for name in IDENTITY_FIELDS},
        }

    @api.model
    def _prepare_bulk_car(self, vals, identity_id, series):
        plate = vals.get("plate") or False
        return {
            "vin_id": identity_id,
            "name": self._compose_name(
                (vals["vin"] or "")[-8:] or vals["maker_order_no"], series, vals.get("trim_name"), plate
            ),
            **{name: vals[name] for name in CAR_FIELDS},
            # Kept beside the car as on its identity: derived afterwards, each car would be written twice.
            "brand_id": vals.get("brand_id", False),
            "series_id": vals.get("series_id", False),
            **FACTS,
            "plate": plate,
            "plate_normalised": self.env["dealer.vehicle.plate"]._normalise(plate) or False,
            "odometer_km": vals.get("odometer_km") or 0,
        }

    @api.model
    def _bulk_create_plates(self, cars, vals_list):
        plates = self.env["dealer.vehicle.plate"].sudo()
        bulk_insert(
            plates,
            [
                {
                    "vehicle_id": car.id,
                    "company_id": vals["company_id"],
                    "plate": vals["plate"],
                    "normalised": plates._normalise(vals["plate"]),
                    # Since when is not known.
                    "date_from": False,
                    "partner_id": vals["owner_id"],
                }
                for car, vals in zip(cars, vals_list, strict=True)
                if vals.get("plate")
            ],
            validate=False,  # a plate without dates
        )

    @api.model
    def _bulk_create_readings(self, cars, vals_list):
        bulk_insert(
            self.env["dealer.vehicle.odometer"].sudo(),
            [
                {
                    "vehicle_id": car.id,
                    "company_id": vals["company_id"],
                    "km": vals["odometer_km"],
                    "date": vals.get("odometer_date") or fields.Datetime.now(),
                }
                for car, vals in zip(cars, vals_list, strict=True)
                if vals.get("odometer_km")
            ],
            validate=False,  # the first reading of a car
        )

    @api.model
    def _create_from_import(self, vals):
        vals = {name: value for name, value in vals.items() if value}
        plate, km, date = (vals.pop(name, False) for name in ("plate", "odometer_km", "odometer_date"))
        confirmed = vals.pop("vin_confirmed", False)
        car = self.with_context(tracking_disable=True, mail_create_nolog=True).create({**vals, "vin_confirmed": True})
        car.vin_confirmed = confirmed
        if plate:
            car.sudo().plate_ids = [(0, 0, {"plate": plate, "date_from": False, "partner_id": car.owner_id.id})]
        if km:
            car.sudo().odometer_ids = [(0, 0, {"km": km, "date": date or fields.Datetime.now()})]
        return car

    def _log_unconfirmed_vins(self):
        """Note on the cars whose check digit is wrong that nobody compared it yet."""
        bodies = {}
        for car in self:
            bodies[car.id] = self.env._(
                "%(warning)s It came from a file: compare it with the car and tick “VIN Confirmed”.",
                warning=self._get_vin_warning(car.vin),
            )
        if bodies:
            self.browse(bodies)._message_log_batch(bodies=bodies)
