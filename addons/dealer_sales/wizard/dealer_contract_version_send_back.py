from odoo import fields, models


class DealerContractVersionSendBack(models.TransientModel):
    _name = "dealer.contract.version.send.back"
    _description = "Send a Contract Version Back"

    version_ids = fields.Many2many(
        "dealer.contract.version", relation="dealer_version_send_back_rel", required=True, readonly=True
    )
    reason = fields.Char(required=True, help="What the advisor has to mend.")

    def action_confirm(self):
        """Send the versions back with this word."""
        self.ensure_one()
        return self.version_ids.action_send_back(self.reason)
