from odoo import api, models

# Series as they are called in a Chinese showroom.
CHINESE_SERIES = {
    ("Honda", "Accord"): "雅阁 Accord",
    ("Honda", "Civic"): "思域 Civic",
    ("Honda", "HR-V"): "缤智 HR-V",
    ("Honda", "Odyssey"): "奥德赛 Odyssey",
    ("Honda", "Fit"): "飞度 Fit",
}
# (make, series, trim, year): (guide price with tax in the shop's currency, invoice price of the maker without tax)
PRICES = {
    ("Honda", "Accord", "EX", 2026): (189900, 148900),
    ("Honda", "Accord", "Sport Hybrid", 2026): (208800, 164200),
    ("Honda", "Accord", "Touring Hybrid", 2026): (236800, 186100),
    ("Honda", "CR-V", "EX", 2026): (196900, 154700),
    ("Honda", "CR-V", "Sport Touring", 2026): (243900, 191800),
    ("Honda", "Civic", "Sport", 2026): (139900, 109600),
    ("Honda", "Civic", "Touring", 2026): (163900, 128700),
    ("Honda", "HR-V", "Sport", 2026): (149900, 117800),
    ("Honda", "Odyssey", "Elite", 2026): (279800, 219700),
    ("Honda", "Fit", "Sport", 2026): (98800, 77500),
    ("Genesis", "Electrified G80", "Advanced", 2024): (499800, 392000),
    ("Kia", "Sportage", "EX", 2026): (31490, 28700),
    ("Kia", "Sportage", "LX", 2026): (28690, 26150),
    ("Kia", "Telluride", "S", 2026): (39990, 36450),
    ("Kia", "Carnival", "EX", 2026): (41240, 37600),
    ("Kia", "EV6", "GT-Line", 2026): (51200, 46700),
    ("Kia", "EV9", "Wind", 2026): (63900, 58200),
    ("Kia", "Sorento", "S", 2026): (34690, 31600),
}
ELECTRIC = {"Electrified G80", "EV6", "EV9"}


class DealerDemo(models.AbstractModel):
    _inherit = "dealer.demo"

    @api.model
    def _build_catalogue(self):
        self._build_series()
        self._build_trims()
        self._build_electric_trims()

    @api.model
    def _build_series(self):
        pairs = {(row["brand"], row["series"]) for row in self._rows("series.tsv")}
        pairs |= {(row["make"], row["model"]) for row in self._rows("vins.tsv")}
        brands = {brand: brand for brand in sorted({brand for brand, _series in pairs})}
        # Core ships many brands already: those are used, not doubled.
        known = {brand.name.casefold(): brand for brand in self.env["fleet.vehicle.model.brand"].search([])}
        for brand in brands:
            if self._find(self._brand_xmlid(brand)) is None and brand.casefold() in known:
                self._remember(self._brand_xmlid(brand), known[brand.casefold()])
        self._ensure_all("fleet.vehicle.model.brand", {self._brand_xmlid(brand): {"name": brand} for brand in brands})
        self._ensure_all(
            "fleet.vehicle.model",
            {
                self._series_xmlid(brand, series): {
                    "name": CHINESE_SERIES.get((brand, series), series),
                    "brand_id": self._find(self._brand_xmlid(brand)).id,
                    "vehicle_type": "car",
                }
                for brand, series in sorted(pairs)
            },
        )

    @api.model
    def _slug(self, *words):
        return "_".join(
            "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in str(word).lower()) for word in words
        )

    @api.model
    def _brand_xmlid(self, brand):
        return f"brand_{self._slug(brand)}"

    @api.model
    def _series_xmlid(self, brand, series):
        return f"series_{self._slug(brand, series)}"

    @api.model
    def _trim_xmlid(self, make, series, trim, year):
        return f"trim_{self._slug(make, series, trim, year)}"

    @api.model
    def _get_cost(self, row):
        """Return what the maker bills for the car of a row of ``vins.tsv``, without tax."""
        return PRICES[row["make"], row["model"], row["trim"], int(row["model_year"])][1]

    @api.model
    def _build_trims(self):
        self._ensure_all(
            "product.template",
            {
                self._trim_xmlid(*key): self._prepare_trim(*key, guide_price=prices[0], cost=prices[1])
                for key, prices in PRICES.items()
            },
        )

    @api.model
    def _build_electric_trims(self):
        """Electric trims sold in China as the open catalogue lists them: comparable, not for sale here yet."""
        vals = {}
        for row in self._rows("trims_ev.tsv"):
            key = self._get_ev_key(row)
            vals[self._trim_xmlid(*key)] = {
                **self._prepare_trim(*key),
                "sale_ok": False,
                "range_km": int(float(row["range_cltc_km"] or row["range_wltp_km"] or 0)),
                "description": self._get_specification(row),
            }
        self._ensure_all("product.template", vals)

    @api.model
    def _get_ev_key(self, row):
        """Return the key of the trim a row of ``trims_ev.tsv`` tells of."""
        trim = " ".join(filter(None, [row["trim"], row["variant"] if row["variant"] != row["trim"] else ""]))
        return (row["make"], row["model"], trim, int(row["year"]))

    @api.model
    def _get_specification(self, row):
        facts = [
            ("{} kW", row["power_kw"]),
            ("{} kWh", row["battery_gross_kwh"]),
            ("WLTP {} km", row["range_wltp_km"]),
            ("CLTC {} km", row["range_cltc_km"]),
            ("{}", row["drivetrain"].upper()),
            ("{}", row["body_style"]),
        ]
        return " · ".join(text.format(value) for text, value in facts if value)

    @api.model
    def _prepare_trim(self, make, series, trim, year, guide_price=0.0, cost=0.0):
        record = self._find(self._series_xmlid(make, series))
        return {
            "name": f"{record.name} {year} {trim}",
            "is_vehicle": True,
            "categ_id": self.env.ref("dealer_vehicle.product_category_vehicle_new").id,
            "series_id": record.id,
            "model_year": year,
            "energy": "electric" if series in ELECTRIC or not guide_price else False,
            "guide_price": guide_price,
            "guide_currency_id": self.env.ref("base.USD" if make == "Kia" else "base.CNY").id,
            # The guide price of a Chinese maker includes value added tax, the list price never does.
            "list_price": round(guide_price / 1.13, 2) if make != "Kia" else guide_price,
            "standard_price": cost,
            "company_id": False,
        }
