from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import clean_context

from .dealer_claim import CLERK, MANAGER


class DealerClaim(models.Model):
    """The payer's answer, once, and who bears what he cuts."""

    _inherit = "dealer.claim"

    # --- actions ------------------------------------------------------------------------

    def action_accept_all(self):
        """Record that the payer accepted these claims in full."""
        self._check_role(CLERK)
        self._check_state("sent")
        self.line_ids.write({"answer": "accepted"})
        return self.action_answer()

    def action_answer(self):
        """Record the payer's answer as it stands on the lines; what was cut is taken back by a credit note.

        :raises AccessError: the user is no warranty administrator
        :raises UserError: not submitted, answered already, a line without answer, or a cut without the payer's reason
        Source: product.md B33
        """
        self._check_role(CLERK)
        self._check_state("sent")
        for claim in self:
            claim._check_answer()
        # Whoever records at the same instant waits here, starts again and finds the claim answered.
        self._lock()
        self._check_state("sent")
        for claim in self:
            claim._action_answer()
        return True

    def action_charge_customer(self):
        """Bill the customer what the payer cut.

        :raises UserError: nothing was cut, or it is decided already
        """
        self._check_role(CLERK)
        self._check_variance("open")
        self._lock()
        self._check_variance("open")
        for claim in self:
            claim._charge_customer()
        return True

    def action_write_off(self):
        """Write off what the payer cut; above the administrator's limit a manager approves.

        :raises UserError: nothing was cut, it is decided already, or nobody wrote why
        Source: product.md B33, practice P40
        """
        self._check_role(CLERK)
        self._check_variance("open")
        for claim in self.filtered(lambda claim: not (claim.variance_reason or "").strip()):
            raise UserError(
                self.env._("%(claim)s: write the reason of the write-off first.", claim=claim.display_name)
            )
        self._lock()
        self._check_variance("open")
        for claim in self:
            limit = claim._get_policy()["write_off_limit"]
            alone = claim.currency_id.compare_amounts(sum(claim._get_undecided().values()), limit) <= 0
            # Narrow sudo: role, step and limit are checked; the fields are protected from typing.
            claim.sudo().write(
                {"variance_state": "requested", "variance_user_id": self.env.uid, "variance_approver_id": False}
            )
            if alone:
                claim.sudo()._decide("written_off")
        return True

    def action_approve_write_off(self):
        """Approve a write-off somebody else asked for.

        :raises AccessError: the user is no manager
        :raises UserError: he asked for it himself, or nobody asks
        """
        self._check_role(MANAGER)
        self._check_variance("requested")
        for claim in self.filtered(lambda claim: claim.variance_user_id == self.env.user):
            raise UserError(
                self.env._("%(claim)s: another person than you, who asked, approves.", claim=claim.display_name)
            )
        self._lock()
        self._check_variance("requested")
        # Narrow sudo: manager and second person are checked.
        self.sudo().write({"variance_approver_id": self.env.uid})
        for claim in self.sudo():
            claim._decide("written_off")
        return True

    def action_refuse_write_off(self):
        """Send a write-off back: somebody else has to bear what was cut."""
        self._check_role(MANAGER)
        self._check_variance("requested")
        # Narrow sudo: the manager is checked.
        self.sudo().write({"variance_state": "open", "variance_user_id": False})
        return True

    # --- checks -------------------------------------------------------------------------

    def _check_answer(self):
        self.ensure_one()
        for line in self.line_ids:
            below = self.currency_id.compare_amounts(line.amount_accepted, line.amount_claimed) < 0
            problem = False
            if not line.answer:
                problem = self.env._("there is no answer yet")
            elif below and not (line.answer_reason or "").strip():
                problem = self.env._("write the payer's reason for the cut")
            if problem:
                raise UserError(
                    self.env._(
                        "%(claim)s, line %(line)s (%(name)s): %(problem)s.",
                        claim=self.display_name,
                        line=line.number,
                        name=line.name,
                        problem=problem,
                    )
                )

    def _check_variance(self, state):
        labels = dict(self._fields["variance_state"]._description_selection(self.env))
        for claim in self.filtered(lambda claim: claim.variance_state != state):
            raise UserError(
                self.env._(
                    "%(claim)s: what was cut is “%(state)s”. This step is not possible.",
                    claim=claim.display_name,
                    state=labels.get(claim.variance_state) or self.env._("nothing"),
                )
            )

    # --- business -----------------------------------------------------------------------

    def _action_answer(self):
        """Write one checked answer and take back what was cut. Hook: upper add-ons extend it."""
        self.ensure_one()
        # Narrow sudo: role and answer are checked; bills are not the administrator's to write.
        claim = self._as_system()
        claim.write(
            {
                "state": "answered",
                "date_answered": fields.Date.context_today(self),
                "answered_by_id": self.env.uid,
            }
        )
        self._take_variance(claim)
        self.invalidate_recordset()

    def _take_variance(self, claim):
        """Credit what was cut, and write it off at once within the payer's tolerance.

        :param claim: this claim as superuser
        """
        if claim.currency_id.compare_amounts(claim.amount_variance, 0) <= 0:
            return
        claim._credit_variance()
        claim._decide_variance(claim.amount_variance)

    def _decide_variance(self, amount):
        """Write a cut off within the payer's tolerance, else let somebody decide who bears it.

        :param float amount: cut now, in this claim's sums
        """
        self.ensure_one()
        small = self.currency_id.compare_amounts(amount, self._get_policy()["tolerance"]) <= 0
        self.variance_state = "open"
        if small:
            self.variance_reason = self.env._("Within the payer's tolerance")
            self._decide("written_off")

    def _decide(self, state):
        """Write who bears what was cut and not decided yet.

        :param str state: ``written_off`` or ``customer``
        """
        self.ensure_one()
        for line in self.line_ids:
            line.amount_decided = line.amount_variance
        self.variance_state = state

    def _get_undecided(self):
        """Return what was cut and nobody bears yet.

        :return: {``dealer.claim.line``: amount in this claim's sums}
        """
        self.ensure_one()
        undecided = {line: line.amount_variance - line.amount_decided for line in self.line_ids}
        return {line: amount for line, amount in undecided.items() if not self.currency_id.is_zero(amount)}

    def _as_system(self):
        """Return these claims as superuser in their company, without defaults of the caller."""
        return self.sudo().with_company(self.company_id).with_context(clean_context(self.env.context))

    def _credit_variance(self):
        """Take back from the payer exactly what he cut, and set it off against the bill.

        :return: the posted credit note
        """
        cuts = {line.invoice_line_id: line.amount_variance for line in self.line_ids if line.amount_variance}
        return self._credit(cuts, self.env._("%(claim)s: cut by the payer", claim=self.name))

    def _credit(self, cuts, ref, total=None):
        """Post a credit note to the payer and set it off against what is open of the bill.

        :param dict cuts: {``account.move.line`` of the bill: amount in this claim's sums}
        :param str ref: printed reference
        :param float total: with tax, when it is agreed; None: what the taxes make of the sums
        :return: the posted ``account.move``
        """
        credit = self.env["account.move"].create(self._prepare_move("out_refund", self.partner_id, cuts, ref))
        credit.reversed_entry_id = self.invoice_id
        self._post_exactly(credit, total or (sum(cuts.values()) if self.is_tax_included else None))
        receivable = (self.invoice_id | credit).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )
        if len(receivable.move_id) == 2:
            receivable.reconcile()
        return credit

    def _charge_customer(self):
        """Bill the customer what the payer cut.

        :return: the posted ``account.move``, superuser
        """
        self.ensure_one()
        # Narrow sudo: role and step are checked.
        claim = self._as_system()
        cuts = {line.invoice_line_id: amount for line, amount in claim._get_undecided().items()}
        customer = claim.order_id.payer_id or claim.order_id.partner_id
        ref = self.env._("%(order)s: not paid by %(payer)s", order=claim.order_id.name, payer=claim.partner_id.name)
        bill = claim.env["account.move"].create(claim._prepare_move("out_invoice", customer, cuts, ref))
        claim._post_exactly(bill, sum(cuts.values()) if claim.is_tax_included else None)
        claim.variance_user_id = self.env.uid
        claim._decide("customer")
        claim.order_id._gates_changed()
        return bill

    def _prepare_move(self, move_type, partner, cuts, ref):
        """Return the values of a credit note to the payer or of a bill to the customer.

        :param str move_type: ``out_refund`` or ``out_invoice``
        :param partner: ``res.partner`` who gets it
        :param dict cuts: {``account.move.line``: amount in this claim's sums}
        :param str ref: printed reference
        """
        return {
            "move_type": move_type,
            "company_id": self.company_id.id,
            "journal_id": self.invoice_id.journal_id.id,
            "partner_id": partner.id,
            "currency_id": self.invoice_id.currency_id.id,
            "ref": ref,
            "dealer_repair_id": self.order_id.id,
            "dealer_claim_id": self.id,
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": line.product_id.id if line.product_id.type == "service" else False,
                        "name": line.name,
                        "account_id": line.account_id.id,
                        "quantity": 1.0,
                        "price_unit": self._get_net(line, amount),
                        "tax_ids": [Command.set(line.tax_ids.ids)],
                    }
                )
                for line, amount in cuts.items()
            ],
        }

    def _get_net(self, line, amount):
        """Return a sum of this claim without tax.

        :param line: ``account.move.line`` that tells the taxes
        :param float amount: with tax when the claim's sums are
        """
        if not self.is_tax_included:
            return amount
        taxes = line.tax_ids.with_context(force_price_include=True)
        return taxes.compute_all(amount, line.currency_id, partner=line.partner_id)["total_excluded"]

    def _post_exactly(self, move, total):
        """Post a bill or credit note whose total is the sum that was agreed, whatever rounding makes of its tax.

        :param move: draft ``account.move``
        :param float total: with tax; None: what the taxes make of it
        """
        missing = move.currency_id.round(total - move.amount_total) if total is not None else 0.0
        tax_line = move.line_ids.filtered("tax_line_id")[:1]
        if tax_line and missing:
            sign = 1 if move.move_type == "out_refund" else -1
            changed = tax_line.amount_currency + sign * missing
            move.write({"line_ids": [Command.update(tax_line.id, {"amount_currency": changed})]})
        move.action_post()
