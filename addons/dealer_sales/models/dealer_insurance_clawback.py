from odoo import fields, models
from odoo.exceptions import UserError

from ..tools import insurance
from .dealer_insurance_policy import COMMISSION_READERS


class DealerInsurancePolicy(models.Model):
    """What an insurer takes back of his commission when a policy is cancelled."""

    _inherit = "dealer.insurance.policy"

    commission_clawback = fields.Monetary(
        "Taken Back",
        compute="_compute_commission_money",
        compute_sudo=True,
        store=True,
        groups=COMMISSION_READERS,
        help="The part of an invoiced commission that the insurer takes back by the row of his rates, because the "
        "policy is cancelled. What is not invoiced yet is expected for the covered days alone.",
    )
    commission_kept = fields.Float(
        "Charged Share",
        readonly=True,
        copy=False,
        aggregator=None,
        groups=COMMISSION_READERS,
        help="The share of the whole commission that was charged: less than 1 when the policy had ended early already.",
    )
    clawback_line_id = fields.Many2one(
        "account.move.line",
        "Credit Note Line",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups=COMMISSION_READERS,
    )

    _clawback_line_uniq = models.UniqueIndex(
        "(clawback_line_id) WHERE clawback_line_id IS NOT NULL", "A line of a credit note gives back for one policy."
    )
    _clawback_idx = models.Index("(insurer_id) WHERE commission_state = 'to_return'")

    def _get_taken_back_share(self, rate):
        """Return the share of its commission this policy loses by its early end.

        :param rate: ``dealer.insurance.commission.rate`` that counts for it
        :return: float from 0.0 (not cancelled) to 1.0
        """
        self.ensure_one()
        if not self.date_cancelled or not self.date_from or not self.date_to:
            return 0.0
        share = insurance.get_taken_back_share(
            self.date_from, self.date_to, self.date_cancelled, rate.clawback or "pro_rata", rate.clawback_days
        )
        return float(share)

    def _get_clawback(self, invoiced):
        """Return what the insurer takes back of an invoiced commission: what is credited, else by his row."""
        self.ensure_one()
        if self._has_credit_note():
            return self.clawback_line_id.price_subtotal
        if not invoiced or not self.date_cancelled:
            return 0.0
        whole = invoiced / (self.commission_kept or 1.0)
        return self.currency_id.round(max(invoiced - whole * self._get_kept_share(), 0.0))

    def _get_kept_share(self):
        """Return the share of its commission this policy keeps by the row of its insurer: 1.0 unless it ended early."""
        rates = self.env["dealer.insurance.commission.rate"]._read_rates(self.company_id, self.insurer_id)
        return 1.0 - self._get_taken_back_share(rates._find_rate(self))

    def _is_clawback_live(self):
        """Return whether the commission is given back: a draft gives back nothing."""
        return self.clawback_line_id.move_id.state == "posted"

    def _has_credit_note(self):
        """Return whether a credit note is made, be it a draft: no second one, and the early end stays."""
        move = self.clawback_line_id.move_id
        return bool(move) and move.state != "cancel"

    def write(self, vals):
        """Keep an early end that was settled with the insurer."""
        if vals.keys() & {"date_cancelled", "date_from", "date_to", "insurer_id"}:
            for policy in self.sudo():  # the accountant's document decides, whoever may read it
                if policy._has_credit_note():
                    raise UserError(
                        self.env._(
                            "%(policy)s: its commission is given back with %(document)s. Cancel that credit note "
                            "first.",
                            policy=policy.display_name,
                            document=policy.clawback_line_id.move_id.display_name,
                        )
                    )
        return super().write(vals)

    def action_return_commission(self):
        """Give the insurers back what they take back: one draft credit note each, with a line for each policy.

        :return: action on the credit notes
        :raises AccessError: the user may not make credit notes
        :raises UserError: nothing to give back, a credit note is made already, or the invoice is a draft still
        """
        self.env["account.move"].check_access("create")
        due = self.filtered(
            lambda policy: policy.commission_state == "to_return" and not policy.sudo()._has_credit_note()
        )
        if not due:
            raise UserError(
                self.env._(
                    "Nothing to give back: none of the chosen policies was cancelled after its commission was "
                    "invoiced, or their credit notes are made already."
                )
            )
        due.sudo()._check_commission_posted()  # the accountant's document, named to whoever may make another
        # That a policy is settled with its insurer is written by this act alone
        moves = self.env["account.move"]
        for (company, insurer), policies in due.sudo().grouped(lambda p: (p.company_id, p.insurer_id)).items():
            moves |= policies.with_company(company)._create_clawback(company, insurer)
        return moves.sudo(False)._get_records_action(name=self.env._("Credit notes"), context={"create": False})

    def _check_commission_posted(self):
        """Refuse to give back what is on no posted invoice.

        :raises UserError: naming the policy, its draft and the way out
        """
        for policy in self:
            move = policy.commission_line_id.move_id
            if move.state != "posted":
                raise UserError(
                    self.env._(
                        "%(policy)s: its commission is on %(document)s, which is not posted, so there is nothing to "
                        "give back. Cancel or delete that invoice and charge the commission anew: it counts the "
                        "covered days alone.",
                        policy=policy.display_name,
                        document=move.display_name,
                    )
                )

    def _create_clawback(self, company, insurer):
        policies = self.sorted("id")
        rows = [
            {
                **policy._prepare_commission_line(),
                "price_unit": policy.commission_clawback,
                "tax_ids": [fields.Command.set(policy.commission_line_id.tax_ids.ids)],
                "sequence": number,
            }
            for number, policy in enumerate(policies)
        ]
        move = self._create_commission_move(company, insurer, "out_refund", rows)
        for policy, line in zip(policies, move.invoice_line_ids.sorted("sequence"), strict=True):
            policy.clawback_line_id = line
        policies._follow_up()
        return move
