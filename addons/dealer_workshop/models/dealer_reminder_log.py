from odoo import fields, models

from .dealer_service_reminder import LIVE


class DealerReminderLog(models.Model):
    """What a customer was written about his car, or will be."""

    _name = "dealer.reminder.log"
    _description = "Reminder Written to a Customer"
    _inherit = ["dealer.event.log.mixin"]
    _order = "date_due desc, id desc"
    _rec_name = "message_id"

    _document_field = "reminder_id"
    _cron_xmlid = "dealer_workshop.ir_cron_reminder_messages"

    reminder_id = fields.Many2one(
        "dealer.service.reminder", required=True, readonly=True, index=True, ondelete="cascade"
    )
    vehicle_id = fields.Many2one(related="reminder_id.vehicle_id", string="Car")
    partner_id = fields.Many2one(related="reminder_id.partner_id", string="Customer")
    message_id = fields.Many2one(
        "dealer.reminder.message", required=True, readonly=True, index=True, ondelete="cascade"
    )
    event = fields.Selection(related="message_id.event", store=True)
    channel = fields.Selection(related="message_id.channel")

    _once_uniq = models.UniqueIndex("(reminder_id, message_id, key)", "The customer is written to about this already.")

    def _get_skip_reason(self):
        if self.reminder_id.state not in LIVE:
            return self.env._("The car came, or the customer does not want it")
        if self.reminder_id.state == "booked":
            return self.env._("Booked already")
        return super()._get_skip_reason()

    def _send_one(self):
        super()._send_one()
        self.reminder_id._mark_told()
