from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import clean_context

from .dealer_contract import INSIDE

# Who reads also what makers pay the dealer; the rules of the incentives say the same
OVERSEERS = (
    "dealer_sales.group_sales_manager,dealer_sales.group_fni,dealer_vehicle.group_auditor,"
    "dealer_vehicle.group_general_manager,dealer_vehicle.group_dealer_admin,account.group_account_invoice,"
    "account.group_account_readonly"
)


class DealerContract(models.Model):
    """What makers, states and lenders give for a deal."""

    _inherit = "dealer.contract"

    # Two lists, so that what one of them has read is never shown by the other
    incentive_ids = fields.One2many(
        "dealer.incentive", "contract_id", string="Incentives", copy=False, groups=OVERSEERS
    )
    customer_incentive_ids = fields.One2many(
        "dealer.incentive",
        "contract_id",
        string="Incentives for the customer",
        copy=False,
        readonly=True,
        domain=[("recipient", "=", "customer")],
        groups=INSIDE,
    )
    # With what makers give the dealer: no business of the customer, nor of who may not see the gross
    amount_incentive = fields.Monetary(
        string="Sum of incentives",
        compute="_compute_amount_incentive",
        store=True,
        groups=OVERSEERS,
        help="All that funders give for the deal.",
    )
    amount_funded = fields.Monetary(
        string="Paid by incentives",
        compute="_compute_amount_incentive",
        store=True,
        help="The part of the price others pay for the customer.",
    )

    # What books and steps ask first: a live sum alone would forget a claim whose incentive was cancelled
    has_incentives = fields.Boolean(compute="_compute_amount_incentive", store=True, groups=OVERSEERS)

    @api.depends(
        "incentive_ids.amount",
        "incentive_ids.is_down_payment",
        "incentive_ids.state",
        "incentive_ids.claim_move_id",
    )
    def _compute_amount_incentive(self):
        for contract in self:
            live = contract.incentive_ids.filtered(lambda row: row.state == "live")
            contract.amount_incentive = sum(live.mapped("amount"))
            contract.amount_funded = sum(live.filtered("is_down_payment").mapped("amount"))
            contract.has_incentives = bool(live or contract.incentive_ids.claim_move_id)

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {
            "amount_incentive",
            "amount_funded",
            "has_incentives",
            "customer_incentive_ids",
        }

    def _get_live_incentives(self):
        # The stored sum spares deals without incentives the look-up; what makers pay us is no customer's to read
        if not self.sudo().amount_incentive:
            return self.env["dealer.incentive"]
        # Agreed or not is asked by steps and texts, also for who sees no incentive
        return self.sudo().incentive_ids.filtered(lambda row: row.state == "live")

    def _incentives_changed(self):
        """Bring steps, gross and books up to date after incentives of these deals changed."""
        contracts = self.sudo()  # consequences, whoever caused them
        contracts._gross_changed()
        contracts._sync_incentives()
        contracts._gates_changed()

    # === Hooks of the deal ===
    def _get_shares_of_others(self):
        shares = super()._get_shares_of_others()
        if not self.amount_funded:
            return shares
        funded = self._get_live_incentives().filtered("is_down_payment")
        return [
            *shares,
            *(
                {
                    "code": "incentive",
                    "label": row.name,
                    "partner": row.funder_id,
                    "expected": row.amount,
                    "received": row.amount_received,
                }
                for row in funded
            ),
        ]

    @api.depends("amount_funded", "incentive_ids.amount_received")
    def _compute_money(self):
        return super()._compute_money()

    def _read_matched_elsewhere(self):
        """Money of funders is money of the deal: it pays a part of the price."""
        matched = super()._read_matched_elsewhere()
        for contract in self.filtered("amount_funded"):
            key = contract._origin.id
            funded = contract._get_live_incentives().filtered("is_down_payment")
            matched[key] = matched.get(key, 0.0) + sum(funded.mapped("amount_received"))
        return matched

    def _get_gross_parts(self):
        parts = super()._get_gross_parts()
        mine = self._get_live_incentives().filtered(lambda row: row.recipient == "dealer")
        return [
            *parts,
            *({"code": "incentive", "label": row.name, "side": "front", "amount": row.amount} for row in mine),
        ]

    def _get_dealer_terms(self):
        """What others give the customer is part of what he signs; what they give us is not."""
        terms = super()._get_dealer_terms()
        if not self.sudo().amount_incentive:  # terms are compared whoever asks, also the customer
            return terms
        agreed = self._get_live_incentives().filtered(lambda row: row.recipient == "customer")
        return [
            *terms,
            *sorted(f"incentive {row.funder_id.id} {row.amount:.2f} {row.is_down_payment}" for row in agreed),
        ]

    @api.model
    def _get_fact_labels(self):
        return {**super()._get_fact_labels(), "incentives": self.env._("Incentives")}

    def _get_fact(self, code):
        if code != "incentives":
            return super()._get_fact(code)
        money = self.currency_id.format
        agreed = self._get_live_incentives().filtered(lambda row: row.recipient == "customer")
        return ", ".join(f"{row.name} {money(row.amount)}" for row in agreed)

    # === Text ===
    def _get_placeholder_words(self):
        return [*super()._get_placeholder_words(), "incentives", "credit"]

    def _get_placeholder_values(self):
        return {
            **super()._get_placeholder_values(),
            "incentives": self._get_incentives_text(),
            "credit": self._get_credit_text(),
        }

    def _get_incentives_text(self):
        """Return what others give the customer for this deal, "" for nothing."""
        agreed = self._get_live_incentives().filtered(lambda row: row.recipient == "customer")
        return "; ".join(row._get_words() for row in agreed)

    def _get_credit_text(self):
        """Return what the customer pays after the hand-over, "" for nothing."""
        if not self.credit_amount:
            return ""
        return self.env._(
            "%(amount)s may be paid after the hand-over, until %(date)s",
            amount=self.currency_id.format(self.credit_amount),
            date=fields.Date.to_string(self.credit_date) if self.credit_date else self.env._("the invoice is due"),
        )

    def _get_printed_besides(self):
        return [*super()._get_printed_besides(), "incentives", "credit"]

    def _prepare_version(self):
        return {**super()._prepare_version(), "funded_amount": self.amount_funded}

    # === Books ===
    def _on_account_domain(self):
        # What a funder owes is not the customer's money: only the credit side of a claim is
        return [
            *super()._on_account_domain(),
            "|",
            ("move_id.dealer_incentive_id", "=", False),
            ("balance", "<", 0),
        ]

    def _has_money_to_match(self):
        return self.sudo().has_incentives or super()._has_money_to_match()

    def _apply_advances(self):
        """Let funders owe their part as soon as the car is invoiced; it pays the invoice like an advance."""
        self._sync_incentives()
        return super()._apply_advances()

    def _sync_incentives(self):
        """Make the books say what funders owe for these deals: so much once the car is invoiced, else nothing."""
        for contract in self.sudo():  # entries are the system's, whoever posted the invoice
            if contract.has_incentives:  # stored: deals without incentives are not looked up
                is_claimed = contract._is_claimable()
                contract.incentive_ids._sync_claims(is_claimed)
                if not is_claimed:
                    contract._match_notes()

    def _is_claimable(self):
        """Tell whether every car of the deal is on a posted invoice that was not credited."""
        cars = self._get_car_lines()
        return self.state != "cancelled" and bool(cars) and all(self._is_line_invoiced(line) for line in cars)

    def _match_notes(self):
        """Match credit notes with what their invoices have open again after a claim was taken back."""
        notes = self.invoice_ids.filtered(lambda move: move.state == "posted" and move.move_type == "out_refund")
        if notes:
            debts = (self.invoice_ids.filtered_domain(self._open_invoice_domain()) | notes)._get_open_dealer_debts()
            for lines in debts.grouped(lambda line: (line.account_id, line.partner_id, line.currency_id)).values():
                lines.reconcile()

    def _get_car_debt(self):
        """Return a receivable line of the invoice of the car, empty without one."""
        invoices = self._get_car_lines().invoice_lines.move_id.filtered(
            lambda move: move.state == "posted" and move.move_type == "out_invoice"
        )
        return invoices[-1:].line_ids.filtered(lambda line: line.display_type == "payment_term")[:1]

    def _action_cancel(self, reason):
        res = super()._action_cancel(reason)
        # Whoever cancels the deal, what makers give for it ends with it
        self.sudo().incentive_ids.filtered(lambda row: row.state == "live").action_cancel()
        return res

    # === Actions ===
    def action_propose_incentives(self):
        """Add an incentive of every programme that fits the car and is not on the deal yet.

        :return: True
        :raises UserError: no programme fits, or all are there already
        """
        self.check_access("write")
        made = self.env["dealer.incentive"]
        for contract in self:
            # Advisors make incentives by programmes only, which say how much: after the check of the deal. Those that
            # pay us are made too, though they do not see them
            programs = self.env["dealer.incentive.program"].sudo()._find_for(contract)
            lacking = programs - contract.sudo().incentive_ids.filtered(lambda row: row.state == "live").program_id
            # A default of the client's context must not say what a funder has paid
            incentives = made.sudo().with_context(clean_context(self.env.context))
            made |= incentives.create([program._prepare_incentive(contract) for program in lacking])
        if not made:
            raise UserError(
                self.env._(
                    "No programme in force fits the car of %(contracts)s, or all are on the deal already.",
                    contracts=", ".join(self.mapped("name")),
                )
            )
        return True
