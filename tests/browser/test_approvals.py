"""Approvals (journey 5), as ``docs/guide/approvals.md`` tells it: why, what it costs, yes or no in two interactions."""

import pytest

MOST = 2  # interactions for one approval or refusal, from the list


@pytest.fixture(scope="class")
def asked(house):
    """Return three contracts with a car in stock, cheaper and cheaper, and what is given with them."""
    contracts = []
    for number, price in enumerate((181_000, 176_000, 160_000)):
        car = house.stock(150_000)
        contract = house.draft_contract(f"Approval {number}", price=price)
        house.advisor.write("dealer.contract", contract, {"cut_reason_id": False})
        house.advisor.call("dealer.contract", "action_reserve", contract, vehicle_id=car)
        contracts.append(contract)
    return contracts


@pytest.mark.usefixtures("in_order")
class TestApprovals:
    """The steps stand in the order of the guide."""

    def test_1_the_advisor_sees_his_limit_and_says_why(self, people, house, asked):
        advisor = people("advisor")
        advisor.show("dealer.contract", asked[0]).see("Your limit")
        gift = house.root.search("product.product", [["is_accessory", "=", True]], limit=1)
        line = {"product_id": gift[0], "price_unit": 0}
        house.advisor.write("dealer.contract", asked[0], {"order_line_ids": [[0, 0, line]]})
        advisor.show("dealer.contract", asked[0]).see("Your limit")
        advisor.picture("contract-limit").no_complaint()
        advisor.press("action_submit")
        advisor.page.locator(".modal [name=reason_id]").first.wait_for()
        advisor.choose("reason_id", "Price of a rival", ".modal")
        advisor.type("note", "Written offer of another store", ".modal")
        advisor.picture("why-cheaper").press("action_confirm", ".modal").no_complaint()
        for contract in asked[1:]:
            house.advisor.call("dealer.contract", "action_submit", contract, reason_id=house.reason, note="Asked")
        seen = house.advisor.read("dealer.contract", asked, ["version_state"])
        assert {contract["version_state"] for contract in seen} == {"under_review"}

    def test_2_approved_in_two(self, people, house, asked):
        manager = people("manager")
        number = house.manager.read("dealer.contract", asked[0], ["name"])["name"]
        manager.open("dealer_sales.dealer_contract_version_action").see(number).picture("approvals")
        used = 0
        manager.page.locator("tr.o_data_row", has_text=number).locator("[name=contract_id]").first.click()
        used += 1
        for words in ("Price of a rival", "Written offer of another store", "Gross after", "Car's age", "Rules"):
            manager.see(words)
        manager.picture("approve-deal")
        manager.press("action_approve")
        used += 1
        manager.no_complaint()
        assert used <= MOST
        version = house.manager.read("dealer.contract.version", house.version(asked[0]), ["state", "approved_by_id"])
        assert version["state"] == "approved" and version["approved_by_id"][0] == house.uid("manager")

    def test_3_refused_in_two(self, people, house, asked):
        manager = people("manager")
        number = house.manager.read("dealer.contract", asked[1], ["name"])["name"]
        manager.open("dealer_sales.dealer_contract_version_action").see(number)
        used = 0
        row = manager.page.locator("tr.o_data_row", has_text=number)
        manager.answered("action_send_back", row.locator("button[name=action_send_back]").first.click)
        used += 1
        manager.page.locator(".modal button[name=action_too_cheap]").wait_for()
        manager.picture("send-back").press("action_too_cheap", ".modal").no_complaint()
        used += 1
        assert used <= MOST
        version = house.manager.read("dealer.contract.version", house.version(asked[1]), ["state", "send_back_reason"])
        assert version["state"] == "sent_back" and version["send_back_reason"]

    def test_4_beyond_his_limit_the_general_manager_is_second(self, people, house, asked):
        version = house.version(asked[2])
        number = house.manager.read("dealer.contract", asked[2], ["name"])["name"]
        people("manager").show("dealer.contract.version", version).press("action_approve").no_complaint()
        assert house.manager.read("dealer.contract.version", version, ["state"])["state"] == "under_review"
        general = people("gm")
        general.open("dealer_sales.dealer_contract_version_action").see(number)
        general.page.locator("tr.o_data_row", has_text=number).locator("[name=contract_id]").first.click()
        general.see("Beyond the sales manager's limit").picture("approve-beyond")
        general.press("action_approve").no_complaint()
        assert house.manager.read("dealer.contract.version", version, ["state"])["state"] == "approved"

    def test_5_what_changed_since(self, people, house, asked):
        house.advisor.write("sale.order.line", house.car_line(asked[1]), {"price_unit": 183_000})
        house.advisor.call("dealer.contract", "action_submit", asked[1], reason_id=house.reason)
        manager = people("manager")
        manager.show("dealer.contract.version", house.version(asked[1])).see("Changed").see("202,400.00")
        manager.picture("what-changed").no_complaint()

    def test_6_who_cut_the_price_and_what_is_left(self, people, house, asked):
        manager = people("manager")
        manager.open("dealer_sales.dealer_contract_version_action_cut").see("Price of a rival").picture("price-cuts")
        manager.show("dealer.contract", asked[0]).tab("Recap").see("Gross of the deal")
        manager.picture("recap").no_complaint()
        manager.open("dealer_sales.dealer_incentive_action").picture("incentives").no_complaint()

    def test_7_the_manager_approves_on_his_phone(self, people, house, asked):
        manager = people("manager", phone=True)
        manager.show("dealer.contract.version", house.version(asked[1])).see("Price of a rival")
        manager.picture("approve-phone")
        manager.press("action_approve").no_complaint()
        version = house.manager.read("dealer.contract.version", house.version(asked[1]), ["state"])
        assert version["state"] == "approved"

    def test_8_an_advisor_finds_no_cost(self, people, house, asked):
        advisor = people("advisor")
        words = advisor.show("dealer.contract", asked[0]).see("Incentives").text()
        assert "Recap" not in words and "gross" not in words.lower()
        advisor.show("dealer.contract.version", house.version(asked[0])).see("Price of a rival")
        assert "Gross after" not in advisor.text()
