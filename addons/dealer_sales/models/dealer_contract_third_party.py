from odoo import api, models


class DealerContract(models.Model):
    """A contract that sells somebody else's car: the maker's own invoice stands for ours."""

    _inherit = "dealer.contract"

    @api.depends("sale_order_id.order_line.dealer_consignment_id")
    def _compute_money(self):
        super()._compute_money()

    def _is_line_invoiced(self, line):
        """The maker invoices an agency car himself: our part of the invoicing is done without it."""
        return line._is_invoiced_by_maker() or super()._is_line_invoiced(line)

    def _get_amount_due(self):
        """The customer pays an agency car to its maker, not to us."""
        due = super()._get_amount_due()
        lines = self.sudo().order_line_ids.filtered(lambda line: line._is_invoiced_by_maker())
        if self.state == "cancelled" or not lines:
            return due
        return max(self._round_money(due - sum(lines.mapped("price_total"))), 0.0)
