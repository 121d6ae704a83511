from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..tools import ageing


class DealerVehicleMarkdownPlan(models.TransientModel):
    """Plans mark-downs for several cars at once, each with the price its age proposes."""

    _name = "dealer.vehicle.markdown.plan"
    _description = "Plan Mark-downs"

    date_planned = fields.Date("From Day", required=True, default=fields.Date.context_today)
    percent = fields.Float("Cut (%)", digits=(5, 2), help="0: what the age of each car proposes.")
    reason = fields.Char(required=True, default=lambda self: self.env._("Age of stock"))
    line_ids = fields.One2many(
        "dealer.vehicle.markdown.plan.line", "plan_id", "Cars", compute="_compute_line_ids", store=True, readonly=False
    )
    vehicle_ids = fields.Many2many("dealer.vehicle", string="Selected Cars")

    @api.depends("vehicle_ids", "percent")
    def _compute_line_ids(self):
        for plan in self:
            plan.line_ids = [Command.clear()] + [
                Command.create({"vehicle_id": vehicle.id, "price_to": plan._get_price(vehicle)})
                for vehicle in plan.vehicle_ids._origin
            ]

    def _get_price(self, vehicle):
        if self.percent:
            return ageing.round_price(vehicle.asking_price * (1 - self.percent / 100.0))
        return vehicle._get_markdown_price()

    def action_plan(self):
        """Plan the mark-downs and show them.

        :return: dict, the list of what was planned
        :raises UserError: a car has no new price, or cannot be marked down
        """
        self.ensure_one()
        for line in self.line_ids.filtered(lambda line: line.price_to <= 0):
            raise UserError(
                self.env._("%(car)s: type its new price, or take it off the list.", car=line.vehicle_id.display_name)
            )
        planned = self.env["dealer.vehicle.markdown"].create([line._prepare_markdown() for line in self.line_ids])
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_markdown_action")
        action.update(domain=[("id", "in", planned.ids)], context={})
        return action


class DealerVehicleMarkdownPlanLine(models.TransientModel):
    _name = "dealer.vehicle.markdown.plan.line"
    _description = "Car to Mark Down"

    plan_id = fields.Many2one("dealer.vehicle.markdown.plan", required=True, ondelete="cascade")
    vehicle_id = fields.Many2one("dealer.vehicle", "Car", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="vehicle_id.currency_id")
    days_in_stock = fields.Integer(related="vehicle_id.days_in_stock")
    asking_price = fields.Monetary(related="vehicle_id.asking_price", string="Asks Now")
    floor_price = fields.Monetary(related="vehicle_id.floor_price", string="Lowest Price")
    price_to = fields.Monetary("New Price")
    is_below_floor = fields.Boolean(compute="_compute_is_below_floor")

    @api.depends("price_to", "vehicle_id.floor_price")
    def _compute_is_below_floor(self):
        for line in self:
            line.is_below_floor = line.currency_id.compare_amounts(line.price_to, line.floor_price) < 0

    def _prepare_markdown(self):
        return {
            "vehicle_id": self.vehicle_id.id,
            "price_to": self.price_to,
            "date_planned": self.plan_id.date_planned,
            "reason": self.plan_id.reason,
        }
