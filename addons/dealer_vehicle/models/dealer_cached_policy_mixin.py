from odoo import api, models


class DealerCachedPolicyMixin(models.AbstractModel):
    """Policy rows that are asked for at every step: their answers are cached and every change empties the cache."""

    _name = "dealer.cached.policy.mixin"
    _description = "Policy Kept in the Cache"

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
