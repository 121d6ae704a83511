from odoo import fields, models


class DealerAppointmentLog(models.Model):
    """What a customer was told about his appointment, or will be."""

    _name = "dealer.appointment.log"
    _description = "Message Told about an Appointment"
    _inherit = ["dealer.event.log.mixin"]
    _order = "date_due desc, id desc"
    _rec_name = "message_id"

    _document_field = "appointment_id"
    _cron_xmlid = "dealer_workshop.ir_cron_appointment_messages"

    appointment_id = fields.Many2one("dealer.appointment", required=True, readonly=True, index=True, ondelete="cascade")
    site_id = fields.Many2one(related="appointment_id.site_id")
    partner_id = fields.Many2one(related="appointment_id.brought_in_by_id", string="Customer")
    message_id = fields.Many2one(
        "dealer.appointment.message", required=True, readonly=True, index=True, ondelete="cascade"
    )
    event = fields.Selection(related="message_id.event", store=True)
    channel = fields.Selection(related="message_id.channel")

    _once_uniq = models.UniqueIndex("(appointment_id, message_id, key)", "The customer is told this already.")

    def _get_addressee(self):
        appointment = self.appointment_id
        return appointment.brought_in_by_id or appointment.partner_id

    def _get_due_date(self, message, date):
        """Everything is told at once; hours of the reminder count back from the appointment, its job knows them."""
        return date

    def _get_skip_reason(self):
        appointment = self.appointment_id
        if not self.key.startswith(str(appointment._get_told_time(self.event))):
            return self.env._("The appointment was moved since")
        if self.event in ("confirmed", "changed", "reminder") and appointment.state != "booked":
            return self.env._("The appointment is not booked any more")
        if self.event == "cancelled" and appointment.state != "cancelled":
            return self.env._("The appointment was taken up again")
        return super()._get_skip_reason()
