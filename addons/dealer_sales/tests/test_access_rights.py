from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestAccessRights(DealerSalesCommon):
    def test_advisors_see_their_own_contracts(self):
        contract = self._create_contract()
        contracts = self.env["dealer.contract"]
        self.assertIn(contract, contracts.with_user(self.advisor).search([]))
        self.assertNotIn(contract, contracts.with_user(self.advisor_2).search([]))
        for user in (self.manager, self.fni):
            self.assertIn(contract, contracts.with_user(user).search([]))
        with self.assertRaises(AccessError):
            contract.with_user(self.advisor_2).action_submit()
        with self.assertRaises(AccessError):
            contract.with_user(self.advisor_2).action_cancel("not mine")

    def test_windows_tell_nothing_of_a_colleagues_contract(self):
        contract = self._create_contract()
        for model, name, value, shown in (
            ("dealer.contract.change", "contract_id", contract.id, "price"),
            ("dealer.contract.cancel", "contract_ids", [Command.set(contract.ids)], "amount_on_account"),
        ):
            windows = self.env[model].with_user(self.advisor_2)
            with self.subTest(model), self.assertRaises(AccessError):
                windows.onchange({name: value}, [name], {name: {}, shown: {}})
            with self.subTest(model), self.assertRaises(AccessError):
                windows.create({name: value, "reason": "curious"}).read([shown])
            mine = self.env[model].with_user(self.advisor).create({name: value, "reason": "asked"})
            self.assertEqual(mine[shown], contract.amount_car if shown == "price" else 0.0)

    def test_those_above_read_enquiries_and_change_none(self):
        lead = self.env["crm.lead"].create({"name": "Walk-in"})
        for group in ("auditor", "general_manager"):
            reader = self._create_user(f"sales_{group}", f"dealer_vehicle.group_{group}")
            self.assertEqual(lead.with_user(reader).read(["name"])[0]["name"], "Walk-in")
            with self.assertRaises(AccessError):
                lead.with_user(reader).write({"name": "Changed"})

    def test_receptionist_sees_no_contract(self):
        contract = self._create_contract()
        with self.assertRaises(AccessError):
            contract.with_user(self.receptionist).read(["name"])
        with self.assertRaises(AccessError):
            self._create_contract(user=self.receptionist)
        lead = self.env["crm.lead"].with_user(self.receptionist).create({"name": "Walk-in"})
        self.assertTrue(lead)

    def test_who_may_sign_reserve_allocate(self):
        contract = self._create_contract()
        self._approve(contract)
        for user in (self.advisor_2, self.receptionist, self.stock_keeper, self.biller):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    contract.with_user(user).action_send_to_sign()
                with self.assertRaises(AccessError):
                    contract.with_user(user).action_reserve(self.car.id)
                with self.assertRaises(AccessError):
                    contract.with_user(user).action_allocate(self.car.id)
                with self.assertRaises(AccessError):
                    contract.with_user(user).action_withdraw()

    def test_company(self):
        contract = self._create_contract()
        other = self.env["res.company"].create({"name": "Other Shop"})
        stranger = self._create_user("sales_other", "dealer_sales.group_sales_manager", company=other)
        contract.action_submit()
        env = self.env(user=stranger, context={"allowed_company_ids": other.ids})
        self.assertNotIn(contract, env["dealer.contract"].search([]))
        with self.assertRaises(AccessError):
            contract.with_env(env).read(["name"])
        with self.assertRaises(AccessError):
            contract.current_version_id.with_env(env).action_approve()

    def test_site(self):
        second = self.env["stock.warehouse"].create(
            {"name": "Second Site", "code": "S2", "company_id": self.company.id}
        )
        contract = self._create_contract()
        self.assertEqual(contract.site_id, self.site)
        self.manager.dealer_site_ids = [Command.set(second.ids)]
        self.assertNotIn(contract, self.env["dealer.contract"].with_user(self.manager).search([]))
        contract.action_submit()
        with self.assertRaises(AccessError):
            contract.current_version_id.with_user(self.manager).action_approve()
        self.manager.dealer_site_ids = [Command.set((second | self.site).ids)]
        contract.current_version_id.with_user(self.manager).action_approve()

    def test_default_site_is_the_users(self):
        second = self.env["stock.warehouse"].create(
            {"name": "Second Site", "code": "S2", "company_id": self.company.id}
        )
        self.advisor.dealer_site_ids = [Command.set(second.ids)]
        contract = self._create_contract()
        self.assertEqual(contract.site_id, second)
        self.assertEqual(contract.sale_order_id.warehouse_id, second)

    def test_advisor_sees_no_cost(self):
        self.assertFalse(self.advisor.has_group("dealer_vehicle.group_vehicle_cost"))
        self.assertFalse(self.advisor.has_group("stock.group_stock_user"))
        self.assertFalse(self.advisor.has_group("account.group_account_invoice"))

    def test_portal_customer_sees_his_own_only(self):
        contract = self._create_contract()
        stranger = self._create_user("sales_portal", "base.group_portal")
        with self.assertRaises(AccessError):
            contract.with_user(stranger).read(["name"])
        contract.action_submit()
        with self.assertRaises(AccessError):
            contract.sudo().current_version_id.review_ids.with_user(stranger).read(["comment"])
