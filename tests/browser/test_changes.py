"""A deal that changes or falls through, as ``docs/guide/changes-and-returns.md`` tells it."""

import pytest

MOST = 11  # interactions of a practised advisor to ask for a return: clicks, choices, typed fields
SCAN = {"name": "proof.txt", "mimeType": "text/plain", "buffer": b"the authority's stamp"}


@pytest.fixture(scope="module")
def facts():
    """Keep what one step leaves to the next."""
    return {}


class TestChanges:
    """The steps stand in the order of the guide."""

    def test_1_another_car(self, people, house):
        first, second = house.stock(30_000), house.stock(30_500)
        contract = house.sign_and_hold("Carl Changer", first)
        advisor = people("advisor")
        advisor.open("dealer_sales.dealer_contract_action_all", contract).press("action_change_car")
        advisor.page.locator(".modal .o_form_view").wait_for()
        vin = house.root.read("dealer.vehicle", second, ["vin"])["vin"]
        advisor.choose("vehicle_id", vin[-8:], scope=".modal")
        advisor.type("reason", "The other colour", scope=".modal")
        advisor.press("action_confirm", scope=".modal").no_complaint()
        assert house.vehicles(first)["claim"] == "free"
        assert house.vehicles(second)["claim"] in ("held", "sold")

    def test_2_the_advisor_asks_for_a_return(self, people, house, facts):
        car, used = house.stock(31_000), 0
        contract = house.sign_and_hold("Rita Return", car)
        house.accountant.call("dealer.contract", "action_invoice", contract)
        rest = house.cashier.read("dealer.contract", contract, ["amount_open"])["amount_open"]
        house.take_money(contract, rest, "balance")
        house.advisor.call("dealer.delivery", "action_hand_over", house.prepare_delivery(contract))
        advisor = people("advisor")
        advisor.open("dealer_sales.dealer_contract_action_all", contract).press("action_return")
        used += 1
        for field, text in (("reason", "The gearbox is noisy"), ("odometer_km", "180")):
            advisor.type(field, text)
            used += 1
        for field, words in (("plates", "Plates handed back"), ("tax", "Refunded")):
            advisor.page.locator(f"[name={field}] .o_radio_item", has_text=words).first.click()
            used += 1
            advisor.page.locator(f"[name={field}_proof] input[type=file]").set_input_files(SCAN)
            used += 1
        advisor.save().picture("return-asked").no_complaint()
        used += 1
        facts.update(car=car, contract=contract)
        facts["act"] = house.advisor.search("dealer.contract.act", [["contract_id", "=", contract]])[0]
        told = house.advisor.read("dealer.contract.act", facts["act"], ["condition_after", "km_driven", "amount_fee"])
        assert told["condition_after"] == "used" and told["km_driven"] > 0 and told["amount_fee"] > 0
        assert used <= MOST

    def test_3_another_person_decides(self, people, house, facts):
        manager = people("manager")
        manager.open("dealer_sales.dealer_contract_act_action").see("Rita Return")
        manager.open("dealer_sales.dealer_contract_act_action", facts["act"]).picture("return-to-decide")
        manager.agree("action_decide")
        manager.no_complaint().see("Done").picture("return-done")
        assert house.vehicles(facts["car"], "condition")["place"] == "at_site"
        assert house.root.read("dealer.contract", facts["contract"], ["end_kind"])["end_kind"] == "return"

    def test_4_earnest_money_is_decided_and_booked(self, people, house):
        contract = house.draft_contract("Ernest Money")
        house.approve(contract)
        house.sign(contract, "Ernest Money")
        house.take_money(contract, 1000, "earnest")
        manager = people("manager")
        manager.open("dealer_sales.dealer_contract_action_all", contract).press("action_cancel")
        manager.page.locator(".modal .o_form_view").wait_for()
        manager.page.locator(".modal [name=withdrawn_by] .o_radio_item", has_text="The customer").click()
        manager.type("reason", "Bought elsewhere", scope=".modal")
        manager.picture("cancel-earnest")
        manager.press("action_confirm", scope=".modal").no_complaint()
        settlement = house.manager.search("dealer.contract.settlement", [["contract_id", "=", contract]])[0]
        manager.open("dealer_sales.dealer_contract_settlement_action", settlement).picture("earnest-money")
        manager.press("action_decide").no_complaint()
        accountant = people("accountant")
        accountant.open("dealer_sales.dealer_contract_settlement_action", settlement).press("action_book")
        accountant.no_complaint().see("Booked")
        assert house.root.read("dealer.contract", contract, ["amount_on_account"])["amount_on_account"] == 0

    def test_5_who_tried_to_sell_off_the_book(self, people, house):
        customer = house.new_customer("Off Book Browser")
        line = {"product_id": house.trim["id"], "product_uom_qty": 1}
        order = house.manager.create("sale.order", {"partner_id": customer, "order_line": [[0, 0, line]]})
        name = house.manager.read("sale.order", order, ["name"])["name"]
        with pytest.raises(Exception, match="contract"):
            house.manager.call("sale.order", "action_confirm", order)
        manager = people("manager")
        manager.open("dealer_sales.dealer_refused_attempt_action").see(name).picture("refused-attempts").no_complaint()
