from odoo import api, models
from odoo.exceptions import UserError


class DealerSystemLinkMixin(models.AbstractModel):
    """Fields that only the system writes: no value of a client or of a context's default gets in."""

    _name = "dealer.system.link.mixin"
    _description = "Fields Only the System Writes"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_links_not_typed(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_links_not_typed(vals)
        return super().write(vals)

    def _prepare_create_values(self, vals_list):
        result = super()._prepare_create_values(vals_list)
        names = () if self.env.su else self._get_system_links()
        for vals in result:
            for name in names:
                vals.pop(name, None)
        return result

    @api.model
    def _get_system_links(self):
        """Return the fields only the system writes and what is said to those who try.

        Hook: add your fields to the dictionary of super.

        :return: {field name: str for a person}
        """
        return {}

    @api.model
    def _check_links_not_typed(self, vals):
        if not self.env.su:
            for name, refusal in self._get_system_links().items():
                if name in vals:
                    raise UserError(refusal)
