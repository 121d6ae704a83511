from odoo import fields, models


class RepairEventLog(models.Model):
    """What a customer was told of his car in the workshop, or will be."""

    _name = "repair.event.log"
    _description = "Message Told to the Workshop's Customer"
    _inherit = ["dealer.event.log.mixin"]
    _order = "date_due desc, id desc"
    _rec_name = "message_id"

    _document_field = "order_id"
    _cron_xmlid = "dealer_workshop.ir_cron_event_messages"

    order_id = fields.Many2one("repair.order", required=True, readonly=True, index=True, ondelete="cascade")
    site_id = fields.Many2one(related="order_id.site_id")
    partner_id = fields.Many2one(
        related="order_id.brought_in_by_id", string="Customer", help="Who brought the car in is told."
    )
    user_id = fields.Many2one(related="order_id.user_id", string="Service Advisor")
    message_id = fields.Many2one("repair.event.message", required=True, readonly=True, index=True, ondelete="cascade")
    event = fields.Selection(related="message_id.event", store=True)
    channel = fields.Selection(related="message_id.channel")

    _once_uniq = models.UniqueIndex("(order_id, message_id, key)", "The customer is told this already.")

    def _get_addressee(self):
        order = self.order_id
        return order.brought_in_by_id or order.partner_id

    def _get_skip_reason(self):
        order, event = self.order_id, self.message_id.event
        if order.state == "cancel":
            return self.env._("The order is cancelled")
        if event == "ready" and order.stage not in ("ready", "settled"):
            return self.env._("The car is not ready any more")
        if event == "extra_work" and not order.proposed_count:
            return self.env._("Everything is decided")
        return super()._get_skip_reason()
