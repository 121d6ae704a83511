from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

OLD_AFTER = 30  # days; offers of used cars change by the month


class DealerVehicle(models.Model):
    """How our price stands against the market, and the mark-down that is planned."""

    _inherit = "dealer.vehicle"

    market_price_ids = fields.One2many("dealer.vehicle.market.price", "vehicle_id", "Market Prices")
    market_price = fields.Monetary(
        compute="_compute_market_price", store=True, aggregator="avg", help="The newest average price of offers."
    )
    market_date = fields.Date("Market Price of", compute="_compute_market_price", store=True)
    market_percent = fields.Float(
        "Price to Market (%)",
        compute="_compute_market_percent",
        store=True,
        digits=(6, 1),
        aggregator="avg",
        help="Asking price × 100 / market price: above 100 the car is dearer than others. 0 = not known.",
    )
    is_market_price_old = fields.Boolean(
        "Market Price Missing or Old",
        compute="_compute_is_market_price_old",
        search="_search_is_market_price_old",
        help="Not noted during the last 30 days.",
    )
    markdown_date = fields.Date(
        "Mark-down on", compute="_compute_planned_markdown", help="Day from which a planned mark-down holds."
    )
    markdown_price = fields.Monetary("Mark-down to", compute="_compute_planned_markdown")

    @api.depends("market_price_ids.price", "market_price_ids.date")
    def _compute_market_price(self):
        for vehicle in self:
            newest = vehicle.market_price_ids.sorted(lambda seen: (seen.date, seen.id))[-1:]
            vehicle.market_price = newest.price
            vehicle.market_date = newest.date

    @api.depends("asking_price", "market_price")
    def _compute_market_percent(self):
        for vehicle in self:
            known = vehicle.asking_price and vehicle.market_price
            vehicle.market_percent = 100.0 * vehicle.asking_price / vehicle.market_price if known else 0.0

    @api.depends("market_date")
    def _compute_is_market_price_old(self):
        first = self._get_market_first_day()
        for vehicle in self:
            vehicle.is_market_price_old = not vehicle.market_date or vehicle.market_date < first

    @api.model
    def _search_is_market_price_old(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("market_date", "=", False) | Domain("market_date", "<", self._get_market_first_day())

    @api.model
    def _get_market_first_day(self):
        return fields.Date.context_today(self) - timedelta(days=OLD_AFTER)

    @api.depends("markdown_ids.state", "markdown_ids.date_planned", "markdown_ids.price_to")
    def _compute_planned_markdown(self):
        # Who sees the car sees which price it will ask; who planned it, and why, is for those who plan.
        planned = self.sudo()._get_planned_markdowns()
        for vehicle in self:
            markdown = planned.get(vehicle.id, self.env["dealer.vehicle.markdown"].sudo())
            vehicle.markdown_date = markdown.date_planned
            vehicle.markdown_price = markdown.price_to

    def action_note_market_price(self):
        """Open the dialogue that notes what the market asks for this car."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_market_price_action_new")
        action["context"] = {"default_vehicle_id": self.id}
        return action
