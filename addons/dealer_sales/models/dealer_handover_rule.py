from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from odoo import fields, models

from ..tools import slots

LONGEST = 12  # hours a hand-over takes at most


class DealerHandoverRule(models.Model):
    """When a site hands over cars: working hours, how long it takes, how many at once."""

    _name = "dealer.handover.rule"
    _description = "Hand-over Hours of a Site"
    _order = "site_id"
    _rec_name = "site_id"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    site_id = fields.Many2one("stock.warehouse", "Site", required=True, index=True, check_company=True)
    calendar_id = fields.Many2one(
        "resource.calendar",
        "Working Hours",
        required=True,
        default=lambda self: self.env.company.resource_calendar_id,
        check_company=True,
        ondelete="restrict",
        help="Days off of the calendar offer no times.",
    )
    slot_hours = fields.Float("Hours", default=1.0, required=True, help="How long a hand-over takes.")
    capacity = fields.Integer("At Once", default=1, required=True, aggregator=None, help="Hand-overs at the same time.")
    notice_hours = fields.Integer(
        "Notice (Hours)", default=24, required=True, aggregator=None, help="How long before, a customer may choose."
    )
    days_ahead = fields.Integer(default=14, required=True, aggregator=None)
    active = fields.Boolean(default=True)

    _site_uniq = models.UniqueIndex("(site_id) WHERE active", "This site has hand-over hours already.")
    _sane = models.Constraint(
        "CHECK (slot_hours BETWEEN 0.25 AND 12 AND capacity BETWEEN 1 AND 50 AND notice_hours >= 0 "
        "AND days_ahead BETWEEN 1 AND 90)",
        "A hand-over takes a quarter of an hour to 12 hours, 1 to 50 at once, 1 to 90 days ahead.",
    )

    def _get_free_slots(self, but):
        """Return the times a customer may choose.

        :param but: ``dealer.delivery`` that looks for its time: its own one is not in its way
        :return: dict {begin (UTC, naive): places left}, in order; superuser
        """
        self.ensure_one()
        now = fields.Datetime.now()
        first, last = now + timedelta(hours=self.notice_hours), now + timedelta(days=self.days_ahead)
        length = timedelta(hours=self.slot_hours)
        starts = [start for start in slots.cut(self._get_hours(first, last), length) if start >= first]
        return slots.get_free(starts, length, self._get_busy(first, last, but), self.capacity)

    def _get_hours(self, first, last):
        """Return the working hours, from the morning of the first day on: the slots of a day stay where they are.

        :return: list of (begin, end), UTC, naive
        """
        zone = self._get_zone()
        morning = first.replace(tzinfo=UTC).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        hours = self.calendar_id._work_intervals_batch(morning, last.replace(tzinfo=UTC))[False]
        return [tuple(end.astimezone(UTC).replace(tzinfo=None) for end in one[:2]) for one in hours]

    def _get_zone(self):
        return ZoneInfo(self.calendar_id.tz or self.company_id.partner_id.tz or "UTC")

    def _get_busy(self, first, last, but):
        return [(one.date_planned, one._get_end()) for one in self._search_agreed(first, last, but)]

    def _search_agreed(self, first, last, but):
        """Return the hand-overs agreed on for some time, superuser.

        :param datetime first: UTC, naive
        :param datetime last: UTC, naive
        :param but: ``dealer.delivery`` that is not counted
        """
        near = self.env["dealer.delivery"].search(
            [
                ("site_id", "=", self.site_id.id),
                ("state", "=", "draft"),
                ("appointment", "!=", "none"),
                ("date_planned", ">", first - timedelta(hours=LONGEST)),
                ("date_planned", "<", last),
                ("id", "not in", but.ids),
            ]
        )
        return near.filtered(lambda one: one._get_end() > first)

    def _lock(self):
        """Let one of two people choose; the later transaction is run again and sees what the earlier one took."""
        self.env.cr.execute("UPDATE dealer_handover_rule SET write_date = write_date WHERE id = %s", self.ids)
