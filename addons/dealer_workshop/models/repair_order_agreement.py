import hashlib

from odoo import fields, models


class RepairOrder(models.Model):
    """The agreement (维修委托书): frozen word by word when the customer signs it."""

    _inherit = "repair.order"

    _protected_fields = frozenset({"agreement_text", "agreement_hash"})

    agreement_text = fields.Html(
        string="Signed Text", readonly=True, copy=False, sanitize=False, help="What the customer read and signed."
    )
    agreement_hash = fields.Char(
        string="Text SHA-256", readonly=True, copy=False, help="Proves that the text is as it was signed."
    )
    is_agreement_intact = fields.Boolean(
        string="Signed Text Unchanged", compute="_compute_is_agreement_intact", help="The text still has its SHA-256."
    )

    def _compute_is_agreement_intact(self):
        for order in self:
            order.is_agreement_intact = bool(order.agreement_hash) and order.agreement_hash == order._hash_agreement()

    def _sign(self, name, signature_b64, ip=None):
        """Freeze the text together with the signature."""
        super()._sign(name, signature_b64, ip=ip)
        self.agreement_text = self._render_agreement()
        # As the database keeps it, which is what will be compared
        self.flush_recordset(["agreement_text"])
        self.invalidate_recordset(["agreement_text"])
        self.agreement_hash = self._hash_agreement()

    def _hash_agreement(self):
        """Return the SHA-256 of the signed text with its signature's name and moment."""
        self.ensure_one()
        signed = f"{self.signed_by}|{self.signed_on}|{self.agreement_text or ''}"
        return hashlib.sha256(signed.encode()).hexdigest()

    def _render_agreement(self):
        """Return the text of the agreement as of now, in the customer's language.

        :return: Markup
        """
        self.ensure_one()
        # Narrow sudo: the text must not depend on who lets it be signed; no cost is in it.
        order = self.sudo().with_context(lang=self.partner_id.lang or self.env.lang)
        return order.env["ir.qweb"]._render(
            "dealer_workshop.repair_order_agreement_text", {"o": order, "car": order.dealer_vehicle_id}
        )
