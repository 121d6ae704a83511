from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common_loan import DealerLoanCommon


@tagged("post_install", "-at_install", "dealer")
class TestLoanMoney(DealerLoanCommon):
    """The lender owes its part from the invoice on; its money is matched with exactly that (P19)."""

    @property
    def transit(self):
        return self.company.dealer_transit_account_id

    def _balance(self, account, partner=None):
        """Return what stands on an account, of one partner or of all."""
        domain = [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        domain += [("partner_id", "=", partner.id)] if partner else []
        return round(sum(self.env["account.move.line"].search(domain).mapped("balance")), 2)

    def _receivable(self):
        return self.company_data["default_account_receivable"]

    def _sell_on_loan(self, lender=None, amount=10000.0, deposit=1000.0, **vals):
        """Sell a car, its loan accepted after the signature.

        :return: (``dealer.contract``, accepted ``dealer.finance.submission``)
        """
        contract = self._create_sold(deposit, **vals)
        return contract, self._accept(contract, lender or self.bank_a, amount)

    def _pay_out(self, line, amount=None):
        """Book the lender's money at the desk."""
        action = line.with_user(self.cashier).action_receive()
        form = Form(self.env["dealer.contract.payment"].with_user(self.cashier).with_context(**action["context"]))
        if amount is not None:
            form.amount = amount
        wizard = form.save()
        before = line.contract_id.sudo().payment_ids
        wizard.action_receive()
        self.env.invalidate_all()
        return line.contract_id.sudo().payment_ids - before

    def assertBooksAgree(self, contract):
        """I5 and I8: every entry is balanced; what was signed is what came, what is open and what others owe."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT move_id FROM account_move_line WHERE parent_state = 'posted' AND company_id = %s
             GROUP BY move_id HAVING round(sum(balance), 2) <> 0
            """,
            [self.company.id],
        )
        self.assertFalse(self.env.cr.fetchall())
        self.env.invalidate_all()
        loans = contract._get_shares_of_others()
        lender_open = sum(share["expected"] - share["received"] for share in loans)
        parts = contract.amount_received + contract._get_customer_open() + lender_open
        self.assertAlmostEqual(contract._get_amount_due(), parts, 2)
        invoices = contract.sudo().invoice_ids.filtered(lambda m: m.state == "posted")
        debts = sum(invoices.mapped("amount_residual_signed"))
        self.assertAlmostEqual(self._balance(self._receivable()), debts, 2)

    # === From the invoice to the money ===
    def test_at_the_invoice_the_lender_owes_its_part(self):
        contract, line = self._sell_on_loan()
        total = contract.amount_total
        self.assertEqual(contract._get_customer_open(), round(total - 11000.0, 2))
        invoice = self._invoice(contract)
        self.assertEqual(self._balance(self.transit, self.bank_a.partner_id), 10000.0)
        self.assertAlmostEqual(invoice.amount_residual, total - 11000.0, 2)
        self.assertEqual(line.date_invoiced, fields.Date.today())
        self.assertEqual(line.amount_open, 10000.0)
        self.assertBooksAgree(contract)
        payment = self._receive(contract, kind="balance")
        self.assertEqual(payment.amount, round(total - 11000.0, 2), "the desk proposes the customer's part alone")
        self.assertEqual(invoice.payment_state, "paid")
        self.assertTrue(contract._is_paid())
        self.assertEqual(contract.amount_open, 10000.0)
        self.assertBooksAgree(contract)

    def test_the_lenders_money_is_matched_exactly(self):
        contract, line = self._sell_on_loan()
        self._invoice(contract)
        self._receive(contract, kind="balance")
        payment = self._pay_out(line)
        self.assertEqual((payment.amount, payment.deposit_kind), (10000.0, "loan"))
        self.assertEqual(payment.partner_id, self.bank_a.partner_id)
        self.assertEqual(self._balance(self.transit), 0.0)
        self.assertFalse(
            self.env["account.move.line"].search([("account_id", "=", self.transit.id), ("reconciled", "=", False)])
        )
        self.assertEqual((line.state, line.amount_open, line.date_funded), ("funded", 0.0, fields.Date.today()))
        self.assertEqual(line.log_ids[:1].state_to, "funded")
        self.assertEqual(contract.amount_open, 0.0)
        self.assertBooksAgree(contract)
        payment.action_draft()
        self.env.invalidate_all()
        self.assertEqual((line.state, line.amount_open), ("accepted", 10000.0))
        self.assertEqual(self._balance(self.transit), 10000.0)

    def test_money_before_the_invoice(self):
        contract, line = self._sell_on_loan()
        self._pay_out(line, 10000.0)
        self.assertEqual(line.state, "funded")
        invoice = self._invoice(contract)
        self.assertFalse(contract.sudo()._get_loan_entries(), "nothing is left for the lender to owe")
        self.assertAlmostEqual(invoice.amount_residual, contract.amount_total - 11000.0, 2)
        self.assertBooksAgree(contract)

    def test_part_before_and_part_after(self):
        contract, line = self._sell_on_loan()
        self._pay_out(line, 4000.0)
        self.assertEqual(line.amount_open, 6000.0)
        self._invoice(contract)
        self.assertEqual(self._balance(self.transit), 6000.0)
        self._pay_out(line, 2500.5)
        self.assertEqual((line.state, line.amount_open), ("accepted", 3499.5))
        self._pay_out(line)
        self.assertEqual((line.state, self._balance(self.transit)), ("funded", 0.0))
        self.assertBooksAgree(contract)

    def test_accepted_after_the_invoice(self):
        contract = self._create_sold(1000.0)
        invoice = self._invoice(contract)
        line = self._accept(contract, self.bank_a)
        self.assertEqual(self._balance(self.transit), 10000.0)
        self.assertAlmostEqual(invoice.amount_residual, contract.amount_total - 11000.0, 2)
        self.assertEqual(line.date_invoiced, fields.Date.today())
        self.assertBooksAgree(contract)

    def test_a_loan_that_falls_through_is_the_customers_again(self):
        for act in ("action_withdraw", "action_refuse"):
            with self.subTest(act):
                car = self.car if act == "action_withdraw" else self.car_2
                contract, line = self._sell_on_loan(car=car)
                invoice = self._invoice(contract)
                getattr(line, act)()
                self.env.invalidate_all()
                self.assertEqual(self._balance(self.transit), 0.0)
                self.assertAlmostEqual(invoice.amount_residual, contract.amount_total - 1000.0, 2)
                self.assertEqual(contract._get_customer_open(), round(contract.amount_total - 1000.0, 2))
                self.assertFalse(line.date_transit)
                self.assertFalse(contract._get_shares_of_others())

    def test_another_lender_takes_over(self):
        contract, line = self._sell_on_loan()
        self._invoice(contract)
        line.action_refuse()
        other = self._accept(contract, self.bank_b)
        self.assertEqual(self._balance(self.transit, self.bank_a.partner_id), 0.0)
        self.assertEqual(self._balance(self.transit, self.bank_b.partner_id), 10000.0)
        self._pay_out(other)
        self.assertEqual(self._balance(self.transit), 0.0)
        self.assertBooksAgree(contract)

    def test_a_credited_invoice_takes_the_debt_back(self):
        contract, line = self._sell_on_loan()
        invoice = self._invoice(contract)
        invoice._reverse_moves(cancel=True)
        self.env.invalidate_all()
        self.assertEqual(self._balance(self.transit), 0.0)
        self.assertFalse(line.date_invoiced)
        self.assertEqual(line.state, "accepted")
        again = self._invoice(contract) - invoice
        self.assertEqual(self._balance(self.transit), 10000.0)
        self.assertAlmostEqual(again.amount_residual, contract.amount_total - 11000.0, 2)
        self.assertBooksAgree(contract)

    def test_credited_by_a_note_of_its_own(self):
        contract, line = self._sell_on_loan()
        invoice = self._invoice(contract)
        note = invoice._reverse_moves()
        note.action_post()
        self.env.invalidate_all()
        self.assertEqual(self._balance(self.transit), 0.0)
        self.assertEqual(invoice.amount_residual, 0.0, "what the lender paid no more, the note settles")
        self.assertEqual(self._balance(self._receivable()), sum((invoice | note).mapped("amount_residual_signed")))
        self.assertFalse(line.date_invoiced)

    def test_an_invoice_set_back_takes_the_debt_back(self):
        contract, line = self._sell_on_loan()
        invoice = self._invoice(contract)
        invoice.button_draft()
        self.env.invalidate_all()
        self.assertEqual(self._balance(self.transit), 0.0)
        self.assertFalse(line.date_invoiced)
        invoice.action_post()
        self.env.invalidate_all()
        self.assertEqual(self._balance(self.transit), 10000.0)
        self.assertBooksAgree(contract)

    def test_never_more_than_the_invoice(self):
        contract = self._create_sold(5000.0)
        line = self._accept(contract, self.bank_a, contract.amount_total)
        invoice = self._invoice(contract)
        self.assertEqual(self._balance(self.transit), contract.amount_total)
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertEqual(contract.amount_on_account, 5000.0, "the customer's deposit is too much and waits for him")
        self.assertEqual(contract._get_customer_open(), 0.0)
        self.assertEqual(line.amount_open, contract.amount_total)

    def test_the_bank_statement_funds_it(self):
        contract, line = self._sell_on_loan()
        self._invoice(contract)
        self._receive(contract, kind="balance")
        statement = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank_journal.id,
                "date": fields.Date.today(),
                "payment_ref": "loan",
                "partner_id": self.bank_a.partner_id.id,
                "amount": 10000.0,
            }
        )
        _liquidity, suspense, _other = statement._seek_for_lines()
        suspense.account_id = self.transit
        debt = contract.sudo()._get_transit_lines(contract.sudo()._get_loan_entries())
        (suspense | debt).reconcile()
        self.env.invalidate_all()
        self.assertEqual((line.state, line.amount_received), ("funded", 10000.0))
        with self.enter_registry_test_mode():
            self.env.ref("dealer_sales.ir_cron_remind_transit").method_direct_trigger()
        self.assertEqual(line.sudo().commission_move_id.amount_untaxed, 200.0)
        self.assertEqual(contract.amount_open, 0.0)
        self.assertBooksAgree(contract)
        debt.remove_move_reconcile()
        self.env.invalidate_all()
        self.assertEqual(line.state, "accepted")

    def test_what_the_lender_kept(self):
        contract, line = self._sell_on_loan()
        self._invoice(contract)
        self._receive(contract, kind="balance")
        self._pay_out(line, 9850.0)
        self.assertEqual((line.state, line.amount_open), ("accepted", 150.0))
        action = line.with_user(self.cashier).action_book_difference()
        wizards = self.env["dealer.finance.difference"].with_user(self.cashier).with_context(**action["context"])
        expense = self.company_data["default_account_expense"]
        with self.assertRaisesRegex(UserError, "no more"):
            wizards.create({"amount": 150.01, "account_id": expense.id, "reason": "fee"}).action_confirm()
        wizard = wizards.create({"account_id": expense.id, "reason": "Processing fee"})
        self.assertEqual(wizard.amount, 150.0)
        wizard.action_confirm()
        self.env.invalidate_all()
        self.assertEqual((line.state, line.amount_open), ("funded", 0.0))
        self.assertEqual(self._balance(self.transit), 0.0)
        self.assertEqual(self._balance(expense), 150.0)
        self.assertEqual(contract.amount_open, 0.0)
        self.assertBooksAgree(contract)
        with self.assertRaises(AccessError):
            line.action_book_difference()

    def test_the_commission_is_invoiced_when_funded(self):
        contract, line = self._sell_on_loan()
        gross = {part["code"]: part for part in contract._get_gross_parts()}
        self.assertEqual((gross["lender"]["side"], gross["lender"]["amount"]), ("back", 200.0))
        self._invoice(contract)
        payment = self._pay_out(line)
        invoice = line.sudo().commission_move_id
        self.assertEqual((invoice.state, invoice.partner_id), ("draft", self.bank_a.partner_id))
        self.assertEqual(invoice.amount_untaxed, 200.0)
        payment.action_draft()
        self.assertEqual(invoice.state, "cancel")
        payment.action_post()
        again = line.sudo().commission_move_id
        self.assertNotEqual(again, invoice)
        again.action_post()
        self.assertEqual(again.state, "posted")
        self.assertEqual(self._balance(self._receivable(), self.bank_a.partner_id), again.amount_total)

    def test_a_stranger_is_still_no_payer(self):
        contract, _line = self._sell_on_loan()
        self.assertIn(self.bank_a.partner_id, contract._money_parties())
        self.assertNotIn(self.bank_b.partner_id, contract._money_parties())

    def test_a_lease_is_invoiced_to_the_lessor(self):
        lessor = self._create_lender("Lessor", kind="lease")
        contract = self._create_contract(deposit_amount=1000.0)
        file = self._open_file(contract)
        file.write({"kind": "lease", "amount": 20000.0})
        file.submission_ids = [Command.create({"lender_id": lessor.id, "preset_id": lessor.preset_ids.id})]
        file.action_submit()
        line = self._line(file, lessor)
        line.action_approve()
        line.action_accept()
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", b"aGVsbG8=")
        self._receive(contract)
        contract.action_allocate(self.car.id)
        invoice = self._invoice(contract)
        self.assertEqual(invoice.partner_id, lessor.partner_id)
        self.assertEqual(self._balance(self.transit, lessor.partner_id), 20000.0)
        self._receive(contract, kind="balance", partner_id=self.customer.id)
        self.assertEqual(invoice.payment_state, "paid")
        self._pay_out(line)
        self.assertEqual((line.state, self._balance(self.transit)), ("funded", 0.0))
        self.assertEqual(self._balance(self._receivable()), 0.0)
        self.assertBooksAgree(contract)

    # === The gate ===
    def _open_codes(self, contract):
        self.env.invalidate_all()
        return [gate["code"] for gate in contract.sudo()._gates_open("delivery")]

    def test_a_plain_deal_has_no_gate(self):
        contract = self._create_paid()
        self.assertNotIn("funded", [gate["code"] for gate in contract._gates()])

    def test_the_car_waits_for_the_lender(self):
        contract, line = self._sell_on_loan()
        self._invoice(contract)
        self._receive(contract, kind="balance")
        self.env.invalidate_all()
        self.assertEqual(contract.waiting_gate, "funded")
        self.assertEqual(contract.waiting_role_id, self.env.ref("dealer_sales.group_fni"))
        delivery = self._prepare(contract)
        self.assertIn("funded", [gate["code"] for gate in delivery._gates_open("hand_over")])
        self._check_and_sign(delivery)
        with self.assertRaisesRegex(UserError, "Loan paid out"):
            delivery.action_hand_over()
        self._pay_out(line)
        self.assertEqual(contract.waiting_gate, "delivered")
        delivery.action_hand_over()
        self.assertEqual(delivery.state, "done")

    def test_a_file_without_a_lender_holds_the_car(self):
        contract = self._create_paid()
        file = self._open_file(contract)
        self.assertEqual(self._open_codes(contract), ["funded"])
        file.action_close()
        self.assertEqual(self._open_codes(contract), [])

    def test_the_lender_may_allow_it(self):
        contract, line = self._sell_on_loan(self.early_bank)
        self._invoice(contract)
        self._receive(contract, kind="balance")
        self.assertEqual(self._open_codes(contract), [])
        condition = line.condition_ids.create({"submission_id": line.id, "name": "Insurance"})
        self.assertEqual(self._open_codes(contract), ["funded"], "not before its conditions are fulfilled")
        condition.with_user(self.fni).action_toggle()
        self.assertEqual((condition.done_by_id, condition.is_done), (self.fni, True))
        self.assertEqual(self._open_codes(contract), [])

    def test_a_second_manager_gives_credit(self):
        contract, line = self._sell_on_loan()
        self._invoice(contract)
        self._receive(contract, kind="balance")
        file = line.application_id
        for user in (self.advisor, self.fni):
            with self.subTest(user.login), self.assertRaisesRegex(AccessError, "sales manager"):
                file.with_user(user).action_give_credit()
        contract.sudo().user_id = self.manager
        with self.assertRaisesRegex(AccessError, "second person"):
            file.with_user(self.manager).action_give_credit()
        contract.sudo().user_id = self.advisor
        with self.assertRaisesRegex(AccessError, "second person", msg="handed to a colleague, it stays his deal"):
            file.with_user(self.manager).action_give_credit()
        action = file.with_user(self.manager_2).action_give_credit()
        wizards = self.env["dealer.finance.credit"].with_user(self.manager_2).with_context(**action["context"])
        wizards.create({"reason": "Pay-out confirmed for Monday"}).action_confirm()
        self.assertEqual((file.credit_by_id, file.credit_reason), (self.manager_2, "Pay-out confirmed for Monday"))
        self.assertIn("Pay-out confirmed for Monday", file.message_ids[:1].body)
        self.assertEqual(self._open_codes(contract), [])
        file.with_user(self.manager_2).action_take_back_credit()
        self.assertEqual(self._open_codes(contract), ["funded"])
        with self.assertRaises(AccessError):
            wizards.with_user(self.fni).create({"reason": "me"})

    # === In transit ===
    def _hand_over(self, contract):
        delivery = self._prepare(contract)
        self._check_and_sign(delivery)
        delivery.action_hand_over()
        return delivery

    def test_days_count_from_the_hand_over(self):
        contract, line = self._sell_on_loan(self.early_bank)
        self._invoice(contract)
        self._receive(contract, kind="balance")
        line.sudo().date_invoiced = fields.Date.today() - timedelta(days=9)
        self.assertEqual((line.transit_days, line.transit_age), (9, "usual"))
        self._hand_over(contract)
        self.env.invalidate_all()
        self.assertEqual((line.date_handed_over, line.transit_days), (fields.Date.today(), 0))
        for days, age, red in (
            (3, "new", False),
            (4, "usual", False),
            (10, "usual", False),
            (11, "long", False),
            (12, "long", True),
        ):
            with self.subTest(days):
                line.sudo().date_handed_over = fields.Date.today() - timedelta(days=days)
                self.assertEqual((line.transit_days, line.transit_age, line.is_transit_red), (days, age, red))
                lines = self.env["dealer.finance.submission"]
                self.assertEqual(lines.search([("transit_age", "=", age)]), line.sudo())
                self.assertEqual(bool(lines.search([("is_transit_red", "=", True)])), red)
                groups = lines.formatted_read_group(
                    [("date_transit", "!=", False)], ["transit_age"], ["transit_days:avg", "__count"]
                )
                self.assertEqual((groups[0]["transit_age"], groups[0]["transit_days:avg"]), (age, days))
        self._pay_out(line)
        self.assertFalse(line.transit_age)

    def test_days_are_those_of_the_file_s_company(self):
        """Somebody of a company where it is another day reads the same number, sorts and finds by it."""
        _contract, line = self._sell_on_loan(self.early_bank)
        line = line.sudo()
        elsewhere = self.env["res.company"].sudo().create({"name": "Elsewhere"})
        red = self.company.dealer_transit_days_red
        for here, there in (("Etc/GMT+12", "Etc/GMT-14"), ("Etc/GMT-14", "Etc/GMT+12")):
            self.company.partner_id.tz, elsewhere.partner_id.tz = here, there
            line.date_invoiced = self.company._get_day() - timedelta(days=red)
            lines = line.with_company(elsewhere).with_context(tz=there)
            lines.invalidate_recordset(["transit_days", "is_transit_red"])
            self.assertEqual((lines.transit_days, lines.is_transit_red), (red, True))
            self.assertEqual(lines.search([("is_transit_red", "=", True)]), lines)
            self.assertEqual(lines.search([("transit_age", "=", "long")]), lines)
            groups = lines.formatted_read_group([("id", "=", line.id)], [], ["transit_days:avg"])
            self.assertEqual(groups[0]["transit_days:avg"], red)

    def test_the_company_sets_its_limits(self):
        self.company.write(
            {"dealer_transit_days_usual": 2, "dealer_transit_days_long": 5, "dealer_transit_days_red": 5}
        )
        self.assertEqual(
            [self.company._get_transit_age(days) for days in (1, 2, 4, 5)], ["new", "usual", "usual", "long"]
        )

    def test_fni_is_reminded_once(self):
        contract, line = self._sell_on_loan(self.early_bank)
        self._invoice(contract)
        cron = self.env.ref("dealer_sales.ir_cron_remind_transit")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertFalse(line.application_id.activity_ids)
        line.sudo().date_invoiced = fields.Date.today() - timedelta(days=12)
        with self.enter_registry_test_mode():
            for _time in range(2):
                cron.method_direct_trigger()
        activity = line.application_id.activity_ids
        self.assertEqual((len(activity), activity.user_id), (1, self.fni))
        self.assertIn("Early Bank has not paid for 12 days", activity.summary)
        self._pay_out(line)
        self.assertFalse(line.application_id.activity_ids, "paid, it is done")

    def test_a_commission_that_cannot_be_invoiced_stops_no_reminder(self):
        contract, paid = self._sell_on_loan()
        self._invoice(contract)
        with patch.object(self.registry[paid._name], "_create_commission_invoices", lambda self: None):
            self._pay_out(paid)
        self.assertEqual(paid.state, "funded")
        late_contract, late = self._sell_on_loan(self.early_bank, car=self.car_2)
        self._invoice(late_contract)
        late.sudo().date_invoiced = fields.Date.today() - timedelta(days=30)

        def refuse(self):
            raise ValueError("no account")

        logger = "odoo.addons.dealer_vehicle.models.dealer_batch_mixin"
        with (
            patch.object(self.registry[paid._name], "_prepare_commission_invoice", refuse),
            self.assertLogs(logger, "WARNING"),
        ):
            self.env[paid._name]._cron_remind_transit()
        self.assertEqual(len(late.application_id.activity_ids), 1)

    def test_each_contract_is_reminded_of(self):
        lines = self.env["dealer.finance.submission"]
        for car in (self.car, self.car_2):
            contract, line = self._sell_on_loan(self.early_bank, car=car)
            line.sudo().date_invoiced = fields.Date.today() - timedelta(days=30)
            lines |= line
        with self.enter_registry_test_mode():
            self.env.ref("dealer_sales.ir_cron_remind_transit").method_direct_trigger()
        self.assertEqual(len(lines.application_id.activity_ids), 2)
