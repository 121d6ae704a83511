"""Fleet agreements and refunds over ``/json/2``: whoever acts at once, nothing is made or paid twice."""

from datetime import date, timedelta

import pytest
from client import Refused, at_once


def agreement(house, quantity, price=30_000):
    """Return the ids of an agreement in force and of its only line."""
    line = {"product_id": house.trim["id"], "quantity": quantity, "price": price}
    values = {
        "partner_id": house.new_customer("Fleet Buyer"),
        "date_to": str(date.today() + timedelta(days=90)),
        "line_ids": [[0, 0, line]],
    }
    made = house.advisor.create("dealer.fleet.agreement", values)
    house.manager.call("dealer.fleet.agreement", "action_agree", made)
    return made, house.advisor.read("dealer.fleet.agreement", made, ["line_ids"])["line_ids"][0]


def make(client, made, line, number):
    return client.call("dealer.fleet.agreement", "action_make_contracts", made, quantities={str(line): number})


class TestFleetAtOnce:
    def test_two_make_more_than_is_left(self, english):
        made, line = agreement(english, 3)
        clients = (english.advisor, english.manager)
        results = at_once(*(lambda client=client: make(client, made, line, 2) for client in clients))
        assert sorted(kind for kind, _answer in results) == ["done", "refused"], results
        sentence = next(text for kind, text in results if kind == "refused")
        assert "1 are still open" in sentence, sentence
        contracts = english.root.find("dealer.contract", [["fleet_line_id", "=", line]], ["amount_car", "kind"])
        assert [(c["kind"], c["amount_car"]) for c in contracts] == [("fleet", 30_000)] * 2, contracts
        seen = english.advisor.read("dealer.fleet.agreement", made, ["contracted_count", "open_count"])
        assert (seen["contracted_count"], seen["open_count"]) == (2, 1)

    def test_the_line_is_lowered_meanwhile(self, english):
        made, line = agreement(english, 2)
        results = at_once(
            lambda: make(english.advisor, made, line, 2),
            lambda: english.manager.call("dealer.fleet.agreement", "action_reopen", made),
        )
        seen = english.advisor.read("dealer.fleet.agreement", made, ["contracted_count", "state"])
        done = results[0][0] == "done"
        assert seen == {"id": made, "contracted_count": 2 if done else 0, "state": "draft"}, (seen, results)

    def test_bad_numbers_are_answered(self, english):
        made, line = agreement(english, 1)
        for wrong in (
            {},
            {"x": 1},
            {str(line): "many"},
            {str(line): -1},
            [line],
            "1",
            {"999999999": 1},
            {str(line): 2},
        ):
            with pytest.raises(Refused) as refused:
                english.advisor.call("dealer.fleet.agreement", "action_make_contracts", made, quantities=wrong)
            assert refused.value.status == 422, (wrong, refused.value)
        for values in ({"state": "agreed"}, {"contract_ids": [[5]]}, {"agreed_by_id": 1}):
            with pytest.raises(Refused, match="cannot be typed"):
                english.advisor.write("dealer.fleet.agreement", made, values)


class TestRefundAtOnce:
    def test_two_cashiers_pay_it_back_once(self, english):
        contract = english.draft_contract("Twice Refunded")
        english.approve(contract)
        english.sign(contract, "Twice Refunded")
        english.take_money(contract, 1200, "earnest")
        english.take_money(contract, 800, "balance")
        english.manager.call("dealer.contract", "action_cancel", contract, reason="over", withdrawn_by="agreed")
        clients = (english.cashier, english.accountant)
        results = at_once(
            *(
                lambda client=client: client.call("dealer.contract", "action_refund_open", contract, reason="over")
                for client in clients
            )
        )
        assert sorted(kind for kind, _answer in results) == ["done", "refused"], results
        out = [["dealer_contract_id", "=", contract], ["payment_type", "=", "outbound"]]
        refunds = english.root.find("account.payment", out, ["amount", "state"])
        assert sorted(refund["amount"] for refund in refunds) == [800, 1200], refunds
        seen = english.root.read("dealer.contract", contract, ["amount_on_account", "amount_received"])
        assert (seen["amount_on_account"], seen["amount_received"]) == (0, 0)

    def test_unknown_words_are_answered(self, english):
        contract = english.draft_contract("Odd Words")
        for arguments in ({"withdrawn_by": "me"}, {"withdrawn_by": 5}, {"withdrawn_by": None}):
            with pytest.raises(Refused, match="is one of") as refused:
                english.advisor.call("dealer.contract", "action_cancel", contract, reason="over", **arguments)
            assert refused.value.status == 422
