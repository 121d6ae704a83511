from odoo import Command, api, models

from .dealer_demo_sales import PASS_THROUGH


class DealerDemo(models.AbstractModel):
    """Offers that wait for the customer's answer."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        steps = super()._get_steps()
        return [*steps[: steps.index("deals") + 1], "offers", *steps[steps.index("deals") + 1 :]]

    @api.model
    def _build_offers(self):
        """One offer in three ways to pay, with the figures everybody in the trade can check by head."""
        if self._find("offer_cn_0") is not None:
            return
        lead = self._find("lead_cn_0")
        product = self._find(self._trim_xmlid("Honda", "Accord", "EX", 2026)).product_variant_id
        offers = self._as("cn.advisor").env["dealer.desking.quote"]
        offer = offers.create(
            {
                "partner_id": lead.partner_id.id,
                "lead_id": lead.id,
                "product_id": product.id,
                "line_ids": [Command.create(line) for line in self._prepare_offer_lines()],
            }
        )
        self._remember("offer_cn_0", offer)
        self._price_scenarios(offer)

    @api.model
    def _prepare_offer_lines(self):
        amounts = {self.env.ref(xmlid): amount for xmlid, amount in PASS_THROUGH.items()}
        amounts.pop(self.env.ref("dealer_sales.product_purchase_tax"))  # each scenario has its own
        amounts[self.env.ref("dealer_sales.product_registration_service")] = 500
        return [{"product_id": product.id, "price_with_tax": amount} for product, amount in amounts.items()]

    @api.model
    def _price_scenarios(self, offer):
        _cash, short, long = offer.scenario_ids[:3]
        offer.scenario_ids.write({"car_price": 171900, "deposit_amount": 5000})
        short.write({"financed_amount": 120000, "trade_in_amount": 50000, "trade_in_text": "2019 大众朗逸"})
        long.write({"financed_amount": 130000, "trade_in_amount": 50000, "trade_in_text": "2019 大众朗逸"})
