from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_stock import DealerStockCommon


@tagged("post_install", "-at_install", "dealer")
class TestVehicleTransfer(DealerStockCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.north = cls.env["stock.warehouse"].create({"name": "North", "code": "NOR", "company_id": cls.company_a.id})
        cls.keeper_north = cls.make_user("keeper_north", "dealer_vehicle.group_stock_keeper")
        cls.keeper_main = cls.make_user("keeper_main", "dealer_vehicle.group_stock_keeper")
        cls.keeper_north.dealer_site_ids, cls.keeper_main.dealer_site_ids = cls.north, cls.site_a

    def start(self, cars, user=None):
        """Select cars, press Transfer, as the web client does; return the saved transfer."""
        user = user or self.keeper_main
        action = cars.with_user(user).action_transfer()
        form = Form(self.env[action["res_model"]].with_user(user).with_context(**action["context"]))
        return form.save()

    def stock(self, count=1):
        return self.env["dealer.vehicle"].union(*[self.stock_car(self.new_vin()) for _n in range(count)])

    def test_three_cars_to_the_other_site(self):
        cars = self.stock(3)
        transfer = self.start(cars)
        self.assertRecordValues(
            transfer, [{"site_from_id": self.site_a.id, "site_to_id": self.north.id, "state": "draft"}]
        )
        transfer.action_send()
        self.assertEqual(cars.mapped("place"), ["in_transit"] * 3)
        self.assertEqual(cars.site_id, self.north, "the site that expects them sees them")
        self.assertEqual(transfer.state, "sent")
        seen = transfer.with_user(self.keeper_north)
        seen.action_arrived()
        self.assertEqual(cars.mapped("place"), ["at_site"] * 3)
        self.assertEqual(cars.location_id, self.north.lot_stock_id)
        self.assertTrue(all(cars.mapped("is_available")))
        self.assertRecordValues(seen, [{"state": "done"}])
        self.assertTrue(seen.date_sent and seen.date_arrived)
        self.assertEqual(len(seen.picking_ids), 2)

    def test_age_goes_on(self):
        car = self.stock()
        self.env.flush_all()
        self.env.cr.execute("UPDATE dealer_vehicle SET age_date = age_date - 40 WHERE id = %s", (car.id,))
        self.env.invalidate_all()
        transfer = self.start(car)
        transfer.action_send()
        self.assertEqual((car.place, car.days_in_stock), ("in_transit", 40))
        self.assertTrue(car.age_bucket_id)
        transfer.with_user(self.keeper_north).action_arrived()
        self.assertEqual(car.days_in_stock, 40)

    def test_cost_stays(self):
        car = self.buy_car(100000.0, bill=100500.0)
        before = self.balance(self.account_stock)
        transfer = self.start(car)
        transfer.action_send()
        self.assertEqual((car.cost, car.stock_value), (100500.0, 100500.0))
        transfer.with_user(self.keeper_north).action_arrived()
        self.assertEqual(car.cost, 100500.0)
        self.assertEqual(self.balance(self.account_stock), before)

    def test_arrival_by_scan(self):
        first, second = self.stock(), self.stock()
        stranger = self.stock()
        transfer = self.start(first | second)
        transfer.action_send()
        seen = transfer.with_user(self.keeper_north)
        answers = seen.scan(f"{first.vin[-8:].lower()}\n{stranger.vin}")
        self.assertEqual([answer["level"] for answer in answers], ["success", "danger"])
        self.assertEqual((first.place, second.place, seen.state), ("at_site", "in_transit", "sent"))
        self.assertEqual(seen.scan(first.vin)[0]["level"], "warning")
        seen.scan(second.vin)
        self.assertEqual(seen.state, "done")

    def test_damage_goes_to_the_inspection(self):
        well, damaged = self.stock(), self.stock()
        transfer = self.start(well | damaged)
        transfer.action_send()
        seen = transfer.with_user(self.keeper_north)
        seen.line_ids.filtered(lambda line: line.vehicle_id == damaged).damage = "Bumper scratched"
        seen.action_arrived()
        self.assertEqual((well.is_available, damaged.is_available), (True, False))
        self.assertEqual(damaged.location_id, self.north.vehicle_inspection_location_id)
        inspection = self.env["dealer.vehicle.inspection"].search([("vehicle_id", "=", damaged.id)])
        self.assertRecordValues(inspection, [{"state": "damaged", "damage": "Bumper scratched"}])
        inspection.with_user(self.keeper_north).release_note = "Polished"
        inspection.with_user(self.keeper_north).action_release()
        self.assertTrue(damaged.is_available)

    def test_held_car_keeps_its_hold(self):
        car = self.stock()
        hold = car._take_hold(self.customer)
        transfer = self.start(car)
        self.assertIn("the hold stays", transfer.warning)
        transfer.action_send()
        transfer.with_user(self.keeper_north).action_arrived()
        self.assertEqual((hold.state, car.claim), ("live", "held"))

    def test_sold_car_is_delivered_from_where_it_is(self):
        car = self.buy_car(100000.0)
        order = self.sell(car)
        transfer = self.start(car)
        self.assertIn("is sold", transfer.warning)
        transfer.action_send()
        self.assertEqual((car.place, car.claim), ("in_transit", "sold"))
        transfer.with_user(self.keeper_north).action_arrived()
        delivery = order.picking_ids.filtered(lambda picking: picking.state != "cancel")
        self.assertEqual(delivery.picking_type_id, self.north.out_type_id)
        self.deliver(order)
        self.assertEqual(car.place, "with_customer")
        self.assertEqual(car.stock_move_ids.filtered("is_out").location_id, self.north.lot_stock_id)

    def test_brought_back(self):
        car = self.stock()
        transfer = self.start(car)
        transfer.action_send()
        with self.assertRefused("only people of"):
            transfer.with_user(self.keeper_north).action_bring_back()
        transfer.action_bring_back()
        self.assertEqual((car.place, car.site_id), ("at_site", self.site_a))
        self.assertEqual(transfer.line_ids.state, "back")
        again = self.start(car)
        again.action_send()
        self.assertEqual(again.state, "sent")

    def test_only_the_own_site_books_its_step(self):
        car = self.stock()
        transfer = self.start(car)
        with self.assertRefused("only people of"):
            transfer.with_user(self.keeper_north).action_send()
        transfer.action_send()
        with self.assertRefused("only people of"):
            transfer.action_arrived()
        with self.assertRefused("only people of"):
            transfer.scan(car.vin)

    def test_who_sees_it(self):
        third = self.env["stock.warehouse"].create({"name": "West", "code": "WES", "company_id": self.company_a.id})
        keeper_west = self.make_user("keeper_west", "dealer_vehicle.group_stock_keeper")
        keeper_west.dealer_site_ids = third
        action = self.stock().with_user(self.keeper_main).action_transfer()
        with Form(
            self.env["dealer.vehicle.transfer"].with_user(self.keeper_main).with_context(**action["context"])
        ) as form:
            self.assertFalse(form.site_to_id, "with two other sites a person chooses")
            form.site_to_id = self.north
        transfer = form.record
        for user, sees in (
            (self.keeper_main, True),
            (self.keeper_north, True),
            (keeper_west, False),
            (self.user_auditor, True),
            (self.user_b, False),
        ):
            found = self.env["dealer.vehicle.transfer"].with_user(user).search([("id", "=", transfer.id)])
            self.assertEqual(bool(found), sees, user.login)

    def test_who_may_not(self):
        transfer = self.start(self.stock())
        for user in (self.user_staff, self.user_buyer, self.user_auditor, self.user_manager):
            with self.assertRaises(AccessError):
                transfer.with_user(user).action_send()
            with self.assertRaises(AccessError):
                transfer.with_user(user).scan("X")

    def test_a_car_in_inspection_stays(self):
        order = self.order_cars(100000.0)
        car = self.announce(order)
        self.receive(order, well=False)
        with self.assertRefused("has not passed its receiving inspection"):
            self.start(car)

    def test_one_transfer_a_car(self):
        car = self.stock()
        first = self.start(car)
        with self.assertRefused(f"on {first.name} already"):
            self.start(car)
        first.action_cancel()
        self.assertEqual(first.state, "cancelled")
        self.assertTrue(self.start(car))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE dealer_vehicle_transfer_line SET state = 'planned' WHERE id = %s", (first.line_ids.id,)
            )

    def test_cars_of_one_site(self):
        here = self.stock()
        there = self.stock_car(self.new_vin(), location=self.north.lot_stock_id)
        with self.assertRefused("cars of one site"):
            (here | there).action_transfer()
        other = self.stock_car(self.new_vin(), company=self.company_b)
        with self.assertRefused("cars of one site"):
            (here | other).action_transfer()
        transfer = self.start(here)
        with self.assertRefused("is not at"):
            transfer.line_ids = [(0, 0, {"vehicle_id": there.id})]

    def test_states_are_not_typed(self):
        transfer = self.start(self.stock())
        for name, value in (("state", "done"), ("date_sent", "2026-01-01"), ("company_id", self.company_b.id)):
            with self.assertRaises(UserError):
                transfer.write({name: value})
        with self.assertRaises(UserError):
            transfer.line_ids.write({"state": "arrived"})
        with self.assertRaises(UserError):
            transfer.line_ids.write({"is_cancelled": True})
        with self.assertRefused("cannot be typed"):
            transfer.create({"site_from_id": self.site_a.id, "site_to_id": self.north.id, "name": "T1"})
        with self.assertRefused("cannot be typed"):
            transfer.line_ids.transfer_id = self.start(self.stock())
        transfer.action_send()
        with self.assertRefused("sites cannot change"):
            transfer.site_to_id = self.site_a
        with self.assertRaises(UserError):
            transfer.unlink()

    def test_posted_in_odoos_own_screen(self):
        """Who posts the stock transfer itself moves the transfer on as well."""
        car = self.stock()
        transfer = self.start(car)
        transfer.action_send()
        incoming = transfer.line_ids.move_in_id.picking_id
        incoming.with_user(self.user_keeper).button_validate()
        self.assertEqual((car.site_id, transfer.state), (self.north, "done"))

    def test_cancelled_in_odoos_own_screen(self):
        car = self.stock()
        transfer = self.start(car)
        transfer.action_send()
        transfer.line_ids.move_in_id.picking_id.with_user(self.user_keeper).action_cancel()
        self.assertEqual((transfer.state, car.place), ("sent", "in_transit"), "cancelling paper brings no car home")
        transfer.with_user(self.keeper_north).action_arrived()
        self.assertEqual((transfer.state, car.site_id, car.place), ("done", self.north, "at_site"))

    def test_queries_per_car(self):
        def count(cars):
            transfer = self.start(cars)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            transfer.action_send()
            self.env.flush_all()
            sent = self.env.cr.sql_log_count - before
            transfer.with_user(self.keeper_north).action_arrived()
            self.env.flush_all()
            return sent, self.env.cr.sql_log_count - before - sent

        count(self.stock(1))
        sent_few, here_few = count(self.stock(2))
        sent_many, here_many = count(self.stock(12))
        # Core books each serial number by itself; what we add does not grow.
        self.assertLess((sent_many - sent_few) / 10, 35, f"sending: {sent_few} for 2, {sent_many} for 12")
        self.assertLess((here_many - here_few) / 10, 35, f"arrival: {here_few} for 2, {here_many} for 12")
