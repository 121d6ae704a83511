from odoo import api, fields, models

from ..models.dealer_trade_in_recheck import PENDING


class DealerTradeInReappraise(models.TransientModel):
    """Judges a car anew that is no longer what was appraised; a second person decides."""

    _name = "dealer.trade.in.reappraise"
    _description = "Judge a Trade-in Anew"

    trade_in_id = fields.Many2one("dealer.trade.in", required=True, readonly=True)
    currency_id = fields.Many2one(related="trade_in_id.currency_id")
    recheck_reason = fields.Char(related="trade_in_id.recheck_reason")
    recheck_loss = fields.Monetary(related="trade_in_id.recheck_loss")
    pending_value = fields.Monetary("Actual Cash Value", required=True)
    pending_limit = fields.Monetary("Highest Allowance", required=True)
    pending_allowance = fields.Monetary("Allowance", required=True)
    pending_lien_amount = fields.Monetary("Pay-off")
    pending_lien_date = fields.Date("Pay-off Valid until")
    reason = fields.Char(required=True)

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        trade_in = self.env["dealer.trade.in"].browse(values.get("trade_in_id"))
        if trade_in:
            trade_in._check_may_appraise()
            values.update({pending: trade_in[field] for pending, field in PENDING.items()})
            values["pending_value"] = max(trade_in.value - trade_in.recheck_loss, 0.0)
            values["pending_lien_amount"] = trade_in.recheck_lien_amount or trade_in.lien_amount
            values["reason"] = trade_in.recheck_reason
        return values

    def action_apply(self):
        """Note the new appraisal for the sales manager.

        :return: True
        """
        self.ensure_one()
        self.trade_in_id._propose_reappraisal({name: self[name] for name in PENDING}, self.reason)
        return True
