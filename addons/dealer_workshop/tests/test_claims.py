import base64
import doctest

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, new_test_user, tagged
from odoo.tools import mute_logger, sql

from ..tools import warranty
from .common import WORKSHOP
from .common_claims import DealerClaimCommon


@tagged("post_install", "-at_install", "dealer")
class TestWarrantyTools(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(warranty)
        self.assertGreater(result.attempted, 5)
        self.assertFalse(result.failed)


@tagged("post_install", "-at_install", "dealer")
class TestClaims(DealerClaimCommon):
    """B26, B33, P39: what a maker pays is claimed, answered, and what he cuts is borne by somebody."""

    # --- from settlement to submission -----------------------------------------------------

    def test_settlement_makes_the_claim_of_the_makers_bill(self):
        claim = self._claim()
        bill = claim.sudo().invoice_id
        self.assertRecordValues(
            claim,
            [
                {
                    "kind": "warranty",
                    "state": "draft",
                    "status": "unsent",
                    "partner_id": self.maker.id,
                    "vehicle_id": self.car.id,
                    "amount_claimed": 780.0,
                    "coverage_note": False,
                    "concern": "Brakes squeal",
                    "cause": "Pads glazed",
                    "correction": "Pads replaced",
                }
            ],
        )
        self.assertEqual(claim.amount_claimed, bill.amount_untaxed)
        self.assertEqual(claim.amount_open, bill.amount_total)
        self.assertEqual(claim.line_ids.mapped("job_id"), claim.order_id.job_ids)
        self.assertEqual(claim.line_ids.mapped("amount_claimed"), [300.0, 480.0])
        self.assertRecordValues(
            claim.part_ids,
            [
                {
                    "product_id": self.part.id,
                    "tag": f"{claim.name}-2",
                    "state": "kept",
                    "date_keep": fields.Date.add(fields.Date.today(), days=60),
                }
            ],
        )

    def test_a_customers_order_makes_no_claim_and_goodwill_claims_its_share(self):
        order = self._settle(self._checked_in(1))
        self.assertFalse(order.sudo().claim_ids)
        half = [self._split(share=50.0), self._split("customer", self.customer, 50.0)]
        claim = self._claim(splits=half, repair_kind="goodwill")
        self.assertRecordValues(claim, [{"kind": "goodwill", "amount_claimed": 390.0}])

    def test_the_maker_is_the_payer_by_default(self):
        order = self._make_order()
        order.job_ids.pay_type = "warranty"
        self.assertEqual(order.job_ids.split_ids.partner_id, self.maker)

    def test_submit_several_makes_one_file_for_each_payer(self):
        claims = self._claim() | self._claim(parts=0)
        other = self.env["res.partner"].create({"name": "Other Maker"})
        claims |= self._claim(parts=0, splits=[self._split(partner=other)])
        claims.action_submit()
        self.assertEqual(set(claims.mapped("status")), {"unanswered"})
        self.assertEqual(len(claims.batch_id), 2)
        self.assertEqual(claims[0].date_due, fields.Date.add(fields.Date.today(), days=20))
        batch = claims[0].batch_id
        self.assertRecordValues(batch, [{"claim_count": 2, "amount_claimed": 1080.0, "user_id": self.clerk.id}])
        self.assertTrue(batch.file_name.endswith(".xlsx"))
        with self.assertRaisesRegex(UserError, f"submitted on .*{batch.name}"):
            claims.action_submit()

    def test_of_a_mixed_choice_what_waits_is_submitted_once(self):
        sent, waiting = self._sent(), self._claim()
        first = sent.batch_id
        told = (sent | waiting).action_submit()["params"]
        self.assertIn(sent.name, told["message"])
        self.assertNotIn(waiting.name, told["message"])
        self.assertEqual(told["next"]["res_id"], waiting.batch_id.id)
        self.assertEqual(first.claim_ids, sent)

    def test_groups_stand_in_the_order_of_work(self):
        draft, sent, answered = self._claim(), self._claim(), self._claim()
        (sent | answered).action_submit()
        answered.action_accept_all()
        self.assertEqual((draft | sent | answered).mapped("state"), ["draft", "sent", "answered"])
        claims = self.env["dealer.claim"].with_context(read_group_expand=True)  # as lists ask
        seen = claims.web_read_group([("company_id", "=", self.company.id)], ["state"], ["__count"])
        self.assertEqual([group["state"] for group in seen["groups"]], ["draft", "sent", "answered"])

    def test_every_claim_that_lacks_something_is_named_and_none_is_sent(self):
        whole, one, two = self._claim(), self._claim(cause=False), self._claim(correction=False)
        with self.assertRaises(UserError) as refused:
            (whole | one | two).action_submit()
        for words in (one.name, "Cause", two.name, "Correction"):
            self.assertIn(words, str(refused.exception))
        self.assertEqual(set((whole | one | two).mapped("state")), {"draft"})

    def test_the_file_has_the_makers_columns(self):
        self.policy.write(
            {
                "file_type": "csv",
                "column_ids": [
                    Command.create({"heading": "Antrag", "field_name": "claim"}),
                    Command.create({"heading": "Summe", "field_name": "amount"}),
                    Command.create({"heading": "Ursache", "field_name": "cause"}),
                ],
            }
        )
        claim = self._claim(cause="=1+1")
        claim.action_submit()
        content = base64.b64decode(claim.batch_id.file).decode("utf-8-sig").splitlines()
        self.assertEqual(content[0], "Antrag,Summe,Ursache")
        self.assertEqual(content[1], f"{claim.name},300.0,'=1+1")
        self.assertEqual(len(content), 3)

    def test_a_claim_needs_three_c(self):
        claim = self._claim(cause=False)
        with self.assertRaisesRegex(UserError, "Cause"):
            claim.action_submit()
        claim.cause = "Pads glazed"
        claim.action_submit()
        self.assertEqual(claim.state, "sent")
        with self.assertRaises(AccessError):
            claim.cause = "Something else"

    def test_cover_by_date_km_and_part_of_the_car(self):
        coverage = self.env["dealer.warranty.coverage"].create(
            {"name": "Brake pads", "brand_id": self.brand.id, "operation_prefix": "TEST-BRK", "months": 3, "km": 0}
        )
        claim = self._claim()
        self.assertIn("had ended", claim.coverage_note)
        with self.assertRaisesRegex(UserError, "had ended"):
            claim.action_submit()
        with self.assertRaises(AccessError):
            claim.action_submit_all_the_same()
        claim.with_user(self.manager).action_submit_all_the_same()
        self.assertRecordValues(claim, [{"state": "sent", "override_user_id": self.manager.id}])
        coverage.write({"months": 12, "km": 40000})
        self.assertIn("had run more", self._claim().coverage_note)
        coverage.km = 50000
        self.assertFalse(self._claim().coverage_note)
        self.car.warranty_ids.unlink()
        self.assertIn("Nobody wrote", self._claim().coverage_note)
        self.assertFalse(self._claim(repair_kind="recall").coverage_note)

    def test_the_same_step_is_claimed_once(self):
        """B26: two operations that both take the wheel off; the maker pays it once, the customer would pay both."""
        second = self.operation.copy({"code": "TEST-BRK-D", "name": "Replace front discs", "hours": 2.0})
        step = {"code": "WHEEL", "name": "Take wheel off", "hours": 0.5}
        for operation in self.operation | second:
            self.env["dealer.operation.step"].create({"operation_id": operation.id, **step})
        lines = [Command.create({"operation_id": second.id})]
        claim = self._claim(parts=0, line_ids=lines)
        self.assertEqual(claim.line_ids.mapped("amount_claimed"), [300.0, 300.0])
        self.assertEqual(claim.order_id.job_ids.line_ids.mapped("overlap_hours"), [0.0, 0.5])
        paid = self._warranty_order(
            parts=0, line_ids=lines, pay_type="customer", splits=[self._split("customer", self.customer)]
        )
        self.assertEqual(paid.sudo().invoice_ids.amount_untaxed, 700.0)

    # --- the answer ----------------------------------------------------------------------

    def test_accepted_in_full(self):
        claim = self._sent()
        claim.action_accept_all()
        self.assertRecordValues(
            claim,
            [
                {
                    "state": "answered",
                    "status": "unpaid",
                    "amount_accepted": 780.0,
                    "amount_variance": 0.0,
                    "variance_state": False,
                    "answered_by_id": self.clerk.id,
                }
            ],
        )
        self.assertFalse(claim.sudo().move_ids)
        self._pay(claim.sudo().invoice_id)
        self.assertEqual(claim.status, "paid")
        self.assertIn(claim, claim.search([("status", "=", "paid")]))
        self.assertNotIn(claim, claim.search([("status", "in", ["unpaid", "short"])]))

    def test_a_cut_is_credited_exactly_and_set_off(self):
        claim = self._answer(self._sent(), 250.0, 480.0)
        bill, credit = claim.sudo().invoice_id, claim.sudo().move_ids
        self.assertRecordValues(
            credit,
            [
                {
                    "move_type": "out_refund",
                    "state": "posted",
                    "partner_id": self.maker.id,
                    "amount_untaxed": 50.0,
                    "dealer_repair_id": claim.order_id.id,
                    "reversed_entry_id": bill.id,
                    "amount_residual": 0.0,
                }
            ],
        )
        self.assertAlmostEqual(bill.amount_residual, bill.amount_total - credit.amount_total)
        self.assertRecordValues(claim, [{"status": "short", "amount_variance": 50.0, "variance_state": "open"}])
        self.assertIn(claim, claim.search([("status", "=", "short")]))
        self._pay(bill)
        self.assertEqual(bill.payment_state, "paid")

    def test_a_refused_claim_owes_nothing(self):
        """The old part is missing: the maker refuses, the workshop bears it."""
        claim = self._sent()
        claim.part_ids.action_missing()
        self._answer(claim, 0.0, 0.0, reason="Old part missing")
        self.assertTrue(claim.currency_id.is_zero(claim.amount_open))
        self.assertEqual(claim.amount_accepted, 0.0)

    def test_sums_with_tax_are_credited_to_the_cent(self):
        self.policy.is_tax_included = True
        for cut in (0.01, 33.33, 97.77, 123.45):
            claim = self._sent()
            bill = claim.sudo().invoice_id
            self.assertEqual(claim.amount_claimed, bill.amount_total)
            first, second = claim.line_ids.mapped("amount_claimed")
            self.policy.tolerance = 0
            self._answer(claim, first, second - cut)
            credit = claim.sudo().move_ids
            self.assertEqual(claim.currency_id.compare_amounts(credit.amount_total, cut), 0, cut)
            self.assertAlmostEqual(sum(credit.line_ids.mapped("balance")), 0.0)
            self.assertAlmostEqual(bill.amount_residual, bill.amount_total - cut)

    def test_within_tolerance_it_is_written_off_at_once(self):
        claim = self._answer(self._sent(), 295.0, 480.0)
        self.assertRecordValues(claim, [{"variance_state": "written_off", "status": "unpaid"}])
        self.assertEqual(claim.sudo().move_ids.amount_untaxed, 5.0)

    def test_the_customer_is_billed_what_was_cut(self):
        claim = self._answer(self._sent(), 100.0, 480.0)
        claim.action_charge_customer()
        bill = claim.sudo().move_ids.filtered(lambda move: move.move_type == "out_invoice")
        self.assertRecordValues(bill, [{"partner_id": self.customer.id, "amount_untaxed": 200.0, "state": "posted"}])
        self.assertEqual(claim.variance_state, "customer")
        with self.assertRaisesRegex(UserError, "Billed to the Customer"):
            claim.action_charge_customer()
        with self.assertRaises(UserError):
            claim.action_write_off()

    def test_a_small_write_off_needs_a_reason_a_big_one_another_person(self):
        small = self._answer(self._sent(), 220.0, 480.0)
        with self.assertRaisesRegex(UserError, "reason"):
            small.action_write_off()
        small.variance_reason = "Old customer"
        small.action_write_off()
        self.assertEqual(small.variance_state, "written_off")
        big = self._answer(self._sent(), 100.0, 480.0)
        big.variance_reason = "Old customer"
        big.with_user(self.manager).action_write_off()
        self.assertEqual(big.variance_state, "requested")
        with self.assertRaisesRegex(UserError, "another person"):
            big.with_user(self.manager).action_approve_write_off()
        with self.assertRaises(AccessError):
            big.action_approve_write_off()
        second = self._make_user("w_manager2", WORKSHOP + "workshop_manager")
        big.with_user(second).action_refuse_write_off()
        self.assertEqual(big.variance_state, "open")
        big.action_write_off()
        big.with_user(second).action_approve_write_off()
        self.assertRecordValues(
            big,
            [
                {
                    "variance_state": "written_off",
                    "variance_user_id": self.clerk.id,
                    "variance_approver_id": second.id,
                    "status": "unpaid",
                }
            ],
        )

    def test_bad_answers(self):
        claim = self._sent()
        with self.assertRaisesRegex(UserError, "no answer yet"):
            claim.action_answer()
        claim.line_ids.write({"answer": "refused"})
        with self.assertRaisesRegex(UserError, "reason for the cut"):
            claim.action_answer()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            claim.line_ids[0].write({"answer": "short", "amount_accepted": 300.01})
            claim.flush_recordset()
            claim.line_ids.flush_recordset()
        claim.line_ids.write({"answer": "accepted"})
        claim.action_answer()
        with self.assertRaisesRegex(UserError, "answered on"):
            claim.action_answer()
        with self.assertRaises(UserError):
            claim.line_ids.write({"answer": "refused"})

    # --- after payment -------------------------------------------------------------------

    def test_an_audit_charges_back(self):
        claim = self._sent()
        claim.action_accept_all()
        self._pay(claim.sudo().invoice_id)
        back = (
            self.env["dealer.claim.chargeback"]
            .with_user(self.clerk)
            .create({"claim_id": claim.id, "amount": 100.0, "reason": "No photo"})
        )
        with self.assertRaises(AccessError):
            back.action_book()
        with self.assertRaises(UserError):  # more than was accepted, together
            back.copy({"amount": 700.0})
        back.flush_recordset()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            back.copy()  # the payer's letter was entered by a colleague already
        back.with_user(self.manager).action_book()
        credit = claim.sudo().move_ids
        self.assertRecordValues(credit, [{"amount_untaxed": 100.0, "state": "posted", "move_type": "out_refund"}])
        self.assertEqual(back.sudo().move_id, credit)
        with self.assertRaises(UserError):
            back.with_user(self.manager).action_book()
        with self.assertRaises(UserError):
            back.amount = 5

    def test_who_enters_a_charge_back_does_not_book_it(self):
        claim = self._sent()
        claim.action_accept_all()
        back = (
            self.env["dealer.claim.chargeback"]
            .with_user(self.manager)
            .create({"claim_id": claim.id, "amount": 100.0, "reason": "No photo"})
        )
        with self.assertRaisesRegex(UserError, "another person"):
            back.action_book()

    def test_old_parts(self):
        part = self._claim().part_ids
        with self.assertRaisesRegex(UserError, "kept until"):
            part.action_scrap()
        part.action_call()
        self.assertTrue(part.is_due)
        self.assertIn(part, part.search([("is_due", "=", True)]))
        with self.assertRaisesRegex(UserError, "parcel number"):
            part.action_ship()
        part.with_user(self.keeper).bin = "W-3"
        part.shipment = "SF123"
        part.action_ship()
        self.assertRecordValues(part, [{"state": "shipped", "closed_by_id": self.clerk.id, "bin": "W-3"}])
        with self.assertRaises(UserError):
            part.action_missing()
        other = self._claim().part_ids
        other.sudo().date_keep = "2020-01-01"
        other.action_scrap()
        self.assertEqual(other.state, "scrapped")
        with self.assertRaises(AccessError):
            other.state = "kept"

    def test_tags_print(self):
        part = self._claim().part_ids
        html, _type = self.env["ir.actions.report"]._render_qweb_html(
            "dealer_workshop.report_claim_part_tags", part.ids
        )
        self.assertIn(part.tag, html.decode())

    def test_a_settlement_taken_back_cancels_unsent_claims_only(self):
        claim = self._claim()
        order = claim.order_id.with_user(self.manager)
        order.action_reverse_settlement("Wrong hours")
        self.assertRecordValues(claim, [{"state": "cancelled", "status": "cancelled"}])
        self.assertEqual(claim.part_ids.state, "cancelled")
        order.with_user(self.advisor).action_settle()
        again = order.sudo().claim_ids - claim.sudo()
        self.assertRecordValues(again, [{"state": "draft", "amount_claimed": 780.0}])
        sent = self._sent()
        with self.assertRaisesRegex(UserError, "submitted"):
            sent.order_id.with_user(self.manager).action_reverse_settlement("Wrong hours")
        self.assertEqual(sent.state, "sent")

    def test_the_car_does_not_wait_for_the_maker(self):
        """The customer's share holds the car back, the maker's bill does not; a cut billed to him does again."""
        claim = self._answer(self._sent(), 100.0, 480.0)
        self.assertTrue(claim.order_id.sudo()._is_paid())
        claim.action_charge_customer()
        bill = claim.sudo().move_ids.filtered(lambda move: move.move_type == "out_invoice")
        self.assertEqual(bill.dealer_pay_type, "customer")
        self.assertFalse(claim.order_id.sudo()._is_paid())

    # --- rights and guards -----------------------------------------------------------------

    def test_rights(self):
        claim = self._sent()
        for user in (self.advisor, self.technician):
            self.assertEqual(claim.with_user(user).amount_claimed, 780.0)
            with self.assertRaises(AccessError):
                claim.with_user(user).action_accept_all()
            with self.assertRaises(AccessError):
                claim.line_ids.with_user(user).write({"answer": "accepted"})
        for name, value in {"state": "answered", "amount_accepted": 1.0, "variance_state": "written_off"}.items():
            with self.assertRaises(AccessError):
                claim.write({name: value})
        with self.assertRaises(AccessError):
            claim.line_ids[0].amount_claimed = 1.0
        with self.assertRaises(AccessError):
            claim.create({"name": "X"})
        with self.assertRaises(AccessError):
            claim.read(["invoice_id"])
        with self.assertRaises(UserError):
            claim.unlink()
        keeper = claim.with_user(self.keeper)
        with self.assertRaises(AccessError):
            keeper.read(["name"])

    def test_another_company_sees_nothing(self):
        claim = self._claim()
        other = new_test_user(
            self.env,
            login="w_clerk_b",
            groups=WORKSHOP + "warranty_clerk",
            company_id=self.company_b.id,
            company_ids=[Command.set(self.company_b.ids)],
        )
        with self.assertRaises(AccessError):
            claim.with_user(other).read(["name"])

    def test_defaults_of_a_context_decide_nothing(self):
        order = self._checked_in(0)
        order.job_ids.write({"pay_type": "warranty", "cause": "x", "correction": "y"})
        self._make_ready(order)
        order.with_user(self.advisor).with_context(
            default_state="answered", default_variance_state="written_off", default_override_user_id=self.advisor.id
        ).action_settle()
        self.assertRecordValues(
            order.sudo().claim_ids, [{"state": "draft", "variance_state": False, "override_user_id": False}]
        )

    def test_database_guards(self):
        cr = self.env.cr
        for index, table in {
            "dealer_claim_invoice_uniq": "dealer_claim",
            "dealer_claim_name_uniq": "dealer_claim",
            "dealer_claim_unsent_idx": "dealer_claim",
            "dealer_claim_unanswered_idx": "dealer_claim",
            "dealer_claim_short_idx": "dealer_claim",
            "dealer_claim_part_tag_uniq": "dealer_claim_part",
            "dealer_claim_part_due_idx": "dealer_claim_part",
            "dealer_claim_policy_from_uniq": "dealer_claim_policy",
        }.items():
            self.assertTrue(sql.index_exists(cr, index), f"{index} on {table}")
        for table, name in (
            ("dealer_claim_line", "dealer_claim_line_accepted_range"),
            ("dealer_claim_chargeback", "dealer_claim_chargeback_amount_positive"),
            ("dealer_operation_step", "dealer_operation_step_code_uniq"),
        ):
            self.assertTrue(sql.constraint_definition(cr, table, name), name)

    def test_a_list_asks_the_same_for_one_and_for_many(self):
        claims = self._claim(parts=0)
        for _number in range(4):
            claims |= self._claim(parts=0)
        counts = []
        for some in (claims, claims[:1], claims):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.web_read({"name": {}, "status": {}, "amount_open": {}, "partner_id": {}, "is_overdue": {}})
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts[1:])

    def _pay(self, bill):
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=bill.ids).create(
            {}
        )._create_payments()


@tagged("post_install", "-at_install", "dealer")
class TestRightsOfClaimsAndCare(DealerClaimCommon):
    """Who reads and who writes claims, accidents, entitlements, care: both ways."""

    MODELS = (
        "dealer.claim",
        "dealer.claim.line",
        "dealer.claim.chargeback",
        "dealer.accident.case",
        "dealer.entitlement",
        "dealer.service.reminder",
        "dealer.satisfaction",
        "dealer.complaint",
        "dealer.call.back",
        "dealer.job.clock",
    )

    def _may(self, user, operation):
        return {name for name in self.MODELS if self.env[name].with_user(user).has_access(operation)}

    def test_customers_see_nothing_of_it(self):
        customer = new_test_user(self.env, "w_portal", groups="base.group_portal")
        self.assertFalse(self._may(customer, "read"))
        with self.assertRaises(AccessError):
            self._claim().with_user(customer).read(["amount_claimed"])

    def test_technicians_read_and_change_nothing(self):
        technician = self._make_user("w_reader", WORKSHOP + "technician")
        self.assertEqual(self._may(technician, "read"), set(self.MODELS))
        for operation in ("create", "write", "unlink"):
            self.assertFalse(self._may(technician, operation), operation)

    def test_advisors_write_accidents_and_care_but_no_claims(self):
        advisor = self._make_user("w_sa", WORKSHOP + "service_advisor")
        self.assertEqual(
            self._may(advisor, "write"),
            {
                "dealer.accident.case",
                "dealer.entitlement",
                "dealer.service.reminder",
                "dealer.complaint",
                "dealer.call.back",
            },
        )
        claim = self._sent()
        with self.assertRaises(AccessError):
            claim.with_user(advisor).action_accept_all()

    def test_administrators_of_warranty_write_claims_and_export_nothing(self):
        claims = {"dealer.claim", "dealer.claim.line", "dealer.claim.chargeback"}
        self.assertLessEqual(claims, self._may(self.clerk, "write"))
        claim = self._claim()
        claim.note = "Photos are with the order"
        with self.assertRaises(UserError):
            claim.export_data(["amount_claimed"])
