from odoo import api, models
from odoo.fields import Domain

from ..tools import part_number


class ProductProduct(models.Model):
    _inherit = "product.product"

    @api.model_create_multi
    def create(self, vals_list):
        # The template does the same; here too, or the new variant would remember core's defaults.
        prepare = self.env["product.template"]._prepare_part_vals
        products = super().create([prepare(vals) for vals in vals_list])
        # Variants of an existing template get their number from it right after this.
        made_alone = [not vals.get("product_tmpl_id") for vals in vals_list]
        for product, alone in zip(products, made_alone, strict=True):
            if alone:
                product.product_tmpl_id._check_part_number()
        return products

    def write(self, vals):
        res = super().write(vals)
        if "default_code" in vals:
            self.product_tmpl_id._check_part_number()
        return res

    @api.model
    def _search_display_name(self, operator, value):
        """Find a part by its number in any spelling, on top of core's search.

        Templates search through their variants, so both are served here.
        """
        domain = super()._search_display_name(operator, value)
        key = part_number.search_key(value)
        if key and operator.endswith("like") and operator not in Domain.NEGATIVE_OPERATORS:
            domain = Domain(domain) | self._part_key_domain(key)
        return domain

    @api.model
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """Put parts whose normalised number matches behind core's own matches.

        Core searches code and name one after the other and never asks
        ``_search_display_name``, hence this second override.
        """
        found = super().name_search(name, domain, operator, limit)
        key = part_number.search_key(name)
        rest = limit and limit - len(found)
        if not key or operator not in ("ilike", "like") or (limit and rest <= 0):
            return found
        others = Domain("id", "not in", [product_id for product_id, _label in found])
        products = self.search_fetch(
            Domain(domain or Domain.TRUE) & others & self._part_key_domain(key),
            ["display_name"],
            limit=rest or None,
        )
        # Narrow sudo as in core's own search: what was found with the user's rights is named.
        return found + [(product.id, product.display_name) for product in products.sudo()]

    @api.model
    def _part_key_domain(self, key):
        """Return the domain of the variants whose part number contains ``key``.

        :param str key: normalised, see ``tools.part_number``
        :rtype: Domain
        """
        return Domain("product_tmpl_id.part_key", "like", key)
