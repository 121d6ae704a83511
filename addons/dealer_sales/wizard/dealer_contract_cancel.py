from odoo import fields, models


class DealerContractCancel(models.TransientModel):
    _name = "dealer.contract.cancel"
    _description = "Cancel a Contract"

    contract_ids = fields.Many2many("dealer.contract", required=True, readonly=True)
    reason = fields.Char(required=True, help="Stays on the contract.")

    def action_confirm(self):
        """Cancel the contracts for this reason."""
        self.ensure_one()
        return self.contract_ids.action_cancel(self.reason)
