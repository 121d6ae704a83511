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
