from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.amount_in_words import chinese_capitals

# What the money is in law: earnest money is forfeited by a customer who withdraws and returned
# double by a dealer who does; a refundable deposit is not; intention money binds nobody.
# Source: docs "practice" P16; Civil Code of the PRC art. 586-587.
DEPOSIT_KINDS = [
    ("earnest", "Earnest money"),
    ("refundable", "Refundable deposit"),
    ("intention", "Intention money"),
    ("balance", "Balance"),
]


class AccountPayment(models.Model):
    _inherit = "account.payment"

    dealer_contract_id = fields.Many2one(
        "dealer.contract",
        string="Sales contract",
        index="btree_not_null",
        check_company=True,
        copy=False,
        tracking=True,
        ondelete="restrict",
        help="The car contract this money was paid for. Contracts count the payments that name them; nothing is typed.",
    )
    is_dealer_compensation = fields.Boolean(
        "Compensation",
        readonly=True,
        copy=False,
        help="What a dealer who withdraws pays on top of the earnest money: the customer never paid it in.",
    )
    deposit_kind = fields.Selection(
        DEPOSIT_KINDS,
        string="Money for",
        copy=False,
        tracking=True,
        help="Earnest money, refundable deposit and intention money differ in law when the sale falls through.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        payments = super().create(vals_list)
        payments._check_dealer_contract_party()
        return payments

    def write(self, vals):
        if not vals.keys() & {"dealer_contract_id", "partner_id"}:
            return super().write(vals)
        before = self.dealer_contract_id
        if "dealer_contract_id" in vals:
            self._check_may_change_contract(vals["dealer_contract_id"])
        result = super().write(vals)
        self._check_dealer_contract_party()
        (before | self.dealer_contract_id)._money_changed()
        return result

    def action_post(self):
        """Post as core does; the contract's open invoices take the money at once."""
        result = super().action_post()
        self.dealer_contract_id._money_changed()
        return result

    def action_draft(self):
        """Set back as core does; invoices the money paid are open again."""
        self._release_applied_advances()
        result = super().action_draft()
        self.dealer_contract_id._money_changed()
        return result

    def action_cancel(self):
        """Cancel as core does; invoices the money paid are open again."""
        if not self:
            return super().action_cancel()  # core cancels nothing with each posting
        self._release_applied_advances()
        result = super().action_cancel()
        self.dealer_contract_id._money_changed()
        return result

    def action_reject(self):
        """Reject as core does; the contract counts the money no more."""
        result = super().action_reject()
        self.dealer_contract_id._money_changed()
        return result

    def action_print_dealer_receipt(self):
        """Print the plain receipt (收据) for money received or paid back on a contract.

        :return: report action of ``dealer_sales.account_payment_report_receipt``
        :raises UserError: a payment is not posted or belongs to no contract
        Source: P16: a deposit gets a receipt, no tax invoice before the sale.
        """
        for payment in self:
            if payment.state not in payment._valid_payment_states() or not payment.dealer_contract_id:
                raise UserError(
                    self.env._(
                        "%(payment)s cannot be printed as a receipt: it is not posted, or it "
                        "belongs to no contract. Post it first.",
                        payment=payment.display_name,
                    )
                )
        return self.env.ref("dealer_sales.account_payment_report_receipt").report_action(self)

    def action_open_dealer_refund(self):
        """Open the wizard that pays this money back to whom it came from.

        :return: act_window on ``dealer.contract.refund``
        """
        self.ensure_one()
        return self._money_wizard("dealer.contract.refund", self.env._("Refund"))

    def action_open_dealer_transfer(self):
        """Open the wizard that uses this money for another contract of the same customer.

        :return: act_window on ``dealer.contract.payment.transfer``
        """
        self.ensure_one()
        return self._money_wizard("dealer.contract.payment.transfer", self.env._("Use for another contract"))

    def _money_wizard(self, model, name):
        """Return the act_window of a money wizard about this payment."""
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_payment_id": self.id},
        }

    def _check_dealer_contract_party(self):
        """Only a party to the contract pays it: a third party is put on the contract first (P18).

        Not a constraint: those run as superuser, and money that came in online (booked as
        superuser) is never refused.

        :raises ValidationError: names payer and contract
        """
        if self.env.su:
            return
        for payment in self.filtered("dealer_contract_id"):
            contract = payment.dealer_contract_id
            if payment.partner_id.commercial_partner_id not in contract._money_parties():
                raise ValidationError(
                    self.env._(
                        "%(partner)s is not a party to contract %(contract)s. Put the payer on the "
                        "contract first, then book the money.",
                        partner=payment.partner_id.display_name,
                        contract=contract.display_name,
                    )
                )

    def _check_may_change_contract(self, contract_id):
        """Refuse to re-point money that already pays an invoice.

        :param contract_id: id of the new contract, or False
        :raises UserError: a posted payment of another contract is matched, wholly or in part
        """
        for payment in self.filtered("dealer_contract_id"):
            moved = payment.dealer_contract_id.id != contract_id
            if moved and payment.move_id.state == "posted" and not payment._is_all_on_account():
                raise UserError(
                    self.env._(
                        "%(payment)s already pays an invoice of %(contract)s. Reverse that invoice "
                        "first; then the money can be used for another contract.",
                        payment=payment.display_name,
                        contract=payment.dealer_contract_id.display_name,
                    )
                )

    def _customer_lines(self):
        """Return the journal items with which these payments stand on the customer's account."""
        lines = self.env["account.move.line"]
        for payment in self.filtered("move_id"):
            lines |= payment._seek_for_lines()[1]
        return lines

    def _is_all_on_account(self):
        """Return whether nothing of this payment has been matched with anything."""
        lines = self._customer_lines()
        return all(line.amount_residual == line.balance for line in lines)

    def _get_amount_in_words(self):
        """Return the amount as receipts must spell it, in the language of the receipt.

        Chinese capital numerals for yuan; the currency's own words elsewhere.

        :return: str, "" when the language cannot be spelled
        """
        self.ensure_one()
        if self.currency_id.name == "CNY" and (self.env.lang or "").startswith("zh"):
            return chinese_capitals(self.amount)
        if (self.env.lang or "en").startswith("en"):
            return self.currency_id.amount_to_text(self.amount)
        return ""

    def _get_amount_on_account(self):
        """Return what of this payment pays no invoice, in its own currency.

        :return: float, 0.0 for money paid out or not posted
        """
        self.ensure_one()
        lines = self._customer_lines() | self._get_idle_advances().line_ids
        open_credit = -sum(
            line.amount_residual_currency
            for line in lines
            if line.parent_state == "posted" and line.account_id.reconcile and not line.reconciled
        )
        return min(max(open_credit, 0.0), self.amount)

    def _get_applied_advances(self):
        """Return the entries that moved this money to an invoice."""
        lines = self._customer_lines()
        partials = lines.matched_debit_ids | lines.matched_credit_ids
        moves = (partials.debit_move_id | partials.credit_move_id).move_id
        return moves.filtered("dealer_advance_contract_id")

    def _get_idle_advances(self):
        """Return those of them whose invoice was reversed since: they pay nothing any more."""
        return self._get_applied_advances().filtered(
            lambda move: not any(line.balance < 0 and line.amount_residual != line.balance for line in move.line_ids)
        )

    def _release_idle_advances(self):
        """Take money whose invoice was reversed back to the advances."""
        self._get_idle_advances()._reverse_moves(cancel=True)

    def _release_applied_advances(self):
        """Reverse the entries that moved this money to an invoice, before the money goes away.

        Without it a payment set back to draft would leave the invoice looking paid.
        """
        self.filtered("dealer_contract_id")._get_applied_advances()._reverse_moves(cancel=True)
