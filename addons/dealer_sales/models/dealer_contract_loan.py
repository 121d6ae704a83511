from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.fingerprint import amount
from .dealer_contract import INSIDE


class DealerContract(models.Model):
    """A deal with a loan: its file, what the lender pays of the price, and the step that waits for it (P19)."""

    _inherit = "dealer.contract"

    # Two columns of the contract itself: a deal without a loan asks no other table
    finance_application_id = fields.Many2one(
        "dealer.finance.application",
        string="Loan file",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups=INSIDE,
        ondelete="restrict",
    )
    finance_submission_id = fields.Many2one(
        "dealer.finance.submission",
        string="Accepted loan",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups=INSIDE,
        ondelete="restrict",
    )
    finance_state = fields.Selection(related="finance_application_id.state", string="Loan", groups=INSIDE)
    loan_amount = fields.Monetary(
        related="finance_submission_id.amount_approved", string="Paid by the lender", groups=INSIDE
    )
    waiting_gate = fields.Selection(selection_add=[("funded", "Loan paid out"), ("delivered",)])

    @api.depends("finance_submission_id.amount_approved", "finance_submission_id.is_in_terms")
    def _compute_is_changed(self):
        super()._compute_is_changed()

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"finance_application_id", "finance_submission_id"}

    # === Actions ===
    def action_open_loan(self):
        """Open the loan file; without one it is made with the figures of the offer the customer took.

        :return: action of the loan file's form
        :raises UserError: the contract is cancelled, or sells no car yet
        """
        self.ensure_one()
        application = self.finance_application_id
        if not application:
            self.check_access("write")
            self._check_may_finance()
            # Loan files are made by this button alone, after the check of the contract
            applications = self.env["dealer.finance.application"].sudo()
            application = applications.create(applications._prepare_from_contract(self.sudo()))
            self._gates_changed()
        return application.sudo(False)._get_records_action(name=self.env._("Loan file"), context={})

    def _check_may_finance(self):
        if self.state == "cancelled" or not self.amount_car:
            raise UserError(
                self.env._(
                    "Contract %(contract)s has no price to finance: it is cancelled, or its car has no price yet.",
                    contract=self.name,
                )
            )

    # === Steps ===
    def _payment_gates(self):
        gates = super()._payment_gates()
        # A yes or no, also for who sees no loan
        return [*gates, self._gate_funded()] if self.sudo().finance_application_id else gates

    def _gate_funded(self):
        application = self.sudo().finance_application_id  # a yes or no, also for who sees no loan
        submission = self.sudo().finance_submission_id
        return {
            "code": "funded",
            "label": self.env._("Loan paid out"),
            "stage": "delivery",
            "done": submission.state == "funded" or application._may_leave_unfunded(),
            "role": "dealer_sales.group_fni",
            "action": "action_open_loan",
            "hint": self._get_funded_hint(application, submission),
        }

    def _get_funded_hint(self, application, submission):
        if submission.state == "funded":
            return ""
        if not submission:
            return self.env._("No lender is accepted yet; close the loan file when the customer pays otherwise.")
        opened = submission._get_open_conditions()
        if opened:
            return self.env._(
                "%(lender)s asks for: %(conditions)s",
                lender=submission.lender_id.display_name,
                conditions=", ".join(opened.mapped("name")),
            )
        return self.env._(
            "%(lender)s pays %(amount)s.",
            lender=submission.lender_id.display_name,
            amount=self.currency_id.format(submission.amount_approved),
        )

    # === Who else pays, what it earns ===
    def _get_shares_of_others(self):
        shares = super()._get_shares_of_others()
        submission = self.sudo().finance_submission_id  # what others owe is counted for whoever asks
        if not submission:
            return shares
        received = submission._read_received()[submission.id]
        return [
            *shares,
            {
                "code": "loan",
                "label": self.env._("Loan of %(lender)s", lender=submission.lender_id.display_name),
                "partner": submission.lender_id.partner_id,
                "expected": submission.amount_approved,
                "received": min(max(received, 0.0), submission.amount_approved),
            },
        ]

    def _get_gross_parts(self):
        parts = super()._get_gross_parts()
        submission = self.sudo().finance_submission_id  # who may see gross is asked by who shows it
        if not submission.commission_amount:
            return parts
        label = self.env._("Commission of %(lender)s", lender=submission.lender_id.display_name)
        return [*parts, {"code": "lender", "label": label, "side": "back", "amount": submission.commission_amount}]

    def _money_parties(self):
        lender = self.sudo().finance_submission_id.lender_id.partner_id
        return super()._money_parties() | lender.commercial_partner_id.sudo(self.env.su)

    # === What was agreed ===
    def _get_dealer_terms(self):
        """A loan accepted before the signature is part of what the customer signs; a plain deal adds nothing."""
        terms = super()._get_dealer_terms()
        submission = self.sudo().finance_submission_id  # part of what was agreed, whoever compares
        if not submission.is_in_terms:
            return terms
        return [
            *terms,
            "loan",
            submission.lender_id.id,
            amount(submission.amount_approved, 2),
            submission.months_approved,
            amount(submission.rate_approved, 4),
            amount(submission.application_id.balloon_amount, 2),
        ]

    def _get_placeholder_words(self):
        return [*super()._get_placeholder_words(), "loan"]

    def _get_placeholder_values(self):
        return {**super()._get_placeholder_values(), "loan": self._get_loan_text()}

    def _get_loan_text(self):
        """Return the accepted loan as the contract says it, "" without one.

        :return: str in the language of the environment
        """
        submission = self.sudo().finance_submission_id  # printed whoever prints
        if not submission:
            return ""
        return self.env._(
            "%(amount)s over %(months)s months at %(rate)s %% a year, paid by %(lender)s",
            amount=self.currency_id.format(submission.amount_approved),
            months=submission.months_approved,
            rate=f"{submission.rate_approved:.2f}",
            lender=submission.lender_id.display_name,
        )

    def _is_invoiced_to_others(self, partner):
        """Tell whether a posted, uncredited invoice is out to somebody else than this partner."""
        self.ensure_one()
        invoices = self.invoice_ids.filtered(
            lambda m: m.move_type == "out_invoice" and m.state == "posted" and m.payment_state != "reversed"
        )
        return self._is_car_invoiced() and invoices.commercial_partner_id != partner.commercial_partner_id

    def _action_cancel(self, reason):
        """A deal that is off needs no loan: the file closes, every lender is withdrawn."""
        self.finance_application_id._close(reason)
        return super()._action_cancel(reason)
