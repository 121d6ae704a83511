from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL

# Where a customer's money can stand until an invoice takes it
ADVANCE_TYPES = ("asset_receivable", "liability_payable", "liability_current")


class DealerContract(models.Model):
    """Customer advances of a contract: where they stand and how invoices take them."""

    _inherit = "dealer.contract"

    # Read from the cache when the car changes; without it each change would search the entries twice.
    advance_move_ids = fields.One2many(
        "account.move", "dealer_advance_contract_id", "Entries of Advances", groups="account.group_account_readonly"
    )

    def _money_changed(self):
        """Match money on account with open invoices and refresh what the contract waits for.

        Called by everything that posts, cancels or re-points a payment or an invoice. Matching
        that fails never undoes the money: the cashier gets an activity.
        """
        for contract in self.sudo():  # whoever posted it, the books of the contract must agree
            contract = contract.with_company(contract.company_id)
            contract._serialise_money()
            if contract._has_money_to_match():
                contract._try_apply_advances()
        self.sudo()._gates_changed()

    def _has_money_to_match(self):
        """Tell whether there may be something to match; cheap, because nearly every posting asks. Hook."""
        return bool(self.invoice_ids.filtered_domain(self._open_invoice_domain()) and self._credits_on_account())

    def _try_apply_advances(self):
        try:
            with self.env.cr.savepoint():
                self._apply_advances()
        except UserError as error:
            self._tell_cashier(
                self.env._(
                    "Money on account of %(contract)s could not be matched with its invoice: %(error)s",
                    contract=self.display_name,
                    error=error,
                )
            )

    def _serialise_money(self):
        """Make two transactions that touch this contract's money run one after the other.

        A deposit arriving online while the invoice is posted would not see the invoice, nor the
        invoice the deposit. Writing the row makes the later one a serialization failure, which
        is run again and then sees both.
        """
        self.env.cr.execute(SQL("UPDATE dealer_contract SET write_date = write_date WHERE id IN %s", tuple(self.ids)))

    def _apply_advances(self):
        """Match this contract's money on account with its open invoices, oldest debt first.

        Exact to the cent: never more than the debt, what is too much stays on account.
        """
        self.ensure_one()
        invoices = self.invoice_ids.filtered_domain(self._open_invoice_domain())
        for invoice in invoices.sorted(lambda move: (move.invoice_date_due or move.date, move.id)):
            self._apply_advances_to(invoice)

    def _apply_advances_to(self, invoice):
        """Match money on account with one open invoice of this contract."""
        debts = invoice._get_open_dealer_debts()
        credits = self._credits_on_account()
        direct = credits.filtered(
            lambda line: line.account_id in debts.account_id and line.partner_id == debts.partner_id
        )
        if direct and debts:
            (direct | debts).reconcile()
        self._move_advances(invoice, credits - direct)

    def _credits_on_account(self):
        """Return the open journal items that are this contract's money, oldest first.

        :return: ``account.move.line``; credits only
        """
        lines = self.env["account.move.line"].search(self._on_account_domain(), order="date, id")
        return lines.filtered(lambda line: line.amount_residual < 0)

    def _on_account_domain(self):
        return [
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
            ("account_id.reconcile", "=", True),
            ("account_id.account_type", "in", ADVANCE_TYPES),
            "|",
            ("move_id.origin_payment_id.dealer_contract_id", "in", self.ids),
            ("move_id.dealer_advance_contract_id", "in", self.ids),
        ]

    def _move_advances(self, invoice, credits):
        """Move advances to the receivable of an invoice and match both sides.

        :param invoice: one posted customer invoice of this contract
        :param credits: open credit lines on other accounts or of other payers
        """
        debts = invoice._get_open_dealer_debts()
        if not debts:
            return  # money of the invoice party himself paid it; what is left stays on account
        shares = self._share_out(credits, debts)
        if not shares:
            return
        entries = self.env["account.move"]._with_clean_context()
        entry = entries.create(self._prepare_advance_entry(invoice, debts[0], shares))
        entry._post(soft=False)
        lines = entry.line_ids.sorted("id")  # made in pairs by _prepare_advance_entry
        debits, receivables = lines[::2], lines[1::2]
        for debit, (credit, _amount, _balance) in zip(debits, shares, strict=True):
            (debit | credit).reconcile()
        (receivables | debts).reconcile()

    def _share_out(self, credits, debts):
        """Return how much of each credit the debts take.

        :return: list of (credit line, amount > 0 in the credit's currency, balance > 0 in
            company currency)
        """
        company = self.company_id.currency_id
        same = debts.currency_id
        open_cur = sum(debts.mapped("amount_residual_currency"))
        open_bal = sum(debts.mapped("amount_residual"))
        shares = []
        for credit in credits:
            has_cur, has_bal = -credit.amount_residual_currency, -credit.amount_residual
            if credit.currency_id == same:
                amount = min(has_cur, open_cur)
                balance = has_bal if amount == has_cur else company.round(has_bal * amount / has_cur)
                open_cur -= amount
            else:
                balance = min(has_bal, open_bal)
                amount = has_cur if balance == has_bal else credit.currency_id.round(has_cur * balance / has_bal)
                open_cur -= company._convert(balance, same, self.company_id, fields.Date.today())
            open_bal -= balance
            if credit.currency_id.compare_amounts(amount, 0.0) > 0:
                shares.append((credit, amount, balance))
            if same.compare_amounts(open_cur, 0.0) <= 0:
                break
        return shares

    def _prepare_advance_entry(self, invoice, debt, shares):
        """Return the values of the entry: debit the advance, credit the receivable, in pairs.

        :param invoice: the invoice that takes the money
        :param debt: one of its receivable lines
        :param list shares: see ``_share_out``
        """
        label = self.env._("Advance of %(contract)s on %(invoice)s", contract=self.name, invoice=invoice.name)
        lines = []
        for credit, amount, balance in shares:
            common = {"name": label, "currency_id": credit.currency_id.id}
            lines.append(
                Command.create(
                    {
                        **common,
                        "account_id": credit.account_id.id,
                        "partner_id": credit.partner_id.id,
                        "balance": balance,
                        "amount_currency": amount,
                    }
                )
            )
            lines.append(
                Command.create(
                    {
                        **common,
                        "account_id": debt.account_id.id,
                        "partner_id": debt.partner_id.id,
                        "balance": -balance,
                        "amount_currency": -amount,
                    }
                )
            )
        return {
            "move_type": "entry",
            "journal_id": self.company_id._get_advance_journal().id,
            "company_id": self.company_id.id,
            "date": fields.Date.context_today(self),
            "ref": label,
            "dealer_advance_contract_id": self.id,
            "line_ids": lines,
        }

    def _money_account(self, partner, amount):
        """Return the account money of ``partner`` is booked to.

        Straight to the receivable when it pays nothing but open invoices of the payer himself;
        otherwise it is an advance.

        :param partner: ``res.partner`` who pays
        :param float amount: in contract currency, above zero
        :return: ``account.account``
        """
        self.ensure_one()
        mine = self.invoice_ids.filtered_domain(self._open_invoice_domain()).filtered(
            lambda m: m.commercial_partner_id == partner.commercial_partner_id and m.currency_id == self.currency_id
        )
        debts = mine.line_ids.filtered(lambda line: line.display_type == "payment_term")
        if (
            len(debts.account_id) == 1
            and self.currency_id.compare_amounts(sum(mine.mapped("amount_residual")), amount) >= 0
        ):
            return debts.account_id
        return self.company_id._get_advance_account()

    def _free_credited_money(self):
        """Let invoices that were credited in full take their own credit notes: what paid them is on account again.

        A credit note that was paid out or used otherwise stays as it is.
        """
        for invoice in self._get_posted_invoices() - self._get_standing_invoices():
            notes = invoice.reversal_move_ids.filtered(lambda move: move.state == "posted")
            is_used = notes.line_ids.matched_debit_ids.debit_move_id.move_id - invoice
            if notes._get_open_dealer_debts() and not is_used:
                lines = (invoice | notes).line_ids.filtered(lambda line: line.display_type == "payment_term")
                lines.remove_move_reconcile()
                lines.reconcile()
                self.payment_ids._release_idle_advances()

    def _action_cancel(self, reason):
        """Keep the customer's money: it stays on his account, and the cashier is told."""
        result = super()._action_cancel(reason)
        self._free_credited_money()
        for contract in self.filtered("amount_on_account"):
            contract._tell_cashier(
                self.env._(
                    "%(contract)s is cancelled and %(amount)s of the customer's money is on "
                    "account. Refund it or use it for another contract.",
                    contract=contract.display_name,
                    amount=contract.currency_id.format(contract.amount_on_account),
                )
            )
        return result
