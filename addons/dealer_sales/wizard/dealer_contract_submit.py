from odoo import fields, models


class DealerContractSubmit(models.TransientModel):
    """Why a deal is cheaper than the house asks: the reason stays in the file (B13)."""

    _name = "dealer.contract.submit"
    _description = "Submit a Cheaper Contract"

    contract_ids = fields.Many2many(
        "dealer.contract", relation="dealer_contract_submit_rel", required=True, readonly=True
    )
    reason_id = fields.Many2one("dealer.discount.reason", required=True)
    note = fields.Char(string="In a few words")

    def action_confirm(self):
        """Submit the contracts with this reason."""
        self.ensure_one()
        return self.contract_ids.action_submit(self.reason_id.id, self.note)
