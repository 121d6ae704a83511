from odoo import models


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _get_net_price(self, company):
        """Return the list price of one unit without tax, which is how the workshop agrees prices.

        :param company: ``res.company`` whose taxes count; a tax that stands in prices is taken out
        :return: float in company currency
        """
        self.ensure_one()
        # Narrow sudo: a price must not depend on who may read taxes.
        taxes = self.sudo().taxes_id._filter_taxes_by_company(company)
        if not any(tax.price_include for tax in taxes):
            return self.lst_price
        return taxes.compute_all(self.lst_price, company.sudo().currency_id, 1.0, self)["total_excluded"]
