from odoo import api, fields, models


class DealerExport(models.TransientModel):
    _inherit = "dealer.export"

    kind = fields.Selection(
        selection_add=[("contract", "Contracts"), ("report", "Retail Reports")],
        ondelete={"contract": "cascade", "report": "cascade"},
    )

    def _file_stems(self):
        return {
            **super()._file_stems(),
            "contract": self.env._("contracts"),
            "report": self.env._("retail-reports"),
        }

    @api.model
    def _get_kinds(self):
        kinds = super()._get_kinds()
        models = {"contract": "dealer.contract", "report": "dealer.retail.report"}
        return [*kinds, *(kind for kind, model in models.items() if self.env[model].has_access("read"))]
