from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SIGNATURE
from .test_dealer_contract_money import DealerMoneyCommon

PROOF = b"aGVsbG8="


class ActsCommon(DealerMoneyCommon):
    @classmethod
    def _hand_over(cls, contract, km=10):
        """Hand the contract's car over, unpaid if need be.

        :return: ``dealer.delivery``
        """
        rule = cls.env["dealer.gate.rule"]
        if not rule.search(
            [("model", "=", "dealer.contract"), ("code", "=", "paid"), ("company_id", "=", cls.company.id)]
        ):
            rule.create(
                {"model": "dealer.contract", "code": "paid", "company_id": cls.company.id, "is_required": False}
            )
        contract.action_prepare_delivery()
        delivery = contract.sudo().delivery_ids.filtered(lambda d: d.state == "draft").with_user(cls.advisor)
        delivery.line_ids.write({"is_done": True})
        delivery.write({"odometer_km": km, "plate": "TEST-1"})
        delivery._sign_protocol("Anna Buyer", SIGNATURE)
        delivery.action_hand_over()
        return delivery

    @classmethod
    def _ask(cls, contract, kind, **vals):
        """Ask that the car comes back and fill it in as an advisor does.

        :return: ``dealer.contract.act`` of the advisor
        """
        action = getattr(contract.with_user(cls.advisor), f"action_{kind}")()
        act = cls.env["dealer.contract.act"].with_user(cls.advisor).browse(action["res_id"])
        act.write(
            {
                "reason": "loan refused",
                "plates": "returned",
                "plates_proof": PROOF,
                "tax": "refunded",
                "tax_proof": PROOF,
                "odometer_km": 210,
                **vals,
            }
        )
        return act

    def assertBooksAgree(self):
        """Debits equal credits; nothing stands on the receivable or the advances that is not open."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT COALESCE(SUM(balance), 0) FROM account_move_line WHERE company_id = %s AND parent_state = 'posted'",
            [self.company.id],
        )
        self.assertEqual(self.env.cr.fetchone()[0], 0)

    def _balance(self, account):
        lines = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted"), ("company_id", "=", self.company.id)]
        )
        return self.company.currency_id.round(sum(lines.mapped("balance")))

    def _receivable(self):
        return self._balance(self.customer.with_company(self.company).property_account_receivable_id)


@tagged("post_install", "-at_install", "dealer")
class TestChangeOfCar(ActsCommon):
    def test_same_trim_moves_the_hold(self):
        contract = self._create_sold(car=self.car)
        contract.action_change_car(vehicle_id=self.car_2.id, reason="other colour")
        self.assertEqual(self.car.claim, "free")
        self.assertEqual(self.car_2.hold_id.contract_id, contract)
        self.assertEqual(contract.vehicle_id, self.car_2)
        moves = contract.sudo().order_line_ids.move_ids.filtered(lambda move: move.state != "cancel")
        self.assertEqual(moves.dealer_vehicle_id, self.car_2)
        act = contract.act_ids
        self.assertEqual(
            (act.kind, act.state, act.vehicle_id, act.new_vehicle_id), ("change", "done", self.car, self.car_2)
        )

    def test_other_trim_is_approved_and_signed_anew(self):
        contract = self._create_sold(car=self.car)
        luxury = self._create_car("ZZSDSA1E6TT000028", self.other_trim)
        contract.action_change_car(vehicle_id=luxury.id, price=36300.0, fee=121.0, reason="wants more")
        self.assertEqual(contract.version_state, "under_review")
        self.assertEqual(contract.product_id, self.other_trim)
        self.assertEqual(luxury.hold_id.contract_id, contract)
        self.assertEqual(self.car.claim, "free")
        self.assertAlmostEqual(contract.amount_car, 36300.0, 2)
        fee = contract.order_line_ids.filtered(lambda line: line.sequence == 90)
        self.assertAlmostEqual(fee.price_total, 121.0, 2)
        with self.assertRaises(UserError, msg="not before the new version is signed"):
            contract.with_user(self.cashier).action_invoice()
        version = contract.current_version_id
        with self.assertRaises(AccessError):
            version.with_user(self.advisor).action_approve()
        version.with_user(self.manager).action_approve()
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        moves = contract.sudo().order_line_ids.move_ids.filtered(lambda move: move.state != "cancel")
        self.assertEqual(moves.dealer_vehicle_id, luxury)
        self._invoice(contract)
        self._receive(contract, kind="balance")
        self._hand_over(contract)
        self.assertEqual(luxury.place, "with_customer")
        self.assertEqual(self.car.place, "at_site")
        self.assertEqual(self._receivable(), 0.0)

    def test_twice_before_the_signature(self):
        contract = self._create_sold(car=self.car)
        luxury = self._create_car("ZZSDSA1E6TT000028", self.other_trim)
        contract.action_change_car(vehicle_id=luxury.id, reason="wants more")
        contract.action_change_car(vehicle_id=self.car_2.id, price=24000.0, reason="wants less")
        self.assertEqual(luxury.claim, "free")
        self.assertEqual(self.car_2.hold_id.contract_id, contract)
        self.assertEqual(len(contract.version_ids), 3)

    def test_refusals(self):
        contract = self._create_sold(car=self.car)
        other = self._create_sold(car=self.car_2)
        with self.assertRaisesRegex(UserError, "already held"):
            contract.action_change_car(vehicle_id=self.car_2.id, reason="other colour")
        self.assertEqual(self.car.hold_id.contract_id, contract)
        with self.assertRaises(AccessError):
            contract.with_user(self.advisor_2).action_change_car(reason="not mine")
        self._invoice(other)
        with self.assertRaisesRegex(UserError, "invoiced"):
            other.action_change_car(reason="too late")
        self.assertEqual(contract.action_change_car()["res_model"], "dealer.contract.change")


@tagged("post_install", "-at_install", "dealer")
class TestEarnestMoney(ActsCommon):
    def _settle(self, withdrawn_by, deposit=5000.0, kind="earnest"):
        contract = self._create_contract(deposit_amount=deposit, deposit_kind=kind)
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        self._receive(contract, kind=kind)
        contract.with_user(self.manager).action_cancel("over", withdrawn_by)
        return contract, contract.sudo().settlement_ids

    def test_customer_forfeits_up_to_the_cap(self):
        contract, settlement = self._settle("customer", 6000.0)
        capped = self.company.currency_id.round(contract.signed_version_id.amount_total * 0.2)
        self.assertLess(capped, 6000.0)
        self.assertEqual(settlement.amount_forfeit, capped)
        payment = contract.sudo().payment_ids
        refund = self.env["dealer.contract.refund"].with_user(self.cashier)
        with self.assertRaisesRegex(UserError, "not booked"):
            refund.create({"payment_id": payment.id, "reason": "rest"}).action_refund()
        with self.assertRaises(AccessError):
            settlement.with_user(self.advisor).action_decide()
        settlement.with_user(self.manager).action_decide()
        with self.assertRaises(AccessError):
            settlement.with_user(self.manager).action_book()
        settlement.with_user(self.cashier).action_book()
        income = self.company._get_forfeit_account()
        self.assertEqual(self._balance(income), -capped)
        self.assertEqual(contract.amount_on_account, 6000.0 - capped)
        refund.create({"payment_id": payment.id, "reason": "rest"}).action_refund()
        self.assertEqual(contract.amount_on_account, 0.0)
        self.assertEqual(self._balance(self.company._get_advance_account()), 0.0)
        with self.assertRaisesRegex(UserError, "settled"):
            payment.with_user(self.cashier).action_draft()
        self.assertBooksAgree()

    def test_dealer_returns_it_double(self):
        contract, settlement = self._settle("dealer", 4000.0)
        self.assertEqual(settlement.amount_compensation, 4000.0)
        settlement.with_user(self.manager).action_decide()
        settlement.with_user(self.cashier).action_book()
        self.assertEqual(self._balance(self.company._get_compensation_account()), 4000.0)
        contract.invalidate_recordset()
        self.assertEqual(contract.amount_on_account, 8000.0)
        settlement.with_user(self.cashier).action_pay_compensation()
        payment = contract.sudo().payment_ids.filtered(lambda p: p.payment_type == "inbound")
        self.env["dealer.contract.refund"].with_user(self.cashier).create(
            {"payment_id": payment.id, "reason": "double"}
        ).action_refund()
        contract.invalidate_recordset()
        self.assertEqual((contract.amount_on_account, contract.amount_received), (0.0, 0.0))
        self.assertEqual(self._balance(self.company._get_advance_account()), 0.0)
        with self.assertRaisesRegex(UserError, "no compensation"):
            settlement.with_user(self.cashier).action_pay_compensation()
        self.assertBooksAgree()

    def test_a_compensation_whose_payment_failed_is_paid_again(self):
        contract, settlement = self._settle("dealer", 4000.0)
        settlement.with_user(self.manager).action_decide()
        settlement.with_user(self.cashier).action_book()
        mine = settlement.with_user(self.cashier)
        owed = settlement.move_id.line_ids.filtered(lambda line: line.balance < 0)
        failed = self.env["account.payment"]
        for undo in ("action_cancel", "action_reject"):
            mine.action_pay_compensation()
            self.assertEqual(owed.amount_residual, 0.0)
            with self.assertRaisesRegex(UserError, "no compensation"):
                mine.action_pay_compensation()
            payment = settlement.payment_id
            getattr(payment.with_user(self.cashier), undo)()
            self.assertTrue(settlement.is_compensation_due, undo)
            self.assertEqual(contract._get_unpaid_compensations(), settlement)
            failed |= payment
        mine.action_pay_compensation()
        self.assertEqual((owed.amount_residual, settlement.is_compensation_due), (0.0, False))
        paid = settlement.payment_id
        self.assertNotIn(paid, failed)
        for payment in failed:
            with self.assertRaisesRegex(UserError, "paid with|taken back"), self.cr.savepoint():
                payment.with_user(self.cashier).action_draft()
                payment.with_user(self.cashier).action_post()
        # Set to draft it still waits: nothing is paid beside it, and posted again it settles the debt
        paid.with_user(self.cashier).action_draft()
        with self.assertRaisesRegex(UserError, "no compensation"):
            mine.action_pay_compensation()
        self.assertEqual(settlement.move_id.state, "posted")
        paid.with_user(self.cashier).action_post()
        self.assertEqual(owed.amount_residual, 0.0)
        deposit = contract.sudo().payment_ids.filtered(lambda p: p.payment_type == "inbound")
        self.env["dealer.contract.refund"].with_user(self.cashier).create(
            {"payment_id": deposit.id, "reason": "double"}
        ).action_refund()
        contract.invalidate_recordset()
        self.assertEqual((contract.amount_on_account, contract.amount_received), (0.0, 0.0))
        self.assertEqual(self._balance(self.company._get_advance_account()), 0.0)
        self.assertBooksAgree()

    def test_other_kinds_and_agreement_are_paid_back(self):
        for withdrawn_by, kind in (("customer", "refundable"), ("dealer", "intention"), ("agreed", "earnest")):
            contract, settlement = self._settle(withdrawn_by, kind=kind)
            self.assertFalse(settlement)
            self.assertEqual(contract.amount_on_account, 5000.0)

    def test_another_amount_asks_why_and_never_more(self):
        _contract, settlement = self._settle("customer", 6000.0)
        manager = settlement.with_user(self.manager)
        manager.amount_forfeit = 1000.0
        with self.assertRaisesRegex(UserError, "why"):
            manager.action_decide()
        manager.note = "old customer"
        manager.action_decide()
        with self.assertRaisesRegex(UserError, "decided"):
            manager.amount_forfeit = 2000.0
        with self.assertRaises(AccessError):
            settlement.with_user(self.manager).write({"state": "booked"})

    def test_own_deal_is_not_decided_alone(self):
        contract, settlement = self._settle("customer")
        contract.sudo().user_id = self.manager
        with self.assertRaisesRegex(AccessError, "own deal"):
            settlement.with_user(self.manager).action_decide()
        settlement.with_user(self.manager_2).action_decide()

    def test_a_default_of_a_context_decides_nothing(self):
        contract = self._create_contract(deposit_amount=5000.0, deposit_kind="earnest")
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        self._receive(contract, kind="earnest")
        forged = {"default_state": "booked", "default_decided_by_id": self.manager.id}
        contract.with_user(self.manager).with_context(**forged).action_cancel("over", "customer")
        settlement = contract.sudo().settlement_ids
        self.assertEqual((settlement.state, settlement.decided_by_id.id), ("proposed", False))

    def test_refund_by_another_way_is_refused(self):
        contract, _settlement = self._settle("agreed")
        payment = contract.sudo().payment_ids
        other = (self.bank_journal | self.cash_journal) - payment.journal_id
        wizard = self.env["dealer.contract.refund"].with_user(self.cashier)
        with self.assertRaisesRegex(UserError, "same way"):
            wizard.create({"payment_id": payment.id, "journal_id": other[0].id, "reason": "x"}).action_refund()


@tagged("post_install", "-at_install", "dealer")
class TestCarComesBack(ActsCommon):
    def test_return_after_hand_over(self):
        contract = self._create_sold(5000.0, car=self.car)
        self._invoice(contract)
        self._receive(contract, kind="balance")
        self._hand_over(contract)
        paid = contract.amount_received
        self.assertEqual(self.car.place, "with_customer")
        with self.assertRaisesRegex(UserError, "paid in full"):
            contract.action_unwind()
        act = self._ask(contract, "return", amount_fee=121.0)
        with self.assertRaises(AccessError):
            act.action_decide()
        act.with_user(self.manager).action_decide()
        self.assertEqual((contract.state, contract.end_kind), ("cancelled", "return"))
        self.assertEqual((self.car.place, self.car.claim), ("at_site", "free"))
        self.assertEqual(self.car.condition, "used")
        self.assertFalse(self.car.owner_id or self.car.keeper_id or self.car.hold_id)
        self.assertTrue(self.car.plate_ids.date_to)
        self.assertEqual(set(self.car.document_ids.mapped("is_in_house")), {True})
        self.assertEqual(self.car.odometer_km, 210)
        moves = contract.sudo().invoice_ids
        self.assertEqual(sorted(moves.mapped("move_type")), ["out_invoice", "out_invoice", "out_refund"])
        self.assertAlmostEqual(contract.amount_on_account, paid - 121.0, 2)
        for payment in contract.sudo().payment_ids.filtered(lambda p: p.payment_type == "inbound"):
            if payment._get_amount_on_account():
                self.env["dealer.contract.refund"].with_user(self.cashier).create(
                    {"payment_id": payment.id, "reason": "returned"}
                ).action_refund()
        contract.invalidate_recordset()
        self.assertAlmostEqual(contract.amount_received, 121.0, 2)
        self.assertEqual((contract.amount_on_account, contract.amount_open), (0.0, 0.0))
        self.assertEqual(self._receivable(), 0.0)
        self.assertBooksAgree()
        with self.assertRaisesRegex(UserError, "not in force"):
            contract.action_return()
        # Used now, it is sold with its title
        title = {"vehicle_id": self.car.id, "kind": "title", "number": "T-1", "holder_id": self.company.partner_id.id}
        self.env["dealer.vehicle.document"].create(title)
        other = self._create_sold(user=self.advisor_2, car=self.car)
        self._invoice(other)
        self.assertTrue(other._is_invoiced())

    def test_what_was_credited_by_hand_is_not_credited_again(self):
        contract = self._create_sold(car=self.car)
        self._invoice(contract)
        self._receive(contract, kind="balance")
        self._hand_over(contract)
        invoice = contract.sudo().invoice_ids
        credit = invoice._reverse_moves([{"invoice_date": invoice.invoice_date}])
        credit.invoice_line_ids[0].quantity = 0.5
        credit.action_post()
        act = self._ask(contract, "return")
        with self.assertRaisesRegex(UserError, "credit the rest"), self.env.cr.savepoint():
            act.with_user(self.manager).action_decide()
        credit.button_draft()
        credit.invoice_line_ids[0].quantity = 1.0
        credit.action_post()
        act.with_user(self.manager).action_decide()
        refunds = contract.sudo().invoice_ids.filtered(lambda move: move.move_type == "out_refund")
        self.assertEqual(sum(refunds.mapped("amount_total")), invoice.amount_total)
        self.assertBooksAgree()

    def test_proofs_are_asked(self):
        contract = self._create_sold(car=self.car)
        self._invoice(contract)
        self._receive(contract, kind="balance")
        self._hand_over(contract)
        act = self._ask(contract, "return", plates_proof=False, odometer_km=5)
        with self.assertRaisesRegex(UserError, "plates.*mileage"):
            act.with_user(self.manager).action_decide()
        self.assertEqual(contract.state, "signed")
        self.assertEqual(contract.action_return()["res_id"], act.id)
        act.with_user(self.manager).action_refuse()
        with self.assertRaisesRegex(UserError, "decided"):
            act.with_user(self.manager_2).action_decide()
        self.assertEqual(self.car.place, "with_customer")

    def test_return_before_hand_over_keeps_the_car_new(self):
        contract = self._create_sold(car=self.car)
        self._invoice(contract)
        act = self.env["dealer.contract.act"].browse(contract.action_return()["res_id"])
        act.with_user(self.advisor).reason = "changed his mind"
        act.with_user(self.manager).action_decide()
        self.assertEqual((self.car.place, self.car.claim, self.car.condition), ("at_site", "free", "new"))
        self.assertEqual(self._receivable(), 0.0)
        self.assertEqual(contract.end_kind, "return")

    def test_unwind_of_a_spot_delivery(self):
        contract = self._create_sold(5000.0, car=self.car)
        self._invoice(contract)
        self._hand_over(contract)
        act = self._ask(contract, "unwind")
        rule = self.env["dealer.contract.policy"]._get_rule(self.company, fields.Date.today())
        self.assertEqual(act.km_driven, 200)
        self.assertAlmostEqual(act.amount_fee, 200 * rule.km_rate, 2)
        act.with_user(self.manager).action_decide()
        self.assertEqual((contract.end_kind, self.car.place), ("unwind", "at_site"))
        self.assertAlmostEqual(contract.amount_on_account, 5000.0 - act.amount_fee, 2)
        self.assertEqual(self._receivable(), 0.0)
        self.assertBooksAgree()

    def test_new_car_starts_its_warranty_again(self):
        self.series.warranty_months = 36
        contract = self._create_sold(car=self.car)
        self._invoice(contract)
        self._hand_over(contract)
        self.assertTrue(self.car.warranty_ids)
        act = self._ask(contract, "unwind", plates="none", plates_proof=False, odometer_km=20)
        self.assertEqual(act.condition_after, "new")
        act.with_user(self.manager).action_decide()
        self.assertEqual(self.car.condition, "new")
        self.assertFalse(self.car.warranty_ids)

    def test_own_request_is_decided_by_another(self):
        contract = self._create_sold(car=self.car)
        self._invoice(contract)
        action = contract.with_user(self.manager).action_return()
        act = self.env["dealer.contract.act"].browse(action["res_id"])
        act.with_user(self.manager).reason = "mine"
        with self.assertRaisesRegex(AccessError, "second person"):
            act.with_user(self.manager).action_decide()
        act.with_user(self.manager_2).action_decide()

    def test_nor_by_a_default_of_a_context(self):
        contract = self._create_sold(car=self.car)
        self._invoice(contract)
        forged = {"default_state": "done", "default_decided_by_id": self.manager.id}
        contract.with_user(self.advisor).with_context(**forged).action_return()
        act = contract.sudo().act_ids
        self.assertEqual((act.state, act.decided_by_id.id), ("draft", False))

    def test_nothing_is_typed(self):
        contract = self._create_sold(car=self.car)
        self._invoice(contract)
        act = self._ask(contract, "return")
        for user in (self.advisor, self.manager):
            with self.assertRaises(AccessError):
                act.with_user(user).write({"state": "done"})
            with self.assertRaises(AccessError):
                act.with_user(user).create({"contract_id": contract.id, "kind": "return"})
            with self.assertRaises(AccessError):
                contract.with_user(user).write({"end_kind": "return"})
        with self.assertRaises(UserError):
            act.with_user(self.manager).unlink()
        with self.assertRaises(AccessError):
            act.with_user(self.advisor_2).read(["reason"])

    def test_database_keeps_one_end(self):
        self.env.cr.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'dealer_contract_act'")
        names = {name for (name,) in self.env.cr.fetchall()}
        self.assertLessEqual(
            {"dealer_contract_act_open_uniq", "dealer_contract_act_end_uniq", "dealer_contract_act_worklist_idx"}, names
        )


@tagged("post_install", "-at_install", "dealer")
class TestRefusedAttempts(ActsCommon):
    def _attempt(self, act):
        """Do something refused in a transaction of its own and return what was noted."""
        Attempt = self.env["dealer.refused.attempt"]
        before = Attempt.search([])
        callbacks = self.env.cr.postrollback
        with self.assertRaises(UserError):
            act()
        funcs = list(callbacks._funcs)
        callbacks.clear()
        self.env.cr.postcommit.clear()
        self.assertTrue(funcs, "nothing is noted after the rollback")
        with self.enter_registry_test_mode():
            for func in funcs:
                func()
        self.env.invalidate_all()
        return Attempt.search([]) - before

    def test_order_around_the_contract(self):
        order = self._create_bare_order(self.manager, dealer_vehicle_id=self.car.id)
        found = self._attempt(order.action_confirm)
        self.assertEqual(found.mapped("kind"), ["confirm"])
        self.assertEqual((found.document, found.user_id, found.vehicle_id), (order.name, self.manager, self.car))
        self.assertIn("contract", found.reason)

    def test_invoice_and_car(self):
        contract = self._create_signed(car=self.car)
        picking = contract.sudo().order_line_ids.move_ids.picking_id
        found = self._attempt(
            lambda: picking.with_user(self.stock_keeper).with_context(skip_sms=True).button_validate()
        )
        self.assertEqual((found.kind, found.document, found.user_id), ("leave", picking.name, self.stock_keeper))
        self.assertEqual(found.vehicle_id, self.car)
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_line_ids": [Command.create({"product_id": self.trim.id, "price_unit": 1.0})],
            }
        )
        found = self._attempt(invoice.with_user(self.biller).action_post)
        self.assertEqual((found.kind, found.user_id), ("invoice", self.biller))

    def test_nobody_touches_it(self):
        order = self._create_bare_order(self.manager, dealer_vehicle_id=self.car.id)
        found = self._attempt(order.action_confirm)
        for user in (self.manager, self.env.user):
            with self.assertRaises(UserError):
                found.with_user(user).write({"reason": "nothing"})
            with self.assertRaises(UserError):
                found.with_user(user).unlink()
        with self.assertRaises(AccessError):
            found.with_user(self.manager).create(
                {"kind": "leave", "company_id": self.company.id, "date": fields.Datetime.now()}
            )
        with self.assertRaises(AccessError):
            found.with_user(self.advisor).read(["reason"])
        self.assertTrue(found.with_user(self.manager).read(["reason"]))

    def test_what_was_undone_leaves_no_link(self):
        values = {
            "date": fields.Datetime.now(),
            "company_id": self.company.id,
            "user_id": 2**30,
            "vehicle_id": 2**30,
            "user_name": "Gone",
            "kind": "leave",
            "document": "X",
            "car": "Y",
            "reason": "Z",
        }
        found = self.env["dealer.refused.attempt"]._create_existing(values)
        self.assertFalse(found.user_id or found.vehicle_id)
        self.assertEqual(found.car, "Y")
