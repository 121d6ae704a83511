from odoo import api, models


class DealerContract(models.Model):
    _inherit = "dealer.contract"

    @api.model
    def _get_cashier_role(self):
        return "dealer_finance_bridge.group_cashier"

    @api.model
    def _get_invoicer_role(self):
        return "dealer_finance_bridge.group_accountant"
