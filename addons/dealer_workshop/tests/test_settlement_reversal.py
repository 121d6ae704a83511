from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_settlement_payers import SettlementMoneyCommon


@tagged("post_install", "-at_install", "dealer")
class TestSettlementReversal(SettlementMoneyCommon):
    """P36: a settlement is taken back whole, and no cent is lost."""

    def _reverse(self, order, user=None):
        order.with_user(user or self.manager).action_reverse_settlement("Wrong payer on job 1")
        order.invalidate_recordset()
        return order

    def test_everything_is_credited_and_settled_anew(self):
        order = self._settle(self._checked_in(2))
        self._reverse(order)
        self.assertEqual((order.stage, order.amount_billed, order.amount_due), ("ready", 0, 0))
        self.assertEqual(self.balance(self.part_cogs), 0)
        self.assertFalse(self._lines(order).sale_line_id)
        (log,) = order.reversal_ids
        self.assertEqual((log.user_id, log.reason), (self.manager, "Wrong payer on job 1"))
        self.assertTrue(log.credit_names)
        self._split(order.job_ids, ("insurance", self.insurer, 100, {}))
        order.with_user(self.advisor).action_settle()
        self.assertEqual(self._untaxed(order), {self.insurer: 1260})
        self.assertEqual(self.balance(self.part_cogs), 600)
        self.assertBooksAgree()

    def test_paid_money_stays_the_payer_s_credit(self):
        order = self._settle(self._checked_in(1))
        due = order.amount_due
        payment = self._collect(order)
        self._reverse(order)
        receivable = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertAlmostEqual(receivable.amount_residual, -due, msg="the whole payment is open")
        # The discount makes the new bill smaller: it takes the credit, the rest stays open.
        order.with_user(self.advisor).write({"rounding_amount": 5, "discount_reason_id": self.reason.id})
        order.with_user(self.advisor).action_settle()
        self.assertEqual(order.amount_due, 0)
        self.assertEqual(order.waiting_gate, "handed_over")
        tax = 1 + self.company.account_sale_tax_id.amount / 100
        self.assertAlmostEqual(receivable.amount_residual, -5 * tax)

    def test_who_and_when(self):
        order = self._make_ready(self._checked_in(1))
        with self.assertRaisesRegex(UserError, "nothing to reverse"):
            self._reverse(order)
        order.with_user(self.advisor).action_settle()
        for user in (self.advisor, self.technician, self.keeper):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._reverse(order, user)
        self._reverse(order)
        with self.assertRaisesRegex(UserError, "nothing to reverse"):
            self._reverse(order)
        self.assertEqual(len(order.reversal_ids), 1)

    def test_not_after_the_keys_are_gone_unless_the_company_says_so(self):
        order = self._settle(self._checked_in(1))
        self._collect(order)
        order.with_user(self.advisor).action_hand_over()
        with self.assertRaisesRegex(UserError, "was handed over"):
            self._reverse(order)
        self.env["dealer.gate.rule"].create(
            {"model": "repair.order", "code": "reverse_before_hand_over", "is_required": False}
        )
        self._reverse(order)
        self.assertEqual(order.stage, "ready")

    def test_a_dialog_asks_why(self):
        order = self._settle(self._checked_in(1))
        action = order.with_user(self.manager).action_reverse_settlement()
        wizard = self.env[action["res_model"]].with_user(self.manager).with_context(**action["context"])
        wizard.create({"reason": "Typed too early"}).action_confirm()
        self.assertEqual(order.reversal_ids.reason, "Typed too early")

    def test_internal_cost_comes_off_the_car(self):
        self._policy(treatment="stock_cost", expense_account_id=False)
        car = self.buy_car(100000, bill=100000)
        order = self._make_order(dealer_vehicle_id=car.id)
        self._ask(order, 2)
        order.with_user(self.advisor).action_check_in()
        self._settle(order)
        self.assertEqual(car._exact_cost()[car.id], 100720)
        self._reverse(order)
        self.assertEqual(car._exact_cost()[car.id], 100000)
        self.assertEqual(self.balance(self.absorption), 0)
        order.with_user(self.advisor).action_settle()
        self.assertEqual(car._exact_cost()[car.id], 100720)
        self._reverse(order)
        self.assertEqual(car._exact_cost()[car.id], 100000)

    def test_internal_expense_is_reversed(self):
        self._policy()
        order = self._checked_in(1)
        self._split(order.job_ids, ("internal", self.company.partner_id, 100, {}))
        self._settle(self._allow_goodwill(order))
        self.assertEqual(self.balance(self.expense), 420)
        self._reverse(order)
        self.assertEqual((self.balance(self.expense), self.balance(self.absorption)), (0, 0))

    def test_the_log_is_the_system_s(self):
        order = self._reverse(self._settle(self._checked_in(1)))
        log = order.reversal_ids
        for user in (self.manager, self.advisor):
            for act in (lambda log: log.write({"reason": "x"}), lambda log: log.unlink()):
                with self.assertRaises(AccessError):
                    act(log.with_user(user))
        with self.assertRaises(AccessError):
            self.env[log._name].with_user(self.manager).create(
                {"order_id": order.id, "reason": "x", "user_id": self.manager.id}
            )
        stranger = self.make_user("w_stranger", "dealer_workshop.group_workshop_manager", company=self.company_b)
        self.assertFalse(self.env[log._name].with_user(stranger).search([]))


@tagged("post_install", "-at_install", "dealer")
class TestSettlementDiscount(SettlementMoneyCommon):
    """P36: discounts on labour, parts and rounding, with limits per role and a second pair of eyes."""

    def _discounted(self, labour=0.0, parts=0.0, rounding=0.0, reason=True, user=None):
        order = self._checked_in(1)
        mine = order.with_user(user or self.advisor)
        if labour:
            mine.job_ids.line_ids.discount = labour
        if parts:
            mine.job_ids.part_ids.discount = parts
        if rounding:
            mine.rounding_amount = rounding
        if reason:
            mine.discount_reason_id = self.reason
        return self._make_ready(order)

    def test_within_the_limit(self):
        order = self._discounted(labour=10, parts=5, rounding=4)
        self.assertEqual(order.discount_amount, 58)
        order.with_user(self.advisor).action_settle()
        self.assertEqual(self._untaxed(order), {self.customer: 722})
        (row,) = order.discount_ids
        self.assertEqual((row.state, row.amount, row.given_by_id), ("within", 58, self.advisor))
        self.assertEqual((row.amount_labour, row.amount_parts, row.amount_rounding), (30, 24, 4))

    def test_a_reason_is_asked_for(self):
        order = self._discounted(labour=5, reason=False)
        with self.assertRaisesRegex(UserError, "reason"):
            order.with_user(self.advisor).action_settle()

    def test_beyond_the_limit_somebody_else_approves(self):
        for given in ({"labour": 11}, {"parts": 6}, {"rounding": 11}):
            with self.subTest(**given):
                order = self._discounted(**given)
                with self.assertRaisesRegex(UserError, "Discount approved"):
                    order.with_user(self.advisor).action_settle()
                with self.assertRaises(AccessError):
                    order.with_user(self.advisor).action_approve_discount()
                order.with_user(self.manager).action_approve_discount()
                (row,) = order.discount_ids
                self.assertEqual((row.state, row.approved_by_id), ("approved", self.manager))
                order.with_user(self.advisor).action_settle()
                self.assertEqual(len(order.discount_ids), 1)

    def test_nobody_approves_his_own(self):
        order = self._discounted(labour=20, user=self.manager)
        with self.assertRaisesRegex(AccessError, "somebody else"):
            order.with_user(self.manager).action_approve_discount()
        second = self._make_user("w_second_manager", "dealer_workshop.group_workshop_manager")
        order.with_user(second).action_approve_discount()

    def test_who_gave_a_part_of_it_does_not_approve(self):
        """The advisor rounds off after the manager: what the manager gave is his own all the same."""
        order = self._discounted(labour=20, user=self.manager)
        order.with_user(self.advisor).rounding_amount = 4
        with self.assertRaisesRegex(AccessError, "somebody else"):
            order.with_user(self.manager).action_approve_discount()
        order.with_user(self.manager).job_ids.line_ids.discount = 0
        order.with_user(self.advisor).rounding_amount = 0
        order.with_user(self.advisor).job_ids.line_ids.discount = 20
        order.with_user(self.manager).action_approve_discount()

    def test_beyond_the_manager_s_limit(self):
        order = self._discounted(labour=40)
        with self.assertRaisesRegex(UserError, "beyond your limit"):
            order.with_user(self.manager).action_approve_discount()
        order.with_user(self.general_manager).action_approve_discount()
        order.with_user(self.advisor).action_settle()

    def test_more_than_was_approved_asks_again(self):
        order = self._discounted(labour=20)
        order.with_user(self.manager).action_approve_discount()
        order.with_user(self.advisor).job_ids.line_ids.discount = 25
        with self.assertRaisesRegex(UserError, "Discount approved"):
            order.with_user(self.advisor).action_settle()

    def test_a_rate_below_the_list_is_a_discount(self):
        order = self._discounted(reason=False)
        order.with_user(self.advisor).job_ids.line_ids.rate = 100
        self.assertEqual(order.discount_amount, 150)
        with self.assertRaisesRegex(UserError, "reason"):
            order.with_user(self.advisor).action_settle()
        with self.assertRaises(AccessError):
            order.with_user(self.advisor).job_ids.line_ids.list_rate = 100

    def test_rounding_needs_a_customer_s_bill(self):
        order = self._checked_in(0)
        self._split(order.job_ids, ("insurance", self.insurer, 100, {}))
        order.with_user(self.advisor).write({"rounding_amount": 1, "discount_reason_id": self.reason.id})
        self._make_ready(order)
        with self.assertRaisesRegex(UserError, "no customer's bill"):
            order.with_user(self.advisor).action_settle()

    def test_no_more_is_rounded_off_than_the_customer_pays(self):
        order = self._checked_in(0)
        self._split(
            order.job_ids,
            ("customer", order.partner_id, 1, {}),
            ("insurance", self.insurer, 99, {}),
        )
        mine = order.with_user(self.advisor)
        mine.write({"rounding_amount": 9, "discount_reason_id": self.reason.id})
        self._make_ready(order)
        with self.assertRaisesRegex(UserError, "lower the amount under Rounded Off"), self.env.cr.savepoint():
            mine.action_settle()
        mine.rounding_amount = 3
        mine.action_settle()
        bill = order.sudo()._get_bills().filtered(lambda bill: bill.dealer_pay_type == "customer")
        self.assertEqual((bill.state, bill.amount_untaxed), ("posted", 0))

    def test_limits_are_not_the_workshop_s(self):
        limit = self.env.ref("dealer_workshop.dealer_repair_discount_limit_advisor")
        for user in (self.advisor, self.manager):
            with self.assertRaises(AccessError):
                limit.with_user(user).labour_percent = 90
        limit.with_user(self.general_manager).labour_percent = 12

    def test_a_technician_gives_nothing(self):
        order = self._checked_in(1)
        with self.assertRaises(AccessError):
            order.with_user(self.technician).job_ids.part_ids.discount = 5
        with self.assertRaises(AccessError):
            self.env["dealer.job.part"].with_user(self.technician).create(
                {"job_id": order.job_ids.id, "product_id": self.part.id, "discount": 50}
            )
        for vals in ({"dealer_discount": 5}, {"dealer_price_unit": 1}):
            with self.assertRaises(AccessError):
                self._lines(order).with_user(self._make_user("w_st" + str(vals), "stock.group_stock_user")).write(vals)


@tagged("post_install", "-at_install", "dealer")
class TestCreditByHand(SettlementMoneyCommon):
    def test_a_credit_note_of_accounting_belongs_to_the_order(self):
        accountant = self._make_user("w_books", "account.group_account_manager")
        order = self._settle(self._checked_in(1))
        bill = self._invoices(order).with_user(accountant)
        credit = bill._reverse_moves([{"invoice_date": bill.invoice_date}])
        self.assertEqual((credit.sudo().dealer_repair_id, credit.dealer_pay_type), (order, "customer"))
        with self.assertRaisesRegex(AccessError, "cannot be typed"):
            bill.create({"move_type": "out_invoice", "partner_id": self.customer.id, "dealer_repair_id": order.id})
