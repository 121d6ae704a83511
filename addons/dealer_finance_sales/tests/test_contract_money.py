from odoo import Command
from odoo.tests import tagged

from odoo.addons.dealer_sales.tests.common import DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestContractMoney(DealerSalesCommon):
    """Whatever a customer pays or is billed for a contract is about the contract's car."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cashier = cls._create_user("fs_cashier", "dealer_finance_bridge.group_cashier")
        cls.journal = cls.company_data["default_journal_bank"]

    def _pay(self, contract, amount, kind="earnest"):
        desk = self.env["dealer.contract.payment"].with_user(self.cashier)
        desk.create(
            {
                "contract_id": contract.id,
                "deposit_kind": kind,
                "amount": amount,
                "journal_id": self.journal.id,
            }
        ).action_receive()
        return self.env["account.payment"].search([("dealer_contract_id", "=", contract.id)], order="id desc", limit=1)

    def assertAllItems(self, moves, car):
        for line in moves.line_ids:
            self.assertEqual(line.dealer_vehicle_id, car, f"{line.move_id.name}: {line.account_id.display_name}")

    def test_deposit_follows_the_allocated_car(self):
        """Earnest money comes before the car: when one is allocated, payment and entry learn it; so they do later."""
        contract = self._create_signed()
        payment = self._pay(contract, 500.0)
        self.assertFalse(payment.dealer_vehicle_id)
        self.assertFalse(payment.move_id.line_ids.dealer_vehicle_id)
        contract.action_allocate(self.car.id)
        self.assertEqual(payment.dealer_vehicle_id, self.car)
        self.assertAllItems(payment.move_id, self.car)
        contract.action_allocate(self.car_2.id)
        self.assertEqual(payment.dealer_vehicle_id, self.car_2)
        self.assertAllItems(payment.move_id, self.car_2)

    def test_the_cashier_takes_the_money(self):
        """Where there is a cash desk its people are named; invoices stay the accountant's too."""
        contract = self._create_signed(deposit_amount=500.0)
        roles = {gate["code"]: gate["role_name"] for gate in contract._get_gate_status()}
        self.assertEqual((roles["deposit"], roles["paid"]), ("Cashier", "Cashier"))
        self.assertEqual(roles["invoiced"], "Cashier or accountant")
        self.assertEqual(contract.waiting_role_id, self.env.ref("dealer_finance_bridge.group_cashier"))

    def test_invoice_advance_and_rest(self):
        """Car, services, tax, receivable, cost, the advance's own entry and the rest payment: one car."""
        contract = self._create_signed(car=self.car)
        self._pay(contract, 500.0)
        contract.with_user(self.biller).action_invoice()
        invoice = contract.sudo().invoice_ids
        self.assertGreater(len(invoice.invoice_line_ids), 1)
        self.assertAllItems(invoice, self.car)
        advance = self.env["account.move"].search([("dealer_advance_contract_id", "=", contract.id)])
        self.assertTrue(advance)
        self.assertAllItems(advance, self.car)
        rest = self._pay(contract, contract.sudo().amount_open, "balance")
        self.assertAllItems(rest.move_id, self.car)
        self.assertEqual(
            invoice.payment_state, "paid" if invoice._get_invoice_in_payment_state() == "paid" else "in_payment"
        )

    def test_service_invoiced_apart(self):
        """A service of the contract on an invoice of its own, without the car's line, still knows the car (P51)."""
        contract = self._create_signed(car=self.car)
        line = contract.sudo().order_line_ids.filtered(lambda line: not line.product_id.is_vehicle)[:1]
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": contract.partner_id.id,
                "invoice_line_ids": [Command.create(line._prepare_invoice_line())],
            }
        )
        self.assertEqual(invoice.dealer_vehicle_id, self.car)
        self.assertAllItems(invoice, self.car)

    def test_ledger_of_the_contract(self):
        """The car's ledger owes nothing while the advance waits, and the customer's money is not revenue."""
        contract = self._create_signed(car=self.car)
        self._pay(contract, 500.0)
        self.env.invalidate_all()
        self.assertEqual(self.car.ledger_revenue, 0.0)
        contract.with_user(self.biller).action_invoice()
        invoice = contract.sudo().invoice_ids
        self._pay(contract, contract.sudo().amount_open, "balance")
        self.env.invalidate_all()
        own = invoice.line_ids.filtered(lambda line: line.account_id.internal_group == "income")
        self.assertAlmostEqual(self.car.ledger_revenue, -sum(own.mapped("balance")))
        self.assertAlmostEqual(self.car.ledger_receivable, 0.0)

    def test_cash_desk_finds_the_contract(self):
        contract = self._create_signed(car=self.car)
        contract.with_user(self.biller).action_invoice()
        action = self.env.ref("dealer_finance_bridge.account_move_action_owed")
        found = (
            self.env["account.move"]
            .with_user(self.cashier)
            .search([("payment_state", "=", "not_paid"), ("dealer_contract_id", "ilike", contract.name)])
        )
        self.assertEqual(found, contract.sudo().invoice_ids)
        self.assertIn("not_paid", action.domain)

    def test_query_count_of_a_list(self):
        """Recomputing the car of two payments costs as many queries as of ten."""
        contract = self._create_signed(car=self.car)
        for _number in range(10):
            self._pay(contract, 10.0)
        payments = self.env["account.payment"].search([("dealer_contract_id", "=", contract.id)])

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            self.env.add_to_compute(records._fields["dealer_vehicle_id"], records)
            before = self.env.cr.sql_log_count
            records.mapped("dealer_vehicle_id")
            return self.env.cr.sql_log_count - before

        self.assertLessEqual(count(payments), count(payments[:2]) + 2)
