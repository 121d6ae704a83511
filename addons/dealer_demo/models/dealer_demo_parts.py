from odoo import Command, api, models

# number: (Chinese name, English name, list price, cost, on the shelf, minimum, maximum)
PARTS = {
    "cn": {
        "15400-PLM-A02": ("机油滤清器", "Oil filter", 48, 26, 64, 20, 80),
        "08232-P99-K4L": ("全合成机油 0W-20 4L", "Engine oil 0W-20 4 l", 368, 228, 40, 16, 60),
        "17220-5AA-A00": ("空气滤清器", "Air filter", 128, 71, 22, 8, 30),
        "80292-SDG-W01": ("空调滤清器", "Cabin filter", 148, 79, 18, 8, 30),
        "45022-T2A-A01": ("前刹车片", "Front brake pads", 680, 412, 9, 4, 14),
        "43022-TA0-A80": ("后刹车片", "Rear brake pads", 560, 338, 3, 4, 12),
        "45251-T2A-A01": ("前刹车盘", "Front brake disc", 760, 466, 6, 2, 8),
        "12290-5R0-003": ("火花塞", "Spark plug", 118, 64, 32, 12, 48),
        "31500-T5A-100": ("蓄电池 12V 60Ah", "Battery 12 V 60 Ah", 890, 598, 5, 3, 10),
        "76622-T2A-A01": ("前雨刮片", "Front wiper blade", 96, 48, 14, 6, 24),
        "08798-9108A": ("制动液 DOT3 1L", "Brake fluid DOT 3 1 l", 78, 41, 16, 6, 24),
        "08200-9008A": ("变速箱油 CVT 4L", "CVT fluid 4 l", 420, 268, 10, 6, 18),
        "51392-T2A-A02": ("下摆臂衬套", "Lower arm bushing", 168, 92, 2, 4, 10),
        "42700-T2A-L01": ("轮毂 17 寸", "Wheel rim 17 inch", 1680, 1120, 2, 1, 4),
        "04711-T2A-A90": ("前保险杠面罩", "Front bumper cover", 1880, 1210, 1, 1, 2),
        "33100-T2A-A01": ("右前大灯总成", "Right headlamp", 3260, 2180, 0, 1, 2),
        "08P13-T2A-110": ("原厂脚垫一套", "Floor mat set", 480, 260, 12, 5, 20),
        "08V67-T2A-100": ("行车记录仪", "Dash camera", 899, 520, 7, 3, 10),
    },
    "en": {
        "26300-35505": ("机油滤清器", "Oil filter", 12.5, 6.1, 60, 20, 80),
        "05100-00451": ("机油 5W-30 5 夸脱", "Engine oil 5W-30 5 qt", 42, 24, 36, 12, 48),
        "28113-D3300": ("空气滤清器", "Air filter", 27, 14, 18, 6, 24),
        "97133-D1000": ("空调滤清器", "Cabin filter", 29, 15, 14, 6, 24),
        "58101-D9A10": ("前刹车片", "Front brake pads", 118, 67, 7, 4, 12),
        "58302-D9A10": ("后刹车片", "Rear brake pads", 104, 59, 2, 4, 12),
        "18846-10060": ("火花塞", "Spark plug", 16, 8.2, 24, 12, 48),
        "98350-D9000": ("前雨刮片", "Front wiper blade", 19, 9, 11, 6, 20),
        "37110-D9800": ("蓄电池 12V", "Battery 12 V", 212, 139, 4, 2, 8),
    },
}


class DealerDemo(models.AbstractModel):
    """Parts with their numbers, limits and supplier; bought and received, so that they have a value."""

    _inherit = "dealer.demo"

    @api.model
    def _build_parts(self):
        makers = {"cn": "Honda", "en": "Kia"}
        for key, parts in PARTS.items():
            maker = self._find(self._brand_xmlid(makers[key]))
            supplier = self._find(f"supplier_{key}")
            builder = self._in(key)
            vals = {
                self._part_xmlid(number): builder._prepare_part(number, part, maker, supplier)
                for number, part in parts.items()
            }
            templates = self._ensure_all(builder.env["product.template"].with_context(lang="en_US"), vals)
            for number, part in parts.items():
                templates[self._part_xmlid(number)].with_context(lang="zh_CN").name = part[0]
            builder._build_limits(key, parts)
            if self._find(f"parts_order_{key}") is None:
                builder._build_parts_stock(key, parts, supplier)

    @api.model
    def _part_xmlid(self, number):
        return f"part_{self._slug(number)}"

    @api.model
    def _part(self, number):
        """Return the product of a part number of the demonstration."""
        return self._find(self._part_xmlid(number)).product_variant_id

    @api.model
    def _prepare_part(self, number, part, maker, supplier):
        _chinese, english, price, cost, *_limits = part
        seller = {"partner_id": supplier.id, "price": cost, "delay": 2, "company_id": self.env.company.id}
        return {
            "name": english,
            "default_code": number,
            "is_part": True,
            "part_maker_id": maker.id,
            "list_price": price,
            "seller_ids": [Command.create({**seller, "currency_id": self.env.company.currency_id.id})],
        }

    @api.model
    def _build_limits(self, key, parts):
        site = self._find(f"site_{key}_main")
        self._ensure_all(
            "stock.warehouse.orderpoint",
            {
                f"limits_{key}_{self._slug(number)}": {
                    "product_id": self._part(number).id,
                    "warehouse_id": site.id,
                    "location_id": site.lot_stock_id.id,
                    "company_id": self.env.company.id,
                    "trigger": "manual",
                    "product_min_qty": part[5],
                    "product_max_qty": part[6],
                }
                for number, part in parts.items()
            },
        )

    @api.model
    def _build_parts_stock(self, key, parts, supplier):
        order = self.env["purchase.order"].create(
            {
                "partner_id": supplier.id,
                "picking_type_id": self._find(f"site_{key}_main").in_type_id.id,
                "order_line": [
                    Command.create({"product_id": self._part(number).id, "product_qty": part[4], "price_unit": part[3]})
                    for number, part in parts.items()
                    if part[4]
                ],
            }
        )
        order.button_confirm()
        self._remember(f"parts_order_{key}", order)
        order.picking_ids.move_ids.picked = True
        order.picking_ids._action_done()
        self._bill(order, 9)
