from odoo import fields, models


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    dealer_certificate_ids = fields.One2many(
        "dealer.technician.certificate", "employee_id", string="Workshop Certificates"
    )

    def _get_missing_skills(self, skills, day=None):
        """Return which of some skills this technician lacks; one whose certificate has expired counts as lacking.

        :param skills: ``dealer.skill`` that the work needs
        :param date day: of the work; default: today
        """
        missing = super()._get_missing_skills(skills)
        if not skills:
            return missing
        day = day or fields.Date.context_today(self)
        # Narrow sudo: what a colleague may do is no secret of the workshop, his employee record is.
        papers = self.sudo().dealer_certificate_ids
        expired = papers.filtered(lambda paper: paper.date_to and paper.date_to < day).skill_id
        return missing | (skills & expired.sudo(False))
