import base64
import csv
import io

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import DealerSalesCommon

HEADINGS = ["Name", "Phone", "Email", "Brand", "Series", "Budget", "Intent level", "Channel", "Sales advisor", "Note"]


@tagged("post_install", "-at_install", "dealer")
class TestLeadImport(DealerSalesCommon):
    """Enquiries of a fair come in from a file."""

    def _job(self, rows, user=None, **vals):
        stream = io.StringIO()
        csv.writer(stream).writerows([HEADINGS, *rows])
        data = base64.b64encode(stream.getvalue().encode())
        jobs = self.env["dealer.import"].with_user(user or self.manager)
        return jobs.create({"kind": "lead", "file": data, "file_name": "fair.csv", **vals})

    def _row(self, number, **changes):
        row = {
            "Name": f"Guest {number}",
            "Phone": f"+32 471 00 {number:02d} 00",
            "Brand": "Testa",
            "Series": "One",
            "Budget": "25000",
            "Intent level": "H",
            **changes,
        }
        return [row.get(name, "") for name in HEADINGS]

    def _made(self):
        return self.env["crm.lead"].search([("contact_name", "like", "Guest"), ("company_id", "=", self.company.id)])

    def test_checked_first_then_written(self):
        self.env["crm.lead"].with_user(self.advisor).create({"contact_name": "Known", "phone": "0471 00 01 00"})
        rows = [
            self._row(1),  # a live enquiry has this phone
            self._row(2, **{"Sales advisor": self.advisor_2.login, "Note": "<i>likes</i> blue"}),
            self._row(3, Series="Nine"),
            self._row(4, Phone="12"),
            self._row(5, Phone="", Email=""),
            self._row(6, **{"Intent level": "Z"}),
            self._row(2, Name="Guest twice"),
        ]
        job = self._job(rows)
        job.action_check()
        self.assertEqual(
            (job.state, job.created_count, job.known_count, job.refused_count), ("checked", 1, 1, 5), job.message
        )
        self.assertFalse(self._made())
        self.assertEqual(job.problem_ids.mapped("row"), [4, 5, 6, 7, 8])
        job.action_run()
        self.assertEqual(job.state, "done", job.message)
        lead = self._made()
        self.assertRecordValues(
            lead,
            [
                {
                    "contact_name": "Guest 2",
                    "user_id": self.advisor_2.id,
                    "budget": 25000,
                    "wanted_series_ids": self.series.ids,
                    "intent_level_id": self.env.ref("dealer_sales.dealer_intent_level_h").id,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertNotIn("<i>", lead.description)

    def test_twice_doubles_nothing(self):
        for expected in ((2, 0), (0, 2)):
            job = self._job([self._row(1), self._row(2)])
            job.action_check()
            job.action_run()
            self.assertEqual((job.created_count, job.known_count), expected)
        self.assertEqual(len(self._made()), 2)
        self.assertFalse(self._made().user_id, "nobody's: they wait in the pool")

    def test_rights(self):
        with self.assertRaises(AccessError):
            self._job([self._row(1)], user=self.advisor)
        cars = (
            self.env["dealer.import"]
            .with_user(self.stock_keeper)
            .create({"kind": "vehicle", "file": base64.b64encode(b"VIN\nX"), "file_name": "cars.csv"})
        )
        with self.assertRaises(AccessError):
            cars.with_user(self.manager).read(["file"])
        with self.assertRaises(AccessError):
            self._job([self._row(1)], kind="owner")

    def test_an_export_comes_in_again(self):
        self.env["crm.lead"].with_user(self.advisor).create(
            {"contact_name": "Guest 9", "phone": "+32471009900", "budget": 100, "wanted_series_ids": self.series.ids}
        )
        self.env["crm.lead"].with_user(self.advisor_2).create({"contact_name": "Guest 8", "phone": "+32471008800"})
        export = self.env["dealer.export"].with_user(self.advisor)
        with self.assertRaises(AccessError):
            self.advisor.group_ids -= self.env.ref("base.group_allow_export")
            export.create({"kind": "lead", "file_format": "csv"}).action_export()
        self.advisor.group_ids |= self.env.ref("base.group_allow_export")
        wizard = export.create({"kind": "lead", "file_format": "csv"})
        wizard.action_export()
        text = base64.b64decode(wizard.with_user(self.advisor).file).decode("utf-8-sig")
        self.assertIn("Guest 9", text)
        self.assertNotIn("Guest 8", text, "an advisor exports his own customers")
        job = (
            self.env["dealer.import"]
            .with_user(self.manager)
            .create({"kind": "lead", "file": base64.b64encode(text.encode()), "file_name": "again.csv"})
        )
        job.action_check()
        self.assertEqual((job.refused_count, job.known_count), (0, job.total_count), job.problem_ids.mapped("reason"))
