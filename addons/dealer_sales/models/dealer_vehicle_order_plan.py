from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.dealer_vehicle.tools import order_plan


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_plan_by_forecast = fields.Boolean(
        "Order Plan by Forecast",
        help="The order plan expects what the forecast says for the months it reaches, divided among trims and colours "
        "as they sold in the weeks it looks back. Off: as many a month as in those weeks.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dealer_plan_by_forecast = fields.Boolean(related="company_id.dealer_plan_by_forecast", readonly=False)


class DealerVehicleOrderPlan(models.Model):
    """What the order plan expects to be sold: what contracts sold lately."""

    _inherit = "dealer.vehicle.order.plan"

    @api.model
    def _get_demand(self, company, months):
        """Count the cars of contracts signed in the weeks the company looks back, scaled to a month (P12).

        The colour is that of the car named on the contract; a contract without a car yet counts without a colour.
        Every month asked for gets the same number.
        """
        demand = super()._get_demand(company, months)
        counts = {}
        for line in self.env["sale.order.line"].search(self._get_demand_domain(company)):
            colour = (line.dealer_vehicle_id.colour_exterior or "").strip()
            key = line.product_id.id, line.dealer_contract_id.site_id.id, colour
            counts[key] = counts.get(key, 0) + line.product_uom_qty
        expected = self._get_forecast_demand(company, counts)
        for key, count in counts.items():
            number = order_plan.per_month(count, company.dealer_plan_weeks)
            known = demand.setdefault(key, {})
            by_month = expected.get(key, {})
            demand[key] = {month: known.get(month, 0.0) + by_month.get(month, number) for month in months}
        return demand

    @api.model
    def _get_forecast_demand(self, company, counts):
        """Return the forecast of each series at each site, divided among its trims and colours as they sold lately.

        :param dict counts: {(product id, site id, colour): cars sold lately}
        :return: {(product id, site id, colour): {month: float}}; empty where the company does not plan by forecast
        """
        if not company.dealer_plan_by_forecast:
            return {}
        monthly = self.env["dealer.sales.forecast"]._get_monthly(company)
        products = self.env["product.product"].browse({product_id for product_id, _site_id, _colour in counts})
        series = {product.id: product.series_id.id for product in products}
        totals = {}
        for (product_id, site_id, _colour), count in counts.items():
            key = site_id, series[product_id]
            totals[key] = totals.get(key, 0) + count
        return {
            (product_id, site_id, colour): {
                month: cars * count / totals[site_id, series[product_id]]
                for month, cars in monthly.get((site_id, series[product_id]), {}).items()
            }
            for (product_id, site_id, colour), count in counts.items()
        }

    @api.model
    def _get_demand_domain(self, company):
        since = fields.Datetime.now() - relativedelta(weeks=company.dealer_plan_weeks)
        return (
            Domain("company_id", "=", company.id)
            & Domain("product_id.is_vehicle", "=", True)
            & Domain("product_uom_qty", ">", 0)
            & Domain("dealer_contract_id.state", "=", "signed")
            & Domain("dealer_contract_id.site_id", "!=", False)
            & Domain("dealer_contract_id.date_signed", ">=", since)
            & (Domain("dealer_vehicle_id", "=", False) | Domain("dealer_vehicle_id.condition", "=", "new"))
        )

    def action_open_demand(self):
        """Open the contracts the demand of this row was counted from; for those who read none, the cars they sold."""
        self.ensure_one()
        self.check_access("read")
        domain = (
            self._get_demand_domain(self.company_id)
            & Domain("product_id", "=", self.product_id.id)
            & Domain("dealer_contract_id.site_id", "=", self.site_id.id)
            & (
                Domain("dealer_vehicle_id.colour_exterior", "=", self.colour_exterior)
                if self.colour_exterior
                else Domain("dealer_vehicle_id", "=", False) | Domain("dealer_vehicle_id.colour_exterior", "=", False)
            )
        )
        # Which documents were counted is the plan's to say; who opens one needs the right to read it.
        lines = self.env["sale.order.line"].sudo().search(domain)
        if self.env["dealer.contract"].has_access("read"):
            xmlid, records = "dealer_sales.dealer_contract_action", lines.dealer_contract_id
        else:
            xmlid, records = "dealer_vehicle.dealer_vehicle_action", lines.dealer_vehicle_id
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action.update(domain=[("id", "in", records.ids)], context={"create": False, "active_test": False})
        return action
