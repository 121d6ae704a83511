from odoo import models
from odoo.exceptions import UserError

from .repair_order_flow import ADVISOR


class RepairOrder(models.Model):
    """At the desk: money, keys, gate pass (出门证)."""

    _inherit = "repair.order"

    def action_collect(self):
        """Take the customer's money for this order, without leaving it.

        :return: window action of the dialog
        :raises AccessError: the user takes no money
        :raises UserError: nothing is to be collected
        Source: practice P36
        """
        self.ensure_one()
        self.check_access("read")
        collect = self.env["repair.order.collect"]
        collect._check_cashier()
        bills = self.sudo()._get_bills().filtered(lambda bill: bill.dealer_pay_type == "customer")
        open_bills = bills.filtered(lambda bill: bill.move_type == "out_invoice" and bill.amount_residual)
        if not open_bills:
            raise UserError(self.env._("Nothing is open on %(order)s: it is paid.", order=self.display_name))
        return collect._open(self, open_bills[:1].partner_id)

    def action_hand_over_and_print(self):
        """Give the car back and print its gate pass: one press.

        :return: report action
        """
        self.action_hand_over()
        return self.action_print_gate_pass()

    def action_print_gate_pass(self):
        """Print the gate pass of cars that were handed over.

        :return: report action
        :raises UserError: the car was not handed over, so it was neither paid nor given on credit
        """
        self._check_role(ADVISOR)
        for order in self:
            if not order.handed_over_on:
                raise UserError(
                    self.env._("%(order)s: no gate pass before the car is handed over.", order=order.display_name)
                )
        return self.env.ref("dealer_workshop.repair_order_report_gate_pass").report_action(self)

    def _get_customer_due(self):
        """Return what the customer still owes for this order, with tax; maker and insurer left out."""
        self.ensure_one()
        bills = self._get_bills().filtered(lambda bill: bill.dealer_pay_type == "customer")
        return sum(bills.mapped("amount_residual_signed"))
