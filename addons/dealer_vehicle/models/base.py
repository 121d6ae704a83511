from odoo import SUPERUSER_ID, api, models
from odoo.tools import clean_context


class Base(models.AbstractModel):
    """What a button makes in superuser mode, after its own checks, takes nothing from the context of a client.

    A program may send any ``default_…`` key with a call of any button. For what a person makes himself, the guards of
    the model judge it; what the system makes for him would take ``default_state`` for the system's own word.
    """

    _inherit = "base"

    @api.model
    def default_get(self, fields):
        if self.env.su and self.env.uid != SUPERUSER_ID and self._name.startswith("dealer."):
            self = self._with_clean_context()  # noqa: PLW0642
        return super().default_get(fields)

    def _with_clean_context(self):
        """Return these records without the ``default_`` keys of a client, to make documents of core from them."""
        return self.with_context(clean_context(self.env.context))
