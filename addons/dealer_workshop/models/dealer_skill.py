from odoo import fields, models


class DealerSkill(models.Model):
    """What not everybody of a trade can or may do: high voltage, gearboxes, diagnosis, a maker's certificate."""

    _name = "dealer.skill"
    _description = "Skill of Technicians"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    is_certificate = fields.Boolean(
        string="Needs a Certificate", help="Counts only while the certificate of the technician is valid."
    )

    _name_uniq = models.UniqueIndex("((name->>'en_US'))", "A skill of this name exists already.")
