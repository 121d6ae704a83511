"""A repair order's money over ``/json/2``: two people at once, wrong turns, forged calls."""

import pytest
from client import at_once, outcome


@pytest.fixture(scope="module")
def workshop(english):
    """Return ``ready(car)``: the English store's order on a customer's car, ready to be settled."""
    root = english.root

    def ready(car, entitlement=None):
        vehicle = english.named(f"car_en_{car}")
        facts = root.read("dealer.vehicle", vehicle, ["owner_id", "odometer_km"])
        operation = root.search("dealer.operation", [["code", "=", "PM-05"]])[0]
        service, technician = english.service, english.technician
        order = service.create(
            "repair.order",
            {
                "dealer_vehicle_id": vehicle,
                "partner_id": facts["owner_id"][0],
                "odometer_km": facts["odometer_km"] + 10,
                "job_ids": [[0, 0, {"name": "Service", "line_ids": [[0, 0, {"operation_id": operation}]]}]],
            },
        )
        (job,) = service.search("dealer.job", [["order_id", "=", order]])
        if entitlement:
            service.write("dealer.job", job, {"entitlement_id": entitlement})
        service.call("repair.order", "action_check_in", order)
        english.free_technician()
        for step in ("action_clock_on", "action_clock_off", "action_done"):
            technician.call("dealer.job", step, job)
        english.inspector.call("repair.order", "action_quality_pass", order)
        return order

    return ready


def bills(house, order):
    """Return the live bills of an order."""
    domain = [["dealer_repair_id", "=", order], ["state", "=", "posted"], ["move_type", "=", "out_invoice"]]
    return house.root.find("account.move", domain, ["amount_residual", "amount_total", "payment_state"])


def collect(house, bill):
    """Open the cashier's dialog of a bill and return its id."""
    return house.cashier.call("account.move", "action_collect_repair", bill)["res_id"]


class TestSettlementAtOnce:
    def test_settled_twice(self, english, workshop):
        order = workshop(16)
        results = at_once(*[lambda: english.service.call("repair.order", "action_settle", order)] * 2)
        assert sorted(kind for kind, _answer in results) == ["done", "refused"], results
        assert len(bills(english, order)) == 1

    def test_reversed_twice(self, english, workshop):
        order = workshop(17)
        english.service.call("repair.order", "action_settle", order)
        reverse = lambda: english.workshop.call("repair.order", "action_reverse_settlement", order, reason="Twice")  # noqa: E731
        results = at_once(reverse, reverse)
        assert sorted(kind for kind, _answer in results) == ["done", "refused"], results
        assert len(english.root.search("dealer.repair.reversal", [["order_id", "=", order]])) == 1
        assert english.root.read("repair.order", order, ["amount_billed"])["amount_billed"] == 0

    def test_collected_by_two_cashiers(self, english, workshop):
        order = workshop(18)
        english.service.call("repair.order", "action_settle", order)
        (bill,) = bills(english, order)
        dialogs = [collect(english, bill["id"]) for _cashier in range(2)]
        takes = [
            lambda dialog=dialog: english.cashier.call("repair.order.collect", "action_collect", dialog)
            for dialog in dialogs
        ]
        results = at_once(*takes)
        assert sorted(kind for kind, _answer in results) == ["done", "refused"], results
        paid = english.root.find("account.payment", [["dealer_repair_id", "=", order]], ["amount"])
        assert [payment["amount"] for payment in paid] == [bill["amount_total"]]

    def test_the_last_visit_of_two_orders(self, english, workshop):
        car = english.named("car_en_19")
        owner = english.root.read("dealer.vehicle", car, ["owner_id"])["owner_id"][0]
        maker = english.named("maker_en")
        entitlement = english.service.create(
            "dealer.entitlement",
            {
                "kind": "first_service",
                "bearer": "maker",
                "maker_id": maker,
                "partner_id": owner,
                "vehicle_id": car,
                "description": "One visit",
                "count_total": 1,
            },
        )
        english.service.call("dealer.entitlement", "action_issue", entitlement)
        orders = [workshop(19, entitlement), workshop(19, entitlement)]
        results = at_once(
            *[lambda order=order: english.service.call("repair.order", "action_settle", order) for order in orders]
        )
        assert sorted(kind for kind, _answer in results) == ["done", "refused"], results
        used = english.root.read("dealer.entitlement", entitlement, ["count_used", "state"])
        assert (used["count_used"], used["state"]) == (1, "used")
        assert sorted(len(bills(english, order)) for order in orders) == [0, 1]


class TestWrongTurns:
    def test_pay_type_after_invoicing(self, english, workshop):
        order = workshop(20)
        english.service.call("repair.order", "action_settle", order)
        (job,) = english.service.search("dealer.job", [["order_id", "=", order]])
        kind, answer = outcome(lambda: english.service.write("dealer.job", job, {"pay_type": "warranty"}))
        assert kind == "refused" and "reverses a settlement" in str(answer), answer

    def test_more_cash_than_is_open(self, english, workshop):
        order = workshop(21)
        english.service.call("repair.order", "action_settle", order)
        (bill,) = bills(english, order)
        dialog = collect(english, bill["id"])
        (line,) = english.cashier.search("repair.order.collect.line", [["collect_id", "=", dialog]])
        english.cashier.write("repair.order.collect.line", line, {"amount": bill["amount_total"] + 1})
        kind, answer = outcome(lambda: english.cashier.call("repair.order.collect", "action_collect", dialog))
        assert kind == "refused" and "more than" in str(answer), answer
        assert bills(english, order)[0]["amount_residual"] == bill["amount_total"]

    def test_forged_facts(self, english, workshop):
        order = workshop(22)
        for values in ({"settled_on": "2026-01-01 00:00:00"}, {"discount_by_id": 2}):
            kind, _answer = outcome(lambda values=values: english.service.write("repair.order", order, values))
            assert kind == "refused", values
        for model in ("dealer.repair.reversal", "dealer.repair.discount", "dealer.entitlement.use"):
            kind, _answer = outcome(lambda model=model: english.workshop.create(model, {"order_id": order}))
            assert kind == "refused", model
