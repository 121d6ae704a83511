from odoo import api, models


class ProductCategory(models.Model):
    _inherit = "product.category"

    @api.model
    def _setup_part_categories(self, companies=None):
        """Let the classes of parts keep perpetual, average-costed stock in the companies' own accounts.

        The stock account is the company's default (1403 in charts for China, which is where parts of a workshop
        belong; cars are 1405). Runs when the add-on is installed and when a company gets its chart, not later:
        what a company changes afterwards is kept.

        :param recordset companies: ``res.company``; empty means all. Those without a chart of accounts are left out:
            they are set up when they get one
        """
        root = self.env.ref("dealer_parts.product_category_part", raise_if_not_found=False)
        if not root:
            return
        # Narrow sudo: whoever gives a company its chart has its parts set up, without rights on products or companies.
        companies = (companies or self.env["res.company"].sudo().search([])).filtered("chart_template")
        classes = self.sudo().search([("id", "child_of", root.id)])
        for company in companies:
            for category in classes.with_company(company):
                category.write(category._prepare_part_category(company))

    def _prepare_part_category(self, company):
        """Return how one class of parts is valued in a company (extension point).

        :param res.company company: has a chart of accounts
        :return: dict for :meth:`write` in that company
        """
        self.ensure_one()
        values = self._prepare_vehicle_category(company)
        stock = company.account_stock_valuation_id
        if stock:
            values["property_stock_valuation_account_id"] = stock.id
            if not stock.account_stock_variation_id:
                # Narrow sudo: see _setup_part_categories().
                stock.sudo().account_stock_variation_id = values["property_account_expense_categ_id"]
        return values
