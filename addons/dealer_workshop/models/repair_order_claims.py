from odoo import fields, models
from odoo.tools.misc import clean_context

CLAIMED = ("warranty", "insurance")


class RepairOrder(models.Model):
    """What makers and insurers pay becomes claims when the order is settled."""

    _inherit = "repair.order"

    claim_ids = fields.One2many("dealer.claim", "order_id", "Claims", copy=False)
    claim_count = fields.Integer(compute="_compute_claim_count")

    def _compute_claim_count(self):
        claims = self.env["dealer.claim"]
        counts = {}
        if claims.has_access("read"):
            counts = dict(claims._read_group([("order_id", "in", self.ids)], ["order_id"], ["__count"]))
        for order in self:
            order.claim_count = counts.get(order, 0)

    def action_view_claims(self):
        """Open the claims of this order."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_workshop.dealer_claim_action")
        return {**action, "domain": [("order_id", "=", self.id)], "context": {}}

    def _action_settle(self):
        pay_types = set(self.job_ids.split_ids.mapped("pay_type"))
        if "warranty" in pay_types:
            # Narrow sudo: the advisor settles; hours left out of a claim follow from the operations.
            self.env["dealer.job.line"].sudo()._count_steps_once(self._get_settled_jobs().sudo().line_ids)
        super()._action_settle()
        if pay_types.intersection(CLAIMED):
            self._make_claims()

    def _action_reverse_settlement(self, reason):
        self._cancel_claims()
        return super()._action_reverse_settlement(reason)

    def _make_claims(self):
        """Make the claim of each bill of a maker or an insurer.

        :return: ``dealer.claim``, superuser
        """
        self.ensure_one()
        # Narrow sudo: claims follow from the settlement, whose role and gates were checked.
        order = self.sudo().with_company(self.company_id).with_context(clean_context(self.env.context))
        claims = order.env["dealer.claim"]
        # Cancelled ones are those of a settlement that was taken back.
        live = order.payer_order_ids.filtered(lambda one: one.dealer_pay_type in CLAIMED and one.state != "cancel")
        for payer_order in live:
            for invoice in payer_order.invoice_ids.filtered(lambda move: move.state == "posted"):
                claims |= claims._make_for_bill(invoice, order, payer_order.dealer_pay_type)
        return claims

    def _cancel_claims(self):
        """Cancel the claims of orders whose settlement is taken back.

        :raises UserError: one was submitted already
        """
        # Narrow sudo: the caller checked who takes a settlement back.
        self.sudo().claim_ids.filtered(lambda claim: claim.state != "cancelled")._cancel()
