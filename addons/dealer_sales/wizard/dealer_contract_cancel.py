from odoo import api, fields, models


class DealerContractCancel(models.TransientModel):
    _name = "dealer.contract.cancel"
    _description = "Cancel a Contract"

    contract_ids = fields.Many2many("dealer.contract", required=True, readonly=True)
    reason = fields.Char(required=True, help="Stays on the contract.")
    withdrawn_by = fields.Selection(
        [("customer", "The customer"), ("dealer", "We, the dealer"), ("agreed", "Both, by agreement")],
        "Who withdraws",
        default="agreed",
        required=True,
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_amounts")
    amount_on_account = fields.Monetary("On account", compute="_compute_amounts")
    amount_capped = fields.Monetary(
        "Earnest money in law", compute="_compute_amounts", help="At most the cap of the law; see the rules."
    )

    @api.depends("contract_ids")
    def _compute_amounts(self):
        self.contract_ids._origin.check_access("read")
        for wizard in self:
            # The money of a deal its seller cancels; of the saved deal, while the window is new
            contract = wizard.contract_ids[:1]._origin.sudo()
            is_one = len(wizard.contract_ids) == 1
            wizard.currency_id = contract.currency_id
            wizard.amount_on_account = contract.amount_on_account if is_one else 0.0
            is_bound = is_one and bool(contract.date_signed)
            wizard.amount_capped = contract._get_earnest_split()["capped"] if is_bound else 0.0

    def action_confirm(self):
        """Cancel the contracts for this reason."""
        self.ensure_one()
        return self.contract_ids.action_cancel(self.reason, self.withdrawn_by)
