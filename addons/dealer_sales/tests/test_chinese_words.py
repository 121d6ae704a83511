from lxml import etree

from odoo.fields import Command
from odoo.tests import tagged

from .test_dealer_contract_money import DealerMoneyCommon


@tagged("post_install", "-at_install", "dealer")
class TestChineseWords(DealerMoneyCommon):
    """What a Chinese house reads where no screen of ours says it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        modules = cls.env["ir.module.module"].search([("name", "in", ("crm", "dealer_sales"))])
        modules._update_translations("zh_CN", overwrite=True)

    def test_pass_through_names_on_the_invoice(self):
        self.customer.lang = "zh_CN"
        contract = self._create_contract()
        tax = self.env.ref("dealer_sales.product_purchase_tax")
        contract.write({"order_line_ids": [Command.create({"product_id": tax.id, "price_unit": 900.0})]})
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", b"aGVsbG8=")
        contract.action_allocate(self.car.id)
        names = self._invoice(contract).invoice_line_ids.mapped("name")
        self.assertIn("车辆购置税（代收）", names)
        self.assertIn("交强险（代收）", names)

    def test_approval_rules_speak_the_readers_language(self):
        chinese = self.env["res.partner"].create({"name": "甲店", "lang": "zh_CN"})
        company = self.env["res.company"].create({"name": "甲店", "partner_id": chinese.id})
        domain = [("model", "=", "dealer.contract.version"), ("company_id", "=", company.id)]
        rules = self.env["tier.definition"].search(domain)
        first = rules.filtered(lambda rule: not rule.dealer_code)
        self.assertEqual(first.with_context(lang="zh_CN").name, "所有合同由销售经理审批")
        self.assertEqual(first.with_context(lang="en_US").name, "Sales manager approves every contract")
        self.assertIn("低于成本销售", rules.with_context(lang="zh_CN").mapped("name"))

    def test_who_calls_for_a_renewal_reads_his_language(self):
        self.fni.lang = "zh_CN"
        words = self.env["dealer.insurance.renewal"].new({"user_id": self.fni.id})._get_call_words()
        self.assertEqual(words, "保险到期：联系客户")

    def test_won_is_what_a_dealership_says(self):
        won = self.env.ref("crm.stage_lead4").with_context(lang="zh_CN")
        self.assertEqual(won.name, "成交")
        won.name = "已订车"
        self.env["crm.stage"]._name_won_stages(["zh_CN"])
        self.assertEqual(won.name, "已订车", "a shop's own word stays")

    def test_no_button_that_buys_facts_about_private_people(self):
        arch = etree.fromstring(self.env["crm.lead"].with_user(self.advisor).get_view(view_type="form")["arch"])
        self.assertTrue(arch.xpath("//button[@name='action_new_contract']"))
        self.assertFalse(arch.xpath("//button[@name='iap_enrich']"))
