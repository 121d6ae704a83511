import doctest
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools import price_cut, version_diff
from .common import SIGNATURE, DealerSalesCommon
from .test_dealer_contract_version import FORGED


class EconomicsCommon(DealerSalesCommon):
    """A trim at 20,000 that costs 16,000, mats that cost 60, a film that sells for 300 and costs 100."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mats = cls._create_accessory("Mats", 90.0, 60.0)
        cls.film = cls._create_accessory("Film", 300.0, 100.0)
        cls.reason = cls.env.ref("dealer_sales.dealer_discount_reason_rival")

    @classmethod
    def _create_accessory(cls, name, price, cost):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "consu",
                "is_accessory": True,
                "invoice_policy": "order",
                "list_price": price,
                "standard_price": cost,
                "taxes_id": [Command.set(cls.tax_sale_a.ids)],
            }
        )

    @classmethod
    def _add(cls, contract, product, **vals):
        contract.order_line_ids = [Command.create({"product_id": product.id, **vals})]
        return contract.order_line_ids.filtered(lambda line: line.product_id == product)

    @classmethod
    def _price(cls, contract, price):
        contract._get_car_lines().price_unit = price


@tagged("post_install", "-at_install", "dealer")
class TestApproval(EconomicsCommon):
    """Who may give away how much, why, and what whoever approves is shown."""

    def test_doctests(self):
        for module in (price_cut, version_diff):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted)
            self.assertFalse(result.failed)

    # === Gifts ===
    def test_a_line_for_nothing_is_a_gift(self):
        contract = self._create_contract()
        line = self._add(contract, self.mats, price_unit=0.0)
        self.assertTrue(line.is_gift)
        self.assertTrue(contract.has_gifts)
        line.is_gift = False
        self.assertEqual(line.price_unit, 90.0)
        line.is_gift = True
        self.assertEqual((line.price_total, line.is_gift), (0.0, True))
        line.price_unit = 10.0
        self.assertFalse(line.is_gift)

    def test_neither_cars_nor_money_of_others_are_gifts(self):
        contract = self._create_contract()
        insurance = self._add(contract, self.env.ref("dealer_sales.product_insurance_voluntary"), price_unit=0.0)
        self.assertFalse(insurance.is_gift)
        for line in (insurance, contract._get_car_lines()):
            with self.assertRaisesRegex(UserError, "cannot be a gift"):
                line.is_gift = True

    def test_gifts_are_printed_as_such(self):
        contract = self._create_contract()
        self._add(contract, self.mats, price_unit=0.0)
        self._add(contract, self.film)
        text = contract._render_body()
        self.assertIn("(gift)", text)
        self.assertIn("(accessory)", text)

    def test_a_line_below_zero_is_no_way_around_the_limits(self):
        contract = self._create_contract()
        tax = self.env.ref("dealer_sales.product_purchase_tax")
        for product, vals in (
            (self.film, {"price_unit": 300.0, "product_uom_qty": -10.0}),
            (tax, {"price_unit": -3000.0}),
        ):
            line = self._add(contract, product, **vals)
            with self.subTest(product.name), self.assertRaisesRegex(UserError, "below zero"):
                self._submit(contract)
            line.unlink()
        self._submit(contract)

    # === Gross ===
    def test_gross_parts(self):
        contract = self._create_contract()
        self._price(contract, 19000.0)
        self._add(contract, self.mats, price_unit=0.0)
        self._add(contract, self.film)
        service = contract.order_line_ids.filtered(
            lambda line: line.product_id.type == "service" and line.nature == "own"
        )
        self.env["dealer.contract.adjustment"].with_user(self.manager).create(
            {"contract_id": contract.id, "side": "back", "name": "Pack", "amount": -150.0}
        )
        parts = {part["code"]: (part["side"], part["amount"]) for part in contract._get_gross_parts()}
        self.assertEqual(parts["car"], ("front", 3000.0))
        self.assertEqual(parts["gifts"], ("front", -60.0))
        self.assertEqual(parts["accessories"], ("front", 200.0))
        self.assertEqual(parts["adjustment"], ("back", -150.0))
        seen = contract.with_user(self.manager)
        self.assertEqual(seen.front_gross, 3140.0)
        self.assertEqual(seen.back_gross, sum(service.mapped("price_subtotal")) - 150.0)
        self.assertEqual(seen.total_gross, seen.front_gross + seen.back_gross)
        self.assertIn("Pack", seen.recap)

    def test_gross_is_frozen_and_the_same(self):
        contract = self._create_contract()
        version = self._submit(contract).sudo()
        self.assertEqual(version.front_gross, contract.sudo().front_gross)
        self.trim.with_company(self.company).standard_price = 17000.0
        self.assertEqual(version.front_gross, 4000.0)
        contract.sudo()._gross_changed()
        self.assertEqual(contract.sudo().front_gross, 3000.0)

    def test_the_named_car_counts_at_its_own_cost(self):
        contract = self._create_signed()
        self.assertEqual(contract.sudo().front_gross, 4000.0)
        costs = {self.car.id: 16500.0, self.car_2.id: 1.0}
        with patch.object(type(self.car), "_exact_cost", lambda cars: {car.id: costs.get(car.id, 0.0) for car in cars}):
            contract.action_allocate(self.car.id)
            self.assertTrue(contract.sudo().is_gross_stale)
            self._run_gross_job()
        self.assertEqual(contract.sudo().front_gross, 3500.0)
        self.assertFalse(contract.sudo().is_gross_stale)

    def test_late_bills_reach_the_gross_of_the_year(self):
        contract = self._create_signed()
        old = self._create_signed()
        old.sudo().date_signed = "2020-01-01"
        self.trim.with_company(self.company).standard_price = 17000.0
        self.env["dealer.contract"]._cron_outdate_gross()
        self.assertTrue(contract.sudo().is_gross_stale)
        self.assertFalse(old.sudo().is_gross_stale)
        self._run_gross_job()
        self.assertEqual((contract.sudo().front_gross, old.sudo().front_gross), (3000.0, 4000.0))

    def test_a_deal_that_cannot_be_read_stops_no_other(self):
        bad, good = self._create_signed(), self._create_signed()
        (bad | good)._gross_outdated()
        self.trim.with_company(self.company).standard_price = 17000.0
        deals = self.registry["dealer.contract"]
        prepare = deals._prepare_gross

        def refuse(contract):
            if contract.id == bad.id:
                raise ValueError("no rate")
            return prepare(contract)

        logger = "odoo.addons.dealer_vehicle.models.dealer_batch_mixin"
        with patch.object(deals, "_prepare_gross", refuse), self.assertLogs(logger, "WARNING"):
            self._run_gross_job()
        self.assertEqual((bad.sudo().front_gross, good.sudo().front_gross), (4000.0, 3000.0))
        self.assertFalse((bad | good).sudo().filtered("is_gross_stale"))

    def test_costs_are_for_who_may_see_them(self):
        contract = self._create_contract()
        self._add(contract, self.mats, price_unit=0.0)
        version = self._submit(contract)
        hidden = {
            contract: ("front_gross", "back_gross", "total_gross", "recap", "adjustment_ids"),
            version: ("front_gross", "gift_cost", "margin_effect", "gross_before", "given_away", "over_allowance"),
        }
        for record, names in hidden.items():
            for name in names:
                for user in (self.advisor, self.fni):
                    with self.subTest(name=name, user=user.login):
                        self.assertNotIn(name, record.with_user(user).fields_get())
                        with self.assertRaises(AccessError):
                            record.with_user(user).read([name])
                self.assertIn(name, record.with_user(self.manager).fields_get())
        with self.assertRaises(AccessError):
            contract.env["dealer.contract"].formatted_read_group([], [], ["front_gross:sum"])
        with self.assertRaises(AccessError):
            contract.search([("front_gross", ">", 0)])
        with self.assertRaises(AccessError):
            contract.env["dealer.contract.adjustment"].search([])

    # === Limits ===
    def test_the_advisor_sees_his_limit_and_whether_he_is_within(self):
        contract = self._create_contract()
        self.assertEqual(contract.limit_text, "5 %")
        self.assertEqual(contract.limit_level, "advisor")
        for price, level in ((19000.0, "advisor"), (18900.0, "manager"), (17500.0, "beyond")):
            self._price(contract, price)
            self.assertEqual((price, contract.limit_level), (price, level))

    def test_gifts_count_at_cost_in_the_limit(self):
        contract = self._create_contract()
        self._price(contract, 19000.0)
        self.assertEqual(contract.limit_level, "advisor")
        self._add(contract, self.mats, price_unit=0.0)
        self.assertEqual(contract.limit_level, "manager")

    def test_the_closest_row_in_force_counts(self):
        limits = self.env["dealer.discount.limit"].with_user(self.general_manager)
        limits.create({"role": "advisor", "series_id": self.series.id, "max_amount": 100.0, "date_from": "2026-01-02"})
        limits.create({"role": "advisor", "brand_id": self.brand.id, "max_percent": 50.0, "date_from": "2026-01-03"})
        limits.create(
            {
                "role": "advisor",
                "series_id": self.series.id,
                "max_percent": 90.0,
                "date_from": "2020-01-01",
                "date_to": "2020-12-31",
            }
        )
        contract = self._create_contract()
        self._price(contract, 19800.0)
        self.assertEqual(contract.limit_level, "manager")

    def test_nobody_raises_his_own_limit(self):
        limit = self.env.ref("dealer_sales.dealer_discount_limit_advisor")
        for user in (self.advisor, self.fni, self.manager):
            with self.assertRaises(AccessError):
                limit.with_user(user).max_percent = 50.0
        limit.with_user(self.general_manager).max_percent = 6.0

    def test_the_tag_of_the_car_counts_before_the_guide_price(self):
        self.car.asking_price = 18000.0
        contract = self._create_contract(vehicle_id=self.car.id)
        self.assertEqual(contract.discount_amount, 0.0)
        self._price(contract, 17500.0)
        self.assertEqual(contract.discount_amount, 500.0)
        self.assertEqual(self._submit(contract).cut_amount, 500.0)

    # === Reason ===
    def test_a_cut_asks_for_its_reason(self):
        contract = self._create_contract()
        self._price(contract, 19500.0)
        action = contract.action_submit()
        self.assertEqual(action["res_model"], "dealer.contract.submit")
        self.assertFalse(contract.version_ids)
        window = self.env["dealer.contract.submit"].with_user(self.advisor).with_context(**action["context"])
        window.create({"reason_id": self.reason.id, "note": "Offer of the rival seen"}).action_confirm()
        version = contract.current_version_id
        self.assertEqual((version.reason_id, version.reason_note), (self.reason, "Offer of the rival seen"))
        self.assertEqual(version.cut_amount, 500.0)
        self.assertEqual(version.with_user(self.manager).margin_effect, -500.0)
        self.assertEqual(version.with_user(self.manager).gross_before, 4000.0)
        self.assertEqual(version.with_user(self.manager).front_gross, 3500.0)

    def test_a_deeper_cut_asks_again(self):
        contract = self._create_contract()
        self._price(contract, 19500.0)
        contract.action_submit(self.reason.id)
        self._price(contract, 19600.0)
        self.assertIs(contract.action_submit(), True)
        self._price(contract, 19000.0)
        self.assertEqual(contract.action_submit()["res_model"], "dealer.contract.submit")
        self.assertIs(contract.action_submit(self.reason.id, "Once more"), True)
        self.assertEqual(len(contract.version_ids), 3)
        self.assertEqual(contract.current_version_id.reason_note, "Once more")

    def test_a_gift_asks_too_and_a_full_price_does_not(self):
        contract = self._create_contract()
        self.assertIs(contract.action_submit(), True)
        self._add(contract, self.mats, price_unit=0.0)
        self.assertEqual(contract.action_submit()["res_model"], "dealer.contract.submit")
        with self.assertRaisesRegex(UserError, "does not exist"):
            contract.action_submit(10**8)

    def test_who_cut_the_price(self):
        contract = self._create_contract()
        self._price(contract, 19500.0)
        self._approve(contract)
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_sales.dealer_contract_version_action_cut")
        versions = self.env[action["res_model"]].with_user(self.manager)
        found = versions._read_group(
            ["|", ("cut_amount", ">", 0), ("reason_id", "!=", False)],
            ["requested_by_id", "reason_id", "approved_by_id"],
            ["cut_amount:sum", "margin_effect:sum"],
        )
        self.assertIn((self.advisor, self.reason, self.manager, 500.0, -500.0), found)

    # === Approval in levels ===
    def test_beyond_the_limit_the_general_manager_comes_second(self):
        contract = self._create_contract()
        self._price(contract, 17000.0)
        version = self._submit(contract)
        self.assertEqual(len(version.sudo().review_ids), 2)
        self.assertEqual(contract.waiting_role_id, self.env.ref("dealer_sales.group_sales_manager"))
        with self.assertRaisesRegex(UserError, "first"):
            version.with_user(self.general_manager).action_approve()
        version.with_user(self.manager).action_approve()
        self.assertEqual(version.state, "under_review")
        self.assertFalse(contract._is_approved())
        self.assertEqual(contract.waiting_role_id, self.env.ref("dealer_vehicle.group_general_manager"))
        with self.assertRaises(AccessError):
            version.with_user(self.manager_2).action_approve()
        version.with_user(self.general_manager).action_approve()
        self.assertEqual(version.state, "approved")
        self.assertEqual(version.approved_by_id, self.general_manager)
        self.assertIn("Beyond", version.rule_names)

    def test_the_general_manager_sends_back(self):
        contract = self._create_contract()
        self._price(contract, 17000.0)
        version = self._submit(contract)
        version.with_user(self.manager).action_approve()
        version.with_user(self.general_manager).action_send_back("no")
        self.assertEqual(version.state, "sent_back")
        self.assertFalse(contract._is_approved())

    def test_one_click_for_several_rules_of_one_person(self):
        """Beyond the limit and at a loss: the general manager approves once."""
        contract = self._create_contract()
        self._price(contract, 15000.0)
        version = self._submit(contract)
        self.assertEqual(len(version.sudo().review_ids), 3)
        version.with_user(self.manager).action_approve()
        version.with_user(self.general_manager).action_approve()
        self.assertEqual(version.state, "approved")

    def test_own_deals_at_every_level(self):
        general = self.general_manager
        general.group_ids |= self.env.ref("dealer_sales.group_sales_manager")
        contract = self._create_contract(user=general)
        self._price(contract, 17000.0)
        with self.assertRaisesRegex(UserError, "Nobody may approve"), self.env.cr.savepoint():
            self._submit(contract)
        self.env.invalidate_all()
        second = self._create_user("sales_general_2", "dealer_vehicle.group_general_manager")
        version = self._submit(contract)
        version.with_user(self.manager).action_approve()
        for act in ("action_approve", "validate_tier"):
            with self.assertRaisesRegex(AccessError, "own deal"):
                getattr(version.with_user(general).with_context(**FORGED), act)()
        version.with_user(second).action_approve()
        self.assertEqual(version.state, "approved")

    def test_every_company_has_the_higher_rules_once(self):
        company = self.env["res.company"].create({"name": "Third Shop"})
        definitions = self.env["tier.definition"].with_context(active_test=False)
        domain = [("company_id", "=", company.id), ("dealer_code", "!=", False)]
        rules = definitions.search(domain)
        self.assertEqual(sorted(rules.mapped("dealer_code")), ["credit", "limit", "loss"])
        rules.active = False
        company._set_up_dealer_sales()
        self.assertEqual(definitions.search(domain), rules)

    # === What nobody types ===
    def test_no_way_round(self):
        contract = self._create_contract()
        self._price(contract, 17000.0)
        version = self._submit(contract)
        for user in (self.advisor, self.manager):
            forged = version.with_user(user).with_context(**FORGED)
            for values in (
                {"limit_level": "advisor"},
                {"cut_amount": 0.0},
                {"approved_by_id": user.id},
                {"reason_note": "x"},
            ):
                with self.subTest(user=user.login, values=values), self.assertRaises(AccessError):
                    forged.write(values)
            for values in ({"front_gross": 9.0}, {"amount_incentive": 9.0}, {"is_gross_stale": False}):
                with self.subTest(user=user.login, values=values), self.assertRaises(AccessError):
                    contract.with_user(user).with_context(**FORGED).write(values)
        with self.assertRaises(UserError):
            version.sudo().write({"front_gross": 1.0})
        review = version.sudo().review_ids.sorted("sequence")[-1:]
        for user in (self.advisor, self.manager):
            with self.assertRaises(AccessError):
                review.with_user(user).with_context(**FORGED).write({"status": "approved"})
        made = self.env["dealer.contract"].with_user(self.advisor)
        made = made.with_context(default_front_gross=9.0, default_amount_funded=9.0)
        made = made.create({"partner_id": self.customer.id, "product_id": self.trim.id}).sudo()
        self.assertEqual((made.front_gross, made.amount_funded), (0.0, 0.0))

    def test_a_price_changed_on_the_order_is_caught(self):
        contract = self._create_signed(car=self.car)
        line = contract.sale_order_id.order_line.filtered("product_id.is_vehicle")
        line.with_user(self.advisor).price_unit = 12000.0
        self.assertIn("no longer what was signed", contract._get_binding_refusal())
        with self.assertRaisesRegex(UserError, "no longer what was signed"):
            contract.with_user(self.biller).sudo()._create_invoices().action_post()
        self.assertEqual(contract.action_submit()["res_model"], "dealer.contract.submit")
        version = self._submit(contract)
        self.assertEqual(version.limit_level, "beyond")
        version.with_user(self.manager).action_approve()
        self.assertEqual(version.state, "under_review")

    # === Credit ===
    def test_credit_is_agreed_approved_and_lets_the_car_leave(self):
        contract = self._create_contract(credit_amount=5000.0, credit_date="2027-01-31")
        version = self._submit(contract)
        self.assertEqual(version.credit_amount, 5000.0)
        version.with_user(self.manager).action_approve()
        self.assertEqual(version.state, "under_review")
        version.with_user(self.general_manager).action_approve()
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        self.assertIn("may be paid after the hand-over", contract.signed_version_id.body)
        self.assertFalse(contract._is_paid_but_credit())
        contract.credit_amount = contract.amount_total
        self.assertTrue(contract.is_changed)
        self.assertFalse(contract._is_paid_but_credit())
        contract.credit_amount = 5000.0
        self.assertFalse(contract.is_changed)

    def test_without_credit_the_fingerprint_is_as_it_was(self):
        contract = self._create_contract()
        self.assertEqual(len(contract._get_dealer_terms()), 6)

    # === Comparison ===
    def test_what_changed_since_the_last_version(self):
        contract = self._create_contract()
        first = self._submit(contract)
        self.assertFalse(first.changes)
        self._price(contract, 19500.0)
        self._add(contract, self.mats, price_unit=0.0)
        contract.payer_id = self.partner_b
        changes = self._submit(contract).with_user(self.manager).changes
        for word in ("Mats", "gift", self.partner_b.name, "Payer", "On-the-road price"):
            self.assertIn(word, changes)
        self.assertNotIn("60.00", changes)

    # === Database ===
    @mute_logger("odoo.sql_db")
    def test_indexes_and_constraints_exist(self):
        self.env.cr.execute(
            """
            SELECT indexname FROM pg_indexes
             WHERE indexname IN ('dealer_discount_limit_row_uniq', 'dealer_contract_gross_stale_idx',
                   'dealer_contract_version_cut_idx', 'dealer_incentive_program_uniq', 'dealer_incentive_owed_idx',
                   'dealer_incentive_proof_idx')
            UNION ALL
            SELECT conname FROM pg_constraint
             WHERE conname IN ('dealer_discount_limit_range_check', 'dealer_contract_credit_check',
                   'dealer_contract_adjustment_amount_check', 'dealer_incentive_amount_check',
                   'dealer_incentive_recipient_check', 'dealer_incentive_program_amount_check',
                   'dealer_incentive_program_date_check', 'dealer_incentive_program_recipient_check')
            """
        )
        self.assertEqual(len(self.env.cr.fetchall()), 14)
