from odoo import fields, models


class DealerSkill(models.Model):
    """Something not every technician may do: high voltage, air conditioning, paint.

    Held by people the workshop manager names, needed by operations. HR's own skills are no help: everybody may give
    himself one there (decision 0303).
    """

    _name = "dealer.skill"
    _description = "Skill"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    employee_ids = fields.Many2many(
        "hr.employee",
        "dealer_skill_employee_rel",
        "skill_id",
        "employee_id",
        string="Technicians",
        domain=[("is_dealer_technician", "=", True)],
    )
    operation_ids = fields.Many2many(
        "dealer.operation", "dealer_operation_skill_rel", "skill_id", "operation_id", string="Operations"
    )

    _name_uniq = models.Constraint("UNIQUE(name)", "A skill of this name exists already.")
