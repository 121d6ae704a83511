from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import SIGNATURE
from .common_trade_in import TradeInCommon
from .test_contract_acts import ActsCommon


@tagged("post_install", "-at_install", "dealer")
class TestRefundOpen(ActsCommon):
    """All that is the customer's of a deal that is over goes back in one act, once."""

    def _cancelled(self, withdrawn_by="agreed", kinds=("earnest",)):
        """Return a cancelled deal with two payments by two ways for each kind of money."""
        contract = self._create_contract(deposit_amount=5000.0, deposit_kind=kinds[0])
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        for kind in kinds:
            self._receive(contract, 3000.0, kind=kind, journal_id=self.bank_journal.id)
            self._receive(contract, 2000.0, kind=kind, journal_id=self.cash_journal.id)
        contract.with_user(self.manager).action_cancel("over", withdrawn_by)
        return contract

    def test_every_payment_goes_back_the_way_it_came(self):
        contract = self._cancelled(kinds=("earnest", "balance"))
        action = contract.with_user(self.cashier).action_refund_open()
        window = self.env["dealer.contract.refund.open"].with_user(self.cashier).with_context(**action["context"])
        form = Form(window)
        self.assertEqual((len(form.line_ids), form.amount_total), (4, 10000.0))
        form.reason = "deal is off"
        form.save().action_confirm()
        contract.invalidate_recordset()
        self.assertEqual((contract.amount_on_account, contract.amount_received), (0.0, 0.0))
        payments = contract.sudo().payment_ids
        for way in (self.bank_journal, self.cash_journal):
            mine = payments.filtered(lambda payment, way=way: payment.journal_id == way)
            self.assertEqual(sum(mine.mapped("amount_signed")), 0.0, way.name)
        self.assertEqual(self._balance(self.company._get_advance_account()), 0.0)
        self.assertBooksAgree()
        with self.assertRaisesRegex(UserError, "all was paid back"):
            contract.with_user(self.cashier).action_refund_open("again")

    def test_the_cashier_finds_what_is_to_be_paid_back(self):
        contract, paid_back = self._cancelled(), self._cancelled()
        running = self._create_sold(5000.0, car=self.car)
        paid_back.with_user(self.cashier).action_refund_open("off")
        contracts = self.env["dealer.contract"].with_user(self.cashier)
        ours = [("id", "in", (contract | paid_back | running).ids)]
        self.assertEqual(contracts.search([("is_refund_open", "=", True), *ours]), contract)
        self.assertEqual(contracts.search([("is_refund_open", "=", False), *ours]), paid_back | running)
        self.assertEqual((contract | paid_back | running).mapped("is_refund_open"), [True, False, False])

    def test_a_part_paid_back_before_is_not_paid_twice(self):
        contract = self._cancelled()
        payment = contract.sudo().payment_ids.filtered(lambda p: p.journal_id == self.bank_journal)
        window = self.env["dealer.contract.refund"].with_user(self.cashier)
        window.create({"payment_id": payment.id, "amount": 1000.0, "reason": "first part"}).action_refund()
        contract.with_user(self.cashier).action_refund_open("the rest")
        contract.invalidate_recordset()
        self.assertEqual((contract.amount_on_account, contract.amount_received), (0.0, 0.0))

    def test_compensation_goes_with_it(self):
        contract = self._cancelled("dealer")
        cashier = contract.with_user(self.cashier)
        with self.assertRaisesRegex(UserError, "not booked"):
            cashier.action_refund_open("x")
        settlement = contract.sudo().settlement_ids
        settlement.with_user(self.manager).action_decide()
        settlement.with_user(self.cashier).action_book()
        cashier.action_refund_open("we could not deliver")
        self.assertTrue(settlement.payment_id)
        contract.invalidate_recordset()
        self.assertEqual(contract.amount_on_account, 0.0)
        self.assertEqual(self._balance(self.company._get_advance_account()), 0.0)
        self.assertBooksAgree()

    def test_who_and_when(self):
        contract = self._cancelled()
        for user in (self.advisor, self.manager):
            with self.subTest(user.login), self.assertRaises(AccessError):
                contract.with_user(user).action_refund_open("mine")
        running = self._create_sold(5000.0, car=self.car)
        with self.assertRaisesRegex(UserError, "goes on"):
            running.with_user(self.cashier).action_refund_open("why not")
        with self.assertRaises(AccessError):
            self.env["dealer.contract.refund.open"].with_user(self.advisor).create({"contract_id": contract.id})


@tagged("post_install", "-at_install", "dealer")
class TestSecondPerson(ActsCommon):
    """Who gives money of his own deal away has a second person decide."""

    def _own(self, deposit=5000.0, **vals):
        contract = self._create_contract(user=self.manager, deposit_amount=deposit, **vals)
        self._approve(contract, user=self.manager_2)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        if deposit:
            self._receive(contract, kind="earnest")
        return contract

    def test_own_deal_with_money_waits_for_a_second_manager(self):
        contract = self._own()
        action = contract.action_cancel("friend", "agreed")
        self.assertEqual((contract.state, action["res_model"]), ("signed", "dealer.contract.act"))
        act = contract.act_ids
        self.assertEqual((act.state, act.kind, act.requested_by_id), ("draft", "cancel", self.manager))
        self.assertIn(self.manager_2, contract.sudo().activity_ids.user_id)
        with self.assertRaisesRegex(AccessError, "second person"):
            act.with_user(self.manager).action_decide()
        with self.assertRaises(AccessError):
            act.with_user(self.advisor).action_decide()
        contract.action_cancel("friend, asked again", "agreed")
        self.assertEqual(contract.act_ids, act)
        act.with_user(self.manager_2).action_decide()
        self.assertEqual((contract.state, contract.end_kind, act.state), ("cancelled", "cancel", "done"))
        self.assertEqual(act.decided_by_id, self.manager_2)
        with self.assertRaisesRegex(UserError, "was decided"):
            act.with_user(self.manager_2).action_decide()

    def test_handing_the_deal_to_a_colleague_opens_nothing(self):
        contract = self._own()
        contract.user_id = self.advisor
        contract.action_cancel("friend", "agreed")
        self.assertEqual(contract.state, "signed")

    def test_the_second_manager_may_cancel_it_himself(self):
        contract = self._own()
        contract.action_cancel("friend", "agreed")
        contract.with_user(self.manager_2).action_cancel("looked at it", "customer")
        self.assertEqual((contract.state, len(contract.act_ids), contract.act_ids.state), ("cancelled", 1, "done"))
        self.assertEqual(contract.act_ids.withdrawn_by, "customer")
        settlement = contract.sudo().settlement_ids
        with self.assertRaisesRegex(AccessError, "second person"):
            settlement.with_user(self.manager).action_decide()

    def test_the_general_manager_is_one_where_there_is_no_other(self):
        self.manager_2.active = False
        contract = self._create_contract(user=self.manager, user_id=self.advisor.id, deposit_amount=500.0)
        self._approve(contract.with_user(self.advisor), user=self.manager)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        self._receive(contract, kind="earnest")
        contract.action_cancel("friend", "agreed")
        self.assertIn(self.general_manager, contract.sudo().activity_ids.user_id)
        contract.act_ids.with_user(self.general_manager).action_decide()
        self.assertEqual((contract.state, contract.act_ids.decided_by_id), ("cancelled", self.general_manager))

    def test_refused(self):
        contract = self._own()
        contract.action_cancel("friend", "agreed")
        contract.act_ids.with_user(self.manager_2).action_refuse()
        self.assertEqual((contract.state, contract.act_ids.state), ("signed", "refused"))

    def test_nothing_to_give_away_needs_nobody(self):
        contract = self._own(deposit=0.0)
        self.assertIs(contract.action_cancel("changed his mind", "agreed"), True)
        other = self._create_sold(5000.0, car=self.car)
        self.assertIs(other.with_user(self.manager).action_cancel("off", "agreed"), True)
        own = self._own()
        self.assertIs(own.action_cancel("withdraws", "customer"), True, "its earnest money is decided by another")

    def test_wrong_words(self):
        contract = self._create_contract()
        for wrong in ("nobody", "", None, 3, ["customer"], {}):
            with self.subTest(wrong), self.assertRaisesRegex(UserError, "one of"):
                contract.action_cancel("why", wrong)


@tagged("post_install", "-at_install", "dealer")
class TestOtherTrim(ActsCommon):
    def test_a_trim_is_on_sale_and_the_cars_own(self):
        contract = self._create_sold(car=self.car)
        mats = self.env["product.product"].create({"name": "Mats"})
        other = self.env["res.company"].create({"name": "Other Shop"})
        theirs = self._create_trim("Not Ours", 100.0)
        theirs.company_id = other
        old = self._create_trim("Out of Sale", 100.0)
        old.sale_ok = False
        for product in (mats, old):
            with self.subTest(product.name), self.assertRaisesRegex(UserError, "no trim on sale"):
                contract.action_change_car(product_id=product.id, reason="x")
        with self.assertRaises(UserError):
            contract.action_change_car(product_id=theirs.id, reason="x")
        with self.assertRaisesRegex(UserError, "another trim is an amendment"):
            contract.action_change_car(product_id=self.other_trim.id, vehicle_id=self.car_2.id, reason="x")
        with self.assertRaisesRegex(UserError, "does not exist"):
            contract.action_change_car(product_id=10**8, reason="x")
        self.assertEqual((contract.vehicle_id, contract.product_id), (self.car, self.trim))

    def test_another_trim_is_an_amendment(self):
        contract = self._create_sold(car=self.car)
        contract.action_change_car(product_id=self.other_trim.id, reason="wants more")
        contract.action_change_car(
            vehicle_id=self._create_car("ZZSDSA1E6TT000028", self.other_trim).id, reason="it came"
        )
        self.assertEqual(contract.act_ids.sorted("id").mapped("kind"), ["amend", "change"])


@tagged("post_install", "-at_install", "dealer")
class TestTradeInOfADealThatEnds(TradeInCommon, ActsCommon):
    """A car taken in payment is given back, or stays by a decision: never half."""

    def _over(self, lien=0.0, **vals):
        """Return the done act of a returned deal, and its trade-in."""
        trade_in = self._appraised(lien=lien)
        contract = self._deal(trade_in)
        self._invoice(contract)
        self._receive_car(trade_in)
        action = contract.with_user(self.advisor).action_return()
        act = self.env["dealer.contract.act"].with_user(self.advisor).browse(action["res_id"])
        act.write({"reason": "wrong colour", "plates": "none", "tax": "none"})
        return act, trade_in

    def test_asked_with_the_return_and_done_with_it(self):
        act, trade_in = self._over(lien=10000.0)
        self.assertTrue(act.has_trade_in)
        with self.assertRaisesRegex(UserError, "what becomes of the trade-in"):
            act.with_user(self.manager).action_decide()
        act.trade_in_fate = "back"
        act.with_user(self.manager).action_decide()
        trade_in.invalidate_recordset()
        self.assertEqual((act.state, trade_in.state), ("done", "returned"))
        self.assertEqual(trade_in.sudo().vehicle_id.place, "gone")
        self.assertFalse(act.is_trade_in_open)
        self.assertEqual(self.balance(self.company._get_advance_account()), 0.0)
        with self.assertRaisesRegex(UserError, "given back or kept"):
            act.with_user(self.manager).action_give_back_trade_in()

    def test_kept_is_told_to_who_pays(self):
        act, trade_in = self._over()
        act.trade_in_fate = "keep"
        act.with_user(self.manager).action_decide()
        self.assertEqual(trade_in.sudo().state, "received")
        notes = act.sudo().contract_id.activity_ids.mapped("note")
        self.assertTrue(any("stays ours" in note for note in notes), notes)
        self.assertFalse(act.is_trade_in_open)
        act.with_user(self.manager).action_give_back_trade_in()
        self.assertEqual(trade_in.sudo().state, "returned", "he may think better of it while nobody was paid")

    def test_after_a_cancellation_the_act_asks(self):
        trade_in = self._appraised()
        contract = self._deal(trade_in)
        self._receive_car(trade_in)
        contract.with_user(self.manager).action_cancel("off")
        act = contract.act_ids
        self.assertTrue(act.is_trade_in_open)
        self.assertIn(act, self.env["dealer.contract.act"].search([("is_trade_in_open", "=", True)]))
        for user in (self.advisor, self.appraiser):
            with self.subTest(user.login), self.assertRaises(AccessError):
                act.with_user(user).action_give_back_trade_in()
        act.with_user(self.manager).action_give_back_trade_in()
        self.assertEqual((trade_in.sudo().state, act.trade_in_fate), ("returned", "back"))
        self.assertFalse(act.is_trade_in_open)
        self.assertEqual(self.balance(self.company._get_advance_account()), 0.0)


@tagged("post_install", "-at_install", "dealer")
class TestNearGifts(ActsCommon):
    """What is sold for less than the house asks counts in the limits, were it for a cent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mats = cls.env["product.product"].create(
            {
                "name": "Mats",
                "list_price": 3000.0,
                "standard_price": 1200.0,
                "is_accessory": True,
                "taxes_id": [Command.set(cls.tax_sale_a.ids)],
            }
        )

    def _with_mats(self, price, **vals):
        contract = self._create_contract()
        line = {"product_id": self.mats.id, "price_unit": price, **vals}
        contract.write({"order_line_ids": [Command.create(line)]})
        return contract, contract.order_line_ids.filtered(lambda line: line.product_id == self.mats)

    def test_a_cent_is_no_way_around_the_limit(self):
        contract, line = self._with_mats(0.01)
        self.assertFalse(line.is_gift)
        self.assertAlmostEqual(contract.discount_amount, 2999.99, 2)
        self.assertEqual(contract.limit_level, "beyond")
        self.assertTrue(contract._needs_cut_reason())
        gift, line = self._with_mats(0.0)
        self.assertTrue(line.is_gift)
        self.assertEqual(gift.sudo()._get_given_away(), 1200.0, "a gift counts at cost")

    def test_a_discount_on_accessories_counts(self):
        contract, _line = self._with_mats(3000.0)
        self.assertEqual((contract.discount_amount, contract.limit_level), (0.0, "advisor"))
        self.assertFalse(contract._needs_cut_reason())
        for vals in ({"price": 1500.0}, {"price": 3000.0, "discount": 50.0}):
            contract, _line = self._with_mats(**vals)
            self.assertEqual(contract.discount_amount, 1500.0)
            self.assertEqual(contract.limit_level, "manager")
            version = self._submit(contract)
            self.assertEqual((version.extras_cut, version.cut_amount), (1500.0, 0.0))
            self.assertEqual((version.sudo().given_away, version.limit_level), (1500.0, "manager"))
            self.assertEqual(version.sudo().margin_effect, -1500.0)

    def test_counted_as_the_price_tags_are(self):
        self.company.dealer_price_with_tax = True
        contract, _line = self._with_mats(2000.0)
        cut = 1000.0 * 1.15
        self.assertEqual(contract.sudo()._get_extras_cut(), cut)
        margin = contract.sudo()._get_given_margin()
        contract.order_line_ids.filtered(lambda line: line.product_id == self.mats).price_unit = 3000.0
        self.assertEqual(margin - contract.sudo()._get_given_margin(), 1000.0, "only what is without tax was ours")

    def test_a_price_of_the_template_is_what_the_house_asks(self):
        preset = self.template.line_ids.filtered(lambda line: line.nature == "own")[:1]
        self.assertTrue(preset)
        preset.price_unit = preset.product_id.list_price - 100.0
        self.assertEqual(self._create_contract().discount_amount, 0.0)

    def test_without_a_list_price_the_cost_speaks_but_is_not_told(self):
        self.mats.list_price = 0.0
        contract, _line = self._with_mats(0.01)
        self.assertEqual(contract.discount_amount, 0.0, "nobody may read the cost from it")
        self.assertAlmostEqual(contract.sudo()._get_given_away(), 1199.99, 2)
        contract, _line = self._with_mats(1500.0)
        self.assertEqual(contract.sudo()._get_given_away(), 0.0)


@tagged("post_install", "-at_install", "dealer")
class TestDaysAndWords(TradeInCommon, ActsCommon):
    """Days are those of the site's clock; nothing prints what nobody wrote."""

    def _set(self, table, column, record, moment):
        self.env.flush_all()
        self.cr.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [moment, record.id])
        self.env.invalidate_all()

    def test_a_pay_off_without_a_day_prints_none(self):
        trade_in = self._appraised(lien=10000.0)
        self.assertIn("which holds until", trade_in._get_term_text())
        trade_in.sudo().lien_date = False
        text = trade_in._get_term_text()
        self.assertIn("Car Bank is paid off with", text)
        self.assertNotIn("until", text)
        self.assertNotIn("False", text)

    def test_the_funnel_counts_by_the_clock_of_the_site(self):
        self.company.partner_id.tz = "America/New_York"
        lead = self.env["crm.lead"].create({"name": "Late", "type": "opportunity", "site_id": False})
        party = self.env["dealer.traffic"].create({"site_id": self.site.id})
        self._set("crm_lead", "create_date", lead, "2026-02-01 02:00:00")
        self._set("dealer_traffic", "date", party, "2026-02-01 02:00:00")
        funnel = self.env["dealer.funnel.report"]
        days = funnel.search(["|", ("lead_id", "=", lead.id), ("traffic_id", "=", party.id)]).mapped("date")
        self.assertEqual([str(day) for day in days], ["2026-01-31"] * 2)
        self.site.partner_id = self.env["res.partner"].create({"name": "Branch", "tz": "Asia/Shanghai"})
        lead.site_id = self.site
        self._set("crm_lead", "create_date", lead, "2026-01-31 20:00:00")
        self.assertEqual(str(funnel.search([("lead_id", "=", lead.id)]).date), "2026-02-01")

    def test_scores_count_by_it_too(self):
        self.company.partner_id.tz = "America/New_York"
        contract = self._create_sold(car=self.car)
        self._invoice(contract)
        delivery = ActsCommon._hand_over.__func__(type(self), contract)
        self._set("dealer_delivery", "date_done", delivery, "2026-02-01 02:00:00")
        self.env["dealer.customer.score"]._score_all_stale()
        score = self.env["dealer.customer.score"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual(str(score.date_last), "2026-01-31")
        self.assertFalse(self.env["dealer.customer.score"]._find_stale(1))

    def test_what_is_fitted_is_an_accessory(self):
        product = self.env["product.template"].create({"name": "Tow bar", "is_fitted_on_car": True})
        self.assertTrue(product.is_accessory)
        mats = self.env["product.template"].create({"name": "Mats", "is_accessory": True})
        self.assertEqual((mats.is_accessory, mats.is_fitted_on_car), (True, False))
        mats.is_fitted_on_car = True
        mats.is_fitted_on_car = False
        self.assertTrue(mats.is_accessory, "taken in instead of fitted it is still one")
