import base64

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.dealer_vehicle.models.dealer_import_kind import ImportRow

from .test_deliv import DealerDelivCommon


@tagged("post_install", "-at_install", "dealer")
class TestMakersAnswers(DealerDelivCommon):
    """What makers answer to retail reports comes in from a file, by VIN (P28)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.brand.has_retail_report = True

    def _reports(self):
        """Return the reports of two sold cars, sent to the maker."""
        contracts = [self._create_paid(), self._create_paid(car=self.car_2)]
        for contract in contracts:
            self._deliver(contract)
        reports = self.env["dealer.retail.report"].search([("contract_id", "in", [c.id for c in contracts])])
        reports.with_user(self.clerk).action_reported()
        return reports.sorted("id")

    def _read(self, *rows, user=None):
        text = "\n".join(["VIN;Answer;Number at the maker;Reason of refusal", *rows])
        job = (
            self.env["dealer.import"]
            .with_user(user or self.clerk)
            .create({"kind": "report", "file": base64.b64encode(text.encode()), "file_name": "answers.csv"})
        )
        job.action_check()
        return job

    def test_accepted_and_refused_by_vin(self):
        first, second = self._reports()
        job = self._read(f"{first.vin};Accepted;RDR-1;", f"{second.vin.lower()};refused;;No invoice picture")
        self.assertEqual((job.state, job.refused_count), ("checked", 0))
        self.assertEqual((first | second).mapped("state"), ["reported"] * 2, "a check writes nothing")
        job.action_run()
        self.assertEqual((first.state, first.number, first.date_answered), ("accepted", "RDR-1", fields.Date.today()))
        self.assertEqual((second.state, second.refuse_reason), ("refused", "No invoice picture"))

    def test_read_twice_changes_nothing(self):
        first, second = self._reports()
        rows = (f"{first.vin};accepted;RDR-1;", f"{second.vin};refused;;No invoice picture")
        self._read(*rows).action_run()
        again = self._read(*rows)
        again.action_run()
        self.assertEqual((again.known_count, again.created_count, again.refused_count), (2, 0, 0))
        second.with_user(self.clerk).action_reported()
        self._read(f"{second.vin};accepted;RDR-2;").action_run()
        self.assertEqual((second.state, second.number), ("accepted", "RDR-2"))

    def test_what_cannot_be_taken_is_named(self):
        first, second = self._reports()
        first.with_user(self.clerk).answer = "wrong date"
        first.with_user(self.clerk).action_refuse()
        rows = [
            "ZZSDSA1E4TT000099;accepted;;",
            f"{second.vin};refused;;",
            f"{second.vin};accepted;;",
            f"{first.vin};accepted;;",
            ";accepted;;",
        ]
        job = self._read(*rows)
        reasons = " | ".join(job.problem_ids.mapped("reason"))
        for words in ("No sale of this car", "Why did the maker refuse", "Press Reported first", "is missing"):
            self.assertIn(words, reasons)
        job.action_run()
        self.assertEqual(second.state, "reported", "named twice: nobody knows which row is right")
        job = self._read(f"{second.vin};Taken back;;")
        self.assertIn("accepts or refuses", job.problem_ids.reason)

    def test_rights(self):
        first, _second = self._reports()
        self.table = base64.b64encode(b"VIN;Answer\nZZSDSA1E4TT000099;accepted")
        with self.assertRaises(AccessError):
            self._read(f"{first.vin};accepted;;", user=self.advisor)
        self._read(f"{first.vin};accepted;;", user=self.manager).action_run()
        cars = self.env["dealer.import"].create({"kind": "vehicle", "file": self.table})
        with self.assertRaises(AccessError):
            cars.with_user(self.clerk).read(["state"])
        with self.assertRaises(AccessError):
            self.env["dealer.import"].with_user(self.clerk).create({"kind": "contract", "file": self.table})

    def test_as_many_queries_for_many(self):
        self._reports()
        kind = self.env["dealer.import.report"].with_user(self.clerk).with_company(self.company)

        def ask(vins):
            rows = [ImportRow(n, {"vin": vin, "answer": "accepted"}) for n, vin in enumerate(vins, 1)]
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            kind._take(rows, {})
            return self.cr.sql_log_count - before

        ask([self.car.vin])
        self.assertLessEqual(ask([self.car.vin, self.car_2.vin]), ask([self.car.vin]))

    def test_export_reads_back(self):
        first, _second = self._reports()
        kind = self.env["dealer.import.report"].with_user(self.clerk).with_company(self.company)
        rows = list(kind._export_batch(kind._export_records()))
        self.assertIn((first.vin, "reported"), [(row["vin"], row["answer"]) for row in rows])
