from odoo import api, fields, models
from odoo.exceptions import UserError

COST_GROUP = "dealer_vehicle.group_vehicle_cost"


class DealerContractAdjustment(models.Model):
    """What a deal earned or cost besides its lines, put on its recap by name (B10)."""

    _name = "dealer.contract.adjustment"
    _description = "Adjustment of a Deal's Gross"
    _order = "contract_id, id"
    _check_company_auto = True

    contract_id = fields.Many2one("dealer.contract", required=True, index=True, ondelete="cascade", check_company=True)
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    side = fields.Selection([("front", "Front"), ("back", "Back")], required=True, default="front")
    name = fields.Char(string="What for", required=True)
    amount = fields.Monetary(required=True, help="Without tax; above zero earns, below zero costs.")

    _amount_check = models.Constraint("CHECK (amount <> 0)", "An adjustment of nothing changes nothing.")

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows.contract_id._gross_changed()
        return rows

    def write(self, vals):
        if "contract_id" in vals:
            raise UserError(self.env._("An adjustment stays with its deal: delete it and make another."))
        res = super().write(vals)
        self.contract_id._gross_changed()
        return res

    def unlink(self):
        contracts = self.contract_id
        res = super().unlink()
        contracts._gross_changed()
        return res
