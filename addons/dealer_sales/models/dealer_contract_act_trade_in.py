from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

OPEN_KINDS = ("cancel", "return", "unwind")


class DealerContractAct(models.Model):
    """What becomes of a trade-in that was received for a deal that ends (P22): given back, or it stays ours."""

    _inherit = "dealer.contract.act"

    trade_in_fate = fields.Selection(
        [("back", "Goes back to its owner"), ("keep", "Stays ours, its owner is paid")],
        "The trade-in",
        tracking=True,
        help="Given back: purchase, bill and pay-off are undone and the car leaves our stock. It stays ours: we owe "
        "its owner the allowance, less what paid his lender off.",
    )
    has_trade_in = fields.Boolean(compute="_compute_has_trade_in", compute_sudo=True)
    is_trade_in_open = fields.Boolean(
        "Trade-in to be decided",
        compute="_compute_is_trade_in_open",
        store=True,
        help="The deal is over, its trade-in was received, and nobody said what becomes of it.",
    )

    _trade_in_idx = models.Index("(company_id) WHERE is_trade_in_open IS TRUE")

    @api.depends("contract_id.trade_in_count", "contract_id.trade_in_ids.state")
    def _compute_has_trade_in(self):
        for act in self:
            act.has_trade_in = act.kind in OPEN_KINDS and bool(act._get_received_trade_ins())

    @api.depends("state", "trade_in_fate", "contract_id.trade_in_ids.state")
    def _compute_is_trade_in_open(self):
        for act in self:
            # Decided is not done: a car that was to go back and is still ours stays on the list
            is_over = act.state == "done" and act.kind in OPEN_KINDS and act.trade_in_fate != "keep"
            act.is_trade_in_open = is_over and bool(act._get_received_trade_ins())

    def _get_received_trade_ins(self):
        """Return the cars taken in payment that are still ours, as superuser."""
        return self.contract_id._get_trade_ins().filtered(lambda trade_in: trade_in.state == "received")

    def _get_missing(self):
        missing = super()._get_missing()
        if self.kind in OPEN_KINDS and not self.trade_in_fate and self._get_received_trade_ins():
            missing.append(self.env._("what becomes of the trade-in"))
        return missing

    def _set_decided(self, state, user):
        super()._set_decided(state, user)
        if state != "done":
            self.trade_in_fate = False

    def _action_take_back(self, user):
        """Settle the trade-in with the deal, when it was decided before."""
        super()._action_take_back(user)
        self._settle_trade_ins()

    def _action_call_off(self, user):
        """Settle the trade-in with the deal, as with a car that comes back."""
        super()._action_call_off(user)
        self._settle_trade_ins()

    def _settle_trade_ins(self):
        """Do what was decided on the received trade-ins. Superuser, after the deal ended."""
        trade_ins = self._get_received_trade_ins()
        if self.trade_in_fate == "back":
            trade_ins.action_give_back()
        elif self.trade_in_fate == "keep":
            for trade_in in trade_ins:
                self._tell_accountant(trade_in)

    def _tell_accountant(self, trade_in):
        owed = trade_in.bill_id.amount_residual
        if self.currency_id.is_zero(owed):
            return
        self.contract_id._tell_of_money(
            self.env._(
                "%(trade_in)s stays ours although %(contract)s is over: pay %(amount)s to %(owner)s, bill %(bill)s.",
                trade_in=trade_in.display_name,
                contract=self.contract_id.name,
                amount=self.currency_id.format(owed),
                owner=trade_in.owner_id.display_name,
                bill=trade_in.bill_id.name,
            ),
            self.contract_id._get_invoicer_role(),
        )

    def action_give_back_trade_in(self):
        """Give the received trade-ins of a deal that is over back to their owners.

        :return: True
        :raises AccessError: no sales manager
        :raises UserError: the deal is not over, none was received, or its owner was paid
        """
        return self._decide_trade_in("back")

    def action_keep_trade_in(self):
        """Say that the received trade-ins of a deal that is over stay ours; the accountant is told what is owed.

        :return: True
        :raises AccessError: no sales manager
        :raises UserError: the deal is not over, or none was received
        """
        return self._decide_trade_in("keep")

    def _decide_trade_in(self, fate):
        for act in self:
            act.check_access("read")
            if not (self.env.su or self.env.user.has_group("dealer_sales.group_sales_manager")):
                raise AccessError(self.env._("A sales manager decides what becomes of a trade-in."))
            act._lock()
            is_over = act.state == "done" and act.sudo().contract_id.state == "cancelled"  # a yes or no
            if not is_over or not act.has_trade_in:
                raise UserError(
                    self.env._(
                        "%(act)s: only a car that was received for a deal that is over is given back or kept.",
                        act=act.display_name,
                    )
                )
            # Bills and stock of these cars are not a sales manager's: after the checks above
            act.sudo().trade_in_fate = fate
            act.sudo()._settle_trade_ins()
        return True
