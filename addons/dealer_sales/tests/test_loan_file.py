from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import SIGNATURE
from .common_loan import DealerLoanCommon


@tagged("post_install", "-at_install", "dealer")
class TestLoanFile(DealerLoanCommon):
    """One file a contract, several lenders, papers once, answers with their history."""

    # === Making it ===
    def test_the_offers_figures_become_the_file(self):
        quote = (
            self.env["dealer.desking.quote"]
            .with_user(self.advisor)
            .create({"partner_id": self.customer.id, "product_id": self.trim.id})
        )
        scenario = quote.scenario_ids.filtered(lambda s: s.kind == "loan")[:1]
        scenario.write({"months": 36, "financed_amount": 12000.0, "annual_rate": 4.5, "balloon_amount": 1000.0})
        scenario.action_choose()
        contract = quote.contract_id
        file = self._open_file(contract)
        self.assertRecordValues(
            file,
            [
                {
                    "kind": "loan",
                    "amount": 12000.0,
                    "months": 36,
                    "annual_rate": 4.5,
                    "balloon_amount": 1000.0,
                    "scenario_id": scenario.id,
                    "partner_id": self.customer.id,
                    "state": "draft",
                    "user_id": self.fni.id,
                }
            ],
        )
        self.assertEqual(file.amount_down, contract.amount_car - 12000.0)
        self.assertEqual(file.submission_ids.lender_id, self.bank_a | self.bank_b | self.early_bank)
        self.assertEqual(self._line(file, self.bank_a).preset_id, self.bank_a.preset_ids)
        self.assertEqual(self._open_file(contract), file, "pressed again it opens the same file")

    def test_without_an_offer_the_usual_loan_is_proposed(self):
        contract = self._create_contract()
        file = self._open_file(contract)
        self.assertEqual(file.amount, round(contract.amount_car * 0.6, 2))

    def test_cancelled_contracts_get_none(self):
        contract = self._create_contract()
        contract.action_cancel("no")
        with self.assertRaisesRegex(UserError, "price to finance"):
            self._open_file(contract)

    def test_terms_of_other_days_are_not_offered(self):
        self.bank_b.preset_ids.date_to = fields.Date.today() - timedelta(days=1)
        file = self._open_file(self._create_contract())
        self.assertEqual(file.submission_ids.lender_id, self.bank_a | self.early_bank)

    def test_the_product_is_the_lenders_own(self):
        file = self._open_file(self._create_contract())
        with self.assertRaisesRegex(ValidationError, "is a product of"):
            self._line(file, self.bank_a).preset_id = self.bank_b.preset_ids[:1]
        with self.assertRaisesRegex(ValidationError, "is a product of"):
            self._line(file, self.bank_a).sudo().write({"preset_id": self.bank_b.preset_ids[:1].id})

    def test_lenders_products_do_not_fill_new_offers(self):
        names = [row["name"] for row in self.env["dealer.desking.preset"]._prepare_scenarios(self.company)]
        self.assertTrue(names)
        self.assertNotIn("Bank A 36", names)
        self.bank_a.preset_ids.write({"is_proposed": True, "sequence": 1})
        rows = self.env["dealer.desking.preset"]._prepare_scenarios(self.company)
        self.assertEqual(rows[0]["name"], "Bank A 36")

    # === Papers ===
    def test_papers_are_collected_once(self):
        (self.bank_a | self.bank_b).document_kind_ids = self.identity | self.income
        file = self._open_file(self._create_contract())
        self.assertEqual(file.missing_documents, "Identity card, Proof of income")
        result = file.action_submit()
        self.assertEqual(result["params"]["type"], "warning", "the lender that asks for nothing is submitted to")
        self.assertEqual(file.submission_ids.mapped("state"), ["draft", "draft", "submitted"])
        with self.assertRaisesRegex(UserError, "Proof of income"):
            self._line(file, self.bank_a).action_submit()
        with self.assertRaisesRegex(UserError, "attach Identity card, Proof of income"):
            file.action_submit()
        self._attach(file, "payslip march.pdf", "scan-0001.pdf")
        self.assertEqual(file.document_ids.kind_id, self.identity | self.income)
        self.assertFalse(file.missing_documents)
        file.action_submit()
        self.assertEqual(set(file.submission_ids.mapped("state")), {"submitted"})
        self.assertEqual(file.state, "submitted")

    def test_papers_a_lender_saw_stay(self):
        file = self._open_file(self._create_contract())
        self._attach(file, "identity.pdf")
        file.document_ids.unlink()
        self.assertFalse(file.document_ids)
        self._attach(file, "identity.pdf")
        file.action_submit()
        with self.assertRaisesRegex(UserError, "stays on file"):
            file.document_ids.unlink()

    def test_only_ones_own_uploads_are_taken(self):
        file = self._open_file(self._create_contract())
        stray = self.env["ir.attachment"].create({"name": "secret", "raw": b"x", "res_model": "res.company"})
        with self.assertRaises(AccessError):
            file.attach_papers(stray.ids)

    # === Answers ===
    def test_answers_and_their_history(self):
        file = self._open_file(self._create_contract())
        file.amount = 10000.0
        file.action_submit()
        a, b, early = (self._line(file, lender) for lender in (self.bank_a, self.bank_b, self.early_bank))
        a.action_approve()
        self.assertEqual((a.amount_approved, a.rate_approved, a.months_approved), (10000.0, 4.8, 36))
        self.assertEqual((a.state, file.state), ("approved", "approved"))
        b.action_documents()
        b.action_submit()
        b.action_refuse()
        action = early.action_open_answer()
        wizard = Form(self.env["dealer.finance.answer"].with_user(self.fni).with_context(**action["context"]))
        self.assertEqual(wizard.amount, 10000.0)
        wizard.amount = 9000.0
        wizard.conditions = "Guarantor signs\n\nInsurance names the lender"
        wizard.save().action_confirm()
        self.assertEqual(early.amount_approved, 9000.0)
        self.assertEqual(early.condition_progress, "0 / 2")
        history = b.log_ids.sorted("id").mapped(lambda row: (row.state_from, row.state_to, row.user_id))
        steps = [
            ("draft", "submitted"),
            ("submitted", "documents"),
            ("documents", "submitted"),
            ("submitted", "refused"),
        ]
        self.assertEqual(history, [(*step, self.fni) for step in steps])
        self.assertEqual((b.approval_rate, a.approval_rate), (0.0, 100.0))
        self.assertTrue(a.date_answered)

    def test_steps_out_of_turn_are_refused(self):
        file = self._open_file(self._create_contract())
        line = self._line(file, self.bank_a)
        for act in ("action_approve", "action_accept", "action_refuse", "action_documents", "action_reopen"):
            with self.subTest(act), self.assertRaisesRegex(UserError, "not possible now"):
                getattr(line, act)()
        line.action_withdraw()
        line.action_reopen()
        self.assertEqual(line.state, "draft")

    def test_one_lender_is_accepted(self):
        contract = self._create_contract()
        line = self._accept(contract, self.bank_a)
        self.assertEqual((line.state, line.application_id.state), ("accepted", "accepted"))
        self.assertEqual(contract.sudo().finance_submission_id, line)
        self.assertEqual((line.commission_percent, line.commission_amount), (2.0, 200.0))
        other = self._line(line.application_id, self.bank_b)
        other.action_approve()
        with self.assertRaisesRegex(UserError, "Bank A is accepted already"):
            other.action_accept()
        line.action_withdraw()
        self.assertFalse(contract.sudo().finance_submission_id)
        other.action_accept()
        self.assertEqual(contract.sudo().finance_submission_id, other)

    def test_the_database_keeps_one_accepted(self):
        line = self._accept(self._create_contract(), self.bank_a)
        other = self._line(line.application_id, self.bank_b)
        self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE dealer_finance_submission SET state = 'accepted' WHERE id = %s", [other.id])
        self.env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname IN %s ORDER BY indexname",
            [
                (
                    "dealer_finance_application_contract_uniq",
                    "dealer_finance_submission_accepted_uniq",
                    "dealer_finance_submission_lender_uniq",
                    "dealer_finance_submission_reference_uniq",
                    "dealer_finance_submission_transit_idx",
                )
            ],
        )
        found = [row[0] for row in self.env.cr.fetchall()]
        self.assertEqual(len(found), 5, found)
        self.assertEqual(sum("UNIQUE" in row for row in found), 4)

    def test_what_cannot_be_accepted(self):
        contract = self._create_contract()
        file = self._open_file(contract)
        file.action_submit()
        line = self._line(file, self.bank_a)
        line._approve(contract.amount_total + 1, 4.8, 36)
        with self.assertRaisesRegex(UserError, "more is approved"):
            line.action_accept()
        line._approve(1000.0, 4.8, 36, date_valid=fields.Date.today() - timedelta(days=1))
        with self.assertRaisesRegex(UserError, "was valid until"):
            line.action_accept()
        with self.assertRaisesRegex(UserError, "approved amount"):
            line._approve(0.0, 4.8, 36)

    def test_what_was_asked_stays_once_accepted(self):
        line = self._accept(self._create_contract(), self.bank_a)
        with self.assertRaisesRegex(UserError, "what was asked for stays"):
            line.application_id.amount = 1.0
        with self.assertRaisesRegex(UserError, "stay as they are"):
            line.amount_approved = 1.0
        with self.assertRaisesRegex(UserError, "what was asked for stays"):
            line.application_id.submission_ids = [Command.create({"lender_id": self.bank_a.id})]
        with self.assertRaisesRegex(UserError, "withdraw it instead"):
            line.unlink()

    def test_closing_the_file_frees_the_contract(self):
        contract = self._create_contract()
        line = self._accept(contract, self.bank_a)
        with self.assertRaisesRegex(UserError, "withdraw it first"):
            line.application_id.action_close()
        line.action_withdraw()
        line.application_id.action_close()
        self.assertEqual(line.application_id.state, "closed")
        self.assertFalse(contract.sudo().finance_application_id)
        self.assertNotEqual(self._open_file(contract), line.application_id, "another file may be made")

    def test_cancelling_the_contract_closes_the_file(self):
        contract = self._create_contract()
        line = self._accept(contract, self.bank_a)
        contract.action_cancel("no")
        self.assertEqual((line.state, line.application_id.state), ("withdrawn", "closed"))
        self.assertEqual(line.application_id.close_reason, "no")

    # === What the customer signs ===
    def test_a_loan_accepted_before_the_signature_is_agreed(self):
        plain = self._create_contract()
        terms = plain._get_dealer_terms()
        self._open_file(plain)
        self.assertEqual(plain._get_dealer_terms(), terms, "a file without a decision adds nothing")
        line = self._accept(plain, self.bank_a)
        self.assertTrue(line.is_in_terms)
        self.assertEqual(plain._get_dealer_terms(), [*terms, "loan", self.bank_a.id, "10000.00", 36, "4.8000", "0.00"])
        self.assertIn("10,000.00 over 36 months at 4.80 % a year, paid by Bank A", plain._get_loan_text())
        self._approve(plain)
        plain.sudo()._sign("Anna Buyer", SIGNATURE)
        self.assertTrue(plain._is_signed())
        line.action_withdraw()
        self.assertFalse(plain._is_signed(), "another way to pay is an amendment")
        self.assertTrue(plain.is_changed)

    def test_a_loan_accepted_later_changes_nothing_signed(self):
        contract = self._create_signed()
        line = self._accept(contract, self.bank_a)
        self.assertFalse(line.is_in_terms)
        self.assertTrue(contract._is_signed())

    def test_the_text_has_a_word_for_the_loan(self):
        self.assertIn("loan", self.env["dealer.contract"]._get_placeholder_words())
        contract = self._create_contract()
        self.assertEqual(contract._get_placeholder_values()["loan"], "")

    # === Lease ===
    def test_a_lessor_becomes_the_invoice_party(self):
        lessor = self._create_lender("Lessor", kind="lease")
        contract = self._create_contract()
        file = self._open_file(contract)
        file.kind = "lease"
        file.submission_ids = [Command.create({"lender_id": lessor.id, "preset_id": lessor.preset_ids.id})]
        file.action_submit()
        line = self._line(file, lessor)
        line.action_approve()
        line.action_accept()
        self.assertEqual(contract.invoice_partner_id, lessor.partner_id)
        self.assertEqual(contract.sudo().sale_order_id.partner_invoice_id, lessor.partner_id)
        self.assertEqual(contract.partner_id, self.customer)

    # === Lists ===
    def test_lists_cost_the_same_for_one_and_for_many(self):
        def read_all(files):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            files.web_read({"state": {}, "missing_documents": {}, "vehicle_id": {"fields": {"display_name": {}}}})
            lines = files.submission_ids
            lines.web_read({"amount_open": {}, "transit_days": {}, "transit_age": {}, "condition_progress": {}})
            return self.env.cr.sql_log_count - before

        files = self.env["dealer.finance.application"].with_user(self.fni)
        for _number in range(8):
            files |= self._accept(self._create_contract(), self.bank_a).application_id
        read_all(files)
        one, many = read_all(files[:1]), read_all(files)
        self.assertLessEqual(many, one + 1)
