"""Stock that answers, in the web client: a transfer (journey 10), old cars (journey 11), a count of the yard.

The pictures kept among the artefacts are those of ``docs/guide/stock-control.md``.
"""

import pytest


class Steps:
    """Counts what a practised person does: clicks, choices, scans."""

    def __init__(self):
        self.count = 0

    def __call__(self, done):
        """Count one interaction; ``done`` is what it did."""
        self.count += 1
        return done


@pytest.fixture(scope="class")
def cars(house):
    """Return free, inspected cars of the store's first site that are on no transfer, oldest first."""
    domain = [["place", "=", "at_site"], ["claim", "=", "free"], ["is_inspected", "=", True]]
    domain += [["site_id", "=", house.site], ["days_in_stock", ">", 60]]
    found = house.keeper.find("dealer.vehicle", domain, ["vin", "name", "asking_price"], order="age_date, id")
    assert len(found) >= 4
    return found


def tick(window, car):
    """Tick a car in the list."""
    row = window.page.locator(".o_data_row", has_text=car["vin"][-8:]).first
    row.locator(".o_list_record_selector input").click()


def press_in_list(window, name):
    """Press a button above the list."""
    window.answered(name, window.page.locator(f".o_control_panel button[name='{name}']:visible").first.click)


def scan(window, text):
    """Scan a code into the box of the screen."""
    box = window.page.locator(".o_dealer_scan textarea")
    box.fill(text)
    window.answered("scan", lambda: box.press("Enter"))


class TestStockAnswers:
    """The steps stand in the order of the guide."""

    def test_1_three_cars_to_the_other_site(self, people, house, cars):
        keeper, did = people("keeper"), Steps()
        keeper.open("dealer_vehicle.dealer_vehicle_action")
        for car in cars[:3]:
            did(tick(keeper, car))
        keeper.picture("transfer-select")
        did(press_in_list(keeper, "action_transfer"))
        keeper.page.locator("button[name=action_send]:visible").wait_for()
        keeper.picture("transfer-new")
        did(keeper.press("action_send").no_complaint())
        keeper.see("Under Way")
        keeper.picture("transfer-sent")
        ids = [car["id"] for car in cars[:3]]
        assert {car["place"] for car in house.vehicles(ids)} == {"in_transit"}
        keeper.open("dealer_vehicle.dealer_vehicle_transfer_action")
        row = keeper.page.locator(".o_data_row", has_text="Under Way").first
        keeper.picture("transfers")
        did(keeper.answered("action_arrived", row.locator("button[name=action_arrived]").click).no_complaint())
        assert {car["place"] for car in house.vehicles(ids)} == {"at_site"}
        assert did.count <= 8

    def test_2_arrival_by_scan_on_a_phone(self, people, house, cars):
        car = house.keeper.read("dealer.vehicle", cars[0]["id"], ["site_id", "vin"])
        there, here = car["site_id"][0], house.site
        transfer = house.keeper.create(
            "dealer.vehicle.transfer",
            {"site_from_id": there, "site_to_id": here, "line_ids": [[0, 0, {"vehicle_id": cars[0]["id"]}]]},
        )
        house.keeper.call("dealer.vehicle.transfer", "action_send", [transfer])
        phone = people("keeper", phone=True)
        phone.show("dealer.vehicle.transfer", transfer)
        box = phone.page.locator(".o_dealer_scan textarea")
        box.wait_for()
        phone.picture("arrival-phone")
        scan(phone, "LHG00000000000000")
        phone.page.locator(".o_dealer_scan .alert-danger").wait_for()
        scan(phone, car["vin"][-8:])
        phone.page.get_by_text("Arrived").locator("visible=true").first.wait_for()
        phone.picture("arrival-scanned-phone")
        assert house.keeper.read("dealer.vehicle", cars[0]["id"], ["site_id"])["site_id"][0] == here

    def test_3_old_cars_and_a_mark_down(self, people, house, cars):
        manager, did = people("gm"), Steps()
        manager.open("dealer_vehicle.dealer_vehicle_action_ageing")
        manager.see("Mark down to")
        manager.picture("ageing")
        did(tick(manager, cars[3]))
        did(press_in_list(manager, "action_plan_markdown"))
        manager.page.locator(".modal button[name=action_plan]").wait_for()
        manager.picture("mark-down-plan")
        did(manager.press("action_plan", ".modal").no_complaint())
        manager.page.locator(".o_breadcrumb", has_text="Mark-downs").wait_for()
        manager.picture("mark-downs")
        assert did.count <= 4
        planned = house.gm.find(
            "dealer.vehicle.markdown", [["vehicle_id", "=", cars[3]["id"]]], ["state", "price_from", "price_to"]
        )[0]
        assert planned["state"] == "planned"
        assert planned["price_to"] < planned["price_from"] == cars[3]["asking_price"]

    def test_4_ageing_by_site_opens_its_cars(self, people):
        manager = people("gm")
        manager.open("dealer_vehicle.dealer_vehicle_action_ageing")
        manager.page.locator(".o_switch_view.o_pivot").click()
        manager.page.locator(".o_pivot table").wait_for()
        manager.picture("ageing-pivot")
        manager.page.locator(".o_pivot_cell_value").first.click()
        manager.page.locator(".o_list_view .o_data_row").first.wait_for()
        manager.see("Cost per Day")
        manager.open("dealer_vehicle.dealer_vehicle_action_ageing")
        manager.page.locator(".o_switch_view.o_graph").click()
        manager.page.locator(".o_graph_canvas_container canvas").wait_for()
        manager.picture("ageing-graph")
        manager.open("dealer_vehicle.dealer_vehicle_turn_action")
        manager.page.locator(".o_pivot table").wait_for()
        manager.picture("stock-turn")
        manager.no_complaint()

    def test_5_count_on_a_phone(self, people, house):
        phone = people("keeper", phone=True)
        phone.open("dealer_vehicle.dealer_vehicle_count_action")
        phone.new()
        phone.save()
        box = phone.page.locator(".o_dealer_scan textarea")
        box.wait_for()
        count = house.keeper.search("dealer.vehicle.count", [["state", "=", "open"]], order="id desc", limit=1)[0]
        facts = house.keeper.read("dealer.vehicle.count", count, ["site_id", "expected_count"])
        domain = [["place", "=", "at_site"], ["site_id", "=", facts["site_id"][0]]]
        here = [car["vin"] for car in house.keeper.find("dealer.vehicle", domain, ["vin"])]
        assert facts["expected_count"] == len(here) > 2
        for vin in (here[0], here[0], house.new_vin()):
            scan(phone, vin)
        phone.page.locator(".o_dealer_scan .alert-success").wait_for()
        phone.page.locator(".o_dealer_scan .alert-warning").wait_for()
        phone.page.locator(".o_dealer_scan .alert-danger").wait_for()
        phone.picture("count-phone")
        desk = people("keeper")
        desk.show("dealer.vehicle.count", count)
        # The rest comes as a list from a hand-held scanner.
        box = desk.page.locator(".o_dealer_scan textarea")
        box.fill("\n".join(here[1:-1]))
        desk.answered("scan", desk.page.locator(".o_dealer_scan_add").click)
        desk.page.locator(".o_data_row", has_text="Missing").first.wait_for()
        desk.picture("count-differences")
        counts = house.keeper.read("dealer.vehicle.count", count, ["found_count", "missing_count", "other_count"])
        assert (counts["found_count"], counts["missing_count"], counts["other_count"]) == (len(here) - 1, 1, 1)
        desk.press("action_close")
        desk.page.locator(".modal", has_text="write the reason").wait_for()
        desk.page.locator(".modal .btn-primary").first.click()
        lines = house.keeper.search(
            "dealer.vehicle.count.line", [["count_id", "=", count], ["result", "in", ["missing", "unknown"]]]
        )
        house.keeper.write("dealer.vehicle.count.line", lines, {"reason": "At the photographer's"})
        desk.show("dealer.vehicle.count", count).press("action_close").no_complaint()
        desk.see("Closed")
        assert house.keeper.read("dealer.vehicle.count", count, ["state"])["state"] == "closed"

    def test_6_minimum_and_maximum(self, people):
        buyer = people("buyer")
        buyer.open("dealer_vehicle.stock_warehouse_orderpoint_action_vehicle")
        buyer.picture("min-max").no_complaint()
