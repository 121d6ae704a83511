from odoo import api, fields, models
from odoo.exceptions import UserError

from .dealer_claim import CLERK, MANAGER


class DealerClaimChargeback(models.Model):
    """What a payer takes back after he paid, mostly after an audit (P39)."""

    _name = "dealer.claim.chargeback"
    _description = "Charge-back of a Claim"
    _inherit = ["dealer.protected.mixin", "mail.thread"]
    _order = "date desc, id desc"
    _rec_name = "claim_id"
    _check_company_auto = True

    _protected_fields = frozenset({"state", "announced_by_id", "booked_by_id", "company_id", "partner_id"})

    claim_id = fields.Many2one("dealer.claim", required=True, index=True, ondelete="restrict", check_company=True)
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(related="claim_id.partner_id", store=True)
    vehicle_id = fields.Many2one(related="claim_id.vehicle_id")
    date = fields.Date("Announced on", required=True, default=fields.Date.context_today)
    amount = fields.Monetary(required=True, help="In the sums of the claim.")
    reason = fields.Char("Payer's Reason", required=True)
    state = fields.Selection(
        [("announced", "To Charge Back"), ("booked", "Charged Back"), ("withdrawn", "Withdrawn")],
        required=True,
        default="announced",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    announced_by_id = fields.Many2one(
        "res.users", "Entered by", readonly=True, copy=False, default=lambda self: self.env.user
    )
    booked_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    move_id = fields.Many2one(
        "account.move",
        "Credit Note",
        readonly=True,
        copy=False,
        groups="account.group_account_readonly,account.group_account_invoice",
    )

    _amount_positive = models.Constraint("CHECK (amount > 0)", "A charge-back is more than nothing.")
    _once_uniq = models.UniqueIndex(
        "(claim_id, date, amount) WHERE state != 'withdrawn'",
        "This charge-back was entered already: the same claim, day and sum. Open it under Charge-backs.",
    )

    @api.constrains("amount", "claim_id", "state")
    def _check_amount(self):
        for claim in self.claim_id:
            total = sum(claim.sudo().chargeback_ids.filtered(lambda back: back.state != "withdrawn").mapped("amount"))
            if claim.state != "answered":
                raise UserError(
                    self.env._("%(claim)s is not answered: record what was cut there.", claim=claim.display_name)
                )
            if claim.currency_id.compare_amounts(total, claim.amount_accepted) > 0:
                raise UserError(
                    self.env._(
                        "%(claim)s: %(total)s charged back is more than the %(accepted)s that were accepted.",
                        claim=claim.display_name,
                        total=claim.currency_id.format(total),
                        accepted=claim.currency_id.format(claim.amount_accepted),
                    )
                )

    def write(self, vals):
        if not self.env.su:
            self._check_state("announced")
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_announced(self):
        self._check_state("announced")

    # --- actions ------------------------------------------------------------------------

    def action_book(self):
        """Credit the payer what he takes back.

        :raises AccessError: the user is no manager
        :raises UserError: booked or withdrawn already, or the manager entered it himself
        """
        self.claim_id._check_role(MANAGER)
        for back in self.filtered(lambda back: back.announced_by_id == self.env.user):
            raise UserError(
                self.env._(
                    "%(claim)s: another person than you, who entered the charge-back, books it.",
                    claim=back.claim_id.display_name,
                )
            )
        self.claim_id._lock()
        self._check_state("announced")
        for back in self:
            back._action_book()
        return True

    def action_withdraw(self):
        """Note that the payer no longer takes anything back."""
        self.claim_id._check_role(CLERK)
        self._check_state("announced")
        # Narrow sudo: role and state are checked.
        self.sudo().write({"state": "withdrawn"})
        return True

    def _check_state(self, state):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for back in self.filtered(lambda back: back.state != state):
            raise UserError(
                self.env._(
                    "The charge-back of %(claim)s is “%(state)s” already.",
                    claim=back.claim_id.display_name,
                    state=labels[back.state],
                )
            )

    def _action_book(self):
        self.ensure_one()
        # Narrow sudo: manager and second person are checked; credit notes are not his to write.
        back = self.sudo()
        claim = back.claim_id._as_system()
        ref = self.env._("%(claim)s: charge-back, %(reason)s", claim=claim.name, reason=back.reason)
        move = claim._credit(claim._spread(back.amount), ref)
        back.write({"state": "booked", "booked_by_id": self.env.uid, "move_id": move.id})


class DealerClaim(models.Model):
    _inherit = "dealer.claim"

    def _spread(self, amount):
        """Spread a sum over the lines in proportion to what was accepted of them, exact to the cent.

        :param float amount: in this claim's sums
        :return: {``account.move.line`` of the bill: amount}
        """
        self.ensure_one()
        lines = self.line_ids.filtered("amount_accepted")
        left, weight, spread = amount, sum(lines.mapped("amount_accepted")), {}
        for line in lines:
            part = self.currency_id.round(left * line.amount_accepted / weight) if weight else 0.0
            spread[line.invoice_line_id] = part
            left, weight = left - part, weight - line.amount_accepted
        return {line: self.currency_id.round(part) for line, part in spread.items() if part}
