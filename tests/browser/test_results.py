"""Journey 6, the month: one dashboard, any number opens its records; and a commission statement its person reads.

The pictures kept among the artefacts are those of ``docs/guide/results.md``.
"""


class TestResults:
    """The steps stand in the order of the guide."""

    def test_1_the_month(self, people):
        manager = people("manager")
        manager.menu("dealer_sales.dealer_sales_menu_root")
        manager.menu("dealer_sales.dealer_results_menu", "dealer_sales.dealer_sales_dashboard_menu")
        page = manager.page
        page.locator(".o-scorecard, .o-figure").first.wait_for()
        page.wait_for_timeout(4000)  # figures come one by one
        manager.picture("sales-dashboard")
        assert page.locator(".o-figure").count() >= 8
        manager.no_complaint()

    def test_2_a_number_opens_its_records(self, people):
        manager = people("manager")
        manager.page.locator(".o-figure").first.click()
        manager.page.locator(".o_list_view .o_data_row").first.wait_for()
        manager.see("Counted on")
        manager.page.locator(".o_list_view .o_data_row").first.locator("td.o_data_cell").nth(1).click()
        manager.page.locator(".o_form_view [name=gate_status]").first.wait_for()
        manager.no_complaint()

    def test_3_targets(self, people):
        manager = people("manager")
        manager.open("dealer_sales.dealer_sales_target_action")
        manager.page.locator(".o_data_row").first.wait_for()
        manager.picture("sales-targets")
        manager.page.locator(".o_data_row button[name=action_open_records]").first.click()
        manager.page.locator(".o_list_view").first.wait_for()
        manager.no_complaint()

    def test_4_a_statement_its_person_reads(self, people, house):
        advisor = people("advisor")
        advisor.open("dealer_sales.dealer_commission_statement_action")
        advisor.page.locator(".o_data_row").first.wait_for()
        mine = house.advisor.find("dealer.commission.statement", [], ["user_id", "amount_total"])
        everybodys = house.manager.search("dealer.commission.statement", [])
        assert mine, "the demonstration sold something this month"
        assert len({row["user_id"][0] for row in mine}) == 1
        assert len(everybodys) > len(mine)
        advisor.page.locator(".o_data_row").first.locator("td.o_data_cell").first.click()
        advisor.page.locator(".o_form_view [name=line_ids] .o_data_row").first.wait_for()
        advisor.picture("commission-statement")
        assert "Gross Counted" not in advisor.text()
        advisor.no_complaint()
        phone = people("advisor", phone=True)
        phone.show("dealer.commission.statement", mine[0]["id"])
        phone.page.locator(".o_form_view [name=amount_total]").first.wait_for()
        phone.picture("commission-statement-phone")
        assert phone.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    def test_5_forecast_with_its_error(self, people):
        manager = people("manager")
        manager.open("dealer_sales.dealer_sales_forecast_action")
        manager.page.locator(".o_data_row").first.wait_for()
        manager.page.locator(".o_data_row").first.locator("td.o_data_cell").first.click()
        manager.page.locator(".o_form_view [name=error_text]").first.wait_for()
        manager.picture("sales-forecast")
        manager.see("Mean of 3 Months")
        manager.no_complaint()

    def test_6_statistics(self, people):
        manager = people("manager")
        manager.open("dealer_sales.dealer_contract_report_action")
        manager.page.locator(".o_pivot table").wait_for()
        manager.picture("contract-statistics")
        manager.page.locator(".o_pivot_cell_value").first.click()
        manager.page.locator(".o_list_view .o_data_row").first.wait_for()
        manager.no_complaint()
