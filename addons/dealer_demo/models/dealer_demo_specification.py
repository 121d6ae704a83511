from odoo import api, models

# Body styles of the open catalogue and the bodies they are here.
BODIES = {
    "sedan": "sedan",
    "hatchback": "hatchback",
    "crossover": "crossover",
    "suv": "suv",
    "coupe": "coupe",
    "mpv": "mpv",
    "minivan": "mpv",
    "van": "van",
    "shooting_brake": "wagon",
}
NUMBERS = (
    "length_mm",
    "width_mm",
    "height_mm",
    "wheelbase_mm",
    "curb_kg",
    "power_kw",
    "fuel_l_100km",
    "battery_gross_kwh",
    "range_cltc_km",
    "range_wltp_km",
    "airbags",
)
# (English, Chinese, code, extra price as a share of the guide price; None: standard)
OPTIONS = (
    ("Panoramic Sunroof", "全景天窗", "SR", 0.03),
    ("Driver Assistance Package", "智能驾驶辅助包", "DA", 0.04),
    ("Premium Sound", "高级音响", "PS", 0.02),
    ("Reversing Camera", "倒车影像", "RC", None),
)
# Make: (English, Chinese, inside, swatch, surcharge as a share of the guide price); the cars in stock wear these.
COLOURS = {
    "Honda": (
        ("Starlight White", "星月白", False, "#F4F4F0", 0.01),
        ("Crystal Black", "幻夜黑", False, "#15171A", 0),
        ("Comet Blue", "彗星蓝", False, "#1F4E8C", 0),
        ("Flame Red", "烈焰红", False, "#9B1B22", 0.01),
        ("Rock Grey", "云岩灰", False, "#5C6066", 0),
        ("Black", "黑色", True, "#202124", 0),
        ("Beige", "米色", True, "#D9C7A7", 0),
    ),
    "Genesis": (
        ("Havana Red", "哈瓦那红", False, "#6B1F24", 0.01),
        ("Uyuni White", "乌尤尼白", False, "#F4F4F0", 0),
        ("Vik Black", "维克黑", False, "#15171A", 0),
        ("Obsidian Black", "黑曜石", True, "#202124", 0),
        ("Dune Brown", "沙丘棕", True, "#A58563", 0),
    ),
    "Kia": (
        ("Snow White", "雪白", False, "#F4F4F0", 0.01),
        ("Gravity Gray", "重力灰", False, "#5C6066", 0),
        ("Wave Blue", "海浪蓝", False, "#2F6DA8", 0),
        ("Dawning Red", "曙光红", False, "#9B1B22", 0.01),
        ("Black", "黑色", True, "#202124", 0),
        ("Light Gray", "浅灰", True, "#C8CACC", 0),
    ),
}


class DealerDemo(models.AbstractModel):
    _inherit = "dealer.demo"

    @api.model
    def _build_catalogue(self):
        super()._build_catalogue()
        described = self._describe_trims("trims_ev.tsv", self._get_ev_key) | self._describe_trims(
            "trims_sold.tsv", lambda row: (row["make"], row["model"], row["trim"], int(row["year"]))
        )
        self._offer_options(described.filtered("guide_price"))

    @api.model
    def _describe_trims(self, file_name, get_key):
        """Fill the trims of a table with what it says of them.

        :param str file_name: in ``data/``
        :param callable get_key: gives the key of a row's trim
        :return: ``product.template`` that had no specification yet
        """
        trims, lines = self.env["product.template"], []
        for row in self._rows(file_name):
            trim = self._find(self._trim_xmlid(*get_key(row)))
            if trim in trims or trim.specification_ids:
                continue
            trims |= trim
            trim.write(self._prepare_trim_facts(row))
            lines += self._prepare_specifications(trim, row)
        self.env["dealer.trim.specification"].create(lines)
        return trims

    @api.model
    def _prepare_trim_facts(self, row):
        body = BODIES[row.get("body_style") or row["body"]]
        return {
            "body_id": self.env.ref(f"dealer_vehicle.dealer_vehicle_body_{body}").id,
            "seats": int(row["seats"] or 0),
            "drive": row.get("drivetrain") or row["drive"],
            **({"energy": row["energy"], "range_km": int(row["range_km"] or 0)} if "energy" in row else {}),
        }

    @api.model
    def _prepare_specifications(self, trim, row):
        lines = [
            {
                "product_tmpl_id": trim.id,
                "specification_id": self._specification(code),
                "value_number": float(row[code]),
            }
            for code in NUMBERS
            if row.get(code)
        ]
        if row.get("gearbox"):
            lines.append(
                {
                    "product_tmpl_id": trim.id,
                    "specification_id": self._specification("gearbox"),
                    "value_text": row["gearbox"],
                }
            )
        return lines

    @api.model
    def _specification(self, code):
        return self.env.ref(f"dealer_vehicle.dealer_specification_{code}").id

    @api.model
    def _offer_options(self, trims):
        """Give trims that are sold their options and colours, in both languages."""
        options = self.env["dealer.trim.option"].create(
            [
                {
                    "product_tmpl_id": trim.id,
                    "name": name,
                    "code": code,
                    "is_standard": share is None,
                    "price": round(trim.guide_price * (share or 0), -2),
                    "sequence": number,
                }
                for trim in trims
                for number, (name, _chinese, code, share) in enumerate(OPTIONS)
            ]
        )
        colours = self.env["dealer.trim.colour"].create(
            [
                {
                    "product_tmpl_id": trim.id,
                    "name": name,
                    "kind": "interior" if inside else "exterior",
                    "swatch": swatch,
                    "surcharge": round(trim.guide_price * share, -2),
                    "sequence": number,
                }
                for trim in trims
                for number, (name, _chinese, inside, swatch, share) in enumerate(COLOURS[trim.brand_id.name])
            ]
        )
        chinese = {name: word for words in (OPTIONS, *COLOURS.values()) for name, word, *_rest in words}
        for rows in (options, colours):
            for name, same in rows.grouped("name").items():
                same.with_context(lang="zh_CN").write({"name": chinese[name]})
