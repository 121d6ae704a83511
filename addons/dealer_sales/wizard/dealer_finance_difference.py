from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class DealerFinanceDifference(models.TransientModel):
    """What a lender kept of a loan (fee, commission set off): booked by the accountant, so that its debt is zero."""

    _name = "dealer.finance.difference"
    _description = "Kept by the Lender"
    _check_company_auto = True

    submission_id = fields.Many2one("dealer.finance.submission", required=True, readonly=True)
    company_id = fields.Many2one(related="submission_id.company_id")
    currency_id = fields.Many2one(related="submission_id.currency_id")
    amount_received = fields.Monetary(related="submission_id.amount_received")
    amount = fields.Monetary(
        "Kept by the lender", compute="_compute_amount", store=True, precompute=True, readonly=False, required=True
    )
    account_id = fields.Many2one(
        "account.account",
        "Booked to",
        required=True,
        check_company=True,
        domain="[('account_type', 'in', ('expense', 'expense_direct_cost', 'asset_receivable', 'liability_current'))]",
        help="The lender's charge is a cost; a commission it set off goes against the commission's receivable.",
    )
    reason = fields.Char(required=True, help="What the lender's statement says.")

    @api.depends("submission_id")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.submission_id.amount_open

    def action_confirm(self):
        """Book it and match it with what the lender owes.

        :raises AccessError: the user may not book money
        :raises UserError: nothing, or more than is open; the car is not invoiced
        """
        self.ensure_one()
        submission, contract = self.submission_id, self.submission_id.contract_id
        contract._check_money_rights()
        # A cashier books it without rights on entries, as every entry of a contract's money
        debts = contract.sudo()._get_transit_lines(contract.sudo()._get_loan_entries())
        debts = debts.filtered(lambda line: not line.reconciled)
        compare = self.currency_id.compare_amounts
        open_amount = sum(debts.mapped("amount_residual_currency"))
        if compare(self.amount, 0.0) <= 0 or compare(self.amount, open_amount) > 0:
            raise UserError(
                self.env._(
                    "%(submission)s: %(amount)s is open in the books and can be booked, no more.",
                    submission=submission.display_name,
                    amount=self.currency_id.format(open_amount),
                )
            )
        entry = debts.move_id._with_clean_context().create(self._prepare_entry(debts))
        entry._post(soft=False)
        (entry.line_ids.filtered(lambda line: line.account_id in debts.account_id) | debts).reconcile()
        contract.sudo()._money_changed()
        return {"type": "ir.actions.act_window_close"}

    def _prepare_entry(self, debts):
        """Return the values of the entry: debit what it was kept for, credit the lender.

        :param debts: open journal items of the lender
        :return: dict for ``account.move.create``
        """
        company, lender = self.company_id.sudo(), debts.partner_id[:1]
        rate = sum(debts.mapped("amount_residual")) / sum(debts.mapped("amount_residual_currency"))
        balance = company.currency_id.round(self.amount * rate)
        label = self.env._("%(submission)s: %(reason)s", submission=self.submission_id.display_name, reason=self.reason)
        common = {"name": label, "currency_id": self.currency_id.id, "partner_id": lender.id}
        sides = ((self.account_id, 1), (debts.account_id[:1], -1))
        return {
            "move_type": "entry",
            "journal_id": company._get_advance_journal().id,
            "company_id": company.id,
            "date": fields.Date.context_today(self),
            "ref": label,
            "dealer_loan_submission_id": self.submission_id.id,
            "dealer_loan_role": "kept",
            "line_ids": [
                Command.create(
                    {
                        **common,
                        "account_id": account.id,
                        "balance": sign * balance,
                        "amount_currency": sign * self.amount,
                    }
                )
                for account, sign in sides
            ],
        }
