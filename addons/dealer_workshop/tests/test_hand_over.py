from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common_parts import DealerWorkshopPartsCommon


@tagged("post_install", "-at_install", "dealer")
class TestHandOver(DealerWorkshopPartsCommon):
    def _pay(self, order):
        cashier = new_test_user(
            self.env, login="w_cashier", groups="account.group_account_invoice", company_id=self.company.id
        )
        bills = self.env["account.move"].with_user(cashier).search([("dealer_repair_id", "=", order.id)])
        self.assertEqual(len(bills), 1)
        register = self.env["account.payment.register"].with_user(cashier)
        context = {"active_model": "account.move", "active_ids": bills.ids}
        register.with_context(**context).create({}).action_create_payments()
        return bills

    def test_settle_collect_hand_over(self):
        order = self._make_ready(self._checked_in())
        with self.assertRaisesRegex(UserError, "Settled"):
            order.action_hand_over()
        with self.assertRaises(AccessError):
            order.with_user(self.technician).action_settle()
        order.action_settle()
        self.assertEqual(order.stage, "settled")
        self.assertEqual((order.waiting_gate, order.waiting_role_name), ("paid", "Cashier or accountant"))
        with self.assertRaisesRegex(UserError, r"Paid \(to be done by: Cashier or accountant\)"):
            order.action_hand_over()
        bills = self._pay(order)
        self.assertIn(bills.payment_state, ("paid", "in_payment"))
        self.assertEqual(order.waiting_gate, "handed_over")
        order.action_hand_over()
        self.assertEqual((order.stage, order.handed_over_by_id), ("delivered", self.advisor))
        self.assertFalse(order.waiting_role_id)

    def test_a_payment_that_bounces_is_waited_for_again(self):
        order = self._make_ready(self._checked_in(quantity=0))
        order.action_settle()
        bill = self._pay(order)
        self.assertEqual(order.waiting_gate, "handed_over")
        bill.sudo().line_ids.remove_move_reconcile()
        self.assertEqual(order.waiting_gate, "paid")
        with self.assertRaisesRegex(UserError, "Paid"):
            order.action_hand_over()

    def test_settled_is_frozen(self):
        order = self._make_ready(self._checked_in(quantity=0))
        order.action_settle()
        job = order.job_ids
        for record, vals in (
            (order, {"concern": "x"}),
            (job, {"name": "x"}),
            (job.line_ids, {"rate": 1.0}),
            (job.split_ids, {"share": 50.0}),
            (job.assignment_ids, {"share": 50.0}),
        ):
            with self.subTest(model=record._name), self.assertRaisesRegex(UserError, "frozen"):
                record.with_user(self.manager).write(vals)
        with self.assertRaisesRegex(UserError, "frozen"):
            self.env["dealer.job"].with_user(self.manager).create({"order_id": order.id, "name": "more"})
        with self.assertRaises(UserError):
            job.with_user(self.manager).unlink()

    def test_on_account_where_the_company_gives_credit(self):
        self.env["dealer.gate.rule"].create({"model": "repair.order", "code": "paid", "is_required": False})
        order = self._make_ready(self._checked_in(quantity=0))
        order.next_service_date = "2031-05-01"
        order.action_settle()
        order.action_hand_over()
        self.assertEqual(order.stage, "delivered")
        task = self.car.task_ids.filtered(lambda task: task.kind == "service")
        self.assertEqual((task.state, str(task.date_due)), ("open", "2031-05-01"))
