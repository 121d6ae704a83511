from odoo import fields, models


class DealerOperation(models.Model):
    """What a piece of work asks of technician and bay, and whether customers choose it themselves."""

    _inherit = "dealer.operation"

    skill_ids = fields.Many2many(
        "dealer.skill", string="Skills Needed", help="A free slot is offered with a technician who has all of them."
    )
    equipment_ids = fields.Many2many("dealer.bay.equipment", string="Equipment Needed")
    is_online = fields.Boolean(
        string="Customers Choose It", help="Stands on the customers' page “Book a service”, with its length."
    )
