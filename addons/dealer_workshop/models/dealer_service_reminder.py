from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .dealer_service_plan import REMINDER_KINDS

LIVE = ("open", "told", "booked")


class DealerServiceReminder(models.Model):
    """A car should come back by a day: its customer is told, books, comes; how often that works is counted here."""

    _name = "dealer.service.reminder"
    _description = "Service Reminder"
    _inherit = ["dealer.protected.mixin", "dealer.overdue.mixin", "mail.thread", "dealer.event.mixin"]
    _order = "date_due, id"
    _rec_name = "vehicle_id"
    _rec_names_search = ["vehicle_id.name", "vehicle_id.plate", "partner_id.name", "partner_id.phone"]
    _check_company_auto = True

    _overdue_states = LIVE

    # Written by the nightly job and the steps, by nobody else
    _protected_fields = frozenset(
        {
            "vehicle_id",
            "company_id",
            "partner_id",
            "plan_id",
            "kind",
            "base_date",
            "date_due",
            "km_due",
            "km_now",
            "task_id",
            "policy_id",
            "state",
            "told_on",
            "booked_on",
            "appointment_id",
            "done_on",
            "order_id",
            "amount",
        }
    )
    _event_message_model = "dealer.reminder.message"
    _event_log_model = "dealer.reminder.log"

    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, readonly=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True, index=True)
    phone = fields.Char(related="partner_id.phone")
    plan_id = fields.Many2one("dealer.service.plan", required=True, readonly=True, index=True, ondelete="restrict")
    kind = fields.Selection(REMINDER_KINDS, required=True, readonly=True)
    task_id = fields.Many2one(
        "dealer.vehicle.task", "Declined Work", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    policy_id = fields.Many2one(
        "dealer.insurance.policy", "Policy", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    base_date = fields.Date(
        "Counted from", readonly=True, required=True, help="Last service, first plate, end of cover."
    )
    date_due = fields.Date("Due on", readonly=True, required=True)
    km_due = fields.Integer("Due at (km)", readonly=True, aggregator=None)
    km_now = fields.Integer("Expected Today (km)", readonly=True, aggregator=None, help="From the car's own readings.")
    is_overdue = fields.Boolean("Overdue")
    state = fields.Selection(
        [
            ("open", "To Write"),
            ("told", "Written to"),
            ("booked", "Booked"),
            ("done", "Came"),
            ("dropped", "Not Wanted"),
        ],
        default="open",
        required=True,
        readonly=True,
        index=True,
    )
    told_on = fields.Datetime("Written to on", readonly=True)
    booked_on = fields.Datetime(readonly=True)
    appointment_id = fields.Many2one("dealer.appointment", readonly=True, index="btree_not_null", check_company=True)
    done_on = fields.Datetime("Came on", readonly=True)
    order_id = fields.Many2one(
        "repair.order", "Repair Order", readonly=True, index="btree_not_null", check_company=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary("Work Sold", readonly=True, help="Labour and parts of the visit, without tax.")
    is_told = fields.Integer("Written", compute="_compute_steps", store=True, aggregator="sum")
    is_booked = fields.Integer("Booked from it", compute="_compute_steps", store=True, aggregator="sum")
    is_done = fields.Integer("Came from it", compute="_compute_steps", store=True, aggregator="sum")
    event_log_ids = fields.One2many("dealer.reminder.log", "reminder_id", "Letters")

    _once_uniq = models.UniqueIndex(
        "(vehicle_id, plan_id, base_date, COALESCE(task_id, 0), COALESCE(policy_id, 0))",
        "The car is reminded of this already.",
    )
    _due_idx = models.Index("(company_id, date_due) WHERE state IN ('open', 'told')")

    @api.depends("told_on", "booked_on", "done_on")
    def _compute_steps(self):
        for reminder in self:
            reminder.is_told = int(bool(reminder.told_on))
            reminder.is_booked = int(bool(reminder.told_on and reminder.booked_on))
            reminder.is_done = int(bool(reminder.told_on and reminder.done_on))

    # --- buttons ------------------------------------------------------------------------

    def action_tell(self):
        """Write to the customers of these reminders; each is written to once by each way.

        :return: notification that says how many are written to
        :raises AccessError: the user may not write to customers
        :raises UserError: nobody is left to write to, or no message is switched on
        """
        self.check_access("write")
        waiting = self.filtered(lambda reminder: reminder.state == "open" and not reminder.event_log_ids)
        wanted = waiting.filtered(lambda reminder: reminder._wants_event(reminder.kind))
        if not wanted:
            raise UserError(
                self.env._(
                    "Nobody to write to: these customers were written to, have booked, or no message of this kind is "
                    "switched on under Configuration, Reminder Messages."
                )
            )
        for reminder in wanted:
            reminder._tell_event(reminder.kind)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%(count)s customers are written to.", count=len(wanted)),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_book(self):
        """Open a new appointment for the car, with the work that is due.

        :raises UserError: it is booked already, or done
        """
        self.ensure_one()
        self._check_live()
        if self.appointment_id:
            return self.appointment_id._get_records_action()
        context = {
            "default_vehicle_id": self.vehicle_id.id,
            "default_company_id": self.company_id.id,
            "default_line_ids": [Command.create(self._prepare_appointment_line())],
        }
        return self.env["dealer.appointment"]._get_records_action(
            name=self.env._("Book %(car)s", car=self.vehicle_id.display_name), context=context
        )

    def action_drop(self):
        """Note that the customer does not want this; he is not reminded of it again."""
        self.check_access("write")
        self._check_live()
        # Right and state are checked; the state is the steps' to write
        self.sudo().write({"state": "dropped"})
        return True

    def _check_live(self):
        for reminder in self:
            if reminder.state not in LIVE:
                raise UserError(self.env._("The reminder of %(car)s is closed.", car=reminder.vehicle_id.display_name))

    def _prepare_appointment_line(self):
        operation = self.plan_id.operation_id
        kind = "maintenance" if self.kind == "service" else "general"
        name = self.task_id.name or operation.name or self.plan_id.name
        return {"name": name, "operation_id": operation.id, "repair_kind": kind}

    # --- business -----------------------------------------------------------------------

    def _mark_told(self):
        """Note that these customers were written to."""
        fresh = self.filtered(lambda reminder: reminder.state == "open")
        fresh.write({"state": "told", "told_on": fields.Datetime.now()})
        (self - fresh).filtered(lambda reminder: not reminder.told_on).told_on = fields.Datetime.now()

    def _mark_booked(self, appointment):
        """Note that the customer booked.

        :param appointment: ``dealer.appointment``
        """
        self.write({"state": "booked", "booked_on": fields.Datetime.now(), "appointment_id": appointment.id})

    def _mark_unbooked(self):
        """Take back a booking that was missed or cancelled."""
        for reminder in self.filtered(lambda reminder: reminder.state == "booked"):
            reminder.write({"state": "told" if reminder.told_on else "open", "appointment_id": False})

    def _is_met_by(self, order, tasks):
        """Tell whether a visit is what this reminder asked for.

        :param order: ``repair.order``
        :param tasks: ``dealer.vehicle.task`` its done jobs fulfilled
        """
        self.ensure_one()
        if self.vehicle_id != order.dealer_vehicle_id:
            return False
        if self.task_id:
            return self.task_id in tasks
        if self.kind == "service":
            return order.repair_kind in ("maintenance", "first_service")
        return bool(self.appointment_id) and self.appointment_id == order.appointment_id

    def _mark_done(self, order):
        """Note that the car came.

        :param order: ``repair.order``
        """
        self.write(
            {
                "state": "done",
                "done_on": order.handed_over_on or fields.Datetime.now(),
                "order_id": order.id,
                "amount": order.estimate_amount,
            }
        )
