"""A technician's day on the phone (journey 15) and the workshop manager's board (journey 16).

The pictures kept among the artefacts are those of ``docs/guide/workshop-work.md``.
"""

import io

import pytest
from PIL import Image
from test_bookings import Steps


def photo():
    """Return what the phone's camera takes."""
    content = io.BytesIO()
    Image.new("RGB", (640, 480), (120, 110, 100)).save(content, "JPEG")
    return {"name": "disc.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}


@pytest.fixture(scope="class")
def jobs(house):
    """Return two jobs that wait for a technician: (job, plate) each, on orders checked in by the advisor."""
    domain = [["company_id", "=", house.company], ["plate", "!=", False], ["place", "=", "with_customer"]]
    cars = house.root.find("dealer.vehicle", domain, ["plate", "odometer_km", "owner_id"], limit=2, order="id desc")
    operation = house.root.search("dealer.operation", [["code", "=", "BR-F"]])[0]
    found = []
    for car in cars:
        order = house.service.create(
            "repair.order",
            {
                "dealer_vehicle_id": car["id"],
                "odometer_km": car["odometer_km"] + 100,
                "job_ids": [[0, 0, {"name": "Brakes squeal", "line_ids": [[0, 0, {"operation_id": operation}]]}]],
            },
        )
        house.service.call("repair.order", "action_check_in", order)
        job = house.service.search("dealer.job", [["order_id", "=", order]])[0]
        found.append((job, car["plate"]))
    return found


def card(window, plate):
    """Return the card of a car."""
    return window.page.locator(".o_kanban_record", has_text=plate).first


def tap(window, plate, button):
    """Tap a button of a car's card and wait for the server's answer."""
    target = card(window, plate).locator(f"button[name={button}]")
    window.answered(button, target.first.click)
    return window


class TestWork:
    """The steps stand in the order of the guide."""

    def test_1_my_jobs_on_the_phone(self, people, house, jobs):
        house.free_technician()
        (job, plate), (other, other_plate) = jobs
        technician = house.root.search("hr.employee", [["user_id", "=", house.uid("technician")]])[0]
        for each in (job, other):
            house.service.call("dealer.job", "action_dispatch", each, to_employee_id=technician)
        phone, did = people("technician", phone=True), Steps()
        phone.open("dealer_workshop.dealer_job_action_mine").see(plate).picture("my-jobs-phone")
        did(tap(phone, plate, "action_clock_on").no_complaint())
        did(tap(phone, other_plate, "action_switch_clock").no_complaint())
        did(tap(phone, plate, "action_switch_clock").no_complaint())
        assert did.count == 3
        running = house.workshop.find(
            "dealer.job.clock", [["employee_id", "=", technician], ["date_to", "=", False]], ["job_id"]
        )
        assert [row["job_id"][0] for row in running] == [job]

    def test_3_findings_and_a_fault_code(self, people, house, jobs):
        (job, plate), _other = jobs
        phone = people("technician", phone=True)
        phone.open("dealer_workshop.dealer_job_action_mine").see(plate)
        tap(phone, plate, "action_findings")
        phone.type("cause", "Pads worn to 1.5 mm", scope=".modal")
        phone.type("correction", "Replaced, discs measured", scope=".modal").picture("findings-phone")
        phone.page.locator(".modal .btn-primary:visible").first.click()
        phone.settle().no_complaint()
        assert house.service.read("dealer.job", [job], ["cause"])[0]["cause"] == "Pads worn to 1.5 mm"

    def test_4_inspection_point_by_point(self, people, house, jobs):
        (_job, plate), _other = jobs
        phone, did = people("technician", phone=True), Steps()
        phone.open("dealer_workshop.dealer_job_action_mine").see(plate)
        did(tap(phone, plate, "action_inspect"))
        phone.see("Front brake pads").picture("inspection-phone")
        did(tap(phone, "Brake discs", "action_red"))
        did(tap(phone, "Wiper blades", "action_yellow"))
        did(phone.press("action_rest_green"))
        phone.picture("inspection-found-phone")
        did(phone.press("action_finish")).no_complaint()
        assert did.count == 5
        inspection = house.workshop.find(
            "dealer.inspection", [["plate", "=", plate]], ["state", "yellow_count", "red_count", "job_ids"], limit=1
        )[0]
        assert (inspection["state"], inspection["yellow_count"], inspection["red_count"]) == ("done", 1, 1)
        assert len(inspection["job_ids"]) == 2

    def test_5_off_and_done(self, people, house, jobs):
        (job, plate), _other = jobs
        phone, did = people("technician", phone=True), Steps()
        phone.open("dealer_workshop.dealer_job_action_mine").see(plate)
        did(tap(phone, plate, "action_clock_off").no_complaint())
        did(tap(phone, plate, "action_done").no_complaint())
        assert did.count == 2
        assert house.service.read("dealer.job", [job], ["state"])[0]["state"] == "done"

    def test_6_a_card_is_dragged(self, people, house, jobs):
        _first, (job, plate) = jobs
        technician = house.root.search("hr.employee", [["user_id", "=", house.uid("technician2")]])[0]
        manager = people("workshop")
        manager.page.goto(f"{manager.url}/odoo/action-dealer_workshop.dealer_dispatch_action")
        manager.page.locator(".o_dispatch_card").first.wait_for()
        manager.settle().picture("dispatch")
        # The car is here for other work too
        name = house.service.read("dealer.job", job, ["name"])["name"]
        source = manager.page.locator(".o_dispatch_card", has_text=plate).filter(has_text=name).first
        target = manager.page.locator(f".o_dispatch_column[data-employee='{technician}']")
        manager.answered("action_dispatch", lambda: drag(manager.page, source, target))
        manager.no_complaint().picture("dispatch-moved")
        names = house.service.find("dealer.job.assignment", [["job_id", "=", job]], ["employee_id"])
        assert [row["employee_id"][0] for row in names] == [technician]

    def test_7_two_move_the_same_card(self, people, house, jobs):
        _first, (job, _plate) = jobs
        technician = house.root.search("hr.employee", [["user_id", "=", house.uid("technician2")]])[0]
        with pytest.raises(Exception, match="moved meanwhile"):
            house.workshop.call("dealer.job", "action_dispatch", job, to_employee_id=technician)

    def test_8_yesterday(self, people, house):
        manager = people("workshop")
        manager.open("dealer_workshop.dealer_technician_report_action").settle().picture("productivity")
        manager.open("dealer_workshop.dealer_workshop_report_action").settle().picture("workshop-results")
        manager.open("dealer_workshop.dealer_operation_price_action").settle().picture("workshop-prices")
        manager.page.goto(f"{manager.url}/odoo/action-dealer_workshop.dealer_workshop_action_dashboard")
        manager.page.locator(".o-spreadsheet, .o_spreadsheet_dashboard_action").first.wait_for()
        manager.page.wait_for_timeout(4000)
        manager.settle().no_complaint().picture("workshop-dashboard")


def drag(page, source, target):
    """Drag with the mouse as a person does: press, move in steps, let go."""
    start, end = source.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + 12)
    page.mouse.down()
    page.mouse.move(start["x"] + start["width"] / 2 + 15, start["y"] + 30, steps=5)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 90, steps=15)
    page.wait_for_timeout(200)
    page.mouse.up()
