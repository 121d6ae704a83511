import re

from odoo import api, models


def _key(name):
    return "".join(sign for sign in (name or "").casefold() if sign.isalnum())


def _words(name):
    return re.findall(r"\w+", (name or "").casefold())


class FleetVehicleModel(models.Model):
    _inherit = "fleet.vehicle.model"

    @api.model
    def _get_by_make(self, make, model):
        """Return the brand and the series of the catalogue that a source names in its own words.

        :param make: str or ``False``, for instance "MERCEDES-BENZ"
        :param model: str or ``False``
        :return: (``fleet.vehicle.model.brand``, ``fleet.vehicle.model``), each empty or one record
        """
        brand = self.env["fleet.vehicle.model.brand"]._get_by_make(make)
        if not brand or not model:
            return brand, self.browse()
        series = self.search_fetch([("brand_id", "=", brand.id)], ["name"])
        return brand, series.filtered(lambda one: _key(one.name) == _key(model))[:1]


class FleetVehicleModelBrand(models.Model):
    _inherit = "fleet.vehicle.model.brand"

    @api.model
    def _get_by_make(self, make):
        """Return the brand a source names, or nothing.

        The Chinese lists name the maker ("FAW-Volkswagen"): its one word that is a brand counts.
        """
        if not make:
            return self.browse()
        brands = self.search_fetch([], ["name"])
        same = brands.filtered(lambda brand: _key(brand.name) == _key(make))
        text = " ".join(["", *_words(make), ""])
        named = brands.filtered(lambda brand: _key(brand.name) and f" {' '.join(_words(brand.name))} " in text)
        return same[:1] or (named if len(named) == 1 else self.browse())
