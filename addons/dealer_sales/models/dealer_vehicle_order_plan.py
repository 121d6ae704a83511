from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.dealer_vehicle.tools import order_plan


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
        for key, count in counts.items():
            number = order_plan.per_month(count, company.dealer_plan_weeks)
            known = demand.setdefault(key, {})
            demand[key] = {month: known.get(month, 0.0) + number for month in months}
        return demand

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
