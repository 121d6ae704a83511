from odoo import Command, api, models

# Company, number of the customer, number of his car, damage with its estimate, value, allowance, pay-off, contract
TRADE_INS = [
    (
        "cn",
        1,
        1,
        [("front", "前保险杠划痕", 600), ("wheels", "两条轮胎需更换", 1200)],
        46000,
        50000,
        0,
        "contract_cn_1",
    ),
    ("cn", 4, 4, [("inside", "驾驶座磨损", 800)], 38000, 38000, 0, None),
    ("cn", 5, 5, [("left", "左后门凹陷", 900)], 0, 0, 0, None),
    ("en", 0, 0, [("rear", "Scratched bumper", 450)], 9200, 9500, 4100, None),
    ("en", 3, 3, [("engine", "Oil leak", 700)], 0, 0, 0, None),
]


class DealerDemo(models.AbstractModel):
    """Customers' cars in part payment: one to judge, one judged, one in a deal."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        steps = super()._get_steps()
        return [*steps[: steps.index("deals") + 1], "trade_ins", *steps[steps.index("deals") + 1 :]]

    @api.model
    def _build_trade_ins(self):
        for index, trade_in in enumerate(TRADE_INS):
            if self._find(f"trade_in_{index}") is None:
                self._build_trade_in(index, *trade_in)

    @api.model
    def _build_trade_in(self, index, key, customer, car, damage, value, allowance, payoff, contract):
        """Note a customer's car, judge it and take it into his contract, as far as it got."""
        partner, car = self._customer(key, customer), self._find(f"car_{key}_{car}")
        trade_in = self._as(f"{key}.advisor").env["dealer.trade.in"].create(self._prepare_trade_in(partner, car))
        self._remember(f"trade_in_{index}", trade_in)
        judged = trade_in.with_env(self._as(f"{key}.appraiser").env)
        judged.line_ids = [
            Command.create({"area": area, "name": name, "amount": amount}) for area, name, amount in damage
        ]
        if not value:
            return
        judged.write({"value": value, "allowance_limit": allowance, "allowance": allowance})
        if payoff:
            lender = self._ensure(
                f"lien_holder_{key}", "res.partner", {"name": "Harbor Auto Finance", "is_company": True}
            )
            judged.write({"lien_amount": payoff, "lien_partner_id": lender.id, "lien_date": self._today(10)})
        judged.action_appraise()
        if contract:
            trade_in._attach(self._find(contract).with_env(trade_in.env))

    @api.model
    def _prepare_trade_in(self, partner, car):
        return {
            "partner_id": partner.id,
            "vin": car.vin,
            "vin_confirmed": True,
            "brand_id": car.brand_id.id,
            "series_id": car.series_id.id,
            "trim_name": car.trim_name,
            "model_year": car.model_year,
            "plate": car.plate,
            "odometer_km": car.odometer_km + 2400,
            "key_count": 2,
        }
