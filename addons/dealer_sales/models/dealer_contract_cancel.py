from odoo import fields, models
from odoo.exceptions import AccessError, UserError


class DealerContract(models.Model):
    """The end of a deal that does not go on (P22)."""

    _inherit = "dealer.contract"

    def action_cancel(self, reason=None, withdrawn_by="agreed"):
        """Cancel the deal: the car is free, the order cancelled, the money the customer's.

        :param str reason: why; None opens the window that asks for it
        :param str withdrawn_by: ``customer``, ``dealer`` or ``agreed``: decides what becomes of earnest money (P16)
        :return: True, or the action of the window
        :raises UserError: delivered, or invoiced and not credited
        :raises AccessError: a signed contract, by somebody who is no sales manager
        """
        self.check_access("write")
        if not reason:
            return self._get_cancel_window()
        for contract in self:
            contract._check_can_cancel()
        # The order, its pickings and the hold are not the advisor's to write: after the check
        self.sudo()._action_cancel(reason)
        self.sudo()._note_cancel(reason, withdrawn_by, self.env.user)
        return True

    def _get_cancel_window(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel the contract"),
            "res_model": "dealer.contract.cancel",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_contract_ids": self.ids},
        }

    def _check_can_cancel(self):
        """Refuse to cancel what is cancelled, delivered or invoiced. Hook: call super.

        :raises UserError: naming the contract and the way out
        :raises AccessError: signed, and the user is no sales manager
        """
        self.ensure_one()
        if self.state == "cancelled":
            raise UserError(self.env._("Contract %(name)s is cancelled already.", name=self.name))
        if self.state == "signed" and not (self.env.su or self.env.user.has_group("dealer_sales.group_sales_manager")):
            raise AccessError(
                self.env._(
                    "Contract %(name)s is signed: only a sales manager cancels it.",
                    name=self.name,
                )
            )
        order = self.sudo().sale_order_id  # deliveries and invoices count, seen by the user or not
        if any(line.qty_delivered for line in order.order_line if line.product_id.is_vehicle):
            raise UserError(
                self.env._(
                    "The car of contract %(name)s is delivered: it comes back by a return, not by cancelling.",
                    name=self.name,
                )
            )
        invoices = order.invoice_ids.filtered(
            lambda move: move.state == "posted" and move.move_type == "out_invoice" and move.payment_state != "reversed"
        )
        if invoices:
            raise UserError(
                self.env._(
                    "Contract %(name)s is invoiced (%(invoices)s): credit the invoice first.",
                    name=self.name,
                    invoices=", ".join(invoices.mapped("name")),
                )
            )

    def _action_cancel(self, reason):
        """Cancel without asking. Hook: runs in superuser mode, call super.

        :param str reason: shown on the contract
        """
        self.version_ids.filtered(lambda v: v.state in ("under_review", "approved", "sent_back"))._set_superseded()
        self.write(
            {
                "state": "cancelled",
                "cancel_reason": reason,
                "date_cancelled": fields.Datetime.now(),
            }
        )
        self._release_holds()
        vehicles = self.vehicle_id
        self.sale_order_id._action_cancel()
        vehicles._facts_changed()
        self._gates_changed()
