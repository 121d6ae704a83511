from odoo import models
from odoo.exceptions import UserError

BILL_SIGNS = {"in_invoice": 1, "in_receipt": 1, "in_refund": -1}


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        self._check_cars_billed_once()
        return super()._post(soft)

    def _check_cars_billed_once(self):
        """Refuse to book a car a second time on the same purchase line, unless it was credited in between.

        :raises UserError: names the car, the order and the earlier bill
        """
        bills = self.filtered(lambda move: move.move_type in ("in_invoice", "in_receipt"))
        lines = bills.sudo().invoice_line_ids.filtered(
            lambda line: line.display_type == "product" and line.purchase_line_id.product_id.is_vehicle
        )
        # Two people may post two bills of one car at once: the later one waits, starts again and sees the first.
        lines.purchase_line_id.dealer_vehicle_id._lock_for_hold()
        for order_line, bill_lines in lines.grouped("purchase_line_id").items():
            if order_line._is_billed_twice(bill_lines):
                raise UserError(order_line._get_billed_twice_message())


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    def _is_billed_twice(self, bill_lines):
        """Tell whether bill lines about to be posted book this car again.

        Makers correct prices by further bills and credit notes over one car, so that a quantity says nothing: what
        comes to more than half the ordered price is the car itself, what comes to less is a correction.

        :param bill_lines: ``account.move.line`` of bills, for this order line
        """
        self.ensure_one()
        half = self.with_company(self.company_id)._get_stock_move_price_unit() * max(self.product_qty, 1.0) / 2
        booked = sum(self.invoice_lines.filtered(lambda line: line.parent_state == "posted").mapped("balance"))
        for line in bill_lines:
            if line.balance > half and booked > half:
                return True
            booked += line.balance
        return False

    def _get_net_billed(self, states=("posted",)):
        """Return how many cars the suppliers' bills of these lines book, credit notes deducted.

        :param states: of the bills that count
        :return: float
        """
        return sum(
            BILL_SIGNS.get(line.move_id.move_type, 0) * line.quantity
            for line in self.sudo().invoice_lines
            if line.parent_state in states
        )

    def _get_billed_twice_message(self):
        earlier = self.invoice_lines.move_id.filtered(lambda move: move.state == "posted")
        return self.env._(
            "%(car)s would be billed more than once for %(order)s%(earlier)s. Delete this bill, or book the supplier's "
            "credit note first; further costs of the car go on a landed cost.",
            car=self.dealer_vehicle_id.display_name or self.product_id.display_name,
            order=self.order_id.name,
            earlier="".join(f" ({move.name})" for move in earlier[-1:]),
        )
