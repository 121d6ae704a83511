from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _get_default_site(self):
        """Return the site this user works at: his first one of the company, else the company's.

        :return: ``stock.warehouse``, one or none, of the current company
        """
        self.ensure_one()
        # Narrow sudo: a person's own sites, which he may not read on users as such.
        sites = self.sudo().dealer_site_ids.filtered(lambda site: site.company_id == self.env.company)
        return sites[:1] or self.with_company(self.env.company)._get_default_warehouse_id()
