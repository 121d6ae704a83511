from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import email_normalize

EVENTS = [
    ("link", "Choose your time (link)"),
    ("confirmed", "Appointment confirmed"),
    ("changed", "Appointment moved"),
    ("cancelled", "Appointment cancelled"),
    ("reminder", "Before the appointment"),
]
MODEL = "dealer.appointment"


class DealerAppointmentMessage(models.Model):
    """What the customer is told about his appointment; a manager edits it or switches it off.

    Asked for at every step: the answers are cached.
    """

    _name = "dealer.appointment.message"
    _description = "Message about an Appointment"
    _inherit = ["dealer.cached.policy.mixin"]
    _order = "sequence, event, id"
    _check_company_auto = True

    name = fields.Char("Message", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, help="Switched off: nobody is told any more.")
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company.")
    event = fields.Selection(EVENTS, required=True, index=True)
    channel = fields.Selection([("mail", "Mail"), ("sms", "SMS")], required=True, default="mail")
    mail_template_id = fields.Many2one("mail.template", "Text", domain=[("model", "=", MODEL)])
    sms_template_id = fields.Many2one("sms.template", "Text of the SMS", domain=[("model", "=", MODEL)])
    hours_before = fields.Integer(default=24, help="Of the reminder: how long before the appointment.")

    _hours_sane = models.Constraint("CHECK (hours_before BETWEEN 1 AND 240)", "Remind 1 to 240 hours before.")
    _text_named = models.Constraint(
        "CHECK ((channel = 'sms' AND sms_template_id IS NOT NULL) OR "
        "(channel = 'mail' AND mail_template_id IS NOT NULL))",
        "Choose the text of the message: a mail template, or an SMS template for an SMS.",
    )

    @api.constrains("mail_template_id", "sms_template_id")
    def _check_templates(self):
        for message in self.sudo():  # only what they are about
            for template in (message.mail_template_id, message.sms_template_id):
                if template and template.model != MODEL:
                    raise ValidationError(
                        self.env._(
                            "%(template)s is not about appointments: choose one for “Appointment”.",
                            template=template.display_name,
                        )
                    )

    @api.model
    @tools.ormcache("company_id", "event")
    def _get_ids(self, company_id, event):
        """Return the messages of an event that are switched on. Cached.

        :param int company_id: of the appointment
        :param str event: code of ``EVENTS``
        :return: tuple of ids
        """
        rows = self.sudo().with_context(active_test=True)
        return tuple(rows.search([("event", "=", event), ("company_id", "in", (False, company_id))]).ids)

    def action_open_text(self):
        """Open the template of the message, to edit it."""
        self.ensure_one()
        template = self.sms_template_id if self.channel == "sms" else self.mail_template_id
        return template._get_records_action(target="new")

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
