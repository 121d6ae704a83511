from odoo import api, fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    dealer_site_ids = fields.Many2many(
        "stock.warehouse",
        "dealer_user_site_rel",
        "user_id",
        "warehouse_id",
        "Sites",
        help="Sites whose contracts, appointments and workshop orders this person sees; empty: all.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        if any(vals.get("dealer_site_ids") for vals in vals_list):
            self.env.registry.clear_cache()
        return users

    def write(self, vals):
        result = super().write(vals)
        if "dealer_site_ids" in vals:
            # Record rules with the user's sites are cached per user.
            self.env.registry.clear_cache()
        return result

    def _get_default_site(self):
        """Return the site this user works at: his first one of the company, else the company's.

        :return: ``stock.warehouse``, one or none, of the current company
        """
        self.ensure_one()
        # Narrow sudo: a person's own sites, which he may not read on users as such.
        sites = self.sudo().dealer_site_ids.filtered(lambda site: site.company_id == self.env.company)
        return sites[:1] or self.with_company(self.env.company)._get_default_warehouse_id()
