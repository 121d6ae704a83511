import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, email_normalize

_logger = logging.getLogger(__name__)
BATCH = 50  # messages between two commits of the job


class DealerEventLogMixin(models.AbstractModel):
    """A message that is to be told, or was: the row is the promise that nobody is told the same thing twice.

    Whatever happens to a document only writes a row here, in its own transaction; the job sends after the commit.
    The heir adds ``message_id`` with its ``event`` (stored) and ``channel``, the document's field named in
    ``_document_field``, a unique index on document, message and key, and names the job in ``_cron_xmlid``.
    """

    _name = "dealer.event.log.mixin"
    _description = "Message Told to a Customer about an Event"
    _order = "date_due desc, id desc"

    _document_field = None  # many2one of the document
    _cron_xmlid = None  # the job that sends

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
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

    _due_idx = models.Index("(date_due) WHERE state = 'waiting'")

    @api.model
    def _note(self, document, messages, key="-", date=None):
        """Write down that a customer is to be told; what is noted already stays as it is.

        :param document: one record of the heir's document model
        :param messages: ids of its messages
        :param str key: another key, another event of the same kind
        :param datetime date: when it happened (UTC); default now
        Side effects: wakes the sending job.
        """
        now = fields.Datetime.now()
        for message in self.message_id.sudo().browse(messages):
            due = self._get_due_date(message, date or now)
            # Two at once write one row: neither waits for the other with an error
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO %(table)s (%(document_field)s, company_id, message_id, event, key, date_due, state,
                                           create_uid, create_date, write_uid, write_date)
                    VALUES (%(document)s, %(company)s, %(message)s, %(event)s, %(key)s, %(due)s, 'waiting',
                            %(uid)s, %(now)s, %(uid)s, %(now)s)
                    ON CONFLICT (%(document_field)s, message_id, key) DO NOTHING
                    """,
                    table=SQL.identifier(self._table),
                    document_field=SQL.identifier(self._document_field),
                    document=document.id,
                    company=document.company_id.id,
                    message=message.id,
                    event=message.event,
                    key=key,
                    due=due,
                    uid=self.env.uid,
                    now=now,
                )
            )
            self._wake(at=due)
        document.invalidate_recordset(["event_log_ids"], flush=False)

    def _get_due_date(self, message, date):
        """Return when a message is sent.

        :param message: one message
        :param datetime date: when its event happened (UTC)
        """
        return fields.Datetime.add(date, hours=message.delay_hours)

    @api.model
    def _wake(self, at=None):
        # Narrow sudo: the job may be called by whoever made the event; it sends what is noted, nothing else.
        self.env.ref(self._cron_xmlid).sudo()._trigger(at=at)

    # === Sending ===
    @api.model
    def _cron_send(self):
        """Find what time made due, and send what waits; called every hour and after each event.

        Resumable: each run takes up what is waiting; a message that fails stops no other.
        """
        self._note_timed_events()
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(self._get_due_domain()))
        while logs := self.search(self._get_due_domain(), limit=BATCH, order="date_due, id"):
            taken = logs.try_lock_for_update()
            taken._send()
            if not taken or not self.env["ir.cron"]._commit_progress(len(taken)):
                return

    @api.model
    def _note_timed_events(self):
        """Note what happens because time passes. Hook."""

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
                name = log[self._document_field].display_name
                _logger.warning("Message %s of %s failed", log.message_id.id, name, exc_info=1)
                vals = {"state": "failed", "reason": str(error)[:200]}
            log.write({**vals, "date_sent": fields.Datetime.now() if vals["state"] == "sent" else False})

    def _get_skip_reason(self):
        """Return why a customer is not told, or False: he wants none, or has no address. Hook: call super first.

        :return: str for a person, or False
        """
        if not self.message_id.active:
            return self.env._("Switched off since")
        return self._get_address_refusal()

    def _get_addressee(self):
        """Return who is told.

        :return: one ``res.partner``
        """
        return self[self._document_field].partner_id

    def _get_address_refusal(self):
        partner, channel = self._get_addressee(), self.message_id.channel
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
        document = self[self._document_field].with_company(self.company_id)
        message = self.message_id
        if message.channel == "mail":
            message.mail_template_id.send_mail(document.id, force_send=False)
        elif message.channel == "sms":
            document._message_sms_with_template(
                message.sms_template_id, partner_ids=self._get_addressee().ids, put_in_queue=True
            )
        else:
            body = message.mail_template_id._render_field(
                "body_html", document.ids, compute_lang=True, options={"post_process": True}
            )[document.id]
            document.message_post(body=body, subtype_xmlid="mail.mt_comment", message_type="comment")

    def action_retry(self):
        """Send messages again that failed or were not sent, after their reason is mended."""
        self.check_access("write")
        # Only the system writes the log
        self.sudo().filtered(lambda log: log.state in ("failed", "skipped")).write(
            {"state": "waiting", "reason": False, "date_due": fields.Datetime.now()}
        )
        self._wake()
        return True

    def write(self, vals):
        """Refuse what is written by hand: the log is evidence of what was told."""
        if not self.env.su:
            raise AccessError(self.env._("What was told is written by the system. Use “Send again”."))
        return super().write(vals)
