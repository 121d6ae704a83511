from odoo import api, fields, models
from odoo.exceptions import UserError

ADVISOR = "dealer_workshop.group_service_advisor"


class RepairOrderSign(models.TransientModel):
    """The pad on which the person at the desk signs the repair agreement."""

    _name = "repair.order.sign"
    _description = "Customer Signature"

    order_ids = fields.Many2many("repair.order", required=True, readonly=True)
    signed_by = fields.Char(
        string="Signer", required=True, compute="_compute_signed_by", store=True, readonly=False, precompute=True
    )
    signature = fields.Binary(required=True, attachment=False)
    agreement_text = fields.Html(compute="_compute_agreement_text", sanitize=False)
    is_to_check_in = fields.Boolean(compute="_compute_agreement_text")

    @api.depends("order_ids")
    def _compute_signed_by(self):
        for pad in self:
            order = pad.order_ids[:1]
            pad.signed_by = (order.brought_in_by_id or order.partner_id).name

    @api.depends("order_ids")
    def _compute_agreement_text(self):
        for pad in self:
            order = pad.order_ids[:1]
            pad.agreement_text = order and order._render_agreement()
            pad.is_to_check_in = order.stage == "reception"

    def action_confirm(self):
        """Keep the signature on the order.

        :raises UserError: nothing was drawn, or the order is signed already
        """
        self.ensure_one()
        orders = self.order_ids
        orders._check_role(ADVISOR)
        orders._check_open_for_changes()
        if len(orders) != 1:
            raise UserError(self.env._("One agreement is signed at a time."))
        # Narrow sudo: role and stage are checked, signature fields are protected from typing.
        orders.sudo()._sign(self.signed_by, self.signature)
        orders._gates_changed()
        return {"type": "ir.actions.act_window_close"}

    def action_sign_and_check_in(self):
        """Keep the signature and take the car in, in one step.

        :raises UserError: what signing or checking in lacks; nothing is kept then
        """
        action = self.action_confirm()
        self.order_ids.action_check_in()
        return action
