from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common_trade_in import TradeInCommon

SECOND_VIN = "ZZSDSA1E3TT000102"


@tagged("post_install", "-at_install", "dealer")
class TestTradeInReceipt(TradeInCommon):
    """The car comes in once, at what it is worth, and pays the new one; everything to the cent (P21, I9)."""

    def assertSettled(self, contract):
        """Clearing accounts are empty, every receivable and payable of the deal is matched."""
        contract = contract.sudo()
        self.assertEqual(self.balance(contract.company_id._get_advance_account()), 0.0)
        self.assertEqual(self.balance(contract.company_id._get_pass_through_account()), 0.0)
        invoices = contract.invoice_ids.filtered(lambda m: m.state == "posted")
        self.assertEqual(sum(invoices.mapped("amount_residual")), 0.0)
        bills = contract.trade_in_ids.bill_id
        self.assertEqual(sum(bills.mapped("amount_residual")), 0.0)

    def test_the_example(self):
        """Value 46,000, allowance 50,000: stock 46,000, 4,000 lost, 50,000 set off."""
        trade_in = self._appraised()
        contract = self._deal(trade_in)
        self.assertEqual(contract._get_shares_of_others()[0]["expected"], 50000.0)
        self.assertEqual((contract.amount_open, contract._get_customer_open()), (100000.0, 50000.0))
        invoice = self._invoice(contract)
        self.assertEqual(invoice.amount_total, 100000.0, "the motor invoice is for the full price")
        self._receive(contract, 50000.0, "balance")
        self.assertTrue(contract._is_paid())
        self.assertEqual(contract.waiting_gate, "trade_in")
        received = self._receive_car(trade_in)
        contract.invalidate_recordset()
        self.assertEqual((contract.amount_received, contract.amount_open), (100000.0, 0.0))
        self.assertEqual(received.bill_id.amount_total, 50000.0)
        over = received.bill_id.invoice_line_ids.filtered("dealer_deal_vehicle_id")
        self.assertEqual((over.balance, over.dealer_deal_vehicle_id), (4000.0, self.car))
        self.assertEqual(over.account_id.account_type, "expense_direct_cost")
        car = received.vehicle_id
        self.assertEqual((car.source, car.tax_regime, car.place), ("trade_in", "margin", "at_site"))
        self.assertEqual(self.stock_value(car), 46000.0)
        inspections = self.env["dealer.vehicle.inspection"].search([("vehicle_id", "=", car.id)])
        self.assertEqual(len(inspections), 1, "it waits for its inspection")
        quants = self.env["stock.quant"].search([("lot_id", "=", car.lot_id.id), ("quantity", ">", 0)])
        self.assertEqual((len(quants), quants.location_id.usage), (1, "internal"))
        self.assertSettled(contract)
        self.assertEqual(contract.waiting_gate, "delivered")
        self._hand_over(contract)
        self.assertFalse(contract.waiting_gate)
        part = [p for p in contract.sudo()._get_gross_parts() if p["code"] == "over_allowance"]
        self.assertEqual([(p["side"], p["amount"]) for p in part], [("front", -4000.0)])

    def test_received_before_the_invoice(self):
        trade_in = self._appraised()
        contract = self._deal(trade_in)
        self._receive_car(trade_in)
        contract.invalidate_recordset()
        self.assertEqual((contract.amount_received, contract.amount_on_account), (50000.0, 50000.0))
        self._invoice(contract)
        self._receive(contract, 50000.0, "balance")
        self.assertSettled(contract)
        self.assertTrue(contract._is_paid())

    def test_below_its_value(self):
        """The lower of both goes into stock: no gain is booked."""
        trade_in = self._appraised(allowance=40000.0)
        contract = self._deal(trade_in)
        received = self._receive_car(trade_in)
        self.assertEqual(self.stock_value(received.vehicle_id), 40000.0)
        self.assertEqual((received.over_allowance, received.bill_id.amount_total), (0.0, 40000.0))
        self.assertFalse([p for p in contract._get_gross_parts() if p["code"] == "over_allowance"])

    def test_lien(self):
        trade_in = self._appraised(lien=12345.67)
        contract = self._deal(trade_in)
        self._invoice(contract)
        received = self._receive_car(trade_in)
        self.assertEqual((received.equity, received.amount_netted), (37654.33, 37654.33))
        payable = self.bank.with_company(self.company).property_account_payable_id
        self.assertEqual(self.balance(payable, self.bank), -12345.67)
        self._receive(contract, 62345.67, "balance")
        self.assertSettled(contract)
        self.assertTrue(contract._is_paid())

    def test_negative_equity(self):
        """50,000 allowed, 58,000 owed: the customer pays 8,000 more, the bank gets 58,000."""
        trade_in = self._appraised(lien=58000.0)
        contract = self._dear_contract()
        trade_in._attach(contract)
        self.assertEqual(contract.amount_total, 108000.0)
        line = trade_in.sudo().equity_line_id
        self.assertEqual((line.nature, line.price_total, line.tax_ids.ids), ("pass_through", 8000.0, []))
        self._commit(contract)
        share = contract._get_shares_of_others()[0]
        self.assertEqual((share["expected"], share["received"]), (0.0, 0.0))
        self.assertEqual(contract._get_customer_open(), 108000.0)
        invoice = self._invoice(contract)
        self.assertEqual(invoice.amount_total, 108000.0)
        received = self._receive_car(trade_in)
        self.assertFalse(received.claim_move_id)
        payable = self.bank.with_company(self.company).property_account_payable_id
        self.assertEqual(self.balance(payable, self.bank), -58000.0)
        self._receive(contract, 108000.0, "balance")
        self.assertSettled(contract)
        self.assertEqual(self.stock_value(received.vehicle_id), 46000.0)

    def test_negative_equity_follows_the_terms(self):
        trade_in = self._appraised(lien=58000.0, allowance=45000.0)
        contract = self._dear_contract()
        trade_in._attach(contract)
        self.assertEqual(contract.amount_total, 113000.0)
        trade_in.allowance = 50000.0
        self.assertEqual(contract.amount_total, 108000.0)
        trade_in.lien_amount = 50000.0
        self.assertEqual(contract.amount_total, 100000.0)
        self.assertFalse(trade_in.sudo().equity_line_id)
        trade_in.lien_amount = 51000.0
        trade_in.action_detach()
        self.assertEqual(contract.amount_total, 100000.0)

    def test_two_cars_one_under_water(self):
        first = self._appraised(lien=58000.0)
        second = self._appraised(SECOND_VIN, value=20000.0, limit=20000.0, allowance=19999.99)
        contract = self._deal(first, second)
        self.assertEqual(contract.trade_in_count, 2)
        self._invoice(contract)
        self._receive_car(first)
        self.assertEqual(contract.waiting_gate, "paid")
        self._receive_car(second)
        contract.invalidate_recordset()
        self.assertEqual(contract._get_customer_open(), 88000.01)
        self._receive(contract, 88000.01, "balance")
        self.assertSettled(contract)
        self.assertEqual(contract.waiting_gate, "delivered")
        self.assertEqual(self.stock_value(second.sudo().vehicle_id), 19999.99)

    def test_a_company_trades_in_with_tax(self):
        firm = self.env["res.partner"].create({"name": "Firm Ltd", "is_company": True})
        trade_in = self._appraised(partner_id=firm.id)
        self.assertEqual(trade_in.tax_regime, "standard")
        contract = self._deal(trade_in, partner_id=firm.id)
        self._invoice(contract)
        received = self._receive_car(trade_in)
        bill = received.bill_id
        self.assertEqual(bill.amount_total, 50000.0)
        self.assertTrue(bill.amount_tax)
        rate = bill.amount_total / bill.amount_untaxed
        self.assertAlmostEqual(self.stock_value(received.vehicle_id), 46000.0 / rate, 2)
        self._receive(contract, 50000.0, "balance")
        self.assertSettled(contract)

    def test_a_car_we_sold_comes_back(self):
        """It is received from the customer's location: it can be sold again (I9)."""
        sold = self._deal(price=30000.0)
        self._invoice(sold)
        self._receive(sold, 30000.0, "balance")
        self._hand_over(sold)
        lot = self.car.lot_id
        trade_in = self._appraised(self.car.vin, value=20000.0, limit=20000.0, allowance=20000.0)
        self.assertEqual(trade_in.vehicle_id, self.car)
        contract = self._deal(trade_in, car=self.car_2)
        received = self._receive_car(trade_in)
        self.assertEqual((received.vehicle_id, self.car.lot_id, self.car.place), (self.car, lot, "at_site"))
        move = received.purchase_id.order_line.move_ids
        self.assertEqual(move.move_line_ids.location_id.usage, "customer")
        quants = self.env["stock.quant"].search([("lot_id", "=", lot.id), ("quantity", "!=", 0)])
        self.assertEqual(sum(quants.mapped("quantity")), 1.0)
        self.assertEqual(self.stock_value(self.car), 20000.0)
        self.assertEqual(contract.trade_in_ids, trade_in)

    def test_reconditioning_is_capitalised(self):
        trade_in = self._appraised()
        self._deal(trade_in)
        car = self._receive_car(trade_in).vehicle_id
        car.sudo()._capitalise(1200.0, "Door painted", self.company_data["default_account_expense"])
        car.invalidate_recordset()
        self.assertEqual(self.stock_value(car), 47200.0)

    def test_reverse_issued_invoice(self):
        self.company.account_fiscal_country_id = self.company.country_id = self.env.ref("base.cn")
        trade_in = self._appraised()
        self._deal(trade_in)
        received = self._receive_car(trade_in, reverse_invoice_number="ES-2026-0001")
        self.assertTrue(received.purchase_id.is_reverse_issued)
        self.assertTrue(received.bill_id.is_reverse_issued)
        self.assertEqual(received.bill_id.ref, "ES-2026-0001")

    # === The re-check ===
    def test_not_before_it_was_checked(self):
        trade_in = self._appraised()
        with self.assertRaisesRegex(UserError, "signed contract"):
            trade_in.with_user(self.appraiser).action_receive()
        with self.assertRaisesRegex(UserError, "belongs to the hand-over"):
            trade_in.recheck_km = 60100
        self._deal(trade_in)
        with self.assertRaisesRegex(UserError, "check it again"):
            trade_in.with_user(self.appraiser).action_receive()
        self._recheck(trade_in, recheck_km=59000)
        with self.assertRaisesRegex(UserError, "lower than"):
            trade_in.with_user(self.appraiser).action_receive()
        with self.assertRaises(AccessError):
            self._recheck(trade_in).with_user(self.advisor).action_receive()
        self.assertEqual(trade_in.state, "committed")

    def test_within_the_tolerance(self):
        trade_in = self._appraised()
        self._deal(trade_in)
        self._recheck(trade_in, recheck_km=61000, recheck_keys=1, recheck_fines=200.0)
        self.assertEqual(trade_in.sudo().recheck_loss, 500.0)
        self.assertFalse(trade_in.recheck_reason)
        trade_in.with_user(self.stock_keeper).action_receive()
        self.assertEqual(trade_in.state, "received")

    def test_beyond_the_tolerance(self):
        for vals, words in (
            ({"recheck_km": 61001}, "1001 km more"),
            ({"recheck_fines": 500.01}, "beyond the tolerance"),
            ({"recheck_keys": 0}, "beyond the tolerance"),
            ({"recheck_lien_amount": 1.0}, "pay-off"),
        ):
            trade_in = self._appraised()
            contract = self._deal(trade_in)
            with self.assertRaisesRegex(UserError, words):
                self._recheck(trade_in, **vals).action_receive()
            contract.with_user(self.manager).action_cancel("Next")
            trade_in.action_cancel()

    def test_the_pay_off_held_until_yesterday(self):
        trade_in = self._appraised(lien=10000.0)
        self._deal(trade_in)
        trade_in.sudo().lien_date = fields.Date.today() - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "held until"):
            self._recheck(trade_in).action_receive()

    def _judge_anew(self, trade_in, **vals):
        wizard = (
            self.env["dealer.trade.in.reappraise"]
            .with_user(self.appraiser)
            .create({"trade_in_id": trade_in.id, "reason": "Accident", **vals})
        )
        wizard.action_apply()

    def test_judged_anew_with_the_same_allowance(self):
        trade_in = self._appraised()
        contract = self._deal(trade_in)
        judged = self._recheck(trade_in)
        judged.line_ids = [Command.create({"name": "Broken lamp", "amount": 3000.0})]
        self.assertTrue(judged.line_ids.is_recheck)
        self.assertTrue(judged.recheck_reason)
        self._judge_anew(trade_in)
        self.assertEqual((trade_in.reappraisal_state, judged.pending_value), ("waiting", 43000.0))
        with self.assertRaisesRegex(UserError, "waits for approval"):
            judged.action_receive()
        for user in (self.appraiser, self.advisor):
            with self.assertRaises(AccessError):
                trade_in.with_user(user).action_approve_reappraisal()
        trade_in.with_user(self.manager).action_approve_reappraisal()
        self.assertFalse(contract.is_changed)
        self.assertFalse(trade_in.recheck_reason)
        judged.action_receive()
        self.assertEqual(self.stock_value(trade_in.sudo().vehicle_id), 43000.0)
        self.assertEqual(trade_in.sudo().over_allowance, 7000.0)

    def test_judged_anew_for_less_needs_a_new_signature(self):
        trade_in = self._appraised()
        contract = self._deal(trade_in)
        judged = self._recheck(trade_in, recheck_fines=4000.0)
        self._judge_anew(trade_in, pending_allowance=46000.0)
        trade_in.with_user(self.manager).action_approve_reappraisal()
        self.assertEqual(trade_in.allowance, 46000.0)
        self.assertTrue(contract.is_changed)
        with self.assertRaisesRegex(UserError, "no longer what was signed"):
            judged.action_receive()
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", b"aGVsbG8=")
        judged.action_receive()
        self.assertEqual(trade_in.amount_netted, 46000.0)

    def test_a_new_appraisal_refused(self):
        trade_in = self._appraised()
        self._deal(trade_in)
        self._recheck(trade_in, recheck_fines=4000.0)
        self._judge_anew(trade_in)
        trade_in.with_user(self.manager).action_refuse_reappraisal()
        self.assertEqual((trade_in.allowance, trade_in.reappraisal_state), (50000.0, False))
        with self.assertRaisesRegex(UserError, "judged anew"):
            trade_in.with_user(self.appraiser).action_receive()

    def test_the_one_who_judged_does_not_decide(self):
        trade_in = self._appraised()
        self._deal(trade_in)
        self._recheck(trade_in, recheck_fines=4000.0)
        wizard = (
            self.env["dealer.trade.in.reappraise"]
            .with_user(self.manager)
            .create({"trade_in_id": trade_in.id, "reason": "Fines"})
        )
        wizard.action_apply()
        with self.assertRaises(AccessError):
            trade_in.with_user(self.manager).action_approve_reappraisal()
        trade_in.with_user(self.manager_2).action_approve_reappraisal()
        self.assertEqual(trade_in.reappraisal_state, "approved")

    def test_who_handed_the_deal_to_a_colleague_does_not_decide(self):
        trade_in = self._appraised()
        contract = self._deal(trade_in)
        self._recheck(trade_in, recheck_fines=4000.0)
        self._judge_anew(trade_in)
        trade_in.sudo().user_id = self.advisor
        for user in (self.manager, self.advisor):
            contract.sudo().user_id = user
        with self.assertRaises(AccessError):
            trade_in.with_user(self.manager).action_approve_reappraisal()
        trade_in.with_user(self.manager_2).action_approve_reappraisal()
        self.assertEqual(trade_in.reappraisal_state, "approved")

    def test_received_once(self):
        trade_in = self._appraised()
        self._deal(trade_in)
        received = self._receive_car(trade_in)
        with self.assertRaisesRegex(UserError, "received already"):
            trade_in.with_user(self.appraiser).action_receive()
        self.assertEqual(len(self.env["purchase.order"].search([("partner_id", "=", self.customer.id)])), 1)
        self.assertEqual(received.purchase_id.order_line.qty_received, 1.0)

    # === The deal is off ===
    def _credit(self, contract):
        invoice = contract.sudo().invoice_ids.filtered(lambda m: m.move_type == "out_invoice")
        invoice._reverse_moves(cancel=True)

    def test_documents_are_not_undone_alone(self):
        trade_in = self._appraised(lien=10000.0)
        self._deal(trade_in)
        received = self._receive_car(trade_in)
        for move in received.bill_id | received.claim_move_id | received.lien_move_id:
            for act in ("button_draft", "button_cancel", "_reverse_moves"):
                with self.assertRaisesRegex(UserError, "books trade-in"):
                    getattr(move.with_user(self.biller), act)()

    def test_kept_after_the_deal_is_off(self):
        trade_in = self._appraised(lien=10000.0)
        contract = self._deal(trade_in)
        self._invoice(contract)
        received = self._receive_car(trade_in)
        self._credit(contract)
        contract.with_user(self.manager).action_cancel("Changed his mind")
        received.invalidate_recordset()
        self.assertEqual((received.state, received.amount_netted), ("received", 0.0))
        self.assertEqual(received.bill_id.amount_residual, 40000.0, "we owe him his car")
        self.assertEqual(self.balance(self.company._get_advance_account()), 0.0)
        receivable = self.customer.with_company(self.company).property_account_receivable_id
        self.assertEqual(self.balance(receivable, self.customer), 0.0)
        self.assertEqual(contract.sudo().amount_received, 0.0)

    def test_kept_with_negative_equity(self):
        trade_in = self._appraised(lien=58000.0)
        contract = self._deal(trade_in)
        self._invoice(contract)
        self._receive_car(trade_in)
        self._credit(contract)
        contract.with_user(self.manager).action_cancel("Changed his mind")
        receivable = self.customer.with_company(self.company).property_account_receivable_id
        self.assertEqual(self.balance(receivable, self.customer), 8000.0, "he owes what the bank gets more")
        self.assertEqual(self.balance(self.company._get_pass_through_account()), 0.0)

    def test_given_back(self):
        for lien in (0.0, 10000.0, 58000.0):
            vin = {0.0: "ZZSDSA1E3TT000111", 10000.0: "ZZSDSA1E3TT000112", 58000.0: "ZZSDSA1E3TT000113"}[lien]
            trade_in = self._appraised(vin, lien=lien)
            contract = self._deal(trade_in)
            self._invoice(contract)
            received = self._receive_car(trade_in)
            car = received.vehicle_id
            stock = received.purchase_id.order_line.product_id.categ_id.with_company(self.company)
            with self.assertRaisesRegex(UserError, "cancelled deal"):
                trade_in.with_user(self.manager).action_give_back()
            self._credit(contract)
            contract.with_user(self.manager).action_cancel("Changed his mind")
            with self.assertRaises(AccessError):
                trade_in.with_user(self.appraiser).action_give_back()
            trade_in.with_user(self.manager).action_give_back()
            self.assertEqual(received.state, "returned")
            self.assertEqual((car.place, car.owner_id), ("gone", self.customer))
            quants = self.env["stock.quant"].search(
                [("lot_id", "=", car.lot_id.id), ("location_id.usage", "=", "internal")]
            )
            self.assertFalse(sum(quants.mapped("quantity")))
            self.assertEqual(self.balance(stock.property_stock_valuation_account_id), 0.0)
            self.assertEqual(self.balance(self.company._get_over_allowance_account()), 0.0)
            self.assertEqual(self.balance(self.company._get_pass_through_account()), 0.0)
            for partner in self.customer | self.bank:
                lines = self.env["account.move.line"].search(
                    [
                        ("partner_id", "=", partner.id),
                        ("parent_state", "=", "posted"),
                        ("account_id.account_type", "in", ("asset_receivable", "liability_payable")),
                    ]
                )
                self.assertEqual(round(sum(lines.mapped("balance")), 2), 0.0)
