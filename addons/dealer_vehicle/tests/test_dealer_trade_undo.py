from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_dealer_trade import TradeCommon


@tagged("post_install", "-at_install", "dealer")
class TestDealerTradeUndo(TradeCommon):
    """Who approves a trade, where its cars may go, and how it is undone."""

    # ------------------------------------------------------------------ approval

    def test_approval_is_the_buyers(self):
        """C5: a purchasing manager of A approves nothing in B."""
        self.company_b.write({"po_double_validation": "two_step", "po_double_validation_amount": 100.0})
        groups = "dealer_vehicle.group_buyer,purchase.group_purchase_manager"
        chief = self.make_user("chief_a", groups)
        _sale, purchase = self.trade(self.buy_car(10000.0), user=chief)
        self.assertEqual(purchase.state, "to approve")
        purchase.with_user(chief).sudo().button_approve()
        self.assertEqual(purchase.state, "to approve")
        both = self.make_user("chief_both", groups)
        both.company_ids |= self.company_b
        _sale, purchase = self.trade(self.buy_car(10000.0), user=both)
        self.assertEqual(purchase.state, "purchase")

    def test_price_far_above_cost_waits(self):
        self.assertEqual(self.company_b.dealer_trade_limit_percent, 10.0)
        _sale, purchase = self.trade(self.buy_car(10000.0), price=11000.0)
        self.assertEqual(purchase.state, "purchase")
        sale, purchase = self.trade(self.buy_car(10000.0), price=11000.01)
        self.assertEqual(purchase.state, "to approve")
        with self.assertRefused("not approved yet"):
            self.ship(sale)
        chief = self.make_user("chief_b", "purchase.group_purchase_manager", company=self.company_b)
        purchase.with_user(chief).with_company(self.company_b).button_approve()
        self.assertEqual(purchase.state, "purchase")

    # ------------------------------------------------------------------ undoing

    def test_cancelled_stays_cancelled(self):
        """C6: neither side re-opens a trade that is cancelled on both."""
        sale, purchase = self.trade(self.buy_car(10000.0))
        sale._action_cancel()
        theirs = purchase.with_user(self.buyer_b).with_company(self.company_b)
        for act in (theirs.button_draft, lambda: theirs.write({"state": "purchase"}), purchase.button_approve):
            with self.assertRefused("let the other company sell the cars again"):
                act()
        with self.assertRefused("sell the cars again"):
            sale.action_draft()

    def test_credited_in_full(self):
        """C7: invoiced and not shipped, then credited on both sides: cancelled, and sold again."""
        for act in ("sale", "purchase"):
            with self.subTest(act):
                car = self.buy_car(10000.0, bill=10000.0)
                sale, purchase = self.trade(car)
                invoice = self.invoice(sale)
                self.post_in_b(invoice._get_sister_bills())
                refund = invoice._reverse_moves([{"invoice_date": invoice.invoice_date}])
                refund.action_post()
                with self.assertRefused("credit both invoices in full"):
                    sale._action_cancel()
                self.post_in_b(refund._get_sister_bills())
                if act == "sale":
                    sale._action_cancel()
                else:
                    purchase.with_user(self.buyer_b).with_company(self.company_b).button_cancel()
                self.assertEqual((sale.state, purchase.state), ("cancel", "cancel"))
                self.assertEqual(set((sale.picking_ids | purchase.picking_ids).mapped("state")), {"cancel"})
                self.assertEqual(car.claim, "free")
                again, _purchase = self.trade(car)
                self.assertEqual(again.state, "sale")

    def post_in_b(self, bill):
        bill.with_user(self.biller_b).with_company(self.company_b).action_post()

    def test_not_credited_in_full(self):
        sale, _purchase = self.trade(self.buy_car(10000.0))
        invoice = self.invoice(sale)
        refund = invoice._reverse_moves([{"invoice_date": invoice.invoice_date}])
        refund.invoice_line_ids.price_unit = 5000.0
        refund.action_post()
        invoice._get_sister_bills().with_company(self.company_b).unlink()
        with self.assertRefused("credit both invoices in full"):
            sale._action_cancel()

    def test_drafts_go_with_the_trade(self):
        """A's invoice is credited before B booked anything: both drafts in B are cancelled."""
        sale, purchase = self.trade(self.buy_car(10000.0))
        invoice = self.invoice(sale)
        refund = invoice._reverse_moves([{"invoice_date": invoice.invoice_date}])
        refund.action_post()
        self.assertEqual(len(purchase.invoice_ids), 2)
        sale._action_cancel()
        self.assertEqual(set(purchase.invoice_ids.mapped("state")), {"cancel"})

    def test_lorry_turns_round(self):
        """C7: shipped, then returned though B's receipt had reserved the car; cancelled and sold again."""
        car = self.buy_car(10000.0)
        sale, purchase = self.trade(car)
        twin = purchase.order_line.dealer_vehicle_id
        self.ship(sale)
        self.assertEqual(purchase.picking_ids.state, "assigned")
        self.return_delivery(sale)
        self.assertEqual((car.place, twin.place, twin.shipped_date), ("at_site", "ordered", False))
        self.assertNotEqual(purchase.picking_ids.state, "assigned")
        sale._action_cancel()
        self.assertEqual((sale.state, purchase.state), ("cancel", "cancel"))
        self.assertEqual((car.claim, twin.active), ("free", False))
        again, purchase = self.trade(car)
        self.ship(again)
        self.assertEqual((car.place, purchase.picking_ids.state), ("with_customer", "assigned"))

    def return_delivery(self, sale):
        delivery = sale.picking_ids.filtered(lambda picking: picking.state == "done")
        wizard = (
            self.env["stock.return.picking"]
            .with_user(self.user_keeper)
            .with_context(active_id=delivery.id, active_ids=delivery.ids, active_model="stock.picking")
            .create({})
        )
        action = wizard.action_create_returns_all()
        back = self.env["stock.picking"].with_user(self.user_keeper).browse(action["res_id"])
        self.assertEqual(back.state, "assigned")
        back.with_context(skip_sms=True).button_validate()
        inspection = self.env["dealer.vehicle.inspection"].search([("picking_id", "=", back.id)])
        inspection.with_user(self.user_keeper).action_all_well()

    # ------------------------------------------------------------------ where the cars go

    def test_goes_to_the_sister_only(self):
        """C8: another receiver on the order, another contact or destination on the delivery."""
        sale, purchase = self.trade(self.buy_car(10000.0))
        delivery = sale.picking_ids
        with self.assertRefused("no longer what the sister company buys"):
            sale.partner_shipping_id = self.customer
            self.ship(sale)
        with self.assertRefused("its cars go to that company"):
            delivery.partner_id = self.customer
            self.ship(sale)
        customers = self.env.ref("stock.stock_location_customers")
        with self.assertRefused("its cars go to that company"):
            delivery.move_ids.move_line_ids.location_dest_id = customers
            self.ship(sale)
        with self.assertRefused("its cars go to that company"):
            delivery.move_ids.location_dest_id = customers
            delivery.move_ids.move_line_ids.location_dest_id = customers
            self.ship(sale)
        self.env.invalidate_all()
        self.ship(sale)
        self.assertEqual(purchase.picking_ids.state, "assigned")

    # ------------------------------------------------------------------ choosing

    def test_sites_of_others(self):
        """C9: the sites offered are not those of the car's company, whatever companies are ticked."""
        car = self.buy_car(10000.0)
        user = self.user_buyer
        user.company_ids |= self.company_b
        Wizard = self.env["dealer.vehicle.trade"].with_user(user)
        Wizard = Wizard.with_context(
            allowed_company_ids=[self.company_b.id, self.company_a.id], dealer_trade_vehicle_ids=car.ids
        )
        offered = {int(site) for site, _name in Wizard._get_buyers()}
        self.assertIn(self.site_b.id, offered)
        self.assertNotIn(self.site_a.id, offered)

    def test_trim_of_one_company(self):
        car = self.buy_car(10000.0)
        self.trim.company_id = self.company_a
        with self.assertRefused("Empty the company of the trim"):
            self.trade(car)
        self.trim.company_id = False
        with self.assertRaises(UserError):
            self.env["dealer.vehicle.trade"].create(
                {"buyer": "x", "line_ids": [Command.create({"vehicle_id": car.id, "price": 1.0})]}
            ).action_sell()
