from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .test_dealer_delivery import DealerDeliveryCommon


@tagged("post_install", "-at_install", "dealer")
class TestDealerContractLocked(DealerDeliveryCommon):
    def test_nothing_changes_after_the_hand_over(self):
        contract = self._create_paid()
        delivery = self._prepare(contract)
        self._check_and_sign(delivery)
        delivery.action_hand_over()
        self.assertFalse(contract.is_changed)
        line = contract.order_line_ids[:1]
        order = contract.sale_order_id.with_user(self.advisor)
        changes = [
            lambda: line.write({"price_unit": 1.0}),
            lambda: line.with_user(self.manager).write({"discount": 50.0}),
            lambda: order.write({"order_line": [Command.create({"product_id": self.other_trim.id})]}),
            lambda: contract.write({"registered_owner_id": self.partner_b.id}),
            lambda: contract.with_user(self.manager).action_cancel("too late"),
        ]
        for number, change in enumerate(changes):
            with (
                self.subTest(number=number),
                self.assertRaisesRegex(UserError, contract.name),
                self.env.cr.savepoint(),  # a refused request is rolled back
            ):
                change()
        contract.invalidate_recordset()
        self.assertFalse(contract.is_changed)
        self.assertEqual(contract.state, "signed")
