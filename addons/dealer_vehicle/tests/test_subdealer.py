from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_stock import DealerStockCommon


@tagged("post_install", "-at_install", "dealer")
class TestSubdealer(DealerStockCommon):
    """Cars on consignment at sub-dealers (P11): ours, at our site, for nobody else, and not for ever."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create({"name": "Hilltop Cars", "is_company": True})
        cls.subdealer = (
            cls.env["dealer.subdealer"]
            .with_user(cls.user_manager)
            .create({"partner_id": cls.partner.id, "site_id": cls.site_a.id, "days_max": 30, "cars_max": 2})
        )
        cls.Transfer = cls.env["dealer.vehicle.transfer"].with_user(cls.user_keeper)

    def transfer(self, *cars, **vals):
        return self.Transfer.create(
            {
                "site_from_id": self.site_a.id,
                "line_ids": [Command.create({"vehicle_id": car.id}) for car in cars],
                **vals,
            }
        )

    def send(self, *cars, **vals):
        transfer = self.transfer(*cars, subdealer_to_id=self.subdealer.id, **vals)
        transfer.action_send()
        transfer.action_arrived()
        return transfer

    def test_there_and_back(self):
        car = self.buy_car(10000.0)
        transfer = self.send(car)
        self.assertEqual((transfer.state, transfer.line_ids.state), ("done", "arrived"))
        self.assertEqual((car.place, car.site_id, car.claim), ("at_site", self.site_a, "free"))
        self.assertEqual((car.subdealer_id, car.subdealer_since), (self.subdealer, fields.Date.context_today(car)))
        self.assertFalse(car.is_available)
        Car = self.env["dealer.vehicle"]
        self.assertFalse(Car.search([("id", "=", car.id), ("is_available", "=", True)]))
        self.assertEqual(car.cost, 10000.0)
        self.assertEqual(self.subdealer.vehicle_count, 1)
        action = car.with_user(self.user_keeper).action_bring_back()
        with Form(self.Transfer.with_context(**action["context"])) as form:
            self.assertEqual((form.subdealer_from_id, form.site_to_id), (self.subdealer, self.site_a))
        back = self.Transfer.browse(form.id)
        back.action_send()
        back.action_arrived()
        self.assertEqual(back.line_ids.state, "arrived")
        self.assertFalse(car.subdealer_id or car.subdealer_since)
        self.assertTrue(car.is_available)

    def test_turned_back_on_the_way(self):
        car = self.buy_car(10000.0)
        transfer = self.transfer(car, subdealer_to_id=self.subdealer.id)
        transfer.action_send()
        transfer.action_bring_back()
        self.assertEqual((transfer.line_ids.state, car.subdealer_id.id), ("back", False))
        self.assertTrue(car.is_available)

    def test_from_another_site(self):
        """The car goes to the site that supplies the sub-dealer, wherever it was."""
        north = self.env["stock.warehouse"].create({"name": "North", "code": "NO", "company_id": self.company_a.id})
        car = self.stock_car(self.new_vin(), location=north.lot_stock_id)
        transfer = self.transfer(car, site_from_id=north.id, subdealer_to_id=self.subdealer.id)
        self.assertEqual(transfer.site_to_id, self.site_a)
        transfer.action_send()
        transfer.action_arrived()
        self.assertEqual((car.site_id, car.subdealer_id), (self.site_a, self.subdealer))

    def test_sold_by_the_subdealer_alone(self):
        car = self.buy_car(10000.0, bill=10000.0)
        self.send(car)
        with self.assertRefused("stands at the sub-dealer Hilltop Cars"):
            self.sell(car)
        with self.assertRefused("bring it back first"):
            car.with_user(self.user_buyer).action_sell_to_sister()
        order = self.sell(car, partner=self.partner)
        self.assertEqual(order.picking_ids.state, "assigned")
        self.deliver(order)
        self.assertEqual((car.place, car.subdealer_id.id), ("with_customer", False))
        self.invoice(order)
        self.assertEqual(self.balance(self.account_cogs), 10000.0)

    def test_sale_is_filled_in(self):
        cars = self.buy_car(10000.0) | self.buy_car(12000.0)
        self.send(*cars)
        seller = self.make_user("sub_seller", "sales_team.group_sale_salesman,dealer_vehicle.group_vehicle_user")
        action = cars.with_user(seller)._get_subdealer_sale_action()
        if action["res_model"] == "sale.order":  # another add-on may open its own document
            order = self.env["sale.order"].with_user(seller).with_context(**action["context"]).create({})
            self.assertEqual((order.partner_id, order.order_line.dealer_vehicle_id), (self.partner, cars))
        with self.assertRefused("at one sub-dealer"):
            (cars[0] | self.buy_car(1.0)).with_user(seller).action_sold_by_subdealer()

    def test_limit_of_cars(self):
        cars = [self.buy_car(10000.0) for _number in range(3)]
        self.send(cars[0])
        with self.assertRefused("may have 2 cars and has 1"):
            self.send(cars[1], cars[2])
        self.send(cars[1])
        self.subdealer.cars_max = 0
        self.send(cars[2])
        self.assertEqual(self.subdealer.vehicle_count, 3)

    def test_promised_cars_stay(self):
        car = self.buy_car(10000.0)
        car._take_hold(self.customer)
        with self.assertRefused("is promised to a customer"):
            self.send(car)

    def place_by_picking(self, *cars, location=None):
        """Move cars to the sub-dealer by a transfer of Odoo's own, without the dealer's buttons."""
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.site_a.int_type_id.id,
                "location_id": self.site_a.lot_stock_id.id,
                "location_dest_id": (location or self.subdealer.location_id).id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": car.product_id.id,
                            "dealer_vehicle_id": car.id,
                            "product_uom_qty": 1,
                            "location_id": self.site_a.lot_stock_id.id,
                            "location_dest_id": (location or self.subdealer.location_id).id,
                        }
                    )
                    for car in cars
                ],
            }
        )
        picking.action_confirm()
        picking.action_assign()
        picking.move_ids.move_line_ids.location_dest_id = self.subdealer.location_id
        picking.move_ids.picked = True
        return picking.with_user(self.user_keeper)._action_done()

    def test_plain_transfers_keep_the_rules(self):
        """However cars go there: not more than may stand there, and none that is promised."""
        cars = [self.buy_car(10000.0) for _number in range(3)]
        for location in (None, self.site_a.lot_stock_id):
            with self.assertRefused("may have 2 cars and has 0"):
                self.place_by_picking(*cars, location=location)
        under_way = self.transfer(cars[0], subdealer_to_id=self.subdealer.id)
        under_way.action_send()
        with self.assertRefused("may have 2 cars and has 0, 1 more"):
            self.place_by_picking(cars[1], cars[2])
        cars[1]._take_hold(self.customer)
        with self.assertRefused("is promised to a customer"):
            self.place_by_picking(cars[1])
        self.place_by_picking(cars[2], location=self.site_a.lot_stock_id)
        self.assertEqual(cars[2].subdealer_id, self.subdealer)
        self.assertEqual(cars[2].subdealer_since, fields.Date.context_today(cars[2]))
        under_way.action_arrived()
        self.assertEqual(self.subdealer.vehicle_count, 2)

    def test_place_follows_site_and_name(self):
        location = self.subdealer.location_id
        self.assertEqual(location.warehouse_id, self.site_a)
        north = self.env["stock.warehouse"].create({"name": "North", "code": "NO", "company_id": self.company_a.id})
        self.subdealer.site_id = north
        self.assertEqual((location.warehouse_id, location.location_id), (north, north.lot_stock_id))
        self.partner.name = "Valley Cars"
        self.assertEqual(location.name, "Valley Cars")
        self.subdealer.partner_id = self.env["res.partner"].create({"name": "River Cars"})
        self.assertEqual(location.name, "River Cars")

    def test_site_of_another_company(self):
        with self.assertRaises(AccessError):
            self.subdealer.site_id = self.site_b
        with self.assertRefused("belongs to another company"):
            self.subdealer.sudo().site_id = self.site_b
        self.assertEqual(self.subdealer.location_id.company_id, self.subdealer.company_id)

    def test_cars_under_way_keep_the_place(self):
        transfer = self.transfer(self.buy_car(10000.0), subdealer_to_id=self.subdealer.id)
        transfer.action_send()
        north = self.env["stock.warehouse"].create({"name": "North", "code": "NO", "company_id": self.company_a.id})
        for values in ({"active": False}, {"site_id": north.id}):
            with self.assertRefused("1 are under way"):
                self.subdealer.write(values)
        transfer.action_bring_back()
        self.subdealer.active = False

    def test_papers_go_along(self):
        car, other = self.buy_car(10000.0), self.buy_car(10000.0)
        papers = self.env["dealer.vehicle.document"].create(
            [{"vehicle_id": each.id, "kind": "title", "number": str(each.id)} for each in (car, other)]
        )
        at_bank = self.env["dealer.vehicle.document"].create(
            {"vehicle_id": car.id, "kind": "certificate", "number": "B", "holder_id": self.bank.id}
        )
        self.send(car, with_papers=True)
        self.send(other)
        self.assertEqual((papers[0].holder_id, papers[1].is_in_house), (self.partner, True))
        self.assertEqual(at_bank.holder_id, self.bank)
        back = self.transfer(car, subdealer_from_id=self.subdealer.id, site_to_id=self.site_a.id, with_papers=True)
        back.action_send()
        back.action_arrived()
        self.assertTrue(papers[0].is_in_house)

    def test_overdue_alert(self):
        """One activity for the stock keeper while a car is there too long; it goes with its cause."""
        car = self.buy_car(10000.0)
        self.send(car)
        Activity = self.env["mail.activity"]
        domain = [("dealer_alert_key", "=", f"subdealer/{self.subdealer.id}")]
        self.env["dealer.subdealer"]._cron_alert_overdue()
        self.assertFalse(Activity.search(domain))
        car.sudo().subdealer_since = fields.Date.subtract(fields.Date.context_today(car), days=31)
        self.assertTrue(car.is_subdealer_overdue)
        self.assertEqual(self.env["dealer.vehicle"].search([("is_subdealer_overdue", "=", True)]), car)
        for _night in range(2):
            self.env["dealer.subdealer"]._cron_alert_overdue()
        alert = Activity.search(domain)
        self.assertEqual(len(alert), 1)
        self.assertTrue(alert.user_id.has_group("dealer_vehicle.group_stock_keeper"))
        self.subdealer.days_max = 60
        self.env["dealer.subdealer"]._cron_alert_overdue()
        self.assertFalse(Activity.search(domain))

    def test_rights(self):
        car = self.buy_car(10000.0)
        self.send(car)
        self.assertEqual(self.subdealer.with_user(self.user_staff).vehicle_count, 1)
        for user in (self.user_staff, self.user_keeper, self.user_buyer, self.user_auditor):
            with self.assertRaises(AccessError):
                self.subdealer.with_user(user).cars_max = 99
        with self.assertRaises(AccessError):
            self.subdealer.with_user(self.user_b).with_company(self.company_b).read(["cars_max"])
        for values in ({"subdealer_since": "2020-01-01"}, {"subdealer_id": False}):
            with self.assertRefused("cannot be typed"):
                car.with_user(self.user_keeper).write(values)
        location = self.env["stock.location"].with_user(self.make_user("stock_chief", "stock.group_stock_manager"))
        with self.assertRefused("not typed"):
            location.create({"name": "Forged", "usage": "internal", "dealer_subdealer_id": self.subdealer.id})
        with self.assertRefused("bring them back first"):
            self.subdealer.with_user(self.user_manager).active = False

    def test_one_row_each(self):
        with mute_logger("odoo.sql_db"), self.assertRaisesRegex(Exception, "partner_uniq|on the list"):
            with self.env.cr.savepoint():
                self.subdealer.copy()
        self.env.cr.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'dealer_subdealer'")
        names = {row[0] for row in self.env.cr.fetchall()}
        self.assertLessEqual({"dealer_subdealer_partner_uniq", "dealer_subdealer_location_uniq"}, names)
        self.env.cr.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'dealer_vehicle_transfer_sites_differ'"
        )
        self.assertIn("subdealer_to_id", self.env.cr.fetchone()[0])

    def test_query_count(self):
        """Ten sub-dealers are listed with the queries of one."""

        def count(subdealers):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            subdealers.web_read({"vehicle_count": {}, "overdue_count": {}, "days_longest": {}})
            return self.env.cr.sql_log_count - before

        others = self.env["dealer.subdealer"].create(
            [
                {"partner_id": self.env["res.partner"].create({"name": f"Sub {n}"}).id, "site_id": self.site_a.id}
                for n in range(10)
            ]
        )
        count(others)
        few = count(others[:1])
        self.assertLessEqual(count(others), few + 1)
