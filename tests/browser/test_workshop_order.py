"""Journeys 13 and 25: the car is taken in on a phone, extra work is decided by the customer, who pays on his page.

The pictures kept among the artefacts are those of ``docs/guide/workshop-orders.md``.
"""

import io
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

RECEPTION_BUDGET = 8  # from the booked appointment to the car checked in
EXTRA_WORK_BUDGET = 3  # sent by the advisor, one line accepted, one refused


def _photo():
    stream = io.BytesIO()
    Image.new("RGB", (1200, 900), "#884422").save(stream, "JPEG")
    return stream.getvalue()


def _draw(page):
    """Write a name on the pad."""
    pad = page.locator(".modal .o_dealer_pad canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 60)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 30 + step * 25, box["y"] + 60 + (25 if step % 2 else -25))
    page.mouse.up()


@pytest.mark.usefixtures("in_order")
class TestWorkshopOrder:
    """The steps stand in the order of the guide."""

    def _book(self, house, facts):
        """Book a new customer's car for now."""
        facts["customer"] = customer = house.service.create("res.partner", {"name": "Wanda Workshop", "lang": "en_US"})
        plate = f"WK {datetime.now(UTC):%H%M%S}"
        facts["plate"] = plate
        appointment = house.service.create(
            "dealer.appointment",
            {
                "vehicle_text": plate,
                "partner_id": customer,
                "site_id": house.site,
                "date_from": f"{datetime.now(UTC) + timedelta(minutes=5):%Y-%m-%d %H:%M:%S}",
                "line_ids": [[0, 0, {"operation_id": facts["operation"], "repair_kind": "maintenance"}]],
            },
        )
        return appointment

    def _operation(self, house, code):
        return house.service.search("dealer.operation", [["code", "=", code]])[0]

    @pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
    def test_1_reception(self, people, house, facts, phone):
        facts["operation"] = self._operation(house, "PM-05")
        appointment = self._book(house, facts)
        advisor = people("service", phone=phone)
        page = advisor.page
        advisor.show("dealer.appointment", appointment)
        advisor.press("action_arrive")
        page.locator("[name=damage_sketch] img").first.wait_for()
        advisor.type("odometer_km", 42_120)
        page.locator("[name=fuel_level] label", has_text="1/2").first.click()
        steps = 3  # arrived, kilometres, fuel
        sketch = page.locator(".o_dealer_damage_car")
        sketch.scroll_into_view_if_needed()
        size = sketch.bounding_box()
        advisor.answered(
            "add_damage", lambda: sketch.click(position={"x": size["width"] * 0.33, "y": size["height"] * 0.18})
        )
        page.locator(".o_dealer_damage_point").first.wait_for()
        photo = {"name": "door.jpg", "mimeType": "image/jpeg", "buffer": _photo()}
        advisor.answered("add_photo", lambda: page.locator(".o_dealer_photo input").first.set_input_files(photo))
        steps += 2
        advisor.picture(f"reception{'-phone' if phone else ''}")
        facts["order"] = order = advisor.record_id
        advisor.press("action_sign")
        page.locator(".modal .o_dealer_pad").wait_for()
        _draw(page)
        steps += 2
        advisor.picture(f"sign-order{'-phone' if phone else ''}")
        advisor.press("action_sign_and_check_in", ".modal")
        steps += 1
        advisor.no_complaint()
        row = house.service.read("repair.order", order, ["stage", "signed_by", "fuel_level", "promised_date"])
        assert row["stage"] == "received", row
        assert row["signed_by"] == "Wanda Workshop"
        assert row["fuel_level"] == "50"
        assert row["promised_date"], "a time is promised by the hours of the work"
        assert steps <= RECEPTION_BUDGET, steps
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    def test_2_too_big_and_no_photo(self, people, house, facts):
        """A film of 50 MB and a table are refused in words; what was typed is still there."""
        order = house.service.create(
            "repair.order", {"vehicle_text": facts["plate"], "odometer_km": 42_200, "site_id": house.site}
        )
        advisor = people("service", phone=True)
        page = advisor.page
        advisor.show("repair.order", order)
        advisor.type("left_note", "A violin")
        chooser = page.locator(".o_dealer_photo input").first
        chooser.wait_for(state="attached")
        chooser.set_input_files({"name": "film.jpg", "mimeType": "image/jpeg", "buffer": b"\xff" * (48 * 1024 * 1024)})
        page.locator(".o_notification", has_text="more than 20 MB").first.wait_for()
        chooser.set_input_files({"name": "table.jpg", "mimeType": "image/jpeg", "buffer": b"not a photo"})
        page.locator(".modal", has_text="not a picture").first.wait_for()
        page.locator(".modal .modal-footer .btn-primary").first.click()
        assert house.service.read("repair.order", order, ["left_note"])["left_note"] == "A violin"
        advisor.refusal = None

    def test_3_extra_work(self, people, customer, house, facts):
        order = facts["order"]
        part = house.service.search("product.product", [["default_code", "=", "58101-D9A10"]])[0]
        brakes = {
            "order_id": order,
            "name": "Front pads worn",
            "cause": "2 mm left, limit 2 mm",
            "urgency": "now",
            "line_ids": [[0, 0, {"operation_id": self._operation(house, "BR-F")}]],
            "part_ids": [[0, 0, {"product_id": part, "quantity": 1}]],
        }
        wipers = {
            "order_id": order,
            "name": "Cabin filter clogged",
            "urgency": "soon",
            "line_ids": [[0, 0, {"operation_id": self._operation(house, "AC-CF")}]],
        }
        facts["brakes"], facts["filter"] = (house.service.create("dealer.job", vals) for vals in (brakes, wipers))
        states = house.service.find("dealer.job", [["order_id", "=", order]], ["approval_state"])
        assert sorted(state["approval_state"] for state in states) == ["accepted", "proposed", "proposed"]
        advisor = people("service")
        advisor.show("repair.order", order)
        advisor.tab("Jobs")
        advisor.page.locator("[name=estimate_amount]").first.scroll_into_view_if_needed()
        advisor.picture("extra-work")
        advisor.press("action_offer_extra_work").no_complaint()
        steps = 1
        link = house.root.read("repair.order", order, ["access_token", "access_url"])
        facts["link"] = f"{house.server.url}{link['access_url']}?access_token={link['access_token']}"
        page = customer.page
        page.goto(facts["link"])
        page.locator("#to_decide").wait_for()
        customer.picture("customer-decides-phone")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.locator(f"[data-job='{facts['brakes']}'] button[name=accepted]").click()
        page.get_by_text("we have your answer").wait_for()
        page.locator(f"[data-job='{facts['filter']}'] button[name=refused]").click()
        page.get_by_text("remind you at your next visit").wait_for()
        steps += 2
        assert steps <= EXTRA_WORK_BUDGET
        parts = house.service.find("dealer.job.part", [["job_id", "=", facts["brakes"]]], ["quantity"])
        assert [row["quantity"] for row in parts] == [1.0]
        car = house.service.read("repair.order", order, ["dealer_vehicle_id"])["dealer_vehicle_id"][0]
        refused = house.service.search("dealer.vehicle.task", [["vehicle_id", "=", car], ["kind", "=", "refused"]])
        assert len(refused) == 1

    def test_4_the_page_is_live(self, customer, house, facts):
        """The customer looks on while the technician begins."""
        page = customer.page
        page.goto(facts["link"])
        assert page.locator("#repair_stage").inner_text() != "In work"
        first = house.service.search("dealer.job", [["order_id", "=", facts["order"]]], order="number", limit=1)
        house.technician2.call("dealer.job", "action_clock_on", first)
        page.locator("#repair_stage", has_text="In work").wait_for(timeout=90_000)
        customer.picture("customer-page-phone")
        house.technician2.call("dealer.job", "action_clock_off", first)

    def test_5_pays(self, customer, house, facts):
        """A visit without parts, from the order to the button that pays."""
        car = house.service.read("repair.order", facts["order"], ["dealer_vehicle_id"])["dealer_vehicle_id"][0]
        job = {"name": "Fluid", "line_ids": [[0, 0, {"operation_id": self._operation(house, "BR-FL")}]]}
        order = house.service.create(
            "repair.order",
            {
                "dealer_vehicle_id": car,
                "partner_id": facts["customer"],
                "odometer_km": 42_300,
                "site_id": house.site,
                "job_ids": [[0, 0, job]],
            },
        )
        house.service.call("repair.order", "action_check_in", order)
        jobs = house.service.search("dealer.job", [["order_id", "=", order]])
        for step in ("action_clock_on", "action_clock_off", "action_done"):
            house.technician2.call("dealer.job", step, jobs)
        house.inspector.call("repair.order", "action_quality_pass", order)
        house.service.call("repair.order", "action_settle", order)
        house.service.call("repair.order", "action_renew_link", order)
        link = house.root.read("repair.order", order, ["access_token", "access_url"])
        page = customer.page
        page.goto(f"{house.server.url}{link['access_url']}?access_token={link['access_token']}")
        page.locator("#repair_invoices").get_by_role("link", name="Pay").click()
        page.get_by_text("INV/").first.wait_for()
        page.goto(f"{house.server.url}{link['access_url']}?access_token=forged")
        page.locator("#link_refused").wait_for()
        customer.picture("link-refused-phone")

    def test_6_a_package_in_one_pick(self, people, house, facts):
        order = house.service.create(
            "repair.order", {"vehicle_text": facts["plate"], "odometer_km": 42_400, "site_id": house.site}
        )
        advisor = people("service")
        advisor.show("repair.order", order)
        advisor.tab("Jobs")
        advisor.choose("menu_to_add_id", "PKG-BR")
        advisor.page.locator("[name=job_ids] .o_data_row", has_text="Front brake package").wait_for()
        advisor.settle().picture("package").no_complaint()
        row = house.service.read("repair.order", order, ["estimate_amount"])
        assert row["estimate_amount"] == 289.0
