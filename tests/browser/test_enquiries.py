"""A visitor walks in (journey 1): enquiry, comparison, test drive; two advisors; reasons to write.

The pictures kept among the artefacts are those of ``docs/guide/enquiries.md``.
"""

import pytest
from test_bookings import PHOTO, Steps, sign

LEAD = ["partner_id", "user_id", "wanted_series_ids", "budget", "intent_level_id", "date_next_contact", "name"]


@pytest.fixture(scope="class")
def trims(house):
    """Return two trims of one series that are sold, and the series' name."""
    domain = [["is_vehicle", "=", True], ["guide_price", ">", 0], ["sale_ok", "=", True]]
    found = house.root.find("product.template", domain, ["name", "series_id"], order="id")
    for one in found:
        same = [other for other in found if other["series_id"] == one["series_id"]]
        if one["series_id"] and len(same) > 1:
            series = house.root.read("fleet.vehicle.model", [one["series_id"][0]], ["name"])[0]
            return same[:2], series["name"]
    pytest.fail("the demonstration sells no two trims of one series")


@pytest.fixture(scope="class")
def known(house):
    """Return (name, phone) of a customer who drives a car."""
    domain = [["owned_vehicle_ids", "!=", False], ["phone", "like", "617"], ["opportunity_ids", "=", False]]
    return house.root.find("res.partner", domain, ["name", "phone", "id"], limit=1)[0]


def write_down(window, did, number, series, name=None):
    """Fill the form of a new enquiry in."""
    did(window.new())
    did(window.type("phone", number))
    if name:
        did(window.type("contact_name", name))
    did(window.choose("wanted_series_ids", series))
    did(window.page.locator("[name=intent_level_id] .o_selection_badge", has_text="H ·").first.click())
    did(window.type("budget", "32000"))
    return window


class TestEnquiries:
    """The steps stand in the order of the guide."""

    def test_1_a_known_customer(self, people, house, known, trims, facts):
        advisor, did = people("advisor"), Steps()
        advisor.open("dealer_sales.crm_lead_action_dealer")
        write_down(advisor, did, known["phone"], trims[1])
        advisor.see("Cars:")
        did(advisor.save())
        advisor.no_complaint()
        advisor.picture("enquiry")
        facts["lead"] = advisor.record_id
        lead = house.root.read("crm.lead", [facts["lead"]], LEAD)[0]
        assert lead["partner_id"][0] == known["id"]
        assert lead["user_id"][0] == house.uid("advisor")
        assert lead["budget"] == 32000
        assert lead["date_next_contact"]
        assert did.count <= 8, did.count

    def test_2_compare_and_print(self, people, house, trims, facts):
        advisor, did = people("advisor"), Steps()
        for trim in trims[0]:
            did(advisor.choose("wanted_trim_ids", trim["name"]))
        did(advisor.press("action_compare"))
        advisor.see(trims[0][0]["name"])
        with advisor.page.expect_download() as paper:
            did(advisor.page.locator("button[name='action_print']:visible").first.click())
        assert paper.value.suggested_filename.endswith(".pdf")
        assert did.count <= 4, did.count

    def test_3_test_drive_now_on_the_phone(self, people, house, facts):
        phone, did = people("advisor", phone=True), Steps()
        phone.show("crm.lead", facts["lead"]).picture("enquiry-phone")
        did(phone.press("action_test_drive"))
        did(phone.press("action_open_hand_out", scope=".o_form_view"))
        photo = {"name": "licence.png", "mimeType": "image/png", "buffer": PHOTO}
        did(phone.page.locator(".modal [name=licence_photo] input[type=file]").set_input_files(photo))
        did(phone.type("licence_valid_until", "12/31/2031", scope=".modal"))
        did(sign(phone))
        phone.picture("enquiry-test-drive-phone")
        did(phone.press("action_hand_out", scope=".modal"))
        phone.no_complaint()
        booking = house.root.find("dealer.vehicle.booking", [["lead_id", "=", facts["lead"]]], ["state", "signed_by"])
        assert [row["state"] for row in booking] == ["out"]
        assert did.count <= 7, did.count

    def test_4_a_new_visitor_on_the_phone(self, people, house, trims):
        phone, did = people("advisor", phone=True), Steps()
        phone.open("dealer_sales.crm_lead_action_dealer")
        did(phone.new())
        number = f"617777{house.new_vin()[-4:]}"
        did(phone.type("phone", number))
        did(phone.type("contact_name", "Phone Visitor"))
        did(phone.page.locator("[name=intent_level_id] .o_selection_badge", has_text="A ·").first.click())
        did(phone.type("budget", "28000"))
        did(phone.save())
        phone.no_complaint()
        assert phone.record_id
        lead = house.root.find("crm.lead", [["contact_name", "=", "Phone Visitor"]], LEAD, limit=1, order="id desc")[0]
        assert lead["user_id"][0] == house.uid("advisor")
        assert did.count <= 8, did.count

    def test_5_two_advisors(self, people, house, known, facts):
        manager = people("manager")
        manager.open("dealer_sales.crm_lead_action_dealer").new().type("phone", known["phone"])
        manager.see("keeps the customer until").picture("enquiry-of-a-colleague")
        house.advisor2.create("crm.lead", {"contact_name": "Again", "phone": known["phone"], "type": "opportunity"})
        clash = house.root.find(
            "dealer.lead.clash", [["other_lead_id", "=", facts["lead"]]], ["result", "owner_id", "user_id"]
        )[0]
        assert (clash["result"], clash["user_id"][0]) == ("kept", house.uid("advisor2"))
        manager.open("dealer_sales.dealer_lead_clash_action").see("The First One Keeps").picture("two-advisors")

    def test_6_reasons_to_write(self, people, house):
        manager, did = people("manager"), Steps()
        manager.open("dealer_sales.dealer_care_segment_action").see("Birthday").picture("customer-care")
        card = manager.page.locator(".o_kanban_record", has_text="Birthday").first
        did(manager.answered("action_mail", card.locator("button[name='action_mail']").click))
        manager.no_complaint()
        manager.page.wait_for_selector(".o_form_view")
        mailing = house.root.find(
            "mailing.mailing", [], ["subject", "state", "mailing_model_real"], limit=1, order="id desc"
        )[0]
        assert (mailing["state"], mailing["mailing_model_real"]) == ("draft", "res.partner")
        assert did.count <= 2

    def test_7_the_funnel_and_the_customer(self, people, known):
        manager = people("manager")
        manager.open("dealer_sales.dealer_funnel_report_action").see("Captured").picture("funnel")
        manager.show("res.partner", known["id"]).tab("Dealership").picture("customer-page")
        manager.open("dealer_sales.dealer_customer_score_action").picture("customer-classes")
        manager.open("dealer_sales.res_partner_action_dealer").picture("customers")
        manager.no_complaint()

    def test_8_the_web_page_on_a_phone(self, customer, server, house):
        customer.page.goto(f"{server.url}/dealer/enquiry")
        page = customer.page
        page.locator("select[name=site]").select_option(index=1)
        page.fill("input[name=name]", "Web Phone")
        page.fill("input[name=phone]", f"617888{house.new_vin()[-4:]}")
        page.check("input[name=consent]")
        page.screenshot(path=customer.artefacts / "web-enquiry-phone.png")
        page.click("form.o_dealer_enquiry button[type=submit]")
        page.get_by_text("Thank you").wait_for()
        assert house.root.search("crm.lead", [["contact_name", "=", "Web Phone"]])
