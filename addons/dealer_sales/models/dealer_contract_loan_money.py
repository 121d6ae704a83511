from odoo import fields, models
from odoo.fields import Command


class DealerContract(models.Model):
    """Contracts in transit in the books: at the invoice the lender owes its part, not the customer (P19).

    An entry moves it from the customer's receivable to the lender, on the account of contracts in transit, and is
    reversed when the invoice is credited or the loan is off. The lender's payment is matched with exactly that.
    """

    _inherit = "dealer.contract"

    def _has_money_to_match(self):
        return bool(self.finance_submission_id) or super()._has_money_to_match()

    def _apply_advances(self):
        """Let the lender owe its part first, match its money, then give the customer's money to what is left."""
        submission = self.finance_submission_id
        if not submission:
            return super()._apply_advances()
        self._release_loan_entries(self._get_stale_loan_entries())
        self._move_loan_to_lender()
        self._match_loan_money()
        super()._apply_advances()
        submission._refresh_funding()
        return submission._create_commission_invoices()

    def _read_matched_elsewhere(self):
        """Money a lender paid by the bank statement, or kept with the accountant's word, has come too."""
        matched = super()._read_matched_elsewhere()
        submissions = self.finance_submission_id
        if not submissions:
            return matched
        by_submission = submissions._read_matched_elsewhere()
        for submission in submissions.filtered(lambda s: s.id in by_submission):
            key = submission.contract_id.id
            matched[key] = matched.get(key, 0.0) + by_submission[submission.id]
        return matched

    def _money_account(self, partner, amount):
        """The lender of an invoiced car pays what it owes on contracts in transit."""
        lender = self.sudo().finance_submission_id.lender_id.partner_id.commercial_partner_id
        if lender and partner.commercial_partner_id == lender and self.sudo()._get_loan_entries():
            return self.company_id._get_transit_account()
        return super()._money_account(partner, amount)

    # === The entries ===
    def _get_loan_entries(self):
        """Return the entries by which lenders owe a part of this contract's price, those taken back left out.

        :return: ``account.move``
        """
        entries = self.env["account.move"].search(
            [
                ("dealer_loan_submission_id.contract_id", "in", self.ids),
                ("dealer_loan_role", "=", "transit"),
                ("state", "=", "posted"),
            ]
        )
        return entries.filtered(lambda move: not move.reversal_move_ids)

    def _get_stale_loan_entries(self):
        """Return those that are true no more: the car is not invoiced, another lender pays, the invoice is gone."""
        entries = self._get_loan_entries()
        if not self._is_car_invoiced():
            return entries
        submission = self.finance_submission_id
        return entries.filtered(
            lambda move: move.dealer_loan_submission_id != submission
            or any(line.balance < 0 and line.amount_residual for line in move.line_ids)
        )

    def _is_car_invoiced(self):
        """Return whether the cars are on posted invoices and not credited."""
        self.ensure_one()
        cars = self.sudo()._get_car_lines()  # a yes or no, also for who sees no invoice
        return bool(cars) and all(self._is_line_invoiced(line) for line in cars)

    def _release_loan_entries(self, entries):
        """Take the lender's debt back to the customer: reverse the entries and settle what a credit note left open.

        :param entries: ``account.move``, see ``_get_loan_entries``
        """
        if not entries:
            return
        entries._reverse_moves(cancel=True)
        entries.dealer_loan_submission_id.date_invoiced = False
        notes = self.invoice_ids.filtered(lambda m: m.state == "posted" and m.move_type == "out_refund")
        if notes:
            invoices = self.invoice_ids.filtered_domain(self._open_invoice_domain())
            lines = (invoices | notes)._get_open_dealer_debts()
            for same in lines.grouped(lambda line: (line.account_id, line.partner_id, line.currency_id)).values():
                same.reconcile()

    def _move_loan_to_lender(self):
        """Let the lender owe what it has not paid yet, on the open invoices of this contract, the car's first."""
        submission = self.finance_submission_id
        rest = self._get_loan_to_move() if self._is_car_invoiced() else 0.0
        cars = self._get_car_lines().invoice_lines.move_id
        invoices = self.invoice_ids.filtered_domain(self._open_invoice_domain())
        for invoice in invoices.sorted(lambda move: (move not in cars, move.invoice_date_due or move.date, move.id)):
            share = min(rest, invoice.amount_residual)
            if self.currency_id.compare_amounts(share, 0.0) > 0 and invoice.currency_id == self.currency_id:
                self._book_loan(submission, invoice, share)
                rest -= share

    def _get_loan_to_move(self):
        """Return what the lender owes and has neither paid nor been charged with yet, in contract currency."""
        submission = self.finance_submission_id
        debts = self._get_transit_lines(self._get_loan_entries())
        booked = sum(debts.mapped("amount_currency"))
        matched = booked - sum(debts.mapped("amount_residual_currency"))
        paid_before = submission._read_received()[submission.id] - matched
        return self._round_money(submission.amount_approved - booked - max(paid_before, 0.0))

    def _get_transit_lines(self, entries):
        return entries.line_ids.filtered(lambda line: line.balance > 0)

    def _book_loan(self, submission, invoice, share):
        """Post the entry for one invoice and match it with what the customer owes.

        :param submission: accepted ``dealer.finance.submission``
        :param invoice: open customer invoice of this contract
        :param float share: above zero, at most the open amount, in contract currency
        """
        debts = invoice._get_open_dealer_debts()
        entries = self.env["account.move"]._with_clean_context()
        entry = entries.create(self._prepare_loan_entry(submission, invoice, debts, share))
        entry._post(soft=False)
        (entry.line_ids.filtered(lambda line: line.balance < 0) | debts).reconcile()
        submission.date_invoiced = submission.date_invoiced or invoice.invoice_date or invoice.date

    def _prepare_loan_entry(self, submission, invoice, debts, share):
        """Return the values of the entry: debit the lender, credit the invoiced party.

        :return: dict for ``account.move.create``
        """
        open_cur, open_bal = sum(debts.mapped("amount_residual_currency")), sum(debts.mapped("amount_residual"))
        whole = self.currency_id.compare_amounts(share, open_cur) == 0
        balance = open_bal if whole else self.company_id.currency_id.round(open_bal * share / open_cur)
        label = self.env._(
            "Loan of %(lender)s on %(invoice)s, %(contract)s",
            lender=submission.lender_id.display_name,
            invoice=invoice.name,
            contract=self.name,
        )
        common = {"name": label, "currency_id": self.currency_id.id}
        lender = submission.lender_id.partner_id.commercial_partner_id
        due = fields.Date.add(invoice.invoice_date or invoice.date, days=submission.days_to_fund)
        return {
            "move_type": "entry",
            "journal_id": self.company_id._get_advance_journal().id,
            "company_id": self.company_id.id,
            "date": fields.Date.context_today(self),
            "ref": label,
            "dealer_loan_submission_id": submission.id,
            "dealer_loan_role": "transit",
            "line_ids": [
                Command.create(
                    {
                        **common,
                        "account_id": self.company_id._get_transit_account().id,
                        "partner_id": lender.id,
                        "balance": balance,
                        "amount_currency": share,
                        "date_maturity": due,
                    }
                ),
                Command.create(
                    {
                        **common,
                        "account_id": debts[0].account_id.id,
                        "partner_id": debts[0].partner_id.id,
                        "balance": -balance,
                        "amount_currency": -share,
                    }
                ),
            ],
        }

    def _match_loan_money(self):
        """Match the lender's payments with exactly what it owes."""
        debts = self._get_transit_lines(self._get_loan_entries()).filtered(lambda line: not line.reconciled)
        lender = self.finance_submission_id.lender_id.partner_id.commercial_partner_id
        credits = self._credits_on_account().filtered(
            lambda line: line.account_id in debts.account_id and line.partner_id == lender
        )
        if debts and credits:
            (debts | credits).reconcile()
