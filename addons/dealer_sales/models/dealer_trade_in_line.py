from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .dealer_trade_in import VALUE_GROUPS

AREAS = [
    ("front", "Front"),
    ("left", "Left Side"),
    ("right", "Right Side"),
    ("rear", "Rear"),
    ("roof", "Roof and Glass"),
    ("inside", "Inside"),
    ("wheels", "Wheels and Tyres"),
    ("engine", "Engine and Drive"),
    ("papers", "Papers and Keys"),
]


class DealerTradeInLine(models.Model):
    """Something wrong with a customer's car, and what mending it is expected to cost."""

    _name = "dealer.trade.in.line"
    _description = "Damage of a Trade-in"
    _order = "is_recheck, id"

    trade_in_id = fields.Many2one("dealer.trade.in", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="trade_in_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="trade_in_id.currency_id")
    area = fields.Selection(AREAS, "Where", required=True, default="front")
    name = fields.Char("Damage", required=True)
    amount = fields.Monetary("Reconditioning", groups=VALUE_GROUPS, help="Estimated cost of mending it, without tax.")
    is_recheck = fields.Boolean("Found at the Re-check", readonly=True)

    _amount_positive = models.Constraint("CHECK (COALESCE(amount, 0) >= 0)", "An estimate is not below zero.")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_not_typed(vals)
            trade_in = self.env["dealer.trade.in"].browse(vals.get("trade_in_id"))
            vals["is_recheck"] = trade_in.state == "committed"
        lines = super().create(vals_list)
        lines._check_open()
        return lines

    def write(self, vals):
        self._check_not_typed(vals)
        self._check_open()
        result = super().write(vals)
        self._check_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_judged(self):
        self._check_open()

    @api.model
    def _check_not_typed(self, vals):
        """Refuse facts that follow from the trade-in.

        :raises AccessError: a user types one of them
        """
        if not self.env.su and vals.keys() & {"is_recheck", "company_id"}:
            raise AccessError(self.env._("When it was found and for which company follows from the trade-in."))

    def _check_open(self):
        """Refuse to change what was judged: at the re-check only what is found then is noted.

        :raises UserError: naming the trade-in
        """
        for line in self:
            state = line.trade_in_id.state
            if self.env.su or state == "draft" or (state == "committed" and line.is_recheck):
                continue
            raise UserError(
                self.env._(
                    "%(trade_in)s: the damage list is what was judged. New damage is noted at the re-check.",
                    trade_in=line.trade_in_id.display_name,
                )
            )
