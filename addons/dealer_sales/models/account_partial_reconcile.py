from odoo import api, models


class AccountPartialReconcile(models.Model):
    """A loan is funded when its money is matched, whoever matched it: the desk, the bank statement, the accountant."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._get_dealer_loans()._refresh_funding()
        return partials

    def unlink(self):
        loans = self._get_dealer_loans()
        result = super().unlink()
        loans._refresh_funding()
        return result

    def _get_dealer_loans(self):
        """Return the loans whose debt these partials settle; a read of columns that are in the cache already."""
        return self.debit_move_id.move_id.sudo().dealer_loan_submission_id  # whoever matches sees no loan file
