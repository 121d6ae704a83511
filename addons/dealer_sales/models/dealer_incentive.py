from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from .dealer_incentive_program import FUNDER_KINDS, RECIPIENTS

# What is claimed and agreed; it stays once the funder owes it
TERMS = {"contract_id", "program_id", "funder_id", "funder_kind", "recipient", "is_down_payment", "amount"}
TERM_ROLES = ("dealer_sales.group_sales_manager", "dealer_sales.group_fni", "account.group_account_invoice")


class DealerIncentive(models.Model):
    """Money a maker, a state or a lender gives for one deal: proved, claimed with the invoice, received (P20)."""

    _name = "dealer.incentive"
    _description = "Incentive"
    _inherit = ["dealer.protected.mixin"]
    _order = "contract_id desc, id"
    _check_company_auto = True
    _rec_names_search = ["name", "contract_id.name", "funder_id.name"]

    # Facts of the books and of the deal: no user types them
    _protected_fields = frozenset(
        {
            "state",
            "move_ids",
            "claim_move_id",
            "amount_received",
            "amount_residual",
            "date_claimed",
            "date_received",
            "is_received",
        }
    )

    name = fields.Char(string="What", required=True)
    contract_id = fields.Many2one("dealer.contract", required=True, index=True, ondelete="restrict", check_company=True)
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    partner_id = fields.Many2one(related="contract_id.partner_id", string="Buyer")
    vehicle_id = fields.Many2one(related="contract_id.vehicle_id", string="Car")
    user_id = fields.Many2one(related="contract_id.user_id", string="Sales advisor")
    program_id = fields.Many2one(
        "dealer.incentive.program", string="Programme", index="btree_not_null", check_company=True
    )
    funder_id = fields.Many2one("res.partner", string="Funder", required=True, index=True)
    funder_kind = fields.Selection(FUNDER_KINDS, string="Kind", required=True, default="maker")
    recipient = fields.Selection(RECIPIENTS, required=True, default="customer")
    is_down_payment = fields.Boolean(string="Pays a part of the price", default=True)
    amount = fields.Monetary(required=True)
    state = fields.Selection(
        [("live", "Agreed"), ("cancelled", "Cancelled")], default="live", required=True, readonly=True, copy=False
    )

    # Proof
    needs_proof = fields.Boolean(string="Proof needed", default=True)
    proof = fields.Binary(attachment=True, copy=False)
    proof_name = fields.Char(copy=False)
    date_proof = fields.Date(string="Proof of", copy=False, help="Date on the paper.")
    is_proof_missing = fields.Boolean(
        string="Proof missing", compute="_compute_is_proof_missing", store=True, help="The funder will ask for it."
    )

    # What the books say
    move_ids = fields.One2many("account.move", "dealer_incentive_id", string="Entries", readonly=True)
    claim_move_id = fields.Many2one(
        "account.move",
        string="Claim",
        compute="_compute_claim",
        store=True,
        index="btree_not_null",
        help="The entry by which the funder owes it, made with the invoice of the car.",
    )
    date_claimed = fields.Date(string="Claimed on", compute="_compute_claim", store=True)
    amount_received = fields.Monetary(string="Received", compute="_compute_claim", store=True)
    amount_residual = fields.Monetary(string="Owed", compute="_compute_claim", store=True)
    date_received = fields.Date(string="Received on", compute="_compute_claim", store=True)
    is_received = fields.Boolean(compute="_compute_claim", store=True)
    days_open = fields.Integer(string="Days owed", compute="_compute_days_open", help="Since it is claimed.")
    is_overdue = fields.Boolean(
        string="Overdue",
        compute="_compute_days_open",
        search="_search_is_overdue",
        help="Owed for longer than the funder usually takes.",
    )

    _amount_check = models.Constraint("CHECK (amount > 0)", "An incentive is more than nothing.")
    _recipient_check = models.Constraint(
        "CHECK (recipient = 'customer' OR is_down_payment IS NOT TRUE)",
        "Money for the dealer pays no part of the customer's price.",
    )
    _program_uniq = models.UniqueIndex(
        "(contract_id, program_id) WHERE program_id IS NOT NULL AND state = 'live'",
        "This deal has an incentive of this programme already.",
    )
    _owed_idx = models.Index("(company_id, date_claimed) WHERE claim_move_id IS NOT NULL AND is_received IS NOT TRUE")
    _proof_idx = models.Index("(company_id) WHERE is_proof_missing IS TRUE")

    # === Computes ===
    @api.depends("needs_proof", "proof", "state")
    def _compute_is_proof_missing(self):
        for incentive in self:
            is_asked = incentive.state == "live" and incentive.needs_proof
            incentive.is_proof_missing = is_asked and not incentive.proof

    @api.depends("move_ids.state", "move_ids.reversal_move_ids", "move_ids.line_ids.amount_residual", "move_ids.date")
    def _compute_claim(self):
        for incentive in self:
            move = incentive.move_ids.filtered(lambda m: m.state == "posted" and not m._is_taken_back())[:1]
            line = move.line_ids.filtered("debit")[:1]
            residual = line.amount_residual_currency
            received = line.amount_currency - residual
            parts = line.matched_credit_ids
            incentive.claim_move_id = move
            incentive.date_claimed = move.date
            incentive.amount_residual = residual
            incentive.amount_received = received
            incentive.is_received = bool(move) and incentive.currency_id.is_zero(residual)
            incentive.date_received = max(parts.mapped("max_date"), default=False) if incentive.is_received else False

    @api.depends("date_claimed", "is_received", "program_id.days_to_pay")
    def _compute_days_open(self):
        today = fields.Date.context_today(self)
        for incentive in self:
            is_owed = incentive.date_claimed and not incentive.is_received
            days = (today - incentive.date_claimed).days if is_owed else 0
            incentive.days_open = days
            incentive.is_overdue = bool(is_owed) and days > incentive.program_id.days_to_pay

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        owed = self.search([("date_claimed", "!=", False), ("is_received", "=", False)])
        return [("id", "in", owed.filtered("is_overdue").ids)]

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        incentives = super().create(vals_list)
        incentives._check_contract_open()
        incentives.contract_id._incentives_changed()
        return incentives

    def write(self, vals):
        if vals.keys() & TERMS:
            self._check_may_set_terms()
            self._check_not_claimed()
        before = self.contract_id if "contract_id" in vals else self.env["dealer.contract"]
        res = super().write(vals)
        if vals.keys() & (TERMS | {"state"}):
            (before | self.contract_id)._incentives_changed()
        return res

    def unlink(self):
        self._check_not_claimed()
        contracts = self.contract_id
        res = super().unlink()
        contracts._incentives_changed()
        return res

    @api.model
    def _get_protected_hint(self):
        return self.env._("They follow from the invoice, the entries and payments.")

    def _check_may_set_terms(self):
        """Refuse terms typed by an advisor: his come from programmes, which say how much.

        :raises AccessError: the user is neither manager nor F&I nor keeps books
        """
        if self.env.su or any(self.env.user.has_group(group) for group in TERM_ROLES):
            return
        raise AccessError(
            self.env._(
                "The terms of an incentive come from its programme: use “Propose incentives” on the contract, or ask "
                "a sales manager."
            )
        )

    def _check_not_claimed(self):
        """Refuse other terms of what the funder owes already.

        :raises UserError: naming the incentive and the way out
        """
        for incentive in self.sudo():  # asked by whoever changes it
            if incentive.move_ids:
                raise UserError(
                    self.env._(
                        "%(incentive)s of contract %(contract)s is in the books: credit the invoice of the car "
                        "to take the claim back.",
                        incentive=incentive.name,
                        contract=incentive.contract_id.name,
                    )
                )

    def _check_contract_open(self):
        for contract in self.contract_id:
            if contract.state == "cancelled":
                raise UserError(self.env._("Contract %(name)s is cancelled.", name=contract.name))
            contract._check_not_handed_over()

    # === Books ===
    def _sync_claims(self, is_claimed):
        """Make the books say that the funders owe these incentives, or that they do not.

        :param bool is_claimed: the car is invoiced and the deal lives
        """
        for incentive in self:
            is_owed = is_claimed and incentive.state == "live"
            if is_owed and not incentive.claim_move_id:
                incentive._post_claim()
            elif not is_owed and incentive.claim_move_id:
                incentive._reverse_claim()

    def _post_claim(self):
        move = self.env["account.move"]._with_clean_context().create(self._prepare_claim())
        move._post(soft=False)

    def _reverse_claim(self):
        """Take the claim back; money that came already stands on the funder's account."""
        move = self.claim_move_id
        move._reverse_moves(
            [
                {
                    "ref": self.env._("Taken back: %(claim)s", claim=move.ref),
                    "date": max(fields.Date.context_today(self), move.date),
                    "dealer_incentive_id": False,
                }
            ],
            cancel=True,
        )

    def _prepare_claim(self):
        """Return the values of the entry by which the funder owes it.

        Debit the funder's receivable; credit what it is for: the customer's debt of the car (a part of the price), his
        account (to be passed on), or income of ours.

        :return: dict for ``account.move.create``
        Source: P20
        """
        contract = self.contract_id
        company = contract.company_id
        today = fields.Date.context_today(self)
        balance = contract.currency_id._convert(self.amount, company.currency_id, company, today)
        debtor = self.funder_id.with_company(company)
        label = self.env._("%(what)s of %(contract)s", what=self.name, contract=contract.name)
        common = {"name": label, "currency_id": contract.currency_id.id, "date_maturity": today}
        return {
            "move_type": "entry",
            "journal_id": company._get_advance_journal().id,
            "company_id": company.id,
            "date": today,
            "ref": label,
            "dealer_incentive_id": self.id,
            "dealer_advance_contract_id": contract.id if self.is_down_payment else False,
            "line_ids": [
                Command.create(
                    {
                        **common,
                        "partner_id": debtor.id,
                        "account_id": debtor.property_account_receivable_id.id,
                        "balance": balance,
                        "amount_currency": self.amount,
                    }
                ),
                Command.create(
                    {**common, **self._prepare_credit(), "balance": -balance, "amount_currency": -self.amount}
                ),
            ],
        }

    def _prepare_credit(self):
        """Return partner and account of the credit side of the claim."""
        if self.recipient == "dealer":
            return {
                "partner_id": self.funder_id.id,
                "account_id": self.company_id._get_incentive_account().id,
            }
        debt = self.contract_id._get_car_debt()
        partner = debt.partner_id or self.contract_id.partner_id
        account = debt.account_id or partner.with_company(self.company_id).property_account_receivable_id
        return {"partner_id": partner.id, "account_id": account.id}

    # === Actions ===
    def action_receive(self):
        """Open core's window to book the funder's money against his debt.

        :return: act_window on ``account.payment.register``
        :raises AccessError: the user may not book payments
        :raises UserError: nothing is owed
        """
        self.contract_id._check_money_rights()
        lines = self.claim_move_id.line_ids.filtered(lambda line: line.debit and not line.reconciled)
        if not lines:
            raise UserError(
                self.env._("The funder owes nothing: it is claimed with the invoice of the car, or received already.")
            )
        return lines.action_register_payment()

    def action_cancel(self):
        """Take the incentive off the deal: a claim already made is reversed.

        :return: True
        :raises AccessError: the user may not change the deal, or a claim exists and he keeps no books
        """
        self.check_access("write")
        for incentive in self:
            if incentive.sudo().claim_move_id:
                incentive.contract_id._check_money_rights()
        incentives = self.sudo()  # entries are the system's, after the checks above
        incentives._sync_claims(is_claimed=False)
        incentives.write({"state": "cancelled"})
        return True

    def action_view_claim(self):
        """Open the entries of these incentives."""
        return self.move_ids._get_records_action(name=self.env._("Entries"), context={"create": False})

    def _get_words(self):
        """Return the incentive as it is printed on the contract."""
        self.ensure_one()
        values = {
            "what": self.name,
            "funder": self.funder_id.name,
            "amount": self.currency_id.format(self.amount),
        }
        if self.is_down_payment:
            return self.env._("%(what)s by %(funder)s: %(amount)s, pays a part of the price", **values)
        return self.env._("%(what)s by %(funder)s: %(amount)s, passed on when it has come", **values)
