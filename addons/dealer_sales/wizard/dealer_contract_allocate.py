from odoo import api, fields, models


class DealerContractAllocate(models.TransientModel):
    _name = "dealer.contract.allocate"
    _description = "Choose a Car for a Contract"

    contract_id = fields.Many2one("dealer.contract", required=True, readonly=True)
    contract_state = fields.Selection(related="contract_id.state")
    product_id = fields.Many2one(related="contract_id.product_id")
    company_id = fields.Many2one(related="contract_id.company_id")
    vehicle_id = fields.Many2one(
        "dealer.vehicle",
        string="Car",
        required=True,
        compute="_compute_vehicle_id",
        store=True,
        readonly=False,
        domain="[('company_id', '=', company_id), ('product_id', '=', product_id), ('claim', '=', 'free'),"
        " ('place', 'in', ('ordered', 'in_transit', 'at_site'))]",
        help="Free cars of the trim that was agreed, in stock or on their way; the oldest first.",
    )

    @api.depends("contract_id")
    def _compute_vehicle_id(self):
        for window in self:
            window.vehicle_id = window.contract_id.vehicle_id

    def action_confirm(self):
        """Reserve (before the signature) or allocate (after it) the chosen car."""
        self.ensure_one()
        if self.contract_id.state == "draft":
            return self.contract_id.action_reserve(self.vehicle_id.id)
        return self.contract_id.action_allocate(self.vehicle_id.id)
