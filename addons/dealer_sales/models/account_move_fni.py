from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools import insurance


class AccountMove(models.Model):
    """Invoices to insurers and bills of providers: what they say of policies and products."""

    _inherit = "account.move"

    is_dealer_fni = fields.Boolean(
        "Commission or Remittance",
        readonly=True,
        copy=False,
        help="Charges an insurer our commission, or pays a provider for products sold.",
    )

    @api.model
    def _check_contract_not_typed(self, vals):
        super()._check_contract_not_typed(vals)
        if not self.env.su and "is_dealer_fni" in vals:
            raise AccessError(
                self.env._("Whether a document charges a commission or remits products follows from how it was made.")
            )

    def write(self, vals):
        res = super().write(vals)
        if "state" in vals:
            self.filtered("is_dealer_fni")._refresh_fni()
        return res

    def _compute_payment_state(self):
        super()._compute_payment_state()
        self.filtered("is_dealer_fni")._refresh_fni()

    def _refresh_fni(self):
        """Derive anew what these documents charge, and what was received.

        Not by a dependency of the policies: each entry of the house would ask the database for policies it charges.
        """
        lines = self.line_ids
        # Whoever books the document, its policies and products follow
        charged = ["|", ("commission_line_id", "in", lines.ids), ("clawback_line_id", "in", lines.ids)]
        policies = self.env["dealer.insurance.policy"].sudo().search(charged)
        sold = self.env["dealer.protection.contract"].sudo().search([("bill_line_id", "in", lines.ids)])
        for records, method in ((policies, "_compute_commission_money"), (sold, "_compute_is_remitted")):
            for field in records._fields.values():
                if field.compute == method:
                    self.env.add_to_compute(field, records)

    def _share_commission_money(self):
        """Return what insurers paid of these posted invoices, without tax, for each of their lines.

        A credit note that takes commission of the same lines back settles an invoice too, yet it is no money.

        :return: {id of the line: float}
        """
        posted = self.filtered(lambda move: move.state == "posted")
        set_off = posted._read_set_off()
        shares = {}
        for move in posted:
            lines = move.invoice_line_ids.filtered("price_total")
            amounts = {line: line.price_total for line in lines}
            settled = move.amount_total - move.amount_residual
            paid = insurance.share_money(amounts, set_off.get(move, {}), settled)
            shares.update({line.id: paid[line] * line.price_subtotal / line.price_total for line in lines})
        return shares

    def _read_set_off(self):
        """Return how much of each line of these invoices was settled with the credit note of its own claw-back.

        :return: {invoice: {line: amount with tax}}
        """
        partials = self.line_ids.matched_credit_ids.filtered(lambda part: part.credit_move_id.move_id.is_dealer_fni)
        if not partials:
            return {}
        # Whoever reads an invoice of commission, its policies say which line takes back which
        policies = self.env["dealer.insurance.policy"].sudo()
        policies = policies.search([("commission_line_id", "in", self.invoice_line_ids.ids)]).filtered("clawback_line_id")
        result = {}
        for (move, note), parts in partials.grouped(
            lambda part: (part.debit_move_id.move_id, part.credit_move_id.move_id)
        ).items():
            mine = policies.filtered(lambda p, m=move, n=note: (p.commission_move_id, p.clawback_line_id.move_id) == (m, n))
            own = sum(mine.clawback_line_id.mapped("price_total"))
            part = min(sum(parts.mapped("amount")), own) / own if own else 0.0
            for policy in mine:
                result.setdefault(move, {})[policy.commission_line_id] = policy.clawback_line_id.price_total * part
        return result
