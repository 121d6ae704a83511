from odoo import fields, models

from ..models.dealer_lead_clash import RESULTS


class DealerLeadClashDecide(models.TransientModel):
    """A manager decides otherwise than the rule, and says why."""

    _name = "dealer.lead.clash.decide"
    _description = "Decide Whose a Customer Is"

    clash_id = fields.Many2one("dealer.lead.clash", required=True, readonly=True, ondelete="cascade")
    owner_id = fields.Many2one(related="clash_id.owner_id")
    user_id = fields.Many2one(related="clash_id.user_id")
    decision = fields.Selection(RESULTS, required=True)
    reason = fields.Char(required=True)

    def action_decide(self):
        """Give the customer to one of the two.

        :raises AccessError: the user is no sales manager, or one of the two
        """
        self.ensure_one()
        self.clash_id._decide(self.decision, self.reason)
        return {"type": "ir.actions.act_window_close"}
