from odoo import fields, models


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    # Who can do what is no secret in the workshop, which has no HR rights.
    dealer_skill_ids = fields.One2many("dealer.technician.skill", "employee_id", string="Skills and Certificates")
