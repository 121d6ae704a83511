"""Journey 17: what is unsent, unanswered, short-paid; submit ten. Then an answer, a cut, an old part, a recall.

As ``docs/guide/workshop-claims.md`` tells it; the pictures kept among the artefacts are those of the guide.
"""

SUBMIT = 3  # interactions: the menu, choose, press
ANSWER = 6  # of the administrator: open, cut one line (choice, sum, reason), record, write off


class TestClaims:
    """The steps stand in the order of the guide."""

    def unsent(self, house):
        return house.warranty.search("dealer.claim", [["state", "=", "draft"]])

    def test_1_submit_ten(self, people, house):
        clerk, used = people("warranty"), 0
        waiting = self.unsent(house)
        assert len(waiting) >= 10, "the demonstration has claims to submit"
        clerk.open("dealer_workshop.dealer_claim_action").settle()
        used += 1
        for words in ("To Submit", "Submitted", "Answer Received"):
            clerk.see(words)
        clerk.picture("claims")
        # All of them: what was sent before is left out, and told.
        clerk.page.locator("thead .o_list_record_selector input").click()
        used += 1
        clerk.press("action_submit")
        used += 1
        clerk.no_complaint()
        assert used <= SUBMIT
        sent = house.warranty.read("dealer.claim", waiting, ["state", "batch_id"])
        assert {claim["state"] for claim in sent} == {"sent"}
        clerk.settle().picture("claims-submission")
        batches = {claim["batch_id"][0] for claim in sent}
        assert all(house.warranty.read("dealer.claim.batch", batch, ["file_name"])["file_name"] for batch in batches)

    def test_2_an_answer_with_a_cut(self, people, house):
        clerk, used = people("warranty"), 0
        claim = house.warranty.search("dealer.claim", [["state", "=", "sent"]], limit=1)[0]
        clerk.open("dealer_workshop.dealer_claim_action", claim).settle()
        used += 1
        (line, *others) = house.warranty.find("dealer.claim.line", [["claim_id", "=", claim]], ["amount_claimed"])
        for other in others:
            house.warranty.call("dealer.claim.line", "write", other["id"], vals={"answer": "accepted"})
        cut = {"answer": "short", "amount_accepted": line["amount_claimed"] - 20, "answer_reason": "Hours too long"}
        house.warranty.call("dealer.claim.line", "write", line["id"], vals=cut)
        used += 3
        clerk.open("dealer_workshop.dealer_claim_action", claim).settle()
        clerk.press("action_answer").no_complaint()
        used += 1
        clerk.see("were cut").picture("claim-short")
        clerk.type("variance_reason", "Not worth the quarrel").save()
        clerk.press("action_write_off").no_complaint()
        used += 1
        assert used <= ANSWER
        seen = house.warranty.read("dealer.claim", claim, ["variance_state", "amount_variance", "status"])
        assert (seen["variance_state"], seen["amount_variance"]) == ("written_off", 20.0), seen

    def test_3_answered_twice_is_refused(self, people, house):
        claim = house.warranty.search("dealer.claim", [["state", "=", "sent"]], limit=1)[0]
        clerk = people("warranty")
        clerk.open("dealer_workshop.dealer_claim_action", claim).settle()
        house.warranty.call("dealer.claim", "action_accept_all", claim)
        clerk.press("action_accept_all")
        assert "already" in clerk.refusal["data"]["message"]
        clerk.refusal = None

    def test_4_what_a_recall_did(self, people, house):
        clerk = people("warranty")
        campaign = house.warranty.search("dealer.campaign", [["state", "=", "running"]], limit=1)[0]
        clerk.open("dealer_workshop.dealer_campaign_action", campaign).settle()
        clerk.see("Completion")
        clerk.picture("campaign")

    def test_5_every_list_opens(self, people):
        clerk = people("warranty")
        for action in (
            "dealer_claim_batch_action",
            "dealer_claim_part_action",
            "dealer_claim_chargeback_action",
            "dealer_accident_case_action",
            "dealer_accident_action",
            "dealer_campaign_car_action",
            "dealer_statutory_watch_action",
            "dealer_insurer_report_action",
            "dealer_import_action_claim_answer",
        ):
            clerk.open(f"dealer_workshop.{action}").settle().no_complaint()
