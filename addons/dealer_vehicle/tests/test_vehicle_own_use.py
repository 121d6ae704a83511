import doctest
from datetime import timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from psycopg2 import errors

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import SQL, mute_logger

from ..tools import write_down
from .common import VINS, OpenGuards, make_vin
from .common_booking import DealerBookingCommon, make_png
from .common_stock import DealerStockCommon


@tagged("post_install", "-at_install", "dealer")
class TestOwnUse(DealerBookingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.car = cls.stock_car(VINS[0])
        cls.series.warranty_months = 36
        cls.rule = cls.env["dealer.vehicle.own.use.policy"].create(
            {"brand_id": cls.brand.id, "date_from": "2020-01-01", "min_days": 120, "min_km": 3000}
        )
        cls.user_pricing = cls.make_user("pricing", "dealer_vehicle.group_vehicle_pricing")

    def test_doctests(self):
        result = doctest.testmod(write_down)
        self.assertTrue(result.attempted)
        self.assertFalse(result.failed)

    def test_dialogue_makes_a_demonstrator(self):
        form = Form(
            self.env["dealer.vehicle.put.into.service"]
            .with_user(self.user_keeper)
            .with_context(default_vehicle_id=self.car.id)
        )
        self.assertEqual((form.min_days, form.min_km), (120, 3000))
        form.plate = "川A12345"
        form.invoice_number = "0099"
        form.save().action_put_into_service()
        use = self.car.own_use_id
        self.assertRecordValues(
            use, [{"kind": "demo", "invoice_number": "0099", "min_days": 120, "policy_id": self.rule.id}]
        )
        self.assertEqual(use.date_sellable, fields.Date.today() + timedelta(days=120))
        self.assertEqual((self.car.condition, self.car.plate), ("demo", "川A12345"))
        self.assertEqual(self.car.plate_ids.partner_id, self.company_a.partner_id)
        self.assertEqual(self.car.warranty_ids.mapped("kind"), ["maker"])
        self.assertNotIn(self.car, self.env["dealer.vehicle"].search([("condition", "=", "new")]))

    def test_rule_of_company_brand_and_kind_goes_first(self):
        Policy = self.env["dealer.vehicle.own.use.policy"]
        today = fields.Date.today()
        self.assertEqual(Policy._get_rule(self.company_a, self.brand, "demo", today), self.rule)
        own = self.rule.copy({"company_id": self.company_a.id})
        self.assertEqual(Policy._get_rule(self.company_a, self.brand, "demo", today), own)
        self.assertEqual(Policy._get_rule(self.company_b, self.brand, "demo", today), self.rule)
        later = self.rule.copy({"company_id": self.company_a.id, "date_from": today + timedelta(days=1)})
        self.assertEqual(Policy._get_rule(self.company_a, self.brand, "demo", today + timedelta(days=1)), later)
        self.assertFalse(Policy._get_rule(self.company_a, self.brand, "demo", fields.Date.to_date("1999-01-01")))

    def test_twice(self):
        self.put_into_service(self.car)
        with self.assertRaisesRegex(UserError, "is a demonstrator or courtesy car since"):
            self.put_into_service(self.car, "courtesy")

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_two_uses(self):
        use = self.put_into_service(self.car)
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'dealer_vehicle_own_use_one_at_a_time'")
        self.assertIn("UNIQUE", self.env.cr.fetchone()[0])
        with self.assertRaises(errors.UniqueViolation), self.env.cr.savepoint():
            self.env.cr.execute(
                "INSERT INTO dealer_vehicle_own_use (vehicle_id, kind, date_from) VALUES (%s, 'demo', now())",
                (use.vehicle_id.id,),
            )

    def test_only_free_cars(self):
        self.car._take_hold(self.customer)
        with self.assertRaisesRegex(UserError, "cannot be put into service"):
            self.put_into_service(self.car)

    def test_condition_of_a_car_in_use_is_not_typed(self):
        self.put_into_service(self.car)
        with self.assertRaisesRegex(UserError, "Take it out of service"):
            self.car.with_user(self.user_keeper).condition = "new"
        with self.assertRaises(UserError):
            self.car.with_user(self.user_keeper).own_use_id = False

    def test_out_of_service(self):
        self.put_into_service(self.car)
        booking = self.book(self.car, 1)
        dialogue = Form(
            self.env["dealer.vehicle.take.out.of.service"]
            .with_user(self.user_keeper)
            .with_context(default_vehicle_id=self.car.id)
        )
        self.assertEqual(dialogue.tax_regime, "margin")
        wizard = dialogue.save()
        with self.assertRaisesRegex(UserError, "is booked by"):
            wizard.action_take_out_of_service()
        self.hand_out(booking)
        with self.assertRaisesRegex(UserError, "is out with Li Wei"):
            wizard.action_take_out_of_service()
        booking._take_back(120, 50)
        wizard.action_take_out_of_service()
        self.assertRecordValues(self.car, [{"condition": "used", "tax_regime": "margin", "own_use_id": False}])
        self.assertEqual(self.car.own_use_ids.date_to, fields.Date.today())

    def test_regime_is_the_rules_or_has_a_reason(self):
        self.put_into_service(self.car)
        before = self.car.tax_regime
        with self.assertRaisesRegex(UserError, "Say why it shall be “Not taxed”"):
            self.car.with_user(self.user_keeper)._take_out_of_service(fields.Date.today(), "none")
        self.assertEqual(self.car.tax_regime, before)
        dialogue = Form(
            self.env["dealer.vehicle.take.out.of.service"]
            .with_user(self.user_keeper)
            .with_context(default_vehicle_id=self.car.id)
        )
        dialogue.tax_regime = "none"
        dialogue.regime_reason = "Free trade zone"
        dialogue.save().action_take_out_of_service()
        self.assertEqual(self.car.tax_regime, "none")
        self.assertIn("to Not taxed: Free trade zone", self.car.message_ids[:1].body)
        self.assertEqual(self.car.message_ids[:1].author_id, self.user_keeper.partner_id)

    def test_regime_of_the_rule_is_noted(self):
        self.put_into_service(self.car)
        self.car.with_user(self.user_keeper)._take_out_of_service(fields.Date.today(), "margin")
        self.assertIn("to Margin or simplified: by the rule", self.car.message_ids[:1].body)

    def test_first_and_last_day_in_service(self):
        today = fields.Date.today()
        with freeze_time(fields.Datetime.now() + timedelta(days=10)):
            for wrong in (today - timedelta(days=1), today + timedelta(days=12)):
                with self.assertRaisesRegex(UserError, "Choose a first day in service"):
                    self.put_into_service(self.car, date=wrong)
            self.put_into_service(self.car, date=today + timedelta(days=2))
            for wrong in (today + timedelta(days=1), today + timedelta(days=12)):
                with self.assertRaisesRegex(UserError, "Choose a first day out of service"):
                    self.car.with_user(self.user_keeper)._take_out_of_service(wrong)
            self.car.with_user(self.user_keeper)._take_out_of_service(today + timedelta(days=5))
            with self.assertRaisesRegex(UserError, "Choose a first day in service"):
                self.put_into_service(self.car, date=today + timedelta(days=4))
            self.put_into_service(self.car, date=today + timedelta(days=5))

    def test_rights(self):
        for user in (self.user_staff, self.user_auditor, self.user_buyer, self.user_booker, self.user_pricing):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self.car.with_user(user)._put_into_service("demo", fields.Date.today())
                with self.assertRaises(AccessError):
                    self.car.with_user(user)._take_out_of_service(fields.Date.today())
        with self.assertRaises(AccessError):
            self.car.with_user(self.user_b)._put_into_service("demo", fields.Date.today())
        use = self.put_into_service(self.car)
        for user in (self.user_keeper, self.user_booker, self.user_admin):
            with self.assertRaises(AccessError):
                use.with_user(user).write({"min_days": 0})
        with self.assertRaises(AccessError):
            use.with_user(self.user_keeper).action_lift_minimum("because")
        with self.assertRaises(AccessError):
            self.rule.with_user(self.user_keeper).min_days = 1
        self.rule.with_user(self.user_pricing).min_days = 60
        self.assertEqual(use.min_days, 120)
        with self.assertRaises(AccessError):
            use.with_user(self.user_booker).read(["cost_from"])
        with self.assertRaises(AccessError):
            use.with_user(self.user_b).read(["kind"])

    # ------------------------------------------------------------------ fleet

    def test_fleet_only_where_wanted(self):
        self.put_into_service(self.car)
        self.assertFalse(self.car._get_fleet_vehicles())

    def test_fleet_in_step(self):
        self.company_a.dealer_fleet_sync = True
        use = self.car.with_user(self.user_keeper)._put_into_service("courtesy", fields.Date.today(), plate="川A00001")
        fleet = self.car._get_fleet_vehicles()
        self.assertRecordValues(
            fleet,
            [
                {
                    "model_id": self.series.id,
                    "license_plate": "川A00001",
                    "vin_sn": VINS[0],
                    "company_id": self.company_a.id,
                    "driver_id": False,
                }
            ],
        )
        self.assertEqual(use.kind, "courtesy")
        booking = self.book(self.car, kind=self.courtesy)
        self.hand_out(booking, km=2000)
        self.assertEqual((fleet.driver_id, fleet.odometer), (self.customer, 2000))
        booking._take_back(2100, 40)
        self.assertFalse(fleet.driver_id)
        self.assertEqual(fleet.odometer, 2100)
        self.car.plate_ids.plate = "川A00002"
        self.assertEqual(fleet.license_plate, "川A00002")
        self.car.with_user(self.user_keeper)._take_out_of_service(fields.Date.today())
        self.assertFalse(fleet.active)
        self.put_into_service(self.car)
        self.assertTrue(fleet.active)
        self.assertEqual(self.car._get_fleet_vehicles(), fleet)
        fleet_user = self.make_user("fleet", "fleet.fleet_group_user,dealer_vehicle.group_vehicle_user")
        self.assertEqual(self.car.with_user(fleet_user).action_open_fleet()["res_id"], fleet.id)
        self.assertTrue(self.car.with_user(fleet_user).is_in_fleet)

    @mute_logger("odoo.sql_db")
    def test_fleet_link_is_unique(self):
        self.company_a.dealer_fleet_sync = True
        self.put_into_service(self.car)
        fleet = self.car._get_fleet_vehicles()
        with self.assertRaises(errors.UniqueViolation), self.env.cr.savepoint():
            fleet.copy({"dealer_vehicle_id": self.car.id}).flush_recordset()

    def test_fleet_switched_on_later_and_in_batch(self):
        cars = self.car
        for number in range(5):
            cars |= self.stock_car(make_vin(number))
        for car in cars:
            self.put_into_service(car)
        self.company_a.dealer_fleet_sync = True
        self.assertEqual(len(cars._get_fleet_vehicles()), 6)

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records._sync_fleet()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        one = count(cars[:1])
        with patch.object(type(self.env["fleet.vehicle"]), "write") as write:
            many = count(cars)
            write.assert_not_called()
        # Core reads the mileage of each vehicle on its own.
        self.assertLessEqual(many, one + 5 + 2)


@tagged("post_install", "-at_install", "dealer")
class TestOwnUseSaleAndCost(OpenGuards, DealerStockCommon):
    """Minimum time before the sale, and the write-down of the car's own cost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.png = make_png()
        cls.policy = cls.env["dealer.vehicle.own.use.policy"].create(
            {
                "brand_id": cls.brand.id,
                "date_from": "2020-01-01",
                "min_days": 90,
                "min_km": 0,
                "write_down_percent": 2,
                "lowest_percent": 90,
            }
        )
        cls.user_pricing = cls.make_user("pricing", "dealer_vehicle.group_vehicle_pricing")
        cls.expense = cls.env["account.account"].create(
            {"name": "Write-downs", "code": "669900", "account_type": "expense", "company_ids": cls.company_a.ids}
        )
        cls.company_a.dealer_write_down_account_id = cls.expense
        cls.car = cls.buy_car(100000.0, bill=100000.0)
        cls.other = cls.buy_car(50000.0, bill=50000.0)
        cls.today = fields.Date.today()

    def _start(self, months=0):
        date = self.today - relativedelta(months=months)
        # Time does it: nobody may type when a car came.
        self.env.flush_all()
        self.env.cr.execute(
            SQL("UPDATE dealer_vehicle SET age_date = %s, arrival_date = %s WHERE id = %s", date, date, self.car.id)
        )
        self.env.invalidate_all()
        return self.car.with_user(self.user_keeper)._put_into_service("demo", date).with_env(self.env)

    def test_not_before_its_minimum(self):
        self._start()
        with self.assertRefused("Northstar: at least 90 days and 0 km in service.*90 days missing"):
            self.sell(self.car)
        self.sell(self.other)

    def test_lifted_with_a_reason(self):
        use = self._start()
        with self.assertRefused("Say why"):
            use.with_user(self.user_pricing).action_lift_minimum(" ")
        dialogue = Form(
            self.env["dealer.vehicle.own.use.lift"]
            .with_user(self.user_pricing)
            .with_context(default_vehicle_id=self.car.id)
        )
        dialogue.reason = "Maker agreed"
        dialogue.save().action_lift()
        self.assertEqual((use.lifted_by_id, use.lift_reason), (self.user_pricing, "Maker agreed"))
        self.assertIn("Maker agreed", self.car.message_ids[:1].body)
        self.assertFalse(self.car.own_use_warning)
        order = self.sell(self.car)
        with self.assertRefused("is still our demonstrator"):
            self.deliver(order)
        self.car.with_user(self.user_keeper)._take_out_of_service(self.today)
        self.deliver(order)
        self.assertEqual(self.car.place, "with_customer")

    def test_minimum_still_counts_out_of_service(self):
        self._start()
        self.car.with_user(self.user_keeper)._take_out_of_service(self.today)
        with self.assertRefused("90 days missing"):
            self.sell(self.car)
        with freeze_time(fields.Datetime.now() + timedelta(days=91)):
            self.sell(self.car)

    def test_kilometres(self):
        self.policy.min_km = 3000
        self._start(months=4)
        with self.assertRefused("3,?000 km missing"):
            self.sell(self.car)
        self.car.odometer_ids = [(0, 0, {"km": 3000})]
        self.sell(self.car)

    def test_write_down(self):
        use = self._start(months=3)
        last = use._get_last_month_end()
        plan = Form(
            self.env["dealer.vehicle.write.down.plan"]
            .with_user(self._accountant())
            .with_context(default_own_use_ids=use.ids)
        )
        self.assertEqual(plan.date_to, last)
        self.assertEqual(plan.total, 4000.0)
        plan.save().action_post()
        self.assertEqual(self.car._exact_cost()[self.car.id], 96000.0)
        self.assertEqual(self.other._exact_cost()[self.other.id], 50000.0)
        self.assertAlmostEqual(self.balance(self.account_stock), 146000.0)
        self.assertAlmostEqual(self.balance(self.expense), 4000.0)
        self.assertAlmostEqual(self.product.with_company(self.company_a).total_value, 146000.0)
        self.assertEqual(len(use.write_down_ids), 2)
        self.assertEqual(use.write_down_ids.landed_cost_id.date, last)
        self.assertEqual(use.write_down_ids.landed_cost_id.account_move_id.date, last)

    def _accountant(self):
        return self.make_user("accountant", "account.group_account_invoice,dealer_vehicle.group_vehicle_user")

    def test_write_down_once_a_month_and_never_below_the_lowest_value(self):
        use = self._start(months=3)
        accountant = self._accountant()
        last = use._get_last_month_end()
        use.with_user(accountant)._post_write_downs(last)
        self.assertFalse(use.with_user(accountant)._post_write_downs(last))
        self.assertAlmostEqual(self.balance(self.expense), 4000.0)
        later = last + relativedelta(months=24, day=31)
        with self.assertRefused("up to today"):
            use.with_user(accountant)._post_write_downs(later)
        with freeze_time(later):
            use.with_user(accountant)._post_write_downs(later)
        self.assertAlmostEqual(self.balance(self.expense), 10000.0)
        self.assertEqual(self.car._exact_cost()[self.car.id], 90000.0)

    def test_write_down_rate_of_the_month(self):
        use = self._start(months=3)
        last = use._get_last_month_end()
        self.policy.copy({"date_from": last.replace(day=1), "write_down_percent": 1})
        amounts = [amount for _month, amount in use._get_write_downs_due(last)[use.id]]
        self.assertEqual(amounts, [2000.0, 1000.0])

    def test_write_down_then_sold(self):
        use = self._start(months=4)
        use.with_user(self._accountant())._post_write_downs(use._get_last_month_end())
        self.car.with_user(self.user_keeper)._take_out_of_service(self.today)
        order = self.sell(self.car)
        self.deliver(order)
        self.invoice(order)
        self.assertAlmostEqual(self.balance(self.account_stock), 50000.0)
        self.assertAlmostEqual(self.balance(self.account_cogs), 94000.0)
        self.assertAlmostEqual(self.balance(self.expense), 6000.0)

    def test_write_down_rights(self):
        use = self._start(months=3)
        last = use._get_last_month_end()
        for user in (self.user_keeper, self.user_seller, self.user_auditor, self.user_pricing):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                use.with_user(user)._post_write_downs(last)
        accountant = self._accountant()
        self.company_a.dealer_write_down_account_id = False
        with self.assertRefused("has no account for write-downs"):
            use.with_user(accountant)._post_write_downs(last)
        self.company_a.dealer_write_down_account_id = self.expense
        rows = use.with_user(accountant)._post_write_downs(last)
        self.assertTrue(rows.with_user(self.user_auditor).mapped("amount"))
        with self.assertRaises(AccessError):
            rows.with_user(self.user_seller).read(["amount"])
        with self.assertRaises(AccessError):
            rows.with_user(accountant).write({"amount": 1})

    def test_a_second_use_repeats_no_month(self):
        first = self._start(months=6)
        first.with_user(self._accountant())._post_write_downs(first._get_last_month_end())
        # As when days could still be typed at will: the second use covers months of the first.
        first.sudo().date_to = self.today
        first.flush_recordset()
        second = first.sudo().copy()
        self.assertEqual(second.arrival_id, first.arrival_id)
        self.assertFalse(second._get_write_downs_due(second._get_last_month_end())[second.id])

    def test_all_due_are_proposed(self):
        use = self._start(months=3)
        last = use._get_last_month_end()
        accountant = self._accountant()
        menu = self.env.ref("dealer_vehicle.dealer_vehicle_write_down_menu")
        self.assertIn(menu.id, self.env["ir.ui.menu"].with_user(accountant)._visible_menu_ids())
        self.assertNotIn(menu.id, self.env["ir.ui.menu"].with_user(self.user_seller)._visible_menu_ids())
        due = self.env["dealer.vehicle.own.use"].with_user(accountant)
        self.assertEqual(due.search([("is_write_down_due", "=", True)]), use)
        self.assertTrue(use.is_write_down_due)
        action = self.env["dealer.vehicle.write.down"].with_user(accountant).action_open_write_down()
        plan = Form(self.env[action["res_model"]].with_user(accountant).with_context(**action["context"]))
        self.assertEqual(plan.total, 4000.0)
        plan.save().action_post()
        self.assertEqual(len(use.write_down_ids), 2)
        self.assertFalse(due.search([("is_write_down_due", "=", True)]))
        self.assertFalse(use._search_write_downs_due(last))

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_a_month_twice(self):
        use = self._start(months=3)
        rows = use.with_user(self._accountant())._post_write_downs(use._get_last_month_end())
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'dealer_vehicle_write_down_month_uniq'")
        self.assertIn("vehicle_id, month, COALESCE(arrival_id", self.env.cr.fetchone()[0])
        with self.assertRaises(errors.UniqueViolation), self.env.cr.savepoint():
            rows[:1].sudo().copy().flush_recordset()
