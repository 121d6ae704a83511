from odoo import api, fields, models
from odoo.tools import formatLang


class DealerPriceBand(models.Model):
    """A band of prices people search trims by. A price lies in one band at most."""

    _name = "dealer.price.band"
    _description = "Price Band"
    _order = "price_from, id"

    price_from = fields.Float(digits=(16, 2), help="Included.")
    price_to = fields.Float("Price below", digits=(16, 2), help="Not included. 0 means there is no upper limit.")

    _price_order = models.Constraint(
        "CHECK (price_from >= 0 AND (price_to = 0 OR price_to > price_from))",
        "A price band ends above its beginning, or has no end (0).",
    )
    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (numrange(price_from, NULLIF(price_to, 0)) WITH &&)",
        "Another price band holds some of these prices already. Change its limits first.",
    )

    @api.depends("price_from", "price_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for band in self:
            low, high = (formatLang(self.env, price, digits=0) for price in (band.price_from, band.price_to))
            if not band.price_to:
                band.display_name = self.env._("%(price)s and more", price=low)
            elif not band.price_from:
                band.display_name = self.env._("Below %(price)s", price=high)
            else:
                band.display_name = f"{low} – {high}"

    @api.model_create_multi
    def create(self, vals_list):
        bands = super().create(vals_list)
        self._sort_trims()
        return bands

    def write(self, vals):
        result = super().write(vals)
        self._sort_trims()
        return result

    def unlink(self):
        result = super().unlink()
        self._sort_trims()
        return result

    def _find(self, price):
        """Return the band among these that a price lies in, or none of them.

        :param float price: 0 lies in none
        """
        return self.filtered(
            lambda band: price and band.price_from <= price and (not band.price_to or price < band.price_to)
        )[:1]

    @api.model
    def _sort_trims(self):
        """Put every trim into its band again."""
        # Trims of every company are sorted, whoever changes a band.
        trims = self.env["product.template"].sudo().with_context(active_test=False)
        trims.search([("is_vehicle", "=", True)])._compute_price_band_id()
