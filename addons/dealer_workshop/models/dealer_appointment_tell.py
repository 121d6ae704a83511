from odoo import api, fields, models
from odoo.fields import Domain

BATCH = 50  # reminders between two commits of the job


class DealerAppointment(models.Model):
    """What the customer is told, and what is done when he does not come."""

    _name = "dealer.appointment"
    _inherit = ["dealer.appointment", "dealer.event.mixin"]

    _event_message_model = "dealer.appointment.message"
    _event_log_model = "dealer.appointment.log"

    _protected_fields = frozenset({"confirmed_on", "reminded_on"})

    confirmed_on = fields.Datetime(
        readonly=True, copy=False, help="When the customer was told the time, or chose it himself."
    )
    reminded_on = fields.Datetime(readonly=True, copy=False)
    event_log_ids = fields.One2many(
        "dealer.appointment.log", "appointment_id", "Messages to the Customer", groups="base.group_user"
    )
    is_missing = fields.Boolean(
        string="Not Here Yet",
        compute="_compute_is_missing",
        search="_search_is_missing",
        help="The time has come and the car has not.",
    )

    _reminder_idx = models.Index("(date_from) WHERE state = 'booked' AND reminded_on IS NULL")

    @api.depends("state", "date_from")
    def _compute_is_missing(self):
        now = fields.Datetime.now()
        for appointment in self:
            appointment.is_missing = appointment.state == "booked" and appointment.date_from < now

    @api.model
    def _search_is_missing(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("state", "=", "booked") & Domain("date_from", "<", fields.Datetime.now())

    def write(self, vals):
        moved = self.browse()
        if "date_from" in vals:
            date = fields.Datetime.to_datetime(vals["date_from"])
            moved = self.filtered(lambda one: one.confirmed_on and date and one.date_from != date)
        gone = self.browse()
        if vals.get("state") == "cancelled":
            gone = self.filtered("confirmed_on")
        result = super().write(vals)
        if moved:
            # Narrow sudo: told already of another time; the marks are protected from typing.
            moved.sudo().reminded_on = False
            moved._tell("changed")
        gone._tell("cancelled")
        return result

    # --- telling -----------------------------------------------------------------------------

    def action_confirm(self):
        """Tell the customer his time, by what the house has switched on for it.

        :return: a notification: how he was told, or that he must be called
        :raises UserError: no time is agreed yet
        """
        self.check_access("write")
        self._check_state(("booked",), self.env._("confirmed"))
        logs = self._tell("confirmed")
        # Narrow sudo: right and state are checked, the mark is protected from typing.
        self.sudo().confirmed_on = fields.Datetime.now()
        return self._get_told_notification(logs)

    def _get_told_notification(self, logs):
        """Return what is said to who pressed: by which ways the customer is told, or why he is not.

        :param logs: ``dealer.appointment.log`` just written
        """
        labels = dict(self.env["dealer.appointment.message"]._fields["channel"]._description_selection(self.env))
        reasons = {log: log._get_skip_reason() for log in logs}
        told = {labels[log.channel] for log, reason in reasons.items() if not reason}
        if told:
            text = self.env._("The customer is told by: %(ways)s.", ways=", ".join(sorted(told)))
        else:
            text = self.env._(
                "Nobody is told: %(reason)s. Tell the customer yourself.",
                reason=", ".join(sorted(set(reasons.values()))) or self.env._("the messages are switched off"),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if told else "warning",
                "message": text,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _tell(self, event):
        """Write down that who brings the car is told of an event; what is switched off is not told.

        :param str event: code of ``dealer.appointment.message``
        :return: ``dealer.appointment.log`` (superuser): what is sent after the commit, unless he wants none
        """
        # The same time may be told twice: it was another one in between
        keys = {one: f"{one._get_told_time(event)} · {fields.Datetime.now()}" for one in self}
        for appointment, key in keys.items():
            appointment._tell_event(event, key)
        # Narrow sudo: the log is the house's; the step that is told was checked.
        logs = self.sudo().event_log_ids
        return logs.filtered(lambda log: log.event == event and log.key == keys[log.appointment_id])

    def _get_told_time(self, event):
        """Return what a message is about: once it is another time, the message is not true any more."""
        return self.link_expires_on if event == "link" else self.date_from

    @api.model
    def _cron_remind(self):
        """Remind customers of what is booked for the next day; called every hour.

        Resumable: each run takes up who was not reminded yet.
        """
        while due := self.search(self._get_reminder_domain(), limit=BATCH, order="date_from, id"):
            taken = due.try_lock_for_update()
            taken._remind()
            if not taken or not self.env["ir.cron"]._commit_progress(len(taken)):
                return

    @api.model
    def _get_reminder_domain(self):
        now = fields.Datetime.now()
        rows = self.env["dealer.appointment.message"].search([("event", "=", "reminder")])
        hours = max(rows.mapped("delay_hours"), default=0)
        return [
            ("state", "=", "booked"),
            ("reminded_on", "=", False),
            ("date_from", ">", now),
            ("date_from", "<=", fields.Datetime.add(now, hours=hours)),
        ]

    def _remind(self):
        """Remind these customers, but for those who were told the time within the last hours."""
        now = fields.Datetime.now()
        fresh = self.filtered(lambda one: one.confirmed_on and one.confirmed_on > fields.Datetime.add(now, hours=-12))
        (self - fresh)._tell("reminder")
        self.sudo().reminded_on = now

    # --- who did not come --------------------------------------------------------------------

    def action_call_back(self):
        """Plan a call to who did not come, today, for his advisor: one click from the list of no-shows."""
        self.check_access("write")
        self._check_state(("no_show",), self.env._("followed up"))
        for appointment in self.filtered(lambda one: not one.activity_ids):
            appointment.activity_schedule(
                "mail.mail_activity_data_call",
                fields.Date.context_today(self),
                user_id=(appointment.user_id or self.env.user).id,
                summary=self.env._("Did not come: offer a new time"),
                note=appointment.phone,
            )
        return True

    def action_book_again(self):
        """Take an appointment up again; one whose time is past becomes a new request.

        :raises UserError: its slot has been given away
        """
        past = self.filtered(lambda one: one.date_from and one.date_from < fields.Datetime.now())
        super(DealerAppointment, self - past).action_book_again()
        if not past:
            return True
        self.check_access("write")
        past._check_state(("no_show", "cancelled"), self.env._("booked again"))
        again = past.copy({"date_from": False, "bay_id": False, "employee_id": False})
        return again._get_records_action(name=self.env._("New Request"))
