from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerDelivery(models.Model):
    """The appointment of a hand-over, what it needs to be ready, and what follows it."""

    _inherit = "dealer.delivery"

    _protected_fields = frozenset({"appointment"})

    appointment = fields.Selection(
        [("none", "Not agreed"), ("proposed", "Proposed"), ("confirmed", "Confirmed")],
        default="none",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        help="Whether the customer agreed to the day. Another day is a new proposal.",
    )
    duration_hours = fields.Float("Hours", default=1.0, help="How long the hand-over takes.")
    clash_text = fields.Char("Same time", compute="_compute_clash_text")

    @api.depends("date_planned", "duration_hours", "user_id", "state")
    def _compute_clash_text(self):
        for delivery in self:
            others = delivery._search_clashes() if delivery.state == "draft" else self.browse()
            delivery.clash_text = ", ".join(f"{other.name} {other.partner_id.name}" for other in others[:3])

    def _search_clashes(self):
        """Return other hand-overs of the same advisor at the same time."""
        self.ensure_one()
        if not self.date_planned or not self.user_id or self.appointment == "none":
            return self.browse()
        end = self.date_planned + timedelta(hours=self.duration_hours)
        near = self.search(
            [
                ("user_id", "=", self.user_id.id),
                ("state", "=", "draft"),
                ("appointment", "!=", "none"),
                ("id", "!=", self._origin.id),
                ("date_planned", "<", end),
                ("date_planned", ">", self.date_planned - timedelta(hours=12)),
            ]
        )
        return near.filtered(lambda d: d.date_planned + timedelta(hours=d.duration_hours) > self.date_planned)

    # === CRUD ===
    def write(self, vals):
        moved = self.browse()
        if "date_planned" in vals and "appointment" not in vals:
            date = fields.Datetime.to_datetime(vals["date_planned"])
            moved = self.filtered(lambda d: d.state == "draft" and d.date_planned != date)
        result = super().write(vals)
        if moved:
            # Another day is a new proposal, whoever moved it
            moved.sudo().filtered(lambda d: d.appointment == "confirmed").write({"appointment": "proposed"})
            moved._pull_tasks()
        return result

    def _pull_tasks(self):
        """What must be done before the keys is due on the day of the appointment at the latest."""
        for delivery in self.sudo():  # sellers have no right on tasks of cars
            if not delivery.contract_id.has_tasks or not delivery.date_planned:
                continue
            day = fields.Datetime.context_timestamp(delivery, delivery.date_planned).date()
            late = delivery.contract_id.task_ids.filtered(
                lambda task, delivery=delivery, day=day: (
                    task.state == "open"
                    and task.is_before_delivery
                    and task.vehicle_id == delivery.vehicle_id
                    and (not task.date_due or task.date_due > day)
                )
            )
            if late:
                late.write({"date_due": day})

    def _gates_changed(self):
        super()._gates_changed()
        for delivery in self.sudo():  # what the customer is told is the house's
            if delivery.contract_id._wants_event("ready") and delivery._is_ready():
                delivery.contract_id._tell_event("ready")

    def _is_ready(self):
        """Tell whether only what is done with the customer is left: checklist and signature."""
        self.ensure_one()
        return self.state == "draft" and self.waiting_gate in (False, "checklist", "protocol")

    # === Appointment ===
    def action_propose(self):
        """Propose the planned day to the customer: he sees it on his page.

        :raises UserError: no day in the future is typed
        """
        self._check_appointment()
        self.sudo().write({"appointment": "proposed"})
        return True

    def action_confirm_appointment(self):
        """Write down that the customer agreed to the day; he is told where the house wants that.

        :raises UserError: no day in the future is typed
        """
        self.check_access("write")
        self._check_appointment()
        self.sudo()._confirm_appointment()
        return True

    def _confirm_appointment(self):
        """Agree on the planned day. Superuser; the caller checked the person (advisor, or customer on his page)."""
        for delivery in self:
            delivery.write({"appointment": "confirmed"})
            delivery._pull_tasks()
            key = fields.Datetime.to_string(delivery.date_planned)
            delivery.contract_id._tell_event("appointment", key=key)

    def _check_appointment(self):
        self.check_access("write")
        for delivery in self:
            if delivery.state != "draft" or not delivery.date_planned or delivery.date_planned < fields.Datetime.now():
                raise UserError(
                    self.env._(
                        "%(delivery)s: type first when the customer comes, a time from now on.",
                        delivery=delivery.display_name,
                    )
                )

    # === Hand-over ===
    def action_hand_over(self):
        """Hand over as before; the button of the form prints the gate pass at once."""
        result = super().action_hand_over()
        if self.env.context.get("print_gate_pass"):
            return self.action_print_gate_pass()
        return result

    def _action_hand_over(self, user):
        result = super()._action_hand_over(user)
        contract = self.contract_id
        if self.vehicle_id in contract._get_cars_to_report():
            contract._make_reports(self.vehicle_id, fields.Date.context_today(self))
        contract._tell_event("delivered", key=str(self.vehicle_id.id))
        return result
