from odoo import Command, api, models

from .dealer_demo_sales import PASS_THROUGH

SECOND_INSURERS = {"cn": "东海财产保险 浙江分公司", "en": "Pilgrim Casualty"}
# Percent of the premium by kind and origin; the insurers' real agreements replace them
RATES = {
    "cn": [("compulsory", False, 4.0), ("package", False, 18.0), ("package", "new", 22.0)],
    "en": [("package", False, 10.0), ("package", "new", 12.0)],
}
RATE_NOTE = {"cn": "示例，以与保险公司的协议为准", "en": "Example, to be confirmed with the insurer"}
# name, kind, price with tax, lowest price, cost, months, km
PRODUCTS = {
    "cn": [
        (
            "延保 24 个月 / 5 万公里",
            "warranty",
            4680,
            4280,
            2350,
            24,
            50000,
            "原厂质保到期后，发动机、变速箱、电器等故障的修理",
        ),
        ("保养套餐 6 次", "maintenance", 3980, 3680, 2620, 36, 60000, "六次基础保养，机油、机滤与工时"),
        ("GAP 差额保障", "gap", 1680, 1480, 720, 36, 0, "全损时赔付新车发票价与保险赔款之间的差额"),
    ],
    "en": [
        ("Extended warranty, 36 months", "warranty", 2490, 2290, 1150, 36, 45000, "Repairs after the maker's warranty"),
        ("Prepaid maintenance, 24 months", "maintenance", 1290, 1190, 840, 24, 24000, "Four services, oil and labour"),
        ("GAP cover", "gap", 695, 595, 280, 48, 0, "The difference to the price paid after a total loss"),
    ],
}
PROVIDERS = {"cn": "安行汽车服务", "en": "Harbor Protection Inc."}
PACKAGES = {"cn": {"安心包": (0, 1), "全能包": (0, 1, 2)}, "en": {"Peace of mind": (0, 1), "All around": (0, 1, 2)}}
# Deals whose customer signed a menu: (company, index of the deal): products he took
TAKEN = {("cn", 10): (0, 1), ("en", 4): (0,), ("cn", 1): (1,)}
# Deals with a quote: how far it got
QUOTED = {"cn": {0: "chosen", 1: "open", 9: "issued", 10: "issued"}, "en": {}}


class DealerDemo(models.AbstractModel):
    """Insurers' quotes, policies, renewals and the products sold around a car."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        steps = super()._get_steps()
        steps.insert(steps.index("deals"), "protection")
        return [*steps, "insurance"]

    # ------------------------------------------------------------------ products

    @api.model
    def _build_protection(self):
        for key in PRODUCTS:
            if self._find(f"protection_{key}_0") is None:
                self._in(key)._build_products(key)

    @api.model
    def _build_products(self, key):
        provider = self._ensure(
            f"protection_provider_{key}", "res.partner", {"name": PROVIDERS[key], "is_company": True}
        )
        tax = self.env.company.account_sale_tax_id
        protections = []
        for index, (name, kind, price, floor, cost, months, km, words) in enumerate(PRODUCTS[key]):
            sold = self.env["product.product"].create(
                {
                    "name": name,
                    "type": "service",
                    "invoice_policy": "order",
                    "company_id": self.env.company.id,
                    "taxes_id": [Command.set(tax.ids)],
                }
            )
            vals = {
                "name": name,
                "kind": kind,
                "sequence": 10 + index,
                "company_id": self.env.company.id,
                "product_id": sold.id,
                "provider_id": provider.id,
                "retail_price": price,
                "floor_price": floor,
                "term_months": months,
                "term_km": km,
                "description": words,
                "cost_ids": [Command.create({"date_from": self._today(-400), "amount": cost})],
            }
            protections.append(self._ensure(f"protection_{key}_{index}", "dealer.protection.product", vals))
        for name, members in PACKAGES[key].items():
            ids = [protections[index].id for index in members]
            self._ensure(
                f"protection_package_{key}_{len(members)}",
                "dealer.protection.package",
                {"name": name, "company_id": self.env.company.id, "protection_ids": [Command.set(ids)]},
            )

    @api.model
    def _price(self, contract, key, index, price):
        """The customer signs the menu of products before the contract is submitted."""
        super()._price(contract, key, index, price)
        if (key, index) not in TAKEN:
            return
        menus = contract.env["dealer.protection.menu"]
        menu = menus.browse(contract.action_open_protection_menu()["res_id"])
        wanted = [self._find(f"protection_{key}_{number}") for number in TAKEN[key, index]]
        for line in menu.line_ids:
            line.answer = "accepted" if line.protection_id in wanted else "declined"
        menu._sign_menu(contract.partner_id.name, self._draw_signature(contract.id + 2))

    # ------------------------------------------------------------------ insurance

    @api.model
    def _build_insurance(self):
        for key in RATES:
            if self._find(f"insurer2_{key}") is None:
                self._in(key)._build_insurance_of(key)
        renewals = self.env["dealer.insurance.renewal"].sudo()
        for key in RATES:
            company = self._company(key)
            local = renewals.with_company(company)
            local._list_renewals(company, local._find_ending(company))

    @api.model
    def _build_insurance_of(self, key):
        insurers = self._find(f"insurer_{key}") | self._ensure(
            f"insurer2_{key}", "res.partner", {"name": SECOND_INSURERS[key], "is_company": True}
        )
        self.env.company.dealer_renewal_user_id = self._user(f"{key}.fni")
        self.env["dealer.insurance.commission.rate"].create(
            [
                {
                    "insurer_id": insurer.id,
                    "company_id": self.env.company.id,
                    "kind_id": self.env.ref(f"dealer_vehicle.dealer_insurance_kind_{kind}").id,
                    "origin": origin,
                    "percent": percent,
                    "date_from": self._today(-800),
                    "note": RATE_NOTE[key],
                }
                for insurer in insurers
                for kind, origin, percent in RATES[key]
            ]
        )
        self._sell_running_policies(key)
        for index, goal in QUOTED[key].items():
            self._quote(key, index, goal, insurers)

    @api.model
    def _sell_running_policies(self, key):
        """Half of the customers' running policies are ours; these customers gave us an address."""
        for index in range(0, 8, 2):
            policies = self._find(f"policy_{key}_{index}_package")
            compulsory = self._find(f"policy_{key}_{index}_compulsory")
            policies |= compulsory if compulsory is not None else policies
            policies.write({"is_ours": True, "user_id": self._user(f"{key}.fni").id})
            policies.partner_id.email = f"customer.{key}.{index}@example.com"

    @api.model
    def _quote(self, key, index, goal, insurers):
        contract = self._find(f"contract_{key}_{index}")
        amounts = [self._get_passed(contract, xmlid) for xmlid in list(PASS_THROUGH)[1:]]
        fni = self._as(f"{key}.fni")
        quote = fni.env["dealer.insurance.quote"].create(
            {
                "contract_id": contract.id,
                "offer_ids": [
                    Command.create(self._prepare_offer(insurer, amounts, number))
                    for number, insurer in enumerate(insurers)
                ],
            }
        )
        if goal != "open":
            quote.offer_ids.filtered(lambda offer: offer.insurer_id == insurers[0]).action_choose()
        if goal == "issued":
            self._issue(quote, index)

    @api.model
    def _prepare_offer(self, insurer, amounts, number):
        compulsory, voluntary, tax = amounts
        kinds = {"compulsory": (compulsory, 200000), "package": (voluntary + 180 * number, 3000000)}
        return {
            "insurer_id": insurer.id,
            "vehicle_tax": tax,
            "line_ids": [
                Command.create(
                    {
                        "kind_id": self.env.ref(f"dealer_vehicle.dealer_insurance_kind_{kind}").id,
                        "premium": premium,
                        "sum_insured": insured,
                    }
                )
                for kind, (premium, insured) in kinds.items()
            ],
        }

    @api.model
    def _get_passed(self, contract, xmlid):
        product = self.env.ref(xmlid)
        return sum(contract.order_line_ids.filtered(lambda line: line.product_id == product).mapped("price_total"))

    @api.model
    def _issue(self, quote, index):
        window = quote.env["dealer.insurance.issue"].create({"quote_id": quote.id})
        for number, line in enumerate(window.line_ids):
            line.number = f"P{'DZA' if number == 0 else 'DAA'}{self._today().year}3301{900 + index:06d}"
        window.action_issue()
