from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import SQL, clean_context


class DealerContractSettlement(models.Model):
    """What becomes of the earnest money of a cancelled deal: proposed by rule, decided by a manager, then booked.

    Earnest money is forfeited by a customer who withdraws and returned double by a dealer who does, up to the cap of
    the law. All else (what is above the cap, refundable deposits, intention money) is simply paid back.
    """

    _name = "dealer.contract.settlement"
    _description = "Settlement of Earnest Money"
    _inherit = ["dealer.protected.mixin", "mail.thread"]
    _order = "id desc"
    _check_company_auto = True
    _rec_name = "contract_id"

    _protected_fields = frozenset(
        {
            "contract_id",
            "company_id",
            "withdrawn_by",
            "state",
            "partner_id",
            "amount_earnest",
            "cap_percent",
            "amount_capped",
            "decided_by_id",
            "date_decided",
            "booked_by_id",
            "move_id",
            "payment_id",
        }
    )

    contract_id = fields.Many2one("dealer.contract", required=True, index=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    partner_id = fields.Many2one("res.partner", "Payer", required=True, readonly=True)
    withdrawn_by = fields.Selection(
        [("customer", "The customer"), ("dealer", "We, the dealer")], "Who withdraws", required=True, readonly=True
    )
    state = fields.Selection(
        [("proposed", "To be decided"), ("decided", "To be booked"), ("booked", "Booked")],
        required=True,
        default="proposed",
        readonly=True,
        tracking=True,
    )
    amount_earnest = fields.Monetary("Earnest money paid", readonly=True)
    cap_percent = fields.Float("Cap (%)", readonly=True, digits=(5, 2), help="Of the price, by the rule of that day.")
    amount_capped = fields.Monetary(
        "Earnest money in law", readonly=True, help="At most the cap; the rest is a refundable deposit."
    )
    amount_forfeit = fields.Monetary("Forfeited", tracking=True, help="Kept as other income.")
    amount_compensation = fields.Monetary(
        "Compensation", tracking=True, help="Paid on top of what is paid back, so that it is returned double."
    )
    note = fields.Char("Why another amount", help="Asked when less than the rule says is taken or given.")
    decided_by_id = fields.Many2one("res.users", "Decided by", readonly=True)
    date_decided = fields.Datetime("Decided on", readonly=True)
    booked_by_id = fields.Many2one("res.users", "Booked by", readonly=True)
    move_id = fields.Many2one("account.move", "Entry", readonly=True, index="btree_not_null", ondelete="restrict")
    payment_id = fields.Many2one(
        "account.payment", "Compensation paid", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    is_compensation_due = fields.Boolean(
        "Compensation to pay",
        compute="_compute_is_compensation_due",
        compute_sudo=True,
        help="Booked and to be paid: no payment of it stands, as one that was cancelled or rejected does not.",
    )

    _contract_uniq = models.UniqueIndex("(contract_id)", "The earnest money of a contract is settled once.")
    _worklist_idx = models.Index("(company_id, state) WHERE state != 'booked'")
    _amounts_sane = models.Constraint(
        "CHECK (amount_forfeit >= 0 AND amount_compensation >= 0 AND amount_forfeit <= amount_capped"
        " AND amount_compensation <= amount_capped AND amount_capped <= amount_earnest)",
        "Not more is forfeited or paid on top than the earnest money in law.",
    )

    @api.depends("state", "amount_compensation", "payment_id.state")
    def _compute_is_compensation_due(self):
        for settlement in self:
            is_owed = settlement.state == "booked" and not settlement.currency_id.is_zero(
                settlement.amount_compensation
            )
            settlement.is_compensation_due = is_owed and not settlement._has_standing_payment()

    def _has_standing_payment(self):
        """Return whether the compensation is paid, or waits as a draft to be posted again."""
        return bool(self.payment_id) and self.payment_id.state not in ("canceled", "rejected")

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Settlements are made by cancelling a contract."))
        # Made as superuser: a default of the client's context must not decide or book it
        self = self.with_context(clean_context(self.env.context))  # noqa: PLW0642
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._refuse(self._get_protected_fields().intersection(vals))
            if any(settlement.state != "proposed" for settlement in self):
                raise UserError(self.env._("This settlement is decided and stays as it is."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What became of the money of a deal stays on file."))

    # === Acts ===
    def action_decide(self):
        """Decide on the amounts as they stand.

        :return: True
        :raises AccessError: no sales manager, or it is his own deal
        :raises UserError: decided already; another amount than proposed without a word why
        """
        for settlement in self:
            settlement._check_may_decide()
            settlement._lock()
            settlement._check_state("proposed")
            settlement._check_amounts()
            # Written by this act alone, after the checks
            settlement.sudo().write(
                {"state": "decided", "decided_by_id": self.env.uid, "date_decided": fields.Datetime.now()}
            )
            settlement.sudo()._tell_decided()
        return True

    def action_book(self):
        """Book what was decided: income of what is forfeited, expense and debt of the compensation.

        :return: True
        :raises AccessError: the user may not book
        :raises UserError: not decided; less is on account than is forfeited
        """
        for settlement in self:
            contract = settlement.contract_id
            contract._check_money_rights()
            settlement._lock()
            settlement._check_state("decided")
            settlement.sudo()._action_book(self.env.user)  # a cashier may not post entries of other journals
        return True

    def action_pay_compensation(self):
        """Pay the compensation to the payer of the earnest money, by the way it came.

        :return: action on the payment
        :raises AccessError: the user may not book payments
        :raises UserError: not booked, nothing to pay, or paid already
        """
        self.ensure_one()
        self.contract_id._check_money_rights()
        self._lock()
        self._check_state("booked")
        if not self.is_compensation_due:
            raise UserError(
                self.env._("%(contract)s: no compensation is to be paid.", contract=self.contract_id.display_name)
            )
        settlement = self.sudo()  # the link and the mark on the payment are the system's
        payment = settlement.env["account.payment"]._with_clean_context().with_company(self.company_id)
        settlement._free_failed_payment()
        payment = payment.create(settlement._prepare_compensation())
        settlement.payment_id = payment
        payment.action_post()
        return payment.sudo(False)._get_records_action()

    def _free_failed_payment(self):
        """Take the entry of a rejected payment back, so that the debt it had settled is open again."""
        failed = self.payment_id.move_id.filtered(lambda move: move.state == "posted")
        failed._reverse_moves(cancel=True)

    def _match_compensation(self):
        """Match the payment with the debt it pays. Superuser."""
        owed = self.move_id.line_ids.filtered(lambda line: line.balance < 0)
        (self.payment_id._customer_lines() | owed).filtered(lambda line: not line.reconciled).reconcile()

    def _check_may_decide(self):
        self.check_access("read")
        if not self.env.user.has_group("dealer_sales.group_sales_manager"):
            raise AccessError(self.env._("What becomes of earnest money is decided by a sales manager."))
        if self.env.user in self.sudo().contract_id._get_own_people():
            raise AccessError(self.env._("It is your own deal: a second person decides."))

    def _lock(self):
        """Let two who act at once come one after the other; the later one starts again and sees it."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL("UPDATE dealer_contract_settlement SET write_date = write_date WHERE id IN %s", tuple(self.ids))
        )
        self.invalidate_recordset()

    def _check_state(self, state):
        if self.state != state:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "Settlement of %(contract)s: %(state)s. This step is not due.",
                    contract=self.contract_id.display_name,
                    state=labels[self.state],
                )
            )

    def _check_amounts(self):
        is_customer = self.withdrawn_by == "customer"
        due, other = (
            (self.amount_forfeit, self.amount_compensation)
            if is_customer
            else (self.amount_compensation, self.amount_forfeit)
        )
        if not self.currency_id.is_zero(other):
            raise UserError(
                self.env._("Who withdraws gives the money: a customer gets no compensation, a dealer keeps nothing.")
            )
        if self.currency_id.compare_amounts(due, self.amount_capped) and not self.note:
            raise UserError(
                self.env._(
                    "The rule says %(amount)s. Write why it is another amount.",
                    amount=self.currency_id.format(self.amount_capped),
                )
            )

    def _tell_decided(self):
        contract = self.contract_id
        contract._tell_cashier(
            self.env._(
                "Earnest money of %(contract)s: %(forfeit)s is forfeited, %(compensation)s is paid on top. Book it, "
                "then pay the rest back.",
                contract=contract.display_name,
                forfeit=self.currency_id.format(self.amount_forfeit),
                compensation=self.currency_id.format(self.amount_compensation),
            )
        )

    # === Booking ===
    def _action_book(self, user):
        """Book without asking. Superuser, after the checks."""
        self = self.with_company(self.company_id)  # noqa: PLW0642
        contract = self.contract_id
        contract._serialise_money()
        credits = self._take_forfeited()
        lines, pairs = self._prepare_lines(credits)
        move = self.env["account.move"]._with_clean_context()
        if lines:
            move = move.create(self._prepare_entry(lines))
            move._post(soft=False)
            debits = move.line_ids.sorted("id").filtered(lambda line: line.balance > 0)
            for debit, credit in zip(debits, pairs, strict=False):
                (debit | credit).reconcile()
        self.write({"state": "booked", "booked_by_id": user.id, "move_id": move.id})
        contract._money_changed()

    def _take_forfeited(self):
        """Return which money on account is forfeited, oldest first.

        :return: list of (journal item, amount > 0 in its currency, balance > 0 in company currency)
        :raises UserError: less earnest money is on account than is forfeited
        """
        left, taken = self.amount_forfeit, []
        for payment in self._get_earnest_payments():
            payment._release_idle_advances()
            for line in payment._customer_lines().filtered(lambda line: not line.reconciled and line.balance < 0):
                worth = self.contract_id._in_my_currency(-line.amount_residual_currency, line.currency_id, line.date)
                amount = min(left, worth)
                if self.currency_id.compare_amounts(amount, 0.0) > 0:
                    taken.append((line, *self._get_part(line, amount / worth)))
                    left -= amount
        if self.currency_id.compare_amounts(left, 0.0) > 0:
            raise UserError(
                self.env._(
                    "%(contract)s: %(amount)s less earnest money is on account than is forfeited. Reverse the refund, "
                    "or let the manager decide anew.",
                    contract=self.contract_id.display_name,
                    amount=self.currency_id.format(left),
                )
            )
        return taken

    def _get_part(self, line, share):
        """Return what a share of an open credit is: (amount in its currency, balance in company currency)."""
        return (
            line.currency_id.round(-line.amount_residual_currency * share),
            line.company_currency_id.round(-line.amount_residual * share),
        )

    def _get_earnest_payments(self):
        return self.contract_id._get_earnest_payments()

    def _prepare_lines(self, credits):
        """Return the journal items of the entry, and the credits its debits are matched with, in the same order.

        :param list credits: see ``_take_forfeited``
        """
        company, income = self.company_id, self.company_id._get_forfeit_account()
        lines = []
        for line, amount, balance in credits:
            common = {"partner_id": line.partner_id.id, "currency_id": line.currency_id.id}
            lines += self._prepare_pair(line.account_id, income, amount, balance, common)
        amount = self.amount_compensation
        if not self.currency_id.is_zero(amount):
            accounts = company._get_compensation_account(), company._get_advance_account()
            common = {"partner_id": self.partner_id.id, "currency_id": self.currency_id.id}
            balance = self.contract_id._to_company_currency(amount)
            lines += self._prepare_pair(*accounts, amount, balance, common)
        return lines, [line for line, _amount, _balance in credits]

    def _prepare_pair(self, debit, credit, amount, balance, common):
        """Return a debit and a credit of the entry.

        :param float amount: above zero, in the currency of ``common``
        :param float balance: above zero, in company currency
        :param dict common: partner and currency of both
        """
        common = {**common, "name": self.env._("Earnest money of %(contract)s", contract=self.contract_id.name)}
        return [
            Command.create({**common, "account_id": debit.id, "balance": balance, "amount_currency": amount}),
            Command.create({**common, "account_id": credit.id, "balance": -balance, "amount_currency": -amount}),
        ]

    def _prepare_entry(self, lines):
        contract = self.contract_id
        return {
            "move_type": "entry",
            "journal_id": self.company_id._get_advance_journal().id,
            "company_id": self.company_id.id,
            "date": fields.Date.context_today(self),
            "ref": self.env._("Earnest money of %(contract)s", contract=contract.name),
            # What is owed on top stands on the contract's account until it is paid
            "dealer_advance_contract_id": contract.id if self.amount_compensation else False,
            "line_ids": lines,
        }

    def _prepare_compensation(self):
        source = self._get_earnest_payments()[:1]  # paid back by the way it came
        return {
            "payment_type": "outbound",
            "partner_type": "customer",
            "partner_id": self.partner_id.id,
            "amount": self.amount_compensation,
            "currency_id": self.currency_id.id,
            "journal_id": source.journal_id.id,
            "memo": self.env._("Compensation of %(contract)s", contract=self.contract_id.name),
            "dealer_contract_id": self.contract_id.id,
            "deposit_kind": "earnest",
            "is_dealer_compensation": True,
            "destination_account_id": self.company_id._get_advance_account().id,
        }


class DealerContract(models.Model):
    _inherit = "dealer.contract"

    settlement_ids = fields.One2many(
        "dealer.contract.settlement", "contract_id", "Settlement", groups="base.group_user"
    )

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"settlement_ids"}

    def _get_earnest_payments(self):
        """Return the earnest money paid in, oldest first."""
        return self.payment_ids.filtered(
            lambda payment: (
                payment.payment_type == "inbound"
                and payment.deposit_kind == "earnest"
                and payment.state in payment._valid_payment_states()
            )
        ).sorted(lambda payment: (payment.date, payment.id))

    def _check_earnest_settled(self):
        """Refuse to pay back or use what a manager still decides on, or the cashier still books.

        :raises UserError: names the contract
        """
        for contract in self.filtered(lambda c: c.sudo().settlement_ids.filtered(lambda s: s.state != "booked")):
            raise UserError(
                self.env._(
                    "%(contract)s: what becomes of its earnest money is not booked yet. A sales manager decides, then "
                    "the cashier books it on the page Changes and returns.",
                    contract=contract.display_name,
                )
            )

    def _get_earnest_split(self):
        """Return what of the earnest money on account is earnest money in law.

        :return: dict: ``earnest`` (float, on account), ``capped`` (float, at most the cap of the law), ``percent``
        Source: P16; ``dealer.contract.policy``
        """
        self.ensure_one()
        earnest = self._get_on_account_of(self._get_earnest_payments())
        day = fields.Date.to_date(self.date_signed) or fields.Date.context_today(self)
        percent = self.env["dealer.contract.policy"]._get_rule(self.company_id, day).earnest_cap_percent
        price = self.signed_version_id.amount_total or self.amount_total
        return {
            "earnest": self._round_money(earnest),
            "capped": self._round_money(min(earnest, price * percent / 100)),
            "percent": percent,
        }

    def _note_cancel(self, reason, withdrawn_by, user):
        """Keep the record of a cancellation and propose what becomes of earnest money. Superuser.

        :param str withdrawn_by: ``customer``, ``dealer`` or ``agreed``
        :param user: ``res.users`` who cancelled
        """
        decided = {"state": "done", "decided_by_id": user.id, "date_decided": fields.Datetime.now()}
        # A second person who cancels it himself decides what was asked; not what becomes of a trade-in: he was not
        # shown what was proposed, so that is decided on the act
        asked = self.act_ids.filtered(lambda act: act.state == "draft" and act.kind == "cancel")
        asked.write({**decided, "reason": reason, "withdrawn_by": withdrawn_by, "trade_in_fate": False})
        self.env["dealer.contract.act"].create(
            [
                {**contract._prepare_cancel_act(reason, withdrawn_by, user), **decided}
                for contract in self - asked.contract_id
            ]
        )
        if withdrawn_by != "agreed":
            for contract in self:
                contract._propose_settlement(withdrawn_by)

    def _propose_settlement(self, withdrawn_by):
        # Only a signed deal binds; before it the money is simply the customer's
        split = self._get_earnest_split()
        payments = self._get_earnest_payments()
        if not self.date_signed or not payments or self.currency_id.compare_amounts(split["capped"], 0.0) <= 0:
            return
        is_customer = withdrawn_by == "customer"
        self.env["dealer.contract.settlement"].create(
            {
                "contract_id": self.id,
                "partner_id": payments[0].partner_id.id,
                "withdrawn_by": withdrawn_by,
                "amount_earnest": split["earnest"],
                "cap_percent": split["percent"],
                "amount_capped": split["capped"],
                "amount_forfeit": split["capped"] if is_customer else 0.0,
                "amount_compensation": 0.0 if is_customer else split["capped"],
            }
        )


class AccountPayment(models.Model):
    _inherit = "account.payment"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_compensation_not_typed(vals)
        return super().create(vals_list)

    def _prepare_create_values(self, vals_list):
        # Nor by a default from a context
        result = super()._prepare_create_values(vals_list)
        if not self.env.su:
            for vals in result:
                vals.pop("is_dealer_compensation", None)
        return result

    def write(self, vals):
        self._check_compensation_not_typed(vals)
        if vals.keys() & {"dealer_contract_id", "deposit_kind"}:
            self._check_earnest_settled()
        return super().write(vals)

    def _check_earnest_settled(self):
        """Refuse to use earnest money for something else before it is booked what becomes of it.

        :raises UserError: names the contract
        """
        self.filtered(lambda payment: payment.deposit_kind == "earnest").dealer_contract_id._check_earnest_settled()

    @api.model
    def _check_compensation_not_typed(self, vals):
        if not self.env.su and "is_dealer_compensation" in vals:
            raise AccessError(self.env._("A compensation is paid with the button of its settlement."))

    def _release_applied_advances(self):
        """Money that was forfeited, or paid as compensation, stays as it was booked.

        :raises UserError: names the settlement
        """
        # A compensation is our money going out: set back, what it paid is owed again
        self.filtered("is_dealer_compensation")._check_not_taken_back()
        mine = self.filtered(lambda payment: payment.dealer_contract_id and not payment.is_dealer_compensation)
        partials = mine._customer_lines().matched_debit_ids | mine._customer_lines().matched_credit_ids
        moves = (partials.debit_move_id | partials.credit_move_id).move_id
        settled = self.env["dealer.contract.settlement"].sudo()
        settled = settled.search([("move_id", "in", moves.ids)], limit=1) if moves else settled
        if settled:
            raise UserError(
                self.env._(
                    "This money is settled with contract %(contract)s: the accountant corrects it by an entry.",
                    contract=settled.contract_id.name,
                )
            )
        return super(AccountPayment, mine)._release_applied_advances()

    def action_post(self):
        """Post as core does; a compensation is paid once, and settles its debt.

        :raises UserError: another payment of the same compensation stands
        """
        compensations = self.filtered("is_dealer_compensation")
        if not compensations:
            return super().action_post()
        settlements = compensations._take_settlements()
        result = super().action_post()
        for settlement in settlements:
            settlement._match_compensation()
        return result

    def _check_not_taken_back(self):
        """Refuse to revive a rejected payment whose entry was reversed when the compensation was paid anew."""
        for payment in self:
            back = payment.move_id.reversal_move_ids.filtered(lambda move: move.state == "posted")
            if back:
                raise UserError(
                    self.env._(
                        "%(payment)s was rejected and taken back with %(entry)s: pay the compensation with its button.",
                        payment=payment.display_name,
                        entry=back[:1].display_name,
                    )
                )

    def _take_settlements(self):
        """Let each settlement name the one payment that pays its compensation, and return the settlements."""
        settlements = self.env["dealer.contract.settlement"].sudo()  # whoever posts; they are the system's to write
        for payment in self:
            settlement = payment.dealer_contract_id.sudo().settlement_ids
            if not settlement:
                continue
            settlement._lock()
            if settlement.payment_id != payment and settlement._has_standing_payment():
                raise UserError(
                    self.env._(
                        "%(contract)s: its compensation is paid with %(payment)s already.",
                        contract=payment.dealer_contract_id.display_name,
                        payment=settlement.payment_id.display_name,
                    )
                )
            settlement.payment_id = payment
            settlements |= settlement
        return settlements


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_forfeit_account_id = fields.Many2one(
        "account.account",
        "Forfeited earnest money",
        check_company=True,
        domain="[('account_type', 'in', ('income_other', 'income'))]",
        help="Other income. Empty: found in the chart (5301, 6301) or made at the first forfeiture.",
    )
    dealer_compensation_account_id = fields.Many2one(
        "account.account",
        "Compensation to customers",
        check_company=True,
        domain="[('account_type', '=', 'expense')]",
        help="Expense. Empty: found in the chart (5711, 6711) or made at the first compensation.",
    )

    def _get_forfeit_account(self):
        """Return the account of other income for forfeited earnest money, found or made once."""
        name = self.env._("Forfeited earnest money")
        return self._find_or_make_account("dealer_forfeit_account_id", ("5301", "6301"), "income_other", name)

    def _get_compensation_account(self):
        """Return the expense account of what is paid on top of earnest money, found or made once."""
        name = self.env._("Compensation to customers")
        return self._find_or_make_account("dealer_compensation_account_id", ("5711", "6711"), "expense", name)

    def _find_or_make_account(self, field, prefixes, account_type, name):
        self.ensure_one()
        company = self.sudo()  # a cashier books without rights on the settings
        if not company[field]:
            accounts = self.env["account.account"].sudo().with_company(self)
            found = accounts.browse()
            if self.account_fiscal_country_id.code == "CN":
                candidates = accounts.search(accounts._check_company_domain(self), order="code")
                found = candidates.filtered(lambda account: (account.code or "").startswith(prefixes))[:1]
            values = {
                "name": name,
                "code": accounts._search_new_account_code(prefixes[0] + "90"),
                "account_type": account_type,
                "company_ids": [Command.set(self.ids)],
            }
            company[field] = found or accounts.create(values)
        return company[field]
