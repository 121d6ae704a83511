from odoo import api, fields, models


class DealerExport(models.TransientModel):
    _inherit = "dealer.export"

    kind = fields.Selection(
        selection_add=[("claim_answer", "Answers to Claims"), ("campaign_car", "Cars of Recalls")],
        ondelete={"claim_answer": "cascade", "campaign_car": "cascade"},
    )

    def _file_stems(self):
        return {
            **super()._file_stems(),
            "claim_answer": self.env._("claim answers"),
            "campaign_car": self.env._("cars of recalls"),
        }

    @api.model
    def _get_kinds(self):
        kinds = super()._get_kinds()
        return [*kinds, "claim_answer", "campaign_car"] if self.env["dealer.claim"].has_access("read") else kinds
