import doctest
import random
from datetime import date, timedelta
from fractions import Fraction

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from ..tools import insurance, protection
from .common import SIGNATURE
from .test_dealer_delivery import DealerDeliveryCommon


@tagged("post_install", "-at_install", "dealer")
class TestProtectionTools(BaseCase):
    def test_doctests(self):
        for module in (insurance, protection):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted)
            self.assertFalse(result.failed)

    def test_what_is_used_and_unused_is_the_whole(self):
        chance = random.Random(26)  # noqa: S311 the same cases every time
        for _case in range(2000):
            days, total = chance.randrange(-50, 3000), chance.randrange(0, 2000)
            km, km_total = chance.randrange(-10, 90_000), chance.choice([0, 20_000, 60_000])
            used = protection.get_used_share(days, total, km, km_total)
            self.assertTrue(0 <= used <= 1)
            self.assertGreaterEqual(protection.get_used_share(days + 1, total, km, km_total), used)
            self.assertGreaterEqual(protection.get_used_share(days, total, km + 100, km_total), used)
            amount = round(chance.uniform(0, 20_000), 2)
            unused = protection.get_unused(amount, used)
            self.assertAlmostEqual(unused + amount * float(used), amount, places=6)
        self.assertEqual(protection.get_unused(99.99, Fraction(0)), 99.99)


class DealerProtectionCommon(DealerDeliveryCommon):
    """Two products of one provider and one of another, in two packages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partners = cls.env["res.partner"]
        cls.provider = partners.create({"name": "Care Provider", "is_company": True})
        cls.provider_2 = partners.create({"name": "Gap Provider", "is_company": True})
        cls.warranty = cls._create_protection("Extended warranty", cls.provider, 3993.0, 1800.0, months=36, km=60_000)
        cls.service = cls._create_protection("Prepaid maintenance", cls.provider, 1210.0, 700.0, months=24)
        cls.gap = cls._create_protection("GAP", cls.provider_2, 605.0, 250.0, months=36)
        cls.package = cls.env["dealer.protection.package"].create(
            {"name": "Peace of mind", "protection_ids": [Command.set((cls.warranty | cls.gap).ids)]}
        )
        cls.auditor = cls._create_user("prot_auditor", "dealer_vehicle.group_auditor")

    @classmethod
    def _create_protection(cls, name, provider, price, cost, months=12, km=0):
        sold = cls.env["product.product"].create(
            {"name": name, "type": "service", "invoice_policy": "order", "taxes_id": [Command.set(cls.tax_sale_a.ids)]}
        )
        return cls.env["dealer.protection.product"].create(
            {
                "name": name,
                "provider_id": provider.id,
                "product_id": sold.id,
                "retail_price": price,
                "floor_price": price * 0.9,
                "term_months": months,
                "term_km": km,
                "cost_ids": [Command.create({"date_from": date(2020, 1, 1), "amount": cost})],
            }
        )

    @classmethod
    def _show(cls, contract, user=None):
        """Show the menu of a contract."""
        action = contract.with_user(user or cls.advisor).action_open_protection_menu()
        return contract.env["dealer.protection.menu"].with_user(user or cls.advisor).browse(action["res_id"])

    @classmethod
    def _answer(cls, menu, accepted):
        for line in menu.line_ids:
            (line.action_accept if line.protection_id in accepted else line.action_decline)()

    @classmethod
    def _sell(cls, contract, accepted):
        """Have the customer sign a menu; return what he took."""
        menu = cls._show(contract)
        cls._answer(menu, accepted)
        menu._sign_menu("Anna Buyer", SIGNATURE)
        return contract.sudo().protection_contract_ids

    @classmethod
    def _hand_over_with(cls, accepted, car=None):
        """Take a deal with these products to the keys.

        :return: (contract, its products)
        """
        contract = cls._create_contract()
        sold = cls._sell(contract, accepted)
        cls._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        contract.action_allocate((car or cls.car).id)
        cls._invoice(contract)
        cls._receive(contract, kind="balance")
        delivery = cls._prepare(contract)
        delivery.odometer_km = 12
        cls._check_and_sign(delivery)
        delivery.action_hand_over()
        return contract, sold


@tagged("post_install", "-at_install", "dealer")
class TestProtection(DealerProtectionCommon):
    def test_accepted_is_a_line_and_a_contract_declined_is_signed(self):
        contract = self._create_contract()
        before = contract.amount_total
        menu = self._show(contract)
        self.assertEqual(menu.line_ids.protection_id, self.warranty | self.service | self.gap)
        self.assertEqual(menu.package_ids, self.package)
        with self.assertRaises(UserError, msg="not answered"):
            menu.action_open_sign()
        self.package.with_user(self.advisor).with_context(protection_menu_id=menu.id).action_take()
        self.assertEqual(menu.amount_accepted, 4598.0)
        wizard = self.env["dealer.protection.sign"].with_user(self.advisor)
        wizard = wizard.with_context(**menu.action_open_sign()["context"]).create({"signature": SIGNATURE})
        self.assertEqual(wizard.declined_text, "Prepaid maintenance")
        wizard.action_sign()
        sold = contract.protection_contract_ids
        self.assertEqual(sold.protection_id, self.warranty | self.gap)
        self.assertEqual(set(sold.mapped("state")), {"sold"})
        self.assertEqual(contract.amount_total - before, 4598.0)
        self.assertEqual(sold.sale_line_id.mapped("nature"), ["own", "own"])
        self.assertEqual((menu.state, menu.signed_by), ("signed", "Anna Buyer"))
        declined = menu.line_ids.filtered(lambda line: line.answer == "declined")
        self.assertEqual(declined.protection_id, self.service)
        with self.assertRaises(UserError):
            declined.answer = "accepted"
        with self.assertRaises(UserError):
            menu.unlink()
        parts = {part["code"]: part for part in contract.sudo()._get_gross_parts()}
        price = sum(sold.mapped("price"))
        self.assertEqual(parts["protection"]["side"], "back")
        self.assertAlmostEqual(parts["protection"]["amount"], price - 2050.0)

    def test_waiver_is_printed(self):
        contract = self._create_contract()
        self._sell(contract, self.gap)
        menu = contract.protection_menu_ids
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "dealer_sales.report_dealer_protection_menu", menu.ids
        )
        text = html.decode()
        for words in ("Peace of mind", "Declined", "do without what is declined", "Anna Buyer"):
            self.assertIn(words, text)

    def test_after_the_signature_a_new_version_is_asked(self):
        contract = self._create_signed()
        self.assertFalse(contract.is_changed)
        self._sell(contract, self.gap)
        self.assertTrue(contract.is_changed)

    def test_sold_once(self):
        contract = self._create_contract()
        self._sell(contract, self.gap)
        menu = self._show(contract)
        self.assertNotIn(self.gap, menu.line_ids.protection_id)
        self.assertEqual(self._show(contract), menu)
        self._answer(menu, self.env["dealer.protection.product"])
        menu._sign_menu("Anna Buyer", SIGNATURE)
        with self.assertRaises(UserError):
            menu._sign_menu("Anna Buyer", SIGNATURE)

    def test_a_line_taken_off_ends_its_product(self):
        contract = self._create_contract()
        sold = self._sell(contract, self.gap)
        contract.order_line_ids.filtered(lambda line: line.product_id == self.gap.product_id).unlink()
        self.assertEqual((sold.state, sold.price), ("cancelled", 0.0))
        self.assertEqual(sold._get_margin(), 0.0)

    def test_a_cancelled_deal_ends_its_products(self):
        contract = self._create_contract()
        sold = self._sell(contract, self.gap)
        contract.action_cancel("changed his mind")
        self.assertEqual(sold.state, "cancelled")

    def test_below_the_lowest_price_only_a_manager_sells(self):
        contract = self._create_contract()
        menu = self._show(contract)
        menu.line_ids.filtered(lambda line: line.protection_id == self.gap).price = 500.0
        self._answer(menu, self.gap)
        with self.assertRaisesRegex(AccessError, "544.50"):
            menu._sign_menu("Anna Buyer", SIGNATURE)
        menu.with_user(self.manager)._sign_menu("Anna Buyer", SIGNATURE)
        self.assertEqual(contract.protection_contract_ids.price_total, 500.0)

    @freeze_time("2026-03-10 08:00:00")
    def test_runs_from_the_hand_over(self):
        contract, sold = self._hand_over_with(self.warranty)
        self.assertRecordValues(
            sold,
            [
                {
                    "state": "active",
                    "vehicle_id": self.car.id,
                    "date_from": date(2026, 3, 10),
                    "date_to": date(2029, 3, 9),
                    "odometer_from": 12,
                    "cost": 1800.0,
                }
            ],
        )
        with self.assertRaises(UserError):
            menu = self._show(contract)
            self._answer(menu, self.gap)
            menu._sign_menu("Anna Buyer", SIGNATURE)
        with freeze_time("2029-03-10 08:00:00"):
            self.env["dealer.protection.contract"]._cron_expire()
        self.assertEqual(sold.state, "expired")

    def test_remitted_once_by_provider(self):
        _contract, sold = self._hand_over_with(self.warranty | self.service | self.gap)
        sold.with_user(self.biller).action_remit()
        bills = sold.bill_line_id.move_id
        self.assertEqual(len(bills), 2)
        amounts = {bill.partner_id: bill.amount_untaxed for bill in bills}
        self.assertEqual(amounts, {self.provider: 2500.0, self.provider_2: 250.0})
        self.assertEqual(set(bills.mapped("move_type")), {"in_invoice"})
        with self.assertRaises(UserError):
            sold.with_user(self.biller).action_remit()
        bills[0].button_cancel()
        sold.with_user(self.biller).action_remit()
        self.assertEqual(len(sold.bill_line_id.move_id), 2)
        with self.assertRaises(AccessError):
            sold.with_user(self.fni).action_remit()

    def test_ends_with_the_deal_when_the_car_comes_back(self):
        contract, sold = self._hand_over_with(self.warranty)
        sold.with_user(self.biller).action_remit()
        act = self.env["dealer.contract.act"].new({"odometer_km": 900, "reason": "The bank said no"})
        contract.sudo()._unwind_hooks(act)
        self.assertEqual((sold.state, sold.cancel_reason), ("cancelled", "The bank said no"))
        self.assertEqual(sold.amount_refund, sold.price, "Credited with the invoice.")
        refund = self.env["account.move"].search(
            [
                ("move_type", "=", "in_refund"),
                ("partner_id", "=", self.provider.id),
                ("company_id", "=", self.company.id),
            ]
        )
        self.assertEqual(refund.amount_untaxed, sold.cost_refund)
        self.assertAlmostEqual(sold._get_margin(), sold.cost_refund - sold.cost)
        contract.sudo()._unwind_hooks(act)
        self.assertEqual(len(refund.search([("move_type", "=", "in_refund"), ("id", ">=", refund.id)])), 1)

    def test_not_remitted_before_the_hand_over(self):
        sold = self._sell(self._create_contract(), self.gap)
        with self.assertRaises(UserError):
            sold.with_user(self.biller).action_remit()

    def test_cancelled_pro_rata(self):
        with freeze_time("2026-01-01 08:00:00"):
            contract, sold = self._hand_over_with(self.warranty)
            sold.with_user(self.biller).action_remit()
            margin = sold._get_margin()
        invoiced = contract.amount_invoiced
        price = sold.price
        with freeze_time("2026-04-01 08:00:00"):
            # 90 of 1096 days, but 15,000 of 60,000 km: a quarter is used
            wizard = self.env["dealer.protection.cancel"].with_user(self.fni)
            wizard = wizard.with_context(**sold.with_user(self.fni).action_open_cancel()["context"]).create(
                {"odometer_km": 15_012, "reason": "car sold"}
            )
            self.assertEqual(wizard.used_percent, 25.0)
            wizard.action_cancel()
        refund = self.company.currency_id.round(price * 0.75)
        self.assertRecordValues(
            sold,
            [{"state": "cancelled", "amount_refund": refund, "cost_refund": 1350.0, "is_charged_back": True}],
        )
        credit = sold.refund_line_id.move_id
        self.assertEqual((credit.move_type, credit.state, credit.amount_untaxed), ("out_refund", "draft", refund))
        self.assertEqual(credit.invoice_line_ids.tax_ids, sold.sale_line_id.tax_ids)
        provider = self.env["account.move"].search(
            [("partner_id", "=", self.provider.id), ("move_type", "=", "in_refund")]
        )
        self.assertEqual(provider.amount_untaxed, 1350.0)
        self.assertAlmostEqual(margin - sold._get_margin(), refund - 1350.0)
        self.assertEqual(contract.amount_invoiced, invoiced)
        with self.assertRaises(UserError):
            sold.with_user(self.fni).action_open_cancel()

    def test_late_end_is_no_charge_back(self):
        with freeze_time("2026-01-01 08:00:00"):
            _contract, sold = self._hand_over_with(self.service)
            margin = sold._get_margin()
        with freeze_time("2026-12-01 08:00:00"):
            sold.with_user(self.fni)._cancel_pro_rata(date(2026, 12, 1), 20_000, "car sold")
        self.assertFalse(sold.is_charged_back)
        self.assertEqual(sold._get_margin(), margin)

    def test_cancel_wants_a_possible_day_and_mileage(self):
        _contract, sold = self._hand_over_with(self.warranty)
        mine = sold.with_user(self.fni)
        today = self._today()
        for day, odometer in ((today + timedelta(days=1), 100), (today - timedelta(days=9), 100), (today, 1)):
            with self.assertRaises(UserError):
                mine._cancel_pro_rata(day, odometer, "x")
        self.gap.is_cancellable = self.warranty.is_cancellable = False
        with self.assertRaisesRegex(UserError, "terms"):
            mine.action_open_cancel()

    def test_costs_stay_with_those_who_may_see_them(self):
        sold = self._sell(self._create_contract(), self.gap)
        products = self.env["dealer.protection.product"]
        for user in (self.advisor, self.fni):
            for attempt in (
                lambda user=user: self.gap.with_user(user).read(["cost"]),
                lambda user=user: self.gap.with_user(user).read(["cost_ids"]),
                lambda user=user: sold.with_user(user).read(["cost"]),
                lambda user=user: products.with_user(user).search([("cost_ids.amount", ">", 0)]),
                lambda user=user: sold.with_user(user).formatted_read_group([], [], ["cost:sum"]),
                lambda user=user: self.env["dealer.protection.cost"].with_user(user).search([]),
            ):
                with self.assertRaises(AccessError):
                    attempt()
        self.assertEqual(self.gap.with_user(self.manager).cost, 250.0)
        self.assertTrue(sold.with_user(self.manager).read(["cost"]))

    def test_a_new_cost_begins_on_its_day(self):
        self.env["dealer.protection.cost"].create(
            {"protection_id": self.gap.id, "date_from": self._today() + timedelta(days=1), "amount": 300.0}
        )
        self.assertEqual(self.gap._get_cost(self._today()), 250.0)
        self.assertEqual(self.gap._get_cost(self._today() + timedelta(days=1)), 300.0)

    def test_nobody_types_facts(self):
        contract = self._create_contract()
        menu = self._show(contract)
        with self.assertRaises(UserError):
            menu.write({"state": "signed"})
        forged = self.env["dealer.protection.menu"].with_user(self.advisor).with_context(default_state="signed")
        self.assertEqual(forged.create({"contract_id": self._create_contract().id}).state, "shown")
        self._answer(menu, self.gap)
        menu._sign_menu("Anna Buyer", SIGNATURE)
        sold = contract.protection_contract_ids
        for user in (self.fni, self.manager):
            mine = sold.with_user(user)
            for name, value in (("state", "active"), ("price", 1.0), ("date_from", "2020-01-01"), ("cost", 1.0)):
                with self.assertRaises(UserError):
                    mine.write({name: value})
            mine.number = f"N-{user.id}"
        for values in ({"contract_id": contract.id}, {"number": "N-1"}):
            with self.assertRaises(UserError):
                self.env["dealer.protection.contract"].with_user(self.manager).create(values)

    def test_advisors_work_on_their_own_deals(self):
        contract = self._create_contract()
        menu = self._show(contract)
        with self.assertRaises(AccessError):
            menu.with_user(self.advisor_2).line_ids.action_accept()
        self._answer(menu, self.gap)
        with self.assertRaises(AccessError):
            menu.with_user(self.advisor_2)._sign_menu("Anna Buyer", SIGNATURE)
        menu.with_user(self.fni)._sign_menu("Anna Buyer", SIGNATURE)
        sold = contract.protection_contract_ids
        self.assertFalse(sold.with_user(self.advisor_2).search([("id", "in", sold.ids)]))
        self.assertTrue(sold.with_user(self.auditor).read(["state"]))
        other = self.env["res.company"].create({"name": "Other Shop"})
        stranger = self._create_user("prot_other", "dealer_sales.group_sales_manager", company=other)
        env = self.env(user=stranger, context={"allowed_company_ids": other.ids})
        self.assertFalse(env["dealer.protection.contract"].search([]))
        self.assertFalse(env["dealer.protection.product"].search([]))

    @mute_logger("odoo.sql_db")
    def test_the_database_guards(self):
        contract = self._create_contract()
        sold = self._sell(contract, self.warranty | self.service)
        first, second = sold
        first.number = "W-1"
        first.flush_recordset()
        for values in (
            {"number": "W-1"},
            {"sale_line_id": first.sale_line_id.id},
            {"menu_line_id": first.menu_line_id.id},
        ):
            with self.assertRaises(IntegrityError), self.cr.savepoint():
                second.write(values)
                second.flush_recordset()
            second.invalidate_recordset()
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self.gap.floor_price = 9999.0
            self.gap.flush_recordset()
        self.gap.invalidate_recordset()
        self._show(contract)
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self.env["dealer.protection.menu"].create({"contract_id": contract.id})
