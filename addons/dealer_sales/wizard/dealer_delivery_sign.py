from odoo import fields, models


class DealerDeliverySign(models.TransientModel):
    """The customer signs the hand-over form on the advisor's screen."""

    _name = "dealer.delivery.sign"
    _description = "Sign Hand-over Form"

    delivery_id = fields.Many2one("dealer.delivery", required=True, readonly=True)
    vehicle_id = fields.Many2one(related="delivery_id.vehicle_id")
    signer = fields.Char("Name", required=True, help="Who signs, as he writes himself.")
    signature = fields.Binary(required=True)

    def action_sign(self):
        """Put the signature under the hand-over form.

        :raises UserError: the checklist is not done, nothing drawn, signed already
        """
        self.ensure_one()
        self.delivery_id._sign_protocol(self.signer, self.signature)
        return {"type": "ir.actions.act_window_close"}
