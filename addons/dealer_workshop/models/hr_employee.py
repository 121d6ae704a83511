from odoo import api, fields, models


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    is_dealer_technician = fields.Boolean(
        string="Technician",
        index="btree_not_null",
        help="Jobs can be given to this person, who clocks on and off them.",
    )
    dealer_level_id = fields.Many2one("dealer.labour.level", string="Trade")
    dealer_skill_ids = fields.Many2many(
        "dealer.skill", "dealer_skill_employee_rel", "employee_id", "skill_id", string="Workshop Skills"
    )

    @api.model
    def _current_technician(self, company):
        """Return the current user's employee in a company, as superuser; maybe none.

        Only the person himself is looked up, so that a technician without HR
        rights can clock on.

        :param res.company company: one company
        """
        return self.sudo().search([("user_id", "=", self.env.uid), ("company_id", "=", company.id)], limit=1)

    def _get_missing_skills(self, skills):
        """Return which of some skills this technician lacks.

        :param skills: ``dealer.skill`` that the work needs
        :return: ``dealer.skill``
        """
        self.ensure_one()
        # Narrow sudo: what a colleague may do is no secret of the workshop, his employee record is.
        return skills - self.sudo().dealer_skill_ids if skills else skills
