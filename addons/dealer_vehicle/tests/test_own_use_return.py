from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from .common_booking import DealerBookingCommon
from .common_origin import OriginCommon


@tagged("post_install", "-at_install", "dealer")
class TestOwnUseReturn(DealerBookingCommon, OriginCommon):
    """Cars in own use and booked cars that leave, and what they were written down for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.user_accountant = cls.make_user(
            "accountant", "account.group_account_invoice,dealer_vehicle.group_vehicle_user"
        )
        cls.env["dealer.vehicle.own.use.policy"].create(
            {"brand_id": cls.brand.id, "date_from": "2020-01-01", "write_down_percent": 2}
        )
        cls.expense = cls.env["account.account"].create(
            {"name": "Write-downs", "code": "669900", "account_type": "expense", "company_ids": cls.company_a.ids}
        )
        cls.company_a.dealer_write_down_account_id = cls.expense

    @classmethod
    def demonstrator(cls, months):
        """Buy a car for 100,000 and let it be a demonstrator for some months."""
        car, day = cls.buy_car(100000.0, bill=100000.0), cls.today - relativedelta(months=months)
        cls.env.flush_all()
        cls.env.cr.execute(SQL("UPDATE dealer_vehicle SET arrival_date = %s WHERE id = %s", day, car.id))
        cls.env.invalidate_all()
        return car.with_user(cls.user_keeper)._put_into_service("demo", day).with_env(cls.env)

    def write_down(self, use):
        return use.with_user(self.user_accountant)._post_write_downs(use._get_last_month_end())

    def send_back(self, car):
        wizard = self.env["dealer.vehicle.supplier.return"].with_user(self.user_keeper)
        wizard.create({"vehicle_ids": car.ids, "reason": "Wrong colour"}).action_return()

    def end(self, use):
        use.vehicle_id.with_user(self.user_keeper)._take_out_of_service(self.today)

    def test_in_own_use_nothing_goes_back(self):
        use = self.demonstrator(0)
        car = use.vehicle_id
        booking = self.book(car)
        self.hand_out(booking)
        with self.assertRefused("is still our demonstrator"):
            self.send_back(car)
        # Core's own return knows no dialogue of ours.
        with self.assertRefused("is still our demonstrator"):
            car.with_user(self.user_keeper)._return_arrival(car.with_user(self.user_keeper)._get_arrival())
        booking._take_back(120, 50)
        self.end(use)
        self.send_back(car)
        self.assertEqual((car.place, car.own_use_id.id), ("gone", False))

    def test_out_with_somebody_nothing_goes_back(self):
        car = self.buy_car(100000.0)
        terms = self.consign()
        for one in (car, terms.vehicle_id):
            self.hand_out(self.book(one, user=self.user_keeper))
        with self.assertRefused("is out with Li Wei"):
            self.send_back(car)
        with self.assertRefused("is out with Li Wei"):
            terms.with_user(self.user_keeper).action_give_back()
        self.assertEqual((car | terms.vehicle_id).mapped("place"), ["at_site", "at_site"])

    def test_write_downs_go_back_to_their_own_account(self):
        use = self.demonstrator(4)
        car = use.vehicle_id
        self.assertEqual(len(self.write_down(use)), 3)
        self.assertAlmostEqual(self.balance(self.expense), 6000.0)
        car._capitalise(500.0, "Freight", self.account_income)
        self.end(use)
        self.send_back(car)
        credit = self.env["account.move"].search([("move_type", "=", "in_refund"), ("state", "=", "draft")])
        credit.filtered(lambda move: move.company_id == self.company_a).action_post()
        self.assertAlmostEqual(self.balance(self.account_stock), 0.0)
        self.assertAlmostEqual(self.balance(self.expense), 0.0)
        self.assertAlmostEqual(self.balance(self.account_cogs), 500.0)
        self.assertTrue(all(row.undone_cost_id for row in use.write_down_ids))

    def test_nothing_is_written_down_or_added_once_gone(self):
        use = self.demonstrator(4)
        car = use.vehicle_id
        self.end(use)
        self.send_back(car)
        before = self.balance(self.account_stock)
        self.assertFalse(self.write_down(use))
        self.assertFalse(use.is_write_down_due)
        with self.assertRefused("has no cost any more"):
            car._capitalise(500.0, "Polishing", self.account_income)
        self.assertAlmostEqual(self.balance(self.account_stock), before)

    def test_a_car_bought_back_is_not_written_down_for_its_former_use(self):
        use = self.demonstrator(4)
        car = use.vehicle_id
        self.end(use)
        self.deliver(self.sell(car))
        self.assertTrue(use._get_write_downs_due(use._get_last_month_end())[use.id])
        self.assertEqual(self.buy_used(vin=car.vin, price=70000.0), car)
        self.assertEqual(car.place, "at_site")
        self.assertFalse(self.write_down(use))
        self.assertEqual(car._exact_cost()[car.id], 70000.0)
        again = car.with_user(self.user_keeper)._put_into_service("demo", self.today)
        self.assertEqual(again.arrival_id, car._get_arrival())
        self.assertNotEqual(again.arrival_id, use.arrival_id)

    def test_only_our_own_cars_are_put_into_service(self):
        for kind in ("consignment", "agency"):
            car = self.consign(kind).vehicle_id
            with self.subTest(kind=kind), self.assertRefused("is somebody else's"):
                car.with_user(self.user_keeper)._put_into_service("demo", self.today)

    def test_bookings_of_a_car_that_left_are_called_off(self):
        car, other = self.buy_car(100000.0), self.buy_car(100000.0)
        planner = self.make_user("planner", "dealer_vehicle.group_vehicle_pricing,dealer_vehicle.group_vehicle_booking")
        tomorrow = self.book(car, 24, user=planner)
        kept = self.book(other, 24, user=self.user_keeper)
        self.deliver(self.sell(car))
        self.assertEqual((tomorrow.state, kept.state), ("cancelled", "booked"))
        note = tomorrow.message_ids.filtered(lambda message: "left our stock" in (message.body or ""))
        self.assertIn(planner.partner_id, note.notified_partner_ids)
        with self.assertRaises(UserError):
            self.book(car, 48, user=self.user_keeper)
        self.assertGreater(kept.date_from, self.now + timedelta(hours=23))
