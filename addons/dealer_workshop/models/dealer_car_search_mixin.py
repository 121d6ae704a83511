from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from odoo.addons.dealer_vehicle.tools import vin as vin_tools


class DealerCarSearchMixin(models.AbstractModel):
    """Find a car by what the customer says, or make it of that.

    One text: plate, VIN, its last eight characters, or a phone number. A car
    never seen before is created of the same text when the record is saved.
    """

    _name = "dealer.car.search.mixin"
    _description = "Car by Plate, VIN or Phone"

    # Name of the many2one to dealer.vehicle on the model that uses this
    _car_field = "vehicle_id"

    vehicle_text = fields.Char(
        string="Plate, VIN or Phone",
        copy=False,
        help="Finds the car by plate, VIN, the last eight characters of the VIN, or the phone of its owner or user. "
        "A plate or VIN nobody knows makes a new car when you save.",
    )
    vehicle_vin_confirmed = fields.Boolean(
        string="VIN Compared", copy=False, help="The check digit looks wrong, and I compared the VIN with the car."
    )

    @api.onchange("vehicle_text")
    def _onchange_vehicle_text(self):
        if not self.vehicle_text:
            return None
        cars = self._find_cars(self.vehicle_text)
        if len(cars) == 1:
            self[self._car_field] = cars
            self.vehicle_text = False
            return None
        if cars:
            names = "\n".join(cars[:8].mapped("display_name"))
            message = self.env._("Several cars fit. Choose one in the field “Car”:\n%(names)s", names=names)
            return {"warning": {"title": self.env._("Several cars"), "message": message}}
        return None

    @api.model
    def _find_cars(self, text):
        """Return the cars that a plate, VIN, last eight or phone number points to.

        :param str text: as typed
        :return: ``dealer.vehicle`` of the allowed companies that the user may read
        """
        Vehicle = self.env["dealer.vehicle"]
        text = (text or "").strip()
        code = vin_tools.normalise(text)
        return Vehicle._find_by_code(text, code, 20) or Vehicle._find_by_people(text, 20)

    @api.model
    def _find_exact_cars(self, text):
        """Return the cars whose plate, VIN or end of VIN is exactly this text, or whose owner's phone it is.

        :param str text: as typed
        :return: ``dealer.vehicle``; beginnings of plates do not count, else a new plate would hit an old car
        """
        code = vin_tools.normalise(text)
        cars = self._find_cars(text)
        exact = cars.filtered(
            lambda car: code == car.plate_normalised or (len(code) >= 8 and (car.vin or "").endswith(code))
        )
        return exact or (cars if self._is_phone(text) else exact)

    @api.model
    def _is_phone(self, text):
        digits = [char for char in text if char not in " +-()"]
        return len(digits) >= 7 and "".join(digits).isdigit()

    @api.model
    def _find_or_create_car(self, vals):
        """Return the car a text points to; make it when nobody knows it.

        :param dict vals: values of a new record: ``vehicle_text``, maybe
            ``partner_id``, ``brought_in_by_id``, ``vehicle_vin_confirmed``
        :return: one ``dealer.vehicle``
        :raises UserError: several cars fit, or the text is only a phone number
        """
        text = vals["vehicle_text"].strip()
        cars = self._find_exact_cars(text)
        if len(cars) > 1:
            raise UserError(self.env._("“%(text)s” fits several cars: choose one in the field “Car”.", text=text))
        if cars:
            return cars
        # Narrow sudo: service advisors have no right on stocked cars, prices or papers;
        # what they may make is a customer's car of these few values, once they may create this record.
        self.check_access("create")
        return self.env["dealer.vehicle"].sudo().create(self._prepare_customer_car(text, vals)).sudo(False)

    @api.model
    def _prepare_customer_car(self, text, vals):
        """Return the values of a customer's car that nobody registered before.

        :param str text: a VIN or a plate
        :param dict vals: see :meth:`_find_or_create_car`
        :return: dict for ``dealer.vehicle.create``
        """
        values = {
            "company_id": self.env.company.id,
            "condition": "used",
            "owner_id": vals.get("partner_id"),
            "keeper_id": vals.get("brought_in_by_id") or vals.get("partner_id"),
        }
        vin = vin_tools.normalise(text)
        if vin_tools.is_possible(vin):
            return values | {"vin": vin, "vin_confirmed": vals.get("vehicle_vin_confirmed")}
        if self._is_phone(text):
            raise UserError(
                self.env._("No car belongs to the phone number %(text)s: enter its plate or VIN instead.", text=text)
            )
        return values | {"plate_ids": [Command.create({"plate": text, "partner_id": vals.get("partner_id")})]}
