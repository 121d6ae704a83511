from odoo import api, fields, models
from odoo.tools import SQL

from .dealer_contract_template import KINDS


class DealerContractReport(models.Model):
    """Contracts by time, region and product: how many, how much, how many were cancelled or came back (R42).

    Each row is a contract, so that every number opens its contracts. A contract counts on the day it was signed, one
    that was never signed on the day it was made.
    """

    _name = "dealer.contract.report"
    _description = "Contract Statistics"
    _auto = False
    _rec_name = "contract_id"
    _order = "date desc, id desc"

    contract_id = fields.Many2one("dealer.contract", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    date = fields.Datetime("Signed or Made on", readonly=True)
    state = fields.Selection([("draft", "Draft"), ("signed", "Signed"), ("cancelled", "Cancelled")], readonly=True)
    is_signed = fields.Boolean("Was Signed", readonly=True)
    site_id = fields.Many2one("stock.warehouse", "Site", readonly=True)
    user_id = fields.Many2one("res.users", "Sales advisor", readonly=True)
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    region_id = fields.Many2one("res.country.state", "Region", readonly=True)
    source_id = fields.Many2one("utm.source", "Channel", readonly=True)
    brand_id = fields.Many2one("fleet.vehicle.model.brand", "Brand", readonly=True)
    series_id = fields.Many2one("fleet.vehicle.model", "Series", readonly=True)
    product_id = fields.Many2one("product.product", "Trim", readonly=True)
    kind = fields.Selection(KINDS, "Kind of Sale", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount_car = fields.Monetary("Car-only price", readonly=True)
    amount_total = fields.Monetary("On-the-road price", readonly=True)
    is_cancelled = fields.Integer("Cancelled", readonly=True, aggregator="sum")
    is_returned = fields.Integer("Came Back", readonly=True, aggregator="sum")
    cancelled_rate = fields.Float("Cancelled (%)", readonly=True, aggregator="avg", digits=(5, 1))
    returned_rate = fields.Float("Came Back (%)", readonly=True, aggregator="avg", digits=(5, 1))

    @property
    def _table_query(self):
        for model in ("dealer.contract", "sale.order", "dealer.sales.result", "crm.lead", "res.partner"):
            self.env[model].flush_model()
        return SQL(
            """
            SELECT contract.id, contract.id AS contract_id, contract.company_id,
                   COALESCE(contract.date_signed, contract.create_date) AS date,
                   contract.state, contract.date_signed IS NOT NULL AS is_signed, contract.site_id, contract.user_id,
                   sale.team_id, contract.partner_id, buyer.state_id AS region_id, lead.source_id,
                   template.brand_id, template.series_id, contract.product_id, contract.kind,
                   sale.currency_id, contract.amount_car, contract.amount_total,
                   CASE WHEN contract.state = 'cancelled' AND back.contract_id IS NULL THEN 1 ELSE 0 END
                       AS is_cancelled,
                   CASE WHEN back.contract_id IS NOT NULL THEN 1 ELSE 0 END AS is_returned,
                   CASE WHEN contract.state = 'cancelled' AND back.contract_id IS NULL THEN 100.0 ELSE 0.0 END
                       AS cancelled_rate,
                   CASE WHEN back.contract_id IS NOT NULL THEN 100.0 ELSE 0.0 END AS returned_rate
              FROM dealer_contract contract
              JOIN sale_order sale ON sale.id = contract.sale_order_id
              JOIN res_partner buyer ON buyer.id = contract.partner_id
              LEFT JOIN crm_lead lead ON lead.id = contract.lead_id
              LEFT JOIN product_product product ON product.id = contract.product_id
              LEFT JOIN product_template template ON template.id = product.product_tmpl_id
              LEFT JOIN (
                    SELECT contract_id FROM dealer_sales_result GROUP BY contract_id
                    HAVING SUM(units) < COUNT(*) FILTER (WHERE units > 0)
                   ) back ON back.contract_id = contract.id
            """
        )

    @api.readonly
    def action_open_contract(self):
        """Open the contract of this row."""
        self.ensure_one()
        return self.contract_id.get_formview_action()
