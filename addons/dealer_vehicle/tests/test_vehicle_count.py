from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..tools.label import label_link
from .common_stock import DealerStockCommon


@tagged("post_install", "-at_install", "dealer")
class TestVehicleCount(DealerStockCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.north = cls.env["stock.warehouse"].create({"name": "North", "code": "NOR", "company_id": cls.company_a.id})
        cls.cars = cls.env["dealer.vehicle"].union(
            *[cls.stock_car(cls.new_vin(), location=cls.north.lot_stock_id) for _n in range(4)]
        )

    def begin(self, user=None, site=None):
        form = Form(self.env["dealer.vehicle.count"].with_user(user or self.user_keeper))
        form.site_id = site or self.north
        return form.save()

    def levels(self, count, *codes):
        return [answer["level"] for answer in count.scan("\n".join(codes))]

    def test_all_there(self):
        count = self.begin()
        self.assertRecordValues(count, [{"expected_count": 4, "found_count": 0, "missing_count": 4}])
        codes = [self.cars[0].vin, self.cars[1].vin[-8:].lower(), f" {self.cars[2].vin[-6:]} "]
        self.assertEqual(self.levels(count, *codes), ["success"] * 3)
        self.cars[3].plate_ids = [(0, 0, {"plate": "浙A·88888", "date_from": "2026-01-01"})]
        self.assertEqual(self.levels(count, "浙A88888"), ["success"])
        self.assertRecordValues(count, [{"found_count": 4, "missing_count": 0, "other_count": 0}])
        count.action_close()
        self.assertRecordValues(count, [{"state": "closed"}])
        self.assertIn("found 4", count.message_ids[:1].body)

    def test_the_label_of_a_car_is_read(self):
        """Its QR code holds a link to the car."""
        count = self.begin()
        self.assertEqual(self.levels(count, label_link("https://shop.example", 1, self.cars[0].vin)), ["success"])
        self.assertEqual(count.found_count, 1)

    def test_a_car_counts_once(self):
        count = self.begin()
        vin = self.cars[0].vin
        self.assertEqual(self.levels(count, vin, vin, vin[-8:], vin[-7:]), ["success", "warning", "warning", "warning"])
        self.assertEqual(count.found_count, 1)
        unknown = self.new_vin()
        self.assertEqual(self.levels(count, unknown, unknown), ["danger", "warning"])
        self.assertEqual(count.other_count, 1)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["dealer.vehicle.count.line"].create(
                {"count_id": count.id, "vehicle_id": self.cars[0].id, "result": "found"}
            )
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["dealer.vehicle.count.line"].create({"count_id": count.id, "code": unknown, "result": "unknown"})

    def test_differences_need_a_reason(self):
        stray = self.stock_car(self.new_vin())
        count = self.begin()
        unknown = self.new_vin()
        answers = count.scan("\n".join([stray.vin, unknown, *self.cars[:3].mapped("vin")]))
        self.assertIn(self.site_a.name, answers[0]["message"])
        self.assertRecordValues(count, [{"found_count": 3, "missing_count": 1, "other_count": 2}])
        results = {line.vehicle_id or line.code: line.result for line in count.difference_ids}
        self.assertEqual(results, {self.cars[3]: "missing", stray: "misplaced", unknown: "unknown"})
        with self.assertRefused("write the reason"):
            count.action_close()
        for line in count.difference_ids:
            line.reason = "At the car wash"
        count.action_close()
        self.assertEqual(count.state, "closed")
        self.assertEqual((stray.site_id, self.cars[3].site_id), (self.site_a, self.north), "stock is as it was")

    def test_mended_by_a_transfer(self):
        stray = self.stock_car(self.new_vin())
        count = self.begin()
        count.scan(stray.vin)
        line = count.difference_ids.filtered(lambda line: line.vehicle_id == stray)
        action = line.action_transfer_here()
        transfer = Form(
            self.env["dealer.vehicle.transfer"].with_user(self.user_keeper).with_context(**action["context"])
        ).save()
        self.assertEqual((transfer.site_from_id, transfer.site_to_id), (self.site_a, self.north))
        transfer.action_send()
        transfer.action_arrived()
        self.assertEqual(stray.site_id, self.north)
        missing = count.difference_ids.filtered(lambda line: line.vehicle_id == self.cars[0])
        with self.assertRefused("not in stock of another site"):
            missing.action_transfer_here()

    def test_sold_and_received_meanwhile(self):
        count = self.begin()
        self.move_out(self.cars[0])
        came = self.stock_car(self.new_vin(), location=self.north.lot_stock_id)
        self.assertEqual(self.levels(count, came.vin, *self.cars[1:].mapped("vin")), ["success"] * 4)
        count.action_close()
        left = count.line_ids.filtered(lambda line: line.vehicle_id == self.cars[0])
        self.assertEqual((left.result, count.missing_count), ("left", 0))

    def test_another_companys_car_is_unknown(self):
        foreign = self.stock_car(self.new_vin(), company=self.company_b)
        count = self.begin()
        [answer] = count.scan(foreign.vin)
        self.assertIn("nobody knows", answer["message"])
        self.assertFalse(count.difference_ids.filtered(lambda line: line.code == foreign.vin).vehicle_id)

    def test_an_ambiguous_end(self):
        twin = self.stock_car(f"LSVAA49J1{self.cars[0].vin[-8:]}", location=self.north.lot_stock_id)
        count = self.begin()
        self.assertEqual(self.levels(count, twin.vin[-8:], twin.vin), ["warning", "success"])

    def test_pasted_rubbish(self):
        count = self.begin()
        self.assertEqual(count.scan(" \n ;, \t"), [])
        self.assertEqual(set(self.levels(count, "%", "_______", "x" * 300, "select 1")), {"warning"})
        self.assertEqual(count.found_count, 0)

    def test_one_count_a_site(self):
        count = self.begin()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.begin()
        count.action_cancel()
        self.assertTrue(self.begin())

    def test_facts_are_not_typed(self):
        forged = {"default_state": "closed", "default_date_closed": "2026-01-01 00:00:00"}
        counts = self.env["dealer.vehicle.count"].with_user(self.user_keeper)
        made = counts.with_context(**forged).create({"site_id": self.north.id})
        self.assertRecordValues(made, [{"state": "open", "date_closed": False}])
        made.action_cancel()
        count = self.begin()
        line = count.line_ids[:1]
        for name, value in (("state", "closed"), ("date_closed", "2026-01-01"), ("site_id", self.site_a.id)):
            with self.assertRaises(UserError):
                count.write({name: value})
        for name, value in (("result", "found"), ("vehicle_id", False), ("date_scanned", "2026-01-01")):
            with self.assertRaises(UserError):
                line.write({name: value})
            with self.assertRaises(UserError):
                count.write({"difference_ids": [(1, line.id, {name: value})]})
        with self.assertRaises(AccessError):
            self.env["dealer.vehicle.count.line"].with_user(self.user_keeper).create(
                {"count_id": count.id, "result": "found"}
            )
        count.scan("\n".join(self.cars.mapped("vin")))
        count.action_close()
        with self.assertRefused("is closed"):
            count.scan(self.cars[0].vin)
        with self.assertRefused("is closed"):
            line.reason = "Too late"
        with self.assertRaises(UserError):
            count.sudo().unlink()

    def test_who(self):
        count = self.begin()
        for user in (self.user_staff, self.user_buyer, self.user_auditor, self.user_manager):
            with self.assertRaises(AccessError):
                count.with_user(user).scan(self.cars[0].vin)
            with self.assertRaises(AccessError):
                self.begin(user, self.site_a)
        self.assertEqual(count.with_user(self.user_auditor).expected_count, 4)
        self.assertFalse(self.env["dealer.vehicle.count"].with_user(self.user_b).search([("id", "=", count.id)]))
        main = self.make_user("keeper_main", "dealer_vehicle.group_stock_keeper")
        main.dealer_site_ids = self.site_a
        self.assertFalse(self.env["dealer.vehicle.count"].with_user(main).search([("id", "=", count.id)]))
        with self.assertRefused("counted by its own people"):
            self.begin(main)
        self.assertEqual(Form(self.env["dealer.vehicle.count"].with_user(main)).site_id, self.site_a)

    def test_queries_do_not_grow(self):
        cars = self.cars | self.cars.union(
            *[self.stock_car(self.new_vin(), location=self.north.lot_stock_id) for _n in range(20)]
        )

        def count_queries(func):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            func()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count = self.begin()
        count.scan(cars[0].vin)
        one = count_queries(lambda: count.scan(cars[1].vin))
        many = count_queries(lambda: count.scan("\n".join(cars[2:].mapped("vin"))))
        self.assertLessEqual(many, one + 4, f"1 scan: {one} queries, 22 scans: {many}")
        count.action_close()
        self.stock_car(self.new_vin())
        small = count_queries(lambda: self.begin(site=self.site_a))
        large = count_queries(lambda: self.begin())
        self.assertLessEqual(large, small + 4, f"snapshot of few: {small}, of 24: {large}")
