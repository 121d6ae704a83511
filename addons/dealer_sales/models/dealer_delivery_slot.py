from datetime import UTC, timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_datetime, format_time

from odoo.addons.dealer_vehicle.tools.dates import get_day_pattern

from ..tools import slots

NEXT = 3  # times or names a sentence mentions


class DealerDelivery(models.Model):
    """The time of a hand-over, chosen among those the site offers."""

    _inherit = "dealer.delivery"

    _protected_fields = frozenset({"slot_start", "slot_place"})

    slot_start = fields.Datetime("Chosen Time", readonly=True, copy=False)
    slot_place = fields.Integer("Place", readonly=True, copy=False, aggregator=None, help="Of the hand-overs at once.")

    _slot_uniq = models.UniqueIndex(
        "(site_id, slot_start, slot_place) WHERE slot_start IS NOT NULL AND state = 'draft'",
        "This time was taken meanwhile: choose another one.",
    )

    _duration_sane = models.Constraint(
        "CHECK (duration_hours > 0 AND duration_hours <= 12)",
        "A hand-over takes more than nothing and at most 12 hours.",
    )

    def write(self, vals):
        """A day typed by hand gives the chosen time back, and is refused where the site is full."""
        result = super().write(vals)
        if vals.keys() & {"date_planned", "duration_hours"} and "slot_start" not in vals:
            for delivery in self.filtered(lambda d: d.state == "draft" and d.date_planned and d.appointment != "none"):
                delivery._check_place()
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
        return [
            (format_date(self.env, day, date_format=get_day_pattern(self.env)), times) for day, times in days.items()
        ]

    def _take_slot(self, start):
        """Agree on one of the free times: the customer's choice. Superuser; the caller checked the person.

        :param datetime start: UTC, naive
        :raises UserError: it is not free (any more), with the next that are
        """
        self.ensure_one()
        rule = self._get_handover_rule()
        if rule:
            rule._lock()
        free = self._get_free_slots()
        if start not in free:
            raise UserError(
                self.env._(
                    "This time was taken meanwhile: choose another one. %(free)s", free=self._get_next_text(free)
                )
            )
        self.write(
            {
                "date_planned": start,
                "duration_hours": rule.slot_hours,
                "slot_start": start,
                "slot_place": self._find_place(start, rule.capacity),
            }
        )
        self._confirm_appointment()

    def _get_next_text(self, free):
        """Return the first free times in words.

        :param free: datetimes, UTC, naive, in order
        :return: str
        """
        zone = self._get_handover_rule()._get_zone().key
        pattern = f"{get_day_pattern(self.env)} HH:mm"
        times = [format_datetime(self.env, start, tz=zone, dt_format=pattern) for start in list(free)[:NEXT]]
        if not times:
            return self.env._("None is free in the days ahead.")
        return self.env._("Still free: %(times)s.", times="; ".join(times))

    # === A day typed by hand ===
    def _check_appointment(self):
        """Refuse a day the site is full, as the customer's page does; see ``_check_place``."""
        super()._check_appointment()
        for delivery in self:
            delivery._check_place()

    def _check_place(self):
        """Refuse an agreed day that takes more places than the site has; a site without hours has no limit.

        The rule's row is written first: of two who agree on one time the later transaction is run again.

        :raises UserError: naming who comes then and the times still free
        """
        self.ensure_one()
        rule = self._get_handover_rule()
        if not rule:
            return
        rule._lock()
        others = rule._search_agreed(self.date_planned, self._get_end(), self)
        busy = [(other.date_planned, other._get_end()) for other in others]
        if slots.get_most_at_once((self.date_planned, self._get_end()), busy) >= rule.capacity:
            raise UserError(
                self.env._(
                    "%(delivery)s: %(site)s hands over %(capacity)s at a time, and %(others)s come then. %(free)s",
                    delivery=self.display_name,
                    site=rule.site_id.name,
                    capacity=rule.capacity,
                    others=", ".join(f"{other.name} {other.partner_id.name}" for other in others[:NEXT]),
                    free=self._get_next_text(self.sudo()._get_free_slots()),
                )
            )

    def _get_end(self):
        return self.date_planned + timedelta(hours=self.duration_hours)

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

    def _take_slot(self, start):
        """Agree on a time for the hand-over that is to be planned. Superuser; the caller checked the person.

        :param datetime start: UTC, naive
        :return: bool; True too for the time agreed before (a button pressed twice), False when nothing is to plan
        :raises UserError: it is not free (any more)
        """
        self.ensure_one()
        delivery = self._get_deliveries_to_plan()
        if not delivery:
            return any(d.state == "draft" and d.slot_start and d.slot_start == start for d in self.delivery_ids)
        delivery._take_slot(start)
        return True
