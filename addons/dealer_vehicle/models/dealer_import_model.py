from odoo import api, models

SERIES_FIELDS = ("launch_date", "end_date", "service_interval_km", "service_interval_months")
TRIM_FIELDS = ("model_year", "list_price", "guide_price", "energy", "range_km", "announcement_model")


class DealerImportModel(models.AbstractModel):
    """Brands, series and trims: a row is a trim, or a series that has none."""

    _name = "dealer.import.model"
    _inherit = "dealer.import.kind"
    _description = "Import of Models"

    _types = {
        "model_year": "integer",
        "list_price": "number",
        "guide_price": "number",
        "energy": ("selection", "product.template", "energy"),
        "range_km": "integer",
        "launch_date": "date",
        "end_date": "date",
        "service_interval_km": "integer",
        "service_interval_months": "integer",
    }
    _required = ("brand", "series")

    @api.model
    def _columns(self):
        _ = self.env._
        return {
            "brand": _("Brand"),
            "series": _("Series"),
            "trim": _("Trim"),
            "model_year": _("Model Year"),
            "code": _("Internal Reference"),
            "list_price": _("Sales Price"),
            "guide_price": _("Maker's Guide Price"),
            "energy": _("Energy"),
            "range_km": _("Electric Range (km)"),
            "announcement_model": _("Announcement Model"),
            "launch_date": _("Launched on"),
            "end_date": _("Sold until"),
            "service_interval_km": _("Service every (km)"),
            "service_interval_months": _("Service every (months)"),
        }

    @api.model
    def _check_may_import(self):
        for model in ("fleet.vehicle.model.brand", "fleet.vehicle.model", "product.template"):
            self.env[model].check_access("create")

    @api.model
    def _keys(self, texts):
        names = tuple(texts.get(name, "").lower() for name in ("brand", "series", "trim", "model_year"))
        return [("trim" if texts.get("trim") else "series", names)]

    @api.model
    def _prepare(self, rows, cache):
        brands, series, trims = self._get_brands(cache), self._get_series(cache), self._get_trims(cache)
        for row in rows:
            vals = row.vals
            series_key = (brands.get(row.texts.get("brand", "").lower()), row.texts.get("series", "").lower())
            series_id = series.get(series_key)
            if row.texts.get("trim"):
                key = (series_id, row.texts["trim"].lower(), vals.get("model_year") or 0)
                row.is_known = bool(series_id) and key in trims
            else:
                row.is_known = bool(series_id)
                for name in (*TRIM_FIELDS, "code"):
                    if row.texts.get(name):
                        row.refuse(name, self.env._("This belongs to a trim, and the row names none."))

    def _get_trims(self, cache):
        """Return the set of (series id, name in lower case, model year) of the company's trims."""
        if "trims" not in cache:
            templates = self.env["product.template"].with_context(active_test=False)
            found = templates.search_fetch(
                [("is_vehicle", "=", True), ("company_id", "in", (False, self.env.company.id))],
                ["series_id", "name", "model_year"],
            )
            cache["trims"] = {(trim.series_id.id, trim.name.lower(), trim.model_year) for trim in found}
        return cache["trims"]

    @api.model
    def _store(self, rows, cache):
        templates = []
        category = self.env.ref("dealer_vehicle.product_category_vehicle_new", raise_if_not_found=False)
        for row in rows:
            series_id = self._get_or_create_series(row, cache)
            if not row.texts.get("trim"):
                continue
            self._get_trims(cache).add((series_id, row.texts["trim"].lower(), row.vals.get("model_year") or 0))
            vals = {name: row.vals[name] for name in TRIM_FIELDS if row.vals.get(name)}
            vals.update(name=row.texts["trim"], is_vehicle=True, series_id=series_id)
            if category:
                vals["categ_id"] = category.id
            if row.texts.get("code"):
                vals["default_code"] = row.texts["code"]
            templates.append(vals)
        self.env["product.template"].create(templates)
        return len(rows)

    def _get_or_create_series(self, row, cache):
        brands, series = self._get_brands(cache), self._get_series(cache)
        brand = row.texts["brand"]
        if brand.lower() not in brands:
            brands[brand.lower()] = self.env["fleet.vehicle.model.brand"].create({"name": brand}).id
        key = (brands[brand.lower()], row.texts["series"].lower())
        if key not in series:
            vals = {name: row.vals[name] for name in SERIES_FIELDS if row.vals.get(name)}
            vals.update(name=row.texts["series"], brand_id=key[0])
            series[key] = self.env["fleet.vehicle.model"].create(vals).id
        return series[key]

    # ------------------------------------------------------------------ export

    @api.model
    def _export_records(self):
        return self.env["fleet.vehicle.model"].search([], order="id")

    @api.model
    def _export_batch(self, records):
        company = (False, self.env.company.id)
        for series in records:
            shared = {name: series[name] for name in SERIES_FIELDS}
            shared.update(brand=series.brand_id.name, series=series.name)
            trims = series.trim_ids.filtered(lambda trim: trim.is_vehicle and trim.company_id.id in company)
            for trim in trims:
                own = {name: trim[name] for name in TRIM_FIELDS}
                yield {**shared, **own, "trim": trim.name, "code": trim.default_code}
            if not trims:
                yield shared
