from odoo import fields, models
from odoo.tools import SQL


class DealerFunnelReport(models.Model):
    """From the door to the keys: how many parties and enquiries came how far, by channel, person, series (P13, R43)."""

    _name = "dealer.funnel.report"
    _description = "Funnel of Enquiries"
    _auto = False
    _order = "date desc, id"
    _rec_name = "lead_id"

    date = fields.Date(
        readonly=True, help="Day the party came or the enquiry was written down, by the clock of the site."
    )
    company_id = fields.Many2one("res.company", readonly=True)
    site_id = fields.Many2one("stock.warehouse", "Site", readonly=True)
    user_id = fields.Many2one("res.users", "Sales advisor", readonly=True)
    source_id = fields.Many2one("utm.source", "Channel", readonly=True)
    series_id = fields.Many2one("fleet.vehicle.model", "Series", readonly=True, help="The first one wanted.")
    intent_level_id = fields.Many2one("dealer.intent.level", "Intent level", readonly=True)
    lost_to = fields.Char("Lost to", readonly=True)
    lead_id = fields.Many2one("crm.lead", "Enquiry", readonly=True)
    traffic_id = fields.Many2one("dealer.traffic", "Party", readonly=True)
    visited = fields.Integer("Came", readonly=True, aggregator="sum", help="Parties in the showroom.")
    captured = fields.Integer(readonly=True, aggregator="sum", help="Enquiries.")
    driven = fields.Integer("Test drives", readonly=True, aggregator="sum")
    offered = fields.Integer("Offers", readonly=True, aggregator="sum")
    signed = fields.Integer("Contracts", readonly=True, aggregator="sum", help="Signed.")
    delivered = fields.Integer(readonly=True, aggregator="sum")
    lost = fields.Integer(readonly=True, aggregator="sum")
    # Of those who got as far as the step before; a row that did not is empty and counts in no average
    capture_rate = fields.Float("Captured (%)", readonly=True, aggregator="avg", digits=(5, 1))
    drive_rate = fields.Float("Test drive of captured (%)", readonly=True, aggregator="avg", digits=(5, 1))
    offer_rate = fields.Float("Offer of captured (%)", readonly=True, aggregator="avg", digits=(5, 1))
    sign_rate = fields.Float("Contract of captured (%)", readonly=True, aggregator="avg", digits=(5, 1))
    deliver_rate = fields.Float("Delivered of signed (%)", readonly=True, aggregator="avg", digits=(5, 1))

    @property
    def _table_query(self):
        return SQL(
            """
            WITH steps AS (
                SELECT l.id AS lead_id,
                       EXISTS (SELECT 1 FROM dealer_traffic t WHERE t.lead_id = l.id AND t.kind != 'other') AS visited,
                       EXISTS (SELECT 1 FROM dealer_traffic t WHERE t.lead_id = l.id AND t.has_test_drive)
                       OR EXISTS (SELECT 1 FROM dealer_vehicle_booking b WHERE b.lead_id = l.id
                                   AND b.state IN ('out', 'returned')) AS driven,
                       EXISTS (SELECT 1 FROM dealer_desking_quote q WHERE q.lead_id = l.id) AS offered,
                       EXISTS (SELECT 1 FROM dealer_contract c WHERE c.lead_id = l.id AND c.state = 'signed') AS signed,
                       EXISTS (SELECT 1 FROM dealer_contract c JOIN dealer_delivery d ON d.contract_id = c.id
                                WHERE c.lead_id = l.id AND c.state = 'signed' AND d.state = 'done') AS delivered
                  FROM crm_lead l
            )
            SELECT l.id * 2 AS id,
                   (l.create_date AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(address.tz, house.tz, 'UTC'))::date AS date,
                   l.company_id, l.site_id, l.user_id, l.source_id,
                   (SELECT min(r.fleet_vehicle_model_id) FROM crm_lead_fleet_vehicle_model_rel r
                     WHERE r.crm_lead_id = l.id) AS series_id,
                   l.intent_level_id, l.lost_to, l.id AS lead_id, NULL::integer AS traffic_id,
                   s.visited::int AS visited, 1 AS captured, s.driven::int AS driven, s.offered::int AS offered,
                   s.signed::int AS signed, s.delivered::int AS delivered, (l.won_status = 'lost')::int AS lost,
                   CASE WHEN s.visited THEN 100.0 END AS capture_rate,
                   s.driven::int * 100.0 AS drive_rate, s.offered::int * 100.0 AS offer_rate,
                   s.signed::int * 100.0 AS sign_rate,
                   CASE WHEN s.signed THEN s.delivered::int * 100.0 END AS deliver_rate
              FROM crm_lead l JOIN steps s ON s.lead_id = l.id
              LEFT JOIN res_company company ON company.id = l.company_id
              LEFT JOIN res_partner house ON house.id = company.partner_id
              LEFT JOIN stock_warehouse site ON site.id = l.site_id
              LEFT JOIN res_partner address ON address.id = site.partner_id
             WHERE l.type = 'opportunity'
             UNION ALL
            SELECT t.id * 2 + 1, (t.date AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(address.tz, house.tz, 'UTC'))::date,
                   t.company_id, t.site_id, t.user_id, t.source_id, NULL, NULL, NULL, NULL,
                   t.id, 1, 0, t.has_test_drive::int, 0, 0, 0, 0, 0.0, NULL, NULL, NULL, NULL
              FROM dealer_traffic t
              LEFT JOIN res_company company ON company.id = t.company_id
              LEFT JOIN res_partner house ON house.id = company.partner_id
              LEFT JOIN stock_warehouse site ON site.id = t.site_id
              LEFT JOIN res_partner address ON address.id = site.partner_id
             WHERE t.lead_id IS NULL AND t.kind != 'other'
            """
        )
