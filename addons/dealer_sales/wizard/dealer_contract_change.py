from odoo import api, fields, models


class DealerContractChange(models.TransientModel):
    _name = "dealer.contract.change"
    _description = "Another Car for a Contract"

    contract_id = fields.Many2one("dealer.contract", required=True, readonly=True)
    contract_state = fields.Selection(related="contract_id.state")
    company_id = fields.Many2one(related="contract_id.company_id")
    currency_id = fields.Many2one(related="contract_id.currency_id")
    former_product_id = fields.Many2one(related="contract_id.product_id", string="Agreed")
    former_vehicle_id = fields.Many2one(related="contract_id.vehicle_id", string="Car so far")
    product_id = fields.Many2one(
        "product.product",
        "Trim",
        compute="_compute_product_id",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        domain="[('is_vehicle', '=', True), ('sale_ok', '=', True)]",
    )
    vehicle_id = fields.Many2one(
        "dealer.vehicle",
        "Car",
        domain="[('company_id', '=', company_id), ('product_id', '=', product_id), ('claim', '=', 'free'),"
        " ('place', 'in', ('ordered', 'in_transit', 'at_site'))]",
        help="Empty: one is allocated later.",
    )
    price = fields.Monetary(
        "Price with tax", compute="_compute_price", store=True, precompute=True, readonly=False, required=True
    )
    amount_fee = fields.Monetary("Charge for the change", help="With tax; becomes a line of the contract.")
    reason = fields.Char(required=True)

    @api.depends("contract_id")
    def _compute_product_id(self):
        # Computed as superuser, for whoever names a contract: his own rights count
        self.contract_id.sudo(False).check_access("read")
        for wizard in self:
            wizard.product_id = wizard.contract_id.product_id

    @api.depends("product_id", "vehicle_id")
    def _compute_price(self):
        self.contract_id.sudo(False).check_access("read")
        for wizard in self:
            contract, product = wizard.contract_id, wizard.product_id
            if product == contract.product_id:
                wizard.price = contract.amount_car
            else:
                wizard.price = contract._get_proposed_price(product, wizard.vehicle_id) if product else 0.0

    @api.onchange("product_id")
    def _onchange_product_id(self):
        if self.vehicle_id.product_id != self.product_id:
            self.vehicle_id = False

    def action_confirm(self):
        """Sell the chosen car on the contract from now on."""
        self.ensure_one()
        result = self.contract_id.action_change_car(
            self.product_id.id, self.vehicle_id.id, self.price, self.amount_fee, self.reason
        )
        return result if isinstance(result, dict) else {"type": "ir.actions.act_window_close"}
