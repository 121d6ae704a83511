from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from .common import DealerSalesCommon


class DealerDeskingCommon(DealerSalesCommon):
    """A Chinese shop: 13 % VAT in the price, 10 % purchase tax on the price without it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.cn")
        cls.vat = cls.env["account.tax"].create(
            {"name": "13%", "amount": 13.0, "type_tax_use": "sale", "company_id": cls.company.id}
        )
        cls.accord = cls._create_trim("Accord", 171900 / 1.13)
        cls.accord.write({"guide_price": 189900.0, "taxes_id": [Command.set(cls.vat.ids)]})
        cls.agency = cls.env.ref("dealer_sales.product_registration_service")
        cls.agency.taxes_id = cls.vat
        cls.voluntary = cls.env.ref("dealer_sales.product_insurance_voluntary")
        cls.vehicle_tax = cls.env.ref("dealer_sales.product_vehicle_tax")
        cls.compulsory = cls.env.ref("dealer_sales.product_insurance_compulsory")
        cls.auditor = cls._create_user("desk_auditor", "dealer_vehicle.group_auditor")

    @classmethod
    def _create_offer(cls, user=None, **vals):
        """Make the offer everybody in the trade can check by head.

        :return: ``dealer.desking.quote`` with cash, 36 and 60 months
        """
        lines = {cls.compulsory: 950, cls.voluntary: 5230, cls.vehicle_tax: 360, cls.agency: 500}
        return (
            cls.env["dealer.desking.quote"]
            .with_user(user or cls.advisor)
            .create(
                {
                    "partner_id": cls.customer.id,
                    "product_id": cls.accord.id,
                    "line_ids": [
                        Command.create({"product_id": product.id, "price_with_tax": price})
                        for product, price in lines.items()
                    ],
                    **vals,
                }
            )
        )

    @classmethod
    def _get_loan(cls, offer):
        """Return the scenario of 36 months as the demonstration tells it."""
        scenario = offer.scenario_ids[1]
        scenario.write({"financed_amount": 120000, "trade_in_amount": 50000, "deposit_amount": 5000})
        return scenario


@tagged("post_install", "-at_install", "dealer")
class TestDesking(DealerDeskingCommon):
    # === Figures ===
    def test_the_demonstrations_figures(self):
        offer = self._create_offer()
        scenario = self._get_loan(offer)
        self.assertEqual(offer.guide_price, 189900.0)
        self.assertRecordValues(
            scenario,
            [
                {
                    "car_price": 171900.0,
                    "car_untaxed": 152123.89,
                    "car_tax": 19776.11,
                    "purchase_tax": 15212.39,
                    "amount_extras": 500.0,
                    "amount_passed": 21752.39,
                    "amount_total": 194152.39,
                    "balance": 19152.39,
                    "payment": 3585.74,
                    "real_rate": 4.91,
                }
            ],
        )
        self.assertAlmostEqual(scenario.amount_cost, scenario.amount_total + scenario.amount_interest, 2)
        self.assertEqual(len(scenario.schedule), 36)
        cash = offer.scenario_ids[0]
        self.assertEqual((cash.amount_total, cash.balance, cash.payment), (194152.39, 194152.39, 0.0))

    def test_taken_it_is_the_contracts_price(self):
        offer = self._create_offer(lead_id=self._create_lead().id)
        scenario = self._get_loan(offer)
        # The defaults of a screen are not the contract's
        action = scenario.with_context(default_kind="loan", default_state="signed").action_choose()
        contract = self.env["dealer.contract"].with_user(self.advisor).browse(action["res_id"])
        self.assertEqual((contract.amount_car, contract.amount_total), (171900.0, 194152.39))
        self.assertEqual(contract.deposit_amount, 5000.0)
        self.assertEqual(contract.lead_id, offer.lead_id)
        self.assertIn("36 months", contract.note)
        self.assertIn("Trade-in", contract.note)
        passed = contract.order_line_ids.filtered(lambda line: line.nature == "pass_through")
        self.assertEqual(sum(passed.mapped("price_total")), 21752.39)
        self.assertEqual(len(contract.order_line_ids), 6)
        self.assertEqual((offer.state, offer.chosen_scenario_id, offer.contract_id), ("chosen", scenario, contract))
        # Another scenario fills the same draft
        self.assertEqual(offer.scenario_ids[0].action_choose()["res_id"], contract.id)
        self.assertFalse(contract.deposit_amount)
        self.assertEqual(contract.amount_total, 194152.39)
        self._submit(contract)
        with self.assertRaisesRegex(UserError, "submitted already"):
            scenario.action_choose()

    def _create_lead(self, user=None):
        return (
            self.env["crm.lead"]
            .with_user(user or self.advisor)
            .create({"name": "Visit", "type": "opportunity", "partner_id": self.customer.id})
        )

    def test_from_a_contract_and_back(self):
        contract = self._create_contract(product_id=self.accord.id)
        action = contract.action_new_offer()
        offer = self.env["dealer.desking.quote"].with_user(self.advisor).browse(action["res_id"])
        self.assertEqual(contract.action_new_offer()["res_id"], offer.id)
        offer.scenario_ids[0].write({"car_price": 170000})
        offer.scenario_ids[0].action_choose()
        self.assertEqual(offer.contract_id, contract)
        self.assertEqual(contract.amount_car, 170000.0)

    def test_a_line_of_one_scenario_alone(self):
        offer = self._create_offer()
        film = self.env["product.product"].create(
            {"name": "Film", "list_price": 1000, "taxes_id": [Command.set(self.vat.ids)]}
        )
        first, second = offer.scenario_ids[:2]
        offer.line_ids = [Command.create({"product_id": film.id, "scenario_id": second.id})]
        line = offer.line_ids[-1]
        self.assertEqual(line.price_with_tax, 1130.0)
        self.assertEqual(second.amount_total - first.amount_total, 1130.0)
        self.assertIn(film, second._prepare_contract_lines())
        self.assertNotIn(film, first._prepare_contract_lines())

    def test_price_list_and_asking_price(self):
        self.customer.property_product_pricelist = self.env["product.pricelist"].create(
            {
                "name": "Ten off",
                "item_ids": [
                    Command.create({"compute_price": "percentage", "percent_price": 10, "applied_on": "3_global"})
                ],
            }
        )
        offer = self._create_offer()
        self.assertEqual(offer.scenario_ids[0].car_price, 154710.0)
        self.car.product_id.taxes_id = self.vat
        self.car.sudo().asking_price = 20000
        offers = self.env["dealer.desking.quote"].with_user(self.advisor)
        offer = offers.create({"partner_id": self.customer.id, "vehicle_id": self.car.id})
        self.assertEqual(offer.product_id, self.trim)
        for with_tax, expected in ((True, 20000), (False, 22600)):
            self.company.dealer_price_with_tax = with_tax
            self.assertEqual(offer._get_car_price(), expected)

    def test_purchase_tax_by_energy_and_date(self):
        rates, china = self.env["dealer.purchase.tax.rate"], self.env.ref("base.cn")
        day = fields.Date.to_date("2026-05-01")
        for energy, untaxed, expected in (
            ("petrol", 152123.89, 15212.389),
            (False, 100000, 10000),
            ("electric", 200000, 10000),
            ("electric", 400000, 25000),
        ):
            with self.subTest(energy=energy, untaxed=untaxed):
                self.assertAlmostEqual(rates._get_tax(china, energy, day, untaxed), expected, 6)
        self.assertEqual(rates._get_tax(self.env.ref("base.be"), "petrol", day, 1000), 0.0)
        self.assertEqual(rates._get_tax(china, "petrol", fields.Date.to_date("2019-06-30"), 1000), 0.0)

    # === The way back ===
    def test_deposit_from_payment(self):
        scenario = self._get_loan(self._create_offer())
        scenario.action_solve("deposit", 3000)
        self.assertEqual(scenario.payment, 3000.0)
        self.assertEqual((scenario.car_price, scenario.amount_total), (171900.0, 194152.39))
        self.assertAlmostEqual(scenario.balance, 194152.39 - scenario.financed_amount - 55000, 2)

    def test_price_from_payment(self):
        scenario = self._get_loan(self._create_offer())
        own = scenario.amount_total - scenario.financed_amount
        scenario.action_solve("price", 3400)
        self.assertAlmostEqual(scenario.payment, 3400.0, delta=0.01)
        self.assertLess(scenario.car_price, 171900)
        self.assertAlmostEqual(scenario.amount_total - scenario.financed_amount, own, 2)
        tax = scenario.quote_id._get_purchase_tax(scenario.car_price)
        self.assertEqual(scenario.purchase_tax, tax)

    def test_rate_and_term_from_payment(self):
        scenario = self._get_loan(self._create_offer())
        scenario.action_solve("rate", 3500)
        self.assertAlmostEqual(scenario.payment, 3500.0, delta=0.01)
        scenario.annual_rate = 4.8
        scenario.action_solve("term", 3000)
        self.assertEqual(scenario.months, 44)
        self.assertLessEqual(scenario.payment, 3000)
        for solve, target in (("rate", 1), ("term", 1), ("deposit", 90000), ("price", 0), ("state", 5)):
            with self.subTest(solve), self.assertRaisesRegex(UserError, "nothing gives this payment"):
                scenario.action_solve(solve, target)
        with self.assertRaisesRegex(UserError, "no number of 0 or more"):
            scenario.action_solve("price", -5)

    def test_solved_while_typing(self):
        offer = self._create_offer()
        self._get_loan(offer)
        with Form(offer) as form, form.scenario_ids.edit(1) as scenario:
            scenario.target_payment = 3000
            scenario.solve_for = "deposit"
            self.assertEqual(scenario.payment, 3000.0)
        self.assertEqual(offer.scenario_ids[1].payment, 3000.0)

    def test_lease(self):
        offer = self._create_offer()
        scenario = offer.scenario_ids[1]
        scenario.write({"kind": "lease", "financed_amount": 100000, "balloon_amount": 40000, "annual_rate": 6})
        self.assertEqual(len(scenario.schedule), 37)
        self.assertEqual(scenario.schedule[-1][2], 40000.0)
        self.assertAlmostEqual(scenario.real_rate, 6.17, 2)

    def test_dates_of_the_schedule(self):
        scenario = self._get_loan(self._create_offer())
        scenario.write({"date_paid_out": "2026-03-01", "date_first_payment": "2026-04-11"})
        self.assertEqual((scenario.schedule[0][1], scenario.schedule[-1][1]), ("2026-04-11", "2029-03-11"))
        with self.assertRaisesRegex(ValidationError, "first payment"):
            scenario.date_first_payment = "2026-02-01"

    def test_impossible_terms_are_refused(self):
        offer = self._create_offer()
        scenario = offer.scenario_ids[1]
        for wrong in (
            {"months": 0},
            {"months": 181},
            {"annual_rate": -1},
            {"financed_amount": 0},
            {"balloon_amount": 9e6},
        ):
            with self.subTest(wrong), self.assertRaises(ValidationError), self.cr.savepoint():
                scenario.write(wrong)
        with self.assertRaisesRegex(ValidationError, "more than four"):
            offer.scenario_ids = [Command.create({"name": str(n), "kind": "cash"}) for n in range(2)]

    # === Form ===
    def test_a_new_offer_needs_customer_and_trim_only(self):
        lead = self._create_lead()
        lead.wanted_series_ids = self.series
        context = lead.action_new_offer()["context"]
        self.assertFalse(context["default_product_id"], "several trims: the advisor chooses")
        with Form(self.env["dealer.desking.quote"].with_user(self.advisor).with_context(**context)) as form:
            form.product_id = self.accord
        offer = form.record
        self.assertEqual(offer.scenario_ids.mapped("kind"), ["cash", "loan", "loan"])
        self.assertEqual(offer.scenario_ids[1].financed_amount, 103140.0)
        self.assertEqual(offer.line_ids.product_id, self.compulsory | self.agency)
        self.assertTrue(offer.name.startswith("O"))
        self.assertEqual(lead.desking_quote_count, 1)

    # === What was sent stays ===
    def test_a_sent_offer_is_not_changed(self):
        offer = self._create_offer()
        scenario, line = offer.scenario_ids[1], offer.line_ids[0]
        action = offer.action_send()
        self.assertEqual(action["res_model"], "mail.compose.message")
        self.assertEqual(offer.state, "sent")
        self.assertIn(f"/my/offers/{offer.id}?access_token=", offer.portal_link)
        for change in (
            lambda: scenario.write({"car_price": 1}),
            lambda: line.write({"price_with_tax": 1}),
            lambda: offer.write({"product_id": self.trim.id}),
            lambda: line.unlink(),
            lambda: scenario.unlink(),
            lambda: offer.unlink(),
            lambda: scenario.create({"quote_id": offer.id, "name": "x"}),
            lambda: line.create({"quote_id": offer.id, "product_id": self.voluntary.id}),
        ):
            with self.assertRaisesRegex(UserError, "was sent"), self.cr.savepoint():
                change()
        offer.action_change()
        scenario.car_price = 170000
        self.assertEqual((offer.state, offer.portal_link), ("draft", False))

    def test_facts_are_not_typed(self):
        offer = self._create_offer()
        for vals in (
            {"state": "chosen"},
            {"name": "X"},
            {"contract_id": 1},
            {"access_token": "a"},
            {"date_sent": "2026-01-01"},
        ):
            with self.subTest(vals), self.assertRaisesRegex(AccessError, "cannot be typed"):
                offer.write(vals)
            with self.subTest(vals), self.assertRaisesRegex(AccessError, "cannot be typed"):
                self._create_offer(**vals)
        quotes = self.env["dealer.desking.quote"].with_user(self.advisor).with_context(default_state="chosen")
        made = quotes.create({"partner_id": self.customer.id, "product_id": self.accord.id})
        self.assertEqual(made.state, "draft")

    # === Rights ===
    def test_own_offers_only(self):
        offer = self._create_offer()
        self.env.invalidate_all()
        for record in (offer, offer.scenario_ids, offer.line_ids):
            self.assertFalse(record.with_user(self.advisor_2).search([("id", "in", record.ids)]))
            with self.assertRaises(AccessError):
                record.with_user(self.advisor_2).check_access("read")
            record.with_user(self.manager).check_access("write")
            record.with_user(self.auditor).check_access("read")
            for user in (self.auditor, self.stock_keeper, self.receptionist):
                self.assertFalse(record.with_user(user).has_access("write"))
        with self.assertRaises(AccessError):
            offer.with_user(self.auditor).action_send()
        with self.assertRaises(AccessError):
            offer.with_user(self.advisor_2).scenario_ids[0].action_choose()
        with self.assertRaises(AccessError):
            self._create_offer(user=self.advisor_2, lead_id=self._create_lead().id)
        presets = self.env["dealer.desking.preset"]
        self.assertFalse(presets.with_user(self.advisor).has_access("write"))
        self.assertTrue(presets.with_user(self.manager).has_access("write"))

    def test_another_company(self):
        offer = self._create_offer()
        company = self.env["res.company"].create({"name": "Other shop"})
        other = self._create_user("other_manager", "dealer_sales.group_sales_manager", company=company)
        for record in (offer, offer.scenario_ids, offer.line_ids):
            theirs = record.with_user(other).with_context(allowed_company_ids=company.ids)
            self.assertFalse(theirs.has_access("read"))

    def test_no_cost_is_shown(self):
        """What an advisor may read of an offer holds no cost of the car."""
        self.accord.sudo().standard_price = 98765.43
        offer = self._create_offer()
        facts = [offer.read(), offer.scenario_ids.read(), offer.line_ids.read()]
        self.assertNotIn("98765", str(facts))

    def test_queries_do_not_grow(self):
        one = self._create_offer()
        names = ["amount_total", "balance", "payment"]
        many = one + one.copy() + one.copy() + one.copy()
        self.env.flush_all()
        counts = []
        for offers in (one, many, one, many):
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            offers.scenario_ids.read(names)
            counts.append(self.cr.sql_log_count - start)
        self.assertLessEqual(counts[3], counts[2] + 2)

    def test_indexes_are_in_the_database(self):
        self.env.cr.execute(
            "SELECT indexname FROM pg_indexes WHERE indexname = ANY(%s)",
            [["dealer_desking_quote_name_uniq", "dealer_purchase_tax_rate_row_uniq"]],
        )
        self.assertEqual(self.env.cr.rowcount, 2)


@tagged("post_install", "-at_install", "dealer")
class TestDeskingPortal(DealerDeskingCommon, HttpCase):
    """The customer's page: by its own link, and nothing more."""

    def _get(self, offer, token=None, suffix=""):
        url = f"/my/offers/{offer.id}?access_token={token or ''}{suffix}"
        return self.url_open(url)

    def test_the_link_opens_its_offer_alone(self):
        offer, other = self._create_offer(), self._create_offer()
        self._get_loan(offer)
        offer.action_send()
        other.action_send()
        token, other_token = offer.sudo().access_token, other.sudo().access_token
        page = self._get(offer, token).text
        for part in (offer.name, "Accord", "171,900.00", "194,152.39", "19,152.39", "3,585.74", "4.91 %", "189,900.00"):
            self.assertIn(part, page)
        for wrong in (None, "wrong", "False", token[:-1], other_token):
            with self.subTest(wrong):
                self.assertNotIn("194,152.39", self._get(offer, wrong).text)
                self.assertNotIn(offer.name, self._get(offer, wrong, "&report_type=html").text)

    def test_while_it_is_changed_nothing_is_shown(self):
        offer = self._create_offer()
        offer.action_send()
        token = offer.sudo().access_token
        offer.action_change()
        page = self._get(offer, token).text
        self.assertIn("being changed", page)
        self.assertNotIn("194,152.39", page)
        self.assertNotIn("194,152.39", self._get(offer, token, "&report_type=html").text)

    def test_as_a_file(self):
        offer = self._create_offer()
        offer.action_send()
        answer = self._get(offer, offer.sudo().access_token, "&report_type=pdf&download=true")
        self.assertEqual(answer.status_code, 200)
        self.assertIn(offer.name.replace("-", "_"), answer.headers["Content-Disposition"])
        self.assertNotIn("Content-Disposition", self._get(offer, "wrong", "&report_type=pdf&download=true").headers)

    def test_on_paper(self):
        offer = self._create_offer(note="Blue is here tomorrow")
        self._get_loan(offer)
        offer.action_send()
        page = self._get(offer, offer.sudo().access_token, "&report_type=html").text
        for part in (offer.name, "194,152.39", "19,152.39", "Blue is here tomorrow"):
            self.assertIn(part, page)

    @mute_logger("odoo.http")
    def test_a_customers_login_reads_no_offers_by_rpc(self):
        offer = self._create_offer()
        portal = self.env["res.users"].create(
            {
                "login": "desk_portal",
                "password": "desk_portal",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "company_ids": [Command.set(self.company.ids)],
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
            }
        )
        self.assertFalse(offer.with_user(portal).has_access("read"))
