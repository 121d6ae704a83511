import itertools

from odoo import Command
from odoo.tests import tagged

from .common import DealerFinanceCommon


@tagged("post_install", "-at_install", "dealer")
class TestJournalItems(DealerFinanceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cars = cls.buy_cars(10000.0, 20000.0, 15000.0)
        cls.car = cls.cars[1]

    def assertCars(self, lines, expected):
        self.assertEqual(lines.mapped(lambda line: line.dealer_vehicle_id.id or False), expected)

    def test_bill_for_three_cars(self):
        """Each line knows its car; tax and payable are about all three and know none."""
        bill = self.bill(self.cars)
        products = bill.line_ids.filtered(lambda line: line.display_type == "product")
        self.assertEqual(products.dealer_vehicle_id, self.cars)
        for line in products:
            self.assertEqual(line.dealer_vehicle_id, line.purchase_line_id.dealer_vehicle_id)
        self.assertFalse((bill.line_ids - products).dealer_vehicle_id)
        self.assertFalse(bill.dealer_vehicle_id)

    def test_bill_for_one_car(self):
        car = self.buy_cars(12000.0, start=50)
        bill = self.bill(car)
        self.assertEqual(bill.dealer_vehicle_id, car)
        for line in bill.line_ids:
            self.assertEqual(line.dealer_vehicle_id, car, line.display_type)

    def test_invoice_reaches_every_line_and_the_payment(self):
        """Product, accessory, tax, receivable and the cost-of-goods pair: all know the one car of the invoice."""
        order = self.sell(self.car, extra=True)
        self.deliver(order)
        invoice = self.invoice(order)
        kinds = set(invoice.line_ids.mapped("display_type"))
        self.assertLessEqual({"product", "payment_term", "cogs"}, kinds)
        for line in invoice.line_ids:
            self.assertEqual(line.dealer_vehicle_id, self.car, f"{line.display_type} {line.name}")
        cost = invoice.line_ids.filtered(lambda line: line.display_type == "cogs" and line.debit)
        self.assertEqual(sum(cost.mapped("debit")), 20000.0)
        payment = self.pay(invoice)
        self.assertEqual(payment.dealer_vehicle_id, self.car)
        self.assertEqual(payment.move_id.line_ids.dealer_vehicle_id, self.car)
        self.assertTrue(all(line.dealer_vehicle_id for line in payment.move_id.line_ids))

    def test_invoice_for_two_cars(self):
        """The cost pair of each car knows its own car, the shared lines none, the accessory none."""
        order = self.sell(self.cars[0], self.cars[1], extra=True)
        invoice = self.invoice(order)
        for line in invoice.line_ids.filtered(lambda line: line.display_type == "cogs"):
            self.assertEqual(line.dealer_vehicle_id, line.cogs_origin_id.sale_line_ids.dealer_vehicle_id)
        self.assertEqual(
            invoice.line_ids.filtered(lambda line: line.display_type == "cogs").dealer_vehicle_id, self.cars[:2]
        )
        shared = invoice.line_ids.filtered(
            lambda line: line.display_type in ("payment_term", "tax") or line.product_id == self.mats
        )
        self.assertTrue(shared)
        self.assertFalse(shared.dealer_vehicle_id)
        self.assertFalse(self.pay(invoice).dealer_vehicle_id)

    def test_payment_matched_afterwards(self):
        """Money that came without naming an invoice learns its car when it is matched."""
        invoice = self.invoice(self.sell(self.car))
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": invoice.amount_residual,
                "journal_id": self.bank.id,
            }
        )
        payment.action_post()
        self.assertFalse(payment.dealer_vehicle_id)
        receivable = (invoice | payment.move_id).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        receivable.reconcile()
        self.assertEqual(payment.dealer_vehicle_id, self.car)
        self.assertEqual(payment.move_id.line_ids.dealer_vehicle_id, self.car)
        receivable.remove_move_reconcile()
        self.assertFalse(payment.dealer_vehicle_id)
        self.assertFalse(payment.move_id.line_ids.dealer_vehicle_id)

    def test_draft_invoice_follows_the_order(self):
        order = self.sell(self.cars[0])
        invoice = self.invoice(order, post=False)
        self.assertEqual(invoice.line_ids.dealer_vehicle_id, self.cars[0])
        order.order_line.dealer_vehicle_id = self.car
        self.assertEqual(invoice.line_ids.dealer_vehicle_id, self.car)
        self.assertEqual(invoice.dealer_vehicle_id, self.car)

    def test_reversal_keeps_the_cars(self):
        order = self.sell(self.cars[0], self.cars[1])
        self.deliver(order)
        invoice = self.invoice(order)
        refund = invoice._reverse_moves([{"date": "2026-04-01", "invoice_date": "2026-04-01"}], cancel=True)
        for car in self.cars[:2]:
            items = self.env["account.move.line"].search(
                [("dealer_vehicle_id", "=", car.id), ("move_id", "in", (invoice | refund).ids)]
            )
            income = items.filtered(lambda line: line.account_id.account_type == "income")
            self.assertEqual(len(income), 2)
            self.assertAlmostEqual(sum(income.mapped("balance")), 0.0)
            cost = items.filtered(lambda line: line.account_id.internal_group == "expense")
            self.assertAlmostEqual(sum(cost.mapped("balance")), 0.0)
        self.assertTrue(all(line.dealer_vehicle_id for line in refund.line_ids if line.display_type == "cogs"))

    def test_another_car_after_a_credit_note(self):
        """What was invoiced and credited stays with the first car; the second one bears its own sale alone."""
        steps_in_any_order = itertools.permutations(("deliver", "invoice", "bill"))
        for number, steps in zip(itertools.count(60, 2), steps_in_any_order):
            first, second = self.buy_cars(20000.0, start=number), self.buy_cars(21000.0, start=number + 1)
            order = self.sell(first)
            moves = self.invoice(order)
            moves |= moves._reverse_moves([{"date": "2026-04-01", "invoice_date": "2026-04-01"}], cancel=True)
            order.order_line.dealer_vehicle_id = second
            for step in steps:
                if step == "deliver":
                    self.deliver(order)
                elif step == "invoice":
                    moves |= self.invoice(order)
                else:
                    self.bill(first)
                    self.bill(second)
            with self.subTest(steps):
                self.assertEqual(self._get_results(first), {"income": 0.0, "cost": 0.0})
                self.assertEqual(self._get_results(second), {"income": -25000.0, "cost": 21000.0})
                self.assertEqual(moves[:1].line_ids.dealer_vehicle_id, first)
                self.assertEqual(moves[1:2].line_ids.dealer_vehicle_id, first)
                self.assertEqual(moves[-1:].line_ids.dealer_vehicle_id, second)

    def _get_results(self, car):
        """Return what the posted items of a car say of its sale."""
        items = self.env["account.move.line"].search(
            [("dealer_vehicle_id", "=", car.id), ("parent_state", "=", "posted")]
        )
        sums = {}
        for kind, group in (("income", "income"), ("cost", "expense")):
            lines = items.filtered(lambda line, group=group: line.account_id.internal_group == group)
            sums[kind] = round(sum(lines.mapped("balance")), 2) + 0.0
        return sums

    def test_landed_cost(self):
        """Cost added to one car names this car and no other car of the truck.

        The expense it is taken from was billed without a car and stays without one: otherwise freight would lower the
        car's cost today and raise it when it is sold, and never show in its profit.
        """
        cost = self.car._capitalise(600.0, "Freight", self.company.expense_account_id)
        lines = cost.account_move_id.line_ids
        self.assertEqual(lines.filtered("debit").dealer_vehicle_id, self.car)
        self.assertFalse(lines.filtered("credit").dealer_vehicle_id)
        self.deliver(order := self.sell(self.car, price=25000.0))
        self.invoice(order)
        self.env.invalidate_all()
        self.assertEqual(self.car.ledger_gross, 25000.0 - 20600.0)

    def test_landed_cost_of_a_truck(self):
        product = self.env.ref("dealer_vehicle.product_product_capitalisation")
        cost = self.env["stock.landed.cost"].create(
            {
                "picking_ids": [Command.set(self.cars.purchase_line_id.order_id.picking_ids.ids)],
                "cost_lines": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "price_unit": 900.0,
                            "split_method": "equal",
                            "account_id": self.company.expense_account_id.id,
                        }
                    )
                ],
            }
        )
        cost.button_validate()
        debits = cost.account_move_id.line_ids.filtered("debit")
        self.assertEqual(debits.dealer_vehicle_id, self.cars)
        self.assertEqual(debits.mapped("debit"), [300.0, 300.0, 300.0])

    def test_late_bill_corrects_the_sold_car(self):
        """The correction of cost of goods sold after a dearer bill is an entry of the sold car."""
        order = self.sell(self.car)
        self.deliver(order)
        self.invoice(order)
        self.car.purchase_line_id.price_unit = 20400.0
        self.bill(self.cars)
        cost = self.env["account.move.line"].search(
            [("dealer_vehicle_id", "=", self.car.id), ("account_id.internal_group", "=", "expense")]
        )
        self.assertAlmostEqual(sum(cost.mapped("balance")), 20400.0)

    def test_manual_car_is_kept(self):
        """An accountant names the car of a miscellaneous entry; later changes elsewhere do not undo it."""
        accountant = self.make_user("f_accountant", "dealer_finance_bridge.group_accountant")
        accounts = self.env["account.account"].search(
            [("company_ids", "in", self.company.ids), ("account_type", "=", "expense")], limit=2
        )
        entry = (
            self.env["account.move"]
            .with_user(accountant)
            .create(
                {
                    "move_type": "entry",
                    "line_ids": [
                        Command.create(
                            {"account_id": accounts[0].id, "debit": 80.0, "dealer_vehicle_id": self.cars[0].id}
                        ),
                        Command.create({"account_id": accounts[1].id, "credit": 80.0}),
                    ],
                }
            )
        )
        self.assertCars(entry.line_ids, [self.cars[0].id] * 2)
        entry.line_ids[1].dealer_vehicle_id = self.cars[1]
        self.assertCars(entry.line_ids, [self.cars[0].id, self.cars[1].id])
        entry.action_post()
        self.assertCars(entry.line_ids, [self.cars[0].id, self.cars[1].id])
        entry.line_ids[1].dealer_vehicle_id = False
        self.assertCars(entry.line_ids, [self.cars[0].id] * 2)

    def test_query_count_is_flat(self):
        """Twenty lines cost as many queries as two: nothing is searched line by line."""

        def count(number):
            lines = self.env["account.move.line"].search([("parent_state", "=", "posted")], limit=number)
            self.env.flush_all()
            self.env.invalidate_all()
            self.env.add_to_compute(self.env["account.move.line"]._fields["dealer_vehicle_id"], lines)
            before = self.env.cr.sql_log_count
            lines.mapped("dealer_vehicle_id")
            return self.env.cr.sql_log_count - before, len(lines)

        self.bill(self.cars)
        order = self.sell(*self.cars)
        self.invoice(order)
        few, lines = count(2)
        self.assertEqual(lines, 2)
        many, lines = count(20)
        self.assertGreater(lines, 10)
        self.assertLessEqual(many, few + 6)


@tagged("post_install", "-at_install", "dealer")
class TestJournalItemsChina(TestJournalItems):
    """The same with Chinese books: storno accounting, goods on 1405."""

    allow_inherited_tests_method = True
    chart = "cn"
    chart_module = "l10n_cn"
    country = "base.cn"
