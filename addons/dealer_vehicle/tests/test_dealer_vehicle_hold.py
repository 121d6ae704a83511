from datetime import timedelta

from psycopg2.errors import ExclusionViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import VINS, DealerVehicleCommon


@tagged("post_install", "-at_install", "dealer")
class TestDealerVehicleHold(DealerVehicleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.car = cls.stock_car(VINS[0])
        cls.other = cls.stock_car(VINS[1])

    def test_hold_and_release(self):
        hold = self.car._take_hold(self.customer)
        self.assertEqual(self.car.claim, "held")
        self.assertEqual(self.car.hold_id, hold)
        self.assertFalse(self.car.is_available)
        hours = (hold.date_to - hold.date_from).total_seconds() / 3600
        self.assertAlmostEqual(hours, self.company_a.dealer_hold_hours, delta=0.1)
        self.car._release_hold()
        self.assertEqual(self.car.claim, "free")
        self.assertFalse(self.car.hold_id)
        self.assertEqual(hold.state, "released")

    def test_second_is_told_who_has_it(self):
        self.car._take_hold(self.customer, user=self.user_keeper, firm=True)
        with self.assertRaisesRegex(UserError, r"already held by dealer_keeper .* for Li Wei"):
            self.car._take_hold(self.bank, user=self.user_buyer)
        self.other._take_hold(self.bank)

    def test_firm_hold_has_no_end(self):
        self.assertFalse(self.car._take_hold(self.customer, firm=True).date_to)

    def test_expired_hold_gives_way_and_is_released(self):
        hold = self.car._take_hold(self.customer)
        hold.sudo().write(
            {
                "date_from": fields.Datetime.now() - timedelta(hours=3),
                "date_to": fields.Datetime.now() - timedelta(hours=1),
            }
        )
        newer = self.car._take_hold(self.bank)
        self.assertEqual(self.car.hold_id, newer)
        with self.enter_registry_test_mode():
            self.env.ref("dealer_vehicle.ir_cron_release_expired_holds").method_direct_trigger()
        self.assertEqual((hold.state, newer.state), ("released", "live"))
        self.assertEqual(self.car.hold_id, newer)
        self.assertEqual(self.car.claim, "held")

    def test_a_hold_starts_now(self):
        """One that started later would stand on no car, and the guards would look past it."""
        later = fields.Datetime.now() + timedelta(days=3)
        holds = self.env["dealer.vehicle.hold"].with_user(self.user_keeper)
        hold = holds.create({"vehicle_id": self.car.id, "partner_id": self.customer.id, "date_from": later})
        self.assertLess(hold.date_from, later)
        self.assertEqual(self.car.hold_id, hold)

    def test_a_hold_that_fails_keeps_no_other_alive(self):
        past = {"date_from": "2020-01-01 00:00:00", "date_to": "2020-01-01 01:00:00"}
        bad, good = self.car._take_hold(self.customer), self.other._take_hold(self.bank)
        (bad | good).sudo().write(past)
        # A row the database refuses to change, as a fault in one car's data would be.
        self.env.cr.execute(
            SQL(
                "ALTER TABLE dealer_vehicle_hold ADD CONSTRAINT fault CHECK (id != %s OR state = 'live') NOT VALID",
                bad.id,
            )
        )
        with (
            self.enter_registry_test_mode(),
            mute_logger("odoo.sql_db"),
            self.assertLogs("odoo.addons.dealer_vehicle.models.dealer_batch_mixin", "WARNING"),
        ):
            self.env.ref("dealer_vehicle.ir_cron_release_expired_holds").method_direct_trigger()
        self.assertEqual((bad.state, good.state), ("live", "released"))

    def test_database_keeps_two_live_holds_apart(self):
        hold = self.car._take_hold(self.customer)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(ExclusionViolation, "dealer_vehicle_hold_no_overlap"),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                """
                INSERT INTO dealer_vehicle_hold (vehicle_id, partner_id, user_id, date_from, state)
                SELECT vehicle_id, partner_id, user_id, date_from, 'live' FROM dealer_vehicle_hold WHERE id = %s
                """,
                (hold.id,),
            )

    def test_keeper_holds_on_screen_and_staff_cannot(self):
        vals = {"vehicle_id": self.car.id, "partner_id": self.customer.id}
        with self.assertRaises(AccessError):
            self.env["dealer.vehicle.hold"].with_user(self.user_staff).create(vals)
        action = self.car.with_user(self.user_keeper).action_hold()
        hold = self.env["dealer.vehicle.hold"].with_user(self.user_keeper).with_context(action["context"]).create(vals)
        self.assertEqual(self.car.hold_id, hold)
        with self.assertRaisesRegex(UserError, "already held"):
            self.env["dealer.vehicle.hold"].with_user(self.user_keeper).create(vals)

    def test_only_its_holder_or_the_keeper_releases(self):
        hold = self.car._take_hold(self.customer, user=self.user_buyer)
        with self.assertRaisesRegex(AccessError, "dealer_buyer"):
            hold.with_user(self.user_staff).action_release()
        hold.with_user(self.user_buyer).action_release()
        self.assertEqual(self.car.claim, "free")
        hold = self.car._take_hold(self.customer, user=self.user_buyer)
        hold.with_user(self.user_keeper).action_release()
        self.assertEqual(self.car.claim, "free")

    def test_state_is_not_written_by_hand(self):
        hold = self.car._take_hold(self.customer)
        for user in (self.user_staff, self.user_keeper, self.user_admin):
            with self.assertRaises(AccessError):
                hold.with_user(user).write({"state": "released"})

    def test_car_that_left_cannot_be_held(self):
        self.move_out(self.car)
        with self.assertRaisesRegex(UserError, "not in our stock"):
            self.car._take_hold(self.customer)

    def test_history_stays(self):
        hold = self.car._take_hold(self.customer)
        with self.assertRaisesRegex(UserError, "history"):
            hold.unlink()
