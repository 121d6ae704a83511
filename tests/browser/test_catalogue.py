"""A sales advisor finds trims, compares them and recommends one, as ``docs/guide/catalogue.md`` tells it."""


class TestCatalogue:
    """The steps stand in the order of the guide; each begins on a page of its own."""

    def test_1_find(self, people, house):
        advisor = people("advisor")
        advisor.open("dealer_vehicle.product_template_action_trim").see("EV6 2026 GT-Line").picture("catalogue")
        panel = advisor.page.locator(".o_search_panel")
        assert panel.get_by_text("Kia").count()
        panel.locator(".o_search_panel_filter_value", has_text="Electric").first.locator("input").check()
        advisor.settle().see("EV9 2026 Wind")
        assert "Sportage 2026 LX" not in advisor.text(".o_kanban_view")
        advisor.page.locator(".o_kanban_record", has_text="EV9 2026 Wind").first.click()
        advisor.page.wait_for_selector(".o_form_view")
        advisor.see("Wheelbase").picture("trim").tab("Options")
        advisor.see("Panoramic Sunroof").no_complaint()

    def test_2_compare(self, people, house):
        advisor = people("advisor")
        advisor.open("dealer_vehicle.product_template_action_trim")
        advisor.page.locator(".o_switch_view.o_list").click()
        for name in ("Sportage 2026 EX", "Sorento 2026 S"):
            row = advisor.page.locator(".o_data_row", has_text=name).first
            row.locator(".o_list_record_selector input").check()
        advisor.press("action_compare").see("Kerb Weight").picture("comparison").no_complaint()
        assert "Luggage Space" not in advisor.text(".o_form_view")
        advisor.page.locator("[name=is_differences_only] input").first.check()
        advisor.page.locator(".o_dealer_comparison", has_text="Series").first.wait_for()
        advisor.page.wait_for_function(
            "() => !document.querySelector('.o_dealer_comparison').innerText.includes('Brand')"
        )
        with advisor.page.expect_download() as download:
            advisor.press("action_print")
        assert download.value.suggested_filename.endswith(".pdf")

    def test_3_one_alone_is_no_comparison(self, people, house):
        advisor = people("advisor")
        advisor.open("dealer_vehicle.product_template_action_trim")
        advisor.page.locator(".o_switch_view.o_list").click()
        advisor.page.locator(".o_data_row .o_list_record_selector input").first.check()
        advisor.press("action_compare")
        advisor.see("at least two trims")
        advisor.page.locator(".modal .btn-primary").first.click()

    def test_4_recommend(self, people, house):
        advisor = people("advisor")
        advisor.open("dealer_vehicle.dealer_trim_recommendation_action")
        advisor.type("budget", "45000").type("seats", "7").press("action_recommend")
        advisor.see("Within the budget").picture("recommendation").no_complaint()
        rows = advisor.page.locator("[name=line_ids] .o_data_row")
        assert any(name in rows.first.inner_text() for name in ("Sorento", "Carnival", "Telluride"))
        for number in range(2):
            rows.nth(number).locator("[name=is_chosen] input").click()
        advisor.press("action_compare").see("Wheelbase").no_complaint()

    def test_5_on_a_phone(self, people, house):
        phone = people("advisor", phone=True)
        phone.open("dealer_vehicle.dealer_trim_recommendation_action")
        phone.type("seats", "5").press("action_recommend")
        phone.page.locator("[name=line_ids] .o_kanban_record").first.scroll_into_view_if_needed()
        phone.picture("recommendation-phone").no_complaint()
