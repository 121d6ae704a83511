from odoo import api, fields, models


class DealerDeliverySign(models.TransientModel):
    """The customer signs the hand-over form on the advisor's screen."""

    _name = "dealer.delivery.sign"
    _description = "Sign Hand-over Form"

    delivery_id = fields.Many2one("dealer.delivery", required=True, readonly=True)
    vehicle_id = fields.Many2one(related="delivery_id.vehicle_id")
    signer = fields.Char("Name", required=True, help="Who signs, as he writes himself.")
    signature = fields.Binary(required=True, attachment=False)  # kept on the delivery, here only until then
    is_last_step = fields.Boolean(compute="_compute_is_last_step")

    @api.depends("delivery_id")
    def _compute_is_last_step(self):
        for wizard in self:
            missing = {gate["code"] for gate in wizard.delivery_id._gates_open("hand_over")}
            wizard.is_last_step = missing == {"protocol"}

    def action_sign(self):
        """Put the signature under the hand-over form.

        :raises UserError: the checklist is not done, nothing drawn, signed already
        """
        self.ensure_one()
        self.delivery_id._sign_protocol(self.signer, self.signature)
        return {"type": "ir.actions.act_window_close"}

    def action_sign_and_hand_over(self):
        """Put the signature under the form, hand the car over, and print the gate pass: one press on a phone.

        :return: report action of the gate pass
        :raises UserError: something else is missing; nothing is signed then
        """
        self.action_sign()
        action = self.delivery_id.with_context(print_gate_pass=True).action_hand_over()
        return {**action, "close_on_report_download": True}
