"""Workshop appointments over ``/json/2``: two people at the same instant, and what nobody may do."""

from datetime import datetime, timedelta

import pytest
from client import Refused, at_once

FAR = (datetime.now() + timedelta(days=12)).date().isoformat()


@pytest.fixture
def jobs(english):
    """Return a function that makes a request of one hour for a new customer's car."""
    operation = english.service.search("dealer.operation", [["code", "=", "BR-F"]])[0]

    def request(day=FAR, **values):
        return english.service.create(
            "dealer.appointment",
            {
                "site_id": english.site,
                "vehicle_text": english.new_vin(),
                "partner_id": english.new_customer("Booked At Once"),
                "wanted_day": day,
                "line_ids": [[0, 0, {"operation_id": operation}]],
                **values,
            },
        )

    return request


class TestBookedAtOnce:
    def slots(self, house, appointments):
        wanted = ["state", "date_from", "bay_id", "employee_id"]
        return house.service.read("dealer.appointment", appointments, wanted)

    def test_first_free_slot_for_two(self, english, jobs):
        """Both get a slot, and not the same: the later one is run again and sees the first."""
        appointments = [jobs(), jobs()]
        answers = at_once(
            *(
                lambda client=client, one=one: client.call("dealer.appointment", "action_first_slot", one)
                for client, one in zip((english.service, english.workshop), appointments, strict=True)
            )
        )
        assert [kind for kind, _answer in answers] == ["done", "done"], answers
        first, second = self.slots(english, appointments)
        for name in ("bay_id", "employee_id"):
            one, other = ((slot["date_from"], slot[name][0]) for slot in (first, second))
            assert one != other, (first, second)

    @pytest.mark.parametrize("name", ["bay_id", "employee_id"])
    def test_one_slot_typed_by_two(self, english, jobs, name):
        """The database gives a bay or a technician once; the loser reads who has it, and when one is free."""
        free = jobs()
        english.service.call("dealer.appointment", "action_first_slot", free)
        (slot,) = self.slots(english, [free])
        english.service.call("dealer.appointment", "action_cancel", free)
        appointments = [jobs(), jobs()]
        values = {"date_from": slot["date_from"], name: slot[name][0]}
        answers = at_once(
            *(
                lambda client=client, one=one: client.write("dealer.appointment", one, values)
                for client, one in zip((english.service, english.workshop), appointments, strict=True)
            )
        )
        assert sorted(kind for kind, _answer in answers) == ["done", "refused"], answers
        sentence = next(answer for kind, answer in answers if kind == "refused")
        assert "is taken on" in sentence and "The next free slot is" in sentence, sentence
        assert sorted(one["state"] for one in self.slots(english, appointments)) == ["booked", "request"]

    @pytest.mark.parametrize("day", [20, 21, 22])
    def test_a_bay_is_closed_while_a_slot_of_it_is_booked(self, english, jobs, day):
        """No constraint spans the two tables: the bay's row is written by both, so one of the two is refused."""
        free = jobs()
        english.service.call("dealer.appointment", "action_first_slot", free)
        (slot,) = self.slots(english, [free])
        english.service.call("dealer.appointment", "action_cancel", free)
        bay = slot["bay_id"][0]
        date = (datetime.now() + timedelta(days=day)).date().isoformat()
        begin, end = f"{date} 01:00:00", f"{date} 12:00:00"
        closure = {"bay_id": bay, "date_from": begin, "date_to": end, "reason": "Inspection"}
        appointment, booking = jobs(), {"date_from": f"{date} 06:00:00", "bay_id": bay}
        answers = at_once(
            lambda: english.service.write("dealer.appointment", appointment, booking),
            lambda: english.workshop.create("dealer.bay.closure", closure),
        )
        assert sorted(kind for kind, _answer in answers) == ["done", "refused"], answers
        sentence = next(answer for kind, answer in answers if kind == "refused")
        assert "is closed until" in sentence or "is booked in that time" in sentence, sentence
        closed = english.root.search("dealer.bay.closure", [["bay_id", "=", bay], ["date_from", "=", begin]])
        booked = self.slots(english, [appointment])[0]["state"] == "booked"
        assert bool(closed) != booked, (closed, booked)
        if closed:
            english.workshop.call("dealer.bay.closure", "unlink", closed)

    def test_one_courtesy_car_for_two(self, english, jobs):
        appointments = [jobs(), jobs()]
        day = (datetime.now() + timedelta(days=15)).replace(hour=14, minute=0, second=0, microsecond=0)
        for number, one in enumerate(appointments):
            moment = (day + timedelta(minutes=number)).isoformat(sep=" ")
            english.service.write("dealer.appointment", one, {"date_from": moment})
        answers = at_once(
            *(
                lambda client=client, one=one: client.call("dealer.appointment", "action_courtesy_car", one)
                for client, one in zip((english.service, english.workshop), appointments, strict=True)
            )
        )
        assert sorted(kind for kind, _answer in answers) == ["done", "refused"], answers
        sentence = next(answer for kind, answer in answers if kind == "refused")
        assert "free" in sentence, sentence


class TestNobodyElse:
    def test_rights(self, english, jobs):
        one = jobs()
        for role in ("technician", "auditor", "parts", "advisor", "cashier"):
            for method in ("action_first_slot", "action_send_link", "action_confirm", "action_courtesy_car"):
                with pytest.raises(Refused, match="(?i)access|allowed|not"):
                    getattr(english, role).call("dealer.appointment", method, one)
        assert english.service.read("dealer.appointment", one, ["state"])["state"] == "request"
        for model in ("dealer.booking.policy", "dealer.skill", "dealer.appointment.message"):
            record = english.root.search(model, [], limit=1)[0]
            with pytest.raises(Refused, match="(?i)access|allowed|not"):
                english.service.write(model, record, {"name": "mine"})
        skill = english.workshop.search("dealer.skill", [], limit=1)[0]
        assert english.workshop.write("dealer.skill", skill, {"sequence": 10})

    def test_nothing_of_the_system_is_typed(self, english, jobs):
        one = jobs()
        for values in (
            {"state": "booked"},
            {"access_token": "guessed"},
            {"link_expires_on": "2099-01-01 00:00:00"},
            {"confirmed_on": "2026-01-01 00:00:00"},
            {"pause_hours": -5},
            {"courtesy_booking_id": 1},
        ):
            with pytest.raises(Refused, match="cannot be typed"):
                english.service.write("dealer.appointment", one, values)
        for method in ("_customer_book", "_customer_cancel", "_take_slot", "_open_link"):
            with pytest.raises(Refused):
                english.service.call("dealer.appointment", method, one)

    def test_bad_input(self, english, jobs):
        one = jobs()
        for day in ("tomorrow", "2030-13-45"):
            with pytest.raises(Refused, match="is no day") as refused:
                english.service.call("dealer.appointment", "get_board", day=day)
            assert refused.value.status == 422
        with pytest.raises(Refused, match="left open") as refused:
            english.service.call("dealer.appointment", "move_on_board", one, day=FAR, minute=600, row=1, mode="roof")
        assert refused.value.status == 422
        with pytest.raises(Refused, match="(?i)ends after it begins|takes some time"):
            english.service.write("dealer.appointment", one, {"date_from": f"{FAR} 10:00:00", "hours": -3})
