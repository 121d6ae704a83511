from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import clean_context

from .dealer_desking_preset import METHODS

LOAN_KINDS = [("loan", "Loan"), ("lease", "Lease")]
# The furthest any lender is decides where the file stands
STATE_ORDER = ("funded", "accepted", "approved", "documents", "submitted", "draft")
STATES = [
    ("draft", "To submit"),
    ("submitted", "Submitted"),
    ("documents", "Documents missing"),
    ("approved", "Approved"),
    ("accepted", "Accepted"),
    ("funded", "Funded"),
    ("refused", "Loan refused"),
    ("closed", "File closed"),
]
# What lenders were asked for: not changed under their eyes
ASKED_FIELDS = {
    "kind",
    "amount",
    "months",
    "annual_rate",
    "method",
    "balloon_amount",
    "partner_id",
    "guarantor_id",
}


class DealerFinanceApplication(models.Model):
    """A loan file: what one contract's customer asks lenders for, and what they said (R31, B14).

    Papers are collected once for all lenders. What each lender said is a ``dealer.finance.submission``; where the file
    stands follows from them. A lease (直租) is the same file with the lessor as invoice party (P18).
    """

    _name = "dealer.finance.application"
    _description = "Loan File"
    _inherit = [
        "dealer.numbered.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "dealer.system.link.mixin",
        "dealer.caller.mixin",
    ]
    _order = "id desc"
    _check_company_auto = True
    _rec_names_search = ["name", "partner_id.name", "partner_id.phone", "contract_id.name", "contract_id.vehicle_id"]

    name = fields.Char(string="Number", default="/", readonly=True, copy=False, index="trigram")
    contract_id = fields.Many2one(
        "dealer.contract", required=True, readonly=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    # Read from the contract without being its dependents: a change of any contract would look for loan files
    vehicle_id = fields.Many2one("dealer.vehicle", string="Car", compute="_compute_contract_facts")
    product_id = fields.Many2one("product.product", string="Trim", compute="_compute_contract_facts")
    advisor_id = fields.Many2one("res.users", string="Sales advisor", compute="_compute_contract_facts")
    user_id = fields.Many2one(
        "res.users",
        string="F&I manager",
        index=True,
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    partner_id = fields.Many2one("res.partner", string="Applicant", required=True, index=True, tracking=True)
    phone = fields.Char(related="partner_id.phone")
    guarantor_id = fields.Many2one("res.partner", string="Guarantor", index="btree_not_null", tracking=True)
    scenario_id = fields.Many2one(
        "dealer.desking.scenario", string="From offer", readonly=True, index="btree_not_null", ondelete="set null"
    )

    # What is asked for
    kind = fields.Selection(LOAN_KINDS, required=True, default="loan", tracking=True)
    amount = fields.Monetary(string="Financed amount", required=True, tracking=True)
    amount_down = fields.Monetary(
        string="Down payment", compute="_compute_amount_down", help="Car-only price less what is financed."
    )
    months = fields.Integer(string="Term in months", required=True, default=36, tracking=True)
    annual_rate = fields.Float(digits=(6, 4), tracking=True, help="Nominal percent a year.")
    method = fields.Selection(METHODS, required=True, default="payment")
    balloon_amount = fields.Monetary(string="Balloon or residual value")

    # What came of it
    submission_ids = fields.One2many("dealer.finance.submission", "application_id", string="Lenders")
    state = fields.Selection(
        STATES, compute="_compute_state", store=True, index=True, help="The furthest any lender is."
    )
    document_ids = fields.One2many("dealer.finance.document", "application_id", string="Loan papers")
    document_count = fields.Integer(compute="_compute_documents", compute_sudo=True)
    missing_documents = fields.Char(
        string="Papers missing", compute="_compute_documents", compute_sudo=True, help="Asked for by a lender."
    )
    date_closed = fields.Datetime(string="File closed on", readonly=True, copy=False, index="btree_not_null")
    close_reason = fields.Char(readonly=True, copy=False, tracking=True)

    # The house gives credit until the lender pays
    credit_by_id = fields.Many2one("res.users", string="Credit given by", readonly=True, copy=False)
    date_credit = fields.Datetime(string="Credit given on", readonly=True, copy=False)
    credit_reason = fields.Char(readonly=True, copy=False)

    _contract_uniq = models.UniqueIndex(
        "(contract_id) WHERE date_closed IS NULL", "This contract has an open loan file already."
    )
    _name_uniq = models.UniqueIndex("(name) WHERE name != '/'", "This loan file number exists already.")
    _range_check = models.Constraint(
        "CHECK (amount > 0 AND months BETWEEN 1 AND 180 AND annual_rate BETWEEN 0 AND 100"
        " AND COALESCE(balloon_amount, 0) BETWEEN 0 AND amount)",
        "The financed amount is above 0, the term 1 to 180 months, the rate 0 to 100 percent, and the balloon at most "
        "the financed amount.",
    )
    _worklist_idx = models.Index("(company_id, state) WHERE date_closed IS NULL")

    # === Computes ===
    @api.depends("submission_ids.state", "date_closed")
    def _compute_state(self):
        for application in self:
            states = set(application.submission_ids.mapped("state"))
            furthest = next((state for state in STATE_ORDER if state in states), None)
            if application.date_closed:
                application.state = "closed"
            else:
                application.state = furthest or ("refused" if "refused" in states else "draft")

    @api.depends("contract_id")
    def _compute_contract_facts(self):
        for application in self:
            contract = application.contract_id
            application.vehicle_id = contract.vehicle_id
            application.product_id = contract.product_id
            application.advisor_id = contract.user_id

    @api.depends("amount", "contract_id")
    def _compute_amount_down(self):
        for application in self:
            application.amount_down = max(application.contract_id.amount_car - application.amount, 0.0)

    @api.depends("document_ids.kind_id", "submission_ids.state", "submission_ids.lender_id.document_kind_ids")
    def _compute_documents(self):
        for application in self:
            application.document_count = len(application.document_ids)
            application.missing_documents = ", ".join(application._get_missing_kinds().mapped("name"))

    def _get_missing_kinds(self, lenders=None):
        """Return the papers lenders ask for that are not attached yet.

        :param lenders: ``dealer.lender``; default those of the file that still decide
        :return: ``dealer.finance.document.kind``
        """
        self.ensure_one()
        if lenders is None:
            waiting = self.submission_ids.filtered(lambda s: s.state in ("draft", "submitted", "documents", "approved"))
            lenders = waiting.lender_id
        # Which papers are there is told to whoever sees the file; what is in them is not
        return (lenders.document_kind_ids - self.sudo().document_ids.kind_id).sorted()

    # === CRUD ===
    @api.model
    def _get_system_links(self):
        refusal = self.env._("A loan file is made from its contract and changes by its buttons.")
        names = (
            *("name", "contract_id", "company_id", "scenario_id", "state", "date_closed", "close_reason"),
            *("credit_by_id", "date_credit", "credit_reason"),
        )
        return {**super()._get_system_links(), **dict.fromkeys(names, refusal)}

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("A loan file is made from its contract: press Loan file there."))
        for vals in vals_list:
            vals["name"] = self.env["ir.sequence"].next_by_code("dealer.finance.application") or "/"
        # Made as superuser: a default of the client's context must not give the credit a second person gives
        self = self.with_context(clean_context(self.env.context))  # noqa: PLW0642
        applications = super().create(vals_list)
        for application in applications:
            application.contract_id.finance_application_id = application
        return applications

    def write(self, vals):
        if vals.keys() & ASKED_FIELDS and not self.env.su:
            self._check_still_open()
        return super().write(vals)

    def _check_still_open(self):
        """Refuse to change what a lender has decided on.

        :raises UserError: naming the file and the way out
        """
        for application in self:
            if application.date_closed or application.state in ("accepted", "funded"):
                raise UserError(
                    self.env._(
                        "Loan file %(file)s is %(state)s: what was asked for stays. Withdraw the accepted lender "
                        "first, or make a new loan file from the contract.",
                        file=application.name,
                        state=application._get_state_name(),
                    )
                )

    def _get_state_name(self):
        return dict(self._fields["state"]._description_selection(self.env))[self.state]

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Loan file %(file)s stays on file: close it instead.", file=self[:1].name))

    # === Papers ===
    def attach_papers(self, attachment_ids):
        """Take files into the loan file; each is given the kind its name speaks of, else the next one missing.

        :param list attachment_ids: ids of ``ir.attachment`` the user has just uploaded to this file
        :return: True
        :raises AccessError: the user does not work on loans, or the files are not his
        """
        self.ensure_one()
        self.check_access("write")
        attachments = self.env["ir.attachment"].union(*self._read_attachments(attachment_ids))
        if any(
            (file.res_model, file.res_id, file.create_uid) != (self._name, self.id, self.env.user)
            for file in attachments.sudo()
        ):
            raise AccessError(self.env._("Attach to %(file)s files you have just uploaded to it.", file=self.name))
        for file in attachments:
            self._take_paper(file)
        return True

    def _read_attachments(self, attachment_ids):
        if not isinstance(attachment_ids, list | tuple):
            raise UserError(self.env._("“%(key)s” is a list of numbers.", key="attachment_ids"))
        return [self._read_record("ir.attachment", attachment_id) for attachment_id in attachment_ids]

    def _take_paper(self, file):
        missing = self._get_missing_kinds()
        kinds = self.env["dealer.finance.document.kind"]
        kind = kinds._recognise(file.name, missing) or kinds._recognise(file.name, kinds.search([])) or missing[:1]
        # Papers are made by this button alone, after the check of the caller
        paper = self.env["dealer.finance.document"].sudo().create(self._prepare_paper(file, kind))
        # From now on the file is read by whoever may read the paper
        file.sudo().write({"res_model": paper._name, "res_id": paper.id})

    def _prepare_paper(self, file, kind):
        return {
            "application_id": self.id,
            "kind_id": kind.id,
            "attachment_id": file.id,
            "name": file.name,
            "attached_by_id": self.env.uid,
            "date_attached": fields.Datetime.now(),
        }

    # === Actions ===
    def action_submit(self):
        """Submit the file to every lender of it that waits for it and whose papers are complete.

        :return: True, or a notification that names the lenders still without papers
        :raises UserError: no lender can be submitted to; says what is missing
        """
        self.check_access("write")
        left = self.env["dealer.finance.submission"]
        for application in self:
            waiting = application.submission_ids.filtered(lambda s: s.state in ("draft", "documents"))
            ready = waiting.filtered(lambda s: not s._get_missing_kinds())
            if not ready:
                raise UserError(application._get_submit_refusal(waiting))
            ready.action_submit()
            left |= waiting - ready
        return left._get_left_notification() if left else True

    def _get_submit_refusal(self, waiting):
        if not waiting:
            return self.env._(
                "Loan file %(file)s has no lender that waits to be asked: add one under Lenders.", file=self.name
            )
        return self.env._(
            "Loan file %(file)s: attach %(papers)s first.",
            file=self.name,
            papers=", ".join(waiting._get_missing_kinds().mapped("name")),
        )

    def action_close(self):
        """Close the file: the customer pays otherwise. Lenders still asked are withdrawn.

        :raises UserError: a lender is accepted or has paid
        """
        self.check_access("write")
        for application in self:
            if application.state in ("accepted", "funded"):
                raise UserError(
                    self.env._("Loan file %(file)s has an accepted lender: withdraw it first.", file=application.name)
                )
        self.sudo()._close(self.env._("Closed by %(user)s", user=self.env.user.name))
        return True

    def _close(self, reason):
        """Close without asking: the lenders' answers are void, the contract waits for no loan. Superuser."""
        for application in self.filtered(lambda a: not a.date_closed):
            application.submission_ids.filtered(lambda s: s.state != "refused")._withdraw(reason)
            application.write({"date_closed": fields.Datetime.now(), "close_reason": reason})
            application.contract_id.finance_application_id = False
        self.flush_recordset(["date_closed"])  # the index of open files must know before another one is made
        self.activity_ids.filtered("dealer_alert_key").action_feedback()
        self.contract_id._gates_changed()

    def action_give_credit(self):
        """Open the window where a manager lets the car go before the lender has paid.

        :return: act_window on ``dealer.finance.credit``
        """
        self.ensure_one()
        self._check_may_give_credit()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Give credit"),
            "res_model": "dealer.finance.credit",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_application_id": self.id},
        }

    def _check_may_give_credit(self):
        """Refuse anybody but a sales manager who sold neither the car nor the loan (four eyes).

        :raises AccessError: naming the file and who may
        :raises UserError: the file is closed or paid
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("dealer_sales.group_sales_manager"):
            raise AccessError(self.env._("%(file)s: only a sales manager gives credit.", file=self.name))
        application = self.sudo()  # whose deal it is, whoever sees the contract
        own = application.contract_id._get_sales_people() | application.user_id
        if self.env.user in own | application.submission_ids.accepted_by_id:
            raise AccessError(self.env._("%(file)s is your own deal: a second person gives credit.", file=self.name))
        if application.date_closed or application.state == "funded":
            raise UserError(
                self.env._("%(file)s needs no credit: it is %(state)s.", file=self.name, state=self._get_state_name())
            )

    def _give_credit(self, reason):
        """Write down who lets the car go unpaid, and why. The caller has checked.

        :param str reason: the manager's word
        """
        self.ensure_one()
        self.sudo().write({"credit_by_id": self.env.uid, "date_credit": fields.Datetime.now(), "credit_reason": reason})
        self.message_post(
            body=self.env._(
                "%(user)s lets the car go before the lender has paid: %(reason)s",
                user=self.env.user.name,
                reason=reason,
            )
        )
        self.sudo().contract_id._gates_changed()

    def action_take_back_credit(self):
        """Take the credit back while the car is still here."""
        self.ensure_one()
        self._check_may_give_credit()
        self.sudo().write({"credit_by_id": False, "date_credit": False, "credit_reason": False})
        self.message_post(body=self.env._("%(user)s takes the credit back.", user=self.env.user.name))
        self.sudo().contract_id._gates_changed()
        return True

    def action_view_contract(self):
        """Open the contract of this file."""
        self.ensure_one()
        return self.contract_id._get_records_action(context={})

    # === Making the file ===
    @api.model
    def _prepare_from_contract(self, contract):
        """Return the values of a loan file with the figures of the offer the customer took.

        :param contract: ``dealer.contract`` without an open file
        :return: dict for ``create``
        """
        scenario = contract.desking_quote_ids.filtered(lambda quote: quote.state == "chosen").chosen_scenario_id[:1]
        terms = self._prepare_terms(scenario) if scenario.kind in dict(LOAN_KINDS) else self._prepare_usual(contract)
        day = fields.Date.context_today(self)
        lenders = self.env["dealer.lender"]._get_offering(contract.company_id, terms["kind"], day)
        is_fni = self.env.user.has_group("dealer_sales.group_fni")
        return {
            **terms,
            "contract_id": contract.id,
            "partner_id": contract.partner_id.id,
            "user_id": self.env.uid if is_fni else False,
            "submission_ids": [
                Command.create(
                    {
                        "lender_id": lender.id,
                        "preset_id": lender._get_product(terms["kind"], terms["months"], day).id,
                    }
                )
                for lender in lenders
            ],
        }

    @api.model
    def _prepare_terms(self, scenario):
        return {
            "scenario_id": scenario.id,
            "kind": scenario.kind,
            "amount": scenario.financed_amount,
            "months": scenario.months,
            "annual_rate": scenario.annual_rate,
            "method": scenario.method,
            "balloon_amount": scenario.balloon_amount,
        }

    @api.model
    def _prepare_usual(self, contract):
        """Return the terms of the first loan the house offers, for a contract that came from no offer."""
        usual = self.env["dealer.desking.preset"].search(
            [("company_id", "in", (False, contract.company_id.id)), ("kind", "=", "loan")], limit=1
        )
        share = (usual.financed_percent or 60.0) / 100
        return {
            "kind": "loan",
            "amount": contract._round_money(contract.amount_car * share),
            "months": usual.months or 36,
            "annual_rate": usual.annual_rate,
            "method": usual.method or "payment",
            "balloon_amount": contract._round_money(contract.amount_car * usual.balloon_percent / 100),
        }

    # === Business ===
    def _may_leave_unfunded(self):
        """Tell whether the car may go before the lender has paid: the lender allows it, or the house gives credit.

        :return: bool
        Source: P19
        """
        self.ensure_one()
        submission = self.contract_id.finance_submission_id
        by_lender = submission.is_early_delivery and not submission._get_open_conditions()
        return bool(submission) and bool(by_lender or self.credit_by_id)
