import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, email_normalize

_logger = logging.getLogger(__name__)
BATCH = 50  # messages between two commits of the job


class DealerEventLog(models.Model):
    """A message that is to be told, or was: the row is the promise that nobody is told the same thing twice.

    Whatever happens to a deal only writes a row here, in its own transaction; the job sends after the commit.
    """

    _name = "dealer.event.log"
    _description = "Message Told to a Customer"
    _order = "date_due desc, id desc"
    _rec_name = "message_id"

    contract_id = fields.Many2one("dealer.contract", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one(related="contract_id.partner_id", string="Customer")
    user_id = fields.Many2one(related="contract_id.user_id", string="Sales advisor")
    message_id = fields.Many2one("dealer.event.message", required=True, readonly=True, index=True, ondelete="cascade")
    event = fields.Selection(related="message_id.event", store=True)
    channel = fields.Selection(related="message_id.channel")
    key = fields.Char(readonly=True, required=True, default="-", help="What makes this event another one than before.")
    date_due = fields.Datetime("To be sent", readonly=True, required=True, default=fields.Datetime.now)
    date_sent = fields.Datetime("Sent", readonly=True)
    state = fields.Selection(
        [("waiting", "Waiting"), ("sent", "Sent"), ("skipped", "Not sent"), ("failed", "Failed")],
        default="waiting",
        required=True,
        readonly=True,
        index=True,
    )
    reason = fields.Char("Why not", readonly=True)

    _once_uniq = models.UniqueIndex("(contract_id, message_id, key)", "The customer is told this already.")
    _due_idx = models.Index("(date_due) WHERE state = 'waiting'")

    @api.model
    def _note(self, contract, message_ids, key="-", date=None):
        """Write down that a customer is to be told; what is noted already stays as it is.

        :param contract: one ``dealer.contract``
        :param message_ids: ids of ``dealer.event.message``
        :param str key: another key, another event of the same kind
        :param datetime date: when it happened (UTC); default now
        Side effects: wakes the sending job.
        """
        messages = self.env["dealer.event.message"].sudo().browse(message_ids)
        now = fields.Datetime.now()
        for message in messages:
            due = date or now
            if message.event != "reminder":
                due = fields.Datetime.add(due, hours=message.delay_hours)
            # Two at once write one row: neither waits for the other with an error
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO dealer_event_log (contract_id, company_id, message_id, event, key, date_due, state,
                                                  create_uid, create_date, write_uid, write_date)
                    VALUES (%(contract)s, %(company)s, %(message)s, %(event)s, %(key)s, %(due)s, 'waiting',
                            %(uid)s, %(now)s, %(uid)s, %(now)s)
                    ON CONFLICT (contract_id, message_id, key) DO NOTHING
                    """,
                    contract=contract.id,
                    company=contract.company_id.id,
                    message=message.id,
                    event=message.event,
                    key=key,
                    due=due,
                    uid=self.env.uid,
                    now=now,
                )
            )
            self.env.ref("dealer_sales.ir_cron_event_messages").sudo()._trigger(at=due)
        contract.invalidate_recordset(["event_log_ids"], flush=False)

    # === Sending ===
    @api.model
    def _cron_send(self):
        """Find what time made due, and send what waits; called every hour and after each event.

        Resumable: each run takes up what is waiting; a message that fails stops no other.
        """
        self.env["dealer.contract"]._note_timed_events()
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(self._get_due_domain()))
        while logs := self.search(self._get_due_domain(), limit=BATCH, order="date_due, id"):
            taken = logs.try_lock_for_update()
            taken._send()
            if not taken or not self.env["ir.cron"]._commit_progress(len(taken)):
                return

    @api.model
    def _get_due_domain(self):
        return [("state", "=", "waiting"), ("date_due", "<=", fields.Datetime.now())]

    def _send(self):
        """Send these messages through the queues of mail and SMS; each stands for itself."""
        for log in self.sudo():
            try:
                with self.env.cr.savepoint():
                    reason = log._get_skip_reason()
                    if not reason:
                        log._send_one()
                vals = {"state": "skipped" if reason else "sent", "reason": reason}
            except Exception as error:  # noqa: BLE001 - one message that fails stops no other
                _logger.warning("Message %s of contract %s failed", log.message_id.id, log.contract_id.name, exc_info=1)
                vals = {"state": "failed", "reason": str(error)[:200]}
            log.write({**vals, "date_sent": fields.Datetime.now() if vals["state"] == "sent" else False})

    def _get_skip_reason(self):
        """Return why a customer is not told, or False: he wants none, or has no address.

        :return: str for a person, or False
        """
        contract, message = self.contract_id, self.message_id
        if not message.active:
            return self.env._("Switched off since")
        if contract.state == "cancelled" and message.event != "returned":
            return self.env._("The contract is cancelled")
        if message.event in ("reminder", "appointment") and not contract._get_open_appointment():
            return self.env._("There is no appointment any more")
        if message.event == "overdue" and not contract.is_overdue:
            return self.env._("Paid since")
        return self._get_address_refusal()

    def _get_address_refusal(self):
        partner, channel = self.contract_id.partner_id, self.message_id.channel
        if channel == "mail":
            if not email_normalize(partner.email):
                return self.env._("No mail address")
            return self.env._("Wants no mail") if partner.is_blacklisted else False
        if channel == "sms":
            number = partner._phone_format(fname="phone")
            if not number:
                return self.env._("No phone number")
            blocked = self.env["phone.blacklist"].search_count([("number", "=", number)], limit=1)
            return self.env._("Wants no SMS") if blocked else False
        return False

    def _send_one(self):
        contract = self.contract_id.with_company(self.company_id)
        message = self.message_id
        if message.channel == "mail":
            message.mail_template_id.send_mail(contract.id, force_send=False)
        elif message.channel == "sms":
            contract._message_sms_with_template(
                message.sms_template_id, partner_ids=contract.partner_id.ids, put_in_queue=True
            )
        else:
            body = message.mail_template_id._render_field(
                "body_html", contract.ids, compute_lang=True, options={"post_process": True}
            )[contract.id]
            contract.message_post(body=body, subtype_xmlid="mail.mt_comment", message_type="comment")

    def action_retry(self):
        """Send messages again that failed or were not sent, after their reason is mended."""
        self.check_access("write")
        # Only the system writes the log
        self.sudo().filtered(lambda log: log.state in ("failed", "skipped")).write(
            {"state": "waiting", "reason": False, "date_due": fields.Datetime.now()}
        )
        self.env.ref("dealer_sales.ir_cron_event_messages").sudo()._trigger()
        return True

    def write(self, vals):
        """Refuse what is written by hand: the log is evidence of what was told."""
        if not self.env.su:
            raise AccessError(self.env._("What was told is written by the system. Use “Send again”."))
        return super().write(vals)
