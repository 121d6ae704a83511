from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestDealerContractCancel(DealerSalesCommon):
    def test_before_signature_by_the_advisor(self):
        contract = self._create_contract(vehicle_id=self.car.id)
        contract.action_submit()
        contract.action_cancel("changed his mind")
        self.assertEqual(contract.state, "cancelled")
        self.assertEqual(contract.sale_order_id.state, "cancel")
        self.assertEqual(contract.current_version_id.state, "superseded")
        self.assertFalse(self.car.hold_id)
        self.assertEqual(self.car.claim, "free")
        self.assertFalse(contract.waiting_gate)

    def test_signed_by_a_manager_only(self):
        contract = self._create_signed(car=self.car)
        with self.assertRaisesRegex(AccessError, "sales manager"):
            contract.action_cancel("changed his mind")
        contract.with_user(self.manager).action_cancel("changed his mind")
        self.assertEqual(contract.state, "cancelled")
        self.assertEqual(self.car.claim, "free")
        self.assertEqual(contract.sale_order_id.order_line.move_ids.mapped("state"), ["cancel"])
        other = self._create_signed(user=self.advisor_2)
        other.action_allocate(self.car.id)
        self.assertEqual(self.car.hold_id.contract_id, other)

    def test_reason_is_asked(self):
        contract = self._create_contract()
        action = contract.action_cancel()
        self.assertEqual(action["res_model"], "dealer.contract.cancel")
        self.assertEqual(contract.state, "draft")

    def test_order_is_not_cancelled_around_the_contract(self):
        contract = self._create_signed()
        order = contract.sale_order_id
        with self.assertRaisesRegex(UserError, contract.name):
            order.with_user(self.advisor).action_cancel()
        with self.assertRaisesRegex(UserError, contract.name):
            order.sudo().action_cancel()
        with self.assertRaisesRegex(UserError, contract.name):
            order.with_user(self.advisor).write({"state": "cancel"})

    def test_cancelled_contract_goes_nowhere(self):
        contract = self._create_contract()
        contract.action_cancel("no loan")
        for act in (contract.action_submit, contract.action_send_to_sign):
            with self.assertRaisesRegex(UserError, "cancelled"):
                act()
        with self.assertRaises(UserError):
            contract.sale_order_id.with_user(self.manager).action_draft()
            contract.sale_order_id.with_user(self.manager).action_confirm()
