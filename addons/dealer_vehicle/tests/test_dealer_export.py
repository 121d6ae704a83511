import base64
import io
import zipfile

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import VINS, make_vin
from .test_dealer_import import DealerImportCommon


@tagged("post_install", "-at_install", "dealer")
class TestDealerExport(DealerImportCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_keeper.group_ids |= cls.env.ref("base.group_allow_export")

    def _export(self, kind, file_format="csv", user=None, company=None):
        Export = self.env["dealer.export"].with_user(user or self.user_keeper)
        if company:
            Export = Export.with_company(company)
        export = Export.create({"kind": kind, "file_format": file_format})
        export.action_export()
        return base64.b64decode(export.with_context(bin_size=False).file)

    def _cars(self):
        first = self.make_car(
            VINS[0],
            product_id=self.product.id,
            owner_id=self.customer.id,
            condition="used",
            colour_exterior="=1+1",
            asking_price=99.5,
            maker_order_no="M-1",
            engine_no="E1",
            has_stop_sale=True,
        )
        first.plate_ids = [(0, 0, {"plate": "沪A·12345"})]
        first.odometer_ids = [(0, 0, {"km": 12000, "date": "2026-03-01"})]
        return first | self.make_car(VINS[1][:8] + "9" + VINS[1][9:], series_id=self.series.id, brand_id=self.brand.id)

    def test_what_goes_out_comes_in_again(self):
        cars = self._cars()
        before = {kind: self._export(kind) for kind in ("vehicle", "owner", "model")}
        admin = self.make_user("mover", "dealer_vehicle.group_dealer_admin,base.group_allow_export", self.company_b)
        for kind in ("model", "owner", "vehicle"):
            job = self.done(before[kind], kind=kind, user=admin, company_id=self.company_b.id)
            self.assertFalse(job.refused_count, job.problem_ids.mapped("reason"))
        copies = self.env["dealer.vehicle"].search([("company_id", "=", self.company_b.id)], order="id")
        self.assertEqual(set(copies.vin_id), set(cars.vin_id))
        after = self._export("vehicle", user=admin)
        self.assertEqual(sorted(before["vehicle"].splitlines()), sorted(after.splitlines()))

    def _ordered_cars(self):
        order = self.env["dealer.vehicle"].create(
            {
                "maker_order_no": "M-100",
                "product_id": self.product.id,
                "colour_exterior": "white",
                "asking_price": 1000.0,
                "engine_no": "E9",
            }
        )
        return order | self.env["dealer.vehicle"].create({"maker_order_no": "M-101", "series_id": self.series.id})

    def test_cars_whose_vin_is_to_come_go_out_and_come_in_again(self):
        cars = self._ordered_cars()
        before = self._export("vehicle")
        job = self.done(before)
        self.assertEqual((job.created_count, job.known_count, job.refused_count), (0, len(cars), 0))
        admin = self.make_user("mover", "dealer_vehicle.group_dealer_admin,base.group_allow_export", self.company_b)
        job = self.done(before, user=admin, company_id=self.company_b.id)
        self.assertEqual((job.created_count, job.refused_count), (2, 0), job.problem_ids.mapped("reason"))
        self.assertEqual(before, self._export("vehicle", user=admin))
        copies = self.env["dealer.vehicle"].search([("company_id", "=", self.company_b.id)])
        self.assertEqual(len(copies.vin_id), 2)
        self.assertFalse(any(copies.mapped("vin")))
        self.assertEqual(set(copies.mapped("name")), set(cars.mapped("name")))

    def test_vin_told_after_the_export_changes_nothing(self):
        cars = self._ordered_cars()
        before = self._export("vehicle")
        cars[0].vin = VINS[0]
        self.assertEqual(self.done(before).known_count, 2)
        self.assertEqual(cars[0].vin, VINS[0])

    def test_spreadsheet_comes_in_again(self):
        self._cars()
        data = self._export("vehicle", "xlsx")
        job = self.done(data, file_name="cars.xlsx")
        self.assertEqual((job.known_count, job.refused_count), (2, 0))

    def test_formulas_are_harmless(self):
        self._cars()
        self.assertIn("'=1+1", self._export("vehicle").decode("utf-8-sig"))

    def test_costs_by_right(self):
        self._cars()
        self.user_staff.group_ids |= self.env.ref("base.group_allow_export")
        self.assertIn("Cost", self._export("vehicle").decode("utf-8-sig").splitlines()[0])
        self.assertNotIn("Cost", self._export("vehicle", user=self.user_staff).decode("utf-8-sig").splitlines()[0])

    def test_export_is_a_right(self):
        with self.assertRaisesRegex(AccessError, "may not export"):
            self._export("vehicle", user=self.user_buyer)

    def test_everything_in_one_click(self):
        self._cars()
        self.make_car(VINS[2], self.company_b)
        action = self.env["dealer.export"].with_user(self.user_keeper).action_export_everything()
        self.assertIn("download=true", action["url"])
        export = self.env["dealer.export"].search([], order="id desc", limit=1)
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(export.file))) as archive:
            names = archive.namelist()
            self.assertEqual(len(names), 7)
            cars = archive.read("cars.csv").decode("utf-8-sig")
            plates = archive.read("dealer.vehicle.plate.csv").decode("utf-8-sig")
        self.assertIn(VINS[0], cars)
        self.assertNotIn(VINS[2], cars, "Another company's cars stay there")
        self.assertIn("沪A·12345", plates)

    def test_queries_do_not_grow(self):
        counts = []
        for first, count in ((1, 2), (100, 50)):
            for number in range(count):
                self.make_car(make_vin(first + number), product_id=self.product.id, owner_id=self.customer.id)
            self._export("vehicle")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._export("vehicle")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 3, counts)
