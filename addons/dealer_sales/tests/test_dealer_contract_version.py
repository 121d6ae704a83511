from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SIGNATURE, DealerSalesCommon

FORGED = {
    "skip_validation_check": True,
    "skip_check_state_condition": True,
    "tier_validation_defer_compute_can_review": True,
}


@tagged("post_install", "-at_install", "dealer")
class TestDealerContractVersion(DealerSalesCommon):
    def test_immutable_for_everybody(self):
        contract = self._create_signed()
        version = contract.signed_version_id
        for user in (self.advisor, self.manager, self.env.user):
            for values in ({"body": "<p>free car</p>"}, {"order_fingerprint": "0"}):
                forged = version.with_user(user).with_context(**FORGED)
                with self.subTest(user=user.login), self.assertRaises(UserError):
                    forged.write(values)
        with self.assertRaises(UserError):
            version.sudo().write({"amount_car": 1.0})
        with self.assertRaises(UserError):
            version.with_user(self.manager).unlink()

    def test_never_typed(self):
        contract = self._create_contract()
        contract.action_submit()
        version = contract.current_version_id
        for user in (self.advisor, self.manager):
            versions = self.env["dealer.contract.version"].with_user(user).with_context(**FORGED)
            with self.assertRaises(AccessError):
                versions.create(
                    {
                        "contract_id": contract.id,
                        "number": 9,
                        "requested_by_id": user.id,
                        "order_fingerprint": version.order_fingerprint,
                        "state": "approved",
                    }
                )
            for state in ("approved", "signed"):
                with self.assertRaises(AccessError):
                    versions.browse(version.id).write({"state": state})
            with self.assertRaises(AccessError):
                contract.with_user(user).with_context(**FORGED).write(
                    {"version_ids": [Command.update(version.id, {"state": "approved"})]}
                )

    def test_four_eyes(self):
        contract = self._create_contract()
        contract.action_submit()
        version = contract.current_version_id
        with self.assertRaises(AccessError):
            version.with_user(self.advisor).action_approve()
        with self.assertRaises(AccessError):
            version.with_user(self.fni).action_approve()
        version.with_user(self.manager).action_approve()
        self.assertEqual(version.state, "approved")
        self.assertEqual(version.review_ids.done_by, self.manager)

    def test_manager_never_approves_his_own(self):
        contract = self._create_contract(user=self.manager)
        contract.action_submit()
        version = contract.current_version_id
        for act in ("action_approve", "validate_tier"):
            with self.assertRaisesRegex(AccessError, "second person"):
                getattr(version.with_user(self.manager).with_context(**FORGED), act)()
        # Neither what he submitted for another, nor what another submitted for him
        contract.user_id = self.advisor
        with self.assertRaisesRegex(AccessError, "second person"):
            version.with_user(self.manager).action_approve()
        other = self._create_contract(user=self.manager_2, user_id=self.manager.id)
        other.action_submit()
        with self.assertRaisesRegex(AccessError, "second person"):
            other.current_version_id.with_user(self.manager).action_approve()
        version.with_user(self.manager_2).action_approve()
        self.assertEqual(version.state, "approved")

    def test_four_eyes_hold_without_the_rule_saying_so(self):
        self.env["tier.definition"].search([("model", "=", "dealer.contract.version")]).write(
            {"exclude_requester": False}
        )
        contract = self._create_contract(user=self.manager)
        contract.action_submit()
        with self.assertRaisesRegex(AccessError, "second person"):
            contract.current_version_id.with_user(self.manager).action_approve()

    def test_reviews_cannot_be_written(self):
        contract = self._create_contract()
        contract.action_submit()
        review = contract.sudo().current_version_id.review_ids
        self.assertEqual(len(review), 1)
        for user in (self.advisor, self.manager):
            forged = review.with_user(user).with_context(**FORGED)
            with self.assertRaises(AccessError):
                forged.write({"status": "approved", "done_by": self.manager.id})
            with self.assertRaises(AccessError):
                forged.unlink()
            with self.assertRaises(AccessError):
                forged.create(
                    {
                        "model": "dealer.contract.version",
                        "res_id": contract.current_version_id.id,
                        "status": "approved",
                    }
                )
            with self.assertRaises(AccessError):
                forged.with_context(default_model="dealer.contract.version").create(
                    {"res_id": contract.current_version_id.id, "status": "approved"}
                )
            other = self.env["tier.review"].with_user(user).create({"model": "res.partner"})
            with self.assertRaises(AccessError):
                other.write(
                    {
                        "model": "dealer.contract.version",
                        "res_id": contract.current_version_id.id,
                    }
                )

    def test_comment_window_is_no_way_round(self):
        contract = self._create_contract()
        contract.action_submit()
        version = contract.current_version_id
        window = (
            self.env["comment.wizard"]
            .with_user(self.manager_2)
            .create(
                {
                    "validate_reject": "validate",
                    "res_model": version._name,
                    "res_id": version.id,
                    "review_ids": [Command.set(version.sudo().review_ids.ids)],
                    "comment": "ok",
                }
            )
        )
        with self.assertRaises(AccessError):
            window.add_comment()
        with self.assertRaises(UserError):
            version.with_user(self.manager_2).restart_validation()
        with self.assertRaises(AccessError):
            version.with_user(self.manager_2).request_validation()

    def test_send_back_with_a_word(self):
        contract = self._create_contract()
        contract.action_submit()
        version = contract.current_version_id
        action = version.with_user(self.manager).reject_tier()
        self.assertEqual(action["res_model"], "dealer.contract.version.send.back")
        window = (
            self.env["dealer.contract.version.send.back"]
            .with_user(self.manager)
            .with_context(**action["context"])
            .create({"reason": "add the gift"})
        )
        window.action_confirm()
        self.assertEqual(version.state, "sent_back")
        self.assertEqual(version.send_back_reason, "add the gift")
        self.assertEqual(version.review_ids.comment, "add the gift")
        self.assertEqual(contract.waiting_role_id, self.env.ref("dealer_sales.group_sales_advisor"))
        contract.action_submit()
        self.assertEqual(contract.current_version_id.number, 2)
        with self.assertRaises(AccessError):
            contract.current_version_id.action_send_back("mine")

    def test_withdraw(self):
        contract = self._create_contract()
        contract.action_submit()
        contract.action_withdraw()
        self.assertEqual(contract.current_version_id.state, "superseded")
        with self.assertRaises(UserError):
            contract.current_version_id.with_user(self.manager).action_approve()
        with self.assertRaises(UserError):
            contract.action_withdraw()

    def test_same_again_is_refused(self):
        contract = self._create_contract()
        contract.action_submit()
        with self.assertRaisesRegex(UserError, "Under review"):
            contract.action_submit()

    def test_changes_that_count(self):
        contract = self._create_contract(deposit_amount=500.0)
        self._approve(contract)
        line = contract.order_line_ids[:1]
        order = contract.sale_order_id
        self.assertFalse(contract.is_changed)
        changes = [
            (line, {"price_unit": 19000.0}),
            (line, {"discount": 5.0}),
            (line, {"tax_ids": [Command.clear()]}),
            (line, {"product_id": self.other_trim.id}),
            (contract.order_line_ids[1:2], {"product_uom_qty": 3}),
            (order, {"order_line": [Command.create({"product_id": self.other_trim.id})]}),
            (order, {"partner_id": self.partner_b.id}),
            (contract, {"deposit_amount": 0.0}),
            (contract, {"deposit_kind": "refundable"}),
            (contract, {"note": "Mats are free"}),
            (contract, {"payer_id": self.partner_b.id}),
            (contract, {"kind": "staff"}),
            (contract, {"template_id": self.env.ref("dealer_sales.dealer_contract_template_fleet").id}),
            (contract, {"site_id": self.site.copy({"name": "Second Site", "code": "S2"}).id}),
        ]
        for record, values in changes:
            with self.subTest(values=values), self.env.cr.savepoint() as savepoint:
                record.with_user(self.advisor).write(values)
                contract.invalidate_recordset()
                self.assertTrue(contract.is_changed)
                self.assertEqual(contract.waiting_gate, "approved")
                with self.assertRaisesRegex(UserError, "cannot be signed"):
                    contract.sudo()._sign("Anna", SIGNATURE)
                savepoint.rollback()
                self.env.invalidate_all()
        self.assertFalse(contract.is_changed)
        # A note, a heading or another order of lines is no change
        line.sequence = 99
        order.with_user(self.advisor).write(
            {"order_line": [Command.create({"display_type": "line_note", "name": "Thank you"})]}
        )
        contract.invalidate_recordset()
        self.assertFalse(contract.is_changed)

    def test_a_mended_note_reaches_the_text(self):
        contract = self._create_contract()
        self._approve(contract)
        contract.note = "Mats are free"
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        self.assertIn("Mats are free", contract.signed_version_id.body)
        # Another deposit after it, be it the manager's, is another agreement
        contract.with_user(self.manager).deposit_amount = 500.0
        self.assertIn("no longer what was signed", contract._get_binding_refusal())

    def test_changed_under_review_is_not_approved(self):
        contract = self._create_contract()
        contract.action_submit()
        version = contract.current_version_id
        contract.order_line_ids[:1].price_unit = 19900.0
        with self.assertRaisesRegex(UserError, "send it back"):
            version.with_user(self.manager).action_approve()
        self._submit(contract)
        self.assertEqual(version.state, "superseded")
        contract.current_version_id.with_user(self.manager).action_approve()
        self.assertTrue(contract._is_approved())

    def test_amendment_after_signature(self):
        contract = self._create_signed(car=self.car)
        first = contract.signed_version_id
        contract.sale_order_id.with_user(self.advisor).write(
            {
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.env.ref("dealer_sales.product_insurance_voluntary").id,
                            "price_unit": 700,
                        }
                    )
                ]
            }
        )
        self.assertTrue(contract.is_changed)
        self.assertTrue(contract._get_binding_refusal())
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        self.assertFalse(contract._get_binding_refusal())
        self.assertEqual(first.state, "superseded")
        self.assertEqual(first.signed_by, "Anna Buyer")
        self.assertEqual(contract.signed_version_id.number, 2)

    def test_within_limits_needs_nobody(self):
        self.env["tier.definition"].search([("model", "=", "dealer.contract.version")]).write(
            {"definition_domain": "[('amount_car', '<', 15000)]"}
        )
        contract = self._create_contract()
        contract.action_submit()
        self.assertEqual(contract.current_version_id.state, "approved")
        cheap = self._create_contract()
        cheap.order_line_ids[:1].price_unit = 10000.0
        self._submit(cheap)
        self.assertEqual(cheap.current_version_id.state, "under_review")

    def test_no_rule_at_all_approves_nothing(self):
        self.env["tier.definition"].search([("model", "=", "dealer.contract.version")]).active = False
        contract = self._create_contract()
        with self.assertRaisesRegex(UserError, "approval rule"):
            contract.action_submit()

    def test_gross_for_the_manager_only(self):
        contract = self._create_contract(vehicle_id=self.car.id)
        contract.action_submit()
        version = contract.current_version_id
        self.assertAlmostEqual(version.with_user(self.manager).front_gross, 4000.0)
        self.assertNotIn("front_gross", version.with_user(self.advisor).fields_get())

    def test_discount_compares_like_with_like(self):
        """A price tag holds tax or not: an untouched price is no discount, and no price rise either."""
        for with_tax, price in ((True, self.trim.guide_price), (False, self.trim.list_price)):
            self.company.dealer_price_with_tax = with_tax
            self.trim.guide_price = price
            contract = self._create_contract()
            line = contract._get_car_lines()
            if with_tax:
                line.price_with_tax = price - 1000.0
            else:
                line.price_unit = price - 1000.0
            self._submit(contract)
            self.assertAlmostEqual(contract.current_version_id.discount_amount, 1000.0)

    def test_every_company_has_its_rule_and_numbers(self):
        company = self.env["res.company"].create({"name": "Second Shop"})
        definition = self.env["tier.definition"].search(
            [
                ("model", "=", "dealer.contract.version"),
                ("company_id", "=", company.id),
                ("dealer_code", "=", False),
            ]
        )
        self.assertTrue(definition.exclude_requester)
        company._set_up_dealer_sales()
        self.assertEqual(
            self.env["ir.sequence"].search_count([("code", "=", "dealer.contract"), ("company_id", "=", company.id)]),
            1,
        )
