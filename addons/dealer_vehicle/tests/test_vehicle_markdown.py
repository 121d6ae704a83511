from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .test_stock_ageing import StockAgeCommon


@tagged("post_install", "-at_install", "dealer")
class TestVehicleMarkdown(StockAgeCommon):
    def plan(self, cars, user=None, **values):
        """Plan mark-downs as the web client does: select, open the dialogue, press Plan."""
        user = user or self.user_pricing
        action = cars.with_user(user).action_plan_markdown()
        with Form(self.env[action["res_model"]].with_user(user).with_context(**action["context"])) as form:
            for name, value in values.items():
                setattr(form, name, value)
        result = form.record.action_plan()
        return self.env["dealer.vehicle.markdown"].search(result["domain"])

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("dealer_vehicle.ir_cron_apply_markdowns").method_direct_trigger()
        self.env.invalidate_all()

    def test_planned_as_the_policy_proposes(self):
        old, older = self.old_car(70), self.old_car(100)
        markdowns = self.plan(old | older, date_planned=self.today + timedelta(days=3))
        self.assertRecordValues(
            markdowns.sorted("price_to", reverse=True),
            [
                {"vehicle_id": old.id, "price_from": 180000.0, "price_to": 176400.0, "state": "planned"},
                {"vehicle_id": older.id, "price_from": 180000.0, "price_to": 172800.0, "state": "planned"},
            ],
        )
        self.assertEqual(markdowns.user_id, self.user_pricing)
        self.assertEqual(old.proposed_action, "planned")
        self.run_cron()
        self.assertEqual(old.asking_price, 180000.0)

    def test_price_changes_on_its_day(self):
        car, later = self.old_car(70), self.old_car(70)
        self.plan(car, percent=5.0)
        self.plan(later, date_planned=self.today + timedelta(days=2))
        self.run_cron()
        self.assertEqual((car.asking_price, later.asking_price), (171000.0, 180000.0))
        self.assertRecordValues(car.markdown_ids, [{"state": "applied", "price_from": 180000.0}])
        self.assertIn("Marked down", car.message_ids[:1].body or car.message_ids[1:2].body)
        self.run_cron()
        self.assertEqual(car.asking_price, 171000.0)

    def test_never_below_the_floor_without_the_manager(self):
        car = self.old_car(70, floor_price=175000.0)
        markdown = self.plan(car, percent=10.0).with_user(self.user_pricing)
        self.assertTrue(markdown.needs_manager)
        self.run_cron()
        self.assertEqual((car.asking_price, markdown.state), (180000.0, "planned"))
        with self.assertRefused("below its lowest price"):
            markdown.action_apply()
        with self.assertRefused("Only the general manager"):
            markdown.action_allow_below_floor()
        markdown.with_user(self.user_manager).action_allow_below_floor()
        markdown.price_to = 150000.0
        self.assertTrue(markdown.needs_manager, "the allowance was for another price")
        markdown.with_user(self.user_manager).action_allow_below_floor()
        self.run_cron()
        self.assertEqual(car.asking_price, 150000.0)

    def test_a_floor_raised_later_holds(self):
        car = self.old_car(70)
        markdown = self.plan(car, percent=10.0)
        car.floor_price = 170000.0
        self.assertTrue(markdown.needs_manager)
        self.run_cron()
        self.assertEqual(car.asking_price, 180000.0)

    def test_sold_or_cheaper_cars_are_dropped(self):
        sold, cheaper, stays = self.old_car(70), self.old_car(70), self.old_car(70)
        markdowns = self.plan(sold | cheaper | stays)
        self.move_out(sold)
        cheaper.asking_price = 100000.0
        self.run_cron()
        states = {markdown.vehicle_id: markdown.state for markdown in markdowns}
        self.assertEqual(states, {sold: "cancelled", cheaper: "cancelled", stays: "applied"})
        self.assertEqual(cheaper.asking_price, 100000.0)

    def test_one_plan_a_car(self):
        car = self.old_car(70)
        markdown = self.plan(car)
        with self.assertRefused("planned already"):
            self.plan(car, percent=9.0)
        markdown.with_user(self.user_pricing).action_cancel()
        self.assertTrue(self.plan(car, percent=9.0))

    def test_what_cannot_be_marked_down(self):
        priceless, car = self.old_car(70, asking_price=0.0), self.old_car(70)
        with self.assertRefused("type its new price"):
            self.plan(priceless)
        with self.assertRefused("no asking price"):
            self.env["dealer.vehicle.markdown"].create(
                {"vehicle_id": priceless.id, "price_to": 1000.0, "reason": "Age"}
            )
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.env["dealer.vehicle.markdown"].create({"vehicle_id": car.id, "price_to": 190000.0, "reason": "Age"})
        with self.assertRefused("not for sale"):
            self.env["dealer.vehicle.markdown"].create(
                {"vehicle_id": self.make_car(self.new_vin()).id, "price_to": 1.0, "reason": "Age"}
            )

    def test_facts_of_a_plan_are_not_typed(self):
        car = self.old_car(70)
        vals = {
            "vehicle_id": car.id,
            "price_to": 170000.0,
            "reason": "Age",
            "price_from": 1.0,
            "state": "applied",
            "floor_allowed_by_id": self.user_pricing.id,
        }
        markdown = self.env["dealer.vehicle.markdown"].with_user(self.user_pricing).create(vals)
        self.assertRecordValues(markdown, [{"price_from": 180000.0, "state": "planned", "floor_allowed_by_id": False}])
        forged = {"default_floor_allowed_by_id": self.user_pricing.id, "default_date_applied": "2026-01-01 00:00:00"}
        other = markdown.with_context(**forged).create({**vals, "vehicle_id": self.old_car(70).id})
        self.assertRecordValues(other, [{"floor_allowed_by_id": False, "date_applied": False}])
        for name in ("state", "price_from", "floor_allowed_by_id", "vehicle_id"):
            with self.assertRaises(UserError):
                markdown.write({name: vals[name]})
        markdown.action_apply()
        with self.assertRefused("closed already"):
            markdown.price_to = 160000.0
        with self.assertRaises(UserError):
            markdown.sudo().unlink()

    def test_rights(self):
        car = self.old_car(70)
        markdown = self.plan(car)
        for user in (self.user_keeper, self.user_buyer, self.user_auditor):
            self.assertEqual(markdown.with_user(user).state, "planned")
            with self.assertRaises(AccessError):
                markdown.with_user(user).action_apply()
            with self.assertRaises(AccessError):
                self.env["dealer.vehicle.markdown"].with_user(user).create(
                    {"vehicle_id": car.id, "price_to": 1.0, "reason": "no"}
                )
        with self.assertRaises(AccessError):
            markdown.with_user(self.user_staff).read(["price_to"])
        # The general manager plans and applies too.
        markdown.with_user(self.user_manager).action_apply()
        self.assertEqual(car.asking_price, 176400.0)

    def test_companies_are_apart(self):
        car = self.old_car(70, company=self.company_b)
        self.env["dealer.vehicle.markdown"].create({"vehicle_id": car.id, "price_to": 1000.0, "reason": "Age"})
        self.assertFalse(
            self.env["dealer.vehicle.markdown"].with_user(self.user_pricing).search([("vehicle_id", "=", car.id)])
        )
        with self.assertRaises(AccessError):
            self.env["dealer.vehicle.markdown"].with_user(self.user_pricing).create(
                {"vehicle_id": car.id, "price_to": 1000.0, "reason": "Age"}
            )

    def test_database_keeps_one_plan(self):
        self.env.cr.execute("SELECT 1 FROM pg_indexes WHERE indexname = 'dealer_vehicle_markdown_one_planned'")
        self.assertTrue(self.env.cr.fetchone())
