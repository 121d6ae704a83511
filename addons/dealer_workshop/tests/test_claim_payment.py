import base64

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger, sql

from .common_claims import DealerClaimCommon


class ClaimMoneyCommon(DealerClaimCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls._make_user("w_accountant", "account.group_account_invoice")

    def _insured(self, hours=1.5, **values):
        """Return the submitted claim of an order an insurer pays, sums with tax."""
        splits = [self._split("insurance", self.insurer)]
        order = self._warranty_order(parts=0, splits=splits, pay_type="insurance", repair_kind="accident", **values)
        claim = order.sudo().claim_ids.with_user(self.clerk)
        self.assertEqual(claim.kind, "insurance")
        claim.action_submit()
        return claim

    def _payment(self, lines, amount=None, reference="BANK-1"):
        """Return a lump payment entered by the accountant.

        :param lines: list of (claim, paid, difference)
        """
        return (
            self.env["dealer.claim.payment"]
            .with_user(self.accountant)
            .create(
                {
                    "company_id": self.company.id,
                    "partner_id": lines[0][0].partner_id.id,
                    "reference": reference,
                    "amount": amount or sum(paid for _claim, paid, _difference in lines),
                    "journal_id": self.env["account.journal"]
                    .search([("type", "=", "bank"), ("company_id", "=", self.company.id)], limit=1)
                    .id,
                    "line_ids": [
                        Command.create({"claim_id": claim.id, "amount_paid": paid, "difference": difference})
                        for claim, paid, difference in lines
                    ],
                }
            )
        )


@tagged("post_install", "-at_install", "dealer")
class TestClaimPayment(ClaimMoneyCommon):
    """P40: one payment settles many claims, with differences, to the cent."""

    def test_eight_claims_one_short(self):
        claims = self.env["dealer.claim"].with_user(self.clerk)
        for _number in range(8):
            claims |= self._insured()
        claims.action_accept_all()
        owed = claims[0].amount_open
        lines = [(claim, owed, "open") for claim in claims[:7]] + [(claims[7], owed - 32.0, "cut")]
        payment = self._payment(lines)
        payment.action_allocate()
        self.assertRecordValues(payment, [{"state": "done", "done_by_id": self.accountant.id}])
        self.assertEqual(payment.sudo().payment_ids.mapped("amount"), [8 * owed - 32.0])
        self.assertEqual(set(claims.mapped("amount_open")), {0.0})
        self.assertEqual(claims[:7].mapped("status"), ["paid"] * 7)
        short = claims[7]
        self.assertRecordValues(short, [{"status": "short", "variance_state": "open", "amount_variance": 32.0}])
        self.assertAlmostEqual(sum(short.sudo().move_ids.mapped("amount_total")), 32.0)
        receivable = payment.sudo().payment_ids.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.assertTrue(receivable.reconciled)
        with self.assertRaisesRegex(UserError, "allocated already"):
            payment.action_allocate()
        with self.assertRaises(UserError):
            payment.amount = 1.0
        short.variance_reason = "Not worth the quarrel"
        short.with_user(self.manager).action_write_off()
        self.assertEqual(short.variance_state, "requested")

    def test_what_stays_open_stays_open_on_its_claim(self):
        claims = self._insured() | self._insured() | self._insured()
        claims.action_accept_all()
        owed = claims[0].amount_open
        lines = [(claims[0], owed - 10, "open"), (claims[1], owed, "open"), (claims[2], owed - 20, "open")]
        payment = self._payment(lines)
        payment.action_allocate()
        for claim, left in zip(claims, (10.0, 0.0, 20.0), strict=True):
            self.assertAlmostEqual(claim.amount_open, left)
        self.assertEqual(claims.mapped("status"), ["unpaid", "paid", "unpaid"])
        self.assertAlmostEqual(sum(payment.sudo().payment_ids.mapped("amount")), 3 * owed - 30)

    def test_a_second_cut_is_decided_by_itself(self):
        """Cut in the answer and borne by the customer; cut again on payment: only the second cut is decided anew."""
        claim = self._insured()
        self._answer(claim, claim.amount_claimed - 40.0)
        claim.action_charge_customer()
        self._payment([(claim, claim.amount_open - 15.0, "cut")]).action_allocate()
        self.assertRecordValues(claim, [{"variance_state": "open", "amount_variance": 55.0, "amount_open": 0.0}])
        claim.action_charge_customer()
        bills = claim.sudo().move_ids.filtered(lambda move: move.move_type == "out_invoice")
        self.assertEqual(sorted(bills.mapped("amount_total")), [15.0, 40.0])

    def test_bad_payments(self):
        claim = self._insured()
        unanswered = self._insured()
        claim.action_accept_all()
        owed = claim.amount_open
        with self.assertRaisesRegex(UserError, "not allocated.*“Propose Claims” adds.*a payment of its own"):
            self._payment([(claim, owed, "open")], amount=owed + 1).action_allocate()
        with self.assertRaisesRegex(UserError, f"paid already.*at most.*on {self.insurer.name}'s account"):
            self._payment([(claim, owed + 1, "open")], reference="B2").action_allocate()
        with self.assertRaisesRegex(UserError, "no answered claim"):
            self._payment([(unanswered, owed, "open")], reference="B3").action_allocate()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._payment([(claim, owed, "open")])
        with self.assertRaises(AccessError):
            self._payment([(claim, owed, "open")], reference="B4").with_user(self.clerk).action_allocate()

    def test_no_claim_is_moved_into_what_was_allocated(self):
        done, other = self._insured(), self._insured()
        (done | other).action_accept_all()
        allocated = self._payment([(done, done.amount_open, "open")])
        allocated.action_allocate()
        draft = self._payment([(other, other.amount_open, "open")], reference="B2")
        with self.assertRaisesRegex(UserError, "allocated already"):
            draft.line_ids.payment_id = allocated

    def test_claims_are_proposed(self):
        claims = self._insured() | self._insured()
        claims[0].action_accept_all()
        payment = (
            self.env["dealer.claim.payment"]
            .with_user(self.accountant)
            .create({"partner_id": self.insurer.id, "reference": "P", "amount": 1, "company_id": self.company.id})
        )
        payment.action_propose()
        self.assertEqual(payment.line_ids.claim_id, claims[0])
        self.assertEqual(payment.amount_allocated, claims[0].amount_open)


@tagged("post_install", "-at_install", "dealer")
class TestAccident(ClaimMoneyCommon):
    """P40, B34: one accident, several cars and insurers; estimate, expert, supplement, approval, difference."""

    def _case(self, order=None, lines=(12800.0,), **values):
        accident = (
            self.env["dealer.accident"]
            .with_user(self.advisor)
            .create({"company_id": self.company.id, "place": "Ring 2"})
        )
        return (
            self.env["dealer.accident.case"]
            .with_user(self.advisor)
            .create(
                {
                    "accident_id": accident.id,
                    "vehicle_id": self.car.id,
                    "insurer_id": self.insurer.id,
                    "report_no": "RP-1",
                    "order_id": order and order.id,
                    "line_ids": [
                        Command.create({"name": f"Panel {number}", "amount_estimated": amount})
                        for number, amount in enumerate(lines)
                    ],
                    **values,
                }
            )
        )

    def test_estimate_supplement_approval(self):
        case = self._case(lines=[10000.0, 2800.0])
        case.action_send()
        with self.assertRaises(UserError):
            case.line_ids[0].amount_estimated = 1
        case.line_ids[0].amount_approved = 10000.0
        case.line_ids[1].amount_approved = 2150.0
        with self.assertRaisesRegex(UserError, "expert's reason"):
            case.action_approve()
        case.line_ids[1].reason = "Repair instead of replacement"
        case.action_approve()
        self.assertRecordValues(case, [{"amount_difference": 650.0, "approved_by_id": self.advisor.id}])
        case.action_supplement()
        case.line_ids = [Command.create({"name": "Radiator", "amount_estimated": 2150.0})]
        self.assertEqual(case.line_ids.mapped("supplement"), [0, 0, 1])
        case.action_send()
        with self.assertRaisesRegex(UserError, "before the supplement"):
            case.line_ids[0].amount_approved = 1.0
        case.line_ids[2].amount_approved = 2150.0
        case.action_approve()
        self.assertRecordValues(
            case, [{"amount_estimated": 14950.0, "amount_approved": 14300.0, "amount_difference": 650.0}]
        )
        self.assertEqual(case.accident_id.amount_approved, 14300.0)

    def test_no_line_is_moved_into_an_approved_estimate(self):
        case, other = self._case(), self._case(report_no="RP-2", lines=[500.0])
        case.action_send()
        case.action_approve_in_full()
        for move in (
            lambda: other.line_ids.write({"case_id": case.id}),
            lambda: case.write({"line_ids": [Command.link(other.line_ids.id)]}),
        ):
            with self.assertRaises(AccessError):
                move()
        self.assertEqual(case.amount_approved, 12800.0)

    def test_the_claim_is_answered_as_the_expert_approved(self):
        claim = self._insured()
        with self.assertRaisesRegex(UserError, "no estimate"):
            claim.action_take_approved()
        case = self._case(claim.order_id, lines=[claim.amount_claimed])
        claim.invalidate_recordset(["case_id"])
        self.assertEqual(claim.case_id, case)
        case.action_send()
        case.line_ids.write({"amount_approved": claim.amount_claimed - 50.0, "reason": "Too dear"})
        case.action_approve()
        claim.invalidate_recordset(["case_id"])
        claim.action_take_approved()
        self.assertRecordValues(claim, [{"amount_variance": 50.0, "status": "short"}])

    def test_several_cars_and_a_total_loss(self):
        case = self._case()
        other = self._make_car("LSVAA4187E2123456", plate="沪A00001")
        second = case.copy({"vehicle_id": other.id, "report_no": "RP-2", "accident_id": case.accident_id.id})
        self.assertEqual(len(case.accident_id.case_ids), 2)
        second.action_total_loss()
        self.assertEqual(second.state, "total_loss")
        with self.assertRaises(UserError):
            second.action_send()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            second.copy({"report_no": "RP-3", "accident_id": case.accident_id.id})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            case.line_ids.sudo().write({"amount_approved": 12801.0})
            case.line_ids.flush_recordset()

    def test_rights(self):
        case = self._case()
        with self.assertRaises(AccessError):
            case.state = "approved"
        with self.assertRaises(AccessError):
            case.with_user(self.technician).action_send()
        case.with_user(self.clerk).action_send()

    def test_referrals_are_held_against_premiums(self):
        self.env["dealer.insurance.policy"].create(
            {
                "vehicle_id": self.car.id,
                "kind_id": self.env["dealer.insurance.kind"].search([], limit=1).id,
                "insurer_id": self.insurer.id,
                "number": "P-1",
                "partner_id": self.customer.id,
                "premium": 4000.0,
            }
        )
        claim = self._insured()
        row = self.env["dealer.insurer.report"].with_user(self.clerk).search([("insurer_id", "=", self.insurer.id)])
        self.assertRecordValues(
            row,
            [
                {
                    "year": str(fields.Date.today().year),
                    "premium": 4000.0,
                    "policy_count": 1,
                    "claim_count": 1,
                    "amount_claimed": claim.amount_claimed,
                }
            ],
        )
        self.assertAlmostEqual(row.ratio, claim.amount_claimed / 4000 * 100)


@tagged("post_install", "-at_install", "dealer")
class TestClaimAnswerFile(DealerClaimCommon):
    """Answers read from the maker's file; what cannot be is named, nothing doubled."""

    def _read(self, *rows, run=True):
        text = "\n".join(["Claim;Claim line;Amount accepted;Payer's reason", *rows])
        job = (
            self.env["dealer.import"]
            .with_user(self.clerk)
            .with_company(self.company)
            .create(
                {
                    "kind": "claim_answer",
                    "company_id": self.company.id,
                    "file": base64.b64encode(text.encode()),
                    "file_name": "answers.csv",
                }
            )
        )
        job.action_check()
        if run:
            job.action_run()
        return job

    def test_lines_and_whole_claims(self):
        first, second = self._sent(), self._sent()
        job = self._read(
            f"{first.name};1;250;Too many hours", f"{first.name};2;480;", f"{second.name};;400;Old part missing"
        )
        self.assertRecordValues(job, [{"state": "done", "created_count": 3, "refused_count": 0}])
        self.assertRecordValues(
            first | second,
            [
                {"state": "answered", "amount_accepted": 730.0, "amount_variance": 50.0},
                {"state": "answered", "amount_accepted": 400.0, "amount_variance": 380.0},
            ],
        )
        self.assertEqual(first.line_ids[0].answer_reason, "Too many hours")

    def test_bad_rows(self):
        claim, draft, answered = self._sent(), self._claim(), self._sent()
        answered.action_accept_all()
        job = self._read(
            "CL/0000/1;;5;",
            f"{claim.name};1;300.01;",
            f"{claim.name};9;1;x",
            f"{claim.name};2;10;",
            f"{draft.name};;5;x",
            f"{answered.name};;780;",
            run=False,
        )
        reasons = " ".join(job.problem_ids.mapped("reason"))
        for words in (
            "No claim of ours",
            "More than the",
            "no such line",
            "needs the payer's reason",
            "was not submitted",
            "was answered on",
        ):
            self.assertIn(words, reasons)
        self.assertEqual((job.refused_count, job.created_count), (6, 0))
        self.assertEqual(claim.state, "sent")

    def test_only_the_administrator_reads_answers(self):
        with self.assertRaises(AccessError):
            self.env["dealer.import.claim_answer"].with_user(self.advisor)._check_may_import()


@tagged("post_install", "-at_install", "dealer")
class TestClaimGuards(DealerClaimCommon):
    def test_database_guards(self):
        cr = self.env.cr
        for index in (
            "dealer_accident_case_car_uniq",
            "dealer_accident_case_report_uniq",
            "dealer_claim_payment_reference_uniq",
            "dealer_claim_payment_line_claim_uniq",
            "dealer_campaign_code_uniq",
            "dealer_campaign_car_vin_uniq",
            "dealer_campaign_car_waiting_idx",
        ):
            self.assertTrue(sql.index_exists(cr, index), index)
        for table, name in (
            ("dealer_accident_line", "dealer_accident_line_approved_range"),
            ("dealer_claim_payment", "dealer_claim_payment_amount_positive"),
            ("dealer_campaign_range", "dealer_campaign_range_ordered"),
            ("dealer_statutory_limit", "dealer_statutory_limit_numbers_sane"),
        ):
            self.assertTrue(sql.constraint_definition(cr, table, name), name)
