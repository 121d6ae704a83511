from odoo import api, fields, models


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    is_dealer_technician = fields.Boolean(
        string="Technician",
        index="btree_not_null",
        help="Jobs can be given to this person, who clocks on and off them.",
    )
    dealer_level_id = fields.Many2one("dealer.labour.level", string="Trade")

    @api.model
    def _current_technician(self, company):
        """Return the current user's employee in a company, as superuser; maybe none.

        Only the person himself is looked up, so that a technician without HR
        rights can clock on.

        :param res.company company: one company
        """
        return self.sudo().search([("user_id", "=", self.env.uid), ("company_id", "=", company.id)], limit=1)
