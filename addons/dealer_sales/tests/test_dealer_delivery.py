from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import SIGNATURE
from .test_dealer_contract_money import DealerMoneyCommon


class DealerDeliveryCommon(DealerMoneyCommon):
    @classmethod
    def _create_paid(cls, car=None, **vals):
        """Make a contract that is signed, allocated, invoiced and paid."""
        contract = cls._create_sold(car=car, **vals)
        cls._invoice(contract)
        cls._receive(contract, kind="balance")
        return contract

    @classmethod
    def _prepare(cls, contract, user=None):
        """Prepare the delivery of a contract, as its advisor does.

        :return: ``dealer.delivery`` of that user
        """
        action = contract.with_user(user or cls.advisor).action_prepare_delivery()
        return cls.env["dealer.delivery"].with_user(user or cls.advisor).browse(action["res_id"])

    @classmethod
    def _check_and_sign(cls, delivery):
        for line in delivery.line_ids:
            line.action_toggle()
        delivery.env["dealer.delivery.sign"].create(
            {"delivery_id": delivery.id, "signer": "Anna Buyer", "signature": SIGNATURE}
        ).action_sign()


@tagged("post_install", "-at_install", "dealer")
class TestDealerDelivery(DealerDeliveryCommon):
    def _open_codes(self, delivery):
        return [gate["code"] for gate in delivery._gates_open("hand_over")]

    def test_from_contract_to_keys(self):
        self.car.series_id.warranty_months = 36
        contract = self._create_paid()
        self.assertEqual(contract.waiting_gate, "delivered")
        delivery = self._prepare(contract)
        self.assertEqual((delivery.vehicle_id, delivery.partner_id), (self.car, self.customer))
        self.assertTrue(delivery.line_ids)
        self.assertEqual(self._open_codes(delivery), ["checklist", "protocol"])
        with self.assertRaisesRegex(UserError, "Checklist done"):
            delivery.action_hand_over()
        delivery.write({"plate": "1-ABC-234", "odometer_km": 12})
        self._check_and_sign(delivery)
        self.assertEqual(delivery.signed_by, "Anna Buyer")
        delivery.action_hand_over()
        self.assertEqual((delivery.state, delivery.done_by_id), ("done", self.advisor))
        move = contract.sudo().order_line_ids.move_ids
        self.assertEqual(move.state, "done")
        self.assertEqual(move.move_line_ids.lot_id, self.car.lot_id)
        self.assertEqual(self.car.place, "with_customer")
        self.assertEqual(self.car.owner_id, self.customer)
        self.assertEqual((self.car.plate, self.car.odometer_km), ("1-ABC-234", 12))
        self.assertFalse(self.car.hold_id)
        self.assertEqual(self.car.warranty_ids.mapped("kind"), ["maker"])
        self.assertEqual(self.car.warranty_ids.date_start, fields.Date.context_today(delivery))
        self.assertEqual(self.car.document_ids.holder_id, self.customer)
        self.assertFalse(contract.waiting_gate)
        self.assertFalse(delivery.waiting_gate)
        handed_over = self.car.with_user(self.advisor)._get_passport_events()[0]
        self.assertEqual((handed_over["text"], handed_over["km"]), ("Handed over to its owner", 12))
        with self.assertRaisesRegex(UserError, "closed already"):
            delivery.action_hand_over()

    def test_prepared_once(self):
        contract = self._create_paid()
        self.assertEqual(self._prepare(contract), self._prepare(contract))
        with self.assertRaises(UserError):
            self._prepare(self._create_contract())
        with self.assertRaisesRegex(UserError, "Allocate"):
            self._prepare(self._create_signed())

    def test_money_gate_names_who_must_act(self):
        contract = self._create_sold()
        delivery = self._prepare(contract)
        self.assertEqual(self._open_codes(delivery), ["invoiced", "paid", "checklist", "protocol"])
        billing = self.env.ref("account.group_account_invoice")
        self.assertEqual(delivery.waiting_role_id, billing)
        roles = {gate["code"]: gate["role_name"] for gate in delivery.gate_status}
        self.assertEqual(roles["invoiced"], "Cashier or accountant", "as the contract says it")
        self._check_and_sign(delivery)
        with self.assertRaises(UserError) as caught:
            delivery.action_hand_over()
        self.assertIn("Cashier or accountant", str(caught.exception))
        self._invoice(contract)
        self.assertEqual(self._open_codes(delivery), ["paid"])
        self._receive(contract, 10.0, kind="balance")
        self.assertEqual(self._open_codes(delivery), ["paid"])
        self._receive(contract, kind="balance")
        self.assertEqual(delivery.waiting_gate, False)
        delivery.action_hand_over()
        self.assertEqual(delivery.state, "done")

    def test_rule_lets_a_car_go_unpaid(self):
        contract = self._create_sold()
        self._invoice(contract)
        delivery = self._prepare(contract)
        self._check_and_sign(delivery)
        self.env["dealer.gate.rule"].create(
            {
                "model": "dealer.contract",
                "code": "paid",
                "company_id": self.company.id,
                "is_required": False,
            }
        )
        delivery.action_hand_over()
        self.assertEqual(delivery.state, "done")

    def test_papers_and_promises_are_asked(self):
        contract = self._create_paid()
        self.env["dealer.vehicle.document.rule"].search([]).unlink()
        self.env["dealer.vehicle.document.rule"].create({"kind": "certificate", "required_before_delivery": True})
        bank = self.env["res.partner"].create({"name": "Bank"})
        paper = self.car.document_ids.filtered(lambda d: d.kind == "certificate")
        delivery = self._prepare(contract)
        paper.action_hand_over(bank.id)
        task = self.env["dealer.vehicle.task"].create(
            {"vehicle_id": self.car.id, "name": "Fit the tow bar", "kind": "promise", "is_before_delivery": True}
        )
        self._check_and_sign(delivery)
        self.assertEqual(self._open_codes(delivery), ["papers", "tasks"])
        with self.assertRaisesRegex(UserError, "Fit the tow bar"):
            delivery.action_hand_over()
        paper.action_take_in()
        self.assertEqual(delivery.waiting_gate, "tasks")
        task.action_done()
        self.assertFalse(delivery.waiting_gate)
        paper.action_hand_over(bank.id)
        self.assertEqual(delivery.waiting_gate, "papers")
        paper.action_take_in()
        delivery.action_hand_over()
        self.assertEqual(delivery.state, "done")

    def test_signed_after_the_checklist_only(self):
        delivery = self._prepare(self._create_paid())
        with self.assertRaisesRegex(UserError, "checklist"):
            delivery.action_open_sign()
        self._check_and_sign(delivery)
        with self.assertRaisesRegex(UserError, "signed"):
            delivery.line_ids[0].write({"is_done": False})
        for vals in (
            {"odometer_km": 99999},
            {"plate": "1-FAL-SE0"},
            {"is_temporary_plate": True},
            {"note": "Scratch on the door"},
            {"document_ids": [Command.clear()]},
        ):
            with self.subTest(vals), self.assertRaisesRegex(UserError, "what was signed"):
                delivery.write(vals)
        delivery.write({"date_planned": "2030-01-02 09:00:00"})
        with self.assertRaisesRegex(UserError, "already"):
            delivery._sign_protocol("Somebody", SIGNATURE)

    def test_papers_of_another_car_stay_where_they_are(self):
        delivery = self._prepare(self._create_paid())
        keys = self.car_2.document_ids.filtered(lambda paper: paper.kind == "keys")
        for command in (Command.link(keys.id), Command.set(keys.ids)):
            with self.subTest(command), self.assertRaisesRegex(UserError, "only papers and keys of"):
                delivery.write({"document_ids": [command]})
            delivery.invalidate_recordset()
        self.assertEqual(keys.holder_id, self.company.partner_id)

    def test_required_points_stay(self):
        delivery = self._prepare(self._create_paid())
        line = delivery.line_ids.filtered("is_required")[0]
        other = self._prepare(self._create_paid(car=self.car_2))
        for vals in ({"is_required": False}, {"delivery_id": other.id}):
            with self.subTest(vals), self.assertRaises(AccessError):
                line.write(vals)
        with self.assertRaisesRegex(UserError, "required"):
            line.unlink()
        line.write({"done_by_id": self.manager.id, "is_done": True})
        self.assertEqual(line.done_by_id, self.advisor)

    def test_every_reader_opens_contract_and_delivery(self):
        contract = self._create_paid(deposit=100.0)
        delivery = self._prepare(contract)
        auditor = self._create_user("s2_auditor", "dealer_vehicle.group_auditor")
        admin = self._create_user("s2_admin", "dealer_vehicle.group_dealer_admin")
        readers = (self.advisor, self.manager, self.fni, self.stock_keeper, self.cashier, self.biller, auditor, admin)
        for user in readers:
            for record in (contract, delivery):
                with self.subTest(f"{user.login} {record._name}"):
                    Form(record.with_user(user))

    def test_changed_contract_stops_the_keys(self):
        contract = self._create_paid()
        delivery = self._prepare(contract)
        self._check_and_sign(delivery)
        line = contract.order_line_ids.filtered("product_id.is_vehicle")
        line.sudo().write({"price_unit": line.price_unit - 1000})
        self.assertIn("signed", self._open_codes(delivery))
        with self.assertRaisesRegex(UserError, contract.name):
            delivery.action_hand_over()

    def test_other_car_is_not_handed_over(self):
        contract = self._create_paid()
        delivery = self._prepare(contract)
        self._check_and_sign(delivery)
        with self.assertRaises(AccessError):
            delivery.vehicle_id = self.car_2
        # Somebody with every right puts another car on the delivery order
        move = contract.sudo().order_line_ids.move_ids
        move.move_line_ids.lot_id = self.car_2.lot_id
        with self.assertRaises(UserError):
            delivery.action_hand_over()
        self.assertEqual(self.car_2.place, "at_site")

    def test_sink_refuses_the_stock_keeper(self):
        contract = self._create_paid()
        picking = contract.sudo().sale_order_id.picking_ids.with_user(self.stock_keeper)
        with self.assertRaisesRegex(UserError, contract.name):
            picking.with_context(skip_sms=True).button_validate()
        delivery = self._prepare(contract)
        with self.assertRaisesRegex(UserError, "Checklist done"):
            picking.with_context(skip_sms=True).button_validate()
        self._check_and_sign(delivery)
        # Every gate is closed: the store may move the car first, the keys follow
        self.assertIs(picking.with_context(skip_sms=True).button_validate(), True)
        delivery.action_hand_over()
        self.assertEqual((delivery.state, self.car.owner_id), ("done", self.customer))

    def test_who_may(self):
        contract = self._create_paid()
        delivery = self._prepare(contract)
        self._check_and_sign(delivery)
        for user in (self.cashier, self.stock_keeper, self.fni, self.receptionist):
            with self.subTest(user.login), self.assertRaises(AccessError):
                delivery.with_user(user).action_hand_over()
        with self.assertRaises(AccessError):
            delivery.with_user(self.advisor_2).action_hand_over()
        for vals in ({"state": "done"}, {"signed_by": "me"}, {"signature": SIGNATURE}):
            with self.subTest(vals), self.assertRaises(AccessError):
                delivery.write(vals)
        with self.assertRaises(AccessError):
            self.env["dealer.delivery"].with_user(self.advisor).create(
                {"contract_id": contract.id, "vehicle_id": self.car_2.id}
            )
        delivery.with_user(self.manager).action_hand_over()
        self.assertEqual(delivery.done_by_id, self.manager)

    def test_gate_pass_after_the_keys_only(self):
        delivery = self._prepare(self._create_paid())
        with self.assertRaisesRegex(UserError, "no gate pass"):
            delivery.action_print_gate_pass()
        report = "dealer_sales.report_dealer_gate_pass"
        html = self.env["ir.actions.report"].with_user(self.advisor)._render_qweb_html(report, delivery.ids)[0]
        self.assertIn(b"NOT VALID", html)
        self._check_and_sign(delivery)
        delivery.action_hand_over()
        delivery.action_print_gate_pass()
        html = self.env["ir.actions.report"].with_user(self.advisor)._render_qweb_html(report, delivery.ids)[0]
        self.assertIn(self.car.vin.encode(), html)
        self.assertNotIn(b"NOT VALID", html)
        html = self.env["ir.actions.report"]._render_qweb_html("dealer_sales.report_dealer_protocol", delivery.ids)[0]
        self.assertIn(b"Anna Buyer", html)

    def test_cancelling_the_contract_cancels_its_delivery(self):
        contract = self._create_sold(5000.0)
        delivery = self._prepare(contract)
        contract.with_user(self.manager).action_cancel("no")
        self.assertEqual(delivery.state, "cancelled")
        with self.assertRaises(UserError):
            delivery.action_hand_over()

    def test_two_steps_out_of_the_store(self):
        self.site.delivery_steps = "pick_ship"
        contract = self._create_paid()
        delivery = self._prepare(contract)
        self._check_and_sign(delivery)
        delivery.action_hand_over()
        self.assertEqual(self.car.place, "with_customer")
        quants = self.env["stock.quant"].search([("lot_id", "=", self.car.lot_id.id), ("quantity", "!=", 0)])
        self.assertEqual(quants.location_id.usage, "customer")

    def test_mats_stay_behind(self):
        mats = self.env["product.product"].create(
            {"name": "Mats", "is_storable": True, "type": "consu", "taxes_id": False}
        )
        self.env["stock.quant"]._update_available_quantity(mats, self.site.lot_stock_id, 5.0)
        contract = self._create_contract()
        self.env["sale.order.line"].with_user(self.advisor).create(
            {"dealer_contract_id": contract.id, "product_id": mats.id, "price_unit": 50.0}
        )
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        contract.action_allocate(self.car.id)
        self._invoice(contract)
        self._receive(contract, kind="balance")
        delivery = self._prepare(contract)
        self._check_and_sign(delivery)
        delivery.action_hand_over()
        moves = contract.sudo().sale_order_id.order_line.move_ids
        self.assertEqual(moves.filtered(lambda m: m.product_id == mats).state, "assigned")
        self.assertEqual(moves.filtered("dealer_vehicle_id").state, "done")
