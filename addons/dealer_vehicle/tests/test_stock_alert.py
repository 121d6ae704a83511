from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..models import dealer_vehicle_alert
from .test_stock_ageing import StockAgeCommon


@tagged("post_install", "-at_install", "dealer")
class TestStockAlert(StockAgeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.north = cls.env["stock.warehouse"].create({"name": "North", "code": "NOR", "company_id": cls.company_a.id})

    def run_cron(self):
        """Let the nightly job run; another night has come for the rules."""
        self.env["stock.warehouse.orderpoint"].search([]).dealer_checked_on = False
        with self.enter_registry_test_mode():
            self.env.ref("dealer_vehicle.ir_cron_alert_stock").method_direct_trigger()
        self.env.invalidate_all()

    def alerts(self, record):
        """Return the open alerts on a record, without what others in the database have."""
        return self.env["mail.activity"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id), ("dealer_alert_key", "!=", False)]
        )

    def make_rule(self, site, minimum, maximum, product=None):
        return self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": (product or self.product).id,
                "warehouse_id": site.id,
                "location_id": site.lot_stock_id.id,
                "product_min_qty": minimum,
                "product_max_qty": maximum,
                "trigger": "manual",
            }
        )

    def test_old_cars_alert_once(self):
        old, young = self.old_car(70), self.old_car(20)
        self.run_cron()
        alert = self.alerts(old)
        self.assertEqual(alert.user_id, self.user_pricing)
        self.assertIn("Mark down to", alert.summary)
        self.assertIn("70 days", alert.note)
        self.assertFalse(self.alerts(young))
        self.run_cron()
        self.assertEqual(self.alerts(old), alert)

    def test_done_is_not_raised_again_until_the_next_age(self):
        car = self.old_car(70)
        self.run_cron()
        self.alerts(car).with_user(self.user_pricing).action_feedback(feedback="Customer comes on Monday")
        self.run_cron()
        self.assertFalse(self.alerts(car))
        self.let_age(car, 95)
        self.run_cron()
        self.assertEqual(len(self.alerts(car)), 1)

    def test_the_next_age_replaces_the_alert(self):
        car = self.old_car(70)
        self.run_cron()
        first = self.alerts(car)
        self.let_age(car, 95)
        self.run_cron()
        self.assertEqual(len(self.alerts(car)), 1)
        self.assertFalse(first.exists())

    def test_closed_when_the_cause_is_gone(self):
        held, sold = self.old_car(70), self.old_car(70)
        self.run_cron()
        hold = held._take_hold(self.customer)
        self.move_out(sold)
        self.run_cron()
        self.assertFalse(self.alerts(held) | self.alerts(sold))
        hold.sudo()._release()
        self.run_cron()
        self.assertTrue(self.alerts(held), "the car is free and old again")

    def test_the_person_of_the_site_comes_first(self):
        north_manager = self.make_user("north", "dealer_vehicle.group_vehicle_pricing")
        north_manager.dealer_site_ids = self.north
        self.user_pricing.dealer_site_ids = self.site_a
        north = self.let_age(self.stock_car(self.new_vin(), asking_price=1000.0, location=self.north.lot_stock_id), 70)
        main = self.old_car(70)
        self.run_cron()
        self.assertEqual(self.alerts(north).user_id, north_manager)
        self.assertEqual(self.alerts(main).user_id, self.user_pricing)

    def test_costs_are_told_to_who_may_see_them(self):
        car = self.old_car(70)
        self.run_cron()
        self.assertIn("Another day costs", self.alerts(car).note)
        self.user_pricing.group_ids -= self.env.ref("dealer_vehicle.group_vehicle_cost")
        other = self.old_car(70)
        self.run_cron()
        self.assertNotIn("cost", self.alerts(other).note)

    def test_companies_answer_for_themselves(self):
        car = self.old_car(70, company=self.company_b)
        manager = self.make_user("manager_b", "dealer_vehicle.group_general_manager", company=self.company_b)
        self.run_cron()
        self.assertEqual(self.alerts(car).user_id, manager)

    def test_resumed_where_it_stopped(self):
        cars = self.env["dealer.vehicle"].union(*[self.old_car(70) for _n in range(5)])
        with patch.object(dealer_vehicle_alert, "BATCH", 2):
            self.run_cron()
        self.assertEqual([len(self.alerts(car)) for car in cars], [1] * 5)

    def test_queries_do_not_grow_with_the_cars(self):
        def count(cars):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            cars._raise_age_alerts()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cars = self.env["dealer.vehicle"].union(*[self.old_car(70) for _n in range(12)])
        count(cars[:1])
        one, many = count(cars[1:2]), count(cars[2:])
        self.assertLessEqual(many, one + 4, f"1 car: {one} queries, 10 cars: {many}")

    def test_shortage_proposes_an_order(self):
        rule = self.make_rule(self.north, 2, 3, self.product_top)
        self.run_cron()
        alert = self.alerts(self.product_top)
        self.assertEqual((alert.user_id, alert.summary), (self.user_buyer, "North: order 3"))
        self.run_cron()
        self.assertEqual(self.alerts(self.product_top), alert)
        self.assertEqual(rule.dealer_checked_on, fields.Date.context_today(rule))

    def test_shortage_proposes_a_transfer_from_a_site_with_surplus(self):
        for _n in range(3):
            self.stock_car(self.new_vin(), product=self.product_top)
        self.make_rule(self.site_a, 0, 1, self.product_top)
        self.make_rule(self.north, 2, 4, self.product_top)
        self.run_cron()
        self.assertEqual(self.alerts(self.product_top).summary, f"North: transfer 2 from {self.site_a.name}")

    def test_shortage_closes_and_is_told_again_next_time(self):
        rule = self.make_rule(self.north, 1, 1, self.product_top)
        self.run_cron()
        self.alerts(self.product_top).with_user(self.user_buyer).action_feedback(feedback="Ordered by phone")
        self.run_cron()
        self.assertFalse(self.alerts(self.product_top))
        rule.product_min_qty = 0
        self.run_cron()
        rule.product_min_qty = 1
        self.run_cron()
        self.assertEqual(len(self.alerts(self.product_top)), 1)
        rule.product_min_qty = 0
        self.run_cron()
        self.assertFalse(self.alerts(self.product_top))

    def test_database_keeps_one_alert(self):
        self.env.cr.execute("SELECT 1 FROM pg_indexes WHERE indexname = 'mail_activity_dealer_alert_key_uniq'")
        self.assertTrue(self.env.cr.fetchone())
