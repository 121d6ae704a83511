from odoo import api, fields, models

from ..tools import vin as vin_tools
from .cost_rights import COST_GROUP
from .dealer_vehicle_bulk import CAR_FIELDS, IDENTITY_FIELDS

FIRST_YEAR = 1900
# What holds for a car whose row does not say it.
UNSAID = {
    **dict.fromkeys((*IDENTITY_FIELDS, *CAR_FIELDS), False),
    "active": True,
    "condition": "new",
    "tax_regime": "standard",
}


class DealerImportVehicle(models.AbstractModel):
    """Cars of a company, by VIN, or by the maker's order number while the maker has not told the VIN."""

    _name = "dealer.import.vehicle"
    _inherit = "dealer.import.kind"
    _description = "Import of Cars"

    _types = {
        "model_year": "integer",
        "condition": ("selection", "dealer.vehicle", "condition"),
        "odometer_km": "integer",
        "odometer_date": "date",
        "asking_price": "number",
        "floor_price": "number",
        "tax_regime": ("selection", "dealer.vehicle", "tax_regime"),
        "vin_confirmed": "boolean",
        "shipped_date": "date",
        "stop_sale": "boolean",
        "active": "boolean",
        "place": ("selection", "dealer.vehicle", "place"),
        "claim": ("selection", "dealer.vehicle", "claim"),
        "title": ("selection", "dealer.vehicle", "title"),
        "arrival_date": "date",
        "cost": "number",
    }
    _required = (("vin", "maker_order_no"),)
    _export_only = ("place", "claim", "title", "arrival_date", "cost")
    _cost_columns = ("cost",)

    @api.model
    def _columns(self):
        _ = self.env._
        return {
            "vin": _("VIN"),
            "brand": _("Brand"),
            "series": _("Series"),
            "model_year": _("Model Year"),
            "trim_name": _("Trim"),
            "sold_as": _("Sold as"),
            "condition": _("Condition"),
            "colour_exterior": _("Exterior Colour"),
            "colour_interior": _("Interior Colour"),
            "engine_no": _("Engine or Motor Number"),
            "battery_no": _("Battery Number"),
            "certificate_no": _("Quality Certificate Number"),
            "announcement_model": _("Announcement Model"),
            "maker_order_no": _("Maker's Order Number"),
            "plate": _("Plate"),
            "odometer_km": _("Mileage (km)"),
            "odometer_date": _("Mileage Date"),
            "owner": _("Owner"),
            "owner_phone": _("Owner's Phone"),
            "keeper": _("User"),
            "keeper_phone": _("User's Phone"),
            "asking_price": _("Asking Price"),
            "floor_price": _("Lowest Price"),
            "tax_regime": _("Tax Regime"),
            "vin_confirmed": _("VIN Confirmed"),
            "shipped_date": _("Shipped on"),
            "stop_sale": _("Stop-sale"),
            "spec_note": _("Specification"),
            "active": _("Active"),
            "place": _("Place"),
            "claim": _("Claim"),
            "title": _("Property of"),
            "arrival_date": _("Arrived on"),
            "cost": _("Cost"),
        }

    @api.model
    def _check_may_import(self):
        self.env["dealer.vehicle"].check_access("create")

    @api.model
    def _keys(self, texts):
        number = texts.get("maker_order_no")
        return [
            ("vin", vin_tools.normalise(texts.get("vin"))),
            ("maker_order_no", number and ("order", number)),
        ]

    # ------------------------------------------------------------------ checking

    @api.model
    def _prepare(self, rows, cache):
        for row in rows:
            self._prepare_vin(row, cache)
            self._prepare_catalogue(row, cache)
            self._prepare_values(row)
        self._prepare_people(rows)
        self._mark_known(rows)
        self._check_order_numbers(rows)

    def _prepare_vin(self, row, cache):
        typed = row.vals.pop("vin", "")
        vin = vin_tools.normalise(typed)
        if typed and not vin_tools.is_possible(vin):
            row.refuse("vin", self.env["dealer.vin"]._get_impossible_message(typed, vin))
        row.vals.update(vin=vin or False, vin_typed=typed or False)
        if "enforce" not in cache:
            cache["enforce"] = self.env.company.sudo().dealer_enforce_check_digit
        warning = cache["enforce"] and self.env["dealer.vehicle"]._get_vin_warning(vin)
        if warning:
            row.refuse("vin", warning)

    def _prepare_catalogue(self, row, cache):
        vals = row.vals
        brand, series, product = (vals.pop(name, "") for name in ("brand", "series", "sold_as"))
        brands = self._get_brands(cache)
        vals["brand_id"] = brands.get(brand.lower(), False) if brand else False
        if brand and not vals["brand_id"]:
            row.refuse("brand", self.env._("There is no brand “%(name)s”. Import the models first.", name=brand))
        vals["series_id"] = self._find_series(row, series, cache) if series else False
        vals["product_id"] = self._find_product(row, product, cache) if product else False
        if vals["series_id"] and not vals["brand_id"]:
            vals["brand_id"] = cache["brand_of_series"][vals["series_id"]]

    def _find_series(self, row, name, cache):
        known = self._get_series(cache)
        if "series_by_name" not in cache:
            cache["brand_of_series"] = {series_id: brand_id for (brand_id, _name), series_id in known.items()}
            by_name = cache["series_by_name"] = {}
            for (_brand_id, text), series_id in known.items():
                by_name.setdefault(text, []).append(series_id)
        if row.vals["brand_id"]:
            found = [known[key] for key in [(row.vals["brand_id"], name.lower())] if key in known]
        else:
            found = cache["series_by_name"].get(name.lower(), [])
        if len(found) == 1:
            return found[0]
        if found:
            row.refuse("series", self.env._("Several brands have a series “%(name)s”: add the brand.", name=name))
        elif "brand" not in row.texts or row.vals["brand_id"]:
            row.refuse("series", self.env._("There is no series “%(name)s”. Import the models first.", name=name))
        return False

    def _find_product(self, row, name, cache):
        products = self._get_products(cache).get(name.lower(), [])
        year, series_id = row.vals.get("model_year"), row.vals["series_id"]
        fitting = [
            product_id
            for product_id, product_series, product_year in products
            if product_series == (series_id or product_series) and product_year == (year or product_year)
        ]
        if len(fitting) != 1:
            row.refuse(
                "sold_as",
                self.env._("Several trims are called “%(name)s”: add series and model year.", name=name)
                if fitting
                else self.env._(
                    "No trim of this series and year is called “%(name)s”. Import the models first.", name=name
                ),
            )
        return fitting[0] if len(fitting) == 1 else False

    def _get_products(self, cache):
        """Return {label in lower case: [(``product.product`` id, series id, model year)]}."""
        if "products" not in cache:
            company = (False, self.env.company.id)
            products = self.env["product.product"].search([("is_vehicle", "=", True), ("company_id", "in", company)])
            result = cache["products"] = {}
            for product in products:
                found = (product.id, product.series_id.id, product.model_year)
                result.setdefault(self._get_product_label(product).lower(), []).append(found)
        return cache["products"]

    @api.model
    def _get_product_label(self, product):
        powertrain = product.product_template_attribute_value_ids._get_combination_name()
        return f"{product.name} ({powertrain})" if powertrain else product.name or ""

    def _prepare_values(self, row):
        vals = row.vals
        year = vals.get("model_year")
        if year and not FIRST_YEAR < year <= fields.Date.today().year + 2:
            row.refuse("model_year", self.env._("This is no model year."))
        vals["has_stop_sale"] = vals.pop("stop_sale", False)
        vals["company_id"] = self.env.company.id
        if vals.get("odometer_date"):
            vals["odometer_date"] = fields.Datetime.to_datetime(vals["odometer_date"])
        row.vals = {**UNSAID, **vals}

    def _prepare_people(self, rows):
        pairs = {
            (row.texts.get(name, ""), row.texts.get(f"{name}_phone", ""))
            for row in rows
            for name in ("owner", "keeper")
        } - {("", "")}
        found = self._find_people(pairs) if pairs else {}
        for row in rows:
            for name in ("owner", "keeper"):
                row.vals.pop(name, None)
                row.vals.pop(f"{name}_phone", None)
                pair = row.texts.get(name, ""), row.texts.get(f"{name}_phone", "")
                person, reason = found.get(pair, (False, False))
                row.vals[f"{name}_id"] = person
                if any(pair) and not person:
                    column = name if pair[0] else f"{name}_phone"
                    row.refuse(
                        column, reason or self.env._("Nobody is known by this name or phone. Import the owners first.")
                    )

    def _mark_known(self, rows):
        # Archived ones too, and whoever may see them: the VIN is taken.
        self.env["dealer.vehicle"].flush_model(["vin_id", "company_id"])
        self.env.cr.execute(
            "SELECT vin.vin FROM dealer_vin vin JOIN dealer_vehicle car ON car.vin_id = vin.id"
            " WHERE vin.vin IN %s AND car.company_id = %s",
            [tuple(row.vals["vin"] or "" for row in rows), self.env.company.id],
        )
        known = {vin for (vin,) in self.env.cr.fetchall()}
        for row in rows:
            row.is_known = row.vals["vin"] in known

    def _check_order_numbers(self, rows):
        numbers = [row.texts["maker_order_no"] for row in rows if row.texts.get("maker_order_no")]
        if not numbers:
            return
        cars = self.env["dealer.vehicle"].sudo().with_context(active_test=False)
        cars = cars.search([("maker_order_no", "in", numbers), ("company_id", "=", self.env.company.id)])
        taken = cars.grouped("maker_order_no")
        for row in rows:
            car = taken.get(row.texts.get("maker_order_no"))
            if not car or row.is_known:
                continue
            if not row.vals["vin"] and row.vals["brand_id"] in (False, car.brand_id.id):
                row.is_known = True  # the order of this maker, whether he has told the VIN since or not
            else:
                row.refuse("maker_order_no", self.env._("%(car)s has this order number.", car=car.display_name))

    @api.model
    def _store(self, rows, cache):
        return len(self.env["dealer.vehicle"]._bulk_create([row.vals for row in rows]))

    # ------------------------------------------------------------------ export

    @api.model
    def _export_records(self):
        cars = self.env["dealer.vehicle"].with_context(active_test=False)
        return cars.search([("company_id", "=", self.env.company.id)], order="id")

    @api.model
    def _export_batch(self, records):
        sees_costs = self.env.user.has_group(COST_GROUP)
        plain = [name for name in self._columns() if name in records._fields and name not in ("cost", "stop_sale")]
        for car in records:
            values = {name: car[name] for name in plain}
            values.update(
                brand=car.brand_id.name,
                series=car.series_id.name,
                sold_as=self._get_product_label(car.product_id),
                odometer_date=car.odometer_ids[:1].date.date() if car.odometer_ids else False,
                owner=car.owner_id.complete_name,
                owner_phone=car.owner_id.phone,
                keeper=car.keeper_id.complete_name,
                keeper_phone=car.keeper_id.phone,
                stop_sale=car.has_stop_sale,
            )
            if sees_costs:
                values["cost"] = car.cost
            yield values
