from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.tests import tagged

from .common import DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestOrderPlanDemand(DealerSalesCommon):
    """The order plan expects what contracts sold in the weeks the company looks back (P12)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"dealer_plan_weeks": 4, "dealer_plan_months": 1, "dealer_plan_safety_days": 0})
        cls.buyer = cls._create_user("plan_buyer", "dealer_vehicle.group_buyer")
        cls.car.colour_exterior = "Red"

    def _fill(self):
        self.env["dealer.vehicle.order.plan"].with_user(self.buyer).action_fill()
        return self.env["dealer.vehicle.order.plan"].search([("company_id", "=", self.company.id)])

    def test_signed_contracts_count(self):
        self._create_contract()  # nobody signed it
        contract = self._create_signed(car=self.car)
        self._create_signed()
        old = self._create_signed()
        old.sudo().date_signed = fields.Datetime.now() - relativedelta(weeks=5)
        rows = self._fill()
        self.assertEqual(set(rows.mapped("colour_exterior")), {"Red", False})
        self.assertEqual(rows.site_id, contract.site_id)
        for row in rows:
            self.assertAlmostEqual(row.demand, 1.1, 1)  # one car in four weeks

    def test_demand_opens_what_was_counted(self):
        contract = self._create_signed(car=self.car)
        row = self._fill().filtered("colour_exterior")
        mine = row.with_user(self.buyer).action_open_demand()
        self.assertEqual((mine["res_model"], mine["domain"]), ("dealer.vehicle", [("id", "in", self.car.ids)]))
        keepers = row.with_user(self.stock_keeper).action_open_demand()
        self.assertEqual((keepers["res_model"], keepers["domain"]), ("dealer.contract", [("id", "in", contract.ids)]))
