from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import SIGNATURE, DealerSalesCommon


class DealerMoneyCommon(DealerSalesCommon):
    """A cashier and the desk, for tests that take money."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cashier = cls._create_user("s2_cashier", "account.group_account_invoice,dealer_vehicle.group_vehicle_user")
        cls.bank_journal = cls.company_data["default_journal_bank"]
        cls.cash_journal = cls.company_data["default_journal_cash"]

    @classmethod
    def _receive(cls, contract, amount=None, kind="earnest", **vals):
        """Take money at the desk, as the cashier does.

        :param float amount: None takes what the window proposes
        :return: posted ``account.payment``
        """
        wizard = (
            cls.env["dealer.contract.payment"]
            .with_user(cls.cashier)
            .create({"contract_id": contract.id, "deposit_kind": kind, **vals})
        )
        if amount is not None:
            wizard.amount = amount
        before = contract.sudo().payment_ids
        wizard.action_receive()
        return (contract.sudo().payment_ids - before).with_user(cls.cashier)

    @classmethod
    def _invoice(cls, contract):
        """Invoice a contract, as the cashier does.

        :return: posted ``account.move``
        """
        contract.with_user(cls.cashier).action_invoice()
        return contract.sudo().invoice_ids.filtered(lambda m: m.move_type == "out_invoice")

    @classmethod
    def _create_sold(cls, deposit=0.0, car=None, **vals):
        """Make a signed contract with a deposit agreed and a car allocated."""
        contract = cls._create_contract(**vals)
        if deposit:
            contract.deposit_amount = deposit
        cls._approve(contract)
        contract.sudo()._sign("Anna Buyer", b"aGVsbG8=", ip="192.0.2.1")
        if deposit:
            cls._receive(contract)
        contract.action_allocate((car or cls.car).id)
        return contract


@tagged("post_install", "-at_install", "dealer")
class TestDealerContractMoney(DealerMoneyCommon):
    def assertMoney(self, contract, received, open_, on_account):
        contract.invalidate_recordset()
        got = (contract.amount_received, contract.amount_open, contract.amount_on_account)
        self.assertEqual(tuple(round(x, 2) for x in got), (received, open_, on_account))

    # === Taking money ===
    def test_deposit_is_an_advance_of_the_customer(self):
        contract = self._create_signed(deposit_amount=5000.0)
        self.assertEqual(contract.waiting_gate, "deposit")
        with self.assertRaisesRegex(UserError, "Earnest money"):
            contract.action_allocate(self.car.id)
        payment = self._receive(contract)
        self.assertEqual((payment.amount, payment.deposit_kind), (5000.0, "earnest"))
        self.assertIn(payment.state, ("in_process", "paid"))
        line = payment._customer_lines()
        self.assertEqual(line.account_id, self.company.dealer_advance_account_id)
        self.assertEqual(line.account_id.account_type, "liability_current")
        self.assertEqual(line.partner_id, self.customer)
        self.assertMoney(contract, 5000.0, round(contract.amount_total - 5000.0, 2), 5000.0)
        self.assertEqual(contract.waiting_gate, "allocated")

    def test_window_proposes_the_rest(self):
        contract = self._create_signed(deposit_amount=5000.0)
        self._receive(contract, 2000.0)
        self.assertFalse(contract._is_deposit_paid())
        self.assertEqual(self._receive(contract).amount, 3000.0)
        self.assertTrue(contract._is_deposit_paid())
        action = contract.with_user(self.cashier).action_register_payment()
        form = Form(self.env["dealer.contract.payment"].with_user(self.cashier).with_context(**action["context"]))
        self.assertEqual(form.deposit_kind, "balance")
        self.assertEqual(form.amount, round(contract.amount_total - 5000.0, 2))

    def test_advisors_book_no_money(self):
        contract = self._create_signed(deposit_amount=5000.0)
        for act in ("action_register_payment", "action_register_deposit", "action_invoice"):
            with self.subTest(act), self.assertRaisesRegex(AccessError, "cashier"):
                getattr(contract.with_user(self.manager), act)()
        with self.assertRaises(AccessError):
            self.env["dealer.contract.payment"].with_user(self.advisor).create({"contract_id": contract.id})
        with self.assertRaises(AccessError):
            self.env["account.payment"].with_user(self.advisor).create({"amount": 1.0})

    def test_advisor_reads_the_money_of_his_contracts_only(self):
        mine = self._create_signed(deposit_amount=500.0)
        theirs = self._create_signed(user=self.advisor_2, deposit_amount=700.0)
        payments = self._receive(mine) | self._receive(theirs)
        stray = payments[0].sudo().copy({"journal_id": self.bank_journal.id})
        everything = (payments | stray).sudo()
        read = self.env["account.payment"].with_user(self.advisor).search([("id", "in", everything.ids)])
        self.assertEqual(read.ids, payments[0].ids)
        read = self.env["account.payment"].with_user(self.cashier).search([("id", "in", everything.ids)])
        self.assertEqual(set(read.ids), set(everything.ids))
        self.assertEqual(mine.amount_received, 500.0)

    def test_stranger_is_no_payer(self):
        contract = self._create_signed()
        stranger = self.env["res.partner"].create({"name": "Some Body"})
        with self.assertRaisesRegex(ValidationError, "Some Body"):
            self._receive(contract, 100.0, partner_id=stranger.id)
        other = self._create_signed(partner_id=stranger.id)
        payment = self._receive(other, 100.0)
        self.assertEqual(payment.partner_id, stranger)
        with self.assertRaisesRegex(ValidationError, "Some Body"):
            payment.write({"dealer_contract_id": contract.id})

    def test_nothing_is_taken_for_a_cancelled_contract(self):
        contract = self._create_contract()
        contract.action_cancel("no")
        with self.assertRaisesRegex(UserError, "cancelled"):
            self._receive(contract, 100.0)
        with self.assertRaisesRegex(UserError, "amount"):
            self._receive(self._create_contract(), 0.0)

    def test_deposit_agreed_stands_after_the_signature(self):
        contract = self._create_signed(deposit_amount=5000.0)
        with self.assertRaisesRegex(UserError, "sales manager"):
            contract.deposit_amount = 1.0
        contract.with_user(self.manager).deposit_amount = 4000.0
        self.assertEqual(contract.deposit_amount, 4000.0)

    def test_paid_is_what_was_signed(self):
        """A total that is not the signed one, however it came to be, pays nothing."""
        contract = self._create_sold(500.0)
        total = contract.amount_total
        self._invoice(contract)
        self.env.flush_all()
        self.env.cr.execute("UPDATE dealer_contract SET amount_total = 0 WHERE id = %s", (contract.id,))
        self.env.cr.execute("UPDATE sale_order SET amount_total = 0 WHERE id = %s", (contract.sale_order_id.id,))
        self.env.invalidate_all()
        self.assertMoney(contract, 500.0, round(total - 500.0, 2), 0.0)
        self.assertFalse(contract._is_paid())

    def test_an_amendment_is_owed_when_it_is_signed(self):
        contract = self._create_signed()
        before = contract.amount_open
        contract.order_line_ids[0].price_unit += 1000.0
        self.assertMoney(contract, 0.0, before, 0.0)
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        self.assertMoney(contract, 0.0, round(contract.amount_total, 2), 0.0)
        self.assertGreater(contract.amount_open, before)

    # === Invoice and advances, in any order ===
    def test_invoice_takes_the_deposit(self):
        contract = self._create_sold(5000.0)
        total = contract.amount_total
        invoice = self._invoice(contract)
        self.assertEqual((invoice.state, invoice.partner_id), ("posted", self.customer))
        self.assertEqual(invoice.amount_total, total)
        self.assertAlmostEqual(invoice.amount_residual, total - 5000.0, 2)
        self.assertMoney(contract, 5000.0, round(total - 5000.0, 2), 0.0)
        self.assertEqual(contract.waiting_gate, "paid")
        self._receive(contract, kind="balance")
        self.assertEqual(invoice.payment_state, "paid")
        self.assertMoney(contract, total, 0.0, 0.0)
        self.assertEqual(self._advance_balance(), 0.0)

    def test_deposits_after_the_invoice_and_odd_cents(self):
        contract = self._create_sold()
        invoice = self._invoice(contract)
        total = invoice.amount_total
        for amount in (0.01, 333.33, 666.67, 1000.0):
            self._receive(contract, amount)
        self.assertAlmostEqual(invoice.amount_residual, total - 2000.01, 2)
        self.assertMoney(contract, 2000.01, round(total - 2000.01, 2), 0.0)
        self._receive(contract, kind="balance")
        self.assertEqual((invoice.payment_state, invoice.amount_residual), ("paid", 0.0))

    def test_several_deposits_before_the_invoice(self):
        contract = self._create_sold(3000.0)
        self._receive(contract, 1234.56, kind="refundable")
        self._receive(contract, 0.44, kind="intention")
        invoice = self._invoice(contract)
        self.assertAlmostEqual(invoice.amount_residual, invoice.amount_total - 4235.0, 2)
        entries = self.env["account.move"].search([("dealer_advance_contract_id", "=", contract.id)])
        self.assertEqual(len(entries), 1, "one entry for all advances")
        self.assertEqual(self._advance_balance(), 0.0)

    def test_overpayment_stays_on_account(self):
        contract = self._create_sold(5000.0)
        total = contract.amount_total
        self._receive(contract, round(total + 100.0 - 5000.0, 2), kind="balance")
        invoice = self._invoice(contract)
        self.assertEqual((invoice.payment_state, invoice.amount_residual), ("paid", 0.0))
        self.assertMoney(contract, round(total + 100.0, 2), 0.0, 100.0)
        self.assertAlmostEqual(self._advance_balance(), -100.0, 2)

    def test_other_payer_pays_the_invoice_party(self):
        lessor = self.env["res.partner"].create({"name": "Lease Co", "is_company": True})
        contract = self._create_contract(invoice_partner_id=lessor.id)
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", b"aGVsbG8=")
        contract.action_allocate(self.car.id)
        self._receive(contract, 5000.0)
        invoice = self._invoice(contract)
        self.assertEqual(invoice.partner_id, lessor)
        self._receive(contract, round(invoice.amount_residual, 2), kind="balance")
        self.assertEqual(invoice.payment_state, "paid")
        self.assertMoney(contract, contract.amount_total, 0.0, 0.0)

    def test_core_register_payment_counts(self):
        contract = self._create_sold()
        invoice = self._invoice(contract)
        self.env["account.payment.register"].with_user(self.cashier).with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"amount": 1000.0, "journal_id": self.bank_journal.id})._create_payments()
        self.assertMoney(contract, 1000.0, round(contract.amount_total - 1000.0, 2), 0.0)
        self.assertEqual(contract.payment_ids.deposit_kind, "balance")

    def test_bank_line_matched_with_the_invoice_counts(self):
        contract = self._create_sold()
        invoice = self._invoice(contract)
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank_journal.id,
                "date": fields.Date.today(),
                "payment_ref": "transfer",
                "partner_id": self.customer.id,
                "amount": 2500.0,
            }
        )
        receivable = invoice.line_ids.filtered(lambda item: item.display_type == "payment_term")
        suspense = line.move_id.line_ids.filtered(lambda item: item.account_id == line.journal_id.suspense_account_id)
        suspense.with_context(force_delete=True).write({"account_id": receivable.account_id.id})
        (suspense | receivable).reconcile()
        self.assertMoney(contract, 2500.0, round(contract.amount_total - 2500.0, 2), 0.0)

    def test_second_click_makes_no_second_invoice(self):
        contract = self._create_sold()
        self._invoice(contract)
        with self.assertRaises(UserError):
            contract.with_user(self.cashier).action_invoice()
        self.assertEqual(contract.invoice_count, 1)

    def test_invoice_waits_for_its_gates(self):
        contract = self._create_signed()
        with self.assertRaisesRegex(UserError, "Car allocated"):
            contract.with_user(self.cashier).action_invoice()
        with self.assertRaisesRegex(UserError, "Car allocated"):
            contract.action_request_invoice()
        contract.action_allocate(self.car.id)
        told = contract.action_request_invoice()["params"]["message"]
        activity = contract.activity_ids.filtered(lambda a: "invoice" in (a.note or ""))
        self.assertTrue(activity.user_id.has_group("account.group_account_invoice"))
        self.assertIn(activity.user_id.name, told)

    def test_pass_through_is_no_revenue(self):
        contract = self._create_sold()
        invoice = self._invoice(contract)
        passed = invoice.invoice_line_ids.filtered(lambda line: line.sale_line_ids.nature == "pass_through")
        self.assertTrue(passed)
        self.assertNotIn("income", passed.account_id.mapped("internal_group"))
        self.assertFalse(passed.tax_ids)

    def test_payment_set_back_frees_the_invoice(self):
        contract = self._create_sold(5000.0)
        invoice = self._invoice(contract)
        payment = contract.sudo().payment_ids.with_user(self.cashier)
        payment.action_draft()
        self.assertEqual(invoice.amount_residual, invoice.amount_total)
        self.assertMoney(contract, 0.0, contract.amount_total, 0.0)
        payment.action_post()
        self.assertAlmostEqual(invoice.amount_residual, invoice.amount_total - 5000.0, 2)
        payment.action_draft()
        payment.action_cancel()
        self.assertEqual(invoice.amount_residual, invoice.amount_total)
        self.assertEqual(self._advance_balance(), 0.0)

    # === Cancelling with money ===
    def _cancel(self, contract):
        contract.with_user(self.manager).action_cancel("changed his mind")

    def test_cancel_keeps_the_money(self):
        contract = self._create_sold(5000.0)
        self._cancel(contract)
        self.assertMoney(contract, 5000.0, 0.0, 5000.0)
        self.assertEqual(self.car.claim, "free")
        self.assertTrue(contract.activity_ids.filtered(lambda a: "Refund" in (a.note or "")))
        self.assertAlmostEqual(self._advance_balance(self.customer), -5000.0, 2)

    def test_refund_after_cancel(self):
        contract = self._create_sold(5000.0)
        self._cancel(contract)
        payment = contract.sudo().payment_ids.with_user(self.cashier)
        wizard = self.env["dealer.contract.refund"].with_user(self.cashier)
        with self.assertRaisesRegex(UserError, "no more"):
            wizard.create({"payment_id": payment.id, "amount": 5000.01, "reason": "x"}).action_refund()
        wizard.create({"payment_id": payment.id, "amount": 2000.0, "reason": "part"}).action_refund()
        self.assertMoney(contract, 3000.0, 0.0, 3000.0)
        wizard.create({"payment_id": payment.id, "reason": "rest"}).action_refund()
        self.assertMoney(contract, 0.0, 0.0, 0.0)
        self.assertEqual(self._advance_balance(), 0.0)
        with self.assertRaises(AccessError):
            wizard.with_user(self.advisor).create({"payment_id": payment.id, "reason": "x"})

    def test_use_for_another_contract(self):
        contract = self._create_sold(5000.0)
        self._cancel(contract)
        other = self._create_sold(car=self.car_2)
        stranger = self.env["res.partner"].create({"name": "Some Body"})
        wrong = self._create_contract(partner_id=stranger.id)
        payment = contract.sudo().payment_ids.with_user(self.cashier)
        wizard = self.env["dealer.contract.payment.transfer"].with_user(self.cashier)
        with self.assertRaisesRegex(UserError, "Some Body|not for"):
            wizard.create({"payment_id": payment.id, "contract_id": wrong.id}).action_transfer()
        wizard.create({"payment_id": payment.id, "contract_id": other.id}).action_transfer()
        self.assertMoney(contract, 0.0, 0.0, 0.0)
        self.assertMoney(other, 5000.0, round(other.amount_total - 5000.0, 2), 5000.0)
        invoice = self._invoice(other)
        self.assertAlmostEqual(invoice.amount_residual, invoice.amount_total - 5000.0, 2)
        with self.assertRaisesRegex(UserError, "already pays"):
            payment.dealer_contract_id = contract

    def test_red_letter_gives_the_money_back_to_the_account(self):
        contract = self._create_sold(5000.0)
        invoice = self._invoice(contract)
        invoice._reverse_moves(cancel=True)
        self.assertMoney(contract, 5000.0, round(contract.amount_total - 5000.0, 2), 5000.0)
        self._cancel(contract)
        payment = contract.sudo().payment_ids.with_user(self.cashier)
        self.env["dealer.contract.refund"].with_user(self.cashier).create(
            {"payment_id": payment.id, "reason": "deal off"}
        ).action_refund()
        self.assertMoney(contract, 0.0, 0.0, 0.0)
        self.assertEqual(self._advance_balance(), 0.0)

    def test_nothing_is_lost(self):
        """I8: what came in is on invoices or on account, whatever happened."""
        kept = self._create_sold(5000.0)
        self._receive(kept, 777.77)
        self._invoice(kept)
        gone = self._create_sold(3000.0, car=self.car_2)
        self._receive(gone, 0.05, kind="intention")
        self._cancel(gone)
        contracts = kept | gone
        contracts.invalidate_recordset()
        payments = contracts.sudo().payment_ids
        cash = sum(line.balance for p in payments for line in p._seek_for_lines()[0])
        paid = sum(m.amount_total - m.amount_residual for m in contracts.sudo().invoice_ids)
        self.assertAlmostEqual(cash, 8777.82, 2)
        self.assertAlmostEqual(sum(contracts.mapped("amount_received")), cash, 2)
        self.assertAlmostEqual(paid + sum(contracts.mapped("amount_on_account")), cash, 2)
        self.assertAlmostEqual(-self._advance_balance(), sum(contracts.mapped("amount_on_account")), 2)

    # === Lists ===
    def test_overdue_is_found(self):
        late, fine = self._create_sold(), self._create_sold(car=self.car_2)
        invoice = self._invoice(late)
        self._invoice(fine)
        self.assertFalse(late.is_overdue)
        invoice.invoice_date_due = fields.Date.today() - timedelta(days=3)
        contracts = self.env["dealer.contract"].with_user(self.manager)
        ours = [("id", "in", (late | fine).ids)]
        self.assertEqual(contracts.search([*ours, ("is_overdue", "=", True)]).ids, late.ids)
        self.assertEqual(contracts.search([*ours, ("is_overdue", "=", False)]).ids, fine.ids)
        self.assertTrue(late.is_overdue)

    def test_list_costs_the_same_for_two_and_for_twelve(self):
        contracts = self.env["dealer.contract"]
        for number in range(12):
            contract = self._create_signed()
            self._receive(contract, 100.0 + number)
            contracts |= contract
        names = ["amount_received", "amount_open", "amount_on_account", "is_overdue", "invoice_count"]
        counts = []
        contracts.with_user(self.manager).read(names)  # what is read once a process is no cost of a list
        for batch in (contracts[:2], contracts):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            batch.with_user(self.manager).read(names)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1], counts)

    def test_receipt_prints(self):
        contract = self._create_signed()
        payment = self._receive(contract, 100.0)
        action = payment.action_print_dealer_receipt()
        html = self.env["ir.actions.report"]._render_qweb_html(action["report_name"], payment.ids)[0]
        self.assertIn(contract.name.encode(), html)
        with self.assertRaises(UserError):
            payment.sudo().copy({"journal_id": self.bank_journal.id}).action_print_dealer_receipt()

    def _advance_balance(self, partner=None):
        account = self.company.dealer_advance_account_id
        domain = [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        if partner:
            domain.append(("partner_id", "=", partner.id))
        return round(sum(self.env["account.move.line"].search(domain).mapped("balance")), 2)
