"""Journey 4: the deal's last day on a phone, and what a registration clerk works on afterwards.

The pictures kept among the artefacts are those of ``docs/guide/delivery.md``.
"""

import pytest

BUDGET = 12  # interactions from the open delivery to the gate pass


@pytest.mark.usefixtures("in_order")
class TestDelivery:
    """The steps stand in the order of the guide."""

    def test_1_prepared(self, house, facts):
        """The others did their part: signed, allocated, invoiced, paid."""
        car = house.stock(20_000)
        facts["car"] = car
        facts["contract"] = contract = house.sign_and_hold(f"Peter Phone {car}", car)
        house.accountant.call("dealer.contract", "action_invoice", contract)
        rest = house.cashier.read("dealer.contract", contract, ["amount_open"])["amount_open"]
        house.take_money(contract, rest, "balance")
        facts["delivery"] = house.advisor.call("dealer.contract", "action_prepare_delivery", contract)["res_id"]

    def test_1_the_customer_chooses_his_time(self, people, customer, house, facts):
        token = house.token_of(facts["contract"])
        page = customer.page
        page.goto(f"{house.server.url}/my/contracts/{facts['contract']}?access_token={token}")
        page.locator("#contract_slot select").wait_for()
        offered = page.locator("#contract_slot option").count()
        assert offered > 3
        page.locator("#contract_slot select").select_option(index=2)
        customer.picture("portal-slot-phone")
        page.locator("#contract_slot button[type=submit]").click()
        page.locator(".alert-success").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        seen = house.advisor.read("dealer.delivery", facts["delivery"], ["appointment", "slot_start", "date_planned"])
        assert seen["appointment"] == "confirmed" and seen["slot_start"] == seen["date_planned"]
        advisor = people("advisor")
        advisor.show("dealer.delivery", facts["delivery"]).press("action_open_slots")
        advisor.page.locator(".modal button[name=action_take]").first.wait_for()
        advisor.picture("free-times").no_complaint()
        advisor.page.locator(".modal .modal-footer button").first.click()

    def test_2_keys_on_a_phone(self, people, house, facts):
        advisor = people("advisor", phone=True)
        advisor.open("dealer_sales.dealer_delivery_action")
        page = advisor.page
        page.locator(".o_kanban_record", has_text="Peter Phone").first.click()
        steps = 1
        page.locator("button[name=action_toggle]").first.wait_for()
        advisor.picture("delivery-phone")
        points = house.advisor.find(
            "dealer.delivery.line",
            [["delivery_id", "=", facts["delivery"]], ["is_required", "=", True], ["is_done", "=", False]],
            ["name"],
        )
        for point in points:
            tile = page.locator(".o_kanban_record", has_text=point["name"]).locator("button[name=action_toggle]")
            advisor.answered("action_toggle", tile.first.click)
            tile.locator(".fa-check-square-o").first.wait_for()
            steps += 1
        advisor.press("action_open_sign")
        page.locator(".modal .o_signature").first.wait_for()
        page.locator(".modal .o_signature").first.click()
        page.locator(".modal:has(.o_web_sign_auto_button), .modal:has(canvas)").last.locator(
            ".modal-footer .btn-primary"
        ).last.click()
        steps += 3  # customer signs: open, draw, adopt
        advisor.picture("delivery-signed-phone")
        with page.expect_download() as gate_pass:
            advisor.press("action_sign_and_hand_over", ".modal")
        steps += 1
        assert gate_pass.value.suggested_filename.endswith(".pdf")
        advisor.no_complaint()
        assert house.vehicles([facts["car"]])[0]["place"] == "with_customer"
        assert steps <= BUDGET, steps
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    def test_3_registered_by_the_clerk(self, people, house, facts):
        action = house.advisor.call("dealer.contract", "action_register", facts["contract"])
        clerk = people("clerk")
        clerk.open("dealer_sales.dealer_registration_action")
        clerk.page.locator(".o_data_row", has_text="Peter Phone").first.wait_for()
        clerk.picture("registrations")
        clerk.show("dealer.registration", action["res_id"])
        row = clerk.page.locator("[name=step_ids] .o_data_row").first
        row.locator("[name=number]").click()
        row.locator("[name=number] input").fill("TMP-0042")
        row.locator("[name=fee] input").fill("35.50")
        clerk.save()
        clerk.answered("action_done", row.locator("button[name=action_done]").click)
        clerk.no_complaint()
        clerk.picture("registration")
        assert house.root.read("dealer.vehicle", facts["car"], ["plate"])["plate"] == "TMP-0042"
        (paid,) = house.journal_items([["name", "ilike", "TMP-0042"], ["debit", ">", 0]])
        assert paid["debit"] == 35.5, "the fee left the cash box with its receipt"

    def test_4_month_end(self, people, facts):
        manager = people("manager")
        manager.open("dealer_sales.dealer_contract_facts_action")
        manager.page.locator(".o_list_view").first.wait_for()
        manager.picture("month-end-differences").no_complaint()
        manager.open("dealer_sales.dealer_retail_report_action")
        manager.page.locator(".o_list_view").first.wait_for()
        manager.picture("retail-reports").no_complaint()

    def test_5_messages(self, people):
        manager = people("manager")
        manager.open("dealer_sales.dealer_event_message_action")
        manager.page.locator(".o_data_row").first.wait_for()
        manager.picture("messages").no_complaint()
        manager.page.locator(".o_data_row button[name=action_open_text]").first.click()
        manager.page.locator(".modal [name=subject]").first.wait_for()
        manager.no_complaint()

    def test_6_what_the_maker_answered(self, people, house, facts):
        reports = house.clerk.find(
            "dealer.retail.report", [["contract_id", "=", facts["contract"]]], ["vin", "state"], limit=1
        )
        clerk = people("clerk")
        clerk.open("dealer_sales.dealer_retail_report_action")
        clerk.page.locator(".o_list_view").first.wait_for()
        clerk.picture("retail-reports")
        house.clerk.call("dealer.retail.report", "action_reported", reports[0]["id"])
        clerk.open("dealer_sales.dealer_import_report_action").new()
        text = f"VIN;Answer;Number at the maker\n{reports[0]['vin']};accepted;RDR-77"
        clerk.page.set_input_files(
            ".o_field_widget[name=file] input[type=file]",
            {"name": "answers.csv", "mimeType": "text/csv", "buffer": text.encode()},
        )
        clerk.save()
        clerk.press("action_check").no_complaint()
        clerk.picture("makers-answers")
        assert house.clerk.read("dealer.retail.report", reports[0]["id"], ["state"])["state"] == "reported"
        clerk.press("action_run").no_complaint()
        seen = house.clerk.read("dealer.retail.report", reports[0]["id"], ["state", "number"])
        assert (seen["state"], seen["number"]) == ("accepted", "RDR-77")
