"""Journey 2: an offer in three ways to pay, sent as a link, as ``docs/guide/offers.md`` tells it."""

import pytest

MOST = 15  # interactions of a practised advisor: clicks, choices, typed fields


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
        offer = house.advisor.read("dealer.desking.quote", facts["offer"], ["contract_id", "chosen_scenario_id"])
        contract = house.advisor.read("dealer.contract", offer["contract_id"][0], ["amount_total", "amount_car"])
        scenario = house.advisor.read(
            "dealer.desking.scenario", offer["chosen_scenario_id"][0], ["amount_total", "car_price"]
        )
        assert contract["amount_total"] == scenario["amount_total"]
        assert contract["amount_car"] == scenario["car_price"]
