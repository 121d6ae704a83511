from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

LATE = 14  # days after which an anniversary the job missed is not told any more


class DealerContract(models.Model):
    """What the customer is told of his deal, and when (B19)."""

    _name = "dealer.contract"
    _inherit = ["dealer.contract", "dealer.event.mixin"]

    _event_message_model = "dealer.event.message"
    _event_log_model = "dealer.event.log"

    event_log_ids = fields.One2many(
        "dealer.event.log", "contract_id", "Messages to the customer", groups="base.group_user"
    )

    # === When it happens ===
    def _action_signed(self):
        result = super()._action_signed()
        self._tell_event("signed", key=str(self.signed_version_id.number))
        return result

    def _action_allocate(self, vehicle, firm):
        result = super()._action_allocate(vehicle, firm)
        if firm:
            self._tell_event("booked")
        return result

    def _money_changed(self):
        result = super()._money_changed()
        for contract in self.sudo():
            if contract._wants_event("deposit") and contract.deposit_amount and contract._is_deposit_paid():
                contract._tell_event("deposit")
        return result

    # === Because time passes ===
    @api.model
    def _note_timed_events(self):
        """Note reminders, overdue balances and anniversaries that are due; what is noted is not found again."""
        messages = (
            self.env["dealer.event.message"].sudo().search([("event", "in", ("reminder", "overdue", "anniversary"))])
        )
        for message in messages:
            for row in self._search_timed(message):
                contract, key, date = row
                contract_sudo = self.sudo().browse(contract)
                if message.event != "overdue" or contract_sudo.is_overdue:
                    self.env["dealer.event.log"].sudo()._note(contract_sudo, message.ids, key, date)

    def _search_timed(self, message):
        """Return what a message about time is due for and not noted yet.

        :param message: one ``dealer.event.message``
        :return: list of (contract id, key, moment it counts from)
        """
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                SELECT due.contract_id, due.key, due.date
                  FROM (%(due)s) AS due (contract_id, key, date, company_id)
                 WHERE (%(company)s IS NULL OR due.company_id = %(company)s)
                   AND NOT EXISTS (SELECT 1 FROM dealer_event_log log
                                    WHERE log.contract_id = due.contract_id AND log.message_id = %(message)s
                                      AND log.key = due.key)
                 ORDER BY due.date, due.contract_id
                 LIMIT 500
                """,
                due=getattr(self, f"_get_{message.event}_query")(message),
                company=message.company_id.id or None,
                message=message.id,
            )
        )

    def _get_reminder_query(self, message):
        now = fields.Datetime.now()
        return SQL(
            """
            SELECT contract_id, to_char(date_planned, 'YYYY-MM-DD HH24:MI'), %s::timestamp, company_id
              FROM dealer_delivery
             WHERE state = 'draft' AND appointment = 'confirmed' AND date_planned > %s AND date_planned <= %s
            """,
            now,
            now,
            fields.Datetime.add(now, hours=message.delay_hours),
        )

    def _get_overdue_query(self, message):
        today = fields.Date.context_today(self)
        return SQL(
            """
            SELECT contract.id, '-', min(move.invoice_date_due)::timestamp, contract.company_id
              FROM account_move move
              JOIN account_move_line line ON line.move_id = move.id
              JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = line.id
              JOIN sale_order_line sold ON sold.id = rel.order_line_id
              JOIN dealer_contract contract ON contract.id = sold.dealer_contract_id
             WHERE move.state = 'posted' AND move.move_type = 'out_invoice' AND contract.state = 'signed'
               AND move.payment_state IN ('not_paid', 'partial') AND move.invoice_date_due < %s
             GROUP BY contract.id, contract.company_id
            """,
            today,
        )

    def _get_anniversary_query(self, message):
        now = fields.Datetime.now()
        return SQL(
            """
            SELECT contract_id, concat(vehicle_id, '/', year), date_done + year * interval '1 year', company_id
              FROM dealer_delivery, generate_series(1, 10) AS year
             WHERE state = 'done'
               AND date_done + year * interval '1 year' BETWEEN %s AND %s
            """,
            now - relativedelta(days=LATE),
            now,
        )

    def _get_open_appointment(self):
        """Return the hand-overs of this contract whose day is agreed with the customer."""
        self.ensure_one()
        return self.delivery_ids.filtered(lambda d: d.state == "draft" and d.appointment == "confirmed")

    def _get_proposed_appointments(self):
        """Return the hand-overs whose day is proposed and still to come."""
        self.ensure_one()
        now = fields.Datetime.now()
        return self.delivery_ids.filtered(
            lambda d: d.state == "draft" and d.appointment == "proposed" and d.date_planned and d.date_planned > now
        )
