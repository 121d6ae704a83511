from odoo import fields, models

from .dealer_service_plan import REMINDER_KINDS


class DealerReminderMessage(models.Model):
    """What the customer of a car is written when it should come back."""

    _name = "dealer.reminder.message"
    _description = "Reminder Message"
    _inherit = ["dealer.event.message.mixin"]
    _order = "sequence, event, id"
    _check_company_auto = True

    _event_model = "dealer.service.reminder"

    event = fields.Selection(REMINDER_KINDS, "About", required=True, index=True)
