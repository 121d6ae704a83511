from datetime import datetime, timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import fields, http
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .test_deliv import DealerDelivCommon
from .test_portal import DealerPortalCommon


def prepare_rule(site, **vals):
    """Return hand-over hours on Mondays to Fridays from 9 to 12, UTC."""
    calendar = site.env["resource.calendar"].create(
        {
            "name": "Hand-overs",
            "company_id": site.company_id.id,
            "tz": "UTC",
            "attendance_ids": [
                Command.clear(),
                *(
                    Command.create({"name": str(day), "dayofweek": str(day), "hour_from": 9, "hour_to": 12})
                    for day in range(5)
                ),
            ],
        }
    )
    values = {"site_id": site.id, "company_id": site.company_id.id, "calendar_id": calendar.id, "days_ahead": 3}
    return site.env["dealer.handover.rule"].create({**values, **vals})


@tagged("post_install", "-at_install", "dealer")
@freeze_time("2026-03-09 08:00:00")  # a Monday
class TestSlots(DealerDelivCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = prepare_rule(cls.site)
        cls.calendar = cls.rule.calendar_id

    def _planned(self, car=None):
        return self._prepare(self._create_paid(car=car or self.car))

    def _take(self, delivery, moment):
        window = delivery.env["dealer.delivery.slot"].create({"delivery_id": delivery.id})
        line = window.line_ids.filtered(lambda one: one.date_start == fields.Datetime.to_datetime(moment))
        self.assertTrue(line, moment)
        return line.action_take()

    def test_working_hours_after_the_notice(self):
        delivery = self._planned()
        free = list(delivery._get_free_slots())
        self.assertEqual(
            free,
            [datetime(2026, 3, 10, hour) for hour in (9, 10, 11)]
            + [datetime(2026, 3, 11, hour) for hour in (9, 10, 11)],
        )
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Closed",
                "calendar_id": self.calendar.id,
                "company_id": self.company.id,
                "date_from": "2026-03-10 00:00:00",
                "date_to": "2026-03-10 23:59:59",
            }
        )
        self.assertEqual(len(delivery._get_free_slots()), 3)

    def test_taken_is_agreed_and_gone(self):
        first, second = self._planned(), self._planned(self.car_2)
        self._take(first, "2026-03-10 10:00:00")
        self.assertRecordValues(
            first,
            [{"date_planned": datetime(2026, 3, 10, 10), "appointment": "confirmed", "duration_hours": 1.0}],
        )
        self.assertNotIn(datetime(2026, 3, 10, 10), second._get_free_slots())
        self.assertIn(datetime(2026, 3, 10, 10), first._get_free_slots(), "its own time is not in its way")
        with self.assertRaisesRegex(UserError, "taken meanwhile"):
            second.sudo()._take_slot(datetime(2026, 3, 10, 10))

    def test_what_was_agreed_by_phone_counts(self):
        first, second = self._planned(), self._planned(self.car_2)
        first.date_planned = datetime(2026, 3, 10, 9, 30)
        first.action_confirm_appointment()
        self.assertEqual(min(second._get_free_slots()), datetime(2026, 3, 10, 11))

    def test_several_at_once(self):
        self.rule.capacity = 2
        first, second = self._planned(), self._planned(self.car_2)
        for delivery in (first, second):
            self._take(delivery, "2026-03-10 10:00:00")
        self.assertEqual((first | second).mapped("slot_place"), [1, 2])

    # === A day typed by hand ===
    def test_a_day_typed_by_hand_is_refused_where_the_site_is_full(self):
        first, second = self._planned(), self._planned(self.car_2)
        self._take(first, "2026-03-10 10:00:00")
        second.date_planned = datetime(2026, 3, 10, 10, 30)  # a thought, not agreed yet
        for agree in ("action_propose", "action_confirm_appointment"):
            with self.subTest(agree), self.assertRaisesRegex(UserError, f"{first.name}.*Still free: Tue, Mar 10 09:00"):
                getattr(second, agree)()
        self.assertEqual(second.appointment, "none")
        second.date_planned = datetime(2026, 3, 10, 11)
        second.action_propose()
        for vals in ({"date_planned": datetime(2026, 3, 10, 10, 59)}, {"date_planned": "2026-03-10 09:30:00"}):
            with self.subTest(vals), self.assertRaisesRegex(UserError, "1 at a time"), self.cr.savepoint():
                second.write(vals)
        second.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "1 at a time"), self.cr.savepoint():
            first.duration_hours = 1.5
        first.invalidate_recordset()
        self.rule.capacity = 2
        second.date_planned = datetime(2026, 3, 10, 10, 30)
        second.action_confirm_appointment()
        self.assertEqual(second.appointment, "confirmed")

    def test_places_are_counted_at_each_moment(self):
        """Two short ones after each other leave one of two places free for a long one."""
        self.rule.capacity = 2
        first, second = self._planned(), self._planned(self.car_2)
        third = self._planned(self._create_car("ZZSDSA1E9TT000038"))
        for delivery, hour in ((first, 9), (second, 10)):
            delivery.date_planned = datetime(2026, 3, 10, hour)
            delivery.action_propose()
        third.write({"date_planned": datetime(2026, 3, 10, 9), "duration_hours": 2.0})
        third.action_propose()
        self.assertEqual(third.appointment, "proposed")

    def test_a_site_without_hours_has_no_limit(self):
        self.rule.active = False
        first, second = self._planned(), self._planned(self.car_2)
        for delivery in (first, second):
            delivery.date_planned = datetime(2026, 3, 10, 10)
            delivery.action_confirm_appointment()
        self.assertEqual(second.appointment, "confirmed")
        self.assertIn(first.name, second.clash_text)

    def test_a_hand_over_takes_some_time(self):
        delivery = self._planned()
        for hours in (0.0, -3.0, 13.0):
            with self.subTest(hours), mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                with self.cr.savepoint():
                    delivery.duration_hours = hours
                    delivery.flush_recordset()
            delivery.invalidate_recordset()
        self.cr.execute("SELECT 1 FROM pg_constraint WHERE conname = 'dealer_delivery_duration_sane'")
        self.assertTrue(self.cr.fetchone())

    def test_another_day_gives_the_time_back(self):
        delivery = self._planned()
        self._take(delivery, "2026-03-10 10:00:00")
        delivery.date_planned = datetime(2026, 3, 12, 15)
        self.assertEqual((delivery.slot_start, delivery.appointment), (False, "proposed"))

    def test_the_database_lets_nobody_in_twice(self):
        first, second = self._planned(), self._planned(self.car_2)
        self._take(first, "2026-03-10 10:00:00")
        taken = {"slot_start": first.slot_start, "slot_place": first.slot_place}
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            second.sudo().write(taken)
            second.flush_recordset()
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'dealer_delivery_slot_uniq'")
        self.assertIn("UNIQUE", self.env.cr.fetchone()[0])
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            self.rule.copy().flush_recordset()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            self.rule.capacity = 0
            self.rule.flush_recordset()

    def test_rights(self):
        delivery = self._planned()
        for vals in ({"slot_start": "2026-03-10 10:00:00"}, {"slot_place": 1}):
            with self.assertRaises(AccessError):
                delivery.write(vals)
        with self.assertRaises(AccessError):
            self.rule.with_user(self.advisor).capacity = 9
        self.rule.with_user(self.manager).capacity = 3
        window = delivery.env["dealer.delivery.slot"].create({"delivery_id": delivery.id})
        with self.assertRaises(AccessError):
            window.sudo().line_ids[0].with_user(self.advisor_2).action_take()
        self.rule.active = False
        with self.assertRaisesRegex(UserError, "no hand-over hours"):
            delivery.action_open_slots()

    def test_as_many_queries_for_many(self):
        delivery = self._planned()

        def ask():
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertTrue(delivery._get_free_slots())
            return self.cr.sql_log_count - before

        ask()
        few = ask()
        self._take(self._planned(self.car_2), "2026-03-10 10:00:00")
        self.assertLessEqual(ask(), few + 1)


@tagged("post_install", "-at_install", "dealer")
class TestPortalSlots(DealerPortalCommon):
    def _choose(self, contract, token, slot):
        self._get_page(contract, token)
        values = {"csrf_token": http.Request.csrf_token(self), "access_token": token, "slot": slot}
        return self.url_open(f"/my/contracts/{contract.id}/slot", values)

    def _plan(self, car):
        contract = self._create_sold(car=car)
        self._invoice(contract)
        self._receive(contract, kind="balance")
        contract.action_prepare_delivery()
        delivery = contract.sudo().delivery_ids
        return contract, delivery, contract.sudo()._portal_ensure_token()

    def test_the_customer_chooses(self):
        prepare_rule(self.site, days_ahead=10)
        self.authenticate(None, None)  # a customer who has nothing but the link
        contract, delivery, token = self._plan(self.car)
        other, second, other_token = self._plan(self.car_2)
        slot = min(delivery._get_free_slots())
        page = self._get_page(contract, token)
        self.assertIn(f'value="{slot}"', page.text)
        answer = self._choose(contract, token, str(slot))
        self.assertIn("Agreed.", answer.text)
        self.assertEqual((delivery.date_planned, delivery.appointment), (slot, "confirmed"))
        self.assertNotIn("contract_slot", answer.text)
        answer = self._choose(other, other_token, str(slot))
        self.assertIn("taken meanwhile", answer.text)
        self.assertFalse(second.slot_start)
        for bad in ("", "no date", str(slot + timedelta(minutes=7))):
            self.assertIn("taken meanwhile", self._choose(other, other_token, bad).text)

    def test_chosen_twice_is_agreed_once(self):
        self.authenticate(None, None)
        prepare_rule(self.site, days_ahead=10)
        contract, delivery, token = self._plan(self.car)
        slot = str(min(delivery._get_free_slots()))
        for _press in range(2):
            self.assertIn("Agreed.", self._choose(contract, token, slot).text)
        self.assertEqual(str(delivery.slot_start), slot)

    def test_the_loser_of_a_race_is_told_and_shown_what_is_free(self):
        """What only the database sees, when both looked before either wrote, is the same sentence."""
        self.authenticate(None, None)
        prepare_rule(self.site, days_ahead=10)
        contract, delivery, token = self._plan(self.car)
        other, second, other_token = self._plan(self.car_2)
        free = list(delivery._get_free_slots())
        self._choose(contract, token, str(free[0]))
        blind = patch.object(type(delivery), "_get_free_slots", lambda one: {start: 1 for start in free})
        with blind, mute_logger("odoo.sql_db"):
            answer = self._choose(other, other_token, str(free[0]))
        self.assertEqual(answer.status_code, 200)
        self.assertIn("taken meanwhile", answer.text)
        self.assertIn(f'value="{free[1]}"', answer.text)
        second.invalidate_recordset()
        self.assertEqual((second.slot_start, second.appointment), (False, "none"))

    def test_no_time_is_free(self):
        prepare_rule(self.site, days_ahead=10)
        contract, delivery, token = self._plan(self.car)
        with patch.object(type(delivery), "_get_free_slots", lambda one: {}):
            self.assertIn("please call us", self._get_page(contract, token).text)

    def test_a_stranger_chooses_nothing(self):
        prepare_rule(self.site, days_ahead=10)
        contract, delivery, _token = self._plan(self.car)
        slot = min(delivery._get_free_slots())
        self.authenticate("stranger_portal", "stranger_portal")
        with mute_logger("odoo.http"):
            self._choose(contract, "wrong", str(slot))
        self.assertFalse(delivery.slot_start)
