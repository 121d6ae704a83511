from odoo import models
from odoo.exceptions import UserError

from .repair_order_flow import MANAGER


class RepairOrder(models.Model):
    """The mileage at check-in: claims, entitlements and reminders count by it, so nobody rewrites it by the way."""

    _inherit = "repair.order"

    def write(self, vals):
        if self.env.su or "odometer_km" not in vals:
            return super().write(vals)
        received = self.filtered(lambda order: order.reception_date and order.odometer_km != vals["odometer_km"])
        received._check_mileage_correction(vals)
        before = {order: order.odometer_km for order in received}
        result = super().write(vals)
        for order, km in before.items():
            order._correct_mileage(km)
        return result

    def _check_mileage_correction(self, vals):
        """Refuse another mileage than the one the car was checked in with, but by a manager who says why.

        :param dict vals: as given to ``write``
        :raises AccessError: names the role
        :raises UserError: no mileage, or nobody says why
        Source: practice P39
        """
        for order in self:
            order._check_role(MANAGER)
            if vals["odometer_km"] <= 0 or not (vals.get("odometer_note") or "").strip():
                raise UserError(
                    self.env._(
                        "%(order)s was checked in with %(km)s km, which stands on the car: enter the right mileage, "
                        "and with it why it is corrected.",
                        order=order.display_name,
                        km=order.odometer_km,
                    )
                )

    def _correct_mileage(self, before):
        """Correct the car's reading with the order's, and note both.

        :param int before: km as they were at check-in
        """
        self.ensure_one()
        # Narrow sudo: role and reason are checked; readings are not typed by the workshop.
        order = self.sudo()
        readings = order.dealer_vehicle_id.odometer_ids.filtered(
            lambda reading: reading.source == "workshop" and reading.date == order.reception_date
        )
        readings.write({"km": order.odometer_km, "note": order.odometer_note})
        order.message_post(
            body=self.env._(
                "Mileage corrected from %(before)s to %(now)s km: %(reason)s",
                before=before,
                now=order.odometer_km,
                reason=order.odometer_note,
            )
        )
