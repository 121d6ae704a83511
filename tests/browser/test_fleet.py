"""One buyer takes several cars, as ``docs/guide/fleet.md`` tells it; and a deal that is over pays its money back."""

from datetime import date, timedelta

import pytest

MOST_CONTRACTS = 3  # interactions from an agreement in force to its submitted contracts: two buttons and a window


@pytest.fixture(scope="module")
def facts():
    """Keep what one step leaves to the next."""
    return {}


class TestFleet:
    """The steps stand in the order of the guide."""

    def test_1_the_advisor_writes_it_down(self, people, house, facts):
        customer = house.new_customer("Harbour Taxi Co.")
        assert customer
        advisor = people("advisor")
        advisor.menu("dealer_sales.dealer_sales_menu_contracts", "dealer_sales.dealer_fleet_agreement_menu").new()
        advisor.choose("partner_id", "Harbour Taxi")
        advisor.type("reference", "Tender 2026-14")
        advisor.type("date_to", f"{date.today() + timedelta(days=180):%m/%d/%Y}")
        for quantity, price in ((3, 30900), (2, 30100)):
            advisor.page.locator("[name=line_ids] .o_field_x2many_list_row_add a").first.click()
            advisor.choose("product_id", house.trim["display_name"][:12], scope=".o_selected_row")
            advisor.type("price", price, scope=".o_selected_row")
            advisor.type("quantity", quantity, scope=".o_selected_row")
        advisor.save().picture("fleet-draft").no_complaint()
        facts["agreement"] = advisor.record_id
        advisor.press("action_ask").no_complaint().see("was asked to put it in force")

    def test_2_a_manager_puts_it_in_force(self, people, facts):
        manager = people("manager")
        manager.open("dealer_sales.dealer_fleet_agreement_action").see("Harbour Taxi Co.")
        manager.open("dealer_sales.dealer_fleet_agreement_action", facts["agreement"]).press("action_agree")
        manager.no_complaint().see("In force")

    def test_3_contracts_in_one_click(self, people, house, facts):
        advisor, used = people("advisor"), 0
        advisor.open("dealer_sales.dealer_fleet_agreement_action", facts["agreement"]).press("action_make_contracts")
        used += 1
        advisor.page.locator(".modal .o_form_view").wait_for()
        advisor.press("action_confirm", scope=".modal").no_complaint()
        used += 1
        advisor.picture("fleet-contracts")
        advisor.open("dealer_sales.dealer_fleet_agreement_action", facts["agreement"]).press("action_submit_drafts")
        used += 1
        advisor.no_complaint().picture("fleet-submitted")
        made = house.advisor.find(
            "dealer.contract",
            [["fleet_agreement_id", "=", facts["agreement"]]],
            ["amount_car", "version_state"],
        )
        assert sorted(row["amount_car"] for row in made) == [30100] * 2 + [30900] * 3
        assert {row["version_state"] for row in made} == {"under_review"}
        assert used <= MOST_CONTRACTS
        advisor.tab("Contracts").picture("fleet-agreement-contracts")

    def test_4_approved_together(self, people, house, facts):
        manager = people("manager")
        versions = house.manager.search(
            "dealer.contract.version", [["contract_id.fleet_agreement_id", "=", facts["agreement"]]]
        )
        assert len(versions) == 5
        manager.open("dealer_sales.dealer_contract_version_action").see("Harbour Taxi Co.")
        manager.picture("fleet-to-approve")

    def test_5_half_of_it_is_still_open(self, people, house):
        domain = [["reference", "=", "RFP 26-118"]]  # of the demonstration
        agreement = house.advisor.search("dealer.fleet.agreement", domain)[0]
        advisor = people("advisor")
        advisor.open("dealer_sales.dealer_fleet_agreement_action", agreement).see("Still open")
        advisor.picture("fleet-agreement").press("action_make_contracts").no_complaint()
        advisor.page.locator(".modal .o_form_view").wait_for()
        advisor.picture("fleet-make")


class TestMoneyGoesBack:
    """A cashier pays all of a cancelled deal back at once; a second manager is asked where money would be forgone."""

    def test_1_a_second_person_is_asked(self, people, house):
        values = {
            "partner_id": house.new_customer("Own Deal"),
            "product_id": house.trim["id"],
            "user_id": house.uid("advisor"),
            "cut_reason_id": house.reason,
        }
        contract = house.manager.create("dealer.contract", values)  # written by the manager: his own deal too
        house.approve(contract)
        house.sign(contract, "Own Deal")
        house.take_money(contract, 1500, "earnest")
        manager = people("manager")
        manager.open("dealer_sales.dealer_contract_action_all", contract).press("action_cancel")
        manager.page.locator(".modal .o_form_view").wait_for()
        manager.type("reason", "A friend of the house", scope=".modal")
        manager.press("action_confirm", scope=".modal").no_complaint()
        manager.see("a second person").picture("cancel-second-person")
        assert house.root.read("dealer.contract", contract, ["state"])["state"] == "signed"
        act = house.root.search("dealer.contract.act", [["contract_id", "=", contract]])
        house.gm.call("dealer.contract.act", "action_decide", act)
        assert house.root.read("dealer.contract", contract, ["state"])["state"] == "cancelled"

    def test_2_the_cashier_refunds_what_is_open(self, people, house):
        contract = house.draft_contract("Paula Payback")
        house.approve(contract)
        house.sign(contract, "Paula Payback")
        house.take_money(contract, 1500, "earnest")
        house.take_money(contract, 2500, "balance")
        house.manager.call("dealer.contract", "action_cancel", contract, reason="off", withdrawn_by="agreed")
        cashier = people("cashier")
        cashier.open("dealer_sales.dealer_contract_action_money", contract).press("action_refund_open")
        cashier.page.locator(".modal .o_form_view").wait_for()
        cashier.type("reason", "The deal is off", scope=".modal")
        cashier.picture("refund-open")
        cashier.press("action_confirm", scope=".modal").no_complaint()
        assert house.root.read("dealer.contract", contract, ["amount_on_account"])["amount_on_account"] == 0
        cashier.picture("refunds-made")
