from odoo import fields, models

# Source: R50, B30; the stages a customer is told of, in the words of STAR RepairStageTypes
EVENTS = [
    ("checked_in", "Car checked in"),
    ("extra_work", "Extra work to decide"),
    ("promise_moved", "Promised time moved"),
    ("ready", "Car ready"),
    ("handed_over", "Car handed over"),
    ("survey", "Satisfaction asked"),
]


class RepairEventMessage(models.Model):
    """What the customer is told when something happens to his car in the workshop."""

    _name = "repair.event.message"
    _description = "Message to the Workshop's Customer"
    _inherit = ["dealer.event.message.mixin"]
    _order = "sequence, event, id"
    _check_company_auto = True

    _event_model = "repair.order"

    event = fields.Selection(EVENTS, required=True, index=True)
    channel = fields.Selection(
        selection_add=[("portal", "Note on the customer's page")], ondelete={"portal": "cascade"}
    )
