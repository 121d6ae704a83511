from odoo import api, fields, models
from odoo.exceptions import AccessError


class AccountMove(models.Model):
    """Entries by which a funder owes an incentive."""

    _inherit = "account.move"

    dealer_incentive_id = fields.Many2one(
        "dealer.incentive",
        string="Incentive",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
    )

    @api.model
    def _check_contract_not_typed(self, vals):
        super()._check_contract_not_typed(vals)
        if not self.env.su and "dealer_incentive_id" in vals:
            raise AccessError(
                self.env._("The incentive of an entry cannot be typed: the invoice of the car claims it.")
            )

    def _is_taken_back(self):
        """Tell whether a posted entry takes this one back."""
        return any(move.state == "posted" for move in self.reversal_move_ids)

    def _take_back(self):
        """Cancel drafts, and reverse posted documents that nothing takes back yet. Superuser."""
        self.filtered(lambda move: move.state == "draft").button_cancel()
        for move in self.filtered(lambda move: move.state == "posted" and not move._is_taken_back()):
            today = max(fields.Date.context_today(move), move.date)
            move._reverse_moves([{"date": today, "invoice_date": today}], cancel=True)

    def button_draft(self):
        """Set back as core does; what funders owe for the car is taken back."""
        contracts = self.filtered(lambda move: move.is_sale_document()).dealer_contract_id
        result = super().button_draft()
        contracts._sync_incentives()
        return result

    def button_cancel(self):
        """Cancel as core does; what funders owe for the car is taken back."""
        contracts = self.filtered(lambda move: move.is_sale_document()).dealer_contract_id
        result = super().button_cancel()
        contracts._sync_incentives()
        return result
