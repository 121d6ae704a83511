from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

EVENTS = [
    ("booked", "Car held for the customer"),
    ("approved", "Contract approved, ready to sign"),
    ("signed", "Contract signed"),
    ("deposit", "Deposit received"),
    ("arrived", "Car arrived"),
    ("ready", "Car ready to be handed over"),
    ("appointment", "Appointment confirmed"),
    ("reminder", "Before the appointment"),
    ("delivered", "Car handed over"),
    ("overdue", "Balance overdue"),
    ("anniversary", "Anniversary of the hand-over"),
    ("returned", "Car came back, deal ended"),
]
# They happen because time passes: the hourly job looks for them
TIMED = {"reminder", "overdue", "anniversary"}


class DealerEventMessage(models.Model):
    """What the customer is told when something happens to his deal; a manager edits it or switches it off.

    Asked for at every step of a deal: the answers are cached, so that an event nobody wants told costs nothing.
    """

    _name = "dealer.event.message"
    _description = "Message to the Customer"
    _inherit = ["dealer.cached.policy.mixin"]
    _order = "sequence, event, id"
    _check_company_auto = True

    name = fields.Char("Message", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, help="Switched off: nobody is told any more.")
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company.")
    event = fields.Selection(EVENTS, required=True, index=True)
    channel = fields.Selection(
        [("mail", "Mail"), ("sms", "SMS"), ("portal", "Note on the customer's page")], required=True, default="mail"
    )
    mail_template_id = fields.Many2one(
        "mail.template",
        "Text",
        domain="[('model', '=', 'dealer.contract')]",
        help="Of the mail or the note. Written in the customer's language where it is translated.",
    )
    sms_template_id = fields.Many2one("sms.template", "Text of the SMS", domain="[('model', '=', 'dealer.contract')]")
    delay_hours = fields.Integer(
        "Hours",
        help="After the event (anniversary, balance overdue: after that day); before the appointment. 0: at once.",
    )

    _delay_sane = models.Constraint("CHECK (delay_hours >= 0)", "A message cannot wait for a negative time.")
    _text_named = models.Constraint(
        "CHECK ((channel = 'sms' AND sms_template_id IS NOT NULL) OR "
        "(channel != 'sms' AND mail_template_id IS NOT NULL))",
        "Choose the text of the message: a mail template, or an SMS template for an SMS.",
    )

    @api.constrains("mail_template_id", "sms_template_id")
    def _check_templates(self):
        for message in self.sudo():  # only what they are about
            for template in (message.mail_template_id, message.sms_template_id):
                if template and template.model != "dealer.contract":
                    raise ValidationError(
                        self.env._(
                            "%(template)s is not about sales contracts: choose one for “Sales Contract”.",
                            template=template.display_name,
                        )
                    )

    @api.model
    @tools.ormcache("company_id", "event")
    def _get_ids(self, company_id, event):
        """Return the messages of an event that are switched on. Cached.

        :param int company_id: of the deal
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
