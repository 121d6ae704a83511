from odoo.tests import Form, tagged

from .common import make_vin
from .common_files import as_csv, as_xlsx, encoded
from .common_stock import DealerStockCommon

HEADINGS = ["厂家订单号", "车架号", "发动机号", "电池编号", "合格证编号", "颜色", "单价"]


@tagged("post_install", "-at_install", "dealer")
class TestShippingFile(DealerStockCommon):
    """The maker's shipping notice as a file (P1)."""

    def _read(self, order, data, user=None, **values):
        Notice = self.env["dealer.vehicle.shipping.notice"].with_user(user or self.user_buyer)
        return Notice.create({"purchase_id": order.id, "file": encoded(data), "file_name": "list", **values})

    def _rows(self, order, first=1):
        return [
            [line.maker_order_no, make_vin(first + n), f"ENG{n}", f"BAT{n}", f"WAH{n}", "珠光白", 1000.5 + n]
            for n, line in enumerate(order.order_line)
        ]

    def test_fifty_cars_from_a_spreadsheet(self):
        order = self.order_cars(*[1000.0] * 50)
        notice = self._read(order, as_xlsx([["发车清单"], HEADINGS, *self._rows(order)], merged=("A1:G1",)))
        self.assertFalse(notice.file_message)
        self.assertEqual((notice.ready_count, notice.refused_count), (50, 0))
        self.assertEqual(notice.line_ids[0].sequence, 3, "Rows are counted as the spreadsheet counts them")
        notice.action_apply()
        cars = order.order_line.dealer_vehicle_id
        self.assertEqual(cars.mapped("vin"), [make_vin(1 + n) for n in range(50)])
        self.assertRecordValues(
            cars[4],
            [{"engine_no": "ENG4", "battery_no": "BAT4", "certificate_no": "WAH4", "colour_exterior": "珠光白"}],
        )
        self.assertEqual(order.order_line[4].price_unit, 1004.5)
        self.receive(order)
        self.assertEqual(set(cars.mapped("place")), {"at_site"})
        self.assertEqual(cars[4].cost, 1004.5)

    def test_columns_are_remembered_per_maker(self):
        order = self.order_cars(1.0)
        heads = ["厂家订单号", "Fahrgestell", "Bemerkung"]
        data = as_csv([heads, [order.order_line.maker_order_no, make_vin(1), "x"]], "gb18030", ";")
        notice = self._read(order, data)
        self.assertIn("VIN", notice.file_message)
        self.assertFalse(notice.line_ids)
        notice.column_ids[1].field_name = "vin"
        self.assertFalse(notice.file_message)
        notice.action_apply()
        self.assertEqual(order.order_line.dealer_vehicle_id.vin, make_vin(1))
        mapping = self.env["dealer.vehicle.file.mapping"].search([("partner_id", "=", self.maker.id)])
        self.assertEqual(mapping.column_ids.mapped("field_name"), ["order_no", "vin", False])
        second = self.order_cars(1.0)
        data = as_csv([heads, [second.order_line.maker_order_no, make_vin(2), "x"]])
        again = self._read(second, data, user=self.user_keeper)
        self.assertFalse(again.file_message)
        again.action_apply()
        self.assertEqual(second.order_line.dealer_vehicle_id.vin, make_vin(2))
        self.assertEqual(self.env["dealer.vehicle.file.mapping"].search_count([("partner_id", "=", self.maker.id)]), 1)

    def test_form_shows_the_rows_at_once(self):
        order = self.order_cars(1.0)
        form = Form(
            self.env["dealer.vehicle.shipping.notice"]
            .with_user(self.user_buyer)
            .with_context(default_purchase_id=order.id)
        )
        form.file = encoded(as_csv([HEADINGS, *self._rows(order)]))
        self.assertEqual(form.ready_count, 1)
        notice = form.save()
        notice.action_apply()
        self.assertEqual(order.order_line.dealer_vehicle_id.vin, make_vin(1))

    def test_files_that_are_no_list(self):
        order = self.order_cars(1.0)
        number = order.order_line.maker_order_no
        for data, sentence in (
            (b"%PDF-1.7", "neither CSV nor XLSX"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
            (as_csv([HEADINGS]), "no rows"),
            (b"VIN,order no\n" + b"A,1\n" * 1_000_000, "more than 2,000 rows"),
        ):
            notice = self._read(order, data)
            self.assertIn(sentence, notice.file_message)
            with self.assertRefused("No line"):
                notice.action_apply()
        formula = self._read(order, as_xlsx([HEADINGS[:3], [number, "=A1", "E"]]))
        self.assertIn("formula", formula.line_ids.message)
        self.assertTrue(formula.line_ids.is_refused)
        price = self._read(order, as_csv([["order no", "vin", "price"], [number, make_vin(1), "cheap"]]))
        self.assertIn("no price", price.line_ids.message)
        self.assertFalse(order.order_line.dealer_vehicle_id.vin)

    def test_price_is_for_buyers(self):
        order = self.order_cars(1000.0)
        data = as_csv([HEADINGS, *self._rows(order)])
        notice = self._read(order, data, user=self.user_keeper)
        self.assertIn("only a buyer", notice.line_ids.message)
        notice.action_apply()
        self.assertEqual(order.order_line.price_unit, 1000.0)
        self.assertIn("1,000.50", "".join(order.message_ids.mapped("body")), "The buyer reads it on the order")
        notice = self._read(order, data)
        notice.action_apply()
        self.assertEqual(order.order_line.price_unit, 1000.5)

    def test_swap_is_proposed_and_logged(self):
        order = self.order_cars(1.0, 2.0, 3.0)
        first, second, third = order.order_line.dealer_vehicle_id
        self.announce(order, make_vin(1), make_vin(2))
        data = as_csv([["order no", "vin"], [first.maker_order_no, make_vin(2)]])
        notice = self._read(order, data)
        self.assertTrue(notice.line_ids.is_refused)
        self.assertEqual(notice.line_ids.swap_vehicle_id, second)
        self.assertIn("Swap", notice.line_ids.message)
        notice.line_ids.is_swap = True
        self.assertFalse(notice.line_ids.is_refused)
        notice.action_apply()
        self.assertEqual((first.vin, second.vin), (make_vin(2), make_vin(1)))
        for car in first | second:
            self.assertIn(make_vin(2), "".join(car.message_ids.mapped("body")))
        notice = self._read(order, as_csv([["order no", "vin"], [third.maker_order_no, make_vin(1)]]))
        notice.line_ids.is_swap = True
        notice.action_apply()
        self.assertEqual((second.vin, third.vin, second.place), (False, make_vin(1), "ordered"))

    def test_arrived_car_is_not_swapped(self):
        order = self.order_cars(1.0, 2.0)
        first, second = order.order_line.dealer_vehicle_id
        self.announce(order, make_vin(1))
        self.receive(order)
        notice = self._read(order, as_csv([["order no", "vin"], [second.maker_order_no, make_vin(1)]]))
        notice.line_ids.is_swap = True
        self.assertTrue(notice.line_ids.is_refused)
        self.assertEqual(first.vin, make_vin(1))

    def test_queries_do_not_grow(self):
        order = self.order_cars(*[1.0] * 21)
        rows = self._rows(order)
        counts = []
        for some in (rows[:1], rows[1:]):
            notice = self._read(order, as_csv([HEADINGS, *some]))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            notice.line_ids.mapped("message")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2, counts)

    def test_who_may(self):
        order = self.order_cars(1.0)
        with self.assertRaisesRegex(Exception, "not allowed"), self.env.cr.savepoint():
            self._read(order, b"x,y", user=self.user_staff)
        mapping = self.env["dealer.vehicle.file.mapping"].create({"partner_id": self.maker.id})
        self.assertTrue(mapping.with_user(self.user_auditor).partner_id)
        with self.assertRaisesRegex(Exception, "not allowed"), self.env.cr.savepoint():
            mapping.with_user(self.user_auditor).write({"column_ids": False})
        self.assertNotIn(mapping, self.env["dealer.vehicle.file.mapping"].with_user(self.user_b).search([]))
