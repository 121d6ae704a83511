from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..models.cost_rights import COST_GROUP
from ..tools import trade


class DealerVehicleTrade(models.TransientModel):
    """Sells cars of one company to another of the group: sale and purchase are made together (P11)."""

    _name = "dealer.vehicle.trade"
    _description = "Sell to a Sister Company"

    buyer = fields.Selection(
        selection="_get_buyers", string="To", required=True, help="The buying company and the site the cars go to."
    )
    line_ids = fields.One2many("dealer.vehicle.trade.line", "trade_id", "Cars")

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        cars = self._get_chosen_cars()
        if cars and "line_ids" in fields:
            cars._check_may_trade()
            values["line_ids"] = [
                Command.create({"vehicle_id": car.id, "price": self._get_proposed_price(car)}) for car in cars
            ]
        if "buyer" in fields and len(buyers := self._get_buyers()) == 1:
            values["buyer"] = buyers[0][0]
        return values

    @api.model
    def _get_chosen_cars(self):
        return self.env["dealer.vehicle"].browse(self.env.context.get("dealer_trade_vehicle_ids", [])).exists()

    @api.model
    def _get_buyers(self):
        """Return the sites of sister companies: list of (id as text, "company · site")."""
        # Who sells to a company of the group knows its name and where its sites are, and nothing else of it.
        seller = self._get_chosen_cars().sudo().company_id or self.env.company
        sites = self.env["stock.warehouse"].sudo().search([("company_id", "not in", seller.ids)])
        return [
            (str(site.id), f"{site.company_id.name} · {site.name}")
            for site in sites.sorted(lambda site: (site.company_id.name, site.name))
        ]

    @api.model
    def _get_proposed_price(self, car):
        percent = car.company_id.sudo().dealer_trade_percent
        return car.currency_id.round(trade.proposed_price(car.cost, percent))

    def action_sell(self):
        """Make the confirmed sale here and the confirmed purchase there.

        :return: dict, opens our order for those who may read it; else closes the window
        :raises AccessError: the user may not do this
        :raises UserError: names the car, why and what to do
        """
        self.ensure_one()
        cars = self.line_ids.vehicle_id
        if not cars:
            raise UserError(self.env._("No car is chosen. Select cars in Stock and start again."))
        cars._check_may_trade()
        site = self._get_site(cars.company_id)
        prices = {line.vehicle_id: line._get_price() for line in self.line_ids}
        sales = self.env["sale.order"]
        for group in cars.grouped("site_id").values():
            sales |= group._sell_to_sister(site, prices)
        return self._get_result(sales)

    def _get_site(self, company):
        """Return the site of the sister company that was chosen, as superuser.

        :raises UserError: it is none of another company
        """
        # A client may send anything here: a selection made by a method is not checked by Odoo.
        site_id = int(self.buyer) if self.buyer.isdigit() else 0
        site = self.env["stock.warehouse"].sudo().browse(site_id).exists()
        if not site or site.company_id == company:
            raise UserError(self.env._("Choose a site of another company: inside a company cars are transferred."))
        return site

    def _get_result(self, sales):
        if not sales.has_access("read"):
            message = self.env._(
                "Sold: %(sales)s. The other company's order: %(purchases)s.",
                sales=", ".join(sales.sudo().mapped("name")),
                purchases=", ".join(sales.sudo().mapped("dealer_trade_purchase_ref")),
            )
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "success",
                    "message": message,
                    "next": {"type": "ir.actions.act_window_close"},
                },
            }
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        action.update(domain=[("id", "in", sales.ids)], context={})
        if len(sales) == 1:
            action.update(views=[(False, "form")], res_id=sales.id)
        return action


class DealerVehicleTradeLine(models.TransientModel):
    _name = "dealer.vehicle.trade.line"
    _description = "Car for a Sister Company"

    trade_id = fields.Many2one("dealer.vehicle.trade", required=True, ondelete="cascade")
    vehicle_id = fields.Many2one("dealer.vehicle", "Car", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="vehicle_id.currency_id")
    days_in_stock = fields.Integer(related="vehicle_id.days_in_stock")
    cost = fields.Monetary(related="vehicle_id.cost", groups=COST_GROUP)
    price = fields.Monetary("Price without Tax", required=True)
    margin = fields.Monetary(compute="_compute_margin", groups=COST_GROUP, help="Price less exact cost.")

    _car_uniq = models.UniqueIndex("(trade_id, vehicle_id)", "A car is sold once.")

    @api.depends("price", "vehicle_id")
    def _compute_margin(self):
        for line in self:
            line.margin = line.price - line.vehicle_id.cost

    def _get_price(self):
        if self.currency_id.compare_amounts(self.price, 0.0) <= 0:
            raise UserError(self.env._("%(car)s: type its price.", car=self.vehicle_id.display_name))
        return self.currency_id.round(self.price)
