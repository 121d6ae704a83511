from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL


class AccountMove(models.Model):
    """Bills of the workshop as the cashier sees them: by plate, order and customer, with one button."""

    _inherit = "account.move"

    dealer_repair_name = fields.Char(string="Workshop Order", compute="_compute_dealer_repair", compute_sudo=True)
    dealer_repair_plate = fields.Char(
        string="Plate",
        compute="_compute_dealer_repair",
        search="_search_dealer_repair_plate",
        compute_sudo=True,
        help="Of the car in the workshop.",
    )

    @api.depends("dealer_repair_id")
    def _compute_dealer_repair(self):
        for move in self:
            order = move.dealer_repair_id
            move.dealer_repair_name = order.name
            move.dealer_repair_plate = order.dealer_vehicle_id.plate or order.dealer_vehicle_id.vin

    @api.model
    def _search_dealer_repair_plate(self, operator, value):
        # Narrow sudo: a cashier finds a bill by plate, last 8 or order number without rights on cars and orders;
        # which bills he sees is decided by his own rights.
        if operator not in ("ilike", "=", "like"):
            return NotImplemented
        found = Domain("dealer_vehicle_id", operator, value) | Domain("name", operator, value)
        orders = self.env["repair.order"].sudo().search(Domain("dealer_vehicle_id", "!=", False) & found)
        return Domain("dealer_repair_id", "in", orders.ids)

    def action_collect_repair(self):
        """Open the dialog in which the cashier takes the money for this bill's payer.

        :return: window action
        :raises UserError: the bill is none of the workshop's, or paid
        """
        self.ensure_one()
        if not self.dealer_repair_id:
            raise UserError(self.env._("%(bill)s is no bill of the workshop.", bill=self.display_name))
        return self.env["repair.order.collect"]._open(self.dealer_repair_id, self.partner_id)

    def _lock_for_collection(self):
        """Wait for whoever takes money for these bills right now; a stale view of them starts again."""
        if self:
            self.env.execute_query(
                SQL("SELECT id FROM account_move WHERE id IN %s ORDER BY id FOR UPDATE", tuple(self.ids))
            )
            self.invalidate_recordset(["amount_residual", "payment_state"])
