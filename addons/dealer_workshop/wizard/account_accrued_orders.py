from odoo import models


class AccountAccruedOrdersWizard(models.TransientModel):
    _inherit = "account.accrued.orders.wizard"

    def create_entries(self):
        """Remember the accrual of outside work: its order may be settled then."""
        action = super().create_entries()
        if self.env.context.get("active_model") == "purchase.order":
            lines = self.env["purchase.order"].browse(self.env.context["active_ids"]).order_line
            # Narrow sudo: the accountant accrues; the workshop only learns of it.
            sublets = self.env["dealer.job.sublet"].sudo().search([("purchase_line_id", "in", lines.ids)])
            moves = self.env["account.move"].search(action["domain"], order="date, id", limit=1)
            sublets.accrual_move_id = moves
            sublets.order_id._gates_changed()
        return action
