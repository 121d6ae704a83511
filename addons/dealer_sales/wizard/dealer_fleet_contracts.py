from odoo import api, fields, models
from odoo.fields import Command


class DealerFleetContracts(models.TransientModel):
    """How many contracts are made now of each line: all that are open, unless fewer are wanted."""

    _name = "dealer.fleet.contracts"
    _description = "Make Contracts of a Fleet Agreement"

    agreement_id = fields.Many2one("dealer.fleet.agreement", required=True, readonly=True)
    line_ids = fields.One2many(
        "dealer.fleet.contracts.line",
        "window_id",
        "Cars",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )

    @api.depends("agreement_id")
    def _compute_line_ids(self):
        for window in self:
            still = window.agreement_id.line_ids.filtered(lambda line: line.open_count > 0)
            window.line_ids = [
                Command.clear(),
                *(Command.create({"line_id": line.id, "quantity": line.open_count}) for line in still),
            ]

    def action_confirm(self):
        """Make the contracts.

        :return: action on them
        """
        self.ensure_one()
        wanted = {row.line_id.id: row.quantity for row in self.line_ids if row.quantity}
        return self.agreement_id.action_make_contracts(wanted)


class DealerFleetContractsLine(models.TransientModel):
    _name = "dealer.fleet.contracts.line"
    _description = "Cars of a Line to Make Contracts of"

    window_id = fields.Many2one("dealer.fleet.contracts", required=True, ondelete="cascade")
    line_id = fields.Many2one("dealer.fleet.agreement.line", "Line", required=True)
    product_id = fields.Many2one(related="line_id.product_id")
    colour_id = fields.Many2one(related="line_id.colour_id")
    currency_id = fields.Many2one(related="line_id.currency_id")
    price = fields.Monetary(related="line_id.price")
    open_count = fields.Integer(related="line_id.open_count")
    quantity = fields.Integer("Make now")
