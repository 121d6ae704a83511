"""Loan files over ``/json/2``: two people at the same instant, and what nobody may type."""

import pytest
from client import Refused, at_once
from house import SIGNATURE

PAPERS = ("identity", "licence", "income", "bank statement", "consent")


def attach(house, file):
    """Attach every paper lenders ask for, as the button does."""
    files = [
        house.fni.create(
            "ir.attachment",
            {
                "name": f"{paper}.png",
                "datas": SIGNATURE,
                "res_model": "dealer.finance.application",
                "res_id": file,
            },
        )
        for paper in PAPERS
    ]
    house.fni.call("dealer.finance.application", "attach_papers", file, attachment_ids=files)


@pytest.fixture
def loan(english):
    """Return a draft contract, its loan file, and the lines of three lenders that approved what was asked for."""
    contract = english.draft_contract("Borrowing Fan")
    file = english.fni.call("dealer.contract", "action_open_loan", contract)["res_id"]
    attach(english, file)
    english.fni.call("dealer.finance.application", "action_submit", file)
    lines = english.fni.search("dealer.finance.submission", [["application_id", "=", file]], order="id")
    english.fni.call("dealer.finance.submission", "action_approve", lines)
    return contract, file, lines


class TestLoansAtOnce:
    def test_two_lenders_accepted_at_once(self, english, loan):
        contract, file, lines = loan
        assert len(lines) == 3, "the demonstration has three lenders"
        answers = at_once(
            lambda: english.fni.call("dealer.finance.submission", "action_accept", lines[0]),
            lambda: english.manager.call("dealer.finance.submission", "action_accept", lines[1]),
        )
        assert sorted(kind for kind, _answer in answers) == ["done", "refused"], answers
        (told,) = [answer for kind, answer in answers if kind == "refused"]
        assert "is accepted already" in told, told
        seen = english.fni.find(
            "dealer.finance.submission", [["application_id", "=", file]], ["state", "date_accepted"]
        )
        (winner,) = [line for line in seen if line["state"] == "accepted"]
        assert [line["state"] for line in seen].count("approved") == 2, seen
        assert [bool(line["date_accepted"]) for line in seen].count(True) == 1, "the loser left nothing behind"
        counted = english.manager.read("dealer.contract", contract, ["finance_submission_id"])
        assert counted["finance_submission_id"][0] == winner["id"], "the contract counts the winner's loan"
        log = english.fni.search("dealer.finance.log", [["submission_id", "in", lines], ["state_to", "=", "accepted"]])
        assert len(log) == 1

    def test_one_file_a_contract(self, english):
        contract = english.draft_contract("One File Fan")
        at_once(*[lambda: english.fni.call("dealer.contract", "action_open_loan", contract)] * 2)
        files = english.fni.search("dealer.finance.application", [["contract_id", "=", contract]])
        assert len(files) == 1, files


class TestNobodyTypes:
    def test_answers_and_states(self, english, loan):
        _contract, file, lines = loan
        for model, record, values in (
            ("dealer.finance.submission", lines[0], {"state": "funded"}),
            ("dealer.finance.submission", lines[0], {"commission_amount": 1.0}),
            ("dealer.finance.application", file, {"credit_reason": "mine"}),
        ):
            with pytest.raises(Refused, match="never typed|by its buttons"):
                english.fni.write(model, record, values)
        with pytest.raises(Refused, match="(?i)access|allowed|not"):
            english.advisor.call("dealer.finance.submission", "action_accept", lines[0])
