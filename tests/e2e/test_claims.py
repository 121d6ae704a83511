"""Claims over /json/2: what cannot be is refused with a clear word, and of two people at once one wins."""

import pytest
from client import Refused, at_once


@pytest.fixture
def sent(english):
    """Return a submitted claim."""
    claim = english.claim()
    english.warranty.call("dealer.claim", "action_submit", claim)
    return claim


class TestClaims:
    def moves(self, house, claim):
        return house.accountant.find("account.move", [["dealer_claim_id", "=", claim]], ["move_type", "state"])

    def test_answered_by_two_at_once(self, english, sent):
        lines = english.warranty.search("dealer.claim.line", [["claim_id", "=", sent]])
        english.warranty.call(
            "dealer.claim.line", "write", lines, vals={"answer": "refused", "answer_reason": "No photo"}
        )
        answers = at_once(*[lambda: english.warranty.call("dealer.claim", "action_answer", sent)] * 2)
        assert sorted(kind for kind, _answer in answers) == ["done", "refused"], answers
        assert len(self.moves(english, sent)) == 1, "credited once"

    def test_typed_steps_are_refused(self, english, sent):
        for vals in ({"state": "answered"}, {"variance_state": "written_off"}, {"amount_accepted": 1}):
            with pytest.raises(Refused):
                english.warranty.call("dealer.claim", "write", sent, vals=vals)
        line = english.warranty.search("dealer.claim.line", [["claim_id", "=", sent]])[0]
        with pytest.raises(Refused):
            english.warranty.call("dealer.claim.line", "write", line, vals={"amount_claimed": 1})
        with pytest.raises(Refused):
            english.service.call("dealer.claim", "action_accept_all", sent)

    def test_more_than_claimed(self, english, sent):
        line = english.warranty.search("dealer.claim.line", [["claim_id", "=", sent]])[0]
        with pytest.raises(Refused) as refused:
            english.warranty.call(
                "dealer.claim.line", "write", line, vals={"answer": "short", "amount_accepted": 999999}
            )
        assert "claimed" in str(refused.value)
