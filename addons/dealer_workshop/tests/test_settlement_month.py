import os

from odoo.tests import tagged

from .common_billing import DealerWorkshopBillingCommon
from .month import RandomMonth


@tagged("post_install", "-at_install", "dealer")
class TestSettlementMonth(DealerWorkshopBillingCommon):
    """I4 and I7 after a random month with all payers, returns, discounts and reversals; 5,000 orders are a bench."""

    chart = "generic_coa"

    def test_a_random_month(self):
        month = RandomMonth(self.env(context={**self.env.context, "allowed_company_ids": self.company.ids}), seed=7)
        month.run(int(os.environ.get("DEALER_MONTH", 20)))
        found = month.find_violations()
        self.assertFalse(found, f"{found} {month.counts}")
        self.assertGreater(month.counts["handed over"], 3)
        self.assertGreater(month.counts["reversed"], 0)
