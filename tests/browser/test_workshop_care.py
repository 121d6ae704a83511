"""The days after a visit: the call-back, the two questions, a complaint with owner and day, the customer's own page.

The pictures kept among the artefacts are those of ``docs/guide/workshop-aftercare.md``.
"""

from datetime import date

import pytest
from test_bookings import Steps

BUDGET = 6  # from the call on the list to a complaint that somebody owns by a day


def hand_over(house, order):
    """Settle a visit whose work is checked, take the money, give the car back."""
    house.service.call("repair.order", "action_settle", order)
    bill = house.cashier.search("account.move", [["dealer_repair_id", "=", order]])[0]
    dialog = house.cashier.call("account.move", "action_collect_repair", bill)["res_id"]
    house.cashier.call("repair.order.collect", "action_collect", dialog)
    house.service.call("repair.order", "action_hand_over", order)


@pytest.fixture(scope="class")
def visits(house):
    """Return two visits that were handed over, with their calls due today."""
    found = []
    for _number in range(2):
        part = house.part(minimum=1, on_hand=2)
        order, job = house.visit(part)
        house.issue(job)
        house.work_and_check(order, job)
        hand_over(house, order)
        name = house.service.read("repair.order", order, ["partner_id"])["partner_id"][1]
        found.append({"order": order, "name": name})
    house.run_job("dealer_workshop.ir_cron_begin_aftercare")
    for visit in found:
        visit["call"] = house.service.search("dealer.call.back", [["order_id", "=", visit["order"]]])[0]
        house.service.write("dealer.call.back", visit["call"], {"date_due": str(date.today())})
    return found


def stars(window, field, count):
    """Tap so many stars of a question in the dialogue."""
    window.page.locator(f".modal [name={field}] .o_selection_badge").nth(count - 1).click()
    return window


@pytest.mark.usefixtures("in_order")
class TestCare:
    """The steps stand in the order of the guide."""

    def test_1_the_call_and_the_two_questions(self, people, house, visits, facts):
        agent, did = people("service"), Steps()
        agent.open("dealer_workshop.dealer_call_back_action").see(visits[0]["name"]).picture("call-backs")
        row = agent.page.locator(".o_data_row", has_text=visits[0]["name"])
        did(agent.answered("action_reached", row.locator("button[name=action_reached]").click))
        did(stars(agent, "service_score", 5))
        did(stars(agent, "work_score", 2))
        agent.page.locator(".modal [name=owner_id]").wait_for()
        did(agent.type("comment", "The brakes squeal when it is cold", scope=".modal"))
        agent.picture("call-answer")
        did(agent.press("action_confirm", ".modal")).no_complaint()
        assert did.count <= BUDGET, did.count
        text = agent.page.locator(".o_form_view:not(.modal *) [name=text] textarea").first
        text.wait_for()
        assert text.input_value() == "The brakes squeal when it is cold"
        agent.picture("complaint")
        case = house.service.find(
            "dealer.complaint", [["call_back_id", "=", visits[0]["call"]]], ["user_id", "date_due", "state", "origin"]
        )[0]
        assert case["user_id"][0] == house.uid("service")
        assert (case["date_due"] >= str(date.today()), case["state"], case["origin"]) == (True, "open", "call")
        facts["case"] = case["id"]
        answer = house.service.find(
            "dealer.satisfaction", [["order_id", "=", visits[0]["order"]]], ["service_score", "work_score", "channel"]
        )[0]
        assert (answer["service_score"], answer["work_score"], answer["channel"]) == (5, 2, "call")

    def test_2_the_case_is_found_from_the_order_and_solved(self, people, house, visits, facts):
        agent, did = people("service"), Steps()
        agent.open("dealer_workshop.repair_order_action", visits[0]["order"])
        agent.picture("order-with-complaint")
        did(agent.press("action_view_complaints"))
        did(agent.page.locator(".o_data_row").first.click())
        did(agent.type("solution", "Pads deglazed on the house"))
        did(agent.press("action_solve")).no_complaint()
        assert did.count == 4
        case = house.service.read("dealer.complaint", facts["case"], ["state", "solution", "solved_by_id"])
        assert (case["state"], case["solution"]) == ("solved", "Pads deglazed on the house")
        assert case["solved_by_id"][0] == house.uid("service")

    def test_3_the_customers_page(self, customer, house, visits):
        asked = house.service.search("dealer.satisfaction", [["order_id", "=", visits[1]["order"]]])[0]
        link = house.service.call("dealer.satisfaction", "action_copy_link", asked)["params"]["message"]
        page = customer.page
        page.goto(f"{customer.url}/workshop/survey/{link.rsplit('/', 1)[1]}")
        page.locator("label[for=service_score_5]").click()
        page.locator("label[for=work_score_4]").click()
        page.fill("#survey_comment", "Quick and friendly")
        page.screenshot(path=customer.artefacts / "survey-phone.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator("#workshop_survey button[type=submit]").click()
        page.get_by_text("Your answer helps us").wait_for()
        answer = house.service.read("dealer.satisfaction", asked, ["service_score", "work_score", "channel"])
        assert (answer["service_score"], answer["work_score"], answer["channel"]) == (5, 4, "page")

    def test_4_answered_by_himself_already(self, people, house, visits):
        agent = people("service")
        agent.open("dealer_workshop.dealer_call_back_action").see(visits[1]["name"])
        row = agent.page.locator(".o_data_row", has_text=visits[1]["name"])
        agent.answered("action_reached", row.locator("button[name=action_reached]").click)
        agent.see("★★★★★ · ★★★★")
        assert not agent.page.locator(".modal [name=service_score]").count()
        agent.press("action_confirm", ".modal").no_complaint()
        call = house.service.read("dealer.call.back", visits[1]["call"], ["state"])
        assert call["state"] == "content"

    def test_5_cars_that_are_due(self, people, house):
        agent = people("service")
        agent.open("dealer_workshop.dealer_service_reminder_action")
        agent.page.locator(".o_data_row").first.wait_for()
        agent.picture("reminders").no_complaint()
        assert house.service.search("dealer.service.reminder", [["state", "=", "open"]])
