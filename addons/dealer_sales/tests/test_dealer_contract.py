from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import SIGNATURE, DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestDealerContract(DealerSalesCommon):
    def test_made_with_its_order(self):
        contract = self._create_contract()
        order = contract.sale_order_id
        self.assertTrue(contract.name.startswith("C20"))
        self.assertEqual(order.dealer_contract_id, contract)
        self.assertEqual(order.user_id, self.advisor)
        self.assertFalse(order.require_signature or order.require_payment)
        self.assertEqual(contract.product_id, self.trim)
        self.assertEqual(contract.site_id, self.site)
        self.assertEqual(
            contract.order_line_ids.product_id,
            self.trim
            | self.env.ref("dealer_sales.product_registration_service")
            | self.env.ref("dealer_sales.product_insurance_compulsory"),
        )
        self.assertEqual(contract.amount_total, order.amount_total)
        self.assertLess(contract.amount_car, contract.amount_total)
        self.assertEqual(contract.waiting_gate, "approved")

    def test_form_of_the_advisor(self):
        form = Form(self.env["dealer.contract"].with_user(self.advisor))
        form.partner_id = self.customer
        form.product_id = self.trim
        contract = form.save()
        self.assertEqual(contract.registered_owner_id, self.customer)
        with Form(contract) as form, form.order_line_ids.edit(0) as line:
            line.price_with_tax = 23000.0
        self.assertAlmostEqual(contract.amount_car, 23000.0, 2)
        with Form(contract) as form, form.order_line_ids.new() as line:
            line.product_id = self.env.ref("dealer_sales.product_purchase_tax")
            line.price_unit = 1500.0
        self.assertEqual(len(contract.order_line_ids), 4)
        self.assertEqual(contract.sale_order_id.order_line, contract.order_line_ids)
        line = contract.order_line_ids[-1:]
        self.assertEqual((line.nature, line.price_total), ("pass_through", 1500.0))

    def test_an_agreed_price_is_kept_to_the_cent(self):
        """Also where the price without tax has no exact cents: 232,900.00 and not 232,899.99."""
        self.tax_sale_a.amount = 13.0
        line = self._create_contract()._get_car_lines()
        for price in (232_900.0, 171_900.0, 99_999.99, 100_000.01, 123_456.78, *range(80_001, 80_060)):
            line.price_with_tax = price
            self.assertEqual(round(line.price_total, 2), price)

    def test_the_price_tag_becomes_the_price(self):
        self.car.asking_price = 18_000.0
        for with_tax, total in ((True, "price_total"), (False, "price_subtotal")):
            self.company.dealer_price_with_tax = with_tax
            contract = self._create_contract(vehicle_id=self.car.id)
            self.assertAlmostEqual(contract._get_car_lines()[total], 18_000.0, 2)
            contract.with_user(self.manager).action_cancel("next")

    def test_car_chosen_with_the_contract_is_reserved(self):
        contract = self._create_contract(product_id=False, vehicle_id=self.car.id)
        self.assertEqual(contract.product_id, self.trim)
        self.assertEqual(contract.vehicle_id, self.car)
        self.assertEqual(self.car.hold_id.contract_id, contract)
        self.assertFalse(self.car.hold_id.is_firm)
        self.assertTrue(self.car.hold_id.date_to)
        with self.assertRaisesRegex(UserError, contract.name):
            self._create_contract(user=self.advisor_2, vehicle_id=self.car.id)

    def test_whole_way_to_an_allocated_car(self):
        contract = self._create_contract()
        contract.action_submit()
        version = contract.current_version_id
        self.assertEqual(version.state, "under_review")
        self.assertIn("Anna Buyer", version.body)
        self.assertNotIn("{{", version.body)
        self.assertEqual(contract.waiting_role_id, self.env.ref("dealer_sales.group_sales_manager"))
        version.with_user(self.manager).action_approve()
        self.assertEqual(version.state, "approved")
        self.assertEqual(contract.waiting_gate, "signed")
        contract.sudo()._sign("Anna Buyer", SIGNATURE, ip="192.0.2.1")
        self.assertEqual(contract.state, "signed")
        self.assertEqual(contract.sale_order_id.state, "sale")
        self.assertEqual(contract.signed_version_id, version)
        self.assertEqual(version.signed_from, "192.0.2.1")
        contract.action_allocate(self.car.id)
        self.assertEqual(contract.vehicle_id, self.car)
        self.assertTrue(self.car.hold_id.is_firm)
        self.assertEqual(contract.sale_order_id.order_line.move_ids.dealer_vehicle_id, self.car)
        self.assertEqual(self.car.claim, "sold")

    def test_allocate_needs_signature_and_deposit(self):
        contract = self._create_contract()
        with self.assertRaises(UserError):
            contract.action_allocate(self.car.id)
        contract.deposit_amount = 500.0
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        with self.assertRaisesRegex(UserError, "Earnest money"):
            contract.action_allocate(self.car.id)

    def test_loser_is_told_who_holds_the_car(self):
        winner = self._create_signed(car=self.car)
        loser = self._create_signed(user=self.advisor_2)
        with self.assertRaisesRegex(UserError, winner.name):
            loser.action_allocate(self.car.id)

    def test_another_trim_does_not_fit(self):
        contract = self._create_signed()
        luxury = self._create_car("ZZSDSA1E1TT000003", product=self.other_trim)
        with self.assertRaisesRegex(UserError, "One Comfort"):
            contract.action_allocate(luxury.id)

    def test_change_of_car_needs_a_new_version(self):
        contract = self._create_contract(vehicle_id=self.car.id)
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        contract.action_allocate(self.car_2.id)
        self.assertTrue(contract.is_changed)
        self.assertEqual(contract.waiting_gate, "approved")
        self.assertFalse(self.car.hold_id)

    def test_retail_sells_one_car(self):
        contract = self._create_contract()
        contract.order_line_ids[:1].product_uom_qty = 2
        with self.assertRaisesRegex(UserError, "retail"):
            contract.action_submit()

    def test_no_car_no_submission(self):
        contract = self._create_contract(product_id=False)
        with self.assertRaisesRegex(UserError, "no car"):
            contract.action_submit()

    def test_system_facts_cannot_be_typed(self):
        contract = self._create_contract()
        for values in (
            {"state": "signed"},
            {"sale_order_id": self._create_bare_order(self.advisor).id},
            {"vehicle_id": self.car.id},
            {"signed_version_id": False},
            {"waiting_gate": False},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                contract.write(values)
            with self.subTest(values=values, context="forged"), self.assertRaises(AccessError):
                contract.with_context(skip_validation_check=True, skip_check_state_condition=True).write(values)
        with self.assertRaises(AccessError):
            self._create_contract(state="signed")

    def test_default_in_the_context_signs_nothing(self):
        contracts = self.env["dealer.contract"].with_user(self.advisor)
        contract = contracts.with_context(default_state="signed").create(
            {"partner_id": self.customer.id, "product_id": self.trim.id}
        )
        self.assertEqual(contract.state, "draft")

    def test_parties_are_frozen_by_the_signature(self):
        other = self.env["res.partner"].create({"name": "Somebody Else"})
        contract = self._create_signed()
        with self.assertRaisesRegex(UserError, contract.name):
            contract.partner_id = other
        with self.assertRaisesRegex(UserError, "sales manager"):
            contract.user_id = self.advisor_2
        with self.assertRaisesRegex(UserError, "sales manager"):
            contract.payer_id = other
        contract.with_user(self.manager).payer_id = other
        self.assertFalse(contract.is_changed)
        contract.registered_owner_id = other
        self.assertTrue(contract.is_changed)
        contract.with_user(self.manager).user_id = self.advisor_2
        self.assertEqual(contract.sale_order_id.user_id, self.advisor_2)

    def test_template_asks_for_known_words_only(self):
        for body in ("<p>{{buyer.sudo}}</p>", "<p>{{env}}</p>"):
            with self.subTest(body=body), self.assertRaises(ValidationError):
                self.template.copy({"body": body})

    def test_values_are_escaped_in_the_text(self):
        self.customer.name = "<script>alert(1)</script>{{note}}"
        contract = self._create_contract(note="{{buyer}}")
        self.assertNotIn("<script>", contract._render_body())

    def test_draft_may_be_deleted_submitted_not(self):
        contract = self._create_contract()
        contract.action_submit()
        with self.assertRaisesRegex(UserError, "stays on file"):
            contract.sudo().unlink()

    def test_paper_signature(self):
        contract = self._create_contract()
        window = (
            self.env["dealer.contract.sign.paper"]
            .with_user(self.advisor)
            .with_context(default_contract_id=contract.id)
            .create({"scan": SIGNATURE})
        )
        with self.assertRaisesRegex(UserError, "cannot be signed"):
            window.action_confirm()
        self._approve(contract)
        window.action_confirm()
        self.assertEqual(contract.state, "signed")
        self.assertEqual(contract.signed_version_id.signed_by, self.customer.name)

    def test_car_is_chosen_from_a_list(self):
        contract = self._create_contract()
        window = Form.from_action(self.env(user=self.advisor), contract.action_reserve()).save()
        self.assertEqual(window.candidate_ids, self.car | self.car_2)
        car = self.car_2.with_user(self.advisor)
        with self.assertRaises(UserError):
            car.action_take_for_contract()
        with self.assertRaises(AccessError):
            car.with_user(self.advisor_2).with_context(dealer_contract_id=contract.id).action_take_for_contract()
        car.with_context(dealer_contract_id=contract.id).action_take_for_contract()
        self.assertEqual(contract.vehicle_id, self.car_2)
        self.assertEqual(self.car_2.hold_id.contract_id, contract)

    def test_papers_coming_home_move_the_next_step(self):
        certificate = self.car.document_ids.filtered(lambda d: d.kind == "certificate")
        certificate.holder_id = self.env["res.partner"].create({"name": "Bank", "is_vehicle_financier": True})
        contract = self._create_signed(car=self.car)
        self.assertEqual(contract.waiting_gate, "papers")
        self.assertEqual(contract.waiting_role_id, self.env.ref("dealer_vehicle.group_stock_keeper"))
        certificate.with_user(self.stock_keeper).action_take_in()
        self.assertEqual(contract.waiting_gate, "invoiced")

    def test_link_to_sign_is_sent(self):
        contract = self._create_contract()
        self.customer.email = "anna@example.com"
        self._approve(contract)
        composer = Form.from_action(self.env(user=self.advisor), contract.action_send_to_sign()).save()
        composer.action_send_mail()
        message = contract.message_ids.filtered(lambda m: "Read and sign" in m.body)
        self.assertIn(f"/my/contracts/{contract.id}?access_token=", message.body)
        self.assertIn(self.customer, message.partner_ids)

    def test_print(self):
        contract = self._create_signed(car=self.car)
        html = (
            self.env["ir.actions.report"]
            .with_user(self.advisor)
            ._render_qweb_html("dealer_sales.report_dealer_contract", contract.ids)[0]
            .decode()
        )
        self.assertIn(contract.signed_version_id.body_hash, html)
        self.assertIn("Anna Buyer", html)
        self.assertNotIn("not binding", html)

    def test_list_costs_the_same_for_one_and_for_many(self):
        contracts = self._create_contract()
        for _i in range(9):
            contracts |= self._create_contract()
        spec = {
            name: {} for name in ("name", "waiting_gate", "waiting_since", "amount_total", "state", "version_state")
        }
        relations = ("partner_id", "vehicle_id", "user_id", "waiting_role_id")
        spec.update({name: {"fields": {"display_name": {}}} for name in relations})
        counts = []
        for records in (contracts[:1], contracts):
            self.env.flush_all()
            self.env.invalidate_all()
            self.env.cr.execute("SELECT 1")
            before = self.env.cr.sql_log_count
            self.env["dealer.contract"].with_user(self.manager).web_search_read([("id", "in", records.ids)], spec)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1, counts)

    def _damage(self, car):
        """Let a car have come damaged and be released after a repair."""
        move = self.env["stock.move"].create(
            {
                "product_id": car.product_id.id,
                "product_uom_qty": 1,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.site.lot_stock_id.id,
            }
        )
        self.env["dealer.vehicle.inspection"].create(
            {
                "vehicle_id": car.id,
                "move_id": move.id,
                "damage": "Dent in <b>the door</b>",
                "release_note": "repaired and painted",
                "state": "done",
            }
        )

    def test_transport_damage_stands_on_the_contract(self):
        contract = self._create_contract(vehicle_id=self.car.id)
        self.assertEqual(contract.vehicle_id, self.car)
        self.assertNotIn("Transport damage", contract._render_body())
        self._damage(self.car)
        text = "Transport damage, settled before the sale: Dent in &lt;b&gt;the door&lt;/b&gt; (repaired and painted)"
        self.assertEqual(contract._render_body().count(text), 1)
        # A dealer's own template that forgets the word
        self.template.body = "<p>{{buyer}} buys {{vin}}</p>"
        self.assertEqual(contract._render_body().count(text), 1)
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE, ip="192.0.2.1")
        self.assertIn(text, contract.signed_version_id.body, "frozen with what was signed")
