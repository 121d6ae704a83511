from odoo import api, fields, models
from odoo.exceptions import AccessError


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
        if vals.keys() & {"state", "invoice_line_ids", "line_ids"}:
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
        policies = self.env["dealer.insurance.policy"].sudo()._search_charged(lines)
        policies._commission_changed()
        sold = self.env["dealer.protection.contract"].sudo().search([("bill_line_id", "in", lines.ids)])
        for field in sold._fields.values():
            if field.compute == "_compute_is_remitted":
                self.env.add_to_compute(field, sold)

    def _get_commission_shares(self):
        """Return which part of these invoices still stands, and which part of what is due the insurer has paid.

        Credit notes are no money: those that give commission back take it off their policy, any others off the whole.

        :return: {``account.move``: {"standing": float 0 to 1, "paid": float 0 to 1}}
        """
        policies = self.env["dealer.insurance.policy"].sudo()._search_charged(self.line_ids)
        by_move = policies.grouped(lambda policy: policy.commission_line_id.move_id)
        return {move: move._get_commission_share(by_move.get(move, policies.browse())) for move in self}

    def _get_commission_share(self, policies):
        total, currency = self.amount_total, self.currency_id
        if self.state != "posted" or currency.is_zero(total):
            return {"standing": 1.0, "paid": 0.0}
        partials = self.line_ids.matched_credit_ids.filtered(
            lambda partial: partial.credit_move_id.move_id.move_type == "out_refund"
        )
        others = partials.filtered(lambda partial: not partial.credit_move_id.move_id.is_dealer_fni)
        paid = total - self.amount_residual - sum(partials.mapped("debit_amount_currency"))
        taken_off = sum(others.mapped("debit_amount_currency"))
        given_back = policies.filtered(lambda policy: policy._is_clawback_live()).clawback_line_id
        due = total - taken_off - sum(given_back.mapped("price_total"))
        is_due = currency.compare_amounts(due, 0.0) > 0
        return {"standing": 1.0 - taken_off / total, "paid": min(paid / due, 1.0) if is_due else 0.0}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def unlink(self):
        """Let policies know that their line of a draft is gone."""
        charged = self.filtered(lambda line: line.move_id.is_dealer_fni)
        policies = self.env["dealer.insurance.policy"].sudo()
        policies = policies._search_charged(charged) if charged else policies
        result = super().unlink()
        if policies:
            policies.invalidate_recordset(["commission_line_id", "clawback_line_id"])
            policies._commission_changed()
        return result
