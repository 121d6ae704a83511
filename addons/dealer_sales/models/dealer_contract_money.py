from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .account_payment import DEPOSIT_KINDS


class DealerContract(models.Model):
    """The money side of a contract: every figure comes from payments and invoices."""

    _inherit = "dealer.contract"

    deposit_kind = fields.Selection(
        # The balance is no deposit
        DEPOSIT_KINDS[:-1],
        string="Deposit agreed",
        default="earnest",
        required=True,
        tracking=True,
        help="Earnest money is forfeited by a customer who withdraws and returned double by a "
        "dealer who does; a refundable deposit is simply paid back.",
    )
    deposit_amount = fields.Monetary(
        "Deposit",
        tracking=True,
        help="What the customer pays first. The customer page asks for this amount after the signature.",
    )
    payment_ids = fields.One2many("account.payment", "dealer_contract_id", "Payments")
    payment_count = fields.Integer(compute="_compute_money", compute_sudo=True)
    invoice_ids = fields.One2many("account.move", "dealer_contract_id", "Invoices")
    invoice_count = fields.Integer(compute="_compute_money", compute_sudo=True)
    amount_received = fields.Monetary(
        "Received",
        compute="_compute_money",
        compute_sudo=True,
        help="Posted payments of this contract less what was paid back, and what a bank statement "
        "matched with its invoices.",
    )
    amount_open = fields.Monetary(
        "Still to pay",
        compute="_compute_money",
        compute_sudo=True,
        help="What was signed, before that the price with taxes, less what was received; nothing once "
        "the contract is cancelled.",
    )
    amount_on_account = fields.Monetary(
        "On account",
        compute="_compute_amount_on_account",
        compute_sudo=True,
        help="Received and not yet matched with an invoice: it stands on the customer's account.",
    )
    amount_invoiced = fields.Monetary("Invoiced", compute="_compute_money", compute_sudo=True)
    is_overdue = fields.Boolean(
        "Overdue",
        compute="_compute_is_overdue",
        search="_search_is_overdue",
        compute_sudo=True,
        help="An invoice of this contract is past its due date and not fully paid.",
    )

    @api.depends(
        "amount_total",
        "signed_version_id.amount_total",
        "state",
        "payment_ids.state",
        "payment_ids.amount",
        "payment_ids.payment_type",
        "invoice_ids.line_ids.amount_residual",
        "invoice_ids.state",
    )
    def _compute_money(self):
        """Read payments and bank matches of all contracts with one query each.

        What the invoices say follows from their items: core derives an invoice's own totals from so much that each
        journal item of the house would look for contracts in a hundred ways.
        """
        payments = self._read_posted_payments()
        # Most deals are read before anything was invoiced
        matched = self.filtered("invoice_ids")._read_matched_elsewhere()
        for contract in self:
            key = contract._origin.id
            mine = payments.get(key, self.env["account.payment"])
            posted = contract.invoice_ids.filtered(lambda m: m.state == "posted")
            received = matched.get(key, 0.0) + sum(
                contract._in_my_currency(p.amount_signed, p.currency_id, p.date) for p in mine
            )
            contract.payment_count = len(mine)
            contract.invoice_count = len(contract.invoice_ids)
            contract.amount_received = contract._round_money(received)
            contract.amount_open = max(contract._round_money(contract._get_amount_due() - received), 0.0)
            contract.amount_invoiced = sum(
                contract._in_my_currency(m.amount_total_in_currency_signed, m.currency_id, m.date) for m in posted
            )

    @api.depends("payment_ids.state", "payment_ids.move_id.line_ids.amount_residual")
    def _compute_amount_on_account(self):
        """Read the unmatched money of all contracts with one query."""
        on_account = self._read_on_account()
        for contract in self:
            contract.amount_on_account = on_account.get(contract._origin.id, 0.0)

    def _get_amount_due(self):
        """Return what the customer owes in all, whatever was paid.

        Once signed it is the frozen total of the signed version: no seller can write that one.

        :return: float, in contract currency, tax included; 0.0 once cancelled
        """
        self.ensure_one()
        if self.state == "cancelled":
            return 0.0
        return self.signed_version_id.amount_total if self.state == "signed" else self.amount_total

    @api.depends("invoice_ids.line_ids.amount_residual", "invoice_ids.line_ids.date_maturity", "invoice_ids.state")
    def _compute_is_overdue(self):
        domain = self._overdue_invoice_domain()
        for contract in self:
            contract.is_overdue = bool(contract.invoice_ids.filtered_domain(domain))

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Asked as superuser: an advisor's list must find his contract, whoever may see the invoice
        overdue = self.sudo()._search([("invoice_ids", "any", self._overdue_invoice_domain())])
        return Domain("id", "in", overdue)

    # === CRUD ===
    def write(self, vals):
        if vals.keys() & {"deposit_amount", "deposit_kind"}:
            self._check_deposit_agreed()
        return super().write(vals)

    def _check_deposit_agreed(self):
        """Refuse another deposit than the one agreed: it is part of what the customer signed."""
        signed = self.filtered(lambda c: c.state == "signed")
        if signed and not (self.env.su or self.env.user.has_group("dealer_sales.group_sales_manager")):
            raise UserError(
                self.env._(
                    "Contract %(name)s is signed: only a sales manager changes its deposit.",
                    name=signed[0].name,
                )
            )

    # === Gates ===
    def _deposit_gates(self):
        gates = super()._deposit_gates()
        if not self.deposit_amount:
            return gates
        done = self._is_deposit_paid()
        hint = not done and self.env._(
            "%(amount)s agreed; the customer pays on his own page or at the desk.",
            amount=self.currency_id.format(self.deposit_amount),
        )
        return [
            *gates,
            {
                "code": "deposit",
                "label": self._get_deposit_paid_label(),
                "stage": "allocate",
                "done": done,
                "role": self._get_cashier_role(),
                "action": "action_register_deposit",
                "hint": hint,
            },
        ]

    def _invoice_gates(self):
        return [
            *super()._invoice_gates(),
            {
                "code": "invoiced",
                "label": self.env._("Invoiced"),
                "stage": "delivery",
                "done": self._is_invoiced(),
                "role": "account.group_account_invoice",
                "action": "action_invoice",
                "hint": self.env._("The whole order is on a posted invoice."),
            },
        ]

    def _payment_gates(self):
        done = self._is_paid()
        open_amount = self._get_customer_open()
        hint = not done and self.env._("%(amount)s still to pay.", amount=self.currency_id.format(open_amount))
        return [
            *super()._payment_gates(),
            {
                "code": "paid",
                "label": self.env._("Paid"),
                "stage": "delivery",
                "done": done,
                "role": self._get_cashier_role(),
                "action": "action_register_payment",
                "hint": hint,
            },
        ]

    @api.model
    def _get_cashier_role(self):
        """Return who takes customers' money. Hook: an add-on with cashiers names them.

        :return: xmlid of ``res.groups``
        """
        return "account.group_account_invoice"

    # === Actions ===

    def action_register_deposit(self):
        """Open the desk wizard to take the agreed deposit.

        :return: act_window on ``dealer.contract.payment``
        :raises AccessError: the user may not book payments
        """
        return self._action_receive(self.deposit_kind)

    def action_register_payment(self):
        """Open the desk wizard to take money: the deposit first, then what is still to pay.

        :return: act_window on ``dealer.contract.payment``
        :raises AccessError: the user may not book payments
        """
        self.ensure_one()
        return self._action_receive("balance" if self._is_deposit_paid() else self.deposit_kind)

    def action_invoice(self):
        """Invoice the contract's order to the invoice party and post it.

        The gates of stage "invoice" are asked first; the posting itself asks them again at the
        sink. Money on account is matched with the invoice at once.

        :return: action on the invoices
        :raises AccessError: the user may not make invoices
        :raises UserError: a required gate is open (names who must act), nothing to invoice
        Source: P16, P23, P51.
        """
        self._check_money_rights()
        for contract in self:
            contract._check_gates("invoice")
        invoices = self.env["account.move"]
        for contract in self:
            invoices |= contract._draft_invoices() or contract._create_invoices()
        invoices.action_post()
        return self.action_view_invoices()

    def action_request_invoice(self):
        """Ask the people who invoice to do it: an activity on the contract.

        :return: a notification that names whom
        :raises UserError: a gate before the invoice is open; nothing is left to invoice
        """
        for contract in self:
            contract.check_access("write")
            contract._check_gates("invoice")
        asked = self.env["res.users"].union(*(contract._ask_for_invoice() for contract in self))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%(people)s was asked for the invoice.", people=", ".join(asked.mapped("name"))),
            },
        }

    def _ask_for_invoice(self):
        """Make an activity for whoever makes invoices here and return this user."""
        text = self.env._(
            "%(user)s asks for the invoice of %(contract)s.", user=self.env.user.name, contract=self.display_name
        )
        return self._tell_of_money(text, self._get_invoicer_role())

    def action_view_invoices(self):
        """Open the invoices and red-letter invoices of these contracts.

        :return: action on ``account.move``
        """
        return self.invoice_ids._get_records_action(name=self.env._("Invoices"), context={"create": False})

    def action_view_payments(self):
        """Open the payments of these contracts.

        :return: action on ``account.payment``
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_account_payments")
        action["domain"] = [("dealer_contract_id", "in", self.ids)]
        action["context"] = {"create": False}
        return action

    def _action_receive(self, kind):
        self.ensure_one()
        self._check_money_rights()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Receive payment"),
            "res_model": "dealer.contract.payment",
            "view_mode": "form",
            "target": "new",
            "context": {"default_contract_id": self.id, "default_deposit_kind": kind},
        }

    # === Invoice ===
    def _is_invoiced(self):
        """Return whether every car and service of the order is on a posted invoice."""
        self.ensure_one()
        # A yes or no, also for who sees no invoice
        sold = self.sudo().order_line_ids.filtered(
            lambda line: line.product_uom_qty and not line.display_type and line.state != "cancel"
        )
        return bool(sold) and all(self._is_line_invoiced(line) for line in sold)

    def _is_line_invoiced(self, line):
        posted = line.invoice_lines.filtered(lambda item: item.parent_state == "posted")
        quantity = sum(-item.move_id.direction_sign * item.quantity for item in posted)
        return line.product_uom_id.compare(quantity, line.product_uom_qty) >= 0

    def _draft_invoices(self):
        """Return the invoices that wait to be posted, so that a second click makes no second one."""
        return self.invoice_ids.filtered(lambda m: m.state == "draft" and m.move_type == "out_invoice")

    def _create_invoices(self):
        """Make the draft invoices of this contract's order.

        The whole order, also what has not left yet: in a dealership the invoice comes before the
        keys (P23).
        """
        self.ensure_one()
        # The advisor reads on the contract that it is invoiced; an e-mail that makes him its salesperson says no more.
        order = self.sale_order_id.with_company(self.company_id).with_context(mail_auto_subscribe_no_notify=True)
        order._force_lines_to_invoice_policy_order()
        return order._create_invoices(final=True)

    # === Money ===

    def _is_deposit_paid(self):
        """Return whether the agreed deposit (or more) has been received."""
        self.ensure_one()
        return self.currency_id.compare_amounts(self.amount_received, self.deposit_amount) >= 0

    def _is_paid(self):
        """Return whether the customer has nothing left to pay himself; what others owe is theirs (P19)."""
        self.ensure_one()
        return self.currency_id.is_zero(self._get_customer_open())

    def _get_deposit_name(self, kind=None):
        """Return the kind of money by its own name: in Chinese and in law they differ (P16).

        :param str kind: default the kind agreed
        """
        kinds = dict(self._fields["deposit_kind"]._description_selection(self.env))
        return kinds.get(kind or self.deposit_kind, "")

    def _get_deposit_paid_label(self):
        return self.env._("%(kind)s paid", kind=self._get_deposit_name())

    def _money_parties(self):
        """Return who may pay for this contract; add-ons with lenders add theirs.

        :return: ``res.partner``, commercial partners
        """
        parties = self.partner_id | self.payer_id | self.invoice_partner_id | self.registered_owner_id
        return parties.commercial_partner_id

    def _get_placeholder_words(self):
        return [*super()._get_placeholder_words(), "deposit", "deposit_kind"]

    def _get_placeholder_values(self):
        return {
            **super()._get_placeholder_values(),
            "deposit": self.currency_id.format(self.deposit_amount),
            "deposit_kind": self._get_deposit_name(),
        }

    def _tell_cashier(self, text):
        """Tell the person who takes the money here, by an activity.

        :param str text: what happened and what to do
        """
        return self._tell_of_money(text, self._get_cashier_role())

    def _tell_of_money(self, text, role):
        """Make an activity on this contract and return who got it.

        :param str text: what happened and what to do
        :param str role: external identifier of the group who shall do it
        """
        self.ensure_one()
        contract = self.sudo()  # a customer's payment reaches people he cannot see
        user = contract._money_user(role)
        contract.activity_schedule(
            "mail.mail_activity_data_todo", summary=self.env._("Money"), note=text, user_id=user.id
        )
        return user

    @api.model
    def _get_invoicer_role(self):
        """Return the role that makes invoices. Hook.

        :return: str, external identifier of a group
        """
        return "account.group_account_invoice"

    def _money_user(self, role):
        """Return who is told of money: the company's chosen person, one of the role, or who may book it."""
        chosen = self.company_id.dealer_money_user_id
        if chosen.active and self.with_user(chosen).has_access("read"):
            return chosen
        for group in (role, "account.group_account_invoice"):
            people = self.env.ref(group).all_user_ids
            for user in people.filtered(lambda u: self.company_id in u.company_ids and u.active):
                if self.with_user(user).has_access("read"):
                    return user
        return self.user_id

    # === Tooling ===

    def _check_money_rights(self):
        """Refuse who may not book money: advisors sell, cashiers and accountants take it (P53).

        :raises AccessError: names the contract and the people to ask
        """
        if self.env.su or self.env.user.has_group("account.group_account_invoice"):
            return
        raise AccessError(
            self.env._(
                "%(contract)s: only people who may invoice can book money or invoices. Ask the "
                "cashier or the accountant.",
                contract=", ".join(self.mapped("display_name")),
            )
        )

    @api.model
    def _overdue_invoice_domain(self):
        return [
            *self._open_invoice_domain(),
            ("invoice_date_due", "<", fields.Date.context_today(self)),
        ]

    @api.model
    def _open_invoice_domain(self):
        return [
            ("move_type", "=", "out_invoice"),
            ("state", "=", "posted"),
            ("payment_state", "in", ("not_paid", "partial")),
        ]

    def _round_money(self, amount):
        return self.currency_id.round(amount) if self.currency_id else amount

    def _in_my_currency(self, amount, currency, date):
        """Return an amount in the contract's currency, at the rate of ``date``."""
        if not self.currency_id or currency == self.currency_id:
            return amount
        return currency._convert(amount, self.currency_id, self.company_id, date)

    def _read_posted_payments(self):
        """Return {contract id: posted payments} of all contracts in one query."""
        payments = self.env["account.payment"].search_fetch(
            [
                ("dealer_contract_id", "in", self.ids),
                ("state", "in", ("in_process", "paid")),
                ("is_dealer_compensation", "=", False),
            ],
            ["dealer_contract_id", "amount", "payment_type", "currency_id", "date"],
        )
        return {c.id: p for c, p in payments.grouped("dealer_contract_id").items()}

    def _read_on_account(self):
        """Return {contract id: unmatched money in contract currency}; positive is the customer's."""
        if not self.ids:
            return {}
        lines = self.env["account.move.line"].search_fetch(
            self._on_account_domain(),
            ["move_id", "amount_residual_currency", "currency_id", "date"],
        )
        result = {}
        for line in lines:
            contract = line.move_id.dealer_advance_contract_id or line.move_id.origin_payment_id.dealer_contract_id
            amount = contract._in_my_currency(-line.amount_residual_currency, line.currency_id, line.date)
            result[contract.id] = contract._round_money(result.get(contract.id, 0.0) + amount)
        return result

    def _read_matched_elsewhere(self):
        """Return {contract id: amount} matched with its invoices by money that names no contract.

        A bank statement line matched straight with the invoice, or a payment booked on the
        partner alone. In the invoice's currency, which is the contract's.
        """
        if not self.ids:
            return {}
        self.env["account.partial.reconcile"].flush_model()
        self.env["account.payment"].flush_model(["dealer_contract_id"])
        self.env["account.move"].flush_model(["dealer_contract_id", "state"])
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT invoice.dealer_contract_id, SUM(part.debit_amount_currency)
                      FROM account_partial_reconcile part
                      JOIN account_move_line debt ON debt.id = part.debit_move_id
                      JOIN account_move invoice ON invoice.id = debt.move_id
                      JOIN account_move_line credit ON credit.id = part.credit_move_id
                      JOIN account_move source ON source.id = credit.move_id
                 LEFT JOIN account_payment payment ON payment.id = source.origin_payment_id
                     WHERE invoice.dealer_contract_id IN %s
                       AND invoice.move_type = 'out_invoice'
                       AND (source.statement_line_id IS NOT NULL
                            OR (payment.id IS NOT NULL AND payment.dealer_contract_id IS NULL))
                  GROUP BY invoice.dealer_contract_id
                    """,
                    tuple(self.ids),
                )
            )
        )
