from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import clean_context

from .repair_order_flow import MANAGER


class RepairOrder(models.Model):
    """Reverse settlement (返结算): everything settlement booked is credited, and the order is open to changes again."""

    _inherit = "repair.order"

    reversal_ids = fields.One2many(
        "dealer.repair.reversal", "order_id", string="Reversed Settlements", readonly=True, copy=False
    )

    def action_reverse_settlement(self, reason=None):
        """Take a settlement back: credit notes, internal cost, entitlements; money received stays the payer's.

        :param str reason: why; asked for in a dialog when missing
        :return: the dialog, or True
        :raises AccessError: the user is no workshop manager
        :raises UserError: the order is not settled, or was handed over and no policy allows it
        Source: practice P36
        """
        self._check_role(MANAGER)
        for order in self:
            order._check_reversible()
        if not (reason or "").strip():
            return self._open_dialog("repair.order.reverse", self.env._("Reverse Settlement"))
        for order in self:
            order._action_reverse_settlement(reason.strip())
        return True

    def _check_reversible(self):
        """Refuse to reverse what is not settled, or gone.

        :raises UserError: names the order, and the way out
        """
        self.ensure_one()
        if not self.settled_on:
            raise UserError(
                self.env._("%(order)s is not settled: there is nothing to reverse.", order=self.display_name)
            )
        if self.handed_over_on and not self._may_reverse_after_hand_over():
            raise UserError(
                self.env._(
                    "%(order)s was handed over on %(date)s: correct its invoice by a credit note, and open a new order "
                    "for further work.",
                    order=self.display_name,
                    date=fields.Date.to_string(fields.Datetime.context_timestamp(self, self.handed_over_on)),
                )
            )

    def _may_reverse_after_hand_over(self):
        """Tell whether the company reverses settlements of cars that left: a rule on the gate "handed over" says so."""
        # Narrow sudo: a company's rule, asked for whoever reverses.
        rules = self.env["dealer.gate.rule"].sudo()._get_required(self._name, self.company_id.id)
        return rules.get("reverse_before_hand_over") is False

    def _action_reverse_settlement(self, reason):
        """Reverse one checked order. Hook: claims and entitlements extend it.

        :param str reason: why, kept in the log
        """
        self.ensure_one()
        # Narrow sudo: role and stage are checked. Invoices and entries are not the workshop's to write.
        order = self.sudo().with_company(self.company_id).with_context(clean_context(self.env.context))
        order._check_not_credited_in_part()
        # Written first: who reverses at the same instant waits for this row, starts again and finds nothing to reverse.
        order.write({"settled_on": False, "settled_by_id": False, "handed_over_on": False, "handed_over_by_id": False})
        order.flush_recordset(["settled_on"])
        amount = order.amount_billed
        reversals = order._reverse_entries()
        order._reverse_landed_costs(reason)
        order._withdraw_payer_orders()
        order.reversal_ids = [Command.create(order._prepare_reversal(reason, amount, reversals))]
        order.message_post(body=self.env._("Settlement reversed: %(reason)s", reason=reason))
        self.invalidate_recordset()
        self._gates_changed()

    def _check_not_credited_in_part(self):
        """Refuse to reverse what accounting credited in part: its rest would stay, and be billed a second time.

        :raises UserError: names the invoice and its credit note, and the way out
        Source: quality.md I7
        """
        for bill in self._get_bills().filtered(lambda bill: bill.move_type == "out_invoice"):
            credits = bill.reversal_move_ids.filtered(lambda credit: credit.state == "posted")
            credited = sum(credits.mapped("amount_total"))
            if credits and bill.currency_id.compare_amounts(credited, bill.amount_total) < 0:
                raise UserError(
                    self.env._(
                        "%(invoice)s was credited in part already (%(credits)s): accounting credits the rest of it, "
                        "then the settlement is reversed.",
                        invoice=bill.name,
                        credits=", ".join(credits.mapped("name")),
                    )
                )

    def _reverse_entries(self):
        """Credit every invoice and reverse every entry of the settlement; payments become open credits.

        :return: ``account.move``, the reversals
        """
        landed = self.env["stock.landed.cost"].search([("dealer_repair_id", "=", self.id)]).account_move_id
        moves = self.invoice_ids.filtered(
            lambda move: move.state == "posted"
            and move.move_type in ("out_invoice", "entry")
            and not move.reversed_entry_id
            and not move.reversal_move_ids.filtered(lambda back: back.state == "posted")
            and move not in landed
        )
        today = fields.Date.context_today(self)
        values = [{"invoice_date": today if move.is_invoice() else False, "date": today} for move in moves]
        return moves._reverse_moves(values, cancel=True)

    def _reverse_landed_costs(self, reason):
        """Take internal cost off the car again, back to where it came from.

        :param str reason: shown on the entries
        """
        costs = self.env["stock.landed.cost"].search(
            [("dealer_repair_id", "=", self.id), ("dealer_reversed_by_id", "=", False), ("amount_total", ">", 0)]
        )
        for cost in costs:
            for line in cost.cost_lines:
                back = self.dealer_vehicle_id._capitalise(-line.price_unit, f"{self.name}: {reason}", line.account_id)
                back.dealer_repair_id = self
                back.account_move_id.dealer_repair_id = self
                cost.dealer_reversed_by_id = back

    def _withdraw_payer_orders(self):
        """Cancel the payers' orders, so that the order can be settled again."""
        orders = self.payer_order_ids.filtered(lambda order: order.state != "cancel")
        self.job_ids.split_ids.filtered("settled_amount").write({"settled_amount": 0.0})
        # The parts were used up once; the next settlement bills them on orders of its own.
        self.move_ids.filtered("sale_line_id").write({"sale_line_id": False})
        orders.action_unlock()
        orders._action_cancel()
        # Before the next settlement's orders are inserted: the database allows one live order per payer.
        orders.flush_recordset(["state"])

    def _prepare_reversal(self, reason, amount, reversals):
        return {
            "reason": reason,
            "user_id": self.env.uid,
            "amount": amount,
            "credit_names": ", ".join(reversals.filtered(lambda move: move.is_sale_document()).mapped("name")),
        }

    def _action_settle(self):
        super()._action_settle()
        if self.reversal_ids:
            self._use_open_credits()

    def _use_open_credits(self):
        """Match what a payer paid for the reversed settlement with his new bill."""
        # Narrow sudo: settling was checked; the money is this order's own.
        order = self.sudo()
        for bill in order._get_bills().filtered(lambda bill: bill.payment_state in ("not_paid", "partial")):
            owed = bill.line_ids.filtered(lambda line: line.account_type == "asset_receivable" and not line.reconciled)
            paid = (
                self.env["account.payment"]
                .sudo()
                .search(
                    [
                        ("dealer_repair_id", "=", order.id),
                        ("partner_id", "=", bill.commercial_partner_id.id),
                        ("state", "in", ("in_process", "paid")),
                    ]
                )
            )
            domain = [("account_id", "in", owed.account_id.ids), ("reconciled", "=", False)]
            credit = paid.move_id.line_ids.filtered_domain(domain)
            if owed and credit:
                (owed | credit).reconcile()
        self.invalidate_recordset()
        self._gates_changed()


class DealerRepairReversal(models.Model):
    """One reversed settlement: who, when, why, how much. Written by the reversal only, counted daily (P36)."""

    _name = "dealer.repair.reversal"
    _description = "Reversed Settlement"
    _order = "date desc, id desc"
    _check_company_auto = True

    order_id = fields.Many2one(
        "repair.order", string="Repair Order", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True, precompute=True)
    site_id = fields.Many2one(related="order_id.site_id", store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(related="order_id.partner_id", string="Customer")
    plate = fields.Char(related="order_id.plate")
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now, index=True)
    user_id = fields.Many2one("res.users", string="Reversed By", required=True, readonly=True)
    reason = fields.Char(required=True, readonly=True)
    amount = fields.Monetary(string="Credited", readonly=True, help="Of all payers, with tax.")
    credit_names = fields.Char(string="Credit Notes", readonly=True)
