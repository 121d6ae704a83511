from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerTradeInTake(models.TransientModel):
    """Takes a customer's car into a contract: an appraised one, or a new one to be appraised."""

    _name = "dealer.trade.in.take"
    _description = "Take a Trade-in"

    contract_id = fields.Many2one("dealer.contract", required=True, readonly=True)
    partner_id = fields.Many2one(related="contract_id.partner_id")
    currency_id = fields.Many2one(related="contract_id.currency_id")
    trade_in_id = fields.Many2one(
        "dealer.trade.in", "Trade-in", compute="_compute_trade_in_id", store=True, readonly=False
    )
    choice_ids = fields.Many2many("dealer.trade.in", compute="_compute_choice_ids")
    allowance_limit = fields.Monetary(related="trade_in_id.allowance_limit")
    allowance = fields.Monetary(compute="_compute_allowance", store=True, readonly=False)
    offered = fields.Char("In the Offer", compute="_compute_offered")

    @api.depends("contract_id")
    def _compute_choice_ids(self):
        for wizard in self:
            people = wizard.contract_id._money_parties()
            wizard.choice_ids = self.env["dealer.trade.in"].search(
                [
                    ("state", "=", "appraised"),
                    ("contract_id", "=", False),
                    ("company_id", "=", wizard.contract_id.company_id.id),
                    ("partner_id.commercial_partner_id", "in", people.ids),
                ]
            )

    @api.depends("choice_ids")
    def _compute_trade_in_id(self):
        for wizard in self:
            valid = wizard.choice_ids.filtered(lambda t: not t.is_expired)
            wizard.trade_in_id = valid[:1]._origin

    @api.depends("trade_in_id", "contract_id")
    def _compute_allowance(self):
        for wizard in self:
            offered = wizard.contract_id._get_offered_trade_in()[0] if wizard.contract_id else 0.0
            limit = wizard.trade_in_id.allowance_limit
            is_within = offered and wizard.currency_id.compare_amounts(offered, limit) <= 0
            wizard.allowance = offered if is_within else wizard.trade_in_id.allowance

    @api.depends("contract_id")
    def _compute_offered(self):
        for wizard in self:
            amount, text = wizard.contract_id._get_offered_trade_in() if wizard.contract_id else (0.0, "")
            wizard.offered = " · ".join(filter(None, [text, amount and wizard.currency_id.format(amount)])) or False

    def action_take(self):
        """Take the chosen car into the contract.

        :return: True
        :raises UserError: none chosen, not free, or more than may be allowed
        """
        self.ensure_one()
        trade_in = self.trade_in_id
        if not trade_in:
            raise UserError(self.env._("Choose a trade-in, or have the customer's car appraised first."))
        if trade_in.currency_id.compare_amounts(self.allowance, trade_in.allowance):
            trade_in.allowance = self.allowance
        trade_in._attach(self.contract_id)
        return True

    def action_new(self):
        """Note the customer's car for the appraiser, with what the offer said of it.

        :return: act_window on a new ``dealer.trade.in``
        """
        self.ensure_one()
        contract = self.contract_id
        amount, text = contract._get_offered_trade_in()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New trade-in"),
            "res_model": "dealer.trade.in",
            "views": [(False, "form")],
            "context": {
                "default_partner_id": contract.partner_id.id,
                "default_lead_id": contract.lead_id.id,
                "default_user_id": (contract.user_id or self.env.user).id,
                "default_company_id": contract.company_id.id,
                "default_allowance": amount,
                "default_description": text,
            },
        }
