from odoo import fields, models

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
    """What the customer is told when something happens to his deal."""

    _name = "dealer.event.message"
    _description = "Message to the Customer"
    _inherit = ["dealer.event.message.mixin"]
    _order = "sequence, event, id"
    _check_company_auto = True

    _event_model = "dealer.contract"

    event = fields.Selection(EVENTS, required=True, index=True)
    channel = fields.Selection(
        selection_add=[("portal", "Note on the customer's page")], ondelete={"portal": "cascade"}
    )
