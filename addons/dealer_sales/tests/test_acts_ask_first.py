from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import SIGNATURE
from .test_protection import DealerProtectionCommon


@tagged("post_install", "-at_install", "dealer")
class TestActsAskFirst(DealerProtectionCommon):
    """Acts ask for the right before they tell anything; what the system writes comes from no context and no detour."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.brand.write({"has_retail_report": True, "retail_report_days": 2})
        cls.clerk = cls._create_user("acts_clerk", "dealer_sales.group_registration_clerk")
        cls.visitor = new_test_user(cls.env, "acts_portal", groups="base.group_portal")
        cls.other = cls.env["res.company"].create({"name": "Other Shop"})

    def test_an_enquiry_is_named_to_no_outsider(self):
        lead = self.env["crm.lead"].create(
            {"name": "Secret Customer", "user_id": self.advisor.id, "company_id": self.company.id}
        )
        stranger = self._create_user("acts_stranger", "dealer_sales.group_sales_advisor", company=self.other)
        for user in (self.visitor, stranger):
            # Their own companies: the context of this test names ours
            mine = lead.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
            with self.subTest(user.login), self.assertRaises(AccessError) as refused:
                mine.action_take()
            self.assertNotIn(self.advisor.name, str(refused.exception))
        with self.assertRaisesRegex(UserError, "is with"):
            lead.with_user(self.advisor_2).action_take()

    def test_a_report_is_named_to_no_outsider(self):
        contract, _sold = self._hand_over_with(self.gap)
        report = contract.sudo().retail_report_ids
        self.assertTrue(report)
        for user in (self.visitor, self.advisor_2):
            with self.subTest(user.login), self.assertRaises(AccessError):
                report.with_user(user).action_reverse()
        with self.assertRaisesRegex(UserError, "with its customer"):
            report.with_user(self.manager).action_reverse()

    def test_facts_stand_on_the_days_of_the_site(self):
        self.company.partner_id.tz = "America/New_York"
        contract, _sold = self._hand_over_with(self.gap)
        contract.delivery_ids.sudo().date_done = "2026-02-01 02:00:00"
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_move SET date = '2026-02-01 02:00:00' WHERE sale_line_id IN %s",
            [tuple(contract.order_line_ids.ids)],
        )
        facts = self.env["dealer.contract.facts"].search([("contract_id", "=", contract.id)])
        self.assertEqual({str(facts.date_handed_over), str(facts.date_out)}, {"2026-01-31"}, "the evening before")

    def test_the_customer_does_not_read_what_makers_pay_us(self):
        contract, _sold = self._hand_over_with(self.gap)
        self.customer.email = "anna@example.com"
        values = {"name": "Anna", "login": "acts_anna", "partner_id": self.customer.id, "company_id": self.company.id}
        groups = {"group_ids": [Command.set(self.env.ref("base.group_portal").ids)]}
        companies = {"company_ids": [Command.set(self.company.ids)]}
        anna = self.env["res.users"].with_context(no_reset_password=True).create({**values, **groups, **companies})
        mine = contract.with_user(anna)
        self.assertTrue(mine.read(["amount_total"])[0]["amount_total"])
        with self.assertRaises(AccessError):
            mine.read(["amount_incentive"])

    def test_products_of_another_company_are_not_remitted(self):
        _contract, sold = self._hand_over_with(self.gap)
        groups = "account.group_account_invoice,dealer_vehicle.group_vehicle_user"
        stranger = self._create_user("acts_biller", groups, company=self.other)
        mine = sold.with_user(stranger).with_context(allowed_company_ids=self.other.ids)
        with self.assertRaises(AccessError):
            mine.action_remit()
        self.assertFalse(sold.sudo().bill_line_id)

    def test_nothing_is_put_below_a_signature(self):
        contract = self._create_contract()
        menu = self._show(contract)
        menu.line_ids.filtered(lambda line: line.protection_id == self.service).unlink()
        self._answer(menu, self.gap)
        menu._sign_menu("Anna Buyer", SIGNATURE)
        later = self._show(self._create_contract())
        moved = later.line_ids.filtered(lambda line: line.protection_id == self.service)
        with self.assertRaisesRegex(UserError, "signed"):
            moved.write({"menu_id": menu.id})

    def test_no_cover_comes_to_a_chosen_insurer(self):
        insurer = self.env["res.partner"].create({"name": "North Mutual", "is_company": True})
        kinds = self.env.ref("dealer_vehicle.dealer_insurance_kind_compulsory") | self.env.ref(
            "dealer_vehicle.dealer_insurance_kind_package"
        )
        quotes = self.env["dealer.insurance.quote"].with_user(self.advisor)
        for kind in kinds:
            line = Command.create({"kind_id": kind.id, "premium": 950.0})
            offer = Command.create({"insurer_id": insurer.id, "line_ids": [Command.clear(), line]})
            quotes |= quotes.create({"partner_id": self.customer.id, "offer_ids": [offer]})
        chosen, other = (quote.offer_ids for quote in quotes)
        chosen.action_choose()
        with self.assertRaisesRegex(UserError, "chose"):
            other.line_ids.write({"offer_id": chosen.id})

    def test_no_default_of_a_context_closes_a_step(self):
        contract, _sold = self._hand_over_with(self.gap)
        action = contract.action_register()
        steps = self.env["dealer.registration.step"].with_user(self.clerk)
        forged = steps.with_context(default_state="done", default_done_by_id=self.manager.id)
        step = forged.create({"registration_id": action["res_id"], "name": "Extra"})
        self.assertEqual((step.state, step.done_by_id), ("open", self.env["res.users"]))

    def test_no_default_of_a_context_takes_a_promise_back(self):
        contract = self._create_contract()
        promises = self.env["dealer.contract.promise"].with_user(self.advisor)
        promise = promises.with_context(default_is_cancelled=True).create(
            {"contract_id": contract.id, "name": "A full tank", "date_due": self._today()}
        )
        self.assertFalse(promise.is_cancelled)

    def test_the_managers_pay_is_a_managers_to_divide(self):
        contract = self._create_contract()
        mine = {"user_id": self.advisor.id, "share": 100.0, "role": "manager"}
        with self.assertRaises(AccessError):
            contract.write({"seller_ids": [Command.create(mine)]})
        contract.write({"seller_ids": [Command.create({"user_id": self.advisor_2.id, "share": 40.0})]})
        with self.assertRaises(AccessError):
            contract.seller_ids.role = "manager"
        contract.with_user(self.manager).write({"seller_ids": [Command.create(mine)]})
        with self.assertRaises(AccessError):
            contract.seller_ids.filtered(lambda line: line.role == "manager").with_user(self.advisor).share = 50.0
