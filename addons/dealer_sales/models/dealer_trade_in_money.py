from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command


class DealerTradeIn(models.Model):
    """The money of a received car: bill, pay-off, and the owner's claim set off against the new car (P21).

    Bill: the car at the lower of allowance and value, the over-allowance as a cost of the selling deal; together the
    allowance. Pay-off: what the lien holder gets leaves the owner's claim; what is above it was charged with the new
    car. The rest of the claim is the customer's money on the contract. See docs/decisions/0206-trade-ins.md.
    """

    _inherit = "dealer.trade.in"

    bill_id = fields.Many2one("account.move", "Bill", readonly=True, copy=False, index="btree_not_null")
    lien_move_id = fields.Many2one("account.move", "Pay-off Entry", readonly=True, copy=False, index="btree_not_null")
    claim_move_id = fields.Many2one("account.move", "Set-off Entry", readonly=True, copy=False, index="btree_not_null")
    amount_netted = fields.Monetary(
        "Set Off", readonly=True, copy=False, help="What of the allowance pays the new car, booked."
    )

    # === Booking ===
    def _book(self, order):
        """Book the received car: bill, pay-off and set-off, each matched.

        :param order: its ``purchase.order``
        """
        self.ensure_one()
        bill = self.env["account.move"]._with_clean_context().create(self._prepare_bill(order))
        bill._post(soft=False)
        self._check_bill(bill)
        self.bill_id = bill
        if not self.currency_id.is_zero(self.lien_amount):
            self.lien_move_id = self._post_entry(self._prepare_lien_lines())
        if self.currency_id.compare_amounts(self.equity, 0.0) > 0:
            self.claim_move_id = self._post_entry(
                self._prepare_claim_lines(), dealer_advance_contract_id=self.contract_id.id
            )
            self.amount_netted = self.equity
        self._match_bill()
        self.contract_id._money_changed()

    def _check_bill(self, bill):
        if self.currency_id.compare_amounts(bill.amount_total, self.allowance):
            raise UserError(
                self.env._(
                    "%(trade_in)s: its bill would be %(bill)s instead of %(allowance)s. Ask the accountant to look at "
                    "the purchase taxes.",
                    trade_in=self.display_name,
                    bill=self.currency_id.format(bill.amount_total),
                    allowance=self.currency_id.format(self.allowance),
                )
            )

    def _prepare_bill(self, order):
        """Return the values of the owner's bill over the whole allowance.

        :param order: ``purchase.order`` of the car
        :return: dict for ``account.move.create``
        """
        today = fields.Date.context_today(self)
        over = self._prepare_over_allowance_line()
        return {
            "move_type": "in_invoice",
            "partner_id": self.owner_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": today,
            "date": today,
            "invoice_origin": order.name,
            "invoice_payment_term_id": False,
            "ref": self.reverse_invoice_number or self.name,
            "dealer_trade_in_id": self.id,
            "invoice_line_ids": [
                Command.create(self._prepare_car_line(order.order_line)),
                *([Command.create(over)] if over else []),
            ],
        }

    def _prepare_car_line(self, line):
        return {
            "product_id": line.product_id.id,
            "name": line.name,
            "quantity": 1.0,
            "price_unit": line.price_unit,
            "tax_ids": [Command.set(line.tax_ids.ids)],
            "purchase_line_id": line.id,
        }

    def _prepare_over_allowance_line(self):
        """Return the bill line of what is given above the value, {} for none: a cost of the car that is sold."""
        if self.currency_id.is_zero(self.over_allowance):
            return {}
        return {
            "name": self.env._("Over-allowance in %(contract)s", contract=self.contract_id.name),
            "account_id": self.company_id._get_over_allowance_account().id,
            "quantity": 1.0,
            "price_unit": self._get_over_allowance_net(),
            "tax_ids": [Command.set(self._get_purchase_taxes().ids)],
            "dealer_deal_vehicle_id": self.contract_id.vehicle_id.id,
        }

    def _prepare_lien_lines(self):
        """Return the pay-off: (account, partner, balance) for each line."""
        owner, lender = self._get_owner(), self.lien_partner_id.commercial_partner_id
        above = max(-self.equity, 0.0)
        return [
            (self._get_payable(), owner, self._round(self.lien_amount - above)),
            (self.company_id._get_pass_through_account(), self._get_customer(), above),
            (lender.with_company(self.company_id).property_account_payable_id, lender, -self.lien_amount),
        ]

    def _prepare_claim_lines(self):
        """Return the set-off: the claim becomes the customer's money on the contract."""
        owner = self._get_owner()
        account = self.contract_id._money_account(owner, self.equity)
        return [(self._get_payable(), owner, self.equity), (account, owner, -self.equity)]

    def _post_entry(self, lines, **values):
        """Return a posted balanced entry.

        :param list lines: (account, partner, balance); lines of nothing are left out
        :param values: further values of the entry
        """
        label = self.env._("Trade-in %(name)s of %(contract)s", name=self.name, contract=self.contract_id.name)
        entries = self.env["account.move"]._with_clean_context()
        entry = entries.create(
            {
                "move_type": "entry",
                "journal_id": self.company_id._get_advance_journal().id,
                "company_id": self.company_id.id,
                "date": fields.Date.context_today(self),
                "ref": label,
                "dealer_trade_in_id": self.id,
                "line_ids": [
                    Command.create(
                        {"name": label, "account_id": account.id, "partner_id": partner.id, "balance": balance}
                    )
                    for account, partner, balance in lines
                    if not self.currency_id.is_zero(balance)
                ],
                **values,
            }
        )
        entry._post(soft=False)
        return entry

    def _match_bill(self):
        """Match what the entries took of the owner's claim with his bill: nothing of it is left."""
        owed = self.bill_id.line_ids.filtered(lambda line: line.display_type == "payment_term")
        entries = self.lien_move_id | self.claim_move_id
        taken = entries.line_ids.filtered(lambda line: line.account_id in owed.account_id and line.balance > 0)
        (owed | taken).filtered(lambda line: not line.reconciled).reconcile()

    def _get_owner(self):
        return self.owner_id.commercial_partner_id

    def _get_customer(self):
        return self.contract_id.invoice_partner_id.commercial_partner_id

    def _get_payable(self):
        return self.bill_id.line_ids.filtered(lambda line: line.display_type == "payment_term").account_id[:1]

    # === The deal ends ===
    def _release_claim(self):
        """Undo the set-off of received cars whose deal is off: they stay bought, and we owe their owners.

        What was charged above the allowance for a pay-off is the customer's debt then. Superuser.
        """
        for trade_in in self.filtered(lambda t: t.state == "received"):
            trade_in = trade_in.with_company(trade_in.company_id)
            trade_in._reverse_claim()
            above = max(-trade_in.equity, 0.0)
            if not trade_in.currency_id.is_zero(above):
                customer = trade_in._get_customer()
                account = customer.with_company(trade_in.company_id).property_account_receivable_id
                passed = trade_in.company_id._get_pass_through_account()
                trade_in._post_entry([(account, customer, above), (passed, customer, -above)])

    def _reverse_claim(self):
        claim = self.claim_move_id
        if not claim:
            return
        credit = claim.line_ids.filtered(lambda line: line.balance < 0)
        moved = credit.matched_debit_ids.debit_move_id.move_id.filtered("dealer_advance_contract_id")
        moved._reverse_moves(cancel=True)
        claim._reverse_moves(cancel=True)
        self.write({"claim_move_id": False, "amount_netted": 0.0})

    def action_give_back(self):
        """Give received cars back to their owners after the deal was cancelled; everything booked is undone.

        :return: True
        :raises AccessError: no sales manager
        :raises UserError: the deal goes on, the car is promised or gone, the pay-off was paid
        Source: P22
        """
        self.check_access("write")
        if not (self.env.su or self.env.user.has_group("dealer_sales.group_sales_manager")):
            raise AccessError(self.env._("A sales manager gives traded-in cars back."))
        for trade_in in self:
            trade_in._lock()
            trade_in._check_may_give_back()
            trade_in.sudo()._give_back()  # stock, bill and entries of this one car, after the checks above
        return True

    def _check_may_give_back(self):
        self.ensure_one()
        if self.state != "received" or self.contract_id.state != "cancelled":
            raise UserError(
                self.env._(
                    "%(trade_in)s: only a car that was received for a cancelled deal is given back.",
                    trade_in=self.display_name,
                )
            )
        books = self.sudo()  # a yes or no, also for who sees no entries
        owed = (books.lien_move_id.line_ids | books.bill_id.line_ids).filtered(lambda line: line.balance < 0)
        paid = owed.matched_debit_ids.debit_move_id.move_id - books._get_entries()
        if paid:
            raise UserError(
                self.env._(
                    "%(trade_in)s: its owner or the lien holder was paid already. The car stays bought.",
                    trade_in=self.display_name,
                )
            )
        self.vehicle_id._check_may_be_returned()

    def _get_entries(self):
        """Return every document booked for this car, as superuser."""
        return self.env["account.move"].sudo().search([("dealer_trade_in_id", "=", self.id)])

    def _give_back(self):
        """Undo the books and send the car back to its owner."""
        trade_in = self.with_company(self.company_id)
        entries = trade_in._get_entries().filtered(
            lambda move: move.state == "posted" and move.move_type == "entry" and not move.reversal_move_ids
        )
        entries.filtered(lambda move: not move.reversed_entry_id)._reverse_moves(cancel=True)
        car = trade_in.vehicle_id
        car._return_arrival(car._get_arrival().sudo())
        trade_in.bill_id._reverse_moves(
            [{"invoice_date": fields.Date.context_today(self), "ref": trade_in.name}], cancel=True
        )
        car.owner_id = trade_in.owner_id
        trade_in.state = "returned"
