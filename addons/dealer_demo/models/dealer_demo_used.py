from odoo import Command, api, fields, models

# Used cars of the Chinese shop: VIN of ``vins.tsv``, source, seller, regime, mileage, price, asking, floor, received
USED = {
    "used_cn_private": ("JM1FE173540134610", "private", "高建平", "margin", 86500, 42000.0, 55800.0, 51000.0, True),
    "used_cn_trade": (
        "WAULFAFR8DA002471",
        "trade",
        "杭州诚和二手车经纪",
        "standard",
        74200,
        96000.0,
        118000.0,
        110000.0,
        True,
    ),
    "used_cn_auction": (
        "5XYKTCA62DG346197",
        "auction",
        "华东二手车拍卖中心",
        "margin",
        91300,
        68000.0,
        83800.0,
        78000.0,
        False,
    ),
}
CONSIGNED = ("KNAE55LC7J6018811", "顾海燕", 52800, 168000.0, 158000.0, 5.0)
COMMISSION = 9000.0  # per agency car, agreed with the maker
POLICIES = 8  # cars of customers with known cover
INSURERS = {"cn": "insurer_cn", "en": "insurer_en"}


class DealerDemo(models.AbstractModel):
    """Cars that come from somebody else than the maker's orders, and insurance on customers' cars."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        steps = super()._get_steps()
        steps.insert(steps.index("prices") + 1, "used_cars")
        return steps

    @api.model
    def _build_used_cars(self):
        for key in ("cn", "ev", "en"):
            self._in(key)._build_consignment_account(key)
        builder = self._in("cn")
        for name, values in USED.items():
            if self._find(name) is None:
                builder._buy_used_car(name, *values)
        if self._find("consigned_cn") is None:
            builder._consign_car(*CONSIGNED)
        if self._find("agency_ev") is None:
            self._in("ev")._take_in_agency_car()
        for key in INSURERS:
            self._in(key)._build_insurance_policies(key)

    @api.model
    def _build_consignment_account(self, key):
        company = self._company(key)
        if company.dealer_consignment_account_id:
            return
        vals = {
            "name": "其他应付款-寄售车款" if key != "en" else "Consigned Cars: Owed to Owners",
            "code": "224190" if key != "en" else "219900",
            "account_type": "liability_current",
            "company_ids": [Command.set(company.ids)],
        }
        company.dealer_consignment_account_id = self._ensure(
            f"account_consigned_{key}", self.env["account.account"], vals
        )

    @api.model
    def _get_seller(self, name, is_company=False):
        found = self.env["res.partner"].search([("name", "=", name)], limit=1)
        country = self.env.ref("base.cn")
        return found or self.env["res.partner"].create(
            {"name": name, "is_company": is_company, "country_id": country.id, "city": "杭州", "lang": "zh_CN"}
        )

    @api.model
    def _prepare_intake(self, vin, seller, km):
        row = next(row for row in self._rows("vins.tsv") if row["vin"] == vin)
        brand = self.env["fleet.vehicle.model.brand"]._get_by_make(row["make"])
        brand = brand or brand.create({"name": row["make"]})
        _brand, series = self.env["fleet.vehicle.model"]._get_by_make(row["make"], row["model"])
        series = series or series.create({"name": row["model"], "brand_id": brand.id})
        return {
            "vin": vin,
            "vin_confirmed": True,
            "partner_id": seller.id,
            "site_id": self._find("site_cn_main").id,
            "brand_id": brand.id,
            "series_id": series.id,
            "trim_name": row["trim"],
            "model_year": int(row["model_year"]),
            "odometer_km": km,
            "colour_exterior": "云岩灰",
            "title_number": f"3300{vin[-8:]}",
            "has_title": True,
        }

    @api.model
    def _take_in(self, login, vals):
        """Let a buyer take a car in by the dialogue.

        :return: what it opens, ``purchase.order`` or ``dealer.vehicle.consignment``
        """
        intake = self.env["dealer.vehicle.intake"].with_user(self._user(login) or self.env.user)
        action = intake.with_company(self.env.company).create(vals).action_apply()
        return self.env[action["res_model"]].browse(action["res_id"])

    @api.model
    def _buy_used_car(self, name, vin, source, seller, regime, km, price, asking, floor, received):
        vals = self._prepare_intake(vin, self._get_seller(seller, source != "private"), km)
        vals.update(kind="buy", source=source, tax_regime=regime, price=price, asking_price=asking, floor_price=floor)
        order = self._remember(name, self._take_in("cn.buyer", vals))
        if received:
            self._receive_used_car(order.picking_ids, km)
            self._bill(order, 0)

    @api.model
    def _receive_used_car(self, picking, km):
        picking.action_receive_shipped_cars()
        inspections = self.env["dealer.vehicle.inspection"].search([("picking_id", "=", picking.id)])
        inspections.write({"odometer_km": km, "key_count": 2, "has_title": True})
        inspections.action_all_well()

    @api.model
    def _consign_car(self, vin, owner, km, asking, minimum, percent):
        vals = self._prepare_intake(vin, self._get_seller(owner), km)
        vals.update(
            kind="consignment",
            asking_price=asking,
            floor_price=minimum,
            minimum_price=minimum,
            commission_percent=percent,
            date_until=self._today(9),
        )
        terms = self._remember("consigned_cn", self._take_in("cn.buyer", vals))
        self._receive_used_car(terms.receipt_id, km)

    @api.model
    def _take_in_agency_car(self):
        known = self.env["dealer.vehicle"].search([]).mapped("vin")
        row = next(row for row in self._rows("vins.tsv") if row["use"] == "ev" and row["vin"] not in known)
        trim = self._get_trim(row).product_variant_id
        vals = {
            "kind": "agency",
            "vin": row["vin"],
            "vin_confirmed": True,
            "partner_id": self._find("maker_ev").id,
            "site_id": self._find("site_ev_main").id,
            "product_id": trim.id,
            "series_id": trim.series_id.id,
            "brand_id": trim.brand_id.id,
            "trim_name": row["trim"],
            "model_year": int(row["model_year"]),
            "colour_exterior": "乌尤尼白",
            "asking_price": trim.guide_price,
            "commission_amount": COMMISSION,
            "date_until": self._today(60),
        }
        terms = self._remember("agency_ev", self._take_in("ev.buyer", vals))
        self._receive_used_car(terms.receipt_id, 8)

    @api.model
    def _build_insurance_policies(self, key):
        """Policies of some customers' cars; the first end soon, so that somebody is called for a renewal."""
        chinese = key == "cn"
        kinds = [("compulsory", 950.0), ("package", 4280.0)] if chinese else [("package", 1380.0)]
        vals = {}
        for index in range(POLICIES):
            car = self._find(f"car_{key}_{index}")
            end = self._today(11 + index * 17)
            for kind, premium in kinds:
                vals[f"policy_{key}_{index}_{kind}"] = {
                    "vehicle_id": car.id,
                    "kind_id": self.env.ref(f"dealer_vehicle.dealer_insurance_kind_{kind}").id,
                    "insurer_id": self._find(INSURERS[key]).id,
                    "partner_id": car.owner_id.id,
                    "number": f"P{'DZA' if kind == 'compulsory' else 'DAA'}{fields.Date.today().year}3301{index:06d}",
                    "date_from": fields.Date.add(end, years=-1, days=1),
                    "date_to": end,
                    "premium": premium + index * 35,
                }
        self._ensure_all(self.env["dealer.insurance.policy"], vals)
