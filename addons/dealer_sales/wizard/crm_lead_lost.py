from odoo import fields, models


class CrmLeadLost(models.TransientModel):
    _inherit = "crm.lead.lost"

    lost_to = fields.Char("Lost to", help="Brand and model the customer bought instead.")

    def action_lost_reason_apply(self):
        """Note the rival's model before core marks the enquiries as lost."""
        if self.lost_to:
            self.lead_ids.lost_to = self.lost_to.strip()
        return super().action_lost_reason_apply()
