from odoo import fields, models
from odoo.tools import SQL


class DealerContractFacts(models.Model):
    """Invoiced, out of stock, handed over, reported: four dated facts of each sold car, side by side (P23).

    Read from the invoice, the stock move, the hand-over and the report themselves: a copy on the contract could differ
    from them, and would cost every deal a write. Days are those of the site's clock, as results count them: by UTC the
    evening of a month's last day may be the next month.
    """

    _name = "dealer.contract.facts"
    _description = "Dated Facts of Sold Cars"
    _auto = False
    _order = "contract_id desc, vehicle_id"
    _rec_name = "contract_id"
    _depends = {
        "account.move": ["state", "move_type", "invoice_date", "payment_state"],
        "account.move.line": ["move_id"],
        "sale.order.line": ["invoice_lines", "dealer_vehicle_id", "dealer_contract_id"],
        "stock.move": ["state", "date", "sale_line_id", "location_dest_id"],
        "stock.location": ["usage"],
        "dealer.contract": ["company_id", "site_id", "user_id", "partner_id", "state"],
        "dealer.delivery": ["contract_id", "vehicle_id", "state", "date_done"],
        "dealer.retail.report": ["contract_id", "vehicle_id", "state", "date_reported"],
        "dealer.vehicle": ["brand_id", "condition", "place"],
        "fleet.vehicle.model.brand": ["has_retail_report"],
    }

    contract_id = fields.Many2one("dealer.contract", readonly=True)
    vehicle_id = fields.Many2one("dealer.vehicle", "Car", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    site_id = fields.Many2one("stock.warehouse", readonly=True)
    user_id = fields.Many2one("res.users", "Sales advisor", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    date_invoiced = fields.Date("Invoiced", readonly=True)
    date_out = fields.Date("Out of stock", readonly=True)
    date_handed_over = fields.Date("Handed over", readonly=True)
    date_reported = fields.Date("Reported", readonly=True)
    wants_report = fields.Boolean("Maker wants a report", readonly=True)
    is_different = fields.Boolean(
        "Differs",
        readonly=True,
        help="The facts do not stand in the same month, or one of them is missing while another is there.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT facts.*,
                   NOT (date_invoiced IS NULL AND date_out IS NULL AND date_handed_over IS NULL
                        AND date_reported IS NULL)
                   AND (date_invoiced IS NULL OR date_out IS NULL OR date_handed_over IS NULL
                        OR (wants_report AND date_reported IS NULL)
                        OR date_trunc('month', date_out) != date_trunc('month', date_invoiced)
                        OR date_trunc('month', date_handed_over) != date_trunc('month', date_invoiced)
                        OR (date_reported IS NOT NULL
                            AND date_trunc('month', date_reported) != date_trunc('month', date_invoiced))
                   ) AS is_different
              FROM (
                SELECT line.id, contract.id AS contract_id, line.dealer_vehicle_id AS vehicle_id, contract.company_id,
                       contract.site_id, contract.user_id, contract.partner_id,
                       (SELECT max(move.invoice_date)
                          FROM sale_order_line_invoice_rel rel
                          JOIN account_move_line item ON item.id = rel.invoice_line_id
                          JOIN account_move move ON move.id = item.move_id
                         WHERE rel.order_line_id = line.id AND move.state = 'posted' AND move.move_type = 'out_invoice'
                           AND coalesce(move.payment_state, '') != 'reversed') AS date_invoiced,
                       (SELECT max(move.date AT TIME ZONE 'UTC' AT TIME ZONE clock.tz)::date
                          FROM stock_move move
                          JOIN stock_location target ON target.id = move.location_dest_id
                         WHERE move.sale_line_id = line.id AND move.state = 'done' AND target.usage = 'customer'
                           AND vehicle.place = 'with_customer') AS date_out,
                       (SELECT max(delivery.date_done AT TIME ZONE 'UTC' AT TIME ZONE clock.tz)::date
                          FROM dealer_delivery delivery
                         WHERE delivery.contract_id = contract.id AND delivery.vehicle_id = line.dealer_vehicle_id
                           AND delivery.state = 'done') AS date_handed_over,
                       (SELECT max(report.date_reported)
                          FROM dealer_retail_report report
                         WHERE report.contract_id = contract.id AND report.vehicle_id = line.dealer_vehicle_id
                           AND report.state IN ('reported', 'accepted')) AS date_reported,
                       coalesce(brand.has_retail_report, FALSE) AND vehicle.condition = 'new' AS wants_report
                  FROM sale_order_line line
                  JOIN dealer_contract contract ON contract.id = line.dealer_contract_id
                  JOIN dealer_vehicle vehicle ON vehicle.id = line.dealer_vehicle_id
                  LEFT JOIN fleet_vehicle_model_brand brand ON brand.id = vehicle.brand_id
                  JOIN res_company company ON company.id = contract.company_id
                  JOIN res_partner house ON house.id = company.partner_id
                  LEFT JOIN stock_warehouse site ON site.id = contract.site_id
                  LEFT JOIN res_partner address ON address.id = site.partner_id
                 CROSS JOIN LATERAL (SELECT COALESCE(address.tz, house.tz, 'UTC') AS tz) clock
                 WHERE contract.state = 'signed'
              ) AS facts
            """
        )
