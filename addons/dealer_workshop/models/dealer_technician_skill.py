from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DealerTechnicianSkill(models.Model):
    """A technician has a skill, proved by a certificate until a day."""

    _name = "dealer.technician.skill"
    _description = "Skill of a Technician"
    _order = "employee_id, skill_id"
    _rec_name = "skill_id"
    _check_company_auto = True

    employee_id = fields.Many2one(
        "hr.employee",
        string="Technician",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        domain=[("is_dealer_technician", "=", True)],
    )
    company_id = fields.Many2one(related="employee_id.company_id", store=True, precompute=True, index=True)
    skill_id = fields.Many2one("dealer.skill", required=True, index=True, ondelete="restrict")
    is_certificate = fields.Boolean(related="skill_id.is_certificate")
    certificate = fields.Char(string="Certificate Number")
    date_to = fields.Date(string="Valid Until", help="Last day of the certificate. Empty: without end.")

    _skill_uniq = models.Constraint("UNIQUE(employee_id, skill_id)", "This technician has this skill already.")

    @api.constrains("skill_id", "certificate")
    def _check_certificate(self):
        for row in self:
            if row.skill_id.is_certificate and not (row.certificate or "").strip():
                raise ValidationError(
                    self.env._(
                        "%(skill)s needs a certificate: enter its number for %(technician)s.",
                        skill=row.skill_id.name,
                        technician=row.employee_id.name,
                    )
                )
