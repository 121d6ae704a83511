from odoo import fields, models

EVENTS = [
    ("link", "Choose your time (link)"),
    ("confirmed", "Appointment confirmed"),
    ("changed", "Appointment moved"),
    ("cancelled", "Appointment cancelled"),
    ("reminder", "Before the appointment"),
]


class DealerAppointmentMessage(models.Model):
    """What the customer is told about his appointment; a manager edits it or switches it off."""

    _name = "dealer.appointment.message"
    _description = "Message about an Appointment"
    _inherit = ["dealer.event.message.mixin"]
    _order = "sequence, event, id"
    _check_company_auto = True

    _event_model = "dealer.appointment"

    event = fields.Selection(EVENTS, required=True, index=True)
    delay_hours = fields.Integer("Hours Before", default=24, help="Of the reminder: how long before the appointment.")

    _hours_sane = models.Constraint("CHECK (delay_hours BETWEEN 1 AND 240)", "Remind 1 to 240 hours before.")
    _channel_known = models.Constraint("CHECK (channel IN ('mail', 'sms'))", "An appointment is told by mail or SMS.")

    def _get_template_refusal(self, template):
        return self.env._(
            "%(template)s is not about appointments: choose one for “Appointment”.", template=template.display_name
        )
