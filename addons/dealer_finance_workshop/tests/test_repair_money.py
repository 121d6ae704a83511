from odoo.tests import tagged

from odoo.addons.dealer_workshop.tests.common_billing import DealerWorkshopBillingCommon


@tagged("post_install", "-at_install", "dealer")
class TestRepairMoney(DealerWorkshopBillingCommon):
    """Bills and internal cost of a workshop order are about the car that was in the workshop."""

    def assertAllItems(self, moves, car):
        self.assertTrue(moves.line_ids)
        for line in moves.line_ids:
            self.assertEqual(line.dealer_vehicle_id, car, f"{line.move_id.name}: {line.account_id.display_name}")

    def test_bill_of_a_visit(self):
        """Labour, part, tax, receivable, the part's cost of goods and the payment know the customer's car."""
        order = self._settle(self._checked_in(2))
        bill = self._invoices(order)
        self.assertTrue(bill.line_ids.filtered(lambda line: line.display_type == "cogs"))
        self.assertAllItems(bill, self.car)
        register = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=bill.ids)
        payment = register.create({})._create_payments()
        self.assertEqual(payment.dealer_vehicle_id, self.car)
        self.assertAllItems(payment.move_id, self.car)

    def test_ledger_of_a_customers_car(self):
        order = self._settle(self._checked_in(2))
        self.env.invalidate_all()
        self.assertAlmostEqual(self.car.ledger_revenue, self._invoices(order).amount_untaxed)
        self.assertAlmostEqual(self.car.ledger_cost, 600.0)

    def test_internal_expense(self):
        """What we pay ourselves is an entry without an order: it knows its car all the same."""
        self._policy()
        order = self._checked_in(1)
        split = order.sudo().job_ids.split_ids
        split.write({"pay_type": "internal", "partner_id": self.company.partner_id.id})
        self._settle(self._allow_goodwill(order))
        entry = order.sudo().invoice_ids
        self.assertEqual(entry.move_type, "entry")
        self.assertEqual(entry.dealer_vehicle_id, self.car)
        absorbed = entry.line_ids.filtered(lambda line: line.account_id == self.absorption)
        self.assertFalse(absorbed.dealer_vehicle_id, "wages were paid without a car")
        self.assertEqual((entry.line_ids - absorbed).dealer_vehicle_id, self.car)
        self.env.invalidate_all()
        self.assertAlmostEqual(self.car.ledger_cost, 300.0 + 1.5 * 80.0)

    def test_credit_note(self):
        order = self._settle(self._checked_in(1))
        bill = self._invoices(order)
        refund = bill._reverse_moves(cancel=True)
        self.assertAllItems(refund, self.car)
