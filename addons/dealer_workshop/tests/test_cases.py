from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_order import OrderMixin
from .test_entitlement import EntitlementCommon
from .test_settlement_payers import SettlementMoneyCommon


@tagged("post_install", "-at_install", "dealer")
class TestAnotherPayer(OrderMixin, SettlementMoneyCommon):
    """P37, B24: the pay type is switched after the customer signed."""

    def _goodwill(self, **vals):
        """Return a signed order whose job we pay ourselves."""
        order = self._signed()
        job = order.job_ids.with_user(self.advisor)
        job.sudo().write({"pay_type": "internal", "split_ids": []})
        job.sudo().split_ids.write({"pay_type": "internal", "partner_id": self.company.partner_id.id})
        return job

    def test_the_customer_is_asked_when_it_costs_him_more(self):
        job = self._goodwill()
        self.env["dealer.labour.rate"].create({"company_id": self.company.id, "rate": 260.0, "pay_type": "customer"})
        job.pay_type = "customer"
        self.assertEqual(job.approval_state, "proposed")
        self.assertEqual(job.labour_amount, 390, "switched, and priced anew")
        self.assertEqual(job.customer_amount, job.quoted_amount)
        with self.assertRaisesRegex(UserError, "not agreed"):
            job.with_user(self.technician).action_clock_on()
        with self.assertRaises(UserError):
            job.order_id.action_settle()
        self._answer(job, "accepted")
        self.assertEqual((job.approval_state, job.decided_amount), ("accepted", job.quoted_amount))
        self.assertFalse(job.payers_before)
        job.with_user(self.technician).action_clock_on()

    def test_refused_work_stays_in_history(self):
        job = self._goodwill()
        job.pay_type = "customer"
        self._answer(job, "refused")
        self.assertEqual((job.approval_state, job.state), ("refused", "declined"))
        self.assertIn(job.name, self.car.task_ids.filtered(lambda task: task.kind == "refused").mapped("name"))
        self.assertTrue(job.exists())

    def test_begun_work_goes_back_to_its_payers(self):
        job = self._goodwill()
        job.with_user(self.technician).action_clock_on()
        job.with_user(self.technician).action_clock_off()
        job.split_ids = [
            Command.update(job.split_ids.id, {"share": 40.0}),
            Command.create({"partner_id": self.customer.id, "pay_type": "customer", "share": 60.0}),
        ]
        self.assertEqual(job.approval_state, "proposed")
        self.assertAlmostEqual(job.customer_amount, job.quoted_amount * 0.6)
        self._answer(job, "refused")
        self.assertEqual((job.approval_state, job.state), ("accepted", "in_work"))
        self.assertEqual(job.split_ids.mapped("pay_type"), ["internal"])
        self.assertEqual(job.split_ids.share, 100)
        self.assertIn("Refused", "".join(job.order_id.message_ids.mapped("body")))

    def test_finished_work_waits_for_his_answer(self):
        job = self._goodwill()
        order = job.order_id
        self._make_ready(order)
        job.pay_type = "customer"
        with self.assertRaisesRegex(UserError, "decided"):
            order.with_user(self.advisor).action_settle()
        self._answer(job, "accepted")
        order.with_user(self.advisor).action_settle()
        self.assertEqual(self._untaxed(order), {self.customer: 300})

    def test_what_costs_him_nothing_more_is_not_asked(self):
        order = self._signed()
        job = order.job_ids.with_user(self.advisor)
        job.pay_type = "internal"
        self.assertEqual(job.approval_state, "accepted")
        unsigned = self._make_order().job_ids
        unsigned.pay_type = "internal"
        unsigned.pay_type = "customer"
        self.assertEqual(unsigned.approval_state, "accepted")
        with self.assertRaises(AccessError):
            job.payers_before = False

    def test_no_context_of_a_client_skips_the_question(self):
        job = self._goodwill()
        job.with_context(dealer_comparing_payers=True).split_ids.write({"pay_type": "customer"})
        self.assertEqual(job.approval_state, "proposed")


class ApprovedSumCommon(OrderMixin, SettlementMoneyCommon):
    """An insured order, and its accident approved as a sum with tax."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls._make_user("w_clerk", "dealer_workshop.group_warranty_clerk")
        cls.other_clerk = cls._make_user("w_clerk_2", "dealer_workshop.group_warranty_clerk")
        cls.tax = cls.company.account_sale_tax_id
        cls.env["dealer.claim.policy"].create(
            {"company_id": cls.company.id, "date_from": "2020-01-01", "write_off_limit": 50.0}
        )

    def _gross(self, net):
        return self.company.currency_id.round(net * (1 + self.tax.amount / 100))

    def _insured(self, order=None):
        order = order or self._checked_in(1)  # 300 of labour, 480 of parts
        self._split(order.job_ids, ("insurance", self.insurer, 100, {}))
        return order

    def _approve(self, order, approved, deductible=0.0, **values):
        """Return the accident of an order, approved as a sum with tax."""
        accident = self.env["dealer.accident"].with_user(self.advisor).create({"company_id": self.company.id})
        case = (
            self.env["dealer.accident.case"]
            .with_user(self.advisor)
            .create(
                {
                    "accident_id": accident.id,
                    "vehicle_id": self.car.id,
                    "insurer_id": self.insurer.id,
                    "report_no": f"RP-{order.id}",
                    "order_id": order.id,
                    "deductible": deductible,
                    "line_ids": [Command.create({"name": "Front", "amount_estimated": self._gross(780)})],
                    **values,
                }
            )
        )
        case.action_send()
        case.line_ids.write({"amount_approved": approved, "reason": "Too dear"})
        case.action_approve()
        return case


@tagged("post_install", "-at_install", "dealer")
class TestApprovedSum(ApprovedSumCommon):
    """P40: the insurer's approval is what he is billed, the deductible is one, the rest is decided."""

    def test_a_form_that_is_only_opened_draws_no_number(self):
        numbers = self.env["ir.sequence"].search([("code", "=", "dealer.accident")])
        before = numbers.mapped("number_next_actual")
        accidents = self.env["dealer.accident"].with_user(self.advisor)
        opened = accidents.new(accidents.default_get(["name", "date", "company_id"]))
        self.assertFalse(opened.display_name, "the web client says New")
        self.assertEqual(numbers.mapped("number_next_actual"), before)
        one, other = (accidents.create({"company_id": self.company.id, "name": "ACC/FORGED"}) for _ in range(2))
        self.assertRegex(one.name, r"^ACC/\d{4}/\d+$")
        self.assertNotEqual(one.name, other.name)

    def test_the_rest_is_decided_before_settlement(self):
        order = self._insured()
        case = self._approve(order, self._gross(700))
        self.assertEqual(case.amount_rest, self._gross(780) - self._gross(700))
        self._make_ready(order)
        with self.assertRaisesRegex(UserError, "Decided who bears"):
            order.with_user(self.advisor).action_settle()
        case.action_rest_customer()
        order.with_user(self.advisor).action_settle()
        self.assertEqual(self._untaxed(order), {self.insurer: 700, self.customer: 80})
        self.assertBooksAgree()
        with self.assertRaisesRegex(UserError, "is settled"):
            case.deductible = 5
        with self.assertRaisesRegex(UserError, "frozen"):
            case.with_user(self.clerk).action_rest_again()

    def test_the_deductible_stands_on_the_accident(self):
        order = self._insured()
        case = self._approve(order, self._gross(780), deductible=self._gross(100))
        self.assertEqual(order.deductible_amount, 100)
        with self.assertRaisesRegex(UserError, "entered on its accident"):
            order.with_user(self.advisor).deductible_amount = 50
        case.deductible = self._gross(120)
        self.assertEqual(order.deductible_amount, 120)
        self._settle(order)
        self.assertEqual(self._untaxed(order), {self.insurer: 660, self.customer: 120})

    def test_each_insurer_bears_his_own_deductible(self):
        """Two insurers on one order: none pays less because the other's policy has a deductible."""
        other = self.env["res.partner"].create({"name": "Second insurer"})
        order = self._checked_in(1)
        order.with_user(self.advisor).job_ids = [
            Command.create({"name": "Door", "line_ids": [Command.create({"operation_id": self.operation.id})]})
        ]
        brakes, door = order.job_ids
        self._split(brakes, ("insurance", self.insurer, 100, {}))
        self._split(door, ("insurance", other, 100, {}))
        self._approve(order, self._gross(780), deductible=self._gross(100))
        self._approve(order, self._gross(300), deductible=self._gross(60), insurer_id=other.id, report_no="RP-2")
        self.assertEqual(order.deductible_amount, 160)
        self._settle(order)
        self.assertEqual(self._untaxed(order), {self.insurer: 680, other: 240, self.customer: 160})
        self.assertBooksAgree()

    def test_a_write_off_above_the_limit_is_approved_by_a_second_person(self):
        self._policy()
        order = self._insured()
        case = self._approve(order, self._gross(700), deductible=self._gross(100))
        with self.assertRaises(AccessError):
            case.action_rest_write_off()
        case = case.with_user(self.clerk)
        with self.assertRaisesRegex(UserError, "reason"):
            case.action_rest_write_off()
        case.rest_reason = "Regular customer"
        case.action_rest_write_off()
        self.assertEqual(case.rest_state, "requested")
        with self.assertRaises(AccessError):
            case.with_user(self.other_clerk).action_rest_approve()
        case.with_user(self.manager).action_rest_approve()
        self.assertRecordValues(case, [{"rest_state": "written_off", "rest_approver_id": self.manager.id}])
        self._settle(order)
        self.assertEqual(self._untaxed(order), {self.insurer: 600, self.customer: 100})
        internal = order.job_ids.split_ids.filtered(lambda split: split.pay_type == "internal")
        self.assertEqual(internal.settled_amount, 80)
        self.assertBooksAgree()
        with self.assertRaises(AccessError):
            case.with_user(self.manager).rest_state = "open"

    def test_what_grew_since_is_decided_again(self):
        self._policy()
        order = self._insured()
        case = self._approve(order, self._gross(760)).with_user(self.clerk)
        case.rest_reason = "Regular customer"
        case.action_rest_write_off()
        self.assertEqual(case.rest_state, "written_off", "within the limit")
        order.with_user(self.advisor).job_ids.line_ids.hours = 3.0
        self._make_ready(order)
        with self.assertRaisesRegex(UserError, "Decided who bears"):
            order.with_user(self.advisor).action_settle()

    def test_a_signed_customer_is_asked_about_the_rest(self):
        order = self._signed()
        self._ask(order, 1)
        self._split(order.job_ids, ("insurance", self.insurer, 100, {}))
        case = self._approve(order, self._gross(700))
        self.assertEqual(order.job_ids.approval_state, "accepted")
        case.action_rest_customer()
        self.assertEqual(order.job_ids.approval_state, "proposed")
        self.assertAlmostEqual(order.job_ids.customer_amount, self._gross(80), delta=0.02)


@tagged("post_install", "-at_install", "dealer")
class TestBelowFloor(SettlementMoneyCommon):
    """P36: labour sold below the least margin is approved by the role the margin names."""

    def _given(self, role="general_manager", **values):
        floor = {"company_id": self.company.id, "date_from": "2020-01-01", "hour_cost": 100.0, "floor": 40.0}
        self.env["dealer.labour.floor"].create({**floor, "role": role})
        order = self._checked_in()
        order.with_user(self.advisor).discount_reason_id = self.reason
        order.job_ids.line_ids.with_user(self.advisor).write(values or {"discount": 20.0})
        self._make_ready(order)
        return order

    def test_the_general_manager_approves(self):
        self.env["dealer.repair.discount.limit"].search([]).unlink()
        order = self._given()
        with self.assertRaisesRegex(UserError, "Discount approved"):
            order.with_user(self.advisor).action_settle()
        with self.assertRaisesRegex(UserError, "beyond your limit"):
            order.with_user(self.manager).action_approve_discount()
        order.with_user(self.general_manager).action_approve_discount()
        self.assertTrue(order.discount_ids.is_below_floor)
        order.with_user(self.advisor).action_settle()

    def test_a_rate_typed_below_it_counts_and_the_manager_may(self):
        self.env["dealer.repair.discount.limit"].search([]).unlink()
        order = self._given(role="manager", rate=160.0)
        with self.assertRaisesRegex(UserError, "Discount approved"):
            order.with_user(self.advisor).action_settle()
        order.with_user(self.manager).action_approve_discount()
        order.with_user(self.advisor).action_settle()

    def test_a_price_above_it_needs_nobody(self):
        self.env["dealer.repair.discount.limit"].search([]).unlink()
        self._given(discount=5.0).with_user(self.advisor).action_settle()


@tagged("post_install", "-at_install", "dealer")
class TestEntitlementRefund(EntitlementCommon):
    """P38: what was not used goes back, once; only the allowed work is paid."""

    def test_the_rest_of_a_package_is_refunded(self):
        entitlement = self._entitlement()
        self._visit(entitlement)
        with self.assertRaisesRegex(UserError, "Workshop Manager"):
            entitlement.with_user(self.advisor).action_refund()
        with self.assertRaisesRegex(UserError, "reason"):
            entitlement.action_refund()
        entitlement.refund_reason = "Car sold"
        entitlement.action_refund()
        self.assertRecordValues(
            entitlement,
            [{"state": "cancelled", "amount_refunded": 666.67, "count_left": 0, "amount_left": 0, "count_refunded": 2}],
        )
        self.assertEqual((self.balance(self.liability), self.balance(self.revenue)), (0, -333.33))
        with self.assertRaises(UserError):
            entitlement.action_refund()
        with self.assertRaises(UserError):
            self._visit(entitlement)

    def test_an_unpaid_package_is_set_off(self):
        entitlement = self._entitlement(is_paid=False)
        entitlement.refund_reason = "Changed his mind"
        entitlement.action_refund()
        bill = entitlement.sudo().sale_order_id.invoice_ids
        self.assertEqual((bill | bill.reversal_move_ids).mapped("amount_residual"), [0, 0])
        self.assertEqual(self.balance(self.liability), 0)

    def test_a_visit_comes_back_after_a_refund(self):
        entitlement = self._entitlement()
        order = self._visit(entitlement)
        entitlement.refund_reason = "Car sold"
        entitlement.action_refund()
        order.with_user(self.manager).action_reverse_settlement("wrong car")
        self.assertRecordValues(entitlement, [{"state": "active", "count_left": 1, "amount_left": 333.33}])
        self.assertAlmostEqual(self.balance(self.liability), -333.33)

    def test_a_reversal_gives_the_visit_back_once(self):
        entitlement = self._entitlement()
        order = self._visit(entitlement)
        order.sudo().entitlement_use_ids.move_id._reverse_moves(cancel=True)
        self.assertEqual((entitlement.count_left, entitlement.amount_left), (3, 1000))
        order.with_user(self.manager).action_reverse_settlement("wrong car")
        self.assertEqual((entitlement.count_left, entitlement.amount_left), (3, 1000))
        self.assertEqual(self.balance(self.liability), -1000)

    def test_a_credit_note_of_accounting_counts(self):
        entitlement = self._entitlement()
        bill = entitlement.sudo().sale_order_id.invoice_ids
        bill._reverse_moves([{"invoice_date": bill.invoice_date}]).action_post()
        self.assertRecordValues(entitlement, [{"state": "cancelled", "amount_left": 0}])

    def test_only_the_allowed_work(self):
        other = self.env["dealer.operation"].create({"code": "OTHER", "name": "Wash", "hours": 1.0})
        entitlement = self._entitlement(operation_ids=other.ids)
        with self.assertRaisesRegex(UserError, "does not cover"):
            self._visit(entitlement)
        order = self._checked_in(0)
        job = order.job_ids.with_user(self.advisor)
        job.line_ids.operation_id = other
        job.entitlement_id = entitlement
        job.line_ids = [Command.create({"operation_id": self.operation.id})]
        self._make_ready(order)
        with self.assertRaisesRegex(UserError, "does not cover"):
            order.with_user(self.advisor).action_settle()
