from datetime import timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger, sql

from .test_settlement_payers import SettlementMoneyCommon


class EntitlementCommon(SettlementMoneyCommon):
    """A policy for prepaid money, entitlements given and paid, visits on them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.liability = cls._make_account("Prepaid services", "299901", "liability_current")
        cls.revenue = cls._make_account("Prepaid services used", "499901", "income")
        cls.breakage = cls._make_account("Prepaid services expired", "499902", "income_other")
        cls.entitlement_policy = cls.env["dealer.entitlement.policy"].create(
            {
                "company_id": cls.company.id,
                "date_from": "2020-01-01",
                "liability_account_id": cls.liability.id,
                "revenue_account_id": cls.revenue.id,
                "breakage_account_id": cls.breakage.id,
                "journal_id": cls.env["account.journal"]
                .search(
                    [*cls.env["account.journal"]._check_company_domain(cls.company), ("type", "=", "general")], limit=1
                )
                .id,
            }
        )

    def _entitlement(self, is_paid=True, **values):
        """Return an entitlement given to the customer, paid when it is prepaid."""
        entitlement = (
            self.env["dealer.entitlement"]
            .with_user(self.manager)
            .with_company(self.company)
            .create(
                {
                    "partner_id": self.customer.id,
                    "vehicle_id": self.car.id,
                    "description": "Oil services",
                    "count_total": 3,
                    "amount_total": 1000,
                    **values,
                }
            )
        )
        entitlement.action_issue()
        if is_paid and entitlement.bearer == "prepaid":
            bills = entitlement.sudo().sale_order_id.invoice_ids
            register = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=bills.ids
            )
            register.create({})._create_payments()
            entitlement.invalidate_recordset()
        return entitlement

    def _visit(self, entitlement, quantity=0, settle=True):
        order = self._checked_in(quantity)
        order.job_ids.with_user(self.advisor).entitlement_id = entitlement
        self._make_ready(order)
        if settle:
            order.with_user(self.advisor).action_settle()
        return order


@tagged("post_install", "-at_install", "dealer")
class TestEntitlement(EntitlementCommon):
    """P38: first service, package, coupon, stored value; liability until used, exact, expiry."""

    def test_it_is_called_new_until_it_has_a_number(self):
        entitlements = self.env["dealer.entitlement"].with_user(self.manager).with_company(self.company)
        self.assertFalse(entitlements.new({"description": "Oil"}).display_name, "the web client says New")
        one = self._entitlement(is_paid=False)
        self.assertEqual(one.display_name, f"{one.name} · Oil services (3 of 3 left)")

    def test_a_package_is_liability_until_used(self):
        entitlement = self._entitlement()
        self.assertEqual(self.balance(self.liability), -1000)
        self.assertEqual(self.balance(self.revenue), 0)
        self.assertFalse(entitlement.sudo().sale_order_id.invoice_ids.amount_tax)
        taken = []
        for _visit in range(3):
            order = self._visit(entitlement)
            self.assertFalse(self._invoices(order))
            taken.append(entitlement.use_ids.sorted("id")[-1].amount)
        self.assertEqual(taken, [333.33, 333.33, 333.34])
        self.assertEqual(self.balance(self.liability), 0)
        self.assertEqual(self.balance(self.revenue), -1000)
        self.assertEqual((entitlement.state, entitlement.count_left), ("used", 0))

    def _plan(self, **values):
        return self.env["dealer.entitlement.plan"].create(
            {
                "description": "3 oil services",
                "count_total": 3,
                "amount_total": 1180,
                "operation_ids": [Command.set(self.operation.ids)],
                "months": 24,
                "km": 30000,
                **values,
            }
        )

    def test_an_advisor_sells_what_is_on_sale(self):
        plan = self._plan()
        self.car.odometer_ids.create({"vehicle_id": self.car.id, "km": 12000})
        packages = self.env["dealer.entitlement"].with_user(self.advisor).with_company(self.company)
        values = {"partner_id": self.customer.id, "vehicle_id": self.car.id, "plan_id": plan.id}
        package = packages.create(values)
        self.assertRecordValues(
            package,
            [
                {
                    "description": "3 oil services",
                    "count_total": 3,
                    "amount_total": 1180,
                    "km_to": 42000,
                    "bearer": "prepaid",
                }
            ],
        )
        self.assertEqual(package.date_to, package.date_from + relativedelta(months=24, days=-1))
        package.action_issue()
        self.assertEqual(package.state, "active")
        for other in (
            {"amount_total": 1},
            {"count_total": 30},
            {"operation_ids": [Command.clear()]},
            {"date_to": False},
            {"km_to": 0},
            {"plan_id": False, "description": "Anything", "amount_total": 1},
        ):
            with self.subTest(other), self.assertRaisesRegex(AccessError, "not on sale with these terms"):
                packages.create(values | other).action_issue()
        plan.active = False
        with self.assertRaises(AccessError):
            packages.create(values).action_issue()
        packages.create(values | {"amount_total": 1}).with_user(self.manager).action_issue()

    def test_it_begins_on_the_company_s_day(self):
        """Sold in the evening of a company far from UTC, it serves a visit of the same evening."""
        for zone in ("Etc/GMT+12", "Etc/GMT-14"):
            self.company.partner_id.tz = zone
            order = self._make_order()
            for terms in ({}, {"plan_id": self._plan().id}):
                package = self._entitlement(**terms)
                self.assertEqual(package.date_from, order._day_of_reception())
                package._check_usable(order)

    def test_a_card_with_money_is_sold_by_every_advisor(self):
        card = self.env["dealer.entitlement"].with_user(self.advisor).with_company(self.company)
        card = card.create(
            {
                "partner_id": self.customer.id,
                "description": "Card",
                "kind": "stored_value",
                "count_total": 0,
                "amount_total": 500,
            }
        )
        card.action_issue()
        self.assertEqual(card.state, "active")

    def test_what_is_on_sale_is_the_manager_s(self):
        plan = self._plan()
        with self.assertRaises(AccessError):
            plan.with_user(self.advisor).amount_total = 1
        plan.with_user(self.manager).amount_total = 1200

    def test_a_package_on_sale_has_a_price(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            self._plan(amount_total=0)

    def test_parts_of_a_prepaid_job_cost_once(self):
        order = self._visit(self._entitlement(), quantity=1)
        self.assertEqual(self.balance(self.part_cogs), 300)
        self.assertBooksAgree()
        order.with_user(self.manager).action_reverse_settlement("again")
        self.assertEqual(self.balance(self.part_cogs), 0)

    def test_tax_comes_out_of_prepaid_money_when_used(self):
        self.entitlement_policy.tax_id = self.company.account_sale_tax_id
        order = self._visit(self._entitlement(count_total=1))
        net = self.company.currency_id.round(1000 / (1 + self.company.account_sale_tax_id.amount / 100))
        self.assertAlmostEqual(self.balance(self.revenue), -net)
        (entry,) = order.entitlement_use_ids.move_id
        self.assertAlmostEqual(sum(entry.line_ids.mapped("balance")), 0)
        self.assertEqual(self.balance(self.liability), 0)

    def test_a_visit_is_given_back(self):
        entitlement = self._entitlement(count_total=1)
        order = self._visit(entitlement)
        self.assertEqual(entitlement.state, "used")
        order.with_user(self.manager).action_reverse_settlement("wrong car")
        self.assertEqual((entitlement.state, entitlement.count_left, entitlement.amount_left), ("active", 1, 1000))
        self.assertEqual((self.balance(self.liability), self.balance(self.revenue)), (-1000, 0))
        order.with_user(self.advisor).action_settle()
        self.assertEqual(self.balance(self.revenue), -1000)

    def test_the_last_visit_goes_to_one(self):
        entitlement = self._entitlement(count_total=1)
        first, second = self._visit(entitlement, settle=False), self._visit(entitlement, settle=False)
        first.with_user(self.advisor).action_settle()
        with self.assertRaisesRegex(UserError, "cannot be used"):
            second.with_user(self.advisor).action_settle()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            entitlement.sudo().count_used = 2
        self.assertTrue(sql.index_exists(self.env.cr, "dealer_entitlement_use_job_uniq"))

    def test_the_maker_s_first_service(self):
        entitlement = self._entitlement(
            kind="first_service", maker_id=self.maker.id, count_total=1, amount_total=200, km_to=50000
        )
        self.assertEqual(entitlement.bearer, "maker")
        order = self._visit(entitlement)
        self.assertEqual(self._untaxed(order), {self.maker: 200, self.customer: 100})
        self.assertEqual(entitlement.count_left, 0)

    def test_a_coupon_is_our_cost_up_to_its_amount(self):
        self._policy()
        with self.assertRaisesRegex(UserError, "done by"):
            self.env["dealer.entitlement"].with_user(self.advisor).with_company(self.company).create(
                {"partner_id": self.customer.id, "description": "Coupon", "kind": "coupon"}
            ).action_issue()
        entitlement = self._entitlement(kind="coupon", count_total=1, amount_total=60)
        order = self._visit(entitlement)
        self.assertEqual(self._untaxed(order), {self.customer: 240})
        self.assertAlmostEqual(self.balance(self.expense), 24)  # a fifth of 120 of labour

    def test_stored_value_pays_the_bill(self):
        entitlement = self._entitlement(kind="stored_value", count_total=0, amount_total=500, vehicle_id=False)
        order = self._checked_in(0)
        order.with_user(self.advisor).stored_value_id = entitlement
        self._settle(order)
        total = order.amount_billed
        self.assertEqual(order.amount_due, 0)
        self.assertAlmostEqual(entitlement.amount_left, 500 - total)
        self.assertAlmostEqual(self.balance(self.liability), total - 500)
        order = self._checked_in(0)
        order.with_user(self.advisor).stored_value_id = entitlement
        self._settle(order)
        self.assertAlmostEqual(order.amount_due, 2 * total - 500)
        self.assertEqual((entitlement.state, self.balance(self.liability)), ("used", 0))
        order.with_user(self.manager).action_reverse_settlement("wrong")
        self.assertAlmostEqual(entitlement.amount_left, 500 - total)

    def test_what_does_not_serve_is_refused(self):
        yesterday = fields.Date.today() - timedelta(days=1)
        other_car = self._make_car("JTDKB20U093473465")
        stranger = self.env["res.partner"].create({"name": "Somebody"})
        cases = (
            ({"date_from": "2020-01-01", "date_to": yesterday}, "its last day was"),
            ({"km_to": 41000}, "it ends at 41000 km"),
            ({"vehicle_id": other_car.id}, "another car"),
            ({"vehicle_id": False, "partner_id": stranger.id}, "another customer"),
            ({"is_paid": False}, "not paid"),
        )
        order = self._checked_in(0)
        for values, reason in cases:
            with self.subTest(reason=reason), self.assertRaisesRegex(UserError, reason):
                order.job_ids.with_user(self.advisor).entitlement_id = self._entitlement(**values)

    def test_taken_off_the_job_again(self):
        order = self._checked_in(0)
        job = order.job_ids.with_user(self.advisor)
        job.entitlement_id = self._entitlement()
        self.assertEqual(job.split_ids.pay_type, "prepaid")
        with self.assertRaisesRegex(UserError, "take the entitlement off"):
            job.split_ids.partner_id = self.insurer
        job.entitlement_id = False
        self.assertEqual((job.split_ids.pay_type, job.split_ids.partner_id), ("customer", self.customer))

    def _expire(self, **kwargs):
        """Run the nightly job in the test's transaction."""
        with patch.object(self.registry["ir.cron"], "_commit_progress", lambda *_args, **_kw: 3600):
            self.env["dealer.entitlement"]._cron_expire(**kwargs)

    def test_expiry_becomes_income_once(self):
        yesterday = fields.Date.today() - timedelta(days=1)
        entitlement = self._entitlement(date_from="2020-01-01", date_to=fields.Date.today())
        self._visit(entitlement)
        running = self._entitlement()
        entitlement.sudo().date_to = yesterday
        for _run in range(2):
            self._expire()
        self.assertEqual((entitlement.state, running.state), ("expired", "active"))
        self.assertAlmostEqual(self.balance(self.breakage), -666.67)
        self.assertAlmostEqual(self.balance(self.liability), -1000, msg="the running one's")
        self.assertEqual(entitlement.amount_left, 0)

    def test_one_that_cannot_expire_stops_no_other(self):
        yesterday = fields.Date.today() - timedelta(days=1)
        stuck, good = self._entitlement(date_from="2020-01-01"), self._entitlement(date_from="2020-01-01")
        (stuck | good).sudo().date_to = yesterday
        expire = type(stuck)._expire

        def refuse(entitlement):
            if entitlement == stuck:
                entitlement._check_state("draft")  # refuses, as a missing policy does
            return expire(entitlement)

        self.patch(type(stuck), "_expire", refuse)
        self._expire(limit=1)
        self.assertEqual((stuck.state, good.state), ("active", "expired"))

    def test_the_cron_asks_the_same_for_many(self):
        yesterday = fields.Date.today() - timedelta(days=1)
        self.env["dealer.entitlement"].create(
            [
                {
                    "partner_id": self.customer.id,
                    "description": str(number),
                    "kind": "first_service",
                    "maker_id": self.maker.id,
                    "date_from": "2020-01-01",
                    "date_to": yesterday,
                }
                for number in range(20)
            ]
        ).sudo().write({"state": "active"})
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self._expire()
        self.assertLess((self.env.cr.sql_log_count - before) / 20, 12)
        self.assertFalse(self.env["dealer.entitlement"].search([("state", "=", "active"), ("date_to", "=", yesterday)]))

    def test_what_only_the_system_writes(self):
        entitlement = self._entitlement()
        for vals in ({"count_used": 0}, {"amount_used": 0}, {"state": "active"}):
            with self.assertRaises(AccessError):
                entitlement.with_user(self.manager).write(vals)
        with self.assertRaisesRegex(UserError, "terms cannot be changed"):
            entitlement.with_user(self.advisor).amount_total = 9999
        with self.assertRaises(AccessError):
            self.env["dealer.entitlement"].with_user(self.advisor).create(
                {"partner_id": self.customer.id, "description": "x", "state": "active"}
            )
        forged = self.env["dealer.entitlement"].with_user(self.advisor).with_context(default_state="active")
        self.assertEqual(forged.create({"partner_id": self.customer.id, "description": "x"}).state, "draft")
        for user in (self.technician, self.keeper):
            with self.assertRaises(AccessError):
                self.env["dealer.entitlement"].with_user(user).create(
                    {"partner_id": self.customer.id, "description": "x"}
                )
        with self.assertRaises(AccessError):
            entitlement.use_ids.with_user(self.manager).create({"entitlement_id": entitlement.id})
        stranger = self.make_user("w_stranger", "dealer_workshop.group_workshop_manager", company=self.company_b)
        self.assertFalse(self.env["dealer.entitlement"].with_user(stranger).search([]))
