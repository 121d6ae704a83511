from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

BOOKS = "account.group_account_invoice,account.group_account_readonly"


class DealerRegistrationStep(models.Model):
    """What the clerk paid for the customer is booked with its receipt: it takes the collected money away (P50)."""

    _inherit = "dealer.registration.step"

    _protected_fields = frozenset({"move_id", "is_booked"})

    move_id = fields.Many2one(
        "account.move",
        "Entry",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        groups=BOOKS,
    )
    is_booked = fields.Boolean(
        "Paid and booked",
        compute="_compute_is_booked",
        compute_sudo=True,
        store=True,
        help="The fee left the cash box or bank and was taken off the money collected from the customer.",
    )

    _move_uniq = models.UniqueIndex("(move_id) WHERE move_id IS NOT NULL", "This entry books another fee already.")

    @api.depends("move_id.state", "move_id.reversal_move_ids.state")
    def _compute_is_booked(self):
        for step in self:
            reversed_by = step.move_id.reversal_move_ids.filtered(lambda move: move.state == "posted")
            step.is_booked = step.move_id.state == "posted" and not reversed_by

    def _check_no_draft_entry(self):
        """Refuse another fee beside an entry that was set to draft: posted again it would book the fee twice.

        :raises UserError: naming the step and its entry
        """
        for step in self:
            move = step.sudo().move_id  # the accountant's entry, named to the clerk
            if move.state == "draft":
                raise UserError(
                    self.env._(
                        "“%(step)s”: its entry %(entry)s is a draft. Ask the accountant to post it again or to cancel "
                        "it; then the fee can be typed anew.",
                        step=step.name,
                        entry=move.display_name,
                    )
                )

    def write(self, vals):
        """Keep what was paid and booked."""
        if not self.env.su and vals.keys() & {"fee", "number", "date_done"}:
            self._check_no_draft_entry()
            for step in self.filtered("is_booked"):
                raise UserError(
                    self.env._(
                        "“%(step)s”: its fee is booked. Press “Take the fee back” first, then type it anew.",
                        step=step.name,
                    )
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_booked(self):
        self._check_no_draft_entry()
        for step in self.filtered("is_booked"):
            raise UserError(self.env._("“%(step)s”: its fee is booked.", step=step.name))

    # === Actions ===
    def _check_can_close(self):
        super()._check_can_close()
        self._check_receipt()

    def _check_receipt(self):
        if self.fee and not self.number and not self.attachment_ids:
            raise UserError(
                self.env._(
                    "“%(step)s”: the fee needs its receipt. Type the number of the receipt, or add its picture.",
                    step=self.name,
                )
            )

    def _action_done(self, user):
        super()._action_done(user)
        self._book_fee()

    def action_book_fee(self):
        """Book fees that were typed after their step was done.

        :raises UserError: no fee, no receipt, booked already
        """
        self.check_access("write")
        for step in self:
            # Done, so it was paid: booked whatever became of the deal since
            step.registration_id.sudo()._lock_settlement()
            step._check_no_draft_entry()
            if step.state != "done" or not step.fee or step.is_booked:
                raise UserError(
                    self.env._("“%(step)s”: there is no fee of a step done that waits to be booked.", step=step.name)
                )
            step._check_receipt()
            step.sudo()._book_fee()  # the clerk pays from his box and writes no entries
        return True

    def action_take_back_fee(self):
        """Reverse the entries of fees, so that the right ones can be typed.

        :raises UserError: not booked
        """
        self.check_access("write")
        for step in self:
            step.registration_id.sudo()._lock_settlement()  # not while somebody settles what the fees left
            if not step.is_booked:
                raise UserError(self.env._("“%(step)s”: its fee is not booked.", step=step.name))
            registration = step.registration_id
            registration._check_not_settled()
            # The clerk's own entry, of this fee alone
            step.sudo()._reverse_fee()
            registration.message_post(
                body=self.env._(
                    "The fee of “%(step)s” (%(fee)s) was taken back.",
                    step=step.name,
                    fee=step.currency_id.format(step.fee),
                )
            )
        return True

    def _reverse_fee(self):
        self.move_id._reverse_moves([{"date": fields.Date.context_today(self)}], cancel=True)
        self.move_id = False

    # === Entry ===
    def _book_fee(self):
        """Book what was paid. Superuser; the caller checked the person."""
        if self.currency_id.is_zero(self.fee):
            return
        moves = self.env["account.move"]._with_clean_context().with_company(self.company_id)
        move = moves.create(self._prepare_fee_entry())
        move._post(soft=False)
        for paper in self.attachment_ids:
            paper.copy({"res_model": move._name, "res_id": move.id})
        self.move_id = move

    def _prepare_fee_entry(self):
        """Return the entry: the collected money of the customer pays, from the box or the bank."""
        registration, company = self.registration_id, self.company_id
        contract = registration.contract_id
        journal = company._get_fee_journal()
        label = " · ".join(filter(None, (contract.name, self.name, self.number)))
        partner = (contract.invoice_partner_id or contract.partner_id).commercial_partner_id
        lines = [
            (company._get_pass_through_account(), self.fee),
            (company._get_fee_credit_account(journal), -self.fee),
        ]
        return {
            "move_type": "entry",
            "journal_id": journal.id,
            "company_id": company.id,
            "date": self.date_done or fields.Date.context_today(self),
            "ref": label,
            "line_ids": [
                Command.create({"name": label, "account_id": account.id, "partner_id": partner.id, "balance": balance})
                for account, balance in lines
            ],
        }


class DealerRegistration(models.Model):
    """Money collected for plates and taxes goes to zero: paid on, given back, or asked for (P50)."""

    _inherit = "dealer.registration"

    settlement_move_id = fields.Many2one(
        "account.move",
        "Settled with",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        groups=BOOKS,
    )

    _settlement_uniq = models.UniqueIndex(
        "(settlement_move_id) WHERE settlement_move_id IS NOT NULL", "This document settles another registration."
    )

    @api.depends("settlement_move_id.state", "settlement_move_id.reversal_move_ids.state")
    def _compute_collected(self):
        super()._compute_collected()
        for registration in self:
            sign = 1 if registration.settlement_move_id.move_type == "out_invoice" else -1
            registration.fee_difference += sign * registration._get_settled_amount()

    def _get_settled_amount(self):
        """Return what the posted document settles, less what posted documents take back of it."""
        self.ensure_one()
        move = self.settlement_move_id
        if move.state != "posted":
            return 0.0
        taken_back = move.reversal_move_ids.filtered(lambda back: back.state == "posted")
        return move.amount_total - sum(taken_back.mapped("amount_total"))

    def _is_settled(self):
        """Return whether a document settles this registration: a draft too, one that was reversed in full not."""
        move = self.settlement_move_id
        if move.state != "posted":
            return move.state == "draft"
        return self.currency_id.compare_amounts(self._get_settled_amount(), 0.0) > 0

    def action_settle(self):
        """Give back what is left of the collected money, or charge what was paid beyond it: a draft document.

        :return: action on the credit note or invoice
        :raises AccessError: the user makes no invoices
        :raises UserError: nothing to settle, fees not booked, not invoiced yet, settled already
        """
        self.ensure_one()
        self.check_access("read")
        self.env["account.move"].check_access("create")
        registration = self.sudo()  # read with the system's rights, after the checks above
        registration._lock_settlement()
        registration._check_can_settle()
        move = registration.env["account.move"]._with_clean_context().with_company(self.company_id)
        registration.settlement_move_id = move.create(registration._prepare_settlement())
        return registration.settlement_move_id.sudo(False)._get_records_action()

    def _lock_settlement(self):
        # Written, not only locked: the later of two people is run again and told that it is settled
        self.flush_recordset()
        self.env.cr.execute("UPDATE dealer_registration SET write_date = write_date WHERE id = %s", self.ids)
        self.invalidate_recordset()

    def _check_not_settled(self):
        registration = self.sudo()  # the accountant's document, named to the clerk
        move = registration.settlement_move_id
        if registration._is_settled():
            raise UserError(
                self.env._(
                    "%(registration)s is settled with %(document)s.",
                    registration=self.display_name,
                    document=move.display_name,
                )
            )

    def _check_can_settle(self):
        self._check_not_settled()
        waiting = self.step_ids.filtered(lambda step: step.fee and not step.is_booked)
        sold = self._get_collected_lines()
        if waiting:
            reason = self.env._("these fees are not booked yet: %(steps)s", steps=", ".join(waiting.mapped("name")))
        elif self.state == "open":
            reason = self.env._("it is not closed yet, more fees may come")
        elif any(line.qty_invoiced < line.product_uom_qty for line in sold):
            reason = self.env._("the contract is not invoiced yet")
        elif self.currency_id.is_zero(self.fee_difference):
            reason = self.env._("nothing is left of the collected money")
        else:
            return
        raise UserError(
            self.env._("%(registration)s cannot be settled: %(reason)s.", registration=self.display_name, reason=reason)
        )

    def _prepare_settlement(self):
        """Return the credit note of what is left, or the invoice of what the fees cost beyond what was collected."""
        contract, difference = self.contract_id, self.fee_difference
        product = self.step_ids.product_id[:1] or self.env.ref("dealer_sales.product_registration_fee")
        line = {
            "product_id": product.id,
            "name": self.env._("Registration of %(car)s: fees against what was collected", car=self.vehicle_id.vin),
            "quantity": 1.0,
            "price_unit": abs(difference),
            "account_id": self.company_id._get_pass_through_account().id,
            "tax_ids": [Command.clear()],
        }
        return {
            "move_type": "out_refund" if difference > 0 else "out_invoice",
            "company_id": self.company_id.id,
            "partner_id": (contract.invoice_partner_id or contract.partner_id).id,
            "currency_id": self.currency_id.id,
            "invoice_origin": contract.name,
            "invoice_line_ids": [Command.create(line)],
        }

    def action_view_settlement(self):
        """Open the document that settles this registration."""
        return self.settlement_move_id._get_records_action()


class AccountMove(models.Model):
    _inherit = "account.move"

    # Read from the cache when a document is posted; without it each posting would search the steps.
    dealer_registration_step_ids = fields.One2many(
        "dealer.registration.step", "move_id", "Registration steps", groups=BOOKS
    )
