from datetime import date, timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DealerSalesCommon

# Check digit and number of the cars in the query-count test
CARS = [
    ("9", "10"),
    ("0", "11"),
    ("2", "12"),
    ("4", "13"),
    ("6", "14"),
    ("8", "15"),
    ("X", "16"),
    ("1", "17"),
    ("3", "18"),
    ("5", "19"),
    ("1", "20"),
    ("3", "21"),
]


class DealerInsuranceCommon(DealerSalesCommon):
    """Two insurers, their rates and the kinds of cover."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partners = cls.env["res.partner"]
        cls.insurer = partners.create({"name": "North Mutual", "is_company": True})
        cls.insurer_2 = partners.create({"name": "South Mutual", "is_company": True})
        cls.compulsory = cls.env.ref("dealer_vehicle.dealer_insurance_kind_compulsory")
        cls.package = cls.env.ref("dealer_vehicle.dealer_insurance_kind_package")
        cls.product_compulsory = cls.env.ref("dealer_sales.product_insurance_compulsory")
        cls.product_voluntary = cls.env.ref("dealer_sales.product_insurance_voluntary")
        cls.product_tax = cls.env.ref("dealer_sales.product_vehicle_tax")
        cls.env["dealer.insurance.commission.rate"].create(
            [
                {"insurer_id": cls.insurer.id, "percent": 15.0, "date_from": date(2020, 1, 1)},
                {
                    "insurer_id": cls.insurer.id,
                    "kind_id": cls.compulsory.id,
                    "percent": 4.0,
                    "date_from": date(2020, 1, 1),
                },
                {"insurer_id": cls.insurer.id, "origin": "new", "percent": 22.5, "date_from": date(2020, 1, 1)},
            ]
        )
        cls.auditor = cls._create_user("insur_auditor", "dealer_vehicle.group_auditor")

    @classmethod
    def _prepare_offer(cls, insurer, compulsory, voluntary, tax=360.0):
        return Command.create(
            {
                "insurer_id": insurer.id,
                "vehicle_tax": tax,
                "line_ids": [
                    Command.create({"kind_id": cls.compulsory.id, "premium": compulsory}),
                    Command.create({"kind_id": cls.package.id, "premium": voluntary, "sum_insured": 200000.0}),
                ],
            }
        )

    @classmethod
    def _create_quote(cls, user=None, **vals):
        """Make a quote with the figures everybody in the trade can check by head, and a dearer one."""
        offers = [cls._prepare_offer(cls.insurer, 950.0, 5230.0), cls._prepare_offer(cls.insurer_2, 950.0, 5480.0)]
        values = {"partner_id": cls.customer.id, "offer_ids": offers, **vals}
        return cls.env["dealer.insurance.quote"].with_user(user or cls.advisor).create(values)

    @classmethod
    def _issue(cls, quote, first="A1", **context):
        action = quote.action_open_issue()
        wizard = quote.env["dealer.insurance.issue"].with_context(**action["context"]).create({})
        for index, line in enumerate(wizard.line_ids):
            line.number = f"{first}-{index}"
        wizard.with_context(**context).action_issue()
        return quote.policy_ids

    @classmethod
    def _create_policy(cls, car, end, kind=None, insurer=None, **vals):
        return cls.env["dealer.insurance.policy"].create(
            {
                "vehicle_id": car.id,
                "kind_id": (kind or cls.compulsory).id,
                "insurer_id": (insurer or cls.insurer).id,
                "partner_id": cls.customer.id,
                "number": f"P{car.id}{end}{(kind or cls.compulsory).id}",
                "date_from": fields.Date.add(end, years=-1, days=1),
                "date_to": end,
                "premium": 950.0,
                **vals,
            }
        )


@tagged("post_install", "-at_install", "dealer")
class TestInsuranceQuote(DealerInsuranceCommon):
    def test_the_chosen_insurer_becomes_the_price_lines(self):
        contract = self._create_contract()
        quote = self._create_quote(contract_id=contract.id)
        self.assertEqual(quote.offer_ids.mapped("amount_total"), [6540.0, 6790.0])
        quote.offer_ids[0].action_choose()
        amounts = {line.product_id: line for line in contract.order_line_ids}
        for product, amount in (
            (self.product_compulsory, 950),
            (self.product_voluntary, 5230),
            (self.product_tax, 360),
        ):
            self.assertEqual(amounts[product].price_total, amount)
            self.assertEqual(amounts[product].nature, "pass_through")
            self.assertFalse(amounts[product].tax_ids)
        self.assertEqual((quote.state, quote.insurer_id, quote.amount_total), ("chosen", self.insurer, 6540.0))

    def test_another_choice_before_the_signature(self):
        contract = self._create_contract()
        quote = self._create_quote(contract_id=contract.id)
        quote.offer_ids[0].action_choose()
        with self.assertRaisesRegex(UserError, "North Mutual"):
            quote.offer_ids[1].action_choose()
        quote.action_take_back()
        quote.offer_ids[1].action_choose()
        lines = contract.order_line_ids.filtered(lambda line: line.product_id == self.product_voluntary)
        self.assertEqual(lines.mapped("price_total"), [5480.0])

    def test_approval_sees_other_premiums(self):
        contract = self._create_contract()
        quote = self._create_quote(contract_id=contract.id)
        self._approve(contract)
        quote.offer_ids[0].action_choose()
        self.assertTrue(contract.is_changed)

    def test_a_signed_contract_keeps_its_premiums(self):
        contract = self._create_signed()
        quote = self._create_quote(contract_id=contract.id)
        with self.assertRaisesRegex(UserError, "new version"):
            quote.offer_ids[0].action_choose()
        self.assertEqual(quote.state, "open")

    @mute_logger("odoo.sql_db")
    def test_one_choice_per_quote_and_contract_is_the_databases(self):
        contract = self._create_contract()
        one, two = (self._create_quote(contract_id=contract.id).sudo() for _number in range(2))
        one.offer_ids[0].is_chosen = True
        for offer in (one.offer_ids[1], two.offer_ids[0]):
            with self.assertRaises(IntegrityError), self.cr.savepoint():
                offer.is_chosen = True
                offer.flush_recordset()
            offer.invalidate_recordset()
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'dealer_insurance_offer'")
        indexes = " ".join(row[0] for row in self.env.cr.fetchall())
        self.assertIn("UNIQUE INDEX dealer_insurance_offer_chosen_uniq", indexes)
        self.assertIn("UNIQUE INDEX dealer_insurance_offer_contract_uniq", indexes)

    def test_what_is_chosen_stays(self):
        quote = self._create_quote()
        offer = quote.offer_ids[0]
        offer.action_choose()
        with self.assertRaises(UserError):
            offer.line_ids[0].premium = 1.0
        with self.assertRaises(UserError):
            offer.vehicle_tax = 1.0
        with self.assertRaises(UserError):
            quote.unlink()
        with self.assertRaises(UserError):
            quote.vehicle_id = self.car

    def test_nobody_types_the_choice(self):
        quote = self._create_quote()
        for record, name, value in (
            (quote.offer_ids[0], "is_chosen", True),
            (quote.offer_ids[0], "amount_total", 1.0),
            (quote, "state", "issued"),
            (quote, "chosen_offer_id", quote.offer_ids[0].id),
        ):
            for user in (self.advisor, self.manager):
                with self.assertRaises(UserError):
                    record.with_user(user).write({name: value})
        forged = self.env["dealer.insurance.offer"].with_user(self.advisor).with_context(default_is_chosen=True)
        offer = forged.create({"quote_id": self._create_quote(offer_ids=[]).id, "insurer_id": self.insurer.id})
        self.assertFalse(offer.is_chosen)

    def test_an_old_quote_is_not_chosen(self):
        quote = self._create_quote(date_valid=date(2020, 1, 1))
        with self.assertRaisesRegex(UserError, "valid until"):
            quote.offer_ids[0].action_choose()

    def test_policies_of_a_deal(self):
        contract = self._create_contract()
        quote = self._create_quote(contract_id=contract.id)
        quote.offer_ids[0].action_choose()
        with self.assertRaises(UserError, msg="not signed"):
            quote.action_open_issue()
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", b"aGVsbG8=")
        contract.action_allocate(self.car.id)
        # A default from the client is none of the act's facts
        policies = self._issue(quote, default_date_cancelled="2026-01-01")
        self.assertFalse(policies.filtered("date_cancelled"))
        self.assertRecordValues(
            policies.sudo().sorted("premium"),
            [
                {"kind_id": self.compulsory.id, "premium": 950.0, "origin": "new", "commission_expected": 38.0},
                {"kind_id": self.package.id, "premium": 5230.0, "origin": "new", "commission_expected": 1176.75},
            ],
        )
        self.assertEqual(policies.contract_id, contract)
        self.assertEqual(policies.vehicle_id, self.car)
        self.assertEqual(quote.state, "issued")
        with self.assertRaises(UserError):
            quote.action_open_issue()
        parts = {part["code"]: part for part in contract.sudo()._get_gross_parts()}
        self.assertEqual((parts["insurance"]["side"], parts["insurance"]["amount"]), ("back", 1214.75))

    def test_advisors_see_their_own(self):
        quote = self._create_quote()
        self.assertNotIn(quote, self.env["dealer.insurance.quote"].with_user(self.advisor_2).search([]))
        with self.assertRaises(AccessError):
            quote.offer_ids[0].with_user(self.advisor_2).action_choose()
        for user in (self.fni, self.manager, self.auditor):
            self.assertTrue(quote.with_user(user).read(["name"]))
        with self.assertRaises(AccessError):
            quote.with_user(self.auditor).write({"note": "x"})
        with self.assertRaises(AccessError):
            quote.with_user(self.receptionist).read(["name"])

    def test_company(self):
        self._create_quote()
        other = self.env["res.company"].create({"name": "Other Shop"})
        stranger = self._create_user("insur_other", "dealer_sales.group_sales_manager", company=other)
        env = self.env(user=stranger, context={"allowed_company_ids": other.ids})
        self.assertFalse(env["dealer.insurance.quote"].search([]))
        with self.assertRaises(UserError):
            quotes = self.env["dealer.insurance.quote"].with_context(allowed_company_ids=(self.company | other).ids)
            quotes.create(
                {
                    "company_id": other.id,
                    "contract_id": self._create_contract().id,
                    "partner_id": self.customer.id,
                    "user_id": False,
                }
            )

    def test_comparison_is_printed_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.customer.lang = "zh_CN"
        quote = self._create_quote(vehicle_id=self.car.id)
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "dealer_sales.report_dealer_insurance_quote", quote.ids
        )
        text = html.decode()
        self.assertIn("North Mutual", text)
        self.assertIn("South Mutual", text)
        self.assertIn("5,230.00", text)


@tagged("post_install", "-at_install", "dealer")
class TestInsuranceCommission(DealerInsuranceCommon):
    def test_the_most_particular_rate_counts(self):
        end = self._today() + timedelta(days=300)
        won = self._create_policy(self.car, end, is_ours=True)
        self.assertEqual((won.origin, won.commission_expected), ("won", 38.0))
        package = self._create_policy(self.car, end, kind=self.package, is_ours=True, premium=1000.0)
        self.assertEqual(package.commission_expected, 150.0)
        foreign = self._create_policy(self.car_2, end)
        self.assertEqual((foreign.origin, foreign.commission_expected), (False, 0.0))

    def test_a_new_rate_begins_on_its_day(self):
        end = self._today() + timedelta(days=300)
        self.env["dealer.insurance.commission.rate"].create(
            {"insurer_id": self.insurer.id, "percent": 30.0, "date_from": self._today() + timedelta(days=1)}
        )
        policy = self._create_policy(self.car, end, kind=self.package, is_ours=True, premium=1000.0)
        self.assertEqual(policy.commission_expected, 150.0)

    def test_invoiced_once_and_received(self):
        end = self._today() + timedelta(days=300)
        policies = self._create_policy(self.car, end, kind=self.package, is_ours=True, premium=1000.0)
        policies |= self._create_policy(self.car_2, end, kind=self.package, is_ours=True, premium=2000.0)
        policies |= self._create_policy(self.car_2, end, is_ours=True, insurer=self.insurer_2)
        mine = policies.with_user(self.biller)
        mine.action_invoice_commission()
        move = policies[:2].commission_move_id
        self.assertEqual(len(move), 1)
        self.assertEqual(move.partner_id, self.insurer)
        self.assertEqual(move.amount_untaxed, 450.0)
        self.assertEqual(policies.mapped("commission_state"), ["invoiced", "invoiced", "none"])
        with self.assertRaises(UserError):
            mine.action_invoice_commission()
        move.action_post()
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids).create(
            {}
        )._create_payments()
        policies.invalidate_recordset()
        self.assertEqual(policies[:2].mapped("commission_received"), [150.0, 300.0])
        self.assertEqual(policies[:2].mapped("commission_open"), [0.0, 0.0])

    def test_a_cancelled_invoice_can_be_made_again(self):
        end = self._today() + timedelta(days=300)
        policy = self._create_policy(self.car, end, kind=self.package, is_ours=True, premium=1000.0)
        policy.with_user(self.biller).action_invoice_commission()
        first = policy.commission_move_id
        first.button_cancel()
        self.assertEqual(policy.commission_state, "expected")
        policy.with_user(self.biller).action_invoice_commission()
        self.assertNotEqual(policy.commission_move_id, first)

    def test_who_sees_the_commission(self):
        end = self._today() + timedelta(days=300)
        policy = self._create_policy(self.car, end, is_ours=True)
        self.assertTrue(policy.with_user(self.fni).read(["commission_expected"]))
        policies = self.env["dealer.insurance.policy"].with_user(self.advisor)
        for attempt in (
            lambda: policy.with_user(self.advisor).read(["commission_expected"]),
            lambda: policies.search([("commission_expected", ">", 0)]),
            lambda: policies.formatted_read_group([], [], ["commission_expected:sum"]),
            lambda: policy.with_user(self.fni).action_invoice_commission(),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_nobody_types_it(self):
        policy = self._create_policy(self.car, self._today() + timedelta(days=300), is_ours=True)
        for name, value in (("commission_expected", 9.0), ("origin", "new"), ("contract_id", False)):
            with self.assertRaises(UserError):
                policy.with_user(self.fni).write({name: value})


@tagged("post_install", "-at_install", "dealer")
@freeze_time("2026-03-10 08:00:00")
class TestInsuranceRenewal(DealerInsuranceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.dealer_renewal_user_id = cls.fni
        cls.customer.write({"email": "anna@example.com", "lang": "en_US"})
        cls.renewals = cls.env["dealer.insurance.renewal"]

    def _list(self):
        self.renewals._cron_list()
        return self.renewals.search([("company_id", "=", self.company.id)])

    def test_what_ends_is_listed_once_per_car(self):
        self._create_policy(self.car, date(2026, 4, 15))
        self._create_policy(self.car, date(2026, 4, 20), kind=self.package, premium=4000.0, insurer=self.insurer_2)
        self._create_policy(self.car_2, date(2026, 12, 1))
        renewal = self._list()
        self.assertRecordValues(
            renewal,
            [
                {
                    "vehicle_id": self.car.id,
                    "date_due": date(2026, 4, 15),
                    "premium_last": 4950.0,
                    "insurer_id": self.insurer_2.id,
                    "origin": "won",
                    "state": "to_call",
                    "user_id": self.fni.id,
                }
            ],
        )
        self.assertEqual(len(renewal.policy_ids), 2)
        self.assertEqual(renewal.activity_ids.user_id, self.fni)
        self.assertEqual(self._list(), renewal)
        self.assertEqual(len(renewal.activity_ids), 1)

    def test_what_has_a_successor_is_not_listed(self):
        self._create_policy(self.car, date(2026, 4, 15))
        self._create_policy(self.car, date(2027, 4, 15))
        self.assertFalse(self._list())

    def test_the_four_origins(self):
        cars = [self.car, self.car_2, self._create_car("ZZSDSA1E1TT000003"), self._create_car("ZZSDSA1E3TT000004")]
        new = self._create_policy(cars[0], date(2026, 4, 15), is_ours=True)
        new.sudo().contract_id = self._create_contract()
        history = [(), (True, True), (True, False), (False, False)]  # ours or not, year after year
        for car, years in zip(cars, history, strict=True):
            for year, is_ours in enumerate(years, 2025):
                self._create_policy(car, date(year, 4, 14), is_ours=is_ours)
        origins = {renewal.vehicle_id: renewal.origin for renewal in self._list()}
        self.assertEqual([origins[car] for car in cars], ["from_new", "own_renewal", "gap", "won"])

    def test_letters_once_with_one_button(self):
        self._create_policy(self.car, date(2026, 4, 15))
        self._create_policy(
            self.car_2, date(2026, 4, 16), partner_id=self.env["res.partner"].create({"name": "Mute"}).id
        )
        rows = self._list()
        action = rows.with_user(self.fni).action_send_letters()
        self.assertIn("Mute", action["params"]["message"])
        self.assertEqual(sorted(rows.letter_ids.mapped("channel")), ["mail", "sms"])
        mail = self.env["mail.mail"].search([("model", "=", rows._name), ("res_id", "in", rows.ids)])
        self.assertEqual(len(mail), 1)
        self.assertIn("04/15/2026", mail.subject)
        sms = self.env["sms.sms"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual(len(sms), 1)
        self.assertIn("Written to about the insurance", str(self.customer.message_ids[:1].body))
        with self.assertRaisesRegex(UserError, "already"):
            rows.with_user(self.fni).action_send_letters()
        self.assertEqual(len(rows.letter_ids), 2)

    def test_who_wants_no_letters_gets_none(self):
        self._create_policy(self.car, date(2026, 4, 15))
        rows = self._list()
        self.env["mail.blacklist"]._add(self.customer.email)
        self.env["phone.blacklist"]._add([self.customer._phone_format(fname="phone")])
        with self.assertRaisesRegex(UserError, "want no letters"):
            rows.with_user(self.fni).action_send_letters()
        self.assertFalse(rows.letter_ids)

    @mute_logger("odoo.sql_db")
    def test_a_second_letter_is_refused_by_the_database(self):
        self._create_policy(self.car, date(2026, 4, 15))
        rows = self._list()
        rows.action_send_letters()
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self.env["dealer.insurance.letter"].create({"renewal_id": rows.id, "channel": "mail", "address": "x"})
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            rows.copy({"date_due": date(2026, 5, 1)})

    def test_letter_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        template = self.env.ref("dealer_sales.mail_template_insurance_renewal")
        template.with_context(lang="zh_CN").subject = "您的车险将于 {{ format_date(object.date_due) }} 到期"
        self.customer.lang = "zh_CN"
        self._create_policy(self.car, date(2026, 4, 15))
        rows = self._list()
        rows.with_user(self.fni).action_send_letters()
        mail = self.env["mail.mail"].search([("model", "=", rows._name), ("res_id", "in", rows.ids)])
        self.assertIn("您的车险", mail.subject)

    def test_renewed_by_a_quote(self):
        self._create_policy(self.car, date(2026, 4, 15))
        renewal = self._list().with_user(self.fni)
        quote = self.env["dealer.insurance.quote"].with_user(self.fni).browse(renewal.action_new_quote()["res_id"])
        self.assertEqual((renewal.state, quote.date_cover), ("quoted", date(2026, 4, 16)))
        self.assertEqual(quote.offer_ids.insurer_id, self.insurer)
        quote.offer_ids.line_ids.write({"premium": 900.0})
        quote.offer_ids.action_choose()
        policies = self._issue(quote)
        self.assertEqual(renewal.state, "renewed")
        self.assertIn(renewal.new_policy_id, policies)
        self.assertFalse(renewal.sudo().activity_ids)
        self.assertEqual(set(policies.sudo().mapped("origin")), {"won"})
        self.assertEqual(renewal.renewal_rate, 100.0)

    def test_insured_elsewhere_is_lost(self):
        self._create_policy(self.car, date(2026, 4, 15))
        renewal = self._list()
        self._create_policy(self.car, date(2027, 4, 15), insurer=self.insurer_2)
        self.assertEqual(renewal.state, "lost")
        self.assertEqual(renewal.lost_reason_id, self.env.ref("dealer_sales.insurance_lost_reason_elsewhere"))

    def test_lost_needs_a_reason(self):
        self._create_policy(self.car, date(2026, 4, 15))
        renewal = self._list().with_user(self.fni)
        with self.assertRaises(UserError):
            renewal.action_lost()
        renewal.lost_reason_id = self.env.ref("dealer_sales.insurance_lost_reason_price")
        renewal.action_lost()
        self.assertEqual(renewal.state, "lost")
        with self.assertRaises(UserError):
            renewal.action_new_quote()

    def test_nobody_types_the_state(self):
        self._create_policy(self.car, date(2026, 4, 15))
        renewal = self._list()
        for user in (self.fni, self.manager):
            with self.assertRaises(UserError):
                renewal.with_user(user).write({"state": "renewed"})
        with self.assertRaises(UserError):
            self.renewals.with_user(self.manager).create({"vehicle_id": self.car.id})
        with self.assertRaises(AccessError):
            self.renewals.with_user(self.manager).create({"user_id": self.manager.id})
        with self.assertRaises(AccessError):
            renewal.with_user(self.advisor).read(["state"])

    def test_the_list_costs_the_same_for_many(self):
        cars = [self._create_car(f"ZZSDSA1E{digit}TT0000{number}") for digit, number in CARS[:8]]
        self._create_policy(self.car, date(2026, 4, 15))
        self._list()
        self._create_policy(self.car_2, date(2026, 4, 15))
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        self.renewals._list_renewals(self.company, self.renewals._find_ending(self.company))
        self.env.flush_all()
        one = self.cr.sql_log_count - before
        for car in cars:
            self._create_policy(car, date(2026, 4, 17))
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        self.renewals._list_renewals(self.company, self.renewals._find_ending(self.company))
        self.env.flush_all()
        self.assertLessEqual(self.cr.sql_log_count - before, one + 4)
