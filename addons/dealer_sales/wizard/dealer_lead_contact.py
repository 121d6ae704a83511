from odoo import api, fields, models


class DealerLeadContact(models.TransientModel):
    """What was said in a call, visit or message, how serious it sounds and when next."""

    _name = "dealer.lead.contact"
    _description = "Contact with a Customer"

    lead_id = fields.Many2one("crm.lead", required=True, readonly=True, ondelete="cascade")
    kind = fields.Selection(
        [("call", "Call"), ("visit", "Visit"), ("message", "Message"), ("email", "Mail")], required=True, default="call"
    )
    note = fields.Text("What was said", required=True)
    intent_level_id = fields.Many2one(
        "dealer.intent.level", "Intent level", compute="_compute_intent_level_id", store=True, readonly=False
    )
    date_next_contact = fields.Date("Next contact", help="Empty: by the intent level.")

    @api.depends("lead_id")
    def _compute_intent_level_id(self):
        for wizard in self:
            wizard.intent_level_id = wizard.lead_id.intent_level_id

    def action_note(self):
        """Write the contact on the enquiry."""
        self.ensure_one()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        text = f"{kinds[self.kind]}: {self.note}"
        self.lead_id._note_contact(text, self.intent_level_id, self.date_next_contact)
        return {"type": "ir.actions.act_window_close"}
