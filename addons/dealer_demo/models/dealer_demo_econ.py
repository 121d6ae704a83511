from odoo import Command, api, models

# (name in Chinese, name in English, price with tax, cost)
ACCESSORIES = {
    "mats": ("全包围脚垫", "All-weather mats", 980, 350),
    "film": ("全车贴膜", "Window film", 2600, 620),
    "camera": ("行车记录仪", "Dash camera", 880, 180),
}
# What is given with which deal: 1,150 at cost with the offer everybody can check by head
GIFTS = {("cn", 0): ("mats", "film", "camera"), ("cn", 3): ("mats", "film"), ("en", 1): ("mats",)}
# Programmes: (company, who, kind, recipient, pays a part of the price, brand, series, amount, percent, names)
PROGRAMS = {
    "bonus": ("cn", "maker_cn", "maker", "customer", True, "Honda", "Accord", 3000, 0, "厂家置换补贴"),
    "bonus_hrv": ("cn", "maker_cn", "maker", "customer", True, "Honda", "HR-V", 2000, 0, "厂家置换补贴（缤智）"),
    "support": ("cn", "maker_cn", "maker", "dealer", False, "Honda", "CR-V", 0, 2, "厂家零售支持"),
    "cash": ("en", "maker_en", "maker", "customer", True, "Kia", "Telluride", 500, 0, "Customer cash"),
}
PROPOSED = {("cn", 4), ("cn", 5), ("cn", 9), ("en", 1)}
REASONS = ("rival", "target", "loyal", "aged")
NOTES = {"cn": "客户已有其他店报价", "ev": "客户已有其他店报价", "en": "Written offer of another store seen"}


class DealerDemo(models.AbstractModel):
    """Gifts, reasons of price cuts and incentives of the demonstration's deals."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        steps = super()._get_steps()
        return [*steps[: steps.index("deals")], "economics", *steps[steps.index("deals") :]]

    @api.model
    def _build_economics(self):
        for code, (chinese, english, price, cost) in ACCESSORIES.items():
            product = self._ensure(
                f"accessory_{code}",
                "product.product",
                {
                    "name": english,
                    "type": "consu",
                    "is_accessory": True,
                    "invoice_policy": "order",
                    "list_price": price,
                },
            )
            product.with_context(lang="zh_CN").name = chinese
            for key in NOTES:
                product.with_company(self._company(key)).standard_price = cost / (7 if key == "en" else 1)
        for code, program in PROGRAMS.items():
            self._build_program(code, *program)

    @api.model
    def _build_program(self, code, key, who, kind, recipient, is_part, brand, series, amount, percent, name):
        self._ensure(
            f"incentive_program_{code}",
            "dealer.incentive.program",
            {
                "name": name,
                "company_id": self._company(key).id,
                "funder_id": self._find(who).id,
                "funder_kind": kind,
                "recipient": recipient,
                "is_down_payment": is_part,
                "brand_id": self._find(self._brand_xmlid(brand)).id,
                "series_id": self._find(self._series_xmlid(brand, series)).id,
                "date_from": self._today(-60),
                "amount": amount,
                "percent": percent,
                "needs_proof": recipient == "customer",
                "note": "To be confirmed",
            },
        )

    @api.model
    def _price(self, contract, key, index, price):
        res = super()._price(contract, key, index, price)
        gifts = [self._find(f"accessory_{code}") for code in GIFTS.get((key, index), ())]
        contract.order_line_ids = [
            Command.create({"product_id": gift.id, "product_uom_qty": 1, "price_unit": 0}) for gift in gifts
        ]
        if (key, index) in PROPOSED:
            contract.action_propose_incentives()
        return res

    @api.model
    def _get_cut_reason(self, key, contract):
        """Return reason and word for a deal below the price the house asks, nothing for another."""
        if not contract._needs_cut_reason():
            return ()
        reason = self.env.ref(f"dealer_sales.dealer_discount_reason_{REASONS[contract.id % len(REASONS)]}")
        return reason.id, NOTES[key]
