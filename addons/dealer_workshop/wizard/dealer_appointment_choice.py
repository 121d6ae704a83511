from odoo import fields, models

from ..tools import booking


class DealerAppointmentChoice(models.TransientModel):
    """A free slot that is offered; the customer on the phone says yes to one."""

    _name = "dealer.appointment.choice"
    _description = "Free Slot"
    _order = "date_from, id"

    appointment_id = fields.Many2one("dealer.appointment", required=True, readonly=True, ondelete="cascade")
    date_from = fields.Datetime(string="Time", required=True, readonly=True)
    date_to = fields.Datetime(string="Until", required=True, readonly=True)
    bay_id = fields.Many2one("dealer.bay", required=True, readonly=True)
    employee_id = fields.Many2one("hr.employee", string="Technician", required=True, readonly=True)

    def action_take(self):
        """Take this slot for the appointment.

        :raises UserError: somebody took it meanwhile: says who, and what is free next
        """
        self.ensure_one()
        slot = booking.Slot(self.date_from, self.date_to, self.bay_id.id, self.employee_id.id)
        self.appointment_id._take_slot(slot)
        return {"type": "ir.actions.act_window_close"}
