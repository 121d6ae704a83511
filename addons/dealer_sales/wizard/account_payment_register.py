from odoo import models


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    def _create_payments(self):
        """Money registered on a contract's invoice belongs to that contract."""
        payments = super()._create_payments()
        for payment in payments:
            contract = payment.reconciled_invoice_ids.dealer_contract_id
            if len(contract) == 1 and not payment.dealer_contract_id:
                payment.write({"dealer_contract_id": contract.id, "deposit_kind": "balance"})
        return payments
