from odoo import api, fields, models

from ..models.dealer_trade_in_recheck import PENDING

COMPUTED = {"compute": "_compute_pending", "store": True, "readonly": False, "precompute": True}


class DealerTradeInReappraise(models.TransientModel):
    """Judges a car anew that is no longer what was appraised; a second person decides."""

    _name = "dealer.trade.in.reappraise"
    _description = "Judge a Trade-in Anew"

    trade_in_id = fields.Many2one("dealer.trade.in", required=True, readonly=True)
    currency_id = fields.Many2one(related="trade_in_id.currency_id")
    recheck_reason = fields.Char(related="trade_in_id.recheck_reason")
    recheck_loss = fields.Monetary(related="trade_in_id.recheck_loss")
    pending_value = fields.Monetary("Actual Cash Value", **COMPUTED, required=True)
    pending_limit = fields.Monetary("Highest Allowance", **COMPUTED, required=True)
    pending_allowance = fields.Monetary("Allowance", **COMPUTED, required=True)
    pending_lien_amount = fields.Monetary("Pay-off", **COMPUTED)
    pending_lien_date = fields.Date("Pay-off Valid until", **COMPUTED)
    reason = fields.Char(**COMPUTED, required=True)

    @api.depends("trade_in_id")
    def _compute_pending(self):
        for wizard in self:
            trade_in = wizard.trade_in_id
            for pending, field in PENDING.items():
                wizard[pending] = trade_in[field]
            wizard.pending_value = max(trade_in.value - trade_in.recheck_loss, 0.0)
            wizard.pending_lien_amount = trade_in.recheck_lien_amount or trade_in.lien_amount
            wizard.reason = trade_in.recheck_reason

    def action_apply(self):
        """Note the new appraisal for the sales manager.

        :return: True
        """
        self.ensure_one()
        self.trade_in_id._propose_reappraisal({name: self[name] for name in PENDING}, self.reason)
        return True
