from odoo import api, fields, models


class DealerEventLog(models.Model):
    """What a customer was told of his deal, or will be."""

    _name = "dealer.event.log"
    _description = "Message Told to a Customer"
    _inherit = ["dealer.event.log.mixin"]
    _order = "date_due desc, id desc"
    _rec_name = "message_id"

    _document_field = "contract_id"
    _cron_xmlid = "dealer_sales.ir_cron_event_messages"

    contract_id = fields.Many2one("dealer.contract", required=True, readonly=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="contract_id.partner_id", string="Customer")
    user_id = fields.Many2one(related="contract_id.user_id", string="Sales advisor")
    message_id = fields.Many2one("dealer.event.message", required=True, readonly=True, index=True, ondelete="cascade")
    event = fields.Selection(related="message_id.event", store=True)
    channel = fields.Selection(related="message_id.channel")

    _once_uniq = models.UniqueIndex("(contract_id, message_id, key)", "The customer is told this already.")

    @api.model
    def _note_timed_events(self):
        super()._note_timed_events()
        self.env["dealer.contract"]._note_timed_events()

    def _get_due_date(self, message, date):
        # A reminder was looked for at its hour: it comes before its event, not after
        return date if message.event == "reminder" else super()._get_due_date(message, date)

    def _get_skip_reason(self):
        contract, message = self.contract_id, self.message_id
        if message.active and contract.state == "cancelled" and message.event != "returned":
            return self.env._("The contract is cancelled")
        if message.event in ("reminder", "appointment") and not contract._get_open_appointment():
            return self.env._("There is no appointment any more")
        if message.event == "overdue" and not contract.is_overdue:
            return self.env._("Paid since")
        return super()._get_skip_reason()
