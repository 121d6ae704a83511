import base64
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_claims import DealerClaimCommon

FIRST, SECOND, THIRD = "LSVAA4187E2123456", "LSVAA4187E2123457", "LSVAA4187E2123458"


@tagged("post_install", "-at_install", "dealer")
class TestCampaign(DealerClaimCommon):
    """P10: the cars of a recall get their task, known or not yet; the work fulfils it and is claimed."""

    def _campaign(self, **values):
        return (
            self.env["dealer.campaign"]
            .with_user(self.clerk)
            .create(
                {
                    "code": "R-24-07",
                    "name": "Replace igniter",
                    "brand_id": self.brand.id,
                    "company_id": self.company.id,
                    "operation_id": self.operation.id,
                    **values,
                }
            )
        )

    def _car(self, vin, **values):
        car = self._make_car(vin)
        car.write({"brand_id": self.brand.id, **values})
        return car

    def _read(self, campaign, *rows, run=True):
        text = "\n".join(["Maker's number of the campaign;VIN;Last VIN of the range", *rows])
        job = (
            self.env["dealer.import"]
            .with_user(self.clerk)
            .create(
                {
                    "kind": "campaign_car",
                    "company_id": self.company.id,
                    "file": base64.b64encode(text.encode()),
                    "file_name": "recall.csv",
                }
            )
        )
        job.action_check()
        if run:
            job.action_run()
        return job

    def test_list_task_stop_sale_job_claim(self):
        campaign = self._campaign(has_stop_sale=True)
        first = self._car(FIRST)
        job = self._read(campaign, f"R-24-07;{FIRST};", f"R-24-07;{SECOND};")
        self.assertRecordValues(job, [{"state": "done", "created_count": 2}])
        self.assertFalse(first.task_ids, "not started yet")
        campaign.action_start()
        task = first.task_ids
        self.assertRecordValues(task, [{"kind": "recall", "state": "open", "is_before_delivery": True}])
        self.assertTrue(first.has_stop_sale)
        self.assertRecordValues(campaign, [{"car_count": 2, "waiting_count": 1, "open_count": 1, "completion": 0.0}])
        self._warrant(first)
        order = self._make_order(dealer_vehicle_id=first.id, job_ids=[])
        order.action_add_tasks()
        recall = order.job_ids
        self.assertRecordValues(
            recall, [{"repair_kind": "recall", "pay_type": "warranty", "task_id": task.id, "labour_hours": 1.5}]
        )
        self.assertEqual(recall.split_ids.partner_id, self.maker)
        recall.write({"cause": "Igniter", "correction": "Replaced"})
        order.action_check_in()
        self._settle(order)
        self.assertEqual(task.state, "done")
        self.assertFalse(first.has_stop_sale, "lifted with the work")
        self.assertRecordValues(campaign, [{"done_count": 1, "completion": 100.0}])
        claim = order.sudo().claim_ids.with_user(self.clerk)
        self.assertRecordValues(claim, [{"kind": "campaign", "campaign_id": campaign.id, "coverage_note": False}])
        claim.action_submit()
        self.assertEqual(claim.batch_id.sudo()._get_rows()[0]["campaign"], "R-24-07")

    def test_an_unknown_vin_waits_for_its_car(self):
        campaign = self._campaign(has_stop_sale=True)
        self._read(campaign, f"R-24-07;{FIRST};")
        campaign.action_start()
        car = self._make_car(FIRST)
        self.assertEqual(car.task_ids.kind, "recall")
        self.assertTrue(car.has_stop_sale)
        self.assertEqual(campaign.car_ids.state, "open")

    def test_ranges_series_and_dates(self):
        series = self.env["fleet.vehicle.model"].create({"name": "Claimed Series", "brand_id": self.brand.id})
        first = self._car(FIRST, series_id=series.id, shipped_date="2024-03-01")
        second = self._car(SECOND, series_id=series.id, shipped_date="2024-06-01")
        third = self._car(THIRD, shipped_date="2024-03-01")
        campaign = self._campaign(
            series_ids=[Command.set(series.ids)], shipped_from="2024-01-01", shipped_to="2024-04-30"
        )
        campaign.action_start()
        self.assertEqual(campaign.car_ids.vehicle_id, first)
        other = self._campaign(code="R-2", range_ids=[Command.create({"vin_from": SECOND, "vin_to": THIRD})])
        other.action_start()
        self.assertEqual(other.car_ids.vehicle_id, second | third)
        late = self._car("LSVAA4187E2123459", series_id=series.id)
        self.assertNotIn(late, campaign.car_ids.vehicle_id)

    def test_a_range_from_the_file_is_looked_for_in_the_background(self):
        campaign = self._campaign()
        campaign.action_start()
        car = self._car(SECOND)
        self._read(campaign, f"R-24-07;{FIRST};{THIRD}")
        self.assertFalse(campaign.car_ids)
        with self.enter_registry_test_mode():
            self.env.ref("dealer_workshop.ir_cron_dealer_campaign").method_direct_trigger()
        self.assertEqual(campaign.car_ids.vehicle_id, car)

    def test_bad_rows(self):
        campaign = self._campaign()
        job = self._read(
            campaign, f"R-24-07;{THIRD};{FIRST}", f"X-1;{FIRST};", "R-24-07;NOVIN;", f"R-24-07;{SECOND};", run=False
        )
        reasons = " ".join(job.problem_ids.mapped("reason"))
        for words in ("exchange them", "No campaign", "cannot be a VIN"):
            self.assertIn(words, reasons)
        self.assertEqual((job.refused_count, job.created_count), (3, 1))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            campaign.range_ids.create({"campaign_id": campaign.id, "vin_from": THIRD, "vin_to": FIRST})
        with self.assertRaisesRegex(UserError, "cannot be a VIN"):
            campaign.range_ids.create({"campaign_id": campaign.id, "vin_from": "X", "vin_to": FIRST})

    def test_a_misread_vin_is_told_not_refused(self):
        """A recall is a matter of safety: a doubtful VIN is kept and shown, until its car turns out to bear it."""
        campaign = self._campaign()
        wrong, right, european = "1HGCM82643A004352", "1HGCM82633A004352", "WVWZZZ1KZAW000001"
        job = self._read(campaign, f"R-24-07;{wrong};", f"R-24-07;{right};", f"R-24-07;{european};")
        self.assertEqual((job.created_count, job.refused_count), (3, 0))
        doubtful = campaign.car_ids.filtered("is_vin_doubtful")
        self.assertEqual(doubtful.mapped("vin"), [wrong])
        self.assertIn("ought to be 3", doubtful.vin_warning)
        self.assertEqual(campaign.doubtful_count, 1)
        self.assertEqual(campaign.car_ids.search(campaign.action_view_doubtful()["domain"]), doubtful)
        with self.assertRaises(AccessError):
            doubtful.write({"is_vin_doubtful": False})
        self._car(wrong)
        self.assertFalse(doubtful.is_vin_doubtful, "a car of ours bears it: it was compared with the papers")
        campaign.invalidate_recordset(["doubtful_count"])
        self.assertEqual(campaign.doubtful_count, 0)

    def test_closing_lifts_stop_sales_and_cancels_tasks(self):
        campaign = self._campaign(has_stop_sale=True)
        car = self._car(FIRST)
        other = self._campaign(code="R-2", has_stop_sale=True)
        for one in (campaign, other):
            self._read(one, f"{one.code};{FIRST};")
            one.action_start()
        campaign.action_close()
        self.assertTrue(car.has_stop_sale, "the other recall forbids it still")
        other.action_close()
        self.assertFalse(car.has_stop_sale)
        self.assertEqual(set(car.task_ids.mapped("state")), {"cancelled"})
        with self.assertRaises(UserError):
            campaign.action_start()

    def test_rights(self):
        campaign = self._campaign()
        with self.assertRaises(AccessError):
            campaign.with_user(self.advisor).action_start()
        with self.assertRaises(AccessError):
            campaign.state = "running"
        with self.assertRaises(AccessError):
            self.env["dealer.campaign.car"].with_user(self.clerk).create({"campaign_id": campaign.id, "vin": FIRST})
        with self.assertRaises(AccessError):
            campaign.with_user(self.technician).write({"name": "x"})

    def test_many_cars_ask_as_often_as_few(self):
        campaign = self._campaign()
        campaign.action_start()
        vins = [f"LSVAA4187E21235{number:02}" for number in range(60)]
        for vin in vins[:50]:
            self._make_car(vin)
        counts = []
        for some in (vins[:2], vins[2:50]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            campaign.sudo().with_context(tracking_disable=True)._add_vins(some)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLess(counts[1], counts[0] * 2, counts)


@tagged("post_install", "-at_install", "dealer")
class TestStatutoryWarranty(DealerClaimCommon):
    """P41: days in the workshop and repairs of one defect against the limits of the law."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.country_id = cls.env.ref("base.cn")
        cls.limit = cls.env["dealer.statutory.limit"].search([("country_id", "=", cls.env.ref("base.cn").id)], limit=1)
        cls.limit.write({"days": 30, "days_warning": 26, "repairs": 4, "repairs_warning": 3})
        cls.env["dealer.vehicle.warranty"].create(
            {
                "vehicle_id": cls.car.id,
                "kind": "statutory_return",
                "date_start": fields.Date.today() - timedelta(days=200),
                "months": 24,
            }
        )

    def _visit(self, days_ago, days=None, pay_type="warranty"):
        order = self._make_order()
        order.job_ids.pay_type = pay_type
        order.action_check_in()
        arrived = fields.Datetime.now() - timedelta(days=days_ago)
        values = {"reception_date": arrived}
        if days is not None:
            values["handed_over_on"] = arrived + timedelta(days=days)
        order.sudo().write(values)
        return order

    def _row(self):
        self.env.invalidate_all()
        return self.env["dealer.statutory.watch"].with_user(self.advisor).search([("vehicle_id", "=", self.car.id)])

    def test_day_26_of_30(self):
        self._visit(60, 10)
        self._visit(100, 50, pay_type="customer")
        inside = self._visit(15)
        self.assertRecordValues(self._row(), [{"days": 25, "is_warned": False, "is_in_workshop": True, "repairs": 2}])
        self.assertFalse(inside.statutory_warning)
        inside.sudo().reception_date -= timedelta(days=1)
        self.assertRecordValues(self._row(), [{"days": 26, "days_left": 4, "is_warned": True}])
        inside.invalidate_recordset()
        self.assertIn("day 26 of 30", inside.statutory_warning)
        for _run in range(2):
            self.env["dealer.statutory.watch"]._cron_warn()
        self.assertEqual(len(inside.sudo().activity_ids), 1, "warned once")

    def test_the_same_defect_again(self):
        for days_ago in (60, 40, 20):
            self._visit(days_ago, 0)
        self.assertRecordValues(self._row(), [{"days": 0, "repairs": 3, "is_warned": True}])

    def test_visits_outside_the_period_do_not_count(self):
        self._visit(300, 40)
        self.assertFalse(self._row())
