from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SIGNATURE
from .common_trade_in import TradeInCommon
from .test_contract_acts import ActsCommon
from .test_fleet import FleetCommon


@tagged("post_install", "-at_install", "dealer")
class TestTradeInOfACancellation(TradeInCommon, ActsCommon):
    """What is decided on the trade-in of a cancelled deal is done, or stays on the worklist."""

    def _asked(self):
        """Return the cancellation a manager asks for on his own deal whose trade-in was received, and the trade-in."""
        trade_in = self._appraised()
        contract = self._dear_contract(user=self.manager)
        trade_in.with_user(self.manager)._attach(contract)
        self._approve(contract, user=self.manager_2)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        contract.with_user(self.advisor).sudo().action_allocate(self.car.id)
        self._receive_car(trade_in)
        contract.action_cancel("friend", "agreed")
        return contract.act_ids, trade_in

    def _worklist(self):
        view = self.env.ref("dealer_sales.dealer_contract_act_view_search")
        domain = view.arch.split('name="to_decide"')[1].split('domain="')[1].split('"')[0]
        return self.env["dealer.contract.act"].with_user(self.manager).search(eval(domain))  # noqa: S307

    def test_the_fate_is_asked_and_carried_out(self):
        act, trade_in = self._asked()
        self.assertEqual((act.kind, act.state), ("cancel", "draft"))
        with self.assertRaisesRegex(UserError, "what becomes of the trade-in"):
            act.with_user(self.manager_2).action_decide()
        act.trade_in_fate = "back"
        act.with_user(self.manager_2).action_decide()
        self.assertEqual((act.contract_id.state, act.state), ("cancelled", "done"))
        self.assertEqual(trade_in.sudo().state, "returned")
        self.assertFalse(act.is_trade_in_open)
        self.assertEqual(self.balance(self.company._get_advance_account()), 0.0)

    def test_kept_is_told_to_who_pays(self):
        act, trade_in = self._asked()
        act.trade_in_fate = "keep"
        act.with_user(self.manager_2).action_decide()
        self.assertEqual((trade_in.sudo().state, act.is_trade_in_open), ("received", False))
        notes = act.sudo().contract_id.activity_ids.mapped("note")
        self.assertTrue(any("stays ours" in note for note in notes), notes)

    def test_cancelled_by_the_second_person_himself_it_stays_to_be_decided(self):
        act, trade_in = self._asked()
        act.trade_in_fate = "back"
        act.contract_id.with_user(self.manager_2).action_cancel("looked at it", "agreed")
        self.assertEqual((act.state, act.trade_in_fate, trade_in.sudo().state), ("done", False, "received"))
        self.assertTrue(act.is_trade_in_open)
        self.assertIn(act, self._worklist())
        act.with_user(self.manager_2).action_give_back_trade_in()
        self.assertNotIn(act, self._worklist())

    def test_a_direct_cancellation_is_on_the_worklist(self):
        trade_in = self._appraised()
        contract = self._deal(trade_in)
        self._receive_car(trade_in)
        contract.with_user(self.manager).action_cancel("off")
        self.assertIn(contract.act_ids, self._worklist())
        contract.act_ids.with_user(self.manager).action_keep_trade_in()
        self.assertNotIn(contract.act_ids, self._worklist())

    def test_nothing_is_decided_while_the_deal_goes_on(self):
        trade_in = self._appraised()
        contract = self._deal(trade_in)
        self._receive_car(trade_in)
        contract.with_user(self.manager).action_cancel("off")
        self.env.flush_all()
        # As a repair of the data by hand would leave it
        self.cr.execute("UPDATE dealer_contract SET state = 'signed' WHERE id = %s", [contract.id])
        self.env.invalidate_all()
        for decide in ("action_keep_trade_in", "action_give_back_trade_in"):
            with self.subTest(decide), self.assertRaisesRegex(UserError, "a deal that is over"):
                getattr(contract.act_ids.with_user(self.manager), decide)()
        self.assertFalse(contract.act_ids.trade_in_fate)

    def test_a_reason_is_needed(self):
        act, _trade_in = self._asked()
        act.write({"trade_in_fate": "keep", "reason": False})
        with self.assertRaisesRegex(UserError, "the reason"):
            act.with_user(self.manager_2).action_decide()


@tagged("post_install", "-at_install", "dealer")
class TestSecondPersonOfAgreement(FleetCommon):
    """Who sells an agreement or wrote its terms never puts it in force alone."""

    def assertNotAlone(self, agreement, user):
        with self.assertRaisesRegex(AccessError, "second person"):
            agreement.with_user(user).action_agree()
        self.assertEqual(agreement.state, "draft")

    def test_reopened_with_other_prices(self):
        agreement = self._create_in_force()
        mine = agreement.with_user(self.manager)
        mine.action_reopen()
        mine.line_ids.price = 15000.0
        self.assertEqual(mine.author_ids, self.manager)
        self.assertNotAlone(agreement, self.manager)
        agreement.with_user(self.manager_2).action_agree()
        self.assertEqual((agreement.agreed_by_id, agreement.author_ids.ids), (self.manager_2, []))

    def test_every_way_to_write_terms(self):
        agreement = self._create_agreement()
        mine = agreement.with_user(self.manager)
        line = {"product_id": self.trim.id, "quantity": 1, "price": 9000.0}
        writes = {
            "number": lambda: mine.line_ids[0].write({"quantity": 90}),
            "through the agreement": lambda: mine.write(
                {"line_ids": [Command.update(mine.line_ids[0].id, {"price": 1.0})]}
            ),
            "a line more": lambda: mine.line_ids.create({**line, "agreement_id": mine.id}),
            "a line less": lambda: mine.line_ids[-1].unlink(),
            "longer": lambda: mine.write({"date_to": "2099-12-31"}),
            "for another": lambda: mine.write({"partner_id": self.customer.id}),
        }
        for how, write in writes.items():
            with self.subTest(how):
                agreement.sudo().author_ids = False
                write()
                self.assertNotAlone(agreement, self.manager)
        mine.write({"reference": "Tender 8"})
        agreement.sudo().author_ids = False
        mine.write({"reference": "Tender 9"})
        mine.action_agree()
        self.assertEqual(agreement.state, "agreed", "a reference is no term")

    def test_handed_to_a_colleague(self):
        agreement = self._create_agreement()
        agreement.sudo().user_id = self.manager
        agreement.sudo().user_id = self.advisor
        self.assertNotAlone(agreement, self.manager)
        other = self._create_agreement()
        mine = other.with_user(self.manager)
        mine.user_id = self.manager
        mine.user_id = self.advisor
        self.assertNotAlone(other, self.manager)
        other.with_user(self.manager_2).action_agree()

    def test_what_two_saw_has_no_author_any_more(self):
        """Two managers are enough for an agreement that is changed again and again."""
        agreement = self._create_in_force()
        for writer, other in ((self.manager, self.manager_2), (self.manager_2, self.manager)) * 2:
            agreement.with_user(writer).action_reopen()
            agreement.with_user(writer).line_ids.price -= 100.0
            self.assertNotAlone(agreement, writer)
            agreement.with_user(other).action_agree()

    def test_written_by_both_it_takes_a_third(self):
        agreement = self._create_agreement()
        for user in (self.manager, self.manager_2):
            agreement.with_user(user).line_ids.price -= 100.0
        for user in (self.manager, self.manager_2):
            self.assertNotAlone(agreement, user)

    def test_the_people_are_not_typed(self):
        agreement = self._create_agreement()
        mine = agreement.with_user(self.manager)
        for name in ("seller_ids", "author_ids"):
            with self.subTest(name), self.assertRaisesRegex(AccessError, "cannot be typed"):
                mine.write({name: [Command.clear()]})
        forged = self.env["dealer.fleet.agreement"].with_user(self.manager)
        forged = forged.with_context(default_seller_ids=[self.advisor.id], default_author_ids=[self.advisor.id])
        made = forged.create({"partner_id": self.fleet.id, "date_to": "2099-12-31"})
        self.assertEqual((made.seller_ids, made.author_ids.ids), (self.manager, []))

    # === A contract that leaves its agreement ===
    def test_the_agreement_is_no_reason_for_another_car(self):
        agreement = self._create_in_force({"quantity": 2, "price": 19000.0, "colour_id": self.white.id})
        contract = self._make(agreement, 1)
        self.assertTrue(contract.cut_reason_id)
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        self.car.colour_exterior = "Black"
        action = contract.action_change_car(vehicle_id=self.car.id, reason="takes the black one")
        self.assertFalse(contract.fleet_agreement_id)
        self.assertEqual((contract.cut_reason_id.id, contract.cut_note), (False, False))
        self.assertEqual(action["res_model"], "dealer.contract.submit", "the cut asks for a reason of its own")

    def test_a_reason_of_its_own_stays(self):
        agreement = self._create_in_force({"quantity": 2, "price": 19000.0, "colour_id": self.white.id})
        contract = self._make(agreement, 1)
        reason = self.env.ref("dealer_sales.dealer_discount_reason_rival")
        contract.action_submit(reason.id, "offer seen")
        self.car.colour_exterior = "Black"
        contract.action_change_car(vehicle_id=self.car.id, reason="takes the black one")
        self.assertEqual((contract.cut_reason_id, contract.cut_note), (reason, "offer seen"))


@tagged("post_install", "-at_install", "dealer")
class TestSecondPersonOfContract(ActsCommon):
    """Handing a deal about makes nobody its second person."""

    def test_who_sold_it_once_does_not_approve_it(self):
        contract = self._create_contract()
        for user in (self.manager, self.manager_2, self.advisor):
            contract.sudo().user_id = user
        self.assertEqual(contract.sudo().former_user_ids, self.advisor | self.manager | self.manager_2)
        version = self._submit(contract)
        for user in (self.manager, self.manager_2):
            with self.subTest(user.login), self.assertRaisesRegex(AccessError, "second person"):
                version.with_user(user).validate_tier()
        self.assertEqual(version.state, "under_review")

    def test_who_submitted_it_once_does_not_approve_it(self):
        contract = self._create_contract()
        self._submit(contract.with_user(self.manager))
        contract.with_user(self.manager).action_withdraw()
        version = self._submit(contract)
        with self.assertRaisesRegex(AccessError, "second person"):
            version.with_user(self.manager).action_approve()
        version.with_user(self.manager_2).action_approve()
        self.assertEqual(version.state, "approved")

    def test_who_sold_it_once_does_not_cancel_it_alone(self):
        contract = self._create_contract(deposit_amount=500.0)
        for user in (self.manager, self.advisor):
            contract.sudo().user_id = user
        self._approve(contract, user=self.manager_2)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        self._receive(contract, kind="earnest")
        contract.with_user(self.manager).action_cancel("friend", "agreed")
        self.assertEqual(contract.state, "signed")
        with self.assertRaisesRegex(AccessError, "second person"):
            contract.act_ids.with_user(self.manager).action_decide()

    def test_the_people_are_not_typed(self):
        contract = self._create_contract()
        for user in (self.manager, self.advisor):
            contract.sudo().user_id = user
        for user in (self.advisor, self.manager):
            with self.subTest(user.login), self.assertRaisesRegex(AccessError, "cannot be typed"):
                contract.with_user(user).write({"former_user_ids": [Command.clear()]})

    def test_the_comment_window_of_the_module_opens_nothing(self):
        version = self._submit(self._create_contract(user=self.manager))
        reviews = version.sudo().review_ids
        for user in (self.manager, self.manager_2, self.general_manager):
            for act in ("validate", "reject"):
                for named in (reviews, reviews.browse()):
                    window = (
                        self.env["comment.wizard"]
                        .with_user(user)
                        .create(
                            {
                                "res_model": version._name,
                                "res_id": version.id,
                                "validate_reject": act,
                                "comment": "fine",
                                "review_ids": [Command.set(named.ids)],
                            }
                        )
                    )
                    with self.subTest(user=user.login, act=act, named=bool(named)), self.assertRaises(AccessError):
                        window.add_comment()
        self.env.invalidate_all()
        self.assertEqual(version.state, "under_review")
        self.assertFalse(reviews.filtered(lambda review: review.status in ("approved", "rejected")))
