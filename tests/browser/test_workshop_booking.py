"""The call (journey 12), the customer who picks his slot on a phone (journey 25), the planning.

Pictures of the steps are kept among the artefacts.
"""

from datetime import datetime, timedelta

import pytest

BUDGET = 9  # interactions of a call, journey 12


class Steps:
    """Counts what a practised person does: clicks, choices, typed fields."""

    def __init__(self):
        self.count = 0

    def __call__(self, done):
        """Count one interaction; ``done`` is what it did."""
        self.count += 1
        return done


@pytest.fixture(scope="class")
def day():
    """Return a day of the store's week ahead on which it works, and nobody of the demonstration is booked."""
    moment = datetime.now() + timedelta(days=9)
    while moment.weekday() > 4:
        moment += timedelta(days=1)
    return moment


@pytest.fixture(scope="class")
def car(house):
    """Return a customer's car with a plate, a mail address and a recall."""
    partner = house.new_customer("Grace Whitman")
    house.root.write("res.partner", partner, {"email": "grace@example.com"})
    vehicle = house.keeper.create("dealer.vehicle", {"vin": house.new_vin(), "condition": "used"})
    plate = f"7BK {house.new_vin()[-3:]}"
    house.root.write(
        "dealer.vehicle",
        vehicle,
        {"owner_id": partner, "keeper_id": partner, "plate_ids": [[0, 0, {"plate": plate, "partner_id": partner}]]},
    )
    house.root.create("dealer.vehicle.task", {"name": "Airbag inflator", "kind": "recall", "vehicle_id": vehicle})
    return {"id": vehicle, "plate": plate, "partner": partner}


@pytest.fixture(scope="class")
def facts():
    """Return what the steps hand on."""
    return {}


class TestWorkshopBooking:
    """The steps stand in the order of the guide."""

    def test_1_the_call(self, people, house, car, day, facts):
        service, did = people("service"), Steps()
        service.open("dealer_workshop.dealer_appointment_action")
        did(service.new())
        did(service.type("vehicle_text", car["plate"]))
        service.see("Airbag inflator")
        did(service.choose("operation_ids", "PM-05"))
        did(service.choose("operation_ids", "BR-F"))
        did(service.type("wanted_day", f"{day:%m/%d/%Y}"))
        service.picture("booking-call")
        did(service.press("action_first_slot"))
        did(service.press("action_courtesy_car"))
        did(service.press("action_confirm"))
        service.no_complaint().picture("booking-call-done")
        seen = house.service.find(
            "dealer.appointment",
            [["vehicle_id", "=", car["id"]]],
            ["state", "date_from", "bay_id", "employee_id", "hours", "courtesy_booking_id", "confirmed_on"],
        )[0]
        facts["appointment"] = seen["id"]
        assert seen["state"] == "booked"
        assert seen["date_from"][:10] == f"{day:%Y-%m-%d}"
        assert seen["bay_id"] and seen["employee_id"] and seen["courtesy_booking_id"] and seen["confirmed_on"]
        assert round(seen["hours"], 2) == 1.8
        house.run_job("dealer_workshop.ir_cron_appointment_messages")
        told = house.service.find("dealer.appointment.log", [["appointment_id", "=", seen["id"]]], ["event", "state"])
        assert {"event": "confirmed", "state": "sent"}.items() <= told[0].items(), told
        assert did.count <= BUDGET, did.count

    def test_2_the_customer_picks_on_his_phone(self, people, house, car, day, customer, facts):
        """The advisor sets work and length, the customer chooses; what is taken meanwhile is told."""
        operation = house.service.search("dealer.operation", [["code", "=", "PM-20"]])[0]
        one = house.service.create(
            "dealer.appointment",
            {
                "vehicle_id": car["id"],
                "wanted_day": f"{day:%Y-%m-%d}",
                "line_ids": [[0, 0, {"operation_id": operation}]],
            },
        )
        service = people("service")
        service.show("dealer.appointment", one).press("action_send_link").no_complaint()
        service.page.reload()
        service.see("Link for the Customer").picture("booking-link")
        url = house.service.read("dealer.appointment", one, ["link_url"])["link_url"]
        path = url[url.index("/my/") :]
        page = customer.page
        page.goto(f"{house.server.url}{path}")
        page.get_by_text("Choose your time").wait_for()
        page.screenshot(path=customer.artefacts / "booking-slots-phone.png", full_page=False)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
            "nothing lies beside the phone"
        )
        page.locator(".o_dealer_slot").nth(2).click()
        page.get_by_text("we expect you then").wait_for()
        page.screenshot(path=customer.artefacts / "booking-chosen-phone.png")
        seen = house.service.read("dealer.appointment", one, ["state", "bay_id", "employee_id", "confirmed_on"])
        assert seen["state"] == "booked" and seen["bay_id"] and seen["employee_id"] and seen["confirmed_on"]
        page.get_by_role("button", name="Choose another time").click()
        page.get_by_text("Choose your time").wait_for()
        page.goto(f"{house.server.url}/my/appointments/{one}?access_token=somebody")
        page.get_by_text("This link is not valid").wait_for()

    def test_3_planning(self, people, house, day, facts):
        service = people("service")
        service.page.goto(f"{house.server.url}/odoo/action-dealer_workshop.dealer_appointment_action_planning")
        service.page.locator(".o_dealer_board_row").nth(1).wait_for()
        service.picture("booking-planning-today")
        service.page.get_by_role("button", name="Next", exact=True).click()
        service.settle()
        service.page.locator("button[name=by_technician]").click()
        service.settle().picture("booking-planning")
        service.page.locator("button[name=week]").click()
        service.page.locator(".o_dealer_board_week").wait_for()
        service.picture("booking-week")
        board = house.service.call("dealer.appointment", "get_board", day=f"{day:%Y-%m-%d}")
        block = next(block for block in board["blocks"] if block["id"] == facts["appointment"])
        service.page.goto(f"{house.server.url}/odoo/action-dealer_workshop.dealer_appointment_action_planning")
        service.page.locator(".o_dealer_board_row").nth(1).wait_for()
        # The board opens on today; the heads of the week lead to a day
        service.page.locator("button[name=week]").click()
        service.page.locator(".o_dealer_board_week").wait_for()
        for _week in range((day.date() - datetime.now().date()).days // 7 + 2):
            heads = service.page.locator(".o_dealer_board_week thead button")
            wanted = heads.filter(has_text=f"{day:%m/%d/%Y}").or_(heads.filter(has_text=f"{day:%b} {day.day}"))
            if wanted.count():
                break
            service.page.get_by_role("button", name="Next", exact=True).click()
            service.settle()
        wanted.first.click()
        target = service.page.locator(".o_dealer_board_block", has_text="Grace Whitman").first
        target.wait_for()
        lane = service.page.locator(f".o_dealer_board_lane[data-row='{block['row']}']")
        box = lane.bounding_box()
        with service.page.expect_response(lambda answer: answer.url.endswith("/move_on_board")):
            target.drag_to(lane, target_position={"x": box["width"] * 0.9, "y": 20}, source_position={"x": 4, "y": 10})
        service.settle()
        moved = house.service.call("dealer.appointment", "get_board", day=f"{day:%Y-%m-%d}")
        now = next(one for one in moved["blocks"] if one["id"] == facts["appointment"])
        assert now["from"] > block["from"], (block, now)

    def test_4_missed_and_called(self, people, house, facts):
        service = people("service")
        house.service.call("dealer.appointment", "action_no_show", facts["appointment"])
        service.open("dealer_workshop.dealer_appointment_action_no_shows")
        service.see("Grace Whitman").picture("booking-no-shows")
        service.page.locator(".o_data_row", has_text="Grace Whitman").first.locator(
            "button[name=action_call_back]"
        ).click()
        service.settle().no_complaint()
        calls = house.service.search(
            "mail.activity", [["res_model", "=", "dealer.appointment"], ["res_id", "=", facts["appointment"]]]
        )
        assert len(calls) == 1

    def test_5_book_a_service(self, people, house, customer, car):
        """Own page of a customer with a login: car, work by menu, then the time."""
        login = f"grace{car['id']}"
        group = house.root.find("ir.model.data", [["module", "=", "base"], ["name", "=", "group_portal"]], ["res_id"])[
            0
        ]["res_id"]
        house.root.create(
            "res.users",
            {
                "name": "Grace Whitman",
                "login": login,
                "password": login,
                "partner_id": car["partner"],
                "company_id": house.company,
                "company_ids": [[6, 0, [house.company]]],
                "group_ids": [[6, 0, [group]]],
            },
        )
        page = customer.page
        page.goto(f"{house.server.url}/web/login?redirect=/my/service")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", login)
        page.click("button[type=submit]")
        page.locator("#service_car").wait_for()
        assert car["plate"] in page.locator("#service_car").inner_text()
        page.locator("label", has_text="Minor service").first.click()
        page.screenshot(path=customer.artefacts / "booking-service-phone.png")
        page.get_by_role("button", name="Go on").click()
        page.get_by_text("Choose your time").wait_for()
        page.locator(".o_dealer_slot").first.click()
        page.get_by_text("we expect you then").wait_for()
        page.goto(f"{house.server.url}/my/appointments")
        page.get_by_text(car["plate"]).first.wait_for()
        page.screenshot(path=customer.artefacts / "booking-mine-phone.png")
