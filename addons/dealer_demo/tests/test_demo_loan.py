from odoo.tests import tagged

from .common import DealerDemoCommon


@tagged("post_install", "-at_install", "dealer", "dealer_demo")
class TestDemoLoan(DealerDemoCommon):
    """What F&I looks at on Monday: lenders that owe, and a file that waits."""

    def test_contracts_in_transit_at_3_8_and_14_days(self):
        for key in ("cn", "en"):
            company = self.demo._company(key)
            # Counted where the shop is: there it may be tomorrow already
            lines = self.env["dealer.finance.submission"].with_context(tz=company.partner_id.tz)
            lines = lines.search(
                [("company_id", "=", company.id), ("state", "=", "accepted")], order="date_transit desc"
            )
            self.assertEqual(lines.mapped("transit_days"), [3, 8, 14], key)
            self.assertEqual(lines.mapped("is_transit_red"), [False, False, True], key)
            for line in lines:
                self.assertEqual(line.contract_id.vehicle_id.place, "with_customer")
                self.assertEqual(line.contract_id._get_customer_open(), 0.0)
                debts = line.loan_move_ids.line_ids.filtered(lambda item: item.balance > 0)
                self.assertEqual(sum(debts.mapped("amount_residual")), line.amount_open)
            self.assertTrue(lines[2].application_id.activity_ids.filtered("dealer_alert_key"), key)

    def test_a_file_waits_for_papers(self):
        for key in ("cn", "en"):
            file = self.demo._find(f"loan_file_waiting_{key}")
            self.assertEqual(file.state, "documents")
            self.assertTrue(file.missing_documents)
            self.assertEqual(file.document_count, 3)
