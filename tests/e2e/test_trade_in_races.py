"""A customer's car is traded in once, whoever asks at the same instant."""

from datetime import date, timedelta

import pytest
from client import at_once, outcome


def judged(house, customer, vin=None):
    """Return a trade-in of a customer, appraised for 9,000."""
    series = house.root.search("fleet.vehicle.model", [], limit=1)[0]
    brand = house.root.read("fleet.vehicle.model", series, ["brand_id"])["brand_id"][0]
    facts = {
        "partner_id": customer,
        "vin": vin or house.new_vin(),
        "vin_confirmed": True,
        "brand_id": brand,
        "series_id": series,
        "odometer_km": 60_000,
    }
    trade_in = house.advisor.create("dealer.trade.in", facts)
    worth = {"value": 8_000, "allowance_limit": 9_000, "allowance": 9_000}
    house.appraiser.write("dealer.trade.in", trade_in, worth)
    house.appraiser.call("dealer.trade.in", "action_appraise", trade_in)
    return trade_in


def take(house, contract, trade_in):
    """Take a trade-in into a contract by the dialogue."""
    dialogue = house.advisor.create("dealer.trade.in.take", {"contract_id": contract, "trade_in_id": trade_in})
    return house.advisor.call("dealer.trade.in.take", "action_take", dialogue)


@pytest.fixture
def deal(english):
    """Return a draft contract and its customer."""
    contract = english.draft_contract("Trade Fan")
    return contract, english.advisor.read("dealer.contract", contract, ["partner_id"])["partner_id"][0]


class TestTradeInAtOnce:
    """Exactly one of two wins, the other is told why in words."""

    def test_one_car_noted_twice(self, english, deal):
        facts = {"partner_id": deal[1], "vin": english.new_vin(), "vin_confirmed": True}
        results = at_once(*[lambda: english.advisor.create("dealer.trade.in", facts)] * 2)
        assert sorted(kind for kind, _answer in results) == ["done", "refused"], results

    def test_taken_into_two_contracts(self, english, deal):
        contract, customer = deal
        other = english.advisor.create("dealer.contract", {"partner_id": customer})
        trade_in = judged(english, customer)
        results = at_once(lambda: take(english, contract, trade_in), lambda: take(english, other, trade_in))
        assert sorted(kind for kind, _answer in results) == ["done", "refused"], results
        counts = [english.advisor.read("dealer.contract", one, ["trade_in_count"]) for one in (contract, other)]
        assert sorted(count["trade_in_count"] for count in counts) == [0, 1]

    def test_swapped_twice(self, english, deal):
        contract, customer = deal
        first, second, third = (judged(english, customer) for _number in range(3))
        take(english, contract, first)
        results = at_once(*[lambda: english.advisor.call("dealer.trade.in", "action_detach", first)] * 2)
        assert sorted(kind for kind, _answer in results) == ["done", "refused"], results
        at_once(lambda: take(english, contract, second), lambda: take(english, contract, third))
        seen = english.advisor.read("dealer.contract", contract, ["trade_in_count", "trade_in_ids"])
        assert seen["trade_in_count"] == len(seen["trade_in_ids"]) == 2

    def test_forged(self, english, deal):
        contract, customer = deal
        trade_in = judged(english, customer)
        tomorrow = str(date.today() + timedelta(days=1))
        for vals in (
            {"state": "received"},
            {"contract_id": contract},
            {"amount_netted": 1},
            {"value": 1},
            {"date_valid": tomorrow},
            {"allowance": 9_001},
        ):
            kind, words = outcome(lambda vals=vals: english.advisor.write("dealer.trade.in", trade_in, vals))
            assert kind == "refused", (vals, words)
