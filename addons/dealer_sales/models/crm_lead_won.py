from odoo import models


class CrmLead(models.Model):
    """An enquiry is won by the signature, and open again when nothing signed is left of it."""

    _inherit = "crm.lead"

    def _contracts_changed(self):
        """Follow the contracts; runs as the system, whoever signs or cancels."""
        for lead in self.sudo():
            is_signed = any(contract.state == "signed" for contract in lead.contract_ids)
            if is_signed and lead.won_status == "pending":
                lead.action_set_won()
            elif not is_signed and lead.won_status == "won":
                lead.stage_id = lead._stage_find(domain=[("is_won", "=", False)])


class DealerContract(models.Model):
    _inherit = "dealer.contract"

    def _action_signed(self):
        super()._action_signed()
        self.lead_id._contracts_changed()

    def _action_cancel(self, reason):
        result = super()._action_cancel(reason)
        self.lead_id._contracts_changed()
        return result
