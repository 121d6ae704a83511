from odoo.tests import tagged

from .common import DealerDemoCommon


@tagged("post_install", "-at_install", "dealer", "dealer_demo")
class TestDemoResults(DealerDemoCommon):
    """The month a manager looks at: targets, history, pay and forecast that hang together."""

    def test_231_of_240_on_day_83(self):
        period = self.demo._find("period_maker_cn")
        target = period.target_ids
        self.assertEqual((period.company_id._get_day() - period.date_start).days + 1, 83)
        self.assertEqual((target.actual, target.target), (231.0, 240.0))

    def test_every_company_has_results_pay_and_forecast(self):
        for key in ("cn", "en"):
            company = [("company_id", "=", self.demo._company(key).id)]
            results = self.env["dealer.sales.result"].search(company)
            self.assertTrue(results, key)
            self.assertFalse(results.filtered("is_gross_due"), key)
            delivered = self.env["dealer.delivery"].search([*company, ("state", "=", "done")])
            self.assertLessEqual(results.vehicle_id, delivered.vehicle_id)
            statements = self.env["dealer.commission.statement"].search(company)
            self.assertGreater(sum(statements.mapped("amount_total")), 0, key)
            forecasts = self.env["dealer.sales.forecast"].search(company)
            self.assertTrue(forecasts.filtered("has_error"), key)
            self.assertTrue(all(0 <= row.next_month < 60 for row in forecasts), key)
