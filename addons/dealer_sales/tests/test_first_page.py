from odoo.tests import tagged

from .common import DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestFirstPage(DealerSalesCommon):
    """Deals opens on the work of whoever opens it, as the README says."""

    def _get_first(self, user):
        """Return the external identifier of the menu Deals opens for somebody."""
        menus = self.env["ir.ui.menu"].with_user(user).load_menus(False)
        first = next(menu for menu in menus.values() if menu.get("xmlid") == "dealer_sales.dealer_sales_menu_root")
        while not first.get("action_id") and first["children"]:
            first = menus[first["children"][0]]
        return first["xmlid"]

    def test_each_role_opens_on_its_work(self):
        pages = {
            self.receptionist: "crm_lead_menu_reception",
            self.advisor: "dealer_contract_menu",
            self.manager: "dealer_contract_version_menu",
            self.fni: "dealer_finance_application_menu_fni",
            self.general_manager: "dealer_sales_dashboard_menu_home",
        }
        for user, menu in pages.items():
            with self.subTest(user.login):
                self.assertEqual(self._get_first(user), f"dealer_sales.{menu}")
