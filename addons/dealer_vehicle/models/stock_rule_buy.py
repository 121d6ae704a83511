from odoo import api, models


class StockRule(models.Model):
    """Reordering rules order cars as people do: received where cars are inspected, one line a car."""

    _inherit = "stock.rule"

    @api.model
    def _run_buy(self, procurements):
        products = self.env["product.product"]
        for procurement, rule in procurements:
            if procurement.product_id.is_vehicle:
                procurement.values["dealer_picking_type"] = rule.picking_type_id.warehouse_id.vehicle_in_type_id
                products |= procurement.product_id
        result = super()._run_buy(procurements)
        if products:
            self.env["purchase.order.line"].sudo().search(
                [("product_id", "in", products.ids), ("order_id.state", "=", "draft"), ("product_qty", ">", 1)]
            )._split_into_cars()
        return result

    def _make_po_get_domain(self, company_id, values, partner):
        # Cars and parts of one supplier go on orders of their own.
        domain = super()._make_po_get_domain(company_id, values, partner)
        kind = values.get("dealer_picking_type")
        if not kind:
            return domain
        return tuple(("picking_type_id", "=", kind.id) if term[0] == "picking_type_id" else term for term in domain)

    def _prepare_purchase_order(self, company_id, origins, values):
        result = super()._prepare_purchase_order(company_id, origins, values)
        kind = values[0].get("dealer_picking_type")
        return {**result, "picking_type_id": kind.id} if kind else result
