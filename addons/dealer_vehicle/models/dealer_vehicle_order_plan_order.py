from datetime import datetime, time

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import order_plan

EXPECTED_DAY = 15  # of its month: when an ordered car is expected


class DealerVehicleOrderPlan(models.Model):
    """Ordering what is planned, and the records behind the numbers of a row."""

    _inherit = "dealer.vehicle.order.plan"

    def action_order(self):
        """Order what is planned and not ordered yet: draft orders by supplier and site, one line a car.

        :return: dict, opens the orders
        :raises UserError: nothing is left to order, or a trim has no supplier
        """
        self.check_access("write")
        self._check_may_order()
        self._lock_rows()
        rows = self.filtered("to_order")
        if not rows:
            raise UserError(
                self.env._("Nothing is left to order on these rows: all that is planned is on purchase orders.")
            )
        orders = self.env["purchase.order"]
        for (supplier, site), group in rows.grouped(lambda row: (row._get_supplier(), row.site_id)).items():
            orders += group._create_order(supplier, site)
        return self._get_orders_action(orders)

    def _check_may_order(self):
        if not self.env["purchase.order"].has_access("create"):
            raise UserError(
                self.env._("You plan, and the buyer orders: ask somebody with the role Buyer to order these rows.")
            )

    def _lock_rows(self):
        """Wait for the rows and write them: of two buyers who order at once the later one starts again and sees it."""
        self.flush_recordset()
        if self:
            self.env.cr.execute(
                SQL("SELECT id FROM dealer_vehicle_order_plan WHERE id IN %s ORDER BY id FOR UPDATE", tuple(self.ids))
            )
            self.env.cr.execute(
                SQL("UPDATE dealer_vehicle_order_plan SET month = month WHERE id IN %s", tuple(self.ids))
            )
        self.invalidate_recordset()

    def _check_not_ordered_twice(self):
        """Refuse to take a cancelled order up again whose cars were ordered anew in the meantime.

        :raises UserError: names the row and what to do
        """
        for row in self.filtered(lambda row: row.ordered > row.planned):
            raise UserError(
                self.env._(
                    "%(row)s: %(ordered)s cars would be ordered where %(planned)s are planned. Leave the old order "
                    "cancelled, or raise “Planned Cars”.",
                    row=row.display_name,
                    ordered=row.ordered,
                    planned=row.planned,
                )
            )

    def _get_supplier(self):
        """Return who the trim is ordered from: its vendor, or the maker of its brand.

        :raises UserError: names the trim
        """
        self.ensure_one()
        sellers = self.product_id._prepare_sellers().filtered(
            lambda seller: seller.company_id.id in (False, self.company_id.id)
        )
        supplier = sellers[:1].partner_id or self.product_id.series_id.brand_id.maker_id
        if not supplier:
            raise UserError(
                self.env._(
                    "Nobody is known to deliver %(trim)s. Name a vendor on the trim, or the maker of its brand.",
                    trim=self.product_id.display_name,
                )
            )
        return supplier

    def _create_order(self, supplier, site):
        """Create one draft order for these rows, and let each row know its lines."""
        cars = [row for row in self for _number in range(row.to_order)]
        order = (
            self.env["purchase.order"]
            .with_company(site.company_id)
            .create(
                {
                    "partner_id": supplier.id,
                    "company_id": site.company_id.id,
                    "picking_type_id": (site.vehicle_in_type_id or site.in_type_id).id,
                    "origin": self.env._("Order Plan"),
                    "order_line": [Command.create(row._prepare_order_line()) for row in cars],
                }
            )
        )
        # The lines count for the rows that made them: nobody may type that.
        for row, line in zip(cars, order.order_line.sorted("id").sudo(), strict=True):
            line.dealer_plan_id = row.id
        return order

    def _prepare_order_line(self):
        """Return the values of the purchase line of one car, expected in the middle of its month."""
        expected = datetime.combine(self.month.replace(day=EXPECTED_DAY), time(12))
        return {
            "product_id": self.product_id.id,
            "product_qty": 1,
            "colour_exterior": self.colour_exterior,
            "date_planned": max(expected, fields.Datetime.now()),
        }

    # ------------------------------------------------------------------ every number opens its records

    @api.model
    def _get_orders_action(self, orders):
        action = self.env["ir.actions.act_window"]._for_xml_id("purchase.purchase_rfq")
        action.update(domain=[("id", "in", orders.ids)], context={"create": False})
        if len(orders) == 1:
            action.update(views=[(False, "form")], res_id=orders.id)
        return action

    def action_open_orders(self):
        """Open the purchase orders this row made, cancelled ones included."""
        return self._get_orders_action(self.purchase_line_ids.order_id)

    def action_open_stock(self):
        """Open the free cars in stock the row counts."""
        return self._open_cars(self.env["dealer.vehicle"]._get_stock_domain())

    def action_open_pipeline(self):
        """Open the ordered cars the row counts."""
        end = order_plan.months_from(self.month, 1)[0]
        return self._open_cars(
            Domain("arrival_date", "=", False)
            & Domain("place", "in", ("ordered", "in_transit"))
            & Domain("purchase_line_id.date_planned", "<", end)
        )

    def action_open_demand(self):
        """Open the sales the demand was counted from. Hook: add-ons that fill the demand open their documents."""
        raise UserError(self.env._("Nothing tells what was sold of %(trim)s yet.", trim=self.product_id.display_name))

    def _open_cars(self, domain):
        self.ensure_one()
        self.check_access("read")
        months = order_plan.months_from(fields.Date.context_today(self), 1)
        domain &= self._get_free_cars_domain(self.company_id, months)
        domain &= Domain("product_id", "=", self.product_id.id) & Domain("site_id", "=", self.site_id.id)
        # A keeper reads the plan and the cars, not the purchase lines the counting asks.
        cars = self.env["dealer.vehicle"].sudo().search(domain & self._get_colour_domain())
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_action")
        action.update(domain=[("id", "in", cars.ids)], context={})
        return action

    def _get_colour_domain(self):
        if self.colour_exterior:
            return Domain("colour_exterior", "=", self.colour_exterior)
        siblings = self.search(
            [
                ("month", "=", self.month),
                ("product_id", "=", self.product_id.id),
                ("site_id", "=", self.site_id.id),
                ("colour_exterior", "!=", False),
            ]
        )
        return Domain("colour_exterior", "=", False) | Domain(
            "colour_exterior", "not in", siblings.mapped("colour_exterior")
        )
