import base64
import io

from PIL import Image, ImageDraw

from odoo import api, fields, models

CARRIERS = {
    "cn": ("远达汽车物流有限公司", 120, 24),  # name, hours to claim, hours of warning
    "en": ("Coastal Auto Transport", 48, 24),
}
# The silhouette of a car on 960 × 600: body and windows.
BODY = [
    (90, 400),
    (100, 330),
    (150, 295),
    (290, 275),
    (390, 190),
    (620, 185),
    (740, 275),
    (850, 300),
    (880, 350),
    (870, 405),
]
WINDOWS = ([(315, 275), (400, 205), (500, 202), (500, 275)], [(520, 275), (520, 202), (612, 203), (700, 275)])
PAINTS = [
    (214, 60, 60),
    (62, 104, 178),
    (236, 238, 240),
    (60, 66, 74),
    (142, 158, 166),
    (36, 128, 106),
    (196, 162, 92),
    (120, 70, 140),
]


def draw_car(paint, scratch=False):
    """Return a plain drawing of a car as base64 of a PNG.

    :param tuple paint: red, green and blue of the body
    :param bool scratch: with a scratch on the door
    """
    picture = Image.new("RGB", (960, 600), (226, 232, 238))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 420, 960, 600), fill=(188, 194, 200))
    draw.ellipse((110, 432, 860, 486), fill=(160, 166, 172))
    draw.polygon(BODY, fill=paint, outline=(50, 50, 50))
    for window in WINDOWS:
        draw.polygon(window, fill=(170, 200, 216), outline=(50, 50, 50))
    draw.line((510, 200, 510, 400), fill=(50, 50, 50), width=2)
    for x in (250, 730):
        draw.ellipse((x - 68, 336, x + 68, 472), fill=(34, 34, 34))
        draw.ellipse((x - 36, 368, x + 36, 440), fill=(198, 202, 206))
    if scratch:
        draw.line((400, 330, 470, 345, 560, 338), fill=(250, 250, 250), width=6)
        draw.ellipse((370, 290, 590, 390), outline=(220, 30, 30), width=6)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue())


class DealerDemo(models.AbstractModel):
    """Claims against carriers, minimum stock, pictures in the catalogue."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        steps = super()._get_steps()
        steps[steps.index("prices") : steps.index("prices")] = ["claims", "minimums", "pictures"]
        return steps

    @api.model
    def _build_claims(self):
        """One claim whose deadline is near, one accepted and charged."""
        for key, (name, hours, warning) in CARRIERS.items():
            builder = self._in(key)
            carrier = builder._ensure(
                f"carrier_{key}",
                "res.partner",
                {"name": name, "is_company": True, "lang": "zh_CN" if key == "cn" else "en_US"},
            )
            builder._ensure(
                f"carrier_deadline_{key}",
                "dealer.carrier.deadline",
                {
                    "company_id": self._company(key).id,
                    "carrier_id": carrier.id,
                    "date_from": fields.Date.to_date("2020-01-01"),
                    "hours": hours,
                    "hours_warning": warning,
                    "note": "运输合同第 7 条" if key == "cn" else "Contract of carriage, section 7",
                },
            )
            if self._find(f"carrier_claim_{key}") is None:
                builder._build_claim(key, carrier)

    @api.model
    def _build_claim(self, key, carrier):
        inspections = self.env["dealer.vehicle.inspection"].search(
            [("company_id", "=", self.env.company.id), ("damage", "not in", (False, ""))], limit=1
        )
        if not inspections:
            return
        inspections.action_open_claim()
        claim = self._remember(f"carrier_claim_{key}", inspections.claim_ids)
        inspections.add_photo(draw_car(PAINTS[2 if key == "cn" else 1], scratch=True))
        # The arrival was dated back in the tables.
        inspections.modified(["date_arrival"])
        claim.write({"carrier_id": carrier.id, "amount_claimed": 1800 if key == "cn" else 640})
        if key == "en":
            claim.repair_cost = 585
            claim.action_send()
            claim.write({"amount_accepted": 600, "carrier_reference": "CAT-20871"})
            claim.action_accept()
            claim.action_create_invoice()

    @api.model
    def _build_minimums(self):
        """A minimum for the two trims of which most came."""
        for key in CARRIERS:
            builder = self._in(key)
            site = builder.env["stock.warehouse"].search([("company_id", "=", self._company(key).id)], limit=1)
            groups = builder.env["dealer.vehicle"]._read_group(
                [("company_id", "=", self._company(key).id), ("product_id", "!=", False), ("place", "=", "at_site")],
                ["product_id"],
                ["__count"],
                order="__count desc, product_id",
                limit=2,
            )
            for index, (product, count) in enumerate(groups):
                builder._ensure(
                    f"minimum_{key}_{index}",
                    "stock.warehouse.orderpoint",
                    {
                        "product_id": product.id,
                        "warehouse_id": site.id,
                        "location_id": site.lot_stock_id.id,
                        "product_min_qty": count + 1 - index * 2,
                        "product_max_qty": count + 3,
                        "trigger": "manual",
                    },
                )

    @api.model
    def _build_pictures(self):
        """Drawings for the trims of which cars stand in the yard."""
        groups = self.env["dealer.vehicle"]._read_group(
            [("place", "=", "at_site"), ("product_id", "!=", False)],
            ["product_id"],
            ["__count"],
            order="__count desc, product_id",
            limit=12,
        )
        for index, (product, _count) in enumerate(groups):
            trim = product.product_tmpl_id
            self._ensure(
                f"picture_{trim.id}",
                "dealer.catalogue.picture",
                {"name": trim.name, "product_tmpl_id": trim.id, "image_1920": draw_car(PAINTS[index % len(PAINTS)])},
            )
