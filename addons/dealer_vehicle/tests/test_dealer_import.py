from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..models import dealer_import
from ..models.dealer_vehicle_bulk import CAR_FIELDS, IDENTITY_FIELDS
from .common import VINS, DealerVehicleCommon, make_vin
from .common_files import as_csv, as_xlsx, encoded

HEADINGS = ["VIN", "Brand", "Series", "Trim", "Plate", "Mileage (km)", "Owner", "Owner's Phone", "Colour"]


class DealerImportCommon(DealerVehicleCommon):
    """Imports by the stock keeper."""

    def job(self, rows, kind="vehicle", user=None, **values):
        """Create an import of rows (the first are the headings), or of a file's bytes."""
        data = rows if isinstance(rows, bytes) else as_csv(rows)
        Job = self.env["dealer.import"].with_user(user or self.user_keeper)
        return Job.create({"kind": kind, "file": encoded(data), "file_name": "list.csv", **values})

    def done(self, *args, **values):
        """Create, check and run an import."""
        job = self.job(*args, **values)
        job.action_check()
        self.assertEqual(job.state, "checked", job.message)
        job.action_run()
        self.assertEqual(job.state, "done", job.message)
        return job

    def row(self, number, **values):
        """Return a good row of ``HEADINGS``."""
        defaults = {
            "VIN": make_vin(number),
            "Brand": "Northstar",
            "Series": "N5",
            "Trim": "Comfort",
            "Plate": f"沪A·{number:05d}",
            "Mileage (km)": 1000 + number,
            "Owner": "Li Wei",
            "Owner's Phone": "+86 138 0013 8000",
            "Colour": "red",
        }
        return [{**defaults, **values}.get(name, "") for name in HEADINGS]


@tagged("post_install", "-at_install", "dealer")
class TestDealerImport(DealerImportCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a.country_id = cls.env.ref("base.cn")

    def test_check_writes_nothing(self):
        before = self.env["dealer.vehicle"].search_count([])
        job = self.job([HEADINGS, self.row(1), self.row(2, VIN="123")])
        job.action_check()
        self.assertEqual((job.state, job.total_count, job.created_count, job.refused_count), ("checked", 2, 1, 1))
        self.assertEqual(self.env["dealer.vehicle"].search_count([]), before)
        self.assertRecordValues(job.problem_ids, [{"row": 3, "column": "VIN", "value": "123"}])

    def test_cars_are_as_if_typed(self):
        self.done([HEADINGS, self.row(1)])
        imported = self.env["dealer.vehicle"].search([("vin", "=", make_vin(1))])
        typed = self.make_car(
            make_vin(2),
            owner_id=self.customer.id,
            brand_id=self.brand.id,
            series_id=self.series.id,
            trim_name="Comfort",
            colour_exterior="red",
        )
        typed.plate_ids = [(0, 0, {"plate": "沪A·00001", "date_from": False, "partner_id": self.customer.id})]
        typed.odometer_ids = [(0, 0, {"km": 1001})]
        self.env.flush_all()
        self.env.invalidate_all()
        differing = {"id", "name", "vin", "vin_id", "vin_typed", "vin_confirmed", "create_uid", "write_uid"}
        for model, one, other in (
            ("dealer.vehicle", imported, typed),
            ("dealer.vin", imported.vin_id, typed.vin_id),
            ("dealer.vehicle.plate", imported.plate_ids, typed.plate_ids),
            ("dealer.vehicle.odometer", imported.odometer_ids, typed.odometer_ids),
        ):
            names = [
                name
                for name, field in self.env[model]._fields.items()
                if field.store
                and field.column_type
                and name not in differing | {"create_date", "write_date", "vehicle_id", "date"}
            ]
            for name in names:
                self.assertEqual(one[name], other[name], f"{model}.{name}")
        self.assertEqual(imported.name.split(" · ", 1)[1], typed.name.split(" · ", 1)[1])
        self.assertEqual(imported.vin_id.create_uid, self.user_keeper)

    def test_same_file_twice_doubles_nothing(self):
        rows = [HEADINGS, self.row(1), self.row(2)]
        self.done(rows)
        count = self.env["dealer.vehicle"].search_count([])
        job = self.done(rows)
        self.assertEqual((job.created_count, job.known_count, job.refused_count), (0, 2, 0))
        self.assertEqual(self.env["dealer.vehicle"].search_count([]), count)
        job = self.job(rows, known="refuse")
        job.action_check()
        self.assertEqual((job.known_count, job.refused_count), (0, 2))

    def test_order_number_stands_for_a_vin_to_come(self):
        other = self.env["fleet.vehicle.model.brand"].create({"name": "Othermaker"})
        headings = ["VIN", "Maker's Order Number", "Brand"]
        job = self.done([headings, ["", "A-1", "Northstar"], ["", "A-2", ""], [VINS[0], "A-3", "Northstar"]])
        self.assertEqual(job.created_count, 3)
        job = self.job(
            [
                headings,
                ["", "A-1", "Northstar"],
                ["", "A-2", ""],
                ["", "A-3", ""],
                ["", "A-1 ", "Northstar"],
                ["", "A-2", other.name],
                [VINS[1], "A-1", "Northstar"],
                ["", "", "Northstar"],
            ]
        )
        job.action_check()
        self.assertEqual((job.created_count, job.known_count), (0, 3))
        self.assertEqual(
            {problem.row: problem.column for problem in job.problem_ids},
            {5: "Maker's Order Number", 6: "Maker's Order Number", 7: "Maker's Order Number", 8: "VIN"},
        )
        job = self.job([["VIN", "Maker's Order Number"], ["", "A-1"], [VINS[0], ""]], known="refuse")
        job.action_check()
        self.assertEqual(job.problem_ids.mapped("column"), ["Maker's Order Number", "VIN"])

    def test_order_numbers_without_a_column_of_vins(self):
        job = self.done([["Maker's Order Number", "Colour"], ["B-1", "red"], ["B-2", "blue"]])
        self.assertEqual(job.created_count, 2)
        typed = self.env["dealer.vehicle"].create({"maker_order_no": "B-3", "colour_exterior": "red"})
        imported = self.env["dealer.vehicle"].search([("maker_order_no", "=", "B-1")])
        self.env.flush_all()
        self.env.invalidate_all()
        for name in ("vin", "vin_typed", "place", "claim", "title", "condition", "tax_regime", "is_check_digit_ok"):
            self.assertEqual(imported[name], typed[name], name)
        self.assertEqual(imported.name, "B-1")

    def test_imported_cars_are_written_once(self):
        vals = {**dict.fromkeys((*IDENTITY_FIELDS, *CAR_FIELDS), False), "condition": "new", "tax_regime": "standard"}
        vals.update(vin=VINS[1], company_id=self.env.company.id, active=True, odometer_km=5, plate="A 1")
        self.env["dealer.vehicle"]._bulk_create([vals])
        left = [str(field) for field in self.env.transaction.tocompute if field.model_name.startswith("dealer.v")]
        self.assertFalse(left, "Derived afterwards, each car would be written twice.")

    def test_rows_are_refused_with_column_and_reason(self):
        rows = [
            HEADINGS,
            self.row(1),
            self.row(2, VIN=make_vin(1).lower()),
            self.row(3, Brand="Unknown"),
            self.row(4, Series="N9"),
            self.row(5, **{"Mileage (km)": "many"}),
            self.row(6, **{"Owner": "Nobody", "Owner's Phone": "13900139000"}),
            self.row(7, **{"Owner": "Somebody Else"}),
            self.row(8, VIN=""),
            self.row(9, VIN="IHGCM82633AOO4352"),
        ]
        job = self.job(rows)
        job.action_check()
        found = {problem.row: (problem.column, problem.reason) for problem in job.problem_ids}
        self.assertEqual(
            {row: column for row, (column, _reason) in found.items()},
            {3: "VIN", 4: "Brand", 5: "Series", 6: "Mileage (km)", 7: "Owner", 8: "Owner", 9: "VIN", 10: "VIN"},
        )
        self.assertIn("Row 2", found[3][1])
        self.assertIn("Li Wei", found[8][1])
        self.assertIn("1HGCM82633A004352", found[10][1])

    def test_good_rows_kept_and_the_rest_corrected(self):
        job = self.done([HEADINGS, self.row(1), self.row(2, Series="N9"), self.row(3)])
        self.assertEqual((job.created_count, job.refused_count, job.progress), (2, 1, 100.0))
        data = job._prepare_problem_file()["raw"]
        self.assertEqual(data.decode("utf-8-sig").count("\r\n"), 2)
        self.assertIn("N9", data.decode("utf-8-sig"))
        again = self.done(data.replace(b"N9", b"N5"))
        self.assertEqual((again.created_count, again.refused_count), (1, 0))
        action = job.action_download_problems()
        self.assertIn("/web/content/", action["url"])

    def test_all_or_nothing(self):
        job = self.job([HEADINGS, self.row(1), self.row(2, Series="N9")], mode="all")
        job.action_check()
        with self.assertRaisesRegex(UserError, "none is taken"):
            job.action_run()
        self.assertFalse(self.env["dealer.vehicle"].search_count([("vin", "=", make_vin(1))]))

    def test_all_or_nothing_when_a_row_went_bad_meanwhile(self):
        job = self.job([HEADINGS, *(self.row(n, **{"Owner": "", "Owner's Phone": ""}) for n in range(4))], mode="all")
        job.action_check()
        self.series.name = "N6"
        with (
            patch.object(dealer_import, "BATCH", 1),
            self.assertRaisesRegex(UserError, "Check it again"),
            self.env.cr.savepoint(),
        ):
            job.action_run()
        self.series.name = "N5"
        self.assertFalse(self.env["dealer.vehicle"].search_count([("vin", "=", make_vin(0))]))

    def test_wrong_check_digit_is_taken_unconfirmed(self):
        wrong = VINS[0][:8] + "9" + VINS[0][9:]
        self.done([["VIN"], [wrong], [VINS[1]]])
        car = self.env["dealer.vehicle"].search([("vin", "=", wrong)])
        self.assertFalse(car.vin_confirmed)
        self.assertIn("check digit", "".join(car.message_ids.mapped("body")))
        self.assertFalse(self.env["dealer.vehicle"].search([("vin", "=", VINS[1])]).message_ids.filtered("body"))
        self.company_a.dealer_enforce_check_digit = True
        job = self.job([["VIN"], [VINS[2][:8] + "9" + VINS[2][9:]]])
        job.action_check()
        self.assertEqual(job.refused_count, 1)

    def test_vin_of_a_sister_company(self):
        sister = self.make_car(VINS[0], self.company_b, series_id=self.series.id)
        self.done([["VIN", "Plate", "Mileage"], [VINS[0], "沪B1", "5"]])
        car = self.env["dealer.vehicle"].search([("vin", "=", VINS[0]), ("company_id", "=", self.company_a.id)])
        self.assertEqual(car.vin_id, sister.vin_id)
        self.assertEqual((car.plate, car.odometer_km, car.series_id), ("沪B1", 5, self.series))

    def test_interrupted_and_gone_on(self):
        rows = [HEADINGS, *(self.row(number) for number in range(7))]
        job = self.job(rows)
        job.action_check()
        seen = []
        with patch.object(dealer_import, "BATCH", 3), patch.object(dealer_import, "FOREGROUND_BYTES", 10):
            job.action_run()
            self.assertEqual((job.state, job.created_count), ("running", 0), "A big file waits for the cron")

            def out_of_time(count):
                seen.append(count)
                return 0

            self.assertFalse(job.sudo()._work(out_of_time))
            self.assertEqual((seen, job.next_row, job.created_count, round(job.progress)), ([3], 4, 3, 43))
            job.action_stop()
            self.assertEqual(job.state, "failed")
            job.action_run()
            job.sudo()._work(lambda count: seen.append(count) or 1)
        self.assertEqual((seen, job.state, job.created_count), ([3, 3, 1], "done", 7))
        vins = [make_vin(number) for number in range(7)]
        self.assertEqual(self.env["dealer.vehicle"].search_count([("vin", "in", vins)]), 7)

    def test_batch_that_fails_is_undone_and_named(self):
        job = self.job([HEADINGS, *(self.row(number) for number in range(4))])
        job.action_check()
        bulk = type(self.env["dealer.vehicle"])._bulk_create
        calls = []

        def fails_second(cars, vals_list):
            calls.append(vals_list)
            result = bulk(cars, vals_list)
            if len(calls) == 2:
                raise RuntimeError("The disk is full.")
            return result

        with (
            patch.object(dealer_import, "BATCH", 2),
            patch.object(type(self.env["dealer.vehicle"]), "_bulk_create", fails_second),
            self.assertLogs("odoo.addons.dealer_vehicle.models.dealer_import", "WARNING"),
        ):
            job.action_run()
        self.assertEqual((job.state, job.created_count, job.next_row), ("failed", 2, 3))
        self.assertIn("disk", job.message)
        job.action_run()
        self.assertEqual((job.state, job.created_count), ("done", 4))

    def test_background(self):
        job = self.job([HEADINGS, self.row(1)])
        with patch.object(dealer_import, "FOREGROUND_BYTES", 10):
            job.action_check()
            self.assertEqual(job.state, "checking")
            with self.enter_registry_test_mode():
                self.env.ref("dealer_vehicle.ir_cron_dealer_import").method_direct_trigger()
            job.invalidate_recordset()
            self.assertEqual((job.state, job.created_count), ("checked", 1))

    def test_form_proposes_columns(self):
        form = Form(self.env["dealer.import"].with_user(self.user_keeper))
        form.file = encoded(as_xlsx([["车架号", "颜色", "?"], [VINS[0], "珠光白", 1]]))
        job = form.save()
        self.assertEqual(job.column_ids.mapped("field_name"), ["vin", "colour_exterior", False])
        with self.assertRaisesRegex(UserError, "neither CSV"), self.env.cr.savepoint():
            self.job(b"%PDF-1")
        missing = self.job([["Plate", "Colour"], ["a", "b"]])
        with self.assertRaisesRegex(UserError, "VIN"):
            missing.action_check()

    def test_models_and_owners(self):
        models = [
            ["品牌", "车系", "车型", "年款", "厂家指导价", "能源类型"],
            ["Southstar", "S1", "Base", "2026", "￥99900.00", "Electric"],
            ["Southstar", "S1", "Top", "2026", "119900", "electric"],
            ["Southstar", "S2", "", "", "", ""],
            ["Southstar", "S3", "Base", "2026", "1", "steam"],
        ]
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.job(models, kind="model").action_check()
        job = self.done(models, kind="model", user=self.user_admin)
        self.assertEqual((job.created_count, job.refused_count), (3, 1))
        self.assertIn("Electric", job.problem_ids.reason)
        trim = self.env["product.template"].search([("name", "=", "Base"), ("brand_id.name", "=", "Southstar")])
        self.assertRecordValues(
            trim, [{"is_vehicle": True, "guide_price": 99900.0, "energy": "electric", "tracking": "serial"}]
        )
        self.assertEqual(self.done(models, kind="model", user=self.user_admin).created_count, 0)

        owners = [
            ["姓名", "手机", "国家", "省份", "邮箱"],
            ["Li Wei", "138-0013-8000", "", "", ""],
            ["Wang Fang", "13900139000", "CN", "", "wang@example.com"],
            ["Wang Fang", "139 0013 9000", "CN", "", ""],
            ["Zhao", "13700137000", "Atlantis", "", "no mail"],
            ["Wrong", "13800138000", "", "", ""],
        ]
        job = self.done(owners, kind="owner")
        self.assertEqual((job.created_count, job.known_count, job.refused_count), (1, 1, 3))
        self.assertEqual(self.env["res.partner"].search([("phone", "=", "13900139000")]).name, "Wang Fang")
        self.assertEqual(self.done(owners, kind="owner").created_count, 0)

    def test_who_may(self):
        for user in (self.user_staff, self.user_auditor):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.job([["VIN"], [VINS[0]]], user=user)
        job = self.job([["VIN"], [VINS[0]]])
        self.assertEqual(job.with_user(self.user_auditor).state, "draft")
        with self.assertRaisesRegex(UserError, "cannot be typed"):
            job.write({"state": "done"})
        self.assertFalse(self.env["dealer.import"].with_user(self.user_b).search([("id", "=", job.id)]))
        forged = self.job([["VIN"], [VINS[0]]], state="done", created_count=5, user_id=self.user_admin.id)
        self.assertEqual((forged.state, forged.created_count, forged.user_id), ("draft", 0, self.user_keeper))

    def test_queries_do_not_grow(self):
        counts = []
        for first, count in ((100, 1), (200, 1), (300, 100)):
            job = self.job([HEADINGS, *(self.row(first + number) for number in range(count))])
            job.action_check()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            job.action_run()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1] + 6, counts)
