from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common_loan import DealerLoanCommon

FILE, LINE, PAPER = "dealer.finance.application", "dealer.finance.submission", "dealer.finance.document"


@tagged("post_install", "-at_install", "dealer")
class TestLoanRights(DealerLoanCommon):
    """Who works on loans, who reads them, and what nobody types."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = cls._create_user("loan_auditor", "dealer_vehicle.group_auditor")
        cls.portal_user = cls._create_user("loan_portal", "base.group_portal")
        cls.contract = cls._create_contract()
        cls.line = cls._accept(cls.contract, cls.bank_a)
        cls.file = cls.line.application_id
        cls._attach(cls.file, "identity.pdf", "payslip.pdf")

    def _may_read(self, record, user):
        try:
            record.with_user(user).read(["display_name"])
        except AccessError:
            return False
        return bool(record.with_user(user).search([("id", "=", record.id)]))

    def test_who_reads_the_file(self):
        readers = (self.advisor, self.fni, self.manager, self.auditor, self.cashier)
        others = (self.advisor_2, self.receptionist, self.stock_keeper, self.portal_user)
        for record in (self.file, self.line, self.line.log_ids[:1]):
            for user in readers:
                with self.subTest(model=record._name, user=user.login):
                    self.assertTrue(self._may_read(record, user))
            for user in others:
                with self.subTest(model=record._name, user=user.login):
                    self.assertFalse(self._may_read(record, user))

    def test_who_opens_what_somebody_earns(self):
        papers = self.file.sudo().document_ids
        identity = papers.filtered(lambda paper: paper.kind_id == self.identity)
        income = papers.filtered(lambda paper: paper.kind_id == self.income)
        for paper, users in (
            (identity, (self.advisor, self.fni, self.manager, self.auditor)),
            (income, (self.fni, self.manager, self.auditor)),
        ):
            for user in (
                self.advisor,
                self.advisor_2,
                self.fni,
                self.manager,
                self.auditor,
                self.cashier,
                self.portal_user,
            ):
                with self.subTest(paper=paper.name, user=user.login):
                    self.assertEqual(self._may_read(paper, user), user in users)
                    attachment = paper.attachment_id.with_user(user)
                    if user in users:
                        self.assertEqual(attachment.raw, b"paper")
                    else:
                        with self.assertRaises(AccessError):
                            attachment.read(["raw"])
        self.assertFalse(self.file.with_user(self.advisor).missing_documents, "what is missing he is told all the same")

    def test_advisors_change_nothing(self):
        file, line = self.file.with_user(self.advisor), self.line.with_user(self.advisor)
        for act in ("action_submit", "action_close"):
            with self.subTest(act), self.assertRaises(AccessError):
                getattr(file, act)()
        for act in ("action_submit", "action_approve", "action_refuse", "action_withdraw", "action_accept"):
            with self.subTest(act), self.assertRaises(AccessError):
                getattr(line, act)()
        with self.assertRaises(AccessError):
            file.user_id = self.advisor
        with self.assertRaises(AccessError):
            file.attach_papers([])

    def test_an_advisor_starts_the_file_of_his_own_deal(self):
        contract = self._create_contract()
        file = self._open_file(contract, self.advisor)
        self.assertFalse(file.user_id, "F&I takes it")
        with self.assertRaises(AccessError):
            self._open_file(self._create_contract(), self.advisor_2)

    def test_nobody_types_what_the_system_writes(self):
        for user in (self.fni, self.manager):
            file, line = self.file.with_user(user), self.line.with_user(user)
            forged = [
                (file, {"state": "funded"}),
                (file, {"contract_id": self._create_contract().id}),
                (file, {"credit_by_id": user.id}),
                (file, {"date_closed": "2026-01-01 00:00:00"}),
                (line, {"state": "funded"}),
                (line, {"date_accepted": "2026-01-01 00:00:00"}),
                (line, {"commission_amount": 5000.0}),
                (line, {"is_early_delivery": True}),
                (line, {"date_handed_over": "2026-01-01"}),
                (self.contract.with_user(user), {"finance_submission_id": False}),
            ]
            for record, vals in forged:
                with self.subTest(user=user.login, vals=vals), self.assertRaises(UserError):
                    record.write(vals)

    def test_nor_through_a_default(self):
        contract = self._create_contract()
        file = self._open_file(contract)
        lessor = self._create_lender("Late Bank")
        lines = self.env[LINE].with_user(self.fni)
        context = {"default_state": "accepted", "default_is_early_delivery": True, "default_commission_amount": 9.0}
        made = lines.with_context(**context).create({"application_id": file.id, "lender_id": lessor.id})
        self.assertEqual((made.state, made.is_early_delivery, made.commission_amount), ("draft", False, 0.0))
        with self.assertRaises(AccessError):
            self.env[FILE].with_user(self.fni).create({"contract_id": contract.id, "partner_id": self.customer.id})
        with self.assertRaises(UserError):
            self.env[PAPER].with_user(self.fni).create({"application_id": file.id})
        with self.assertRaises(AccessError):
            self.env["account.move"].with_user(self.cashier).create({"dealer_loan_submission_id": self.line.id})

    def test_nor_through_a_default_of_the_button(self):
        contract = self._create_contract()
        context = {"default_credit_by_id": self.advisor.id, "default_date_credit": "2026-01-01 00:00:00"}
        file = self._open_file(contract.with_context(**context), self.advisor).sudo()
        self.assertTrue(file)
        self.assertFalse(file.credit_by_id, "a second person gives credit")
        self.assertFalse(file.date_credit)

    def test_no_entry_hangs_on_a_loan_by_a_default(self):
        context = {
            "default_dealer_loan_submission_id": self.line.id,
            "default_dealer_loan_role": "transit",
            "default_dealer_advance_contract_id": self.contract.id,
        }
        move = self.env["account.move"].with_user(self.cashier).with_context(**context).create({"move_type": "entry"})
        self.assertFalse(move.sudo().dealer_loan_submission_id)
        self.assertFalse(move.sudo().dealer_loan_role)
        self.assertFalse(move.sudo().dealer_advance_contract_id)

    def test_the_history_is_nobodys_to_edit(self):
        log = self.line.log_ids[:1]
        for user in (self.fni, self.manager, self.auditor):
            for act in (lambda r: r.write({"note": "x"}), lambda r: r.unlink()):
                with self.subTest(user.login), self.assertRaises(AccessError):
                    act(log.with_user(user))
            with self.subTest(user.login), self.assertRaises(AccessError):
                log.with_user(user).create({"submission_id": self.line.id, "user_id": user.id, "state_to": "funded"})
        with self.assertRaises(AccessError):
            log.sudo().write({"note": "x"})
        with self.assertRaises(AccessError):
            log.sudo().unlink()

    def test_commissions_are_not_for_advisors(self):
        with self.assertRaises(AccessError):
            self.line.with_user(self.advisor).read(["commission_amount"])
        with self.assertRaises(AccessError):
            self.bank_a.preset_ids.with_user(self.advisor).read(["commission_percent"])
        with self.assertRaises(AccessError):
            self.env[LINE].with_user(self.advisor).formatted_read_group([], [], ["commission_amount:sum"])
        with self.assertRaises(AccessError):
            self.env[LINE].with_user(self.advisor).search([("commission_amount", ">", 0)])
        self.assertEqual(self.line.with_user(self.fni).commission_amount, 200.0)

    def test_terms_are_the_managers(self):
        for user in (self.advisor, self.fni):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.bank_a.with_user(user).note = "x"
        self.bank_a.with_user(self.manager).note = "x"

    def test_the_other_company_sees_nothing(self):
        self.__class__.product_category = self.product_category.with_env(self.env)
        other = self.setup_other_company()["company"]
        other._set_up_dealer_sales()
        fni_b = self._create_user("loan_fni_b", "dealer_sales.group_fni", other)
        for record in (self.file, self.line, self.line.log_ids[:1], self.file.document_ids[:1], self.bank_a):
            with self.subTest(record._name):
                self.assertFalse(self._may_read(record, fni_b))
        foreign = self.env["dealer.lender"].create(
            {
                "partner_id": self.bank_b.partner_id.id,
                "company_id": other.id,
                "preset_ids": [Command.create({"name": "x", "kind": "loan", "company_id": other.id})],
            }
        )
        file = self._open_file(self._create_contract())
        self.assertNotIn(foreign, file.submission_ids.lender_id)
        with self.assertRaises(UserError):
            self.env[LINE].create({"application_id": file.id, "lender_id": foreign.id})

    def test_a_lenders_number_is_its_own(self):
        self.line.reference = "A-1"
        other = self._line(self._open_file(self._create_contract()), self.bank_b)
        other.reference = "A-1"
        self.assertEqual(other.reference, "A-1", "another lender counts for itself")
