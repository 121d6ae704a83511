from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common_billing import DealerWorkshopBillingCommon


class SettlementMoneyCommon(DealerWorkshopBillingCommon):
    """A workshop with an insurer, a maker, a cashier, and a journal for cash and one for cards."""

    chart = "generic_coa"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partners = cls.env["res.partner"]
        cls.insurer = partners.create({"name": "Insurer"})
        cls.maker = partners.create({"name": "Maker's warranty"})
        cls.cashier = new_test_user(
            cls.env, login="w_cash", groups="account.group_account_invoice", company_id=cls.company.id
        )
        cls.general_manager = cls._make_user("w_general", "dealer_vehicle.group_general_manager")
        cls.cash, cls.bank = cls.env["account.journal"].create(
            [
                {"name": f"Desk {kind}", "code": f"D{kind[:3]}", "type": kind, "company_id": cls.company.id}
                for kind in ("cash", "bank")
            ]
        )
        cls.reason = cls.env.ref("dealer_workshop.dealer_discount_reason_loyal")

    def _split(self, job, *payers):
        """Give a job its payers: (pay type, partner, share, more values)."""
        job.sudo().split_ids = [
            Command.clear(),
            *(
                Command.create({"pay_type": pay_type, "partner_id": partner.id, "share": share, **more})
                for pay_type, partner, share, more in payers
            ),
        ]

    def _untaxed(self, order):
        """Return {payer: amount without tax} of the bills that stand."""
        bills = self._invoices(order).filtered(lambda bill: bill.state == "posted" and not bill.reversed_entry_id)
        bills = bills.filtered(lambda bill: not bill.reversal_move_ids)
        return {bill.partner_id: bill.amount_untaxed for bill in bills}

    def _collect(self, order, *ways, user=None):
        """Take money at the desk: (journal, amount); all of it in cash when none is named."""
        bill = order.sudo()._get_bills().filtered(lambda bill: bill.amount_residual)[:1]
        action = bill.with_user(user or self.cashier).action_collect_repair()
        collect = self.env["repair.order.collect"].with_user(user or self.cashier).browse(action["res_id"])
        if ways:
            collect.line_ids = [
                Command.clear(),
                *(Command.create({"journal_id": journal.id, "amount": amount}) for journal, amount in ways),
            ]
        collect.action_collect()
        order.invalidate_recordset()
        return self.env["account.payment"].search([("dealer_repair_id", "=", order.id)])


@tagged("post_install", "-at_install", "dealer")
class TestSettlementPayers(SettlementMoneyCommon):
    """P37: shares, limits, the deductible, exact to the cent."""

    def test_a_payer_pays_at_most_an_amount(self):
        order = self._checked_in(1)  # 300 of labour, 480 of parts
        self._split(
            order.job_ids,
            ("customer", self.customer, 0, {"takes_rest": True}),
            ("insurance", self.insurer, 100, {"cap_amount": 333.33}),
        )
        self.assertEqual(order.job_ids.split_ids.mapped("amount"), [446.67, 333.33])
        self._settle(order)
        self.assertEqual(self._untaxed(order), {self.insurer: 333.33, self.customer: 446.67})
        self.assertBooksAgree()

    def test_a_part_cut_among_payers_is_exact(self):
        """Two pieces whose share is an odd cent: the unit price alone could not say it."""
        order = self._checked_in(2)
        self._split(
            order.job_ids,
            ("customer", self.customer, 33.33, {}),
            ("insurance", self.insurer, 33.33, {}),
            ("warranty", self.maker, 33.34, {}),
        )
        self._settle(order)
        amounts = self._untaxed(order)
        self.assertAlmostEqual(sum(amounts.values()), 1260)
        self.assertEqual(amounts, {self.customer: 419.96, self.insurer: 419.96, self.maker: 420.08})
        for bill in self._invoices(order):
            tax = self.company.account_sale_tax_id
            self.assertAlmostEqual(bill.amount_tax, bill.currency_id.round(bill.amount_untaxed * tax.amount / 100))

    def test_the_deductible_is_the_customer_s_once(self):
        order = self._make_order()
        order.job_ids = [
            Command.create({"name": "Door", "line_ids": [Command.create({"operation_id": self.operation.id})]})
        ]
        for job in order.job_ids:
            self._split(
                job,
                ("customer", self.customer, 0, {"takes_rest": True}),
                ("insurance", self.insurer, 100, {}),
            )
        order.with_user(self.advisor).deductible_amount = 400
        order.with_user(self.advisor).action_check_in()
        self.assertEqual(order.job_ids[0].split_ids.mapped("amount"), [300, 0])
        self.assertEqual(order.job_ids[1].split_ids.mapped("amount"), [100, 200])
        self._settle(order)
        self.assertEqual(self._untaxed(order), {self.customer: 400, self.insurer: 200})

    def test_a_deductible_nobody_pays_is_refused(self):
        order = self._checked_in(0)
        self._split(order.job_ids, ("insurance", self.insurer, 100, {}))
        order.with_user(self.advisor).deductible_amount = 100
        self._make_ready(order)
        with self.assertRaisesRegex(UserError, "no payer of the job"):
            order.with_user(self.advisor).action_settle()
        self._split(order.job_ids, ("customer", self.customer, 100, {}))
        with self.assertRaisesRegex(UserError, "no job an insurer pays"):
            order.with_user(self.advisor).action_settle()

    def test_goodwill_in_halves(self):
        self._policy()
        order = self._checked_in(1)
        ourselves = self.company.partner_id
        self._split(order.job_ids, ("warranty", self.maker, 50, {}), ("internal", ourselves, 50, {}))
        self._settle(self._allow_goodwill(order))
        self.assertEqual(self._untaxed(order), {self.maker: 390})
        self.assertEqual(self.balance(self.expense), 210)  # half of 300 of parts and of 120 of labour
        self.assertBooksAgree()

    def test_a_limit_asks_who_takes_the_rest(self):
        order = self._make_order()
        with self.assertRaisesRegex(ValidationError, "Takes the Rest"):
            self._split(order.job_ids, ("insurance", self.insurer, 100, {"cap_amount": 10}))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._split(order.job_ids, ("insurance", self.insurer, 100, {}), ("warranty", self.maker, 0, {}))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._split(
                order.job_ids,
                ("insurance", self.insurer, 50, {"takes_rest": True}),
                ("customer", self.customer, 50, {"takes_rest": True}),
            )

    def test_a_customer_without_a_share_bears_the_deductible(self):
        order = self._checked_in(0)
        self._split(order.job_ids, ("insurance", self.insurer, 100, {}), ("customer", self.customer, 0, {}))
        order.with_user(self.advisor).deductible_amount = 100
        self._settle(order)
        self.assertEqual(self._untaxed(order), {self.insurer: 200, self.customer: 100})

    def test_another_pay_type_has_another_rate(self):
        self.env["dealer.labour.rate"].create({"company_id": self.company.id, "rate": 150, "pay_type": "warranty"})
        order = self._make_order()
        job = order.job_ids.with_user(self.advisor)
        job.split_ids.write({"pay_type": "warranty", "partner_id": self.maker.id})
        self.assertEqual((job.pay_type, job.line_ids.rate, job.labour_amount), ("warranty", 150, 225))
        self.assertEqual(job.split_ids.partner_id, self.maker, "the payer that was typed is kept")
        job.pay_type = "customer"
        self.assertEqual((job.line_ids.rate, job.split_ids.partner_id), (200, self.customer))

    def test_after_settlement_the_way_out_is_named(self):
        order = self._settle(self._checked_in(1))
        for record, vals in (
            (order.job_ids, {"pay_type": "warranty"}),
            (order.job_ids.split_ids, {"pay_type": "insurance", "partner_id": self.insurer.id}),
        ):
            with self.subTest(model=record._name), self.assertRaisesRegex(UserError, "reverses a settlement"):
                record.with_user(self.advisor).write(vals)

    def test_the_bill_is_what_was_agreed(self):
        """A payer's price list and a new list price change nothing on an order."""
        order = self._checked_in(1)
        self.part.lst_price = 999
        self._settle(order)
        self.assertEqual(self._untaxed(order), {self.customer: 780})

    def test_prepaid_needs_an_entitlement(self):
        order = self._checked_in(0)
        self._split(order.job_ids, ("prepaid", self.customer, 100, {}))
        self._make_ready(order)
        with self.assertRaisesRegex(UserError, "no entitlement is named"):
            order.with_user(self.advisor).action_settle()

    # --- money at the desk ----------------------------------------------------------------

    def test_cash_and_card_in_one_go(self):
        order = self._settle(self._checked_in(1))
        due = order.amount_due
        payments = self._collect(order, (self.cash, 100), (self.bank, due - 100))
        self.assertEqual(len(payments), 2)
        self.assertEqual(order.amount_due, 0)
        self.assertEqual(order.waiting_gate, "handed_over")
        action = order.with_user(self.advisor).action_hand_over_and_print()
        self.assertEqual(action["report_name"], "dealer_workshop.report_repair_gate_pass")
        self.assertEqual(order.stage, "delivered")
        for report, record in (
            ("dealer_workshop.report_repair_gate_pass", order.with_user(self.advisor)),
            ("dealer_workshop.report_workshop_receipt", payments.with_user(self.cashier)),
            ("account.report_invoice", self._invoices(order)),
        ):
            content, _type = record.env["ir.actions.report"]._render_qweb_html(report, record.ids)
            self.assertIn(self.car.plate, content.decode(), report)

    def test_part_of_it_leaves_the_rest_open(self):
        order = self._settle(self._checked_in(1))
        due = order.amount_due
        self._collect(order, (self.cash, 100))
        self.assertAlmostEqual(order.amount_due, due - 100)
        self.assertEqual(order.waiting_gate, "paid")
        with self.assertRaisesRegex(UserError, "no gate pass"):
            order.with_user(self.advisor).action_print_gate_pass()

    def test_money_that_cannot_be(self):
        order = self._settle(self._checked_in(1))
        due = order.amount_due
        for ways, reason in (
            ([(self.cash, due + 0.01)], "is more than the"),
            ([(self.cash, due), (self.bank, 1)], "is more than the"),
            ([(self.cash, 0)], "enter the amount"),
            ([(self.cash, -5), (self.bank, due)], "enter the amount"),
        ):
            with self.subTest(ways=ways), self.assertRaisesRegex(UserError, reason):
                self._collect(order, *ways)
        with self.assertRaises(AccessError):
            self._collect(order, (self.cash, due), user=self.advisor)
        self._collect(order)
        bill = self._invoices(order)
        with self.assertRaisesRegex(UserError, "it is paid"):
            bill.with_user(self.cashier).action_collect_repair()
        with self.assertRaises(AccessError):
            self.env["account.payment"].with_user(self.cashier).create({"dealer_repair_id": order.id})

    def test_a_cashier_finds_the_bill_by_plate(self):
        order = self._settle(self._checked_in(1))
        bills = self.env["account.move"].with_user(self.cashier)
        for text in (self.car.plate, self.car.vin[-8:], order.name):
            with self.subTest(text=text):
                self.assertEqual(bills.search([("dealer_repair_plate", "ilike", text)]), self._invoices(order))
        self.assertFalse(bills.search([("dealer_repair_plate", "ilike", "nothing")]))

    def test_the_insurer_pays_later_and_the_car_goes(self):
        order = self._checked_in(1)
        self._split(order.job_ids, ("insurance", self.insurer, 100, {}))
        self._settle(order)
        self.assertEqual(order.waiting_gate, "handed_over")

    def test_on_credit_within_the_limit_of_accounting(self):
        order = self._settle(self._checked_in(1))
        self.assertEqual(order.waiting_gate, "paid")
        self.customer.with_company(self.company).credit_limit = 100
        order._gates_changed()
        self.assertEqual(order.waiting_gate, "paid", "he owes more than that")
        self.customer.with_company(self.company).credit_limit = 5000
        order._gates_changed()
        self.assertEqual(order.waiting_gate, "handed_over")

    def test_the_bill_is_the_sum_of_its_rounded_items(self):
        """0.7 h × 133.35 is half a cent short of a cent: three of them, rounded together, would lose one."""
        self.assertEqual(self.company.tax_calculation_rounding_method, "round_globally")
        order = self._make_order()
        order.job_ids.sudo().line_ids.unlink()
        self.env["dealer.labour.rate"].search([("company_id", "=", self.company.id)]).rate = 133.35
        lines = [{"job_id": order.job_ids.id, "name": "Work", "hours": 0.7} for _number in range(3)]
        self.env["dealer.job.line"].with_user(self.advisor).create(lines)
        order.with_user(self.advisor).action_check_in()
        self._settle(order)
        self.assertEqual(order.labour_amount, 280.05)
        self.assertEqual(self._untaxed(order), {self.customer: 280.05})
