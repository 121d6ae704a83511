from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL


class DealerFinanceSubmission(models.Model):
    """The lender's money: what it owes, what has come, what it kept, and the commission it owes the house."""

    _inherit = "dealer.finance.submission"

    amount_received = fields.Monetary(
        string="Paid out", compute="_compute_amount_received", compute_sudo=True, help="Matched or received for it."
    )
    amount_open = fields.Monetary(
        string="Still to pay out",
        compute="_compute_amount_received",
        compute_sudo=True,
        help="Accepted less what the lender paid; what it kept back stays open until the accountant books it.",
    )
    date_funded = fields.Date(string="Funded on", readonly=True, copy=False)
    loan_move_ids = fields.One2many("account.move", "dealer_loan_submission_id", string="Entries of the loan")
    commission_move_id = fields.Many2one(
        "account.move",
        string="Commission invoice",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="account.group_account_invoice,account.group_account_readonly",
    )

    # Not a dependent of payments and entries: each payment of any deal would look for loans. Whatever moves money of a
    # loan ends in _refresh_funding, which forgets what was computed
    @api.depends("amount_approved", "state")
    def _compute_amount_received(self):
        received = self._read_received()
        for submission in self:
            is_ours = submission.state in ("accepted", "funded")
            amount = received.get(submission._origin.id, 0.0)
            submission.amount_received = amount if is_ours else 0.0
            rest = submission.amount_approved - amount
            submission.amount_open = max(submission.contract_id._round_money(rest), 0.0) if is_ours else 0.0

    def _read_received(self):
        """Return what has come of these loans, read anew: payments that name the contract and other matches.

        :return: {submission id: float in contract currency}
        """
        result = self._read_matched_elsewhere()
        payments = self.contract_id._read_posted_payments() if self else {}
        for submission in self:
            lender, contract = submission.lender_id.partner_id.commercial_partner_id, submission.contract_id
            mine = payments.get(contract.id, self.env["account.payment"]).filtered(
                lambda p, lender=lender: p.partner_id.commercial_partner_id == lender
            )
            paid = sum(contract._in_my_currency(p.amount_signed, p.currency_id, p.date) for p in mine)
            result[submission.id] = contract._round_money(result.get(submission.id, 0.0) + paid)
        return result

    def _read_matched_elsewhere(self):
        """Return {submission id: amount} matched with what the lender owes by anything but a payment of the contract.

        Bank statement lines, payments that name no contract, and what the accountant booked as kept by the lender.
        """
        if not self.ids:
            return {}
        self.env["account.partial.reconcile"].flush_model()
        self.env["account.move"].flush_model(["dealer_loan_submission_id", "state", "reversed_entry_id"])
        self.env["account.payment"].flush_model(["dealer_contract_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT loan.dealer_loan_submission_id, SUM(part.debit_amount_currency)
                  FROM account_partial_reconcile part
                  JOIN account_move_line debt ON debt.id = part.debit_move_id
                  JOIN account_move loan ON loan.id = debt.move_id
                  JOIN account_move_line credit ON credit.id = part.credit_move_id
                  JOIN account_move source ON source.id = credit.move_id
             LEFT JOIN account_payment payment ON payment.id = source.origin_payment_id
                 WHERE loan.dealer_loan_submission_id IN %s
                   AND loan.state = 'posted'
                   AND loan.dealer_loan_role = 'transit'
                   AND source.reversed_entry_id IS DISTINCT FROM loan.id
                   AND (payment.id IS NULL OR payment.dealer_contract_id IS NULL)
              GROUP BY loan.dealer_loan_submission_id
                """,
                tuple(self.ids),
            )
        )
        return {key: float(amount) for key, amount in rows}

    def _refresh_funding(self):
        """Let the state follow the money: all of it there is funded, money taken back is not. Superuser."""
        deciding = self.filtered(lambda s: s.state in ("accepted", "funded"))
        received = deciding._read_received()
        for submission in deciding:
            is_all = submission.currency_id.compare_amounts(received[submission.id], submission.amount_approved) >= 0
            if is_all and submission.state == "accepted":
                submission._step("funded", date_funded=fields.Date.context_today(submission))
                submission._action_funded()
            elif not is_all and submission.state == "funded":
                submission._step("accepted", date_funded=False)
                submission._drop_commission_invoice()
        self.invalidate_recordset(["amount_received", "amount_open"])

    def _action_funded(self):
        """Do what follows the lender's money: reminders close. Hook, superuser, in the middle of a reconciliation."""
        self.application_id.activity_ids.filtered("dealer_alert_key").action_feedback()

    # === Commission ===
    def _create_commission_invoices(self):
        """Draft the invoices of commissions to the lenders; the accountant posts them, with Odoo's own taxes.

        Never in the middle of a reconciliation: core lets no invoice compute its lines there. Money from the desk ends
        here at once, what a bank statement matched is taken up by the nightly job.
        """
        for submission in self.filtered(lambda s: s.state == "funded"):
            is_invoiced = submission.commission_move_id.state in ("draft", "posted")
            if not is_invoiced and not submission.currency_id.is_zero(submission.commission_amount):
                moves = self.env["account.move"]._with_clean_context().with_company(submission.company_id)
                submission.commission_move_id = moves.create(submission._prepare_commission_invoice())

    def _prepare_commission_invoice(self):
        """Return the values of the commission's invoice.

        :return: dict for ``account.move.create``
        """
        name = self.env._(
            "Commission for loan %(file)s, contract %(contract)s",
            file=self.application_id.name,
            contract=self.contract_id.name,
        )
        return {
            "move_type": "out_invoice",
            "partner_id": self.lender_id.partner_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "ref": self.reference or self.application_id.name,
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": self.env.ref("dealer_sales.product_lender_commission").id,
                        "name": name,
                        "quantity": 1.0,
                        "price_unit": self.commission_amount,
                    }
                )
            ],
        }

    def _drop_commission_invoice(self):
        """Take a commission back whose loan is not paid out after all: a draft goes, a posted one is told of."""
        draft = self.commission_move_id.filtered(lambda move: move.state == "draft")
        draft.button_cancel()
        for submission in self.filtered(lambda s: s.commission_move_id.state == "posted"):
            submission.contract_id._tell_cashier(
                self.env._(
                    "%(submission)s is not paid out any more: credit its commission %(invoice)s.",
                    submission=submission.display_name,
                    invoice=submission.commission_move_id.name,
                )
            )

    # === What the lender kept ===
    def action_receive(self):
        """Open the desk window to book the lender's money.

        :return: act_window on ``dealer.contract.payment``
        :raises AccessError: the user may not book payments
        """
        self.ensure_one()
        self.contract_id._check_money_rights()
        return {
            **self.contract_id._action_receive("loan"),
            "context": {
                "default_contract_id": self.contract_id.id,
                "default_deposit_kind": "loan",
                "default_partner_id": self.lender_id.partner_id.commercial_partner_id.id,
            },
        }

    def action_book_difference(self):
        """Open the window that books what the lender kept back.

        :return: act_window on ``dealer.finance.difference``
        :raises AccessError: the user may not book money
        """
        self.ensure_one()
        self.contract_id._check_money_rights()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Kept by the lender"),
            "res_model": "dealer.finance.difference",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_submission_id": self.id},
        }

    def action_view_commission(self):
        """Open the invoice of the commission."""
        self.ensure_one()
        return self.commission_move_id._get_records_action(name=self.env._("Commission invoice"))
