import os

from odoo.tests import tagged

from .common_billing import DealerWorkshopBillingCommon
from .month import CHECKS, RandomMonth


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
        for what in ("reversed", "signed", "jobs with more work", "work found", "customer asked: refused"):
            self.assertGreater(month.counts.get(what, 0), 0, what)

    def test_the_checks_find_what_is_wrong(self):
        """Each check that is broken by hand says so: none is empty by construction."""
        month = RandomMonth(self.env(context={**self.env.context, "allowed_company_ids": self.company.ids}), seed=11)
        month.run(6)
        month._get_package(self.env["repair.order"].search([("id", ">=", month.first)], limit=1))
        self.assertEqual(month.find_violations(), {})
        breaks = {
            "I4 quants are what was moved": (
                "UPDATE stock_quant SET quantity = quantity + 1 WHERE product_id = %(part)s"
            ),
            "I7 priced work = bills + internal + entitlements + discounts": (
                "UPDATE dealer_job_line SET price = price + 1"
            ),
            "P36 what the house gives is logged, and somebody else approved it beyond the limit": (
                "UPDATE dealer_repair_discount SET amount_goodwill = 0"
            ),
            "P32 nobody pays more than he signed or accepted": (
                "UPDATE dealer_job SET agreed_amount = -1e9 WHERE agreed_amount > 0"
            ),
            "I5 entries balance": (
                "UPDATE account_move_line SET balance = balance + 1 WHERE id = (SELECT max(id) FROM account_move_line "
                "WHERE parent_state = 'posted' AND balance > 0)"
            ),
            "P38 the liability is what customers still have": (
                "UPDATE dealer_entitlement SET amount_total = amount_total + 1 WHERE id = (SELECT max(id) "
                "FROM dealer_entitlement WHERE sale_order_id IS NOT NULL)"
            ),
        }
        self.assertLessEqual(set(breaks), set(CHECKS))
        for name, statement in breaks.items():
            with self.subTest(name=name), self.env.cr.savepoint() as savepoint:
                self.env.cr.execute(statement, {"part": month.parts[0].id})
                self.assertGreater(self.env.cr.rowcount, 0)
                self.assertIn(name, month.find_violations())
                savepoint.rollback()
