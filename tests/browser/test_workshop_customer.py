"""Journeys 13 and 25: what the customer decides on his phone, and what the order says of it.

A new payer who costs him more than he signed for; an inspection with a red point and its photo.
"""

import io

import pytest
from house import SIGNATURE
from PIL import Image
from test_bookings import Steps
from test_workshop_work import tap

EXTRA_WORK_BUDGET = 3  # sent by the advisor, one line accepted, one refused


def photo():
    """Return what the phone's camera takes."""
    content = io.BytesIO()
    Image.new("RGB", (1200, 900), "#553322").save(content, "JPEG")
    return {"name": "pads.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}


def open_visit(house, plate, job):
    """Return (order, its job) of a new customer's car with one job, signed and checked in.

    :param dict job: values of the job
    """
    customer = house.service.create("res.partner", {"name": f"Owner of {plate}", "lang": "en_US"})
    order = house.service.create(
        "repair.order",
        {
            "vehicle_text": plate,
            "partner_id": customer,
            "odometer_km": 31_200,
            "site_id": house.site,
            "job_ids": [[0, 0, job]],
        },
    )
    pad = {"order_ids": [[6, 0, [order]]], "signed_by": "Customer", "signature": SIGNATURE}
    house.service.call("repair.order.sign", "action_sign_and_check_in", house.service.create("repair.order.sign", pad))
    return order, house.service.search("dealer.job", [["order_id", "=", order]])[0]


def open_page(customer, house, order):
    """Open the visit's page by the link the customer has; it fits his phone."""
    link = house.service.read("repair.order", order, ["access_token", "access_url"])
    customer.page.goto(f"{house.server.url}{link['access_url']}?access_token={link['access_token']}")
    customer.page.locator("#repair_stage").wait_for()
    assert customer.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return customer.page


def row_of(window, words):
    """Return the row of a job on the open order."""
    return window.page.locator("[name=job_ids] .o_data_row", has_text=words).first


def change_payer(window, words, pay_type):
    """Let somebody else pay a job of the open order: open its row, choose, save."""
    row_of(window, words).locator("td[name=name]").click()
    box = window.page.locator(".modal [name=pay_type] input, .modal [name=pay_type] select").first
    box.wait_for()
    if box.evaluate("box => box.tagName") == "SELECT":
        box.select_option(label=pay_type)
    else:
        box.click()
        window.page.locator(".o_select_menu_item", has_text=pay_type).first.click()
    window.page.locator(".modal .o_form_button_save:visible").first.click()
    window.page.locator(".modal").first.wait_for(state="detached")
    return window.save()


@pytest.mark.usefixtures("in_order")
class TestNewPayer:
    """We meant to pay as a goodwill; now the customer has to, and is asked before anything is billed to him."""

    @pytest.fixture(scope="class")
    def work(self, house):
        operation = house.service.search("dealer.operation", [["code", "=", "BR-FL"]])[0]
        return {"name": "Pedal feels soft", "pay_type": "internal", "line_ids": [[0, 0, {"operation_id": operation}]]}

    def test_1_the_order_asks_him_again(self, people, house, work, facts):
        facts["order"], facts["job"] = open_visit(house, "NP 1001", work)
        advisor = people("service")
        advisor.show("repair.order", facts["order"]).tab("Jobs")
        change_payer(advisor, "Pedal feels soft", "Customer").no_complaint()
        row_of(advisor, "Pedal feels soft").get_by_text("Proposed").wait_for()
        advisor.see("Extra work decided by the customer").picture("new-payer-asked")
        advisor.press("action_offer_extra_work").no_complaint()
        told = house.service.find(
            "mail.message", [["model", "=", "repair.order"], ["res_id", "=", facts["order"]]], ["body"]
        )
        assert any("more than he signed for" in message["body"] for message in told), told

    def test_2_he_agrees_on_his_page(self, people, customer, house, facts):
        page = open_page(customer, house, facts["order"])
        asked = page.locator(f"[data-job='{facts['job']}']")
        asked.get_by_text("somebody else was to pay").wait_for()
        customer.picture("new-payer-phone")
        job = house.service.read("dealer.job", facts["job"], ["customer_amount"])
        assert job["customer_amount"] > 0
        assert f"{job['customer_amount']:.2f}" in asked.locator("tr.fw-bold").inner_text()
        asked.locator("button[name=accepted]").click()
        page.get_by_text("we have your answer").wait_for()
        assert not page.locator("#to_decide").count()
        advisor = people("service")
        advisor.show("repair.order", facts["order"]).tab("Jobs")
        row_of(advisor, "Pedal feels soft").get_by_text("Ordered").wait_for()
        advisor.picture("new-payer-agreed")
        answer = house.service.read("dealer.job", facts["job"], ["decided_channel", "decided_amount", "pay_type"])
        assert (answer["decided_channel"], answer["pay_type"]) == ("portal", "customer")
        assert answer["decided_amount"] == job["customer_amount"]

    def test_3_he_refuses_what_was_begun(self, people, customer, house, work):
        """Work that was begun goes back to who was to pay it; nothing is billed to him."""
        order, job = open_visit(house, "NP 1002", work)
        house.service.write("dealer.job", job, {"assignment_ids": [[0, 0, {"employee_id": house.technician_id()}]]})
        house.free_technician()
        house.technician.call("dealer.job", "action_clock_on", job)
        house.technician.call("dealer.job", "action_clock_off", job)
        advisor = people("service")
        advisor.show("repair.order", order).tab("Jobs")
        change_payer(advisor, "Pedal feels soft", "Customer").press("action_offer_extra_work").no_complaint()
        page = open_page(customer, house, order)
        page.locator(f"[data-job='{job}'] button[name=refused]").click()
        page.get_by_text("we have your answer").wait_for()
        customer.picture("new-payer-refused-phone")
        advisor.show("repair.order", order).tab("Jobs")
        row = row_of(advisor, "Pedal feels soft")
        row.get_by_text("Ordered").wait_for()
        assert "Internal" in row.locator("[name=pay_type]").inner_text()
        assert "Refused" in advisor.text(".o-mail-Chatter")


@pytest.mark.usefixtures("in_order")
class TestGrowth:
    """A signed job takes more hours: it waits for the customer, who decides about its new price on his phone."""

    def test_1_the_order_waits_for_him(self, people, house, facts):
        operation = house.service.search("dealer.operation", [["code", "=", "BR-FL"]])[0]
        work = {"name": "Brakes squeal", "line_ids": [[0, 0, {"operation_id": operation}]]}
        facts["order"], facts["job"] = open_visit(house, "GR 1001", work)
        line = house.service.search("dealer.job.line", [["job_id", "=", facts["job"]]])[0]
        hours = house.service.read("dealer.job.line", line, ["hours"])["hours"]
        house.service.write("dealer.job.line", line, {"hours": hours + 1})
        advisor = people("service")
        advisor.show("repair.order", facts["order"])
        advisor.see("Higher price agreed by the customer").picture("growth-waits")
        did = Steps()
        did(advisor.press("=Ask the Customer")).no_complaint()
        assert did.count <= EXTRA_WORK_BUDGET
        advisor.see("Extra work decided by the customer")

    def test_2_he_agrees_to_the_new_price(self, people, customer, house, facts):
        page = open_page(customer, house, facts["order"])
        asked = page.locator(f"[data-job='{facts['job']}']")
        asked.get_by_text("it needs more than you agreed to").wait_for()
        customer.picture("growth-phone")
        asked.locator("button[name=accepted]").click()
        page.get_by_text("we have your answer").wait_for()
        job = house.service.read("dealer.job", facts["job"], ["approval_state", "grown_amount", "decided_channel"])
        assert (job["approval_state"], job["grown_amount"], job["decided_channel"]) == ("accepted", 0, "portal")
        people("service").show("repair.order", facts["order"]).picture("growth-agreed")


@pytest.mark.usefixtures("in_order")
class TestInspectionOnHisPage:
    """The technician looks at the car, the customer decides on what was found."""

    def test_1_found_on_the_car(self, people, house, facts):
        operation = house.service.search("dealer.operation", [["code", "=", "PM-05"]])[0]
        facts["order"], job = open_visit(
            house, "IP 2001", {"name": "Oil service", "line_ids": [[0, 0, {"operation_id": operation}]]}
        )
        house.service.call("dealer.job", "action_dispatch", job, to_employee_id=house.technician_id())
        phone = people("technician", phone=True)
        phone.open("dealer_workshop.dealer_job_action_mine").see("IP 2001")
        tap(phone, "IP 2001", "action_inspect")
        tap(phone, "Front brake pads", "action_red")
        chooser = phone.page.locator(".o_kanban_record", has_text="Front brake pads").locator(".o_dealer_photo input")
        phone.answered("add_photo", lambda: chooser.first.set_input_files(photo()))
        tap(phone, "Wiper blades", "action_yellow")
        phone.press("action_rest_green").press("action_finish").no_complaint()
        rows = house.service.find("dealer.job", [["order_id", "=", facts["order"]]], ["name", "approval_state"])
        facts["jobs"] = {row["name"]: row["id"] for row in rows if row["approval_state"] == "proposed"}
        assert sorted(facts["jobs"]) == ["Front brake pads", "Wiper blades"]

    def test_2_priced_and_sent(self, people, house, facts):
        """The pads' work stands on the inspection's point; the wipers' is entered by the advisor."""
        operation = house.service.search("dealer.operation", [["code", "=", "AC-CF"]])[0]
        wipers = facts["jobs"]["Wiper blades"]
        house.service.create("dealer.job.line", {"job_id": wipers, "operation_id": operation})
        advisor, did = people("service"), Steps()
        advisor.show("repair.order", facts["order"])
        did(advisor.press("action_offer_extra_work")).no_complaint()
        facts["steps"] = did

    def test_3_one_yes_one_no_on_the_phone(self, customer, house, facts):
        did = facts["steps"]
        page = open_page(customer, house, facts["order"])
        pads, wipers = (page.locator(f"[data-job='{facts['jobs'][name]}']") for name in sorted(facts["jobs"]))
        pads.get_by_text("Needs Doing Now").wait_for()
        wipers.get_by_text("Recommended").wait_for()
        point = page.locator("#repair_inspections [data-result=red]")
        for shown in (pads.locator("img"), point.locator("img")):
            shown.scroll_into_view_if_needed()
            page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=shown.element_handle())
            assert shown.bounding_box()["width"] <= 390
        assert not wipers.locator("img").count()
        page.evaluate("window.scrollTo(0, 0)")
        customer.picture("inspection-customer-phone")
        did(pads.locator("button[name=accepted]").click())
        page.get_by_text("we have your answer").wait_for()
        did(wipers.locator("button[name=refused]").click())
        page.get_by_text("remind you at your next visit").wait_for()
        assert not page.locator("#to_decide").count()
        assert point.count() == 1, "what was found stays on the page"
        page.screenshot(path=customer.artefacts / "inspection-decided-phone.png", full_page=True)
        assert did.count <= EXTRA_WORK_BUDGET
        rows = house.service.find(
            "dealer.job", [["order_id", "=", facts["order"]]], ["name", "approval_state", "state"]
        )
        states = {row["name"]: (row["approval_state"], row["state"]) for row in rows}
        assert states["Front brake pads"] == ("accepted", "open")
        assert states["Wiper blades"] == ("refused", "declined")
        car = house.service.read("repair.order", facts["order"], ["dealer_vehicle_id"])["dealer_vehicle_id"][0]
        kept = house.service.find("dealer.vehicle.task", [["vehicle_id", "=", car], ["kind", "=", "refused"]], ["name"])
        assert [task["name"] for task in kept] == ["Wiper blades"]
