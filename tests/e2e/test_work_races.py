"""The board and the clock: two people at the same instant, and input nobody should send."""

import base64

import pytest
from client import at_once


@pytest.fixture
def job(english):
    """Return a job that waits for a technician."""
    domain = [["company_id", "=", english.company], ["place", "=", "with_customer"]]
    car = english.root.find("dealer.vehicle", domain, ["odometer_km"], limit=1, order="id desc")[0]
    km = car["odometer_km"] + 1
    values = {"dealer_vehicle_id": car["id"], "odometer_km": km, "job_ids": [[0, 0, {"name": "Race"}]]}
    order = english.service.create("repair.order", values)
    english.service.call("repair.order", "action_check_in", order)
    return english.service.search("dealer.job", [["order_id", "=", order]])[0]


def employee(house, role):
    """Return the employee behind a role."""
    return house.root.search("hr.employee", [["user_id", "=", house.uid(role)]])[0]


def holders(house, job):
    """Return the employees on a job."""
    rows = house.service.find("dealer.job.assignment", [["job_id", "=", job]], ["employee_id"])
    return [row["employee_id"][0] for row in rows]


class TestBoardAtOnce:
    """A card has one place."""

    def test_two_people_move_the_same_card(self, english, job):
        first, second = employee(english, "technician"), employee(english, "technician2")
        results = at_once(
            lambda: english.service.call("dealer.job", "action_dispatch", job, to_employee_id=first),
            lambda: english.workshop.call("dealer.job", "action_dispatch", job, to_employee_id=second),
        )
        kinds = sorted(kind for kind, _answer in results)
        assert kinds.count("done") == 1, results
        assert "moved meanwhile" in str([answer for kind, answer in results if kind != "done"]), results
        assert len(holders(english, job)) == 1

    def test_the_second_is_told_who_has_it(self, english, job):
        first = employee(english, "technician")
        english.service.call("dealer.job", "action_dispatch", job, to_employee_id=first)
        with pytest.raises(Exception, match="moved meanwhile"):
            english.workshop.call("dealer.job", "action_dispatch", job, to_employee_id=first)


class TestPhotosThatAreNone:
    """A photo of 50 MB, or no photo, is refused in a sentence and nothing is kept."""

    @pytest.mark.parametrize("content", [b"%PDF-1.4 " * 10, b"\xff\xd8" + bytes(50_000_000)], ids=["pdf", "50MB"])
    def test_refused(self, english, job, content):
        content = base64.b64encode(content).decode()
        english.service.call("dealer.job", "action_dispatch", job, to_employee_id=employee(english, "technician"))
        with pytest.raises(Exception, match="not a picture|too large|Too Large"):
            english.technician.call("dealer.job", "add_photo", job, content=content)
        assert not english.service.search("dealer.job.picture", [["job_id", "=", job]])
