from odoo import api, fields, models


class DealerExport(models.TransientModel):
    _inherit = "dealer.export"

    kind = fields.Selection(selection_add=[("contract", "Contracts")], ondelete={"contract": "cascade"})

    def _file_stems(self):
        return {**super()._file_stems(), "contract": self.env._("contracts")}

    @api.model
    def _get_kinds(self):
        kinds = super()._get_kinds()
        return [*kinds, "contract"] if self.env["dealer.contract"].has_access("read") else kinds
