from odoo import fields, models
from odoo.exceptions import UserError


class DealerContractVersionSendBack(models.TransientModel):
    _name = "dealer.contract.version.send.back"
    _description = "Send a Contract Version Back"

    version_ids = fields.Many2many(
        "dealer.contract.version", relation="dealer_version_send_back_rel", required=True, readonly=True
    )
    reason = fields.Char(help="What the advisor has to mend.")

    def action_confirm(self):
        """Send the versions back with this word."""
        self.ensure_one()
        if not self.reason:
            raise UserError(self.env._("Say in a word what is to be mended, or press one of the ready words."))
        return self.version_ids.action_send_back(self.reason)

    def action_too_cheap(self):
        """Send them back: too much is given away."""
        return self.version_ids.action_send_back(self.env._("Too much is given away: ask for more."))

    def action_no_gifts(self):
        """Send them back: fewer gifts."""
        return self.version_ids.action_send_back(self.env._("Take gifts out, or sell them."))

    def action_tell_more(self):
        """Send them back: the reason does not convince."""
        return self.version_ids.action_send_back(self.env._("Tell more about the reason."))
