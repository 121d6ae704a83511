from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_origin import OriginCommon


class ConsignmentCase(OriginCommon):
    def consign_on_percent(self, **values):
        return self.consign(**{"commission_percent": 5.0, "minimum_price": 90000.0, **values})

    def refund(self, invoice, price=None):
        """Post a credit note for an invoice, in whole or for a part of the price."""
        wizard = self.env["account.move.reversal"].create(
            {"move_ids": [Command.set(invoice.ids)], "journal_id": invoice.journal_id.id}
        )
        credit = self.env["account.move"].browse(wizard.refund_moves()["res_id"])
        if price:
            credit.invoice_line_ids.price_unit = price
        credit.with_user(self.user_biller).action_post()
        return credit

    def return_delivery(self, order):
        """Let the stock keeper take a delivered car back from the customer."""
        delivery = order.picking_ids.filtered(lambda picking: picking.picking_type_code == "outgoing")[:1]
        wizard = (
            self.env["stock.return.picking"]
            .with_user(self.user_keeper)
            .with_context(active_id=delivery.id, active_ids=delivery.ids, active_model="stock.picking")
            .create({"picking_id": delivery.id})
        )
        wizard.product_return_moves.quantity = 1
        picking = wizard._create_return()
        picking.move_ids.picked = True
        picking.with_context(skip_sms=True).button_validate()
        return picking


@tagged("post_install", "-at_install", "dealer")
class TestConsignment(ConsignmentCase):
    """A car of somebody else: stock without value, and a sale of which only the commission is ours (P7)."""

    def test_it_is_stock_of_its_owner(self):
        terms = self.consign_on_percent()
        car = terms.vehicle_id
        self.assertEqual((car.place, car.claim, car.title), ("at_site", "free", "third"))
        self.assertEqual(car.owner_id, self.seller)
        self.assertEqual(car.source, "consignment")
        self.assertTrue(car.is_inspected)
        self.assertEqual(car.lot_id.quant_ids.filtered(lambda quant: quant.quantity > 0).owner_id, self.seller)
        self.assertEqual(car.with_user(self.user_buyer).cost, 0.0)
        self.assertEqual(car.product_id.with_company(self.company_a).total_value, 0.0)
        self.assertNoTraceOfCost()

    def assertSettled(self, terms, owner, commission):
        self.assertNoTraceOfCost()
        self.assertAlmostEqual(self.balance(self.account_owed), 0.0)
        self.assertAlmostEqual(self.balance(self.account_income), -commission)
        bill = terms.settlement_ids
        self.assertEqual((bill.move_type, bill.partner_id), ("in_invoice", self.seller))
        self.assertAlmostEqual(bill.amount_total, owner)
        self.assertEqual(terms.state, "settled")

    def test_delivered_then_invoiced(self):
        terms = self.consign_on_percent()
        order = self.sell(terms.vehicle_id, 100000.0)
        self.deliver(order)
        self.assertEqual(order.order_line.move_ids.filtered(lambda move: move.state == "done").mapped("value"), [0.0])
        self.invoice(order)
        self.assertEqual(self.balance(self.account_owed), -100000.0)
        self.assertEqual(self.balance(self.account_income), 0.0)
        self.settle(terms)
        self.assertSettled(terms, 95000.0, 5000.0)
        self.assertEqual(terms.vehicle_id.place, "with_customer")

    def test_invoiced_then_delivered(self):
        terms = self.consign_on_percent()
        order = self.sell(terms.vehicle_id, 100000.0)
        self.invoice(order)
        with self.assertRefused("not been handed over"):
            terms.with_user(self.user_biller).action_settle()
        self.deliver(order)
        self.settle(terms)
        self.assertSettled(terms, 95000.0, 5000.0)

    def test_a_fixed_amount_to_the_owner(self):
        terms = self.consign(settle_kind="fixed", amount_owner=91000.5, minimum_price=90000.0)
        order = self.sell(terms.vehicle_id, 100000.0)
        self.deliver(order)
        self.invoice(order)
        self.settle(terms)
        self.assertSettled(terms, 91000.5, 8999.5)

    def test_tax_is_not_the_owners(self):
        account = self.account_owed.copy({"code": "241901", "name": "Output VAT"})
        shares = [
            Command.create({"repartition_type": "base"}),
            Command.create({"repartition_type": "tax", "account_id": account.id}),
        ]
        tax = self.env["account.tax"].create(
            {
                "name": "VAT 13",
                "amount": 13.0,
                "type_tax_use": "sale",
                "company_id": self.company_a.id,
                "invoice_repartition_line_ids": shares,
                "refund_repartition_line_ids": shares,
            }
        )
        terms = self.consign_on_percent()
        order = self.sell(terms.vehicle_id, 100000.0, confirm=False)
        order.order_line.tax_ids = tax
        order.action_confirm()
        self.deliver(order)
        self.assertEqual(self.invoice(order).amount_total, 113000.0)
        self.settle(terms)
        self.assertSettled(terms, 95000.0, 5000.0)

    def test_the_line_cannot_be_booked_as_revenue(self):
        terms = self.consign_on_percent()
        order = self.sell(terms.vehicle_id, 100000.0)
        order.order_line.product_id.sudo().invoice_policy = "order"
        invoice = order.sudo()._create_invoices()
        self.assertEqual(invoice.invoice_line_ids.account_id, self.account_owed)
        invoice.invoice_line_ids.account_id = self.account_income
        invoice.with_user(self.user_biller).action_post()
        self.assertEqual(invoice.invoice_line_ids.account_id, self.account_owed)

    def test_below_the_owners_minimum(self):
        terms = self.consign_on_percent()
        with self.assertRefused("Wang Fang agreed to no less than .*90,000"):
            self.sell(terms.vehicle_id, 89999.0)
        order = self.sell(terms.vehicle_id, 95000.0)
        order.order_line.product_id.sudo().invoice_policy = "order"
        invoice = order.sudo()._create_invoices()
        invoice.invoice_line_ids.price_unit = 89999.0
        with self.assertRefused("no less than"):
            invoice.with_user(self.user_biller).action_post()

    def test_credit_notes_before_the_settlement(self):
        terms = self.consign_on_percent()
        order = self.sell(terms.vehicle_id, 100000.0)
        invoice = self.invoice(order)
        with self.assertRefused("no less than"):
            self.refund(invoice, 20000.0)
        self.refund(invoice, 4000.0)
        self.deliver(order)
        self.settle(terms)
        self.assertSettled(terms, 91200.0, 4800.0)

    def test_a_whole_credit_note_leaves_nothing_to_settle(self):
        terms = self.consign_on_percent()
        order = self.sell(terms.vehicle_id, 100000.0)
        self.deliver(order)
        invoice = self.invoice(order)
        self.refund(invoice)
        self.assertAlmostEqual(self.balance(self.account_owed), 0.0)
        with self.assertRefused("no invoice for it is posted"):
            terms.with_user(self.user_biller).action_settle()

    def test_nothing_changes_after_the_settlement(self):
        terms = self.consign_on_percent()
        order = self.sell(terms.vehicle_id, 100000.0)
        self.deliver(order)
        invoice = self.invoice(order)
        bill = self.settle(terms)
        with self.assertRefused("Cancel that document first"):
            self.refund(invoice, 1000.0)
        with self.assertRefused("Cancel that document first"):
            invoice.with_user(self.user_biller).button_draft()
        with self.assertRefused("terms stay"):
            terms.with_user(self.user_buyer).write({"minimum_price": 1.0})
        with self.assertRefused("settled already by"):
            terms.with_user(self.user_biller).action_settle()
        bill.button_draft()
        bill.button_cancel()
        self.assertEqual(terms.state, "live")
        self.settle(terms)
        self.assertAlmostEqual(self.balance(self.account_owed), 0.0)

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_a_second_settlement(self):
        terms = self.consign_on_percent()
        order = self.sell(terms.vehicle_id, 100000.0)
        self.deliver(order)
        self.invoice(order)
        vals = terms._prepare_settlement()
        self.env["account.move"].create(vals)
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["account.move"].create(vals)
            self.env.flush_all()
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'account_move_dealer_consignment_uniq'")
        self.assertIn("UNIQUE", self.env.cr.fetchone()[0])

    def test_a_bill_that_clears_another_amount_is_refused(self):
        terms = self.consign_on_percent()
        order = self.sell(terms.vehicle_id, 100000.0)
        self.deliver(order)
        self.invoice(order)
        terms.with_user(self.user_biller).action_settle()
        bill = terms.settlement_ids
        bill.invoice_line_ids[0].price_unit = 99000.0
        with self.assertRefused("clears .*99,000.*100,000"):
            bill.with_user(self.user_biller).action_post()

    def test_a_credited_settlement_settles_nothing(self):
        terms = self.consign_on_percent()
        order = self.sell(terms.vehicle_id, 100000.0)
        self.deliver(order)
        self.invoice(order)
        bill = self.settle(terms)
        credit = self.refund(bill)
        self.assertTrue(bill.is_settlement_reversed)
        self.assertEqual((terms.state, terms.amount_owed), ("live", 100000.0))
        self.assertEqual(self.balance(self.account_owed), -100000.0)
        again = self.settle(terms)
        self.assertEqual(terms.state, "settled")
        self.assertAlmostEqual(self.balance(self.account_owed), 0.0)
        with self.assertRefused("credit it as a whole"):
            self.refund(again, 1.0)
        # A withdrawn credit note would make two settlements of one sale.
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            credit.button_draft()
            self.env.flush_all()

    def test_a_paid_settlement_is_credited(self):
        terms = self.consign_on_percent()
        order = self.sell(terms.vehicle_id, 100000.0)
        self.deliver(order)
        self.invoice(order)
        bill = self.settle(terms)
        payment = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=bill.ids)
        payment.create({})._create_payments()
        self.refund(bill)
        self.assertEqual(terms.state, "live")

    def test_terms_are_frozen_once_invoiced(self):
        terms = self.consign_on_percent()
        order = self.sell(terms.vehicle_id, 100000.0)
        self.deliver(order)
        terms.with_user(self.user_buyer).write({"commission_percent": 6.0})
        invoice = self.invoice(order)
        for vals in ({"commission_percent": 100.0}, {"settle_kind": "fixed"}, {"minimum_price": 0.0}):
            with self.assertRefused("is invoiced to a customer"):
                terms.with_user(self.user_buyer).write(vals)
        terms.with_user(self.user_buyer).write({"date_until": fields.Date.today()})
        self.refund(invoice)
        terms.with_user(self.user_buyer).write({"commission_percent": 5.0})

    def test_a_sold_and_settled_car_does_not_come_back_as_ours(self):
        terms = self.consign_on_percent()
        order = self.sell(terms.vehicle_id, 100000.0)
        self.deliver(order)
        self.invoice(order)
        bill = self.settle(terms)
        with self.assertRefused("was sold for Wang Fang and settled by"):
            self.return_delivery(order)
        self.refund(bill)
        self.return_delivery(order)
        self.assertEqual((terms.vehicle_id.consignment_id, terms.vehicle_id.title), (terms, "third"))

    def test_a_receipt_that_is_called_off(self):
        terms = self.consign_on_percent(received=False)
        car = terms.vehicle_id
        with self.assertRefused("is expected already by"):
            self.take_in(vin=car.vin)
        terms.receipt_id.with_user(self.user_keeper).action_cancel()
        self.assertEqual(terms.state, "called_off")
        self.assertFalse(car.consignment_id)
        with self.assertRefused("called off: its terms stay"):
            terms.with_user(self.user_buyer).write({"minimum_price": 1.0})
        self.assertEqual(self.buy_used(vin=car.vin, price=85000.0), car)
        self.bill(car, 85000.0)
        self.assertEqual(car._exact_cost()[car.id], 85000.0)
        order = self.sell(car, 99000.0)
        self.assertFalse(order.order_line.dealer_consignment_id)
        self.deliver(order)
        self.invoice(order)
        self.assertEqual(self.balance(self.account_cogs), 85000.0)
        self.assertEqual(self.balance(self.account_owed), 0.0)

    def test_not_bought_while_its_terms_are_open(self):
        terms = self.consign_on_percent()
        car = terms.vehicle_id
        self.deliver(self.sell(car, 100000.0))
        with self.assertRefused("with us for Wang Fang on terms that are open"):
            self.take_in(vin=car.vin)
        purchase = self.order_cars(70000.0, product=car.product_id, confirm=False)
        purchase.order_line.dealer_vehicle_id = car
        with self.assertRefused("with us for Wang Fang on terms that are open"):
            purchase.button_confirm()

    def test_given_back(self):
        terms = self.consign_on_percent()
        for user in (self.user_buyer, self.user_seller):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                terms.with_user(user).action_give_back()
        terms.with_user(self.user_keeper).action_give_back()
        car = terms.vehicle_id
        self.assertEqual((terms.state, car.place), ("returned", "gone"))
        self.assertEqual(terms.return_id.state, "done")
        self.assertEqual(terms.return_id.return_id, terms.receipt_id)
        self.assertNoTraceOfCost()

    def test_a_promised_car_is_not_given_back(self):
        terms = self.consign_on_percent()
        self.sell(terms.vehicle_id, 100000.0)
        with self.assertRefused("is sold by"):
            terms.with_user(self.user_keeper).action_give_back()

    def test_bought_after_it_was_consigned(self):
        terms = self.consign_on_percent()
        car = terms.vehicle_id
        terms.with_user(self.user_keeper).action_give_back()
        self.assertEqual(self.buy_used(vin=car.vin, price=85000.0), car)
        self.assertEqual((car.place, car.title), ("at_site", "third"))
        self.bill(car, 85000.0)
        self.assertEqual(car.title, "ours")
        order = self.sell(car, 99000.0)
        self.deliver(order)
        self.invoice(order)
        self.assertEqual(self.balance(self.account_cogs), 85000.0)
        self.assertEqual(self.balance(self.account_stock), 0.0)
        self.assertEqual(self.balance(self.account_owed), 0.0)

    def test_consigned_again_by_its_new_owner(self):
        terms = self.consign_on_percent()
        car = terms.vehicle_id
        order = self.sell(car, 100000.0)
        self.deliver(order)
        self.invoice(order)
        self.settle(terms)
        again = self.consign_on_percent(vin=car.vin, partner_id=self.customer.id)
        self.assertEqual(again.vehicle_id, car)
        self.assertEqual((car.place, car.title, car.consignment_id), ("at_site", "third", again))
        present = car.lot_id.quant_ids.filtered(
            lambda quant: quant.quantity and quant.location_id.usage in ("customer", "internal")
        )
        self.assertEqual(present.owner_id, self.customer)
        self.assertEqual(present.mapped("quantity"), [1.0])

    def test_a_car_we_owned_before_has_no_cost_when_consigned(self):
        car = self.buy_car(70000.0, bill=70000.0)
        first = self.sell(car, 80000.0, partner=self.seller)
        self.deliver(first)
        self.invoice(first)
        terms = self.consign_on_percent(vin=car.vin)
        self.assertEqual(car._exact_cost()[car.id], 0.0)
        order = self.sell(car, 100000.0)
        self.invoice(order)
        self.deliver(order)
        self.settle(terms)
        self.assertEqual(self.balance(self.account_cogs), 70000.0)
        self.assertEqual(self.balance(self.account_stock), 0.0)
        self.assertAlmostEqual(self.balance(self.account_owed), 0.0)

    def test_term_over(self):
        today = fields.Date.today()
        over = self.consign_on_percent(received=False, date_until=today)
        running = self.consign_on_percent(received=False, date_until=today + timedelta(days=3))
        over.write({"date_from": today - timedelta(days=9), "date_until": today - timedelta(days=1)})
        Terms = self.env["dealer.vehicle.consignment"].with_user(self.user_auditor)
        self.assertEqual(Terms.search([("is_overdue", "=", True)]), over)
        self.assertFalse(running.is_overdue)
        self.env["dealer.vehicle.consignment"]._cron_remind_overdue()
        self.env["dealer.vehicle.consignment"]._cron_remind_overdue()
        self.assertEqual(over.activity_ids.user_id, self.user_buyer)
        self.assertEqual(len(over.activity_ids), 1)
        self.assertFalse(running.activity_ids)

    def test_nobody_types_what_the_steps_write(self):
        terms = self.consign_on_percent()
        order = self.sell(terms.vehicle_id, 100000.0)
        for user in (self.user_buyer, self.user_admin):
            for vals in ({"state": "settled"}, {"partner_id": self.customer.id}, {"date_returned": "2026-01-01"}):
                with self.assertRefused("follow from"):
                    terms.with_user(user).write(vals)
        with self.assertRefused("cannot be typed"):
            order.order_line.with_user(self.user_seller).write({"dealer_consignment_id": False})
        invoice = self.env["account.move"].create({"move_type": "in_invoice", "partner_id": self.seller.id})
        with self.assertRefused("button on its terms"):
            invoice.with_user(self.user_biller).write({"dealer_consignment_id": terms.id})

    def test_rights_and_companies(self):
        terms = self.consign_on_percent()
        terms.with_user(self.user_buyer).write({"minimum_price": 88000.0, "commission_percent": 6.0})
        self.assertEqual(terms.with_user(self.user_buyer).commission_percent, 6.0)
        secret = {"commission_percent", "amount_owner", "commission_amount"}
        for user in (self.user_staff, self.user_seller):
            self.assertFalse(secret & terms.with_user(user).fields_get().keys())
            with self.assertRaises(AccessError):
                terms.with_user(user).read(["commission_percent"])
            arch = terms.with_user(user).get_view(view_type="form")["arch"]
            self.assertNotIn("commission_percent", arch.replace("settle_kind != 'commission'", ""))
            self.assertIn("minimum_price", arch)
        for user in (self.user_keeper, self.user_staff, self.user_auditor):
            self.assertEqual(terms.with_user(user).minimum_price, 88000.0)
            with self.assertRaises(AccessError):
                terms.with_user(user).write({"minimum_price": 1.0})
        self.assertFalse(self.env["dealer.vehicle.consignment"].with_user(self.user_b).search([]))
        with self.assertRaises(AccessError):
            terms.with_user(self.user_seller).action_settle()


@tagged("post_install", "-at_install", "dealer")
class TestAgency(ConsignmentCase):
    """The maker's car on our site: he invoices the customer, we invoice him a commission."""

    def test_sold_for_the_maker(self):
        terms = self.consign("agency", product_id=self.product.id, commission_amount=6000.0)
        car = terms.vehicle_id
        self.assertEqual(
            (car.place, car.title, car.condition, car.product_id), ("at_site", "third", "new", self.product)
        )
        order = self.sell(car, 180000.0)
        self.assertEqual(order.invoice_status, "no")
        self.deliver(order)
        self.assertEqual(order.order_line.qty_to_invoice, 0.0)
        move = self.settle(terms)
        self.assertRecordValues(
            move, [{"move_type": "out_invoice", "partner_id": self.maker.id, "amount_untaxed": 6000.0}]
        )
        self.assertEqual(self.balance(self.account_income), -6000.0)
        self.assertNoTraceOfCost()
        with self.assertRefused("settled already by"):
            terms.with_user(self.user_biller).action_settle()

    def test_our_invoice_is_refused(self):
        terms = self.consign("agency", product_id=self.product.id, commission_amount=6000.0)
        order = self.sell(terms.vehicle_id, 180000.0)
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "price_unit": 180000.0,
                            "sale_line_ids": [Command.link(order.order_line.id)],
                        }
                    )
                ],
            }
        )
        with self.assertRefused("is invoiced by Northstar Motors"):
            invoice.with_user(self.user_biller).action_post()

    def test_no_commission_no_invoice(self):
        terms = self.consign("agency", product_id=self.product.id)
        self.deliver(self.sell(terms.vehicle_id, 180000.0))
        with self.assertRefused("type the commission"):
            terms.with_user(self.user_biller).action_settle()

    def test_a_settled_car_does_not_come_back_as_ours(self):
        terms = self.consign("agency", product_id=self.product.id, commission_amount=6000.0)
        order = self.sell(terms.vehicle_id, 180000.0)
        self.deliver(order)
        terms.with_user(self.user_buyer).write({"commission_amount": 6500.0})
        invoice = self.settle(terms)
        with self.assertRefused("was sold for Northstar Motors and settled by"):
            self.return_delivery(order)
        self.refund(invoice, 1000.0)
        self.assertEqual(terms.state, "settled")
        with self.assertRefused("Let the accountant cancel or credit"):
            self.return_delivery(order)
        self.refund(invoice, 5500.0)
        self.assertEqual(terms.state, "live")
        self.return_delivery(order)
        self.assertEqual((terms.vehicle_id.consignment_id, terms.vehicle_id.title), (terms, "third"))
