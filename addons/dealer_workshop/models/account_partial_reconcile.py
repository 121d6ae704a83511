from odoo import models


class AccountPartialReconcile(models.Model):
    """Money that is taken off a bill again: the car of its order waits for it."""

    _inherit = "account.partial.reconcile"

    def unlink(self):
        # Narrow sudo: what an order waits for follows from its bills, whoever bounced a payment.
        orders = (self.debit_move_id | self.credit_move_id).move_id.sudo().dealer_repair_id
        result = super().unlink()
        orders.exists()._gates_changed()
        return result
