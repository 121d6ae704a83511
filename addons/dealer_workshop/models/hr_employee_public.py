from odoo import fields, models


class HrEmployeePublic(models.Model):
    _inherit = "hr.employee.public"

    # Who may be given work is no secret: dispatchers have no HR rights.
    is_dealer_technician = fields.Boolean(readonly=True)
    dealer_level_id = fields.Many2one("dealer.labour.level", readonly=True)
    dealer_skill_ids = fields.Many2many(
        "dealer.skill", "dealer_skill_employee_rel", "employee_id", "skill_id", string="Workshop Skills", readonly=True
    )
