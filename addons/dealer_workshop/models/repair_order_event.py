from odoo import fields, models
from odoo.tools.misc import format_datetime


class RepairOrder(models.Model):
    """What the customer is told of his car, and when."""

    _name = "repair.order"
    _inherit = ["repair.order", "dealer.event.mixin"]

    _event_message_model = "repair.event.message"
    _event_log_model = "repair.event.log"

    event_log_ids = fields.One2many(
        "repair.event.log", "order_id", "Messages to the Customer", groups="base.group_user"
    )

    def write(self, vals):
        moved = self._get_moved_promises(vals)
        result = super().write(vals)
        for order in moved:
            order._tell_event("promise_moved", key=str(order.promised_date))
        return result

    def _get_moved_promises(self, vals):
        """Return the orders whose promised time is another one after a write; a first promise is none.

        :param dict vals: of the write
        """
        if "promised_date" not in vals:
            return self.browse()
        promised = fields.Datetime.to_datetime(vals["promised_date"])
        return self.filtered(
            lambda order: order.reception_date and order.promised_date and promised and order.promised_date != promised
        )

    # === When it happens ===
    def _action_check_in(self):
        super()._action_check_in()
        self._tell_event("checked_in")

    def _action_finish(self):
        super()._action_finish()
        self._tell_event("ready")

    def _action_hand_over(self):
        super()._action_hand_over()
        self._tell_event("handed_over")

    def _on_work_offered(self, jobs):
        super()._on_work_offered(jobs)
        # Told anew for whatever is new in the offer, work and price
        self._tell_event("extra_work", key=",".join(f"{job.id}:{job.customer_amount:.2f}" for job in jobs.sorted("id")))

    # === Words of the messages ===
    def _get_promised_text(self):
        """Return the promised time as the customer reads it, in the company's timezone.

        :return: str, empty when nothing is promised
        """
        self.ensure_one()
        if not self.promised_date:
            return ""
        # Narrow sudo: the place's timezone, whoever reads.
        zone = self.company_id.sudo().partner_id.tz or self.env.context.get("tz") or "UTC"
        return format_datetime(self.env, self.promised_date, tz=zone, dt_format="short")
