from odoo import fields, models


class DealerTechnicianCertificate(models.Model):
    """A paper that proves a skill of a technician, until a day: after it the skill does not count."""

    _name = "dealer.technician.certificate"
    _description = "Certificate of a Technician"
    _order = "employee_id, skill_id, date_to"
    _rec_name = "number"
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
    number = fields.Char(string="Certificate Number", required=True)
    date_to = fields.Date(string="Valid Until", help="Last day of the certificate. Empty: without end.")

    _skill_uniq = models.Constraint(
        "UNIQUE(employee_id, skill_id)", "This technician has a certificate for this skill: renew its last day."
    )
