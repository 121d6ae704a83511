from odoo import models


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"

    def _post_load_data(self, template_code, company, template_data):
        """Set the classes of parts up as soon as a company gets its chart of accounts."""
        result = super()._post_load_data(template_code, company, template_data)
        self.env["product.category"]._setup_part_categories(company or self.env.company)
        return result
