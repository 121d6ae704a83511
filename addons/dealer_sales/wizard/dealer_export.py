from odoo import fields, models


class DealerExport(models.TransientModel):
    _inherit = "dealer.export"

    kind = fields.Selection(selection_add=[("contract", "Contracts"), ("all",)], ondelete={"contract": "cascade"})

    def _file_stems(self):
        return {**super()._file_stems(), "contract": self.env._("contracts")}
