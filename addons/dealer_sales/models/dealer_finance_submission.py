from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from .dealer_desking_preset_lender import COMMISSION_GROUPS

STATES = [
    ("draft", "To submit"),
    ("submitted", "Submitted"),
    ("documents", "Documents missing"),
    ("approved", "Approved"),
    ("accepted", "Accepted"),
    ("funded", "Funded"),
    ("refused", "Loan refused"),
    ("withdrawn", "Withdrawn"),
]
# Facts that follow from the buttons and from money
SYSTEM_FIELDS = (
    *("state", "company_id", "contract_id", "date_submitted", "date_answered", "date_accepted", "accepted_by_id"),
    *("is_in_terms", "is_early_delivery", "days_to_fund", "date_funded", "date_invoiced", "date_handed_over"),
    *("commission_percent", "commission_amount", "commission_move_id"),
)
# What a lender answered; kept once it is accepted
ANSWER_FIELDS = {"amount_approved", "rate_approved", "months_approved", "date_valid"}


class DealerFinanceSubmission(models.Model):
    """One lender asked for one loan: its answer, its conditions, its money.

    Several lenders of a file are asked at once; exactly one is accepted, by a unique index.
    """

    _name = "dealer.finance.submission"
    _description = "Lender's Answer"
    _inherit = ["dealer.batch.mixin", "dealer.system.link.mixin"]
    _order = "application_id desc, id"
    _check_company_auto = True
    _rec_names_search = ["reference", "application_id.name", "application_id.partner_id.name", "contract_id.name"]

    application_id = fields.Many2one(
        "dealer.finance.application", string="Loan file", required=True, index=True, ondelete="restrict"
    )
    contract_id = fields.Many2one(related="application_id.contract_id", store=True, index=True)
    company_id = fields.Many2one(related="application_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="application_id.currency_id")
    partner_id = fields.Many2one(related="application_id.partner_id", string="Applicant")
    vehicle_id = fields.Many2one(related="application_id.vehicle_id")
    advisor_id = fields.Many2one(related="application_id.advisor_id", string="Sales advisor")
    user_id = fields.Many2one(related="application_id.user_id", string="F&I manager", store=True)
    lender_id = fields.Many2one("dealer.lender", required=True, index=True, ondelete="restrict", check_company=True)
    preset_id = fields.Many2one(
        "dealer.desking.preset",
        string="Product",
        index="btree_not_null",
        domain="[('lender_id', '=', lender_id)]",
        ondelete="restrict",
    )
    reference = fields.Char(string="Lender's number", copy=False, help="Of the application, at the lender.")
    state = fields.Selection(STATES, default="draft", required=True, readonly=True, copy=False, index=True)
    date_submitted = fields.Datetime(string="Submitted on", readonly=True, copy=False, help="UTC.")
    date_answered = fields.Datetime(string="Answered on", readonly=True, copy=False, help="UTC.")
    days_to_answer = fields.Float(
        compute="_compute_figures", store=True, aggregator="avg", digits=(8, 1), help="Between submission and answer."
    )
    approval_rate = fields.Float(
        string="Approved %",
        compute="_compute_figures",
        store=True,
        aggregator="avg",
        digits=(5, 1),
        help="100 when the lender approved, 0 when it refused; the average over answered submissions is its rate.",
    )
    note = fields.Char(help="Why it was refused, what is missing, whom to call.")

    # The answer
    amount_approved = fields.Monetary(string="Approved amount", copy=False)
    rate_approved = fields.Float(string="Approved rate", digits=(6, 4), copy=False, aggregator="avg")
    months_approved = fields.Integer(string="Approved term", copy=False, aggregator=None)
    date_valid = fields.Date(string="Valid until", copy=False, index="btree_not_null")
    condition_ids = fields.One2many("dealer.finance.condition", "submission_id", string="Conditions")
    condition_progress = fields.Char(string="Conditions done", compute="_compute_condition_progress")
    log_ids = fields.One2many("dealer.finance.log", "submission_id", string="History", readonly=True)

    # The decision
    date_accepted = fields.Datetime(string="Accepted on", readonly=True, copy=False)
    accepted_by_id = fields.Many2one("res.users", string="Accepted by", readonly=True, copy=False)
    is_in_terms = fields.Boolean(
        string="In the contract", readonly=True, copy=False, help="Accepted before the signature: it is agreed there."
    )
    is_early_delivery = fields.Boolean(
        string="Delivery before pay-out", readonly=True, copy=False, help="What the lender's product said on that day."
    )
    days_to_fund = fields.Integer(string="Days to pay out", readonly=True, copy=False, aggregator=None)
    commission_percent = fields.Float(digits=(6, 3), readonly=True, copy=False, groups=COMMISSION_GROUPS)
    commission_amount = fields.Monetary(
        string="Lender's commission",
        readonly=True,
        copy=False,
        groups=COMMISSION_GROUPS,
        help="What the lender pays the house for this loan, without tax.",
    )

    _accepted_uniq = models.UniqueIndex(
        "(application_id) WHERE state IN ('accepted', 'funded')", "This loan file has an accepted lender already."
    )
    _lender_uniq = models.UniqueIndex(
        "(application_id, lender_id) WHERE state NOT IN ('refused', 'withdrawn')",
        "This lender is asked in this loan file already.",
    )
    _reference_uniq = models.UniqueIndex(
        "(lender_id, reference) WHERE reference IS NOT NULL AND reference != ''",
        "This lender's number belongs to another submission already.",
    )
    _amount_check = models.Constraint(
        "CHECK (COALESCE(amount_approved, 0) >= 0 AND COALESCE(rate_approved, 0) BETWEEN 0 AND 100"
        " AND COALESCE(months_approved, 0) BETWEEN 0 AND 180)",
        "An approved amount is not below zero, a rate is 0 to 100 percent, a term at most 180 months.",
    )
    _answered_idx = models.Index("(date_valid) WHERE state = 'approved'")

    # === Computes ===
    @api.depends("lender_id", "application_id.name")
    def _compute_display_name(self):
        for submission in self:
            submission.display_name = f"{submission.application_id.name} · {submission.lender_id.display_name}"

    @api.depends("date_submitted", "date_answered", "state")
    def _compute_figures(self):
        for submission in self:
            sent, answered = submission.date_submitted, submission.date_answered
            submission.days_to_answer = (answered - sent).total_seconds() / 86400 if sent and answered else 0.0
            submission.approval_rate = 100.0 if submission.state in ("approved", "accepted", "funded") else 0.0

    @api.depends("condition_ids.is_done")
    def _compute_condition_progress(self):
        for submission in self:
            done = submission.condition_ids.filtered("is_done")
            count = len(submission.condition_ids)
            submission.condition_progress = f"{len(done)} / {count}" if count else ""

    @api.onchange("lender_id")
    def _onchange_lender_id(self):
        application = self.application_id
        if self.lender_id and application:
            day = fields.Date.context_today(self)
            self.preset_id = self.lender_id._get_product(application.kind, application.months, day)

    @api.constrains("lender_id", "preset_id")
    def _check_preset_of_lender(self):
        for submission in self:
            offered = submission.preset_id.lender_id
            if offered and offered != submission.lender_id:
                raise ValidationError(
                    self.env._(
                        "“%(product)s” is a product of %(other)s: choose one of %(lender)s.",
                        product=submission.preset_id.display_name,
                        other=offered.display_name,
                        lender=submission.lender_id.display_name,
                    )
                )

    # === CRUD ===
    @api.model
    def _get_system_links(self):
        refusal = self.env._("What a lender answered and paid is recorded by the buttons of its line, never typed.")
        return {**super()._get_system_links(), **dict.fromkeys(SYSTEM_FIELDS, refusal)}

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            files = self.env["dealer.finance.application"].browse({vals.get("application_id") for vals in vals_list})
            files.exists()._check_still_open()
        return super().create(vals_list)

    def _prepare_create_values(self, vals_list):
        # The mixin lets no client say where a submission stands: every one begins at the beginning
        result = super()._prepare_create_values(vals_list)
        return [{"state": "draft", **vals} for vals in result]

    def write(self, vals):
        if not self.env.su:
            self._check_may_change(vals.keys())
        return super().write(vals)

    def _check_may_change(self, names):
        for submission in self:
            is_asked = names & {"lender_id", "preset_id", "application_id"} and submission.state != "draft"
            is_answer = names & ANSWER_FIELDS and submission.state not in (
                "draft",
                "submitted",
                "documents",
                "approved",
            )
            if is_asked or is_answer:
                raise UserError(
                    self.env._(
                        "%(submission)s is %(state)s: lender and answer stay as they are. Withdraw it and ask again.",
                        submission=submission.display_name,
                        state=submission._get_state_name(),
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        for submission in self:
            if submission.state != "draft" or submission.log_ids:
                raise UserError(
                    self.env._(
                        "%(submission)s was submitted and stays on file: withdraw it instead.",
                        submission=submission.display_name,
                    )
                )

    def _get_state_name(self):
        return dict(self._fields["state"]._description_selection(self.env))[self.state]

    # === Steps ===
    def action_submit(self):
        """Note that the lender has the application.

        :raises UserError: papers this lender asks for are missing
        """
        self._check_step("draft", "documents")
        for submission in self:
            missing = submission._get_missing_kinds()
            if missing:
                raise UserError(
                    self.env._(
                        "%(submission)s: attach %(papers)s first, this lender asks for it.",
                        submission=submission.display_name,
                        papers=", ".join(missing.mapped("name")),
                    )
                )
        now = fields.Datetime.now()
        for submission in self:
            submission._step("submitted", date_submitted=submission.date_submitted or now)
        return True

    def action_documents(self):
        """Note that the lender wants more papers (补件)."""
        self._check_step("submitted")
        return self._step("documents")

    def action_approve(self):
        """Note that the lender approved exactly what was asked for."""
        self._check_step("submitted", "documents")
        for submission in self:
            application = submission.application_id
            submission._approve(application.amount, submission._get_asked_rate(), application.months)
        return True

    def action_open_answer(self):
        """Open the window for an approval with other terms or conditions.

        :return: act_window on ``dealer.finance.answer``
        """
        self.ensure_one()
        self._check_step("submitted", "documents", "approved")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("The lender approved"),
            "res_model": "dealer.finance.answer",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_submission_id": self.id},
        }

    def _approve(self, amount, rate, months, **values):
        """Write an approval down; a second one corrects the first.

        :param float amount: in the contract's currency
        :param float rate: nominal percent a year
        :param int months: term
        :raises UserError: no amount
        """
        self.ensure_one()
        if self.currency_id.compare_amounts(amount, 0.0) <= 0:
            raise UserError(self.env._("%(submission)s: write the approved amount.", submission=self.display_name))
        self._step(
            "approved",
            amount_approved=amount,
            rate_approved=rate,
            months_approved=months,
            date_answered=self.date_answered or fields.Datetime.now(),
            **values,
        )

    def _get_asked_rate(self):
        self.ensure_one()
        return self.preset_id.annual_rate if self.preset_id else self.application_id.annual_rate

    def action_refuse(self):
        """Note that the lender does not lend (拒贷); also of an accepted one, before it has paid."""
        self._check_step("submitted", "documents", "approved", "accepted")
        before = self.filtered(lambda s: s.state == "accepted")
        for submission in self:
            submission._step("refused", date_answered=submission.date_answered or fields.Datetime.now())
        before._let_go()
        return True

    def action_withdraw(self):
        """Take the application back from the lender, also an accepted one before it has paid."""
        self._check_step("draft", "submitted", "documents", "approved", "accepted")
        self.sudo()._withdraw()  # the books of an accepted one are the system's to put right
        return True

    def _withdraw(self, note=None):
        """Take back without asking. Superuser."""
        open_ones = self.filtered(lambda s: s.state not in ("refused", "withdrawn"))
        before = open_ones.filtered(lambda s: s.state in ("accepted", "funded"))
        for submission in open_ones:
            submission._step("withdrawn", note)
        before._let_go()

    def action_reopen(self):
        """Take up a refused or withdrawn submission again: it is to be submitted anew."""
        self._check_step("refused", "withdrawn")
        for submission in self:
            if submission.application_id.date_closed:
                raise UserError(self.env._("%(file)s is closed.", file=submission.application_id.name))
            submission._step("draft", date_answered=False, date_accepted=False, accepted_by_id=False)
        return True

    def action_accept(self):
        """Accept this lender's answer for the customer; the others stay as they are until withdrawn.

        :raises UserError: not approved, no longer valid, more than the contract's price, a lessor for an invoice that
            is out, or another lender accepted already
        """
        self.ensure_one()
        self._check_step("approved")
        self._lock_file()
        self._check_may_accept()
        self._step("accepted", **self._prepare_acceptance())
        # Contract, invoice party and books follow from the decision just checked
        self.sudo()._action_accepted()
        return True

    def _lock_file(self):
        """Make two people who accept in one file run one after the other: the later one sees the first's decision."""
        self.env.cr.execute(
            SQL("UPDATE dealer_finance_application SET write_date = write_date WHERE id = %s", self.application_id.id)
        )
        self.env.invalidate_all()

    def _check_may_accept(self):
        contract, refusal = self.sudo().contract_id, None
        others = self.application_id.submission_ids.filtered(lambda s: s.state in ("accepted", "funded"))
        if contract.state == "cancelled" or self.application_id.date_closed:
            refusal = self.env._("the deal is off.")
        elif others:
            refusal = self.env._(
                "%(lender)s is accepted already: withdraw it first.", lender=others.lender_id.display_name
            )
        elif self.date_valid and self.date_valid < fields.Date.context_today(self):
            refusal = self.env._("the answer was valid until %(day)s: have it renewed.", day=self.date_valid)
        elif self.currency_id.compare_amounts(self.amount_approved, contract.amount_total) > 0:
            refusal = self.env._("more is approved than the contract's price.")
        elif self.application_id.kind == "lease" and contract._is_invoiced_to_others(self.lender_id.partner_id):
            refusal = self.env._("the lessor is the invoice party, and an invoice is out to somebody else: credit it.")
        if refusal:
            raise UserError(
                self.env._(
                    "%(submission)s cannot be accepted: %(reason)s", submission=self.display_name, reason=refusal
                )
            )

    def _prepare_acceptance(self):
        """Return what is frozen with the decision: the lender's terms of that day.

        :return: dict
        """
        product, contract = self.sudo().preset_id, self.sudo().contract_id
        share = product.commission_percent / 100
        return {
            "date_accepted": fields.Datetime.now(),
            "accepted_by_id": self.env.uid,
            "is_in_terms": contract.state == "draft",
            "is_early_delivery": product.is_early_delivery,
            "days_to_fund": product.days_to_fund or 7,
            "commission_percent": product.commission_percent,
            "commission_amount": contract._round_money(self.amount_approved * share),
        }

    def _action_accepted(self):
        """Do what follows an acceptance: the contract counts the loan, a lessor becomes invoice party. Superuser."""
        contract = self.contract_id
        contract.finance_submission_id = self
        if self.application_id.kind == "lease":
            contract.invoice_partner_id = self.lender_id.partner_id
        contract.message_post(
            body=self.env._(
                "%(lender)s is accepted: %(amount)s over %(months)s months at %(rate)s %%.",
                lender=self.lender_id.display_name,
                amount=self.currency_id.format(self.amount_approved),
                months=self.months_approved,
                rate=f"{self.rate_approved:.2f}",
            )
        )
        self._note_hand_over()
        contract._money_changed()

    def _let_go(self):
        """Take the loan out of the contract: what the lender owed is the customer's to pay again."""
        for submission in self.sudo():  # the books are put right whoever recorded the answer
            contract = submission.contract_id
            contract.finance_submission_id = False
            contract._release_loan_entries(contract._get_loan_entries())
            submission.write({"date_invoiced": False, "date_funded": False})
            contract._money_changed()

    # === Tooling ===
    def _check_step(self, *states):
        self.check_access("write")
        for submission in self.filtered(lambda s: s.state not in states):
            raise UserError(
                self.env._(
                    "%(submission)s is “%(state)s”: this step is not possible now.",
                    submission=submission.display_name,
                    state=submission._get_state_name(),
                )
            )

    def _step(self, state, note=None, **values):
        """Change the state and write who did it into the history nobody edits.

        :param str state: new one
        :param str note: a word for the history
        :param values: facts that come with it
        """
        # The right to this step was checked: state and history are the system's
        for submission in self.sudo():
            before = submission.state
            submission.write({"state": state, **values})
            submission.env["dealer.finance.log"].create(
                {
                    "submission_id": submission.id,
                    "user_id": self.env.uid,
                    "state_from": before,
                    "state_to": state,
                    "note": note or submission.note,
                }
            )
        self.sudo().contract_id._gates_changed()
        return True

    def _get_missing_kinds(self):
        """Return the papers these lenders ask for and the file has not got.

        :return: ``dealer.finance.document.kind``
        """
        kinds = self.env["dealer.finance.document.kind"]
        return kinds.union(*(s.application_id._get_missing_kinds(s.lender_id) for s in self))

    def _get_open_conditions(self):
        return self.condition_ids.filtered(lambda condition: not condition.is_done)

    def _conditions_changed(self):
        """What the lender allows depends on its conditions: tell the contract."""
        accepted = self.filtered(lambda s: s.state == "accepted")
        accepted.sudo().contract_id._gates_changed()  # what is waited for is the system's

    def _get_left_notification(self):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "message": self.env._(
                    "Not submitted to %(lenders)s: attach %(papers)s.",
                    lenders=", ".join(self.lender_id.mapped("display_name")),
                    papers=", ".join(self._get_missing_kinds().mapped("name")),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_open_file(self):
        """Open the loan file of this line."""
        self.ensure_one()
        return self.application_id._get_records_action(context={})

    def action_open_line(self):
        """Open this lender's line alone: conditions, history, withdrawal."""
        self.ensure_one()
        return self._get_records_action(context={})
