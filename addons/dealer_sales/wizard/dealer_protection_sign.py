from odoo import fields, models


class DealerProtectionSign(models.TransientModel):
    """The customer signs what he accepted and what he declined, on the screen of who shows the menu."""

    _name = "dealer.protection.sign"
    _description = "Sign F&I Menu"

    menu_id = fields.Many2one("dealer.protection.menu", required=True, readonly=True)
    currency_id = fields.Many2one(related="menu_id.currency_id")
    amount_accepted = fields.Monetary(related="menu_id.amount_accepted")
    accepted_text = fields.Char("Accepted", compute="_compute_texts")
    declined_text = fields.Char("Declined", compute="_compute_texts")
    signer = fields.Char("Name", required=True, help="Who signs, as he writes himself.")
    signature = fields.Binary(required=True)

    def _compute_texts(self):
        for wizard in self:
            lines = wizard.menu_id.line_ids
            accepted = lines.filtered(lambda line: line.answer == "accepted")
            wizard.accepted_text = ", ".join(accepted.protection_id.mapped("name")) or "-"
            wizard.declined_text = ", ".join((lines - accepted).protection_id.mapped("name")) or "-"

    def action_sign(self):
        """Put the signature under the menu.

        :raises UserError: something is not answered, nothing drawn, signed already
        """
        self.ensure_one()
        self.menu_id._sign_menu(self.signer, self.signature)
        return {"type": "ir.actions.act_window_close"}
