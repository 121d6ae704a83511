from odoo import models


class DealerNumberedMixin(models.AbstractModel):
    """A document that gets its number when it is saved first.

    Until then it has no name, and the web client calls it New as it does all of Odoo's own.
    """

    _name = "dealer.numbered.mixin"
    _description = "Numbered Document"

    def _compute_display_name(self):
        super()._compute_display_name()
        for record in self.filtered(lambda record: record.name == "/" and not record._origin):
            record.display_name = False
