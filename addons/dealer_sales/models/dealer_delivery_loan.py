from odoo import models


class DealerDelivery(models.Model):
    """A financed car that leaves before its lender has paid is a contract in transit (P19)."""

    _inherit = "dealer.delivery"

    def _action_hand_over(self, user):
        result = super()._action_hand_over(user)
        self.contract_id.finance_submission_id._note_hand_over()
        return result
