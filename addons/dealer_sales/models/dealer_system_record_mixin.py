from odoo import api, models
from odoo.exceptions import UserError


class DealerSystemRecordMixin(models.AbstractModel):
    """Records only the system writes: whoever types, changes or deletes one is told where it comes from."""

    _name = "dealer.system.record.mixin"
    _description = "Records Only the System Writes"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_not_typed()
        return super().create(vals_list)

    def write(self, vals):
        self._check_not_typed()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_system(self):
        self._check_not_typed()

    def _check_not_typed(self):
        if not self.env.su:
            raise UserError(self._get_typed_refusal())

    @api.model
    def _get_typed_refusal(self):
        """Return what is said to who types such a record.

        :return: str for a person
        """
        raise NotImplementedError
