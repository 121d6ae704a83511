from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import vin as vin_tools


class StockLot(models.Model):
    _inherit = "stock.lot"

    dealer_vin_ids = fields.One2many(
        "dealer.vin", "lot_id", "VIN", help="The identity of the car this serial number stands for: one at most."
    )

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [dict(vals) for vals in vals_list]
        names = self._normalise_vehicle_names(vals_list)
        identities = self.env["dealer.vin"]._get_or_create(list(names.values()))
        self._check_identities_free(identities)
        lots = super().create(vals_list)
        for index, identity in zip(names, identities, strict=True):
            # Who may create the serial number of a car may tie it to its VIN; the VIN itself has no company.
            identity.sudo().lot_id = lots[index]
        return lots

    def write(self, vals):
        if "name" not in vals:
            return super().write(vals)
        cars = self.filtered("product_id.is_vehicle")
        if cars:
            vals = {**vals, "name": self._normalise_vehicle_name(vals["name"])}
            cars.filtered(lambda lot: lot.name != vals["name"])._check_may_be_renamed(vals["name"])
        result = super().write(vals)
        for identity in cars.sudo().dealer_vin_ids.filtered(lambda identity: identity.vin != vals["name"]):
            identity.vin = vals["name"]
        return result

    def unlink(self):
        # A serial number nobody used may go (a corrected shipping notice); the VIN stays.
        self.sudo().dealer_vin_ids.lot_id = False
        return super().unlink()

    @api.model
    def _normalise_vehicle_names(self, vals_list):
        """Normalise the names of vehicle lots in place.

        :param list vals_list: dicts of ``create``
        :return: {index in ``vals_list``: VIN} for the vehicle products among them
        :raises ValidationError: a name cannot be a VIN
        """
        default = self.env.context.get("default_product_id")
        products = self.env["product.product"].sudo()
        names = {}
        for index, vals in enumerate(vals_list):
            if products.browse(vals.get("product_id") or default or []).is_vehicle:
                vals["name"] = names[index] = self._normalise_vehicle_name(vals.get("name"))
        return names

    @api.model
    def _normalise_vehicle_name(self, name):
        """Return the VIN a serial number of a car must be.

        :raises UserError: there is none
        :raises ValidationError: it cannot be a VIN
        """
        if not vin_tools.normalise(name):
            raise UserError(self.env._("The serial number of a car is its VIN: type the VIN."))
        return self.env["dealer.vin"]._prepare_vin_vals({"vin": name})["vin"]

    @api.model
    def _check_identities_free(self, identities):
        """Refuse a second serial number for a VIN, whatever product it is for.

        :param recordset identities: ``dealer.vin``
        :raises UserError: names the product the car is known under
        """
        for identity in identities.sudo().filtered("lot_id"):
            raise UserError(
                self.env._(
                    "The VIN %(vin)s is in stock records already, as %(product)s. A car keeps one serial number for "
                    "life: choose that product, or correct the VIN.",
                    vin=identity.vin,
                    product=identity.lot_id.product_id.display_name,
                )
            )

    def _check_may_be_renamed(self, vin):
        used = self.env["stock.move.line"].sudo().search_count([("lot_id", "in", self.ids)], limit=1)
        if used:
            raise UserError(
                self.env._(
                    "%(vin)s has moved under this VIN and cannot be renamed. Return the receipt and receive the car "
                    "again under the right VIN.",
                    vin=self[:1].name,
                )
            )
        known = self.env["dealer.vin"].sudo()._get_by_vin([vin])
        if known and known not in self.sudo().dealer_vin_ids:
            raise UserError(
                self.env._("The VIN %(vin)s belongs to another car. Use the serial number of that car.", vin=vin)
            )
