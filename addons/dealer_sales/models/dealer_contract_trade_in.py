from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import contract_text


class DealerContract(models.Model):
    """The customer's cars in part payment of a contract (P21).

    ``trade_in_count`` is written by the trade-ins: a deal without any asks the database nothing.
    """

    _inherit = "dealer.contract"

    trade_in_ids = fields.One2many("dealer.trade.in", "contract_id", "Trade-ins", groups="base.group_user")
    trade_in_count = fields.Integer("Number of Trade-ins", readonly=True, copy=False, aggregator=None)
    waiting_gate = fields.Selection(selection_add=[("trade_in", "Trade-in"), ("delivered",)])

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"trade_in_ids", "trade_in_count"}

    def _get_trade_ins(self):
        """Return the trade-ins of these contracts, as superuser; none without a query where there are none."""
        return self.sudo().filtered("trade_in_count").trade_in_ids

    # === What is agreed ===
    @api.depends("trade_in_count", "trade_in_ids.allowance", "trade_in_ids.lien_amount", "trade_in_ids.lien_partner_id")
    def _compute_is_changed(self):
        return super()._compute_is_changed()

    def _get_dealer_terms(self):
        terms = super()._get_dealer_terms()
        if not self.trade_in_count:
            return terms
        return [*terms, ["trade_in", *self._get_trade_ins()._get_term_facts()]]

    def _check_can_submit(self):
        """Refuse to submit a deal with an appraisal that is over; see ``dealer.trade.in``."""
        super()._check_can_submit()
        for trade_in in self._get_trade_ins().filtered("is_expired"):
            raise UserError(
                self.env._(
                    "%(trade_in)s: its appraisal held until %(date)s. Take it off the contract and have it appraised "
                    "anew.",
                    trade_in=trade_in.display_name,
                    date=fields.Date.to_string(trade_in.date_valid),
                )
            )

    def _action_signed(self):
        super()._action_signed()
        self._get_trade_ins()._commit()

    def _get_over_allowance(self):
        """Return how much more than its value is given for the trade-ins.

        :return: float, contract currency, never negative
        """
        return sum(self._get_trade_ins().mapped("over_allowance"))

    # === Text ===
    def _get_placeholder_words(self):
        return [*super()._get_placeholder_words(), "trade_in"]

    def _get_placeholder_values(self):
        return {**super()._get_placeholder_values(), "trade_in": self._get_trade_in_text()}

    def _get_trade_in_text(self):
        """Return what is agreed on the trade-ins, '' without any.

        :return: str
        """
        return " ".join(trade_in._get_term_text() for trade_in in self._get_trade_ins())

    def _render_body(self):
        """Print the trade-ins whatever the template says: they are part of what is signed."""
        body = super()._render_body()
        if self.trade_in_count and "trade_in" not in contract_text.placeholders(self.sudo().template_id.body):
            lang = self.partner_id.lang or self.env.lang
            body += Markup("<p>%s</p>") % self.with_context(lang=lang)._get_trade_in_text()
        return body

    # === Money ===
    @api.depends("trade_in_ids.amount_netted", "trade_in_count")
    def _compute_money(self):
        """Count what is set off against the new car as received."""
        result = super()._compute_money()
        for contract in self.filtered("trade_in_count"):
            netted = sum(contract.trade_in_ids.mapped("amount_netted"))
            contract.amount_received = contract._round_money(contract.amount_received + netted)
            open_amount = contract._get_amount_due() - contract.amount_received
            contract.amount_open = max(contract._round_money(open_amount), 0.0)
        return result

    def _get_shares_of_others(self):
        return [*super()._get_shares_of_others(), *(t._prepare_share() for t in self._get_trade_ins())]

    def _get_gross_parts(self):
        """Take what is given above the cars' values off the front gross."""
        parts = super()._get_gross_parts()
        lost = sum(trade_in._get_over_allowance_net() for trade_in in self._get_trade_ins())
        if not lost:
            return parts
        label = self.env._("Over-allowance on the trade-in")
        return [*parts, {"code": "over_allowance", "label": label, "side": "front", "amount": -self._round_money(lost)}]

    # === Gates ===
    def _payment_gates(self):
        gates = super()._payment_gates()
        if not self.trade_in_count:
            return gates
        waiting = self._get_trade_ins().filtered(lambda t: t.state not in ("received", "returned"))
        return [*gates, self._prepare_trade_in_gate(waiting)]

    def _prepare_trade_in_gate(self, waiting):
        return {
            "code": "trade_in",
            "label": self.env._("Trade-in received"),
            "stage": "delivery",
            "done": not waiting,
            "role": "dealer_sales.group_appraiser",
            "action": "action_view_trade_ins",
            "hint": ", ".join(waiting.mapped("display_name")),
        }

    # === Acts ===
    def action_view_trade_ins(self):
        """Open the trade-ins of these contracts."""
        return self.trade_in_ids._get_records_action(name=self.env._("Trade-ins"), context={"create": False})

    def action_take_trade_in(self):
        """Open the dialogue that takes a trade-in of this customer into the contract.

        :return: act_window on ``dealer.trade.in.take``
        :raises UserError: cancelled or handed over
        """
        self.ensure_one()
        self.check_access("write")
        if self.state == "cancelled":
            raise UserError(self.env._("Contract %(name)s is cancelled.", name=self.name))
        self._check_not_handed_over()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Take a trade-in"),
            "res_model": "dealer.trade.in.take",
            "view_mode": "form",
            "target": "new",
            "context": {"default_contract_id": self.id},
        }

    def _get_offered_trade_in(self):
        """Return the trade-in of the offer that became this contract.

        :return: (amount, text) of the chosen scenario; (0.0, "") without one
        """
        self.ensure_one()
        scenario = self.sudo().desking_quote_ids.chosen_scenario_id[:1]
        return scenario.trade_in_amount or 0.0, scenario.trade_in_text or ""

    def _action_cancel(self, reason):
        """Free the cars that are still their owners'; those received stay bought until they are given back."""
        trade_ins = self._get_trade_ins()
        result = super()._action_cancel(reason)
        trade_ins.filtered(lambda t: t.state in ("appraised", "committed"))._detach()
        trade_ins._release_claim()
        return result
