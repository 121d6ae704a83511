from odoo import api, fields, models


class DealerAppointment(models.Model):
    """A booking that answers a reminder."""

    _inherit = "dealer.appointment"

    reminder_ids = fields.One2many("dealer.service.reminder", "appointment_id", "Reminders")

    @api.model_create_multi
    def create(self, vals_list):
        appointments = super().create(vals_list)
        appointments._answer_reminders()
        return appointments

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            self._follow_reminders(vals["state"])
        return result

    def _answer_reminders(self):
        """Join new bookings with what their cars were reminded of."""
        booked = self.filtered(lambda appointment: appointment.vehicle_id and appointment.state == "booked")
        if not booked:
            return
        # Narrow sudo: whoever books, the reminder is answered; its state is the steps' to write.
        domain = [("vehicle_id", "in", booked.vehicle_id.ids), ("state", "in", ("open", "told"))]
        reminders = self.env["dealer.service.reminder"].sudo().search(domain)
        for vehicle, of_car in reminders.grouped("vehicle_id").items():
            of_car._mark_booked(booked.filtered(lambda appointment, car=vehicle: appointment.vehicle_id == car)[:1])

    def _follow_reminders(self, state):
        # Narrow sudo: the step on the appointment is checked, the reminder only follows.
        appointments = self.sudo()
        if state in ("no_show", "cancelled") and appointments.reminder_ids:
            appointments.reminder_ids._mark_unbooked()
        elif state == "booked":
            appointments._answer_reminders()
