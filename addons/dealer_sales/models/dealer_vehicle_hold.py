from odoo import fields, models


class DealerVehicleHold(models.Model):
    _inherit = "dealer.vehicle.hold"

    contract_id = fields.Many2one("dealer.contract", index="btree_not_null", check_company=True, readonly=True)

    def _document(self):
        self.ensure_one()
        return self.contract_id or super()._document()

    def _release(self):
        res = super()._release()
        self.contract_id._gates_changed()
        return res
