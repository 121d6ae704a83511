from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_trade_in import TradeInCommon

SECOND_VIN = "ZZSDSA1E3TT000102"


@tagged("post_install", "-at_install", "dealer")
class TestTradeInAppraisal(TradeInCommon):
    """Who judges a car, what he must know, what the advisor may offer."""

    def test_the_appraiser_judges_and_the_advisor_offers(self):
        trade_in = self._appraised(allowance=48000.0)
        self.assertEqual(
            (trade_in.state, trade_in.allowance, trade_in.allowance_limit), ("appraised", 48000.0, 50000.0)
        )
        self.assertEqual(trade_in.appraised_by_id, self.appraiser)
        self.assertEqual(trade_in.date_valid, fields.Date.today() + timedelta(days=7))
        self.assertEqual(trade_in.sudo().over_allowance, 2000.0)
        trade_in.allowance = 50000.0
        with self.assertRaisesRegex(UserError, "at most"):
            trade_in.allowance = 50000.01
        trade_in.with_user(self.manager).allowance = 52000.0
        self.assertEqual(trade_in.sudo().over_allowance, 6000.0)

    def test_a_wish_is_no_promise(self):
        trade_in = self._new_trade_in(allowance=90000.0)
        trade_in.with_user(self.appraiser).write({"value": 46000.0, "allowance_limit": 47000.0})
        trade_in.with_user(self.appraiser).action_appraise()
        self.assertEqual(trade_in.allowance, 47000.0)

    def test_an_advisor_sets_no_limit_for_himself(self):
        with self.assertRaises(AccessError):
            self._new_trade_in(allowance_limit=90000.0)
        forged = {"default_allowance_limit": 90000.0, "default_date_valid": "2099-01-01"}
        trade_ins = self.env["dealer.trade.in"].with_user(self.advisor).with_context(**forged)
        made = trade_ins.create({"partner_id": self.customer.id}).sudo()
        self.assertEqual((made.allowance_limit, made.date_valid), (0.0, False))

    def test_what_is_missing_is_said(self):
        trade_in = self.env["dealer.trade.in"].with_user(self.advisor).create({"partner_id": self.customer.id})
        with self.assertRaisesRegex(UserError, "VIN.*series.*mileage.*actual cash value"):
            trade_in.with_user(self.appraiser).action_appraise()

    def test_another_owner_is_proved(self):
        owner = self.env["res.partner"].create({"name": "His Wife"})
        trade_in = self._new_trade_in(owner_id=owner.id)
        trade_in.with_user(self.appraiser).value = 46000.0
        with self.assertRaisesRegex(UserError, "proof of the owner"):
            trade_in.with_user(self.appraiser).action_appraise()
        trade_in.owner_proof = b"aGVsbG8="
        trade_in.with_user(self.appraiser).action_appraise()
        self.assertEqual(trade_in.state, "appraised")

    def test_a_lien_needs_its_holder_and_day(self):
        trade_in = self._new_trade_in(lien_amount=10000.0)
        trade_in.with_user(self.appraiser).value = 46000.0
        with self.assertRaisesRegex(UserError, "lien holder"):
            trade_in.with_user(self.appraiser).action_appraise()

    def test_the_judged_car_stays(self):
        trade_in = self._appraised()
        for vals in ({"odometer_km": 20000}, {"vin": SECOND_VIN}, {"key_count": 1}):
            with self.assertRaisesRegex(UserError, "stay as they were judged"):
                trade_in.write(vals)
        with self.assertRaisesRegex(UserError, "what was judged"):
            self.env["dealer.trade.in.line"].with_user(self.advisor).create(
                {"trade_in_id": trade_in.id, "name": "Late scratch"}
            )
        trade_in.with_user(self.appraiser).action_reopen()
        trade_in.odometer_km = 61000
        self.assertEqual(trade_in.state, "draft")

    def test_the_advisor_sees_no_value(self):
        trade_in = self._appraised(line_ids=[Command.create({"name": "Scratch"})])
        for name in ("value", "over_allowance", "reconditioning", "market_value"):
            with self.assertRaises(AccessError):
                trade_in.read([name])
            with self.assertRaises(AccessError):
                trade_in.search([(name, ">", 0)])
            with self.assertRaises(AccessError):
                trade_in.formatted_read_group([], ["state"], [f"{name}:sum"])
        with self.assertRaises(AccessError):
            trade_in.line_ids.read(["amount"])
        self.assertEqual(trade_in.with_user(self.appraiser).value, 46000.0)
        self.assertEqual(trade_in.with_user(self.manager).over_allowance, 4000.0)

    def test_who_does_not_judge(self):
        trade_in = self._new_trade_in()
        with self.assertRaises(AccessError):
            trade_in.allowance_limit = 99000.0
        with self.assertRaises(AccessError):
            trade_in.action_appraise()
        with self.assertRaises(AccessError):
            trade_in.with_user(self.stock_keeper).action_appraise()
        with self.assertRaises(AccessError):
            trade_in.with_user(self.receptionist).read(["vin"])
        with self.assertRaises(AccessError):
            self._new_trade_in(SECOND_VIN, user=self.fni)

    def test_the_appraiser_sees_no_cost_of_our_cars(self):
        with self.assertRaises(AccessError):
            self.car.with_user(self.appraiser).read(["cost"])

    def test_only_ones_own(self):
        trade_in = self._new_trade_in()
        self.assertFalse(trade_in.with_user(self.advisor_2).search([("id", "=", trade_in.id)]))
        self.assertTrue(trade_in.with_user(self.appraiser).search([("id", "=", trade_in.id)]))
        company, stranger = self._another_company()
        theirs = trade_in.with_user(stranger).with_context(allowed_company_ids=company.ids)
        self.assertFalse(theirs.search([("id", "=", trade_in.id)]))

    def test_facts_of_the_system_are_not_typed(self):
        trade_in = self._new_trade_in()
        for vals in (
            {"state": "committed"},
            {"contract_id": self._create_contract().id},
            {"amount_netted": 5.0},
            {"bill_id": False},
            {"reappraisal_state": "approved"},
            {"accepted_amount": 9.0},
            {"equity": 90000.0},
            {"over_allowance": 0.0},
            {"reconditioning": 0.0},
            {"vehicle_id": self.car.id},
            {"name": "T1"},
        ):
            for user in (self.advisor, self.appraiser, self.manager):
                with self.assertRaises(AccessError):
                    trade_in.with_user(user).write(vals)
                with self.assertRaises(AccessError):
                    self._new_trade_in(SECOND_VIN, user=user, **vals)
        lines = self.env["dealer.trade.in.line"].with_user(self.manager)
        line = lines.create({"trade_in_id": trade_in.id, "name": "Scratch"})
        with self.assertRaises(AccessError):
            line.is_recheck = True
        forged = (
            self.env["dealer.trade.in"]
            .with_user(self.manager)
            .with_context(default_state="received", default_amount_netted=100.0, default_accepted_km=5)
        )
        made = forged.create({"partner_id": self.customer.id})
        self.assertEqual((made.state, made.amount_netted, made.accepted_km), ("draft", 0.0, 0))
        self.assertNotEqual(made.name, "/")

    def test_one_live_trade_in_of_a_car(self):
        first = self._new_trade_in()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self._new_trade_in(" zzsdsa1e3tt-000101 ")
        first.action_cancel()
        self.assertTrue(self._new_trade_in())
        self.env.cr.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'dealer_trade_in' AND indexdef ~ 'UNIQUE'"
        )
        found = dict(self.env.cr.fetchall())
        self.assertIn("dealer_trade_in_live_vin_uniq", found)
        self.assertIn("dealer_trade_in_committed_vin_uniq", found)
        self.assertIn("dealer_trade_in_purchase_uniq", found)
        self.env.cr.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'dealer_trade_in'::regclass")
        names = {name for (name,) in self.env.cr.fetchall()}
        self.assertLessEqual({"dealer_trade_in_amounts_sane", "dealer_trade_in_in_a_deal"}, names)

    def test_the_vin_tells_the_car(self):
        known = self._create_car("ZZSDSA1E3TT000104", self.other_trim)
        form = Form(self.env["dealer.trade.in"].with_user(self.appraiser))
        form.partner_id = self.customer
        form.vin = known.vin
        self.assertEqual(form.vehicle_id, known)
        self.assertEqual(form.series_id, self.series)
        self.assertEqual(form.save().vehicle_id, known)

    def test_the_market_answers(self):
        seen = self._create_car("ZZSDSA1E3TT000105", self.other_trim)
        seen.write({"model_year": 2019})
        prices = self.env["dealer.vehicle.market.price"]
        for day, price in ((0, 50000.0), (10, 54000.0), (200, 90000.0)):
            date = fields.Date.today() - timedelta(days=day)
            prices.create({"vehicle_id": seen.id, "price": price, "date": date, "source": "auction"})
        trade_in = self._new_trade_in(series_id=self.series.id)
        with self.assertRaises(AccessError):
            trade_in.action_look_up_market()
        judged = trade_in.with_user(self.appraiser)
        judged.action_look_up_market()
        self.assertEqual((judged.market_value, judged.market_date), (52000.0, fields.Date.today()))
        judged.line_ids = [Command.create({"name": "Door", "amount": 1500.0})]
        self.assertEqual((judged.reconditioning, judged.value_proposed), (1500.0, 50500.0))
        unknown = self._new_trade_in(SECOND_VIN, series_id=self.old_series.id)
        with self.assertRaisesRegex(UserError, "Nobody knows"):
            unknown.with_user(self.appraiser).action_look_up_market()

    def test_expired(self):
        trade_in = self._appraised()
        trade_in.sudo().date_valid = fields.Date.today() - timedelta(days=1)
        self.assertTrue(trade_in.is_expired)
        self.assertIn(trade_in, trade_in.search([("is_expired", "=", True)]))
        with self.assertRaisesRegex(UserError, "appraisal is over"):
            trade_in._attach(self._dear_contract())

    def test_the_print_tells_no_value(self):
        trade_in = self._appraised(lien=10000.0)
        html = self.env["ir.qweb"]._render("dealer_sales.report_dealer_trade_in", {"docs": trade_in.sudo()})
        self.assertIn("50,000.00", html)
        self.assertNotIn("46,000", html)

    def test_a_list_asks_once(self):
        trade_ins = self.env["dealer.trade.in"]
        for number in range(20):
            trade_ins |= self._new_trade_in(f"ZZSDSA1E3TT0002{number:02d}")
        spec = {
            name: {}
            for name in ("name", "plate", "vin_warning", "is_expired", "recheck_reason", "allowance", "equity", "state")
        }
        counts = []
        for some in (trade_ins[:2], trade_ins):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.with_user(self.advisor).web_read(spec)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 1)


@tagged("post_install", "-at_install", "dealer")
class TestTradeInDeal(TradeInCommon):
    """A trade-in in a contract: terms that are signed, re-checked and received."""

    def test_taken_from_the_contract(self):
        trade_in = self._appraised()
        contract = self._dear_contract()
        action = contract.action_take_trade_in()
        wizard = self.env["dealer.trade.in.take"].with_user(self.advisor).with_context(**action["context"]).create({})
        self.assertEqual((wizard.trade_in_id, wizard.allowance), (trade_in, 50000.0))
        wizard.allowance = 49000.0
        wizard.action_take()
        self.assertEqual((trade_in.contract_id, trade_in.allowance), (contract, 49000.0))
        self.assertEqual(contract.trade_in_count, 1)

    def test_the_offer_fills_it(self):
        trade_in = self._appraised()
        quote = (
            self.env["dealer.desking.quote"]
            .with_user(self.advisor)
            .create({"partner_id": self.customer.id, "product_id": self.trim.id})
        )
        scenario = quote.scenario_ids[:1]
        scenario.write({"trade_in_amount": 47500.0, "trade_in_text": "2019 Lavida"})
        contract = self.env["dealer.contract"].with_user(self.advisor).browse(scenario.action_choose()["res_id"])
        action = contract.action_take_trade_in()
        wizard = self.env["dealer.trade.in.take"].with_user(self.advisor).with_context(**action["context"]).create({})
        self.assertEqual((wizard.trade_in_id, wizard.allowance), (trade_in, 47500.0))
        self.assertIn("2019 Lavida", wizard.offered)
        wizard.action_take()
        self.assertEqual(trade_in.allowance, 47500.0)
        self.assertEqual(wizard.action_new()["context"]["default_allowance"], 47500.0)

    def test_signed_terms(self):
        trade_in = self._appraised(lien=10000.0)
        contract = self._dear_contract()
        plain = contract.sudo().sale_order_id._get_dealer_fingerprint()
        trade_in._attach(contract)
        self.assertNotEqual(plain, contract.sudo().sale_order_id._get_dealer_fingerprint())
        self._commit(contract)
        self.assertEqual(trade_in.state, "committed")
        self.assertIn("50,000.00", contract.sudo().signed_version_id.body)
        self.assertIn("Car Bank", contract.sudo().signed_version_id.body)
        with self.assertRaisesRegex(UserError, "re-appraisal"):
            trade_in.with_user(self.manager).allowance = 60000.0
        with self.assertRaisesRegex(UserError, "re-appraisal"):
            trade_in.lien_amount = 0.0
        self.assertEqual([g["code"] for g in contract._gates() if not g["done"]][:3], ["invoiced", "paid", "trade_in"])

    def test_a_change_before_the_signature_is_seen(self):
        trade_in = self._appraised(allowance=48000.0)
        contract = self._dear_contract()
        trade_in._attach(contract)
        self._approve(contract)
        self.assertFalse(contract.is_changed)
        trade_in.allowance = 49000.0
        self.assertTrue(contract.is_changed)
        with self.assertRaisesRegex(UserError, "cannot be signed"):
            contract.sudo()._sign("Anna Buyer", b"aGVsbG8=")

    def test_no_default_takes_the_charge_off(self):
        trade_in = self._appraised()
        trade_in._attach(self._dear_contract())
        lien = {"lien_partner_id": self.bank.id, "lien_amount": 60000.0, "lien_date": self.tomorrow}
        trade_in.with_context(default_discount=100.0).write(lien)
        self.assertEqual(trade_in.sudo().equity_line_id.price_total, 10000.0)

    def test_a_pay_off_without_its_day_is_told_at_the_re_check(self):
        trade_in = self._appraised()
        trade_in.write({"lien_partner_id": self.bank.id, "lien_amount": 10000.0})
        self._deal(trade_in)
        self._recheck(trade_in)
        self.assertIn("until when", trade_in.recheck_reason)

    def test_one_car_in_one_contract(self):
        trade_in = self._appraised()
        trade_in._attach(self._dear_contract())
        with self.assertRaisesRegex(UserError, "part of contract"):
            trade_in._attach(self._dear_contract())
        with self.assertRaisesRegex(UserError, "take it off its contract"):
            trade_in.with_user(self.appraiser).action_reopen()

    def test_of_somebody_else(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        trade_in = self._appraised(partner_id=stranger.id)
        with self.assertRaisesRegex(UserError, "party to contract"):
            trade_in._attach(self._dear_contract())

    def test_swapped(self):
        """The customer brings another car than the one that was signed."""
        first, second = self._appraised(), self._appraised(SECOND_VIN, allowance=45000.0)
        contract = self._deal(first)
        first.with_user(self.advisor).action_detach()
        self.assertEqual((first.state, first.contract_id, contract.trade_in_count), ("appraised", contract.browse(), 0))
        self.assertTrue(contract.is_changed)
        with self.assertRaisesRegex(UserError, "in no contract"):
            first.with_user(self.advisor).action_detach()
        second.with_user(self.advisor)._attach(contract)
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", b"aGVsbG8=")
        self.assertEqual((second.state, first.state), ("committed", "appraised"))

    def test_a_plain_deal_asks_nothing(self):
        contract = self._deal()
        self.env.flush_all()
        self.env.invalidate_all()
        contract.sudo().read(["trade_in_count", "signed_version_id"])
        with self.assertQueryCount(0):
            self.assertFalse(contract._get_trade_ins())
            self.assertFalse(contract._get_shares_of_others())

    def test_cancelled_before_the_receipt(self):
        trade_in = self._appraised()
        contract = self._deal(trade_in)
        contract.with_user(self.manager).action_cancel("No loan")
        self.assertEqual((trade_in.state, trade_in.contract_id), ("appraised", contract.browse()))
        trade_in._attach(self._dear_contract())
