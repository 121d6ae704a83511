from odoo import api, fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    is_used_template = fields.Boolean(
        "Stands for Used Cars",
        readonly=True,
        copy=False,
        help="Used cars of a series are traded under this one entry; specification and price are on each car.",
    )

    _used_template_uniq = models.UniqueIndex(
        "(series_id) WHERE is_used_template IS TRUE", "This series has its entry for used cars already."
    )

    @api.model
    def _get_used_template(self, series):
        """Return the one trim used cars of a series are traded as; it is made when there is none.

        The caller has checked that the user may take cars in.

        :param series: ``fleet.vehicle.model`` of one record
        :return: ``product.template``
        """
        # A company's buyer makes it for the whole group: products of cars are shared, as their serial numbers are.
        templates = self.sudo().with_context(active_test=False)
        found = templates.search([("is_used_template", "=", True), ("series_id", "=", series.id)], limit=1)
        if not found:
            found = templates.create(self._prepare_used_template(series))
        return found.with_env(self.env)

    @api.model
    def _prepare_used_template(self, series):
        return {
            "name": self.env._("%(series)s (used)", series=series.name),
            "is_vehicle": True,
            "is_used_template": True,
            "series_id": series.id,
            "company_id": False,
            "list_price": 0.0,
            "categ_id": self.env.ref("dealer_vehicle.product_category_vehicle_used").id,
        }
