from odoo import Command, api, models

from .dealer_demo_company import COMPANIES

CUSTOMERS_CN = (
    "李明 王芳 张伟 刘洋 陈静 杨帆 赵磊 黄丽娟 周文杰 吴秀兰 徐涛 孙晓燕 胡斌 朱琳 高峰 "
    "林志远 何雪 郭鹏 马丽 罗浩 梁宇 宋佳 郑小爽 谢婷 韩冰 唐亮 冯媛 于波 董晓洁 萧红"
).split()
CUSTOMERS_EN = [
    "Olivia Bennett",
    "Liam Foster",
    "Sophia Reyes",
    "Noah Campbell",
    "Ava Mitchell",
    "Ethan Brooks",
    "Mia Sullivan",
    "Lucas Grant",
    "Isabella Hayes",
    "Mason Ward",
    "Charlotte Price",
    "Logan Rivera",
    "Amelia Cole",
    "Jacob Stone",
    "Harper Ross",
    "Daniel Fisher",
    "Evelyn Hunt",
    "Henry Walsh",
    "Abigail Ford",
    "Samuel Perry",
]
CARS = {"cn": 64, "en": 24}  # that customers drive
SUPPLIERS = {"cn": "华东本田配件中心库", "ev": "捷尼赛思配件中心库", "en": "Kia Parts Northeast"}


class DealerDemo(models.AbstractModel):
    """Customers with the cars they drive; the people of the workshop."""

    _inherit = "dealer.demo"

    @api.model
    def _build_customers(self):
        china, america = self.env.ref("base.cn"), self.env.ref("base.us")
        vals = {}
        for index, name in enumerate(CUSTOMERS_CN):
            vals[f"customer_cn_{index}"] = {
                "name": name,
                "phone": f"138{57100000 + index * 7919:08d}",
                "city": "杭州",
                "country_id": china.id,
                "lang": "zh_CN",
            }
        for index, name in enumerate(CUSTOMERS_EN):
            vals[f"customer_en_{index}"] = {
                "name": name,
                "phone": f"+1 617-555-{1000 + index * 37:04d}",
                "city": "Boston",
                "country_id": america.id,
                "lang": "en_US",
            }
        for key, name in SUPPLIERS.items():
            lang = COMPANIES[key][4]
            vals[f"supplier_{key}"] = {"name": name, "is_company": True, "supplier_rank": 1, "lang": lang}
        vals["insurer_cn"] = {"name": "江南财产保险 杭州中心支公司", "is_company": True, "lang": "zh_CN"}
        vals["insurer_en"] = {"name": "Seaboard Mutual Insurance", "is_company": True}
        self._ensure_all("res.partner", vals)

    @api.model
    def _customer(self, key, index):
        """Return a customer of the demonstration.

        :param str key: ``cn`` or ``en``
        :param int index: any; counted round
        """
        count = len(CUSTOMERS_CN if key == "cn" else CUSTOMERS_EN)
        return self._find(f"customer_{key}_{index % count}")

    @api.model
    def _build_customer_cars(self):
        """Cars customers bought here or elsewhere: no lot, dated plates, a first reading."""
        sources = {"cn": "customer_cn", "en": "customer"}
        for key, use in sources.items():
            rows = [row for row in self._rows("vins.tsv") if row["use"] == use][: CARS[key]]
            vals = {f"car_{key}_{i}": self._prepare_customer_car(key, i, row) for i, row in enumerate(rows)}
            self._ensure_all(self._in(key).env["dealer.vehicle"], vals)

    @api.model
    def _prepare_customer_car(self, key, index, row):
        owner = self._customer(key, index)
        year = int(row["model_year"])
        plate = (
            f"浙A·{'ABCDEFGHJK'[index % 10]}{(2310 + index * 173) % 10000:04d}"
            if key == "cn"
            else f"{4 + index % 5}{'KLMNPRST'[index % 8]}{'VWXY'[index % 4]}{310 + index * 23:03d}"
        )
        return {
            "vin": row["vin"],
            "vin_confirmed": True,
            "company_id": self._company(key).id,
            "series_id": self._find(self._series_xmlid(row["make"], row["model"])).id,
            "model_year": year,
            "trim_name": row["trim"],
            "condition": "used",
            "owner_id": owner.id,
            "keeper_id": owner.id,
            "plate_ids": [
                Command.create({"plate": plate, "date_from": f"{max(year, 2005)}-06-01", "partner_id": owner.id})
            ],
            "odometer_ids": [
                Command.create(
                    {
                        "km": (2026 - year) * 14000 + index * 311 + 900,
                        "date": self._today(-180),
                        "note": "首次登记" if key == "cn" else "First reading",
                    }
                )
            ],
        }

    @api.model
    def _build_employees(self):
        level = self.env.ref("dealer_workshop.dealer_labour_level_mechanical")
        vals = {}
        for user in self.env["res.users"].search([("login", "=like", "%.technician%")]):
            vals[f"employee_{user.login.replace('.', '_')}"] = {
                "name": user.name,
                "user_id": user.id,
                "company_id": user.company_id.id,
                "is_dealer_technician": True,
                "dealer_level_id": level.id,
            }
        self._ensure_all("hr.employee", vals)
