from odoo import api, fields, models

from ..models.dealer_protection_product import COST_GROUP


class DealerProtectionCancel(models.TransientModel):
    """Shows what an early end of a product gives back, and does it."""

    _name = "dealer.protection.cancel"
    _description = "Cancel F&I Product"

    protection_contract_id = fields.Many2one("dealer.protection.contract", "Product", required=True, readonly=True)
    currency_id = fields.Many2one(related="protection_contract_id.currency_id")
    company_currency_id = fields.Many2one(
        related="protection_contract_id.company_currency_id", string="Company Currency"
    )
    price = fields.Monetary(related="protection_contract_id.price")
    date = fields.Date("Ends on", required=True, default=fields.Date.context_today)
    odometer_km = fields.Integer(
        "Mileage (km)", compute="_compute_odometer_km", store=True, readonly=False, help="Read that day."
    )
    reason = fields.Char(required=True)
    used_percent = fields.Float("Used (%)", digits=(6, 2), compute="_compute_refund")
    amount_refund = fields.Monetary("Given Back without Tax", compute="_compute_refund")
    cost_refund = fields.Monetary(
        "Back from the Provider",
        currency_field="company_currency_id",
        compute="_compute_cost_refund",
        compute_sudo=True,
        groups=COST_GROUP,
    )
    is_charged_back = fields.Boolean("Counts against the Deal", compute="_compute_refund")

    @api.depends("protection_contract_id")
    def _compute_odometer_km(self):
        for wizard in self:
            sold = wizard.protection_contract_id
            wizard.odometer_km = max(sold.vehicle_id.odometer_km, sold.odometer_from)

    @api.depends("date", "odometer_km", "protection_contract_id")
    def _compute_refund(self):
        for wizard in self:
            values = wizard._get_refund()
            for name in ("used_percent", "amount_refund", "is_charged_back"):
                wizard[name] = values.get(name, False)

    @api.depends("date", "odometer_km", "protection_contract_id")
    def _compute_cost_refund(self):
        for wizard in self:
            wizard.cost_refund = wizard._get_refund().get("cost_refund", 0.0)

    def _get_refund(self):
        sold = self.protection_contract_id
        return sold._prepare_cancel(self.date, self.odometer_km) if sold and self.date else {}

    def action_cancel(self):
        """Cancel the product; credit note and provider's refund wait as drafts.

        :raises UserError: it does not run any more; day or mileage cannot be
        """
        self.ensure_one()
        self.protection_contract_id._cancel_pro_rata(self.date, self.odometer_km, self.reason)
        return {"type": "ir.actions.act_window_close"}
