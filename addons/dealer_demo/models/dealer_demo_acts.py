from datetime import timedelta

from odoo import Command, api, fields, models

# By company: (customer, trim, price with tax, why the customer withdraws)
WITHDRAWN = {
    "cn": (11, ("Honda", "HR-V", "Sport", 2026), 138900, "客户另购其他品牌，放弃购车"),
    "en": (3, ("Kia", "Sportage", "LX", 2026), 31500, "Bought a Toyota RAV4 instead"),
}
# (customer, trim, price with tax, parts: (name, days from today, amount))
PLANS = {
    "cn": (
        12,
        ("Honda", "CR-V", "EX", 2026),
        185900,
        [("定金第一期", -3, 3000), ("定金第二期", 10, 2000), ("首付款", 30, 50000)],
    ),
    "en": (
        2,
        ("Kia", "Telluride", "S", 2026),
        44500,
        [("First part of the deposit", -2, 600), ("Second part", 12, 400), ("Down payment", 30, 9000)],
    ),
}
# The deal whose car shall come back, and why
RETURNED = {"cn": (10, "车辆颜色与订单不符"), "en": (4, "The colour is not what was ordered")}


class DealerDemo(models.AbstractModel):
    """Deals that change or fall through: earnest money to decide on, a plan of instalments, a return asked for."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        return [*super()._get_steps(), "acts"]

    @api.model
    def _build_acts(self):
        for key in WITHDRAWN:
            if self._find(f"contract_withdrawn_{key}") is None:
                shop = self._in(key)
                shop._build_withdrawn(key, *WITHDRAWN[key])
                shop._build_plan(key, *PLANS[key])
                shop._build_return(key, *RETURNED[key])

    @api.model
    def _build_withdrawn(self, key, customer, trim, price, reason):
        contract = self._make_act_contract(f"contract_withdrawn_{key}", key, customer, trim, price)
        for step in ("review", "approved", "signed", "deposit"):
            getattr(self, f"_deal_{step}")(key, contract)
        contract.with_user(self._user(f"{key}.manager")).action_cancel(reason, "customer")

    @api.model
    def _build_plan(self, key, customer, trim, price, parts):
        contract = self._make_act_contract(f"contract_plan_{key}", key, customer, trim, price)
        today = fields.Date.context_today(self)
        contract.instalment_ids = [
            Command.create({"name": name, "date_due": today + timedelta(days=days), "amount": amount})
            for name, days, amount in parts
        ]
        for step in ("review", "approved", "signed"):
            getattr(self, f"_deal_{step}")(key, contract)

    @api.model
    def _build_return(self, key, index, reason):
        contract = self._find(f"contract_{key}_{index}")
        if not contract or contract.state != "signed" or not contract._get_standing_invoices():
            return
        advisor = contract.user_id
        contract = contract.with_user(advisor).with_context(allowed_company_ids=contract.company_id.ids)
        act = contract.env["dealer.contract.act"].browse(contract.action_return()["res_id"])
        act.write({"reason": reason, "odometer_km": act.delivery_id.odometer_km + 86, "plates": "none", "tax": "none"})

    @api.model
    def _make_act_contract(self, name, key, customer, trim, price):
        values = {
            "partner_id": self._customer("en" if key == "en" else "cn", customer).id,
            "product_id": self._find(self._trim_xmlid(*trim)).product_variant_id.id,
            "deposit_amount": 5000 if key == "cn" else 1000,
            "site_id": self._find(f"site_{key}_main").id,
        }
        contract = self._as(f"{key}.advisor").env["dealer.contract"].create(values)
        self._remember(name, contract)
        contract.order_line_ids.filtered("product_id.is_vehicle").price_with_tax = price
        return contract
