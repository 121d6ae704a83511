from odoo import api, fields, models
from odoo.fields import Command


class DealerDeliverySlot(models.TransientModel):
    """The free times of a site, for a customer on the phone or in the showroom."""

    _name = "dealer.delivery.slot"
    _description = "Choose the Time of a Hand-over"

    delivery_id = fields.Many2one("dealer.delivery", required=True, readonly=True)
    line_ids = fields.One2many(
        "dealer.delivery.slot.line", "wizard_id", "Free Times", compute="_compute_line_ids", store=True, readonly=True
    )

    @api.depends("delivery_id")
    def _compute_line_ids(self):
        for window in self:
            free = window.delivery_id._get_free_slots() if window.delivery_id else {}
            window.line_ids = [
                Command.clear(),
                *(Command.create({"date_start": start, "places": places}) for start, places in free.items()),
            ]


class DealerDeliverySlotLine(models.TransientModel):
    """One free time."""

    _name = "dealer.delivery.slot.line"
    _description = "Free Time"
    _order = "date_start"

    wizard_id = fields.Many2one("dealer.delivery.slot", required=True, ondelete="cascade")
    date_start = fields.Datetime("Time", required=True, readonly=True)
    places = fields.Integer("Places Left", readonly=True)

    def action_take(self):
        """Agree on this time with the customer.

        :return: action that closes the window
        :raises UserError: it was taken meanwhile
        """
        self.ensure_one()
        delivery = self.wizard_id.delivery_id
        delivery.check_access("write")
        # Chosen times are facts of this act alone; that it is free is checked again
        delivery.sudo()._take_slot(self.date_start)
        return {"type": "ir.actions.act_window_close"}
