from odoo import api, fields, models


class TierDefinition(models.Model):
    _inherit = "tier.definition"

    dealer_code = fields.Char(
        readonly=True, copy=False, help="A rule every company is given once; an archived one is not given again."
    )

    @api.model
    def _get_tier_validation_model_names(self):
        return [*super()._get_tier_validation_model_names(), "dealer.contract.version"]
