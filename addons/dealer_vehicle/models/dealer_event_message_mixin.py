from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError


class DealerEventMessageMixin(models.AbstractModel):
    """What a customer is told when something happens to his document; a manager edits it or switches it off.

    Asked for at every step of the document: the answers are cached, so that an event nobody wants told costs
    nothing. The heir adds ``event`` (a selection) and names its document in ``_event_model``.
    """

    _name = "dealer.event.message.mixin"
    _description = "Message to a Customer about Events"
    _inherit = ["dealer.cached.policy.mixin"]

    _event_model = None  # name of the model whose events are told

    name = fields.Char("Message", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, help="Switched off: nobody is told any more.")
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company.")
    channel = fields.Selection([("mail", "Mail"), ("sms", "SMS")], required=True, default="mail")
    mail_template_id = fields.Many2one(
        "mail.template",
        "Text",
        domain=lambda self: [("model", "=", self._event_model)],
        help="Of the mail or the note. Written in the customer's language where it is translated.",
    )
    sms_template_id = fields.Many2one(
        "sms.template", "Text of the SMS", domain=lambda self: [("model", "=", self._event_model)]
    )
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
                if template and template.model != self._event_model:
                    raise ValidationError(message._get_template_refusal(template))

    def _get_template_refusal(self, template):
        """Return what is said of a text that is about another kind of document.

        :param template: ``mail.template`` or ``sms.template``
        """
        return self.env._(
            "%(template)s is about something else: choose one for “%(model)s”.",
            template=template.display_name,
            model=self.env["ir.model"]._get(self._event_model).name,
        )

    @api.model
    @tools.ormcache("company_id", "event")
    def _get_ids(self, company_id, event):
        """Return the messages of an event that are switched on. Cached.

        :param int company_id: of the document
        :param str event: code of the event
        :return: tuple of ids
        """
        rows = self.sudo().with_context(active_test=True)
        return tuple(rows.search([("event", "=", event), ("company_id", "in", (False, company_id))]).ids)

    def action_open_text(self):
        """Open the template of the message, to edit it."""
        self.ensure_one()
        template = self.sms_template_id if self.channel == "sms" else self.mail_template_id
        return template._get_records_action(target="new")
