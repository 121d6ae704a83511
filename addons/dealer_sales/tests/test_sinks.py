from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SIGNATURE, DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestSinks(DealerSalesCommon):
    """Nothing sells, ships or invoices a car around the contract, whoever tries."""

    def _deliver(self, picking, user):
        picking = picking.with_user(user)
        picking.move_ids.write({"picked": True})
        return picking.with_context(skip_sms=True).button_validate()

    def test_order_without_contract_is_not_confirmed(self):
        for user in (self.advisor, self.manager, self.env.user):
            order = self._create_bare_order(user)
            with self.subTest(user=user.login), self.assertRaisesRegex(UserError, "Deals"):
                order.action_confirm()
            with self.subTest(user=user.login), self.assertRaisesRegex(UserError, "Deals"):
                order.write({"state": "sale"})
            with self.assertRaisesRegex(UserError, "Deals"):
                order.copy({"state": "sale"})

    def test_order_without_cars_is_none_of_our_business(self):
        order = self._create_bare_order(
            self.advisor, product_id=self.env.ref("dealer_sales.product_registration_service").id
        )
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        order.action_cancel()
        self.assertEqual(order.state, "cancel")

    def test_unsigned_contract_is_not_confirmed(self):
        contract = self._create_contract()
        order = contract.sale_order_id
        for act in (order.action_confirm, order.sudo().action_confirm):
            with self.assertRaisesRegex(UserError, contract.name):
                act()
        self._approve(contract)
        with self.assertRaisesRegex(UserError, contract.name):
            order.action_confirm()

    def test_portal_neither_accepts_nor_pays_the_order(self):
        contract = self._create_contract()
        order = contract.sale_order_id.sudo()
        order.write({"require_signature": True, "require_payment": True, "state": "sent"})
        self.assertFalse(order._has_to_be_signed())
        self.assertFalse(order._has_to_be_paid())
        self.assertFalse(order._is_confirmation_amount_reached())
        with self.assertRaisesRegex(UserError, contract.name):
            order._validate_order()

    def test_car_added_to_a_confirmed_order(self):
        order = self._create_bare_order(
            self.advisor, product_id=self.env.ref("dealer_sales.product_registration_service").id
        )
        order.action_confirm()
        with self.assertRaisesRegex(UserError, "Deals"):
            order.write({"order_line": [Command.create({"product_id": self.trim.id})]})

    def test_second_car_on_a_signed_contract(self):
        contract = self._create_signed(car=self.car)
        with self.assertRaisesRegex(UserError, contract.name):
            contract.sale_order_id.with_user(self.advisor).write(
                {"order_line": [Command.create({"product_id": self.trim.id})]}
            )

    def test_stock_user_ships_nothing_around_the_delivery(self):
        contract = self._create_signed(car=self.car)
        picking = contract.sale_order_id.picking_ids
        with self.assertRaisesRegex(UserError, contract.name):
            self._deliver(picking, self.stock_keeper)
        self.assertEqual(self.car.place, "at_site")

    def test_stock_user_ships_no_car_without_an_order(self):
        picking = (
            self.env["stock.picking"]
            .with_user(self.stock_keeper)
            .create(
                {
                    "picking_type_id": self.site.out_type_id.id,
                    "partner_id": self.customer.id,
                    "location_id": self.site.lot_stock_id.id,
                    "location_dest_id": self.customer.property_stock_customer.id,
                    "move_ids": [
                        Command.create(
                            {
                                "product_id": self.trim.id,
                                "product_uom_qty": 1,
                                "location_id": self.site.lot_stock_id.id,
                                "location_dest_id": self.customer.property_stock_customer.id,
                                "dealer_vehicle_id": self.car.id,
                            }
                        )
                    ],
                }
            )
        )
        picking.action_confirm()
        picking.action_assign()
        with self.assertRaisesRegex(UserError, "contract|which order sells it"):
            self._deliver(picking, self.stock_keeper)

    def test_changed_after_signature_does_not_leave(self):
        contract = self._create_signed(car=self.car)
        picking = contract.sale_order_id.picking_ids
        contract.order_line_ids[:1].price_unit = 1.0
        with self.assertRaisesRegex(UserError, "no longer what was signed"):
            self._deliver(picking, self.stock_keeper)

    def test_invoice_without_an_order(self):
        move = (
            self.env["account.move"]
            .with_user(self.biller)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "invoice_line_ids": [Command.create({"product_id": self.trim.id})],
                }
            )
        )
        with self.assertRaises(UserError):
            move.action_post()
        with self.assertRaises(UserError):
            move.sudo().action_post()

    def _draft_invoice(self, contract):
        order = contract.sale_order_id.sudo()
        order.order_line.product_id.sudo().invoice_policy = "order"
        order.order_line.invalidate_recordset()
        order.order_line._compute_qty_to_invoice()
        return order._create_invoices().with_user(self.biller)

    def test_invoice_of_a_signed_contract(self):
        contract = self._create_signed(car=self.car)
        move = self._draft_invoice(contract)
        move.action_post()
        self.assertEqual(move.state, "posted")

    def test_invoice_without_a_named_car(self):
        contract = self._create_signed()
        move = self._draft_invoice(contract)
        with self.assertRaises(UserError):
            move.action_post()

    def test_invoice_needs_the_papers(self):
        contract = self._create_signed(car=self.car)
        bank = self.env["res.partner"].create({"name": "Bank", "is_vehicle_financier": True})
        self.car.document_ids.filtered(lambda d: d.kind == "certificate").holder_id = bank
        move = self._draft_invoice(contract)
        with self.assertRaisesRegex(UserError, "Papers"):
            move.action_post()

    def test_invoice_of_a_changed_order(self):
        contract = self._create_signed(car=self.car)
        move = self._draft_invoice(contract)
        contract.sale_order_id.order_line[:1].sudo().price_unit = 1.0
        with self.assertRaisesRegex(UserError, "no longer what was signed"):
            move.action_post()

    def test_pass_through_is_no_revenue(self):
        contract = self._create_signed(car=self.car)
        move = self._draft_invoice(contract)
        line = move.invoice_line_ids.filtered(
            lambda item: item.product_id == self.env.ref("dealer_sales.product_insurance_compulsory")
        )
        self.assertEqual(line.account_id, self.company.dealer_pass_through_account_id)
        self.assertEqual(line.account_id.account_type, "liability_current")
        self.assertFalse(line.tax_ids)
        own = move.invoice_line_ids.filtered(lambda item: item.product_id == self.trim)
        self.assertEqual(own.account_id.internal_group, "income")

    def test_car_is_not_swapped_on_the_line(self):
        contract = self._create_signed(car=self.car)
        for user in (self.advisor, self.manager):
            with self.assertRaisesRegex(UserError, contract.name):
                contract.order_line_ids[:1].with_user(user).dealer_vehicle_id = self.car_2
        with self.assertRaises(AccessError):
            contract.vehicle_id = self.car_2

    def test_order_is_not_hung_on_a_signed_contract(self):
        contract = self._create_signed(car=self.car)
        order = self._create_bare_order(self.advisor)
        for record in (order, order.order_line):
            with self.assertRaises(AccessError):
                record.write({"dealer_contract_id": contract.id})
        with self.assertRaises(AccessError):
            order.write({"dealer_contract_ids": [Command.link(contract.id)]})
        orders = self.env["sale.order"].with_user(self.advisor)
        values = {
            "partner_id": self.customer.id,
            "order_line": [Command.create({"product_id": self.trim.id})],
        }
        with self.assertRaises(AccessError):
            orders.create({**values, "dealer_contract_id": contract.id})
        forged = orders.with_context(default_dealer_contract_id=contract.id).create(values)
        self.assertFalse(forged.dealer_contract_id)
        self.assertEqual(contract.order_line_ids, contract.sale_order_id.order_line)
        with self.assertRaisesRegex(UserError, "Deals"):
            forged.action_confirm()

    def test_another_contracts_car_is_not_sold(self):
        self._create_signed(car=self.car)
        other = self._create_contract(user=self.advisor_2)
        other.sudo().order_line_ids[:1].dealer_vehicle_id = self.car
        self._approve(other)
        with self.assertRaises(UserError):
            other.sudo()._sign("Anna Buyer", SIGNATURE)
