from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    def _check_vehicles_may_be_invoiced(self):
        """Let a car be invoiced by its signed contract only; see ``dealer_vehicle``.

        :raises UserError: naming the invoice, the car, the reason and where to go
        """
        with self.env["dealer.refused.attempt"]._noting("invoice", self, lambda moves: moves._get_invoiced_vehicles()):
            return self._check_contracts_may_be_invoiced()

    def _get_invoiced_vehicles(self):
        return self.invoice_line_ids.sale_line_ids.dealer_vehicle_id

    def _check_contracts_may_be_invoiced(self):
        res = super()._check_vehicles_may_be_invoiced()
        sales = self.filtered(lambda move: move.move_type in ("out_invoice", "out_receipt"))
        for line in sales.invoice_line_ids:
            if line.product_id.is_vehicle and line.quantity > 0:
                line.move_id._check_vehicle_line_may_be_invoiced(line)
        return res

    def _check_vehicle_line_may_be_invoiced(self, line):
        refusal = self._get_vehicle_line_refusal(line)
        if not refusal:
            return
        raise UserError(
            self.env._(
                "Invoice %(invoice)s cannot be posted: %(reason)s",
                invoice=self.display_name,
                reason=refusal,
            )
        )

    def _get_vehicle_line_refusal(self, line):
        """Return why this line may not be posted, or False.

        :param line: ``account.move.line`` of this invoice that sells a car
        :return: str for a person, or False
        """
        order_line = line.sudo().sale_line_ids[:1]
        contract = order_line.order_id._get_dealer_contract()
        if not contract and order_line.order_id.dealer_trade_purchase_id:
            return order_line.order_id._get_trade_refusal()
        if not contract:
            return self.env._(
                "%(line)s is a car and no contract sells it. Make the contract in Deals / "
                "Contracts and invoice from there.",
                line=line.name,
            )
        if not order_line.dealer_vehicle_id:
            return self.env._(
                "contract %(contract)s names no car yet: allocate one first.",
                contract=contract.name,
            )
        return contract._get_invoice_refusal(order_line.dealer_vehicle_id)
