from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class AccountMove(models.Model):
    """Documents of a traded-in car stand and fall together: they are undone with the trade-in."""

    _inherit = "account.move"

    dealer_trade_in_id = fields.Many2one(
        "dealer.trade.in",
        "Trade-in",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="This document books a car that was traded in.",
    )

    @api.model
    def _check_contract_not_typed(self, vals):
        super()._check_contract_not_typed(vals)
        if "dealer_trade_in_id" in vals and not self.env.su:
            raise AccessError(self.env._("The trade-in of a document cannot be typed: it follows from its receipt."))

    def button_draft(self):
        if not self:
            return None  # core asks it of no document at all with nearly every write
        self._check_not_of_trade_in()
        return super().button_draft()

    def button_cancel(self):
        self._check_not_of_trade_in()
        return super().button_cancel()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        self._check_not_of_trade_in()
        return super()._reverse_moves(default_values_list, cancel)

    def _check_not_of_trade_in(self):
        """Refuse to take one of a trade-in's documents back alone: the others would not agree any more.

        :raises UserError: naming the document and the trade-in
        """
        if self.env.su:
            return
        for move in self.filtered("dealer_trade_in_id"):
            raise UserError(
                self.env._(
                    "%(move)s books trade-in %(trade_in)s: cancel the deal and give the car back, then it is undone.",
                    move=move.display_name,
                    trade_in=move.sudo().dealer_trade_in_id.name,
                )
            )


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    dealer_deal_vehicle_id = fields.Many2one(
        "dealer.vehicle",
        "Car of the Deal",
        readonly=True,
        index="btree_not_null",
        check_company=True,
        help="The sold car whose deal bears this item, though no order line of it is behind the item.",
    )

    def _copy_data_extend_business_fields(self, values):
        super()._copy_data_extend_business_fields(values)
        values["dealer_deal_vehicle_id"] = self.dealer_deal_vehicle_id.id
