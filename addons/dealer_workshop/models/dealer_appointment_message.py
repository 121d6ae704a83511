from odoo import fields, models
from odoo.tools import email_normalize

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

    def _reaches(self, partner):
        """Tell whether a person has an address for this message.

        :param res.partner partner: superuser
        """
        self.ensure_one()
        return bool(email_normalize(partner.email) if self.channel == "mail" else partner._phone_format(fname="phone"))

    def _send(self, appointment, partner):
        """Queue this message for a person.

        :param dealer.appointment appointment: superuser, in its company
        :param res.partner partner: who reads it
        """
        self.ensure_one()
        if self.channel == "mail":
            self.mail_template_id.send_mail(appointment.id, force_send=False)
        else:
            appointment._message_sms_with_template(
                template=self.sms_template_id, partner_ids=partner.ids, put_in_queue=True
            )
