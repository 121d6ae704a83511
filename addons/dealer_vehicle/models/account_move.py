from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        self._check_vehicles_may_be_invoiced()
        posted = super()._post(soft)
        # A reversal that cancels its entry skips core's own revaluation.
        posted._settle_car_costs(revalue=bool(self.env.context.get("move_reverse_cancel")))
        return posted

    def button_draft(self):
        result = super().button_draft()
        self._settle_car_costs(revalue=True)
        return result

    def button_cancel(self):
        result = super().button_cancel()
        self._settle_car_costs(revalue=True)
        return result

    def _check_vehicles_may_be_invoiced(self):
        """Refuse to post a customer invoice for a car no order names. Sink: called for the whole batch.

        Hook: add-ons that sell cars add their own conditions and call super.

        :raises UserError: names the invoice and the line, or the car under stop-sale
        Source: P10, design.md decision 6
        """
        lines = self.filtered(lambda move: move.move_type in ("out_invoice", "out_receipt")).invoice_line_ids.filtered(
            lambda line: line.display_type == "product" and line.product_id.is_vehicle and line.quantity > 0
        )
        for line in lines:
            if not line._get_car_sale_line():
                raise UserError(
                    self.env._(
                        "The invoice for %(partner)s sells a %(product)s without saying which car. Name the car on "
                        "the sales order and invoice that order.",
                        partner=line.move_id.partner_id.display_name,
                        product=line.product_id.display_name,
                    )
                )
        lines.sudo().sale_line_ids.dealer_vehicle_id._check_no_stop_sale()
        self._check_invoiced_once(lines)

    def _check_invoiced_once(self, lines):
        """Refuse to invoice a car a second time on the same order line, unless it was credited in between."""
        for sale_line, invoice_lines in lines.grouped(lambda line: line._get_car_sale_line()).items():
            invoiced = sale_line._get_posted_quantity()
            if invoiced + sum(invoice_lines.mapped("quantity")) > 1:
                earlier = sale_line.invoice_lines.move_id.filtered(lambda move: move.state == "posted")
                raise UserError(
                    self.env._(
                        "%(car)s would be invoiced more than once for %(order)s%(earlier)s. Credit the earlier invoice "
                        "first; a car line has quantity 1.",
                        car=sale_line.dealer_vehicle_id.display_name,
                        order=sale_line.order_id.name,
                        earlier="".join(f" ({move.name})" for move in earlier[-1:]),
                    )
                )

    def _settle_car_costs(self, revalue):
        """Carry posted or withdrawn bills on to the cars' values, and invoices' cost of goods sold to what cars cost.

        :param bool revalue: value the arrivals anew (core has not done so)
        """
        bills = self.filtered(lambda move: move.is_purchase_document(include_receipts=True))
        if revalue and bills:
            moves = bills.line_ids.sudo()._get_stock_moves()
            moves.filtered(lambda move: move.is_in and move.product_id._is_exactly_costed())._set_value()
        sales = self.filtered(lambda move: move.is_sale_document(include_receipts=True))
        sales.invoice_line_ids.sudo().sale_line_ids.filtered("dealer_vehicle_id")._sync_car_cogs()

    def _stock_account_prepare_realtime_out_lines_vals(self):
        """Note on both items of a car's cost which order line they belong to (stock item first, as core makes them)."""
        vals_list = super()._stock_account_prepare_realtime_out_lines_vals()
        seen = set()
        for vals in vals_list:
            origin = vals["cogs_origin_id"]
            sale_line = self.env["account.move.line"].browse(origin)._get_car_sale_line()
            if sale_line:
                vals["dealer_cogs_sale_line_id"] = sale_line.id
                vals["is_dealer_cogs_stock_side"] = origin not in seen
            seen.add(origin)
        return vals_list
