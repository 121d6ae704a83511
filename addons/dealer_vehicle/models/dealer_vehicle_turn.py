from odoo import api, fields, models
from odoo.tools import SQL

from .dealer_vehicle_ageing import STOCK_PLACES


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_turn_days = fields.Integer(
        "Days of Stock Turn", default=90, help="Stock turn = cars sold in so many days / cars in stock on average."
    )

    _dealer_turn_days_positive = models.Constraint(
        "CHECK (dealer_turn_days > 0)", "The days of the stock turn must be above 0."
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dealer_turn_days = fields.Integer(related="company_id.dealer_turn_days", readonly=False)


class DealerVehicleTurn(models.Model):
    """How fast stock turns: each row is a car that was in stock in the last days, so that every number opens its cars.

    The days are those of the company one works in (settings), ending today.
    """

    _name = "dealer.vehicle.turn"
    _description = "Stock Turn"
    _auto = False
    _rec_name = "vehicle_id"
    _order = "is_sold desc, id"

    vehicle_id = fields.Many2one("dealer.vehicle", "Car", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    site_id = fields.Many2one("stock.warehouse", "Site", readonly=True, help="Where the car is, or left from.")
    product_id = fields.Many2one("product.product", "Trim", readonly=True)
    brand_id = fields.Many2one("fleet.vehicle.model.brand", "Brand", readonly=True)
    series_id = fields.Many2one("fleet.vehicle.model", "Series", readonly=True)
    condition = fields.Selection(
        selection=lambda self: self.env["dealer.vehicle"]._fields["condition"]._description_selection(self.env),
        readonly=True,
    )
    is_sold = fields.Integer("Sold", readonly=True, aggregator="sum", help="1 for a car a customer took in these days.")
    average_stock = fields.Float(
        readonly=True, aggregator="sum", help="Share of these days the car stood in stock; summed: cars on average."
    )
    turn = fields.Float(readonly=True, aggregator="avg", help="Cars sold / cars in stock on average.")

    @property
    def _table_query(self):
        days = self.env.company.dealer_turn_days
        today = fields.Date.context_today(self)
        start = fields.Date.subtract(today, days=days)
        self.env["dealer.vehicle"].flush_model()
        self.env["dealer.vin"].flush_model(["brand_id", "series_id"])
        self.env["stock.move"].flush_model(["dealer_vehicle_id", "state", "date", "location_id", "location_dest_id"])
        return SQL(
            """
            WITH sold AS (
                SELECT move.dealer_vehicle_id AS vehicle_id,
                       MAX(move.date)::date AS left_on,
                       (ARRAY_AGG(source.warehouse_id ORDER BY move.date DESC))[1] AS site_id
                  FROM stock_move move
                  JOIN stock_location source ON source.id = move.location_id
                  JOIN stock_location target ON target.id = move.location_dest_id
                 WHERE move.dealer_vehicle_id IS NOT NULL AND move.state = 'done' AND move.date >= %(start)s
                   AND source.usage = 'internal' AND target.usage = 'customer'
                 GROUP BY move.dealer_vehicle_id
            ), stock AS (
                SELECT vehicle.id, vehicle.place IN %(places)s AND vehicle.arrival_date IS NOT NULL AS is_here,
                       sold.vehicle_id IS NOT NULL AS has_left, sold.left_on, sold.site_id AS left_from
                  FROM dealer_vehicle vehicle
                  LEFT JOIN sold ON sold.vehicle_id = vehicle.id
                 WHERE sold.vehicle_id IS NOT NULL
                    OR (vehicle.place IN %(places)s AND vehicle.arrival_date IS NOT NULL)
            )
            SELECT vehicle.id,
                   vehicle.id AS vehicle_id,
                   vehicle.company_id,
                   CASE WHEN stock.is_here THEN vehicle.site_id ELSE stock.left_from END AS site_id,
                   vehicle.product_id,
                   vin.brand_id,
                   vin.series_id,
                   vehicle.condition,
                   CASE WHEN stock.is_here THEN 0 ELSE 1 END AS is_sold,
                   GREATEST(
                       CASE WHEN stock.is_here THEN %(today)s::date ELSE stock.left_on END
                       - GREATEST(vehicle.arrival_date, %(start)s::date), 0
                   ) / %(days)s::float AS average_stock,
                   NULL::float AS turn
              FROM stock
              JOIN dealer_vehicle vehicle ON vehicle.id = stock.id
              JOIN dealer_vin vin ON vin.id = vehicle.vin_id
            """,
            start=start,
            today=today,
            days=days,
            places=STOCK_PLACES,
        )

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec != "turn:avg":
            return super()._read_group_select(aggregate_spec, query)
        # The turn of a group is not the mean of its cars' turns.
        return SQL(
            "SUM(%s) / NULLIF(SUM(%s), 0)",
            self._field_to_sql(self._table, "is_sold", query),
            self._field_to_sql(self._table, "average_stock", query),
        )

    @api.readonly
    def action_open_vehicle(self):
        """Open the car of this row."""
        self.ensure_one()
        return self.vehicle_id.get_formview_action()
