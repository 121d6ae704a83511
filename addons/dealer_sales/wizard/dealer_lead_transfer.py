from odoo import fields, models


class DealerLeadTransfer(models.TransientModel):
    """Enquiries given to a colleague, with the reason."""

    _name = "dealer.lead.transfer"
    _description = "Give Enquiries to a Colleague"

    lead_ids = fields.Many2many("crm.lead", string="Enquiries", required=True)
    user_id = fields.Many2one(
        "res.users",
        "New advisor",
        required=True,
        domain="[('share', '=', False), ('company_ids', 'in', allowed_company_ids)]",
    )
    reason = fields.Char(required=True)

    def action_transfer(self):
        """Give the enquiries away.

        :raises AccessError: one of them is not the user's to give
        """
        self.ensure_one()
        self.lead_ids._transfer(self.user_id, self.reason)
        return {"type": "ir.actions.act_window_close"}
