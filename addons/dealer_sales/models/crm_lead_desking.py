from odoo import fields, models


class CrmLead(models.Model):
    """Offers made for an enquiry."""

    _inherit = "crm.lead"

    desking_quote_ids = fields.One2many("dealer.desking.quote", "lead_id", string="Offers")
    desking_quote_count = fields.Integer(compute="_compute_desking_quote_count")

    def _compute_desking_quote_count(self):
        quotes = self.env["dealer.desking.quote"]
        counts = {}
        if quotes.has_access("read"):
            counts = dict(quotes._read_group([("lead_id", "in", self.ids)], ["lead_id"], ["__count"]))
        for lead in self:
            lead.desking_quote_count = counts.get(lead._origin, 0)

    def action_new_offer(self):
        """Open a new offer for this customer.

        :return: action of the offer's form
        :raises UserError: the enquiry has no name to make a customer of
        """
        self.ensure_one()
        if not self.partner_id:
            self._make_customer()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New offer"),
            "res_model": "dealer.desking.quote",
            "views": [(False, "form")],
            "context": self._get_offer_context(),
        }

    def _get_offer_context(self):
        trims = self.env["product.product"].search(
            [("series_id", "in", self.wanted_series_ids.ids), ("is_vehicle", "=", True), ("sale_ok", "=", True)],
            limit=2,
        )
        return {
            "default_partner_id": self.partner_id.id,
            "default_lead_id": self.id,
            "default_user_id": (self.user_id or self.env.user).id,
            # Only where there is nothing to choose
            "default_product_id": trims.id if len(trims) == 1 else False,
        }

    def action_view_offers(self):
        """Open the offers of this enquiry."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_sales.dealer_desking_quote_action")
        return {**action, "domain": [("lead_id", "=", self.id)], "context": self._get_offer_context()}
