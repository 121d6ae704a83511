from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .test_dealer_trade import TradeCommon


@tagged("post_install", "-at_install", "dealer")
class TestDealerTradeBill(TradeCommon):
    """The bill of the buying company says what the invoice of the selling one says, once."""

    def create_bill(self, purchase):
        """Let company B make its bill from its own order."""
        purchase = purchase.with_company(self.company_b)
        purchase.order_line.product_id.purchase_method = "purchase"
        purchase.order_line.invalidate_recordset()
        purchase.order_line._compute_qty_invoiced()
        purchase.action_create_invoice()
        return purchase.invoice_ids

    def post_bill(self, bill):
        bill.invoice_date = bill.invoice_date or "2026-11-20"
        bill.with_user(self.biller_b).with_company(self.company_b).action_post()

    def create_invoice(self, *sales):
        orders = self.env["sale.order"].concat(*sales)
        orders.order_line.product_id.sudo().invoice_policy = "order"
        return orders.sudo()._create_invoices()

    def test_billed_before_the_invoice(self):
        """C1: B booked the car itself; A's invoice makes no second bill."""
        sale, purchase = self.trade(self.buy_car(10000.0, bill=10000.0))
        bill = self.create_bill(purchase)
        self.post_bill(bill)
        invoice = self.invoice(sale)
        self.assertEqual(purchase.invoice_ids, bill)
        self.assertFalse(invoice._get_sister_bills())
        self.assertIn(invoice.name, purchase.message_ids[:1].body)
        self.assertFalse(purchase.dealer_trade_bill_missing)

    def test_own_draft_is_taken(self):
        sale, purchase = self.trade(self.buy_car(10000.0, bill=10000.0))
        bill = self.create_bill(purchase)
        invoice = self.invoice(sale)
        self.assertEqual(invoice._get_sister_bills(), bill)
        self.assertEqual((bill.ref, bill.state), (invoice.name, "draft"))

    def test_a_car_is_billed_once(self):
        """Any supplier: a second bill of the car is refused; a correction or one after a credit note is not."""
        car = self.buy_car(10000.0)
        bill = self.bill(car, 10000.0)
        with self.assertRefused("would be billed more than once"):
            self.bill(car, 10000.0)
        self.bill(car, 300.0)
        bill._reverse_moves([{"invoice_date": bill.invoice_date}]).action_post()
        self.bill(car, 9900.0)
        twice = self.announce(self.order_cars(8000.0))
        with self.assertRefused("would be billed more than once"):
            self.bill_twice(twice)

    def bill_twice(self, car):
        line = {"product_id": car.product_id.id, "price_unit": 8000.0, "purchase_line_id": car.purchase_line_id.id}
        self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.maker.id,
                "invoice_date": "2026-11-20",
                "invoice_line_ids": [Command.create(line), Command.create(line)],
            }
        ).action_post()

    def test_one_invoice_over_two_trades(self):
        """C2: cars of two sites, one invoice, one bill."""
        first, purchase = self.trade(self.buy_car(10000.0))
        second, other = self.trade(self.buy_car(20000.0))
        invoice = self.create_invoice(first, second)
        self.assertEqual(len(invoice), 1)
        invoice.with_user(self.user_biller).action_post()
        bill = invoice._get_sister_bills()
        self.assertEqual((len(bill), bill.amount_untaxed), (1, 30600.0))
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, (purchase | other).order_line)

    def test_two_companies_on_one_invoice(self):
        company_c = self._create_company(name="Sister C")
        site_c = self.env["stock.warehouse"].search([("company_id", "=", company_c.id)], limit=1)
        first, _purchase = self.trade(self.buy_car(10000.0))
        second, _purchase = self.trade(self.buy_car(20000.0), site=site_c)
        invoice = self.create_invoice(first)
        line = self.create_invoice(second).invoice_line_ids
        invoice.write({"invoice_line_ids": [Command.create(line.copy_data()[0])]})
        invoice.invoice_line_ids[-1:].sale_line_ids = second.order_line
        with self.assertRefused("make one invoice for each"):
            invoice.action_post()

    def test_invoice_says_what_was_agreed(self):
        """C3: another price, another currency or a further line stops the invoice."""
        sale, purchase = self.trade(self.buy_car(10000.0))
        invoice = self.create_invoice(sale)
        invoice.invoice_line_ids.price_unit = 9000.0
        with self.assertRefused("does not say what both companies agreed"):
            invoice.action_post()
        invoice.invoice_line_ids.price_unit = 10200.0
        currency = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("id", "!=", sale.currency_id.id)], limit=1)
        )
        currency.active = True
        invoice.currency_id = currency
        invoice.invoice_line_ids.price_unit = 10200.0
        with self.assertRefused("does not say what both companies agreed"):
            invoice.action_post()
        invoice.currency_id = sale.currency_id
        invoice.invoice_line_ids.price_unit = 10200.0
        invoice.write({"invoice_line_ids": [Command.create({"name": "Freight", "price_unit": 500.0})]})
        with self.assertRefused("has other lines too"):
            invoice.action_post()
        invoice.invoice_line_ids.filtered(lambda line: not line.sale_line_ids).unlink()
        invoice.action_post()
        bill = invoice._get_sister_bills()
        self.assertEqual((bill.currency_id, bill.amount_untaxed), (purchase.currency_id, 10200.0))

    def test_currency_of_the_invoice(self):
        """The buying company keeps its books in another currency: the bill is in the invoice's."""
        currency = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("id", "!=", self.company_a.currency_id.id)], limit=1)
        )
        currency.active = True
        self.company_b.sudo().currency_id = currency
        sale, purchase = self.trade(self.buy_car(10000.0))
        invoice = self.invoice(sale)
        bill = invoice._get_sister_bills()
        self.assertEqual(bill.currency_id, invoice.currency_id)
        self.assertEqual((bill.amount_untaxed, purchase.currency_id), (10200.0, sale.currency_id))

    def test_no_down_payment(self):
        """C4: refused with a sentence when it is made."""
        sale, _purchase = self.trade(self.buy_car(10000.0))
        wizard = (
            self.env["sale.advance.payment.inv"]
            .with_context(active_model="sale.order", active_ids=sale.ids)
            .create({"advance_payment_method": "fixed", "fixed_amount": 500.0, "sale_order_ids": sale.ids})
        )
        with self.assertRefused("no down payment"):
            wizard.create_invoices()
        wizard.advance_payment_method = "delivered"
        sale.order_line.product_id.sudo().invoice_policy = "order"
        wizard.create_invoices()
        sale.invoice_ids.action_post()
        self.assertEqual(sale.invoice_ids._get_sister_bills().amount_untaxed, 10200.0)

    def test_deleted_draft_is_made_anew(self):
        """C9: B's accountant deleted the draft and gets it back from the order."""
        sale, purchase = self.trade(self.buy_car(10000.0))
        invoice = self.invoice(sale)
        self.assertFalse(purchase.dealer_trade_bill_missing)
        mine = purchase.with_user(self.biller_b).with_company(self.company_b)
        invoice._get_sister_bills().with_user(self.biller_b).with_company(self.company_b).unlink()
        self.env.invalidate_all()
        self.assertTrue(mine.dealer_trade_bill_missing)
        with self.assertRaises(AccessError):
            purchase.with_user(self.user_b).with_company(self.company_b).action_prepare_sister_bill()
        mine.action_prepare_sister_bill()
        bill = invoice._get_sister_bills()
        self.assertEqual((len(bill), bill.amount_untaxed, bill.ref), (1, 10200.0, invoice.name))
        self.assertFalse(mine.dealer_trade_bill_missing)
        Form(mine)
