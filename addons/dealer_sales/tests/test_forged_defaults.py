from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_dealer_delivery import DealerDeliveryCommon


@tagged("post_install", "-at_install", "dealer")
class TestForgedDefaults(DealerDeliveryCommon):
    """What a button makes is as the button makes it, whatever keys a client sends with the call."""

    def test_a_version_is_not_approved_by_a_key(self):
        contract = self._create_contract(user=self.manager)
        forged = {
            "default_state": "approved",
            "default_approved_by_id": self.manager_2.id,
            "default_date_approved": "2026-01-01 00:00:00",
            "default_status": "approved",
            "default_done_by": self.manager_2.id,
        }
        contract.with_context(**forged).action_submit()
        version = contract.sudo().current_version_id
        self.assertEqual((version.state, version.approved_by_id.id), ("under_review", False))
        self.assertFalse(version.date_approved)
        self.assertEqual(set(version.review_ids.mapped("status")) & {"approved"}, set())
        with self.assertRaises(UserError):
            contract.sudo()._sign("Anna Buyer", b"aGVsbG8=")

    def test_a_delivery_is_not_done_by_a_key(self):
        contract = self._create_sold(car=self.car)
        forged = {
            "default_state": "done",
            "default_appointment": "confirmed",
            "default_signed_on": "2026-01-01 00:00:00",
            "default_signed_by": "Nobody",
            "default_slot_start": "2026-01-01 00:00:00",
            "default_slot_place": 1,
            "default_is_done": True,
        }
        contract.with_context(**forged).action_prepare_delivery()
        delivery = contract.sudo().delivery_ids
        self.assertRecordValues(
            delivery,
            [{"state": "draft", "appointment": "none", "signed_on": False, "signed_by": False, "slot_start": False}],
        )
        self.assertFalse(any(delivery.line_ids.mapped("is_done")))

    def test_a_registration_and_a_loan_file_begin_at_their_beginning(self):
        contract = self._create_sold(car=self.car)
        forged = contract.with_context(default_state="done", default_settlement_move_id=1, default_is_done=True)
        forged.action_register()
        registration = contract.sudo().registration_ids
        self.assertTrue(registration)
        self.assertNotEqual(registration.state, "done")
        self.assertFalse(registration.settlement_move_id)
        forged = contract.with_context(default_state="paid", default_lender_id=self.customer.id)
        forged.action_open_loan()
        application = contract.sudo().finance_application_id
        plain = self._create_sold(car=self.car_2)
        plain.action_open_loan()
        self.assertEqual(application.state, plain.sudo().finance_application_id.state)
