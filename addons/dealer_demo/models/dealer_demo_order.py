import base64
import io

from PIL import Image, ImageDraw

from odoo import Command, api, models

# code: (English, Chinese, kind, operations, parts by house, price by house)
PACKAGES = {
    "PKG-05": (
        "Oil service package",
        "机油保养套餐",
        ["PM-05"],
        {"cn": [("15400-PLM-A02", 1), ("08232-P99-K4L", 1)], "en": [("26300-35505", 1), ("05100-00451", 1)]},
        {"cn": 298.0, "en": 129.0},
    ),
    "PKG-BR": (
        "Front brake package",
        "前刹车套餐",
        ["BR-F", "BR-FL"],
        {"cn": [("45022-T2A-A01", 1)], "en": [("58101-D9A10", 1)]},
        {"cn": 780.0, "en": 289.0},
    ),
}
# Which visit is at work with something found on it, and which one is being taken in (see dealer_demo_workshop)
AT_WORK = {"cn": 4, "en": 2}
TAKEN_IN = {"cn": 7}
FOUND = {
    "cn": ("前刹车片磨损", "剩余2毫米，极限2毫米", "now", "BR-F", "雨刮片老化", "有条纹、异响", "soon", "AC-CF"),
    "en": ("Front pads worn", "2 mm left, limit 2 mm", "now", "BR-F", "Cabin filter clogged", "Black", "soon", "AC-CF"),
}
DAMAGE = {"cn": [(33, 17, "scratch", "左前门轻微划痕"), (92, 55, "dent", "后保险杠凹陷")]}


class DealerDemo(models.AbstractModel):
    """Reception and extra work: packages with a price, a car being taken in, work a customer has to decide."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        return [*super()._get_steps(), "orders"]

    @api.model
    def _build_orders(self):
        for key in AT_WORK:
            builder = self._in(key)
            builder._build_packages(key)
            builder._build_extra_work(key)
        for key, index in TAKEN_IN.items():
            self._build_reception(key, self._find(f"visit_{key}_{index}"))

    @api.model
    def _build_packages(self, key):
        for code, (english, chinese, operations, parts, prices) in PACKAGES.items():
            menu = self._ensure(
                f"package_{key}_{self._slug(code)}",
                "dealer.job.menu",
                {
                    "code": code,
                    "name": chinese if key == "cn" else english,
                    "company_id": self.env.company.id,
                    "line_ids": [Command.create({"operation_id": self._operation(one).id}) for one in operations],
                    "part_ids": [
                        Command.create({"product_id": self._part(number).id, "quantity": quantity})
                        for number, quantity in parts[key]
                    ],
                },
            )
            if not menu.price_ids:
                menu.price_ids = [Command.create({"company_id": self.env.company.id, "price": prices[key]})]

    @api.model
    def _build_extra_work(self, key):
        """The technician found two things; the customer has them on his page and has not answered."""
        order = self._find(f"visit_{key}_{AT_WORK[key]}")
        if not order or order.job_ids.filtered(lambda job: job.approval_state == "proposed"):
            return
        name, cause, urgency, code, name2, cause2, urgency2, code2 = FOUND[key]
        found = [(name, cause, urgency, code), (name2, cause2, urgency2, code2)]
        technician = order.with_user(self._user(f"{key}.technician"))
        jobs = technician._propose_job(
            [
                {
                    "name": name,
                    "cause": cause,
                    "urgency": urgency,
                    "repair_kind": "general",
                    "line_ids": [Command.create({"operation_id": self._operation(code).id})],
                    "picture_ids": [Command.create({"image_1920": self._draw_disc(urgency)})],
                }
                for name, cause, urgency, code in found
            ]
        )
        jobs.with_user(self._user(f"{key}.service")).with_context(
            allowed_company_ids=order.company_id.ids
        ).action_offer()

    @api.model
    def _build_reception(self, key, order):
        if not order or order.damage_ids:
            return
        mine = order.with_user(self._user(f"{key}.service")).with_context(allowed_company_ids=order.company_id.ids)
        for x, y, kind, note in DAMAGE[key]:
            mine.env["repair.order.damage"].browse(mine.add_damage(x, y, kind)).note = note
        left = ("key", "papers", "dashcam")
        mine.left_item_ids = [
            Command.link(self.env.ref(f"dealer_workshop.repair_left_item_{item}").id) for item in left
        ]
        mine.fuel_level = "50"

    @api.model
    def _draw_disc(self, urgency):
        """Return a picture that stands for a photo of a brake disc, base64: no real one is needed to show the page."""
        image = Image.new("RGB", (640, 400), "#3b3f45")
        draw = ImageDraw.Draw(image)
        draw.ellipse((170, 50, 470, 350), fill="#9aa0a6", outline="#d0d3d6", width=8)
        draw.ellipse((260, 140, 380, 260), fill="#3b3f45", outline="#6c757d", width=6)
        if urgency == "now":
            draw.arc((185, 65, 455, 335), 200, 320, fill="#7a3b2e", width=26)
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=80)
        return base64.b64encode(stream.getvalue())
