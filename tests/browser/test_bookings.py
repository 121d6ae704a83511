"""A test drive from the car to the key on a phone (journey 1), the car's return, a demonstrator made.

The pictures kept among the artefacts are those of ``docs/guide/bookings.md``.
"""

import base64

import pytest

# A picture of 1 × 1 points stands for what the phone's camera takes.
PHOTO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Steps:
    """Counts what a practised person does: clicks, choices, typed fields, a signature."""

    def __init__(self):
        self.count = 0

    def __call__(self, done):
        """Count one interaction; ``done`` is what it did."""
        self.count += 1
        return done


@pytest.fixture(scope="class")
def demonstrator(house):
    """Return the id of the store's demonstrator."""
    return house.advisor.search("dealer.vehicle", [["own_use_id.kind", "=", "demo"]], limit=1)[0]


@pytest.fixture(scope="class")
def visitor(house):
    """Return the name of a visitor who is known by name and phone."""
    name = f"Visitor {house.new_vin()[-6:]}"
    house.new_customer(name)
    return name


def choose_on_phone(window, field, text):
    """Choose a record from the list a phone opens for a many2one."""
    window.page.locator(f"[name={field}] input").first.click()
    window.page.locator(".modal .o_searchview_input, .modal .o_searchview input").first.or_(
        window.page.locator(".modal .o_control_panel button:has(.oi-search), .modal button:has(.fa-search)").first
    ).first.wait_for()
    search = window.page.locator(".modal .o_searchview_input")
    if not search.count() or not search.first.is_visible():
        window.page.locator(
            ".modal .o_control_panel button:has(.oi-search), .modal button:has(.fa-search)"
        ).first.click()
    search.first.fill(text)
    search.first.press("Enter")
    window.settle()
    window.page.locator(".modal .o_kanban_record, .modal .o_data_row", has_text=text).first.click()
    return window.settle()


def sign(window):
    """Sign in the field, as the finger would."""
    window.page.locator(".modal .o_signature").first.click()
    window.page.get_by_role("button", name="Adopt & Sign").click()
    return window.settle()


class TestBookings:
    """The steps stand in the order of the guide."""

    def test_1_test_drive_now(self, people, house, demonstrator, visitor):
        phone, did = people("advisor", phone=True), Steps()
        phone.show("dealer.vehicle", demonstrator).picture("booking-car-phone")
        did(phone.press("action_book"))
        did(choose_on_phone(phone, "partner_id", visitor))
        phone.picture("booking-new-phone")
        did(phone.press("action_open_hand_out", scope=".o_form_view"))
        photo = {"name": "licence.png", "mimeType": "image/png", "buffer": PHOTO}
        did(phone.page.locator(".modal [name=licence_photo] input[type=file]").set_input_files(photo))
        did(phone.type("licence_valid_until", "12/31/2031", scope=".modal"))
        phone.picture("hand-out-phone")
        did(sign(phone))
        did(phone.press("action_hand_out", scope=".modal"))
        phone.no_complaint()
        booking = house.advisor.find(
            "dealer.vehicle.booking",
            [["partner_id.name", "=", visitor]],
            ["state", "vehicle_id", "signed_by", "licence_checked_by_id"],
        )[0]
        assert booking["state"] == "out"
        assert booking["vehicle_id"][0] == demonstrator
        assert booking["signed_by"] == visitor
        assert booking["licence_checked_by_id"][0] == house.uid("advisor")
        assert did.count <= 7, did.count

    def test_2_nobody_else_gets_it(self, people, house, demonstrator):
        answer = house.advisor.call("dealer.vehicle", "action_book", ids=[demonstrator])
        assert answer["context"]["default_vehicle_id"] == demonstrator
        with pytest.raises(Exception, match="is with"):
            house.advisor.create(
                "dealer.vehicle.booking",
                {"vehicle_id": demonstrator, "partner_id": house.new_customer("Second Visitor")},
            )

    def test_3_back_again(self, people, house, visitor):
        phone = people("advisor", phone=True)
        booking = house.advisor.search("dealer.vehicle.booking", [["partner_id.name", "=", visitor]])[0]
        phone.show("dealer.vehicle.booking", booking).press("action_open_take_back")
        phone.type("km", "31", scope=".modal").type("fuel", "85", scope=".modal").picture("take-back-phone")
        phone.press("action_take_back", scope=".modal").no_complaint()
        facts = house.root.read("dealer.vehicle.booking", [booking], ["state", "km_in", "fuel_in"])[0]
        assert (facts["state"], facts["km_in"], facts["fuel_in"]) == ("returned", 31, 85)

    def test_4_todays_list(self, people, house):
        advisor = people("advisor")
        advisor.open("dealer_vehicle.dealer_vehicle_booking_action").see("Returned").picture("bookings-today")
        advisor.open("dealer_vehicle.dealer_vehicle_booking_action_calendar").picture("bookings-calendar")
        advisor.no_complaint()

    def test_5_a_car_becomes_a_demonstrator(self, people, house):
        domain = [["is_available", "=", True], ["condition", "=", "new"], ["site_id", "=", house.site]]
        car = house.keeper.search("dealer.vehicle", domain, limit=1, order="age_date desc, id desc")[0]
        keeper = people("keeper")
        keeper.show("dealer.vehicle", car).press("action_open_put_into_service")
        keeper.type("plate", "9DM 333", scope=".modal").picture("put-into-service")
        keeper.press("action_put_into_service", scope=".modal").no_complaint()
        keeper.tab("Warranty").see("Maker's Warranty").picture("demonstrator")
        assert house.root.read("dealer.vehicle", [car], ["condition", "plate"])[0]["condition"] == "demo"
