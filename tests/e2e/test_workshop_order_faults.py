"""Wrong turns of reception and extra work over ``/json/2``: clear words, nothing lost."""

import base64

import pytest
from client import Refused, at_once


@pytest.fixture(scope="module")
def order(english):
    """Return a repair order of a car nobody knew, signed and checked in."""
    service = english.service
    customer = english.new_customer("Olga Order")
    operation = service.search("dealer.operation", [["code", "=", "BR-F"]])[0]
    job = {"name": "Brakes", "line_ids": [[0, 0, {"operation_id": operation}]]}
    plate = f"OF {english.new_vin()[-6:]}"
    order = service.create(
        "repair.order",
        {
            "vehicle_text": plate,
            "partner_id": customer,
            "odometer_km": 1000,
            "site_id": english.site,
            "job_ids": [[0, 0, job]],
        },
    )
    pad = service.create("repair.order.sign", {"order_ids": [[6, 0, [order]]], "signature": "AAAA"})
    service.call("repair.order.sign", "action_sign_and_check_in", pad)
    return order


def refusal(call):
    """Return the words of a refusal; fail when it went through."""
    with pytest.raises(Refused) as caught:
        call()
    return str(caught.value)


class TestWrongTurns:
    def test_walk_round_is_closed(self, english, order):
        words = refusal(lambda: english.service.call("repair.order", "add_damage", order, x=10, y=10))
        assert "walk-round is closed" in words

    def test_pictures(self, english):
        draft = english.service.create(
            "repair.order",
            {"vehicle_text": f"PX {english.new_vin()[-6:]}", "site_id": english.site, "odometer_km": 5},
        )
        text = base64.b64encode(b"no photo at all").decode()
        assert "not a picture" in refusal(
            lambda: english.service.call("repair.order", "add_photo", draft, content=text)
        )
        big = "A" * (50 * 1024 * 1024)
        assert refusal(lambda: english.service.call("repair.order", "add_photo", draft, content=big))
        assert english.service.read("repair.order", draft, ["odometer_km"])["odometer_km"] == 5

    def _send(self, english, order, content):
        return refusal(lambda: english.service.call("repair.order", "add_photo", order, content=content))

    def test_nobody_answers_for_the_customer(self, english, order):
        service = english.service
        job = service.create("dealer.job", {"order_id": order, "name": "More", "pay_type": "customer"})
        assert service.read("dealer.job", job, ["approval_state"])["approval_state"] == "proposed"
        assert refusal(lambda: service.write("dealer.job", job, {"approval_state": "accepted"}))
        assert "has not agreed" in refusal(lambda: english.technician.call("dealer.job", "action_clock_on", job))
        assert refusal(lambda: service.write("repair.order", order, {"access_token": "mine"}))
        assert "no price yet" in refusal(lambda: service.call("dealer.job", "action_offer", job))

    def test_two_answers_at_once(self, english, order):
        """The customer said yes to one advisor and no to another: one answer counts, the other is told so."""
        service = english.service
        operation = service.search("dealer.operation", [["code", "=", "BR-R"]])[0]
        job = service.create(
            "dealer.job",
            {"order_id": order, "name": "Rear", "line_ids": [[0, 0, {"operation_id": operation}]]},
        )
        answers = [
            service.create("dealer.job.answer", {"job_ids": [[6, 0, [job]]], "answer": answer, "name": "Olga"})
            for answer in ("accepted", "refused")
        ]
        results = at_once(
            *(lambda one=one: service.call("dealer.job.answer", "action_confirm", one) for one in answers)
        )
        assert sorted(kind for kind, _ in results) == ["done", "refused"], results
        assert "answered already" in next(text for kind, text in results if kind == "refused")
