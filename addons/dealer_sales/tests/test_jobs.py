from datetime import date
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common_results import DealerResultsCommon
from .test_insurance import DealerInsuranceCommon


class StoppingJob:
    """Lets a job run until its first batches are committed, and then has no time left."""

    def __init__(self, registry, batches=1):
        self.registry, self.left, self.commits = registry, batches, 0

    def __enter__(self):
        stopping = self

        def commit_progress(cron, processed=0, **kwargs):
            if not processed:
                return 3600.0
            stopping.commits += 1
            stopping.left -= 1
            return 3600.0 if stopping.left > 0 else 0.0

        self.patcher = patch.object(self.registry["ir.cron"], "_commit_progress", commit_progress)
        self.patcher.start()
        return self

    def __exit__(self, *args):
        self.patcher.stop()


@tagged("post_install", "-at_install", "dealer")
class TestResultJobs(DealerResultsCommon):
    """Jobs stop after a batch, go on where they stopped, and do nothing twice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rows = cls.env["dealer.sales.result"]

    def _of(self, contracts):
        return self.rows.search([("contract_id", "in", contracts.ids)])

    def test_gross_of_new_results(self):
        contracts = self._sell() | self._sell() | self._sell()
        with (
            patch("odoo.addons.dealer_sales.models.dealer_sales_result.BATCH", 1),
            self._gross(1000.0),
        ):
            self.rows._cron_count()  # what the demonstration left
            self._of(contracts).is_gross_due = True
            with StoppingJob(self.registry) as job:
                self.rows._cron_count()
            self.assertEqual(job.commits, 1)
            self.assertEqual(len(self._of(contracts).filtered("is_gross_due")), 2)
            self.rows._cron_count()
        self.assertFalse(self._of(contracts).filtered("is_gross_due"))
        self.assertEqual(self._of(contracts).mapped("gross"), [1000.0] * 3)

    def test_each_night_the_gross_is_read_again(self):
        contracts = self._sell() | self._sell()
        with self._gross(1000.0):
            self.rows._cron_count()
        with freeze_time("2026-04-01"), patch("odoo.addons.dealer_sales.models.dealer_sales_result.BATCH", 1):
            self.rows._cron_refresh_gross()
            self.assertEqual(len(self._of(contracts).filtered("is_gross_stale")), 2)
            with self._gross(900.0):
                with StoppingJob(self.registry):
                    self.rows._cron_count()
                self.assertEqual(len(self._of(contracts).filtered("is_gross_stale")), 1)
                self.rows._cron_count()
        self.assertEqual(self._of(contracts).mapped("gross"), [900.0] * 2)

    def test_what_cannot_be_read_stands_in_nobodys_way(self):
        contract = self._sell()
        with self._gross(1000.0):
            self.rows._cron_count()
        row = self._of(contract)
        row.is_gross_stale = True
        with (
            patch.object(self.registry["dealer.contract"], "_get_gross_parts", lambda contract: 1 / 0),
            self.assertLogs("odoo.addons.dealer_vehicle.models.dealer_batch_mixin", "WARNING"),
        ):
            self.rows._cron_count()
        self.assertEqual((row.is_gross_stale, row.gross), (False, 1000.0))

    def test_commission_month_by_month(self):
        self.env["dealer.commission.rule"].create(
            {
                "name": "A car",
                "company_id": self.company.id,
                "date_from": date(2026, 1, 1),
                "tier_ids": [Command.create({"from_units": 1, "amount": 300.0})],
            }
        )
        statements = self.env["dealer.commission.statement"]
        with freeze_time("2026-03-20 06:00:00"):
            months = statements._get_periods_to_compute().filtered(lambda p: p.company_id == self.company)
            self.assertEqual(len(months), 2)
            with StoppingJob(self.registry) as job:
                statements._cron_compute()
            self.assertEqual(job.commits, 1)
            left = statements._get_periods_to_compute()
            statements._cron_compute()
            self.assertFalse(statements._get_periods_to_compute())
        self.assertTrue(left)
        with freeze_time("2026-03-21 06:00:00"):
            self.assertLessEqual(months, statements._get_periods_to_compute())

    def test_forecast_company_by_company(self):
        forecasts = self.env["dealer.sales.forecast"]
        done = []
        with patch.object(
            self.registry["dealer.sales.forecast"], "_compute_company", lambda self, company: done.append(company)
        ):
            with StoppingJob(self.registry):
                forecasts._cron_compute()
            self.assertEqual(len(done), 1)
            series = {"company_id": done[0].id, "series_id": self.series.id, "method": "naive"}
            site = self.env["stock.warehouse"].search([("company_id", "=", done[0].id)], limit=1)
            forecasts.create({**series, "site_id": site.id, "computed_on": fields.Datetime.now()})
            forecasts._cron_compute()
        self.assertEqual(done.count(done[0]), 1, "what the stopped run did is not done again")
        self.assertEqual(len(done), self.env["res.company"].search_count([]))


@tagged("post_install", "-at_install", "dealer")
@freeze_time("2026-03-10 08:00:00")
class TestRenewalJob(DealerInsuranceCommon):
    def test_listed_batch_by_batch_once(self):
        renewals = self.env["dealer.insurance.renewal"]
        for car in (self.car, self.car_2):
            self._create_policy(car, date(2026, 4, 15))
        mine = [("company_id", "=", self.company.id)]
        with patch("odoo.addons.dealer_sales.models.dealer_insurance_renewal.BATCH", 1):
            renewals._cron_list()
            renewals.search(mine).unlink()
            with StoppingJob(self.registry) as job:
                renewals._cron_list()
            self.assertEqual((job.commits, renewals.search_count(mine)), (1, 1))
            renewals._cron_list()
            renewals._cron_list()
        self.assertEqual(renewals.search(mine).vehicle_id, self.car | self.car_2)
