"""Journey 8: insurance quotes, policies, next month's renewals with letters, and the menu of products.

As ``docs/guide/insurance-and-products.md`` tells it; the pictures kept among the artefacts are those of the guide.
"""

import pytest

LETTERS = 3  # interactions: choose all, press, and the menu that leads there counts as one
CHOICE = 8  # of a practised F&I manager who compares two insurers: clicks, choices, typed fields
MENU = 6  # a package, one product changed, sign


@pytest.fixture(scope="module")
def facts():
    """Keep what one step leaves to the next."""
    return {}


class TestInsurance:
    """The steps stand in the order of the guide."""

    def test_1_letters_for_next_month(self, people, house):
        fni, used = people("fni"), 0
        fni.open("dealer_sales.dealer_insurance_renewal_action")
        used += 1
        open_rows = house.fni.search(
            "dealer.insurance.renewal", [["state", "in", ["to_call", "quoted"]], ["is_written_to", "=", False]]
        )
        assert open_rows, "the demonstration has renewals"
        fni.settle().picture("renewals")
        fni.page.locator("thead .o_list_record_selector input").click()
        used += 1
        fni.press("action_send_letters")
        used += 1
        fni.no_complaint()
        letters = house.fni.find("dealer.insurance.letter", [["renewal_id", "in", open_rows]], ["channel", "address"])
        assert letters and {letter["channel"] for letter in letters} <= {"mail", "sms"}
        assert used <= LETTERS
        # Once more: nobody is written to twice
        fni.open("dealer_sales.dealer_insurance_renewal_action")
        fni.settle().page.locator("thead .o_list_record_selector input").click()
        fni.press("action_send_letters")
        assert fni.refusal
        again = house.fni.search("dealer.insurance.letter", [["renewal_id", "in", open_rows]])
        assert len(again) == len(letters)

    def test_2_two_insurers_side_by_side(self, people, house, facts):
        contract = house.draft_contract("Insured Person")
        facts["contract"] = contract
        fni, used = people("fni"), 0
        fni.open("dealer_sales.dealer_contract_action_all", contract).tab("Insurance and products")
        fni.press("action_open_insurance")
        used += 2
        quote = fni.record_id
        domain = [["name", "in", ["Seaboard Mutual Insurance", "Pilgrim Casualty"]]]
        insurers = house.root.search("res.partner", domain, order="id")
        kinds = house.fni.search(
            "dealer.insurance.kind", [["name", "in", ["Compulsory", "Voluntary Package"]]], order="id"
        )
        for insurer, premium in zip(insurers, (1380.0, 1425.0), strict=True):
            lines = [
                [0, 0, {"kind_id": kind, "premium": sum_}] for kind, sum_ in zip(kinds, (310.0, premium), strict=True)
            ]
            house.fni.create("dealer.insurance.offer", {"quote_id": quote, "insurer_id": insurer, "line_ids": lines})
        fni.show("dealer.insurance.quote", quote).settle()
        fni.picture("insurance-quote")
        cheaper = fni.page.locator("[name=offer_ids] .o_kanban_record button:visible").first
        fni.answered("action_choose", cheaper.click)
        used += 1
        fni.no_complaint()
        total = house.fni.read("dealer.insurance.quote", quote, ["amount_total", "state"])
        assert total["state"] == "chosen" and total["amount_total"] == 1690.0
        lines = house.advisor.find(
            "sale.order.line", [["dealer_contract_id", "=", contract], ["nature", "=", "pass_through"]], ["price_total"]
        )
        assert sum(line["price_total"] for line in lines) >= 1690.0
        assert used <= CHOICE

    def test_3_menu_accepted_declined_signed(self, people, house, facts):
        advisor, used = people("advisor"), 0
        advisor.open("dealer_sales.dealer_contract_action_all", facts["contract"]).tab("Insurance and products")
        advisor.press("action_open_protection_menu")
        used += 2
        menu = advisor.record_id
        advisor.page.locator("[name=package_ids] button:visible").first.click()
        used += 1
        advisor.settle().see("Accepted")
        advisor.picture("fni-menu")
        advisor.press("action_open_sign")
        used += 1
        advisor.page.locator(".modal .o_signature").first.click()
        advisor.page.get_by_role("button", name="Adopt & Sign").click()
        advisor.settle()
        used += 1
        advisor.press("action_sign", scope=".modal")
        used += 1
        advisor.no_complaint()
        seen = house.advisor.read("dealer.protection.menu", menu, ["state", "signed_by", "amount_accepted"])
        assert seen["state"] == "signed" and seen["amount_accepted"] > 0
        answers = house.advisor.find("dealer.protection.menu.line", [["menu_id", "=", menu]], ["answer"])
        assert {line["answer"] for line in answers} == {"accepted", "declined"}
        sold = house.advisor.find(
            "dealer.protection.contract", [["contract_id", "=", facts["contract"]]], ["state", "price_total"]
        )
        assert round(sum(one["price_total"] for one in sold) - seen["amount_accepted"], 2) == 0
        assert used <= MENU

    def test_4_on_a_phone(self, people):
        phone = people("fni", phone=True)
        phone.open("dealer_sales.dealer_insurance_renewal_action").settle()
        assert phone.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
