from odoo import api, fields, models


class DealerExport(models.TransientModel):
    _inherit = "dealer.export"

    kind = fields.Selection(selection_add=[("lead", "Enquiries")], ondelete={"lead": "cascade"})

    def _file_stems(self):
        return {**super()._file_stems(), "lead": self.env._("enquiries")}

    @api.model
    def _get_kinds(self):
        kinds = super()._get_kinds()
        return [*kinds, "lead"] if self.env["crm.lead"].has_access("read") else kinds
