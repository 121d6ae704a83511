from datetime import UTC

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date, format_time

SYSTEM_FIELDS = {"slot_start", "slot_place"}


class DealerDelivery(models.Model):
    """The time of a hand-over, chosen among those the site offers."""

    _inherit = "dealer.delivery"

    slot_start = fields.Datetime("Chosen Time", readonly=True, copy=False)
    slot_place = fields.Integer("Place", readonly=True, copy=False, aggregator=None, help="Of the hand-overs at once.")

    _slot_uniq = models.UniqueIndex(
        "(site_id, slot_start, slot_place) WHERE slot_start IS NOT NULL AND state = 'draft'",
        "This time was taken meanwhile: choose another one.",
    )

    def _check_system_fields(self, vals_list):
        super()._check_system_fields(vals_list)
        if not self.env.su and any(vals.keys() & SYSTEM_FIELDS for vals in vals_list):
            raise AccessError(self.env._("A time is chosen with its button, not typed."))

    def write(self, vals):
        """A day typed by hand gives the chosen time back."""
        result = super().write(vals)
        if "date_planned" in vals and "slot_start" not in vals:
            moved = self.sudo().filtered(lambda d: d.slot_start and d.slot_start != d.date_planned)
            moved.write({"slot_start": False, "slot_place": False})
        return result

    def _get_handover_rule(self):
        """Return the hand-over hours of this delivery's site, superuser; none where the house offers no times."""
        self.ensure_one()
        return self.env["dealer.handover.rule"].sudo().search([("site_id", "=", self.sudo().site_id.id)], limit=1)

    def _get_free_slots(self):
        """Return the times this customer may choose.

        :return: dict {begin (UTC, naive): places left}
        """
        rule = self._get_handover_rule()
        return rule._get_free_slots(self) if rule and self.state == "draft" and not self.signed_on else {}

    def _get_portal_slots(self):
        """Return what the customer chooses from on his page.

        :return: list of (day as text, [(value, time as text)])
        """
        zone = self._get_handover_rule()._get_zone()
        days = {}
        for start in self._get_free_slots():
            local = start.replace(tzinfo=UTC).astimezone(zone)
            moment = (fields.Datetime.to_string(start), format_time(self.env, local.time(), time_format="short"))
            days.setdefault(local.date(), []).append(moment)
        return [(format_date(self.env, day, date_format="EEE d MMM"), times) for day, times in days.items()]

    def _take_slot(self, start):
        """Agree on one of the free times: the customer's choice. Superuser; the caller checked the person.

        :param datetime start: UTC, naive
        :raises UserError: it is not free (any more)
        """
        self.ensure_one()
        rule = self._get_handover_rule()
        if rule:
            rule._lock()
        if start not in self._get_free_slots():
            raise UserError(self.env._("This time was taken meanwhile: choose another one."))
        self.write(
            {
                "date_planned": start,
                "duration_hours": rule.slot_hours,
                "slot_start": start,
                "slot_place": self._find_place(start, rule.capacity),
            }
        )
        self._confirm_appointment()

    def _find_place(self, start, capacity):
        taken = self.search(
            [
                ("site_id", "=", self.site_id.id),
                ("state", "=", "draft"),
                ("slot_start", "=", start),
                ("id", "!=", self.id),
            ]
        )
        return min(set(range(1, capacity + 1)) - set(taken.mapped("slot_place")), default=capacity)

    def action_open_slots(self):
        """Open the window with the free times of the site.

        :return: act_window on ``dealer.delivery.slot``
        :raises UserError: the site offers no times
        """
        self.ensure_one()
        self.check_access("write")
        if not self._get_handover_rule():
            raise UserError(
                self.env._(
                    "%(site)s has no hand-over hours yet: the sales manager enters them in Configuration.",
                    site=self.sudo().site_id.name,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Free times"),
            "res_model": "dealer.delivery.slot",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_delivery_id": self.id},
        }


class DealerContract(models.Model):
    _inherit = "dealer.contract"

    def _get_deliveries_to_plan(self):
        """Return the hand-overs whose time the customer may still choose on his page."""
        self.ensure_one()
        return self.delivery_ids.filtered(
            lambda d: d.state == "draft" and d.appointment != "confirmed" and d._get_handover_rule()
        )[:1]
