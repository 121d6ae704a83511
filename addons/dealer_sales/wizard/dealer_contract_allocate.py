from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerContractAllocate(models.TransientModel):
    _name = "dealer.contract.allocate"
    _description = "Choose a Car for a Contract"

    contract_id = fields.Many2one("dealer.contract", required=True, readonly=True)
    contract_state = fields.Selection(related="contract_id.state")
    product_id = fields.Many2one(related="contract_id.product_id")
    company_id = fields.Many2one(related="contract_id.company_id")
    candidate_ids = fields.Many2many("dealer.vehicle", string="Free cars", compute="_compute_candidate_ids")
    vehicle_id = fields.Many2one(
        "dealer.vehicle",
        string="Car",
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

    @api.depends("product_id")
    def _compute_candidate_ids(self):
        for window in self:
            window.candidate_ids = self.env["dealer.vehicle"].search(
                [
                    ("company_id", "=", window.company_id.id),
                    ("product_id", "=", window.product_id.id),
                    ("claim", "=", "free"),
                    ("place", "in", ("ordered", "in_transit", "at_site")),
                    ("has_stop_sale", "=", False),
                ],
                order="age_date, id",
                limit=40,
            )

    def action_confirm(self):
        """Reserve (before the signature) or allocate (after it) the chosen car.

        :raises UserError: no car is chosen, or it is somebody else's
        """
        self.ensure_one()
        if not self.vehicle_id:
            raise UserError(self.env._("Choose a car: type the end of its VIN or take one of the list."))
        return self.contract_id._take_vehicle(self.vehicle_id)
