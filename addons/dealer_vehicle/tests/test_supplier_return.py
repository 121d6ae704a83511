from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_origin import OriginCommon


@tagged("post_install", "-at_install", "dealer")
class TestSupplierReturn(OriginCommon):
    """A bought car goes back: stock, bill and every cost of it end at zero."""

    def send_back(self, cars, user=None):
        wizard = self.env["dealer.vehicle.supplier.return"].with_user(user or self.user_keeper)
        wizard.create({"vehicle_ids": cars.ids, "reason": "Wrong colour"}).action_return()

    def credits(self):
        return self.env["account.move"].search(
            [("move_type", "=", "in_refund"), ("company_id", "=", self.company_a.id)]
        )

    def assertGone(self, cars):
        for car in cars:
            self.assertEqual((car.place, car.title), ("gone", "customer"))
            self.assertEqual(car._exact_cost()[car.id], 0.0)
            arrival = car.purchase_line_id.move_ids.filtered(lambda move: not move.origin_returned_move_id)
            left = car.purchase_line_id.move_ids - arrival
            self.assertGreaterEqual(left.date, arrival.date)
            self.assertAlmostEqual(left.value, arrival.value)
            self.assertEqual(arrival.remaining_qty, 0.0)
            self.assertFalse(car.lot_id._get_arrivals_left())
        self.assertAlmostEqual(self.balance(self.account_stock), 0.0)

    def test_before_the_bill(self):
        car = self.buy_car(100000.0)
        self.send_back(car)
        self.assertGone(car)
        self.assertFalse(self.credits())
        self.assertEqual(car.purchase_line_id.qty_received, 0.0)
        self.assertIn("Wrong colour", car.message_ids[0].body)

    def test_after_the_bill(self):
        car = self.buy_car(100000.0, bill=98000.0)
        self.send_back(car)
        credit = self.credits()
        self.assertEqual((credit.state, credit.amount_untaxed), ("draft", 98000.0))
        self.assertEqual(credit.invoice_line_ids.purchase_line_id, car.purchase_line_id)
        credit.with_user(self.user_biller).action_post()
        self.assertGone(car)
        self.assertEqual(self.balance(self.account_cogs), 0.0)

    def make_draft_bill(self, car, price):
        line = {"product_id": car.product_id.id, "quantity": 1, "price_unit": price, "tax_ids": False}
        line["purchase_line_id"] = car.purchase_line_id.id
        return self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.maker.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [Command.create(line)],
            }
        )

    def test_not_while_a_bill_is_a_draft(self):
        car = self.buy_car(100000.0)
        bill = self.make_draft_bill(car, 98000.0)
        with self.assertRefused("is a draft: let the accountant post or delete it"):
            self.send_back(car)
        bill.with_user(self.user_biller).action_post()
        self.send_back(car)
        self.credits().action_post()
        self.assertGone(car)

    def test_no_bill_after_the_return(self):
        car, kept = self.buy_car(100000.0), self.buy_car(100000.0)
        self.send_back(car)
        late = self.make_draft_bill(car, 100000.0)
        with self.assertRefused("which went back by"):
            late.with_user(self.user_biller).action_post()
        self.assertAlmostEqual(self.balance(self.account_stock), 0.0)
        self.bill(kept, 100000.0)
        self.assertEqual(self.balance(self.account_stock), 100000.0)

    def test_a_car_billed_before_it_comes_is_no_returned_one(self):
        car = self.announce(self.order_cars(100000.0))
        self.assertEqual(self.bill(car, 100000.0).state, "posted")

    def test_after_a_bill_and_its_price_correction(self):
        car = self.buy_car(100000.0, bill=100000.0)
        correction = self.bill(car, 1000.0)
        correction.button_draft()
        correction.write({"move_type": "in_refund"})
        correction.action_post()
        self.send_back(car)
        credit = self.credits().filtered(lambda move: move.state == "draft")
        self.assertEqual(credit.amount_untaxed, 99000.0)
        credit.action_post()
        self.assertGone(car)

    def test_after_a_landed_cost(self):
        car = self.buy_car(100000.0, bill=100000.0)
        clearing = self.account_income
        car._capitalise(2500.0, "Freight", clearing)
        self.assertEqual(car._exact_cost()[car.id], 102500.0)
        self.send_back(car)
        self.credits().action_post()
        self.assertGone(car)
        self.assertEqual(self.balance(self.account_cogs), 2500.0)

    def test_several_at_once_and_only_those(self):
        order = self.order_cars(100000.0, 110000.0, 120000.0)
        first, second, kept = self.announce(order)
        self.receive(order)
        for car, price in ((first, 100000.0), (second, 110000.0), (kept, 120000.0)):
            self.bill(car, price)
        self.send_back(first | second)
        credit = self.credits()
        self.assertEqual(sorted(credit.invoice_line_ids.mapped("price_unit")), [100000.0, 110000.0])
        credit.action_post()
        self.assertEqual(kept.place, "at_site")
        self.assertAlmostEqual(self.balance(self.account_stock), 120000.0)
        self.assertEqual((first.place, second.place), ("gone", "gone"))

    def test_out_of_the_inspection(self):
        order = self.order_cars(100000.0)
        car = self.announce(order)
        inspection = self.receive(order, well=False)
        self.send_back(car)
        self.assertGone(car)
        self.assertEqual(inspection.state, "done")
        self.assertIn("Sent back", inspection.release_note)

    def test_refused(self):
        promised, pledged, sold = self.buy_car(1000.0), self.buy_car(1000.0), self.buy_car(1000.0)
        self.sell(promised)
        with self.assertRefused("is sold by"):
            self.send_back(promised)
        self.env["dealer.vehicle.document"].create(
            {"vehicle_id": pledged.id, "kind": "certificate", "holder_id": self.bank.id}
        )
        with self.assertRefused("is at Floor Plan Bank"):
            self.send_back(pledged)
        self.deliver(self.sell(sold))
        with self.assertRefused("not at one of our sites"):
            self.send_back(sold)
        counted = self.stock_car(self.new_vin())
        with self.assertRefused("did not come in by a purchase order"):
            self.send_back(counted)
        consigned = self.consign().vehicle_id
        with self.assertRefused("give it back from its terms"):
            self.send_back(consigned)
        held = self.buy_car(1000.0)
        held._take_hold(self.customer)
        with self.assertRefused("already held"):
            self.send_back(held)

    def test_only_the_stock_keeper(self):
        car = self.buy_car(100000.0)
        for user in (self.user_buyer, self.user_seller, self.user_auditor):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.send_back(car, user)
