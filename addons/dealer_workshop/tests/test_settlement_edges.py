from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from . import test_cases
from .test_settlement_payers import SettlementMoneyCommon


@tagged("post_install", "-at_install", "dealer")
class TestSettlementEdges(SettlementMoneyCommon):
    """I5, I7 where price lists, taxes, credit notes and gifts meet a settlement."""

    def _all_billed(self, order):
        posted = self._invoices(order).filtered(lambda move: move.state == "posted")
        return sum(posted.mapped("amount_untaxed_signed"))

    def test_a_price_list_of_the_payer_changes_no_bill(self):
        """Neither its currency nor its discounts: the bill is what was agreed, in the company's currency."""
        company_currency = self.company.currency_id
        other = self.env.ref("base.EUR") if company_currency.name == "USD" else self.env.ref("base.USD")
        other.active = True
        rule = {"compute_price": "percentage", "percent_price": 30.0, "applied_on": "3_global"}
        price_list = self.env["product.pricelist"].create(
            {"name": "Abroad", "currency_id": other.id, "item_ids": [Command.create(rule)]}
        )
        for partner in (self.customer, self.insurer):
            partner.with_company(self.company).property_product_pricelist = price_list
        order = self._checked_in(1)
        self._split(order.job_ids, ("customer", self.customer, 40, {}), ("insurance", self.insurer, 60, {}))
        self._settle(order)
        self.assertEqual(self._invoices(order).currency_id, company_currency)
        self.assertEqual(self._untaxed(order), {self.customer: 312, self.insurer: 468})

    def test_a_tax_in_the_price_of_a_part_is_taken_out(self):
        """What was quoted is billed: the part at its price with tax, and no line of rounding makes up for it."""
        tax = self.company.account_sale_tax_id
        included = tax.copy({"name": "In prices", "price_include_override": "tax_included"})
        products = self.part | self.env.ref("dealer_workshop.product_product_labour")
        products.taxes_id = included
        order = self._checked_in(1)
        quoted = order.job_ids.quoted_amount
        net = self.company.currency_id.round(480 / (1 + tax.amount / 100))
        self.assertAlmostEqual(quoted, 300 * (1 + tax.amount / 100) + 480, delta=0.01)
        order.with_user(self.advisor).write({"rounding_amount": 5, "discount_reason_id": self.reason.id})
        self._settle(order)
        (bill,) = self._invoices(order)
        self.assertAlmostEqual(bill.amount_untaxed, 300 + net - 5)
        self.assertAlmostEqual(bill.amount_total, quoted - 5 * (1 + tax.amount / 100), delta=0.01)
        rounding = bill.invoice_line_ids.filtered(lambda line: line.product_id.default_code == "ROUND")
        self.assertAlmostEqual(sum(rounding.mapped("price_subtotal")), -5, delta=0.02)

    def test_what_accounting_credited_in_part_is_not_billed_twice(self):
        order = self._settle(self._checked_in(1))
        bill = self._invoices(order)
        credit = bill._reverse_moves([{"invoice_date": bill.invoice_date}])
        labour, *others = credit.invoice_line_ids.filtered("product_id")
        credit.invoice_line_ids = [Command.delete(line.id) for line in others]
        labour.write({"quantity": 1.0, "price_unit": 10.0})
        credit.action_post()
        with self.assertRaisesRegex(UserError, "credited in part"):
            order.with_user(self.manager).action_reverse_settlement("Wrong payer")
        self.assertTrue(order.settled_on)
        rest = bill._reverse_moves([{"invoice_date": bill.invoice_date}])
        rest.invoice_line_ids.filtered(lambda line: line.product_id == labour.product_id).write(
            {"quantity": 1.0, "price_unit": 290.0}
        )
        rest.action_post()
        order.with_user(self.manager).action_reverse_settlement("Wrong payer")
        self.assertEqual(self._all_billed(order), 0)
        order.with_user(self.advisor).action_settle()
        self.assertEqual(self._all_billed(order), 780)
        self.assertEqual(self.balance(self.part_cogs), 300)

    def test_a_part_given_away_costs_though_nobody_pays_it(self):
        self.env["dealer.repair.discount.limit"].search([]).unlink()
        order = self._checked_in(1)
        self._split(order.job_ids, ("customer", self.customer, 50, {}), ("warranty", self.maker, 50, {}))
        order.with_user(self.advisor).discount_reason_id = self.reason
        order.job_ids.part_ids.with_user(self.advisor).discount = 100
        self._settle(order)
        self.assertEqual(self._untaxed(order), {self.customer: 150, self.maker: 150})
        self.assertEqual(self.balance(self.part_cogs), 300)
        self.assertBooksAgree()

    def test_fewer_hours_than_the_list_are_a_discount(self):
        order = self._checked_in(1)
        line = order.job_ids.line_ids.with_user(self.advisor)
        self.assertEqual(line.list_hours, 1.5)
        line.hours = 1.0
        self.assertEqual((order.discount_amount, order.discount_by_id), (100, self.advisor))
        self._make_ready(order)
        with self.assertRaisesRegex(UserError, "Discount approved"):
            order.with_user(self.advisor).action_settle()
        order.with_user(self.advisor).discount_reason_id = self.reason
        with self.assertRaisesRegex(UserError, "Discount approved"):
            order.with_user(self.advisor).action_settle()
        line.hours = 1.4
        order.with_user(self.advisor).action_settle()
        self.assertEqual(order.discount_ids.amount_labour, 20)

    def test_more_hours_or_a_dearer_one_are_none(self):
        order = self._checked_in(0)
        line = order.job_ids.line_ids.with_user(self.advisor)
        line.hours = 2.0
        self.assertEqual((order.discount_amount, order.discount_by_id), (0, self.env["res.users"]))
        line.write({"hours": 1.0, "rate": 350.0})
        self.assertEqual(order.discount_amount, 0, "350 for what the list sells at 300")
        other = self.env["dealer.job.line"].with_user(self.advisor)
        other = other.create({"job_id": order.job_ids.id, "name": "Work without a list", "hours": 0.2})
        self.assertEqual((other.list_hours, order.discount_amount), (0, 0))


@tagged("post_install", "-at_install", "dealer")
class TestAccidentsOfOneInsurer(test_cases.ApprovedSumCommon):
    """P40: two accidents of one insurer on one order are one bill, one answer, one decision."""

    def test_the_claim_is_answered_with_all_of_them(self):
        order = self._insured()
        self._approve(order, self._gross(300), report_no="A1")
        self._approve(order, self._gross(480), report_no="A2")
        self._settle(order)
        claim = order.sudo().claim_ids.with_user(self.clerk)
        claim.action_submit()
        claim.action_take_approved()
        self.assertFalse(claim.is_tax_included, "the expert's sums are with tax, this claim's are not")
        self.assertEqual((claim.amount_accepted, claim.amount_variance), (780, 0))

    def test_the_rest_is_decided_on_the_newest(self):
        order = self._insured()
        first = self._approve(order, self._gross(300), report_no="A1")
        second = self._approve(order, self._gross(400), report_no="A2")
        self.assertEqual(first.amount_rest, second.amount_rest)
        with self.assertRaisesRegex(UserError, "one bill"):
            first.action_rest_customer()
        second.action_rest_customer()
        self._settle(order)
        self.assertEqual(self._untaxed(order), {self.insurer: 700, self.customer: 80})

    def test_the_deductible_follows_its_accident(self):
        order, other = self._insured(), self._insured(self._make_order(odometer_km=42001))
        case = self._approve(order, self._gross(780), deductible=self._gross(100))
        with self.assertRaisesRegex(UserError, "supplement"):
            case.order_id = other
        case.action_supplement()
        case.order_id = other
        self.assertEqual((order.deductible_amount, other.deductible_amount), (0, 100))
        case.action_total_loss()
        self.assertEqual(other.deductible_amount, 0)
        draft = case.copy({"report_no": "DRAFT", "order_id": order.id, "insurer_id": self.maker.id, "deductible": 50})
        self.assertGreater(order.deductible_amount, 0)
        draft.unlink()
        self.assertEqual(order.deductible_amount, 0)

    def test_no_deductible_is_brought_to_a_settled_order(self):
        order, other = self._insured(), self._insured(self._make_order(odometer_km=42001))
        self._settle(order)
        case = self._approve(other, self._gross(780), deductible=self._gross(100))
        case.action_supplement()
        with self.assertRaisesRegex(UserError, "is settled"):
            case.order_id = order

    def test_a_supplement_is_approved_in_full(self):
        order = self._insured()
        case = self._approve(order, self._gross(700))
        case.action_supplement()
        case.line_ids = [Command.create({"name": "Radiator", "amount_estimated": 100.0})]
        case.action_send()
        case.action_approve_in_full()
        self.assertRecordValues(case, [{"state": "approved", "amount_approved": self._gross(700) + 100}])
