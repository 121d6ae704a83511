from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.dealer_vehicle.tests.common import make_vin

from .common import SIGNATURE
from .test_dealer_delivery import DealerDeliveryCommon


@tagged("post_install", "-at_install", "dealer")
class TestMoneyCompanies(DealerDeliveryCommon):
    """Two legal entities in one database: neither sees or books the other's money."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product_category = cls.product_category.with_env(cls.env)
        cls.company_data_2 = cls.setup_other_company()
        cls.company_b = cls.company_data_2["company"]
        cls.company_b._set_up_dealer_sales()
        cls.site_b = cls.env["stock.warehouse"].search([("company_id", "=", cls.company_b.id)], limit=1)
        cls.trim.taxes_id = [Command.link(cls.company_data_2["default_tax_sale"].id)]
        cls.advisor_b = cls._create_user("s2_advisor_b", "dealer_sales.group_sales_advisor", cls.company_b)
        cls.manager_b = cls._create_user("s2_manager_b", "dealer_sales.group_sales_manager", cls.company_b)
        cls.cashier_b = cls._create_user(
            "s2_cashier_b",
            "account.group_account_invoice,dealer_vehicle.group_vehicle_user",
            cls.company_b,
        )

    def _sell_in_b(self):
        in_b = {"allowed_company_ids": self.company_b.ids}
        contract = (
            self.env["dealer.contract"]
            .with_user(self.advisor_b)
            .with_context(**in_b)
            .create(
                {
                    "partner_id": self.customer.id,
                    "product_id": self.trim.id,
                    "deposit_amount": 500.0,
                }
            )
        )
        self.assertEqual((contract.company_id, contract.site_id), (self.company_b, self.site_b))
        self._approve(contract, user=self.manager_b)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        self._receive_in_b(contract, "earnest")
        return contract

    def _receive_in_b(self, contract, kind):
        wizard = self.env["dealer.contract.payment"].with_user(self.cashier_b)
        wizard.with_context(allowed_company_ids=self.company_b.ids).create(
            {"contract_id": contract.id, "deposit_kind": kind}
        ).action_receive()

    def test_each_books_in_its_own_company(self):
        mine, theirs = self._create_signed(deposit_amount=500.0), self._sell_in_b()
        self._receive(mine)
        payments = (mine | theirs).sudo().payment_ids
        self.assertEqual(set(payments.company_id), {self.company, self.company_b})
        accounts = payments._customer_lines().account_id
        self.assertEqual(len(accounts), 2)
        self.assertEqual(self.company_b.dealer_advance_account_id.company_ids, self.company_b)

    def test_nobody_handles_the_other_company(self):
        theirs = self._sell_in_b()
        payment = theirs.sudo().payment_ids
        for user in (self.cashier, self.advisor, self.manager, self.biller):
            with self.subTest(user.login), self.assertRaises(AccessError):
                theirs.with_env(self.env).with_user(user).read(["amount_received"])
            with self.subTest(user.login), self.assertRaises(AccessError):
                payment.with_env(self.env).with_user(user).read(["amount"])
        with self.assertRaises(AccessError):
            self._receive(theirs, 10.0)
        with self.assertRaises(AccessError):
            theirs.with_env(self.env).with_user(self.cashier).action_invoice()

    def test_money_is_not_used_across_companies(self):
        mine, theirs = self._create_signed(), self._sell_in_b()
        payment = self._receive(mine, 100.0)
        both = self.cashier
        both.sudo().company_ids |= self.company_b
        wizard = self.env["dealer.contract.payment.transfer"].with_user(both)
        wizard = wizard.with_context(allowed_company_ids=(self.company | self.company_b).ids)
        found = wizard.create({"payment_id": payment.id, "contract_id": mine.id}).candidate_ids
        self.assertNotIn(theirs, found)

    def test_whole_way_in_the_second_company(self):
        car = self._create_car(make_vin(77), site=self.site_b)
        contract = self._sell_in_b()
        contract.action_allocate(car.id)
        contract.with_user(self.cashier_b).action_invoice()
        self._receive_in_b(contract, "balance")
        invoice = contract.sudo().invoice_ids
        self.assertEqual((invoice.company_id, invoice.payment_state), (self.company_b, "paid"))
        delivery = contract.delivery_ids.browse(contract.action_prepare_delivery()["res_id"])
        with self.assertRaises(AccessError):
            delivery.with_env(self.env).with_user(self.advisor).read(["name"])
        self._check_and_sign(delivery)
        delivery.action_hand_over()
        self.assertEqual(car.place, "with_customer")
        move = contract.sudo().order_line_ids.move_ids.filtered("dealer_vehicle_id")
        self.assertEqual(move.company_id, self.company_b)


@tagged("post_install", "-at_install", "dealer")
class TestMoneyChina(DealerDeliveryCommon):
    """A company that keeps Chinese books (storno accounting, 2203 for advances)."""

    chart_template = "cn"

    @classmethod
    @DealerDeliveryCommon.setup_country("cn")
    @DealerDeliveryCommon.setup_chart_template("cn")
    def setUpClass(cls):
        super().setUpClass()

    def test_whole_way_in_chinese_books(self):
        contract = self._create_sold(5000.0)
        account = self.company.dealer_advance_account_id
        self.assertEqual((account.code[:4], account.reconcile), ("2203", True))
        invoice = self._invoice(contract)
        self.assertAlmostEqual(invoice.amount_residual, invoice.amount_total - 5000.0, 2)
        self._receive(contract, kind="balance")
        self.assertEqual((invoice.payment_state, contract.amount_open), ("paid", 0.0))
        lines = self.env["account.move.line"].search([("account_id", "=", account.id), ("parent_state", "=", "posted")])
        self.assertEqual(round(sum(lines.mapped("balance")), 2), 0.0)
        delivery = self._prepare(contract)
        self._check_and_sign(delivery)
        delivery.action_hand_over()
        self.assertEqual(self.car.place, "with_customer")

    def test_red_letter_and_refund_in_chinese_books(self):
        contract = self._create_sold(5000.0)
        self._invoice(contract)._reverse_moves(cancel=True)
        contract.invalidate_recordset()
        self.assertEqual(contract.amount_on_account, 5000.0)
        payment = contract.sudo().payment_ids.with_user(self.cashier)
        self.env["dealer.contract.refund"].with_user(self.cashier).create(
            {"payment_id": payment.id, "reason": "deal off"}
        ).action_refund()
        contract.invalidate_recordset()
        self.assertEqual((contract.amount_received, contract.amount_on_account), (0.0, 0.0))

    def test_receipt_spells_the_amount(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        contract = self._create_signed(deposit_amount=5000.0)
        payment = self._receive(contract, 19152.39)
        self.assertEqual(payment.currency_id.name, "CNY")
        self.assertEqual(payment.with_context(lang="zh_CN")._get_amount_in_words(), "壹万玖仟壹佰伍拾贰元叁角玖分")
