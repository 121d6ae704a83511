"""Journeys 2, 3 and 25: an offer in three ways to pay becomes a contract the customer signs and pays on his phone.

As ``docs/guide/offers.md`` and ``docs/guide/first-car.md`` tell it.
"""

import pytest

MOST = 15  # interactions of a practised advisor: clicks, choices, typed fields
TO_APPROVAL = 6  # from the chosen scenario to the approval, the car picked and the deposit agreed
TO_LINK = 2  # from the approval to the link to sign


@pytest.fixture(scope="module")
def facts():
    """Keep what one step leaves to the next."""
    return {}


class TestOffer:
    """The steps stand in the order of the guide."""

    def test_1_from_the_enquiry_to_the_link(self, people, house, facts):
        advisor, used = people("advisor"), 0
        lead = house.enquire("Olivia Reader")
        house.advisor.write("crm.lead", lead, {"email_from": "olivia@example.com"})
        advisor.open("dealer_sales.crm_lead_action_dealer", lead)
        advisor.press("action_new_offer")
        used += 1
        advisor.choose("product_id", "Sportage 2026 EX")
        used += 1
        cards = advisor.page.locator("[name=scenario_ids] .o_kanban_record:not(.o_kanban_ghost)")
        cards.nth(2).click()
        used += 1
        advisor.page.locator(".modal .o_form_view").wait_for()
        for field, text in (("trade_in_amount", "8000"), ("target_payment", "400")):
            advisor.type(field, text, scope=".modal")
            used += 1
        advisor.page.locator(".modal [name=solve_for] .o_selection_badge", has_text="Deposit").click()
        used += 1
        advisor.page.locator(".modal [name=payment]", has_text="400.00").wait_for()
        advisor.page.locator(".modal .modal-footer .btn-primary").first.click()
        used += 1
        advisor.settle().press("action_send")
        used += 1
        advisor.page.locator(".modal .o_form_view").wait_for()
        advisor.press("action_send_mail", scope=".modal")
        used += 1
        advisor.settle().see("Sent").picture("offer").no_complaint()
        facts["offer"] = house.advisor.search("dealer.desking.quote", [["lead_id", "=", lead]])[0]
        state = house.advisor.read("dealer.desking.quote", facts["offer"], ["state", "portal_link"])
        assert state["state"] == "sent"
        facts["link"] = state["portal_link"]
        assert used <= MOST

    def test_2_the_customer_reads_it_on_a_phone(self, customer, facts):
        customer.page.goto(customer.url + facts["link"][facts["link"].index("/my/") :])
        for words in ("On-the-road price", "Real annual rate"):
            customer.page.get_by_text(words).first.wait_for()
        customer.page.screenshot(path=customer.artefacts / "offer-phone.png")
        assert customer.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        customer.page.goto(f"{customer.url}/my/offers/{facts['offer']}?access_token=wrong")
        assert "On-the-road price" not in customer.page.content()

    def test_3_taken_it_is_a_contract(self, people, house, facts):
        advisor = people("advisor")
        advisor.open("dealer_sales.dealer_desking_quote_action", facts["offer"])
        advisor.page.locator("[name=scenario_ids] .o_kanban_record button").nth(2).click()
        advisor.page.locator("button[name=action_submit]").wait_for()
        advisor.no_complaint()
        facts["used"] = 1
        offer = house.advisor.read("dealer.desking.quote", facts["offer"], ["contract_id", "chosen_scenario_id"])
        contract = house.advisor.read("dealer.contract", offer["contract_id"][0], ["amount_total", "amount_car"])
        scenario = house.advisor.read(
            "dealer.desking.scenario", offer["chosen_scenario_id"][0], ["amount_total", "car_price"]
        )
        assert contract["amount_total"] == scenario["amount_total"]
        assert contract["amount_car"] == scenario["car_price"]
        facts["contract"] = offer["contract_id"][0]

    def test_4_the_car_is_picked_and_the_manager_asked(self, people, house, facts):
        advisor, used = people("advisor"), facts["used"] + 1  # the deposit is one field
        facts["car"] = house.stock(21_000)
        house.advisor.write("dealer.contract", facts["contract"], {"deposit_amount": 500})
        advisor.show("dealer.contract", facts["contract"]).press("action_reserve")
        used += 1
        row = advisor.page.locator(".modal [name=candidate_ids] .o_data_row").first
        row.wait_for()
        advisor.picture("car-picked")
        advisor.answered("action_take_for_contract", row.locator("button[name=action_take_for_contract]").click)
        used += 1
        advisor.page.locator(".modal").first.wait_for(state="detached")
        if not house.advisor.read("dealer.contract", facts["contract"], ["cut_reason_id"])["cut_reason_id"]:
            house.advisor.write("dealer.contract", facts["contract"], {"cut_reason_id": house.reason})
            advisor.show("dealer.contract", facts["contract"])
            used += 1  # the reason is one choice
        advisor.press("action_submit").no_complaint()
        used += 1
        seen = house.advisor.read("dealer.contract", facts["contract"], ["vehicle_id", "version_state"])
        assert seen["vehicle_id"] and seen["version_state"] == "under_review", seen
        assert used <= TO_APPROVAL, used

    def test_5_approved_the_link_goes_out(self, people, house, facts):
        house.manager.call("dealer.contract.version", "action_approve", house.version(facts["contract"]))
        house.approve_above(facts["contract"])
        advisor, used = people("advisor"), 0
        advisor.show("dealer.contract", facts["contract"]).see("Approved")
        advisor.press("action_send_to_sign")
        used += 1
        advisor.page.locator(".modal .o_form_view").wait_for()
        advisor.press("action_send_mail", scope=".modal").no_complaint()
        used += 1
        assert used <= TO_LINK

    def test_6_signed_and_paid_on_the_customers_phone(self, customer, house, facts):
        token = house.token_of(facts["contract"])
        page = customer.page
        page.goto(f"{customer.url}/my/contracts/{facts['contract']}?access_token={token}")
        page.locator("[data-bs-target='#modal_contract_sign']:visible").first.click()
        page.locator("input[name=signer]:visible").first.fill("Olivia Reader")
        page.locator(".o_web_sign_auto_button:visible").first.click()
        page.locator("button.o_portal_sign_submit:not([disabled]):visible").first.click()
        page.wait_for_url("**message=sign_ok**")
        page.locator("[data-bs-target='#modal_contract_pay']:visible").first.click()
        page.locator("#modal_contract_pay #customer_input:visible").first.fill("4242 4242 4242 4242")
        customer.picture("portal-pay-phone")
        page.locator("#modal_contract_pay button[name=o_payment_submit_button]:not([disabled]):visible").first.click()
        page.wait_for_url("**message=pay_done**")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.locator("#contract_steps").wait_for()
        customer.picture("portal-steps-phone")
        seen = house.advisor.read("dealer.contract", facts["contract"], ["state", "amount_received", "deposit_amount"])
        assert seen["state"] == "signed" and seen["amount_received"] >= seen["deposit_amount"] > 0, seen
