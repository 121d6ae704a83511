from odoo import models
from odoo.exceptions import UserError


class StockMove(models.Model):
    _inherit = "stock.move"

    def _check_vehicles_may_leave(self, vehicles):
        """Let a car leave for a sister company only as both agreed; see ``stock_move.py``.

        :raises UserError: the orders differ, or the other company has not confirmed its own
        """
        result = super()._check_vehicles_may_leave(vehicles)
        sales = self.sudo().sale_line_id.order_id.filtered("dealer_trade_purchase_id")
        sales._check_trades()
        for sale in sales.filtered(lambda sale: sale.dealer_trade_purchase_id.state != "purchase"):
            raise UserError(
                self.env._(
                    "%(purchase)s of the sister company is not approved yet: ask its purchasing manager, then ship "
                    "%(sale)s.",
                    purchase=sale.dealer_trade_purchase_id.name,
                    sale=sale.name,
                )
            )
        for move in self.filtered(lambda move: move.sudo().sale_line_id.order_id in sales):
            move._check_goes_to_sister(move.sudo().sale_line_id.order_id.dealer_trade_purchase_id)
        return result

    def _check_goes_to_sister(self, purchase):
        """Refuse to send a car of a sale between companies to anybody but the company that buys it.

        :param purchase: ``purchase.order`` of the buying company, superuser
        :raises UserError: names the transfer and what to do
        """
        buyer = purchase.company_id.partner_id
        receiver = self.picking_id.sudo().partner_id.commercial_partner_id or buyer
        between = self.env.ref("stock.stock_location_inter_company")
        destinations = (self.location_dest_id | self._get_car_lines().location_dest_id).sudo()
        if receiver != buyer or not all(location._child_of(between) for location in destinations):
            raise UserError(
                self.env._(
                    "%(transfer)s is for the sister company %(company)s: its cars go to that company, by %(location)s. "
                    "Put contact and destination back, or cancel the sale and sell the car as any other.",
                    transfer=self.picking_id.name or self.reference,
                    company=buyer.name,
                    location=between.sudo().display_name,
                )
            )

    def _after_cars_moved(self):
        super()._after_cars_moved()
        sold = self.filtered(lambda move: move.state == "done" and move._leaves_to_customer())
        sold.sudo()._ship_to_sister()
        back = self.filtered(lambda move: move.state == "done" and move._comes_back_from_customer())
        back.sudo()._unship_from_sister()

    def _comes_back_from_customer(self):
        """Tell whether this move takes a car back that had left for a customer or another company."""
        self.ensure_one()
        # Core looks its inter-company location up each time: from our own stock nothing comes back
        return (
            not self.location_id._should_be_valued()
            and self.location_id._is_outgoing()
            and not self.location_dest_id._is_outgoing()
        )

    def _get_net_departures(self):
        """Return how often the cars of these moves left for good: done departures less those that came back.

        :return: int, 0 when everything is where it was; negative when cars came in
        """
        done = self.filtered(lambda move: move.state == "done")
        left = done.filtered(lambda move: move._leaves_to_customer())
        return len(left) - len(done.filtered(lambda move: move._comes_back_from_customer()))

    def _ship_to_sister(self):
        """Make the sister company's receipts ready for the cars that have just left for it."""
        for sale, moves in self.grouped(lambda move: move.sale_line_id.order_id).items():
            lines = moves._get_sister_lines()
            if lines:
                company = sale.dealer_trade_purchase_id.company_id
                lines.dealer_vehicle_id.shipped_date = company._get_day()
                lines._get_open_moves().with_company(company)._action_assign()

    def _release_from_sister(self):
        """Take cars that are to come back off the sister company's receipts, which have reserved them."""
        for line in self._get_sister_lines():
            line._get_open_moves().with_company(line.company_id)._do_unreserve()

    def _unship_from_sister(self):
        """Let the sister company expect again, not as shipped, the cars that came back to us."""
        expected = self._get_sister_lines().dealer_vehicle_id.filtered(lambda car: not car.arrival_date)
        expected.shipped_date = False

    def _get_sister_lines(self):
        """Return the lines by which sister companies buy the cars of these moves, as superuser."""
        lines = self.env["purchase.order.line"].sudo()
        for move in self.sudo():
            bought = move.sale_line_id.order_id.dealer_trade_purchase_id.order_line
            lines |= bought.filtered(
                lambda line, car=move.dealer_vehicle_id: line.dealer_vehicle_id.vin_id == car.vin_id
            )
        return lines.filtered("dealer_vehicle_id.vin_id")
