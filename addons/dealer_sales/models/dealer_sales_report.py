from odoo import api, fields, models
from odoo.tools import SQL

from .dealer_sales_result import COST


class DealerSalesReport(models.Model):
    """Cars sold, by this system's results and by what was entered of the time before it: what targets count.

    Each row is a result or an entered number, so that every sum opens what it was made of.
    """

    _name = "dealer.sales.report"
    _description = "Cars Sold"
    _auto = False
    _rec_name = "series_id"
    _order = "date desc, id desc"

    result_id = fields.Many2one("dealer.sales.result", "Result", readonly=True)
    contract_id = fields.Many2one("dealer.contract", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    date = fields.Date("Counted on", readonly=True)
    site_id = fields.Many2one("stock.warehouse", "Site", readonly=True)
    user_id = fields.Many2one("res.users", "Sales advisor", readonly=True)
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True)
    brand_id = fields.Many2one("fleet.vehicle.model.brand", "Brand", readonly=True)
    series_id = fields.Many2one("fleet.vehicle.model", "Series", readonly=True)
    source_id = fields.Many2one("utm.source", "Channel", readonly=True)
    origin = fields.Selection([("contract", "Contract"), ("entered", "Before This System")], readonly=True)
    units = fields.Integer("Cars", readonly=True, aggregator="sum")
    currency_id = fields.Many2one("res.currency", readonly=True)
    gross = fields.Monetary(readonly=True, groups=COST)

    @property
    def _table_query(self):
        for model in ("dealer.sales.result", "dealer.sales.history"):
            self.env[model].flush_model()
        return SQL(
            """
            SELECT result.id * 2 AS id, result.id AS result_id, result.contract_id, result.company_id, result.date,
                   result.site_id, result.user_id, result.team_id, result.brand_id, result.series_id, result.source_id,
                   'contract' AS origin, result.units, company.currency_id, result.gross
              FROM dealer_sales_result result
              JOIN res_company company ON company.id = result.company_id
             UNION ALL
            SELECT history.id * 2 + 1, NULL, NULL, history.company_id, history.date,
                   history.site_id, NULL, NULL, history.brand_id, history.series_id, NULL,
                   'entered', history.units, company.currency_id, 0
              FROM dealer_sales_history history
              JOIN res_company company ON company.id = history.company_id
            """
        )

    @api.readonly
    def action_open(self):
        """Open the contract of this row, or the number that was entered."""
        self.ensure_one()
        if self.contract_id:
            return self.contract_id.get_formview_action()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_sales.dealer_sales_history_action")
        return {**action, "domain": [("id", "=", self.id // 2)], "context": {"create": False}}
