from odoo import fields, models


class DealerBayEquipment(models.Model):
    """What stands in a bay and some work needs: a four-post lift, an alignment stand, a charger."""

    _name = "dealer.bay.equipment"
    _description = "Equipment of Bays"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)

    _name_uniq = models.UniqueIndex("((name->>'en_US'))", "Equipment of this name exists already.")


class DealerBay(models.Model):
    _inherit = "dealer.bay"

    kind = fields.Selection(
        [
            ("lift", "Lift"),
            ("express", "Express Service"),
            ("alignment", "Wheel Alignment"),
            ("body", "Body Repair"),
            ("paint", "Paint Booth"),
            ("high_voltage", "High Voltage"),
            ("other", "Other"),
        ],
        default="lift",
        required=True,
    )
    equipment_ids = fields.Many2many("dealer.bay.equipment", string="Equipment")
    is_bookable = fields.Boolean(
        string="For Appointments", default=True, help="Free slots are looked for here. Off: only cars without one."
    )
