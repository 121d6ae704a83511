from odoo import fields, models


class DealerOperation(models.Model):
    """What a piece of work asks of the bay, and whether customers choose it themselves."""

    _inherit = "dealer.operation"

    equipment_ids = fields.Many2many("dealer.bay.equipment", string="Equipment Needed")
    is_online = fields.Boolean(
        string="Customers Choose It", help="Stands on the customers' page “Book a service”, with its length."
    )
