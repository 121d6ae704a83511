from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerContractPaymentTransfer(models.TransientModel):
    """A payment used for another contract of the same customer: no money moves."""

    _name = "dealer.contract.payment.transfer"
    _description = "Use Payment for Another Contract"
    _check_company_auto = True

    payment_id = fields.Many2one("account.payment", required=True, readonly=True)
    source_id = fields.Many2one(related="payment_id.dealer_contract_id", string="From")
    company_id = fields.Many2one(related="payment_id.company_id")
    currency_id = fields.Many2one(related="payment_id.currency_id")
    amount = fields.Monetary(related="payment_id.amount")
    candidate_ids = fields.Many2many("dealer.contract", compute="_compute_candidate_ids")
    contract_id = fields.Many2one(
        "dealer.contract",
        "For",
        required=True,
        check_company=True,
        domain="[('id', 'in', candidate_ids)]",
        help="A contract of the same customer that is not cancelled.",
    )

    @api.depends("payment_id")
    def _compute_candidate_ids(self):
        for wizard in self:
            wizard.candidate_ids = wizard.contract_id.search(wizard._candidate_domain())

    def _candidate_domain(self):
        payer = self.payment_id.partner_id.commercial_partner_id.id
        return [
            ("id", "!=", self.source_id.id),
            ("company_id", "=", self.company_id.id),
            ("state", "!=", "cancelled"),
            "|",
            ("partner_id", "child_of", payer),
            ("payer_id", "child_of", payer),
        ]

    def action_transfer(self):
        """Use the payment for the other contract; both contracts note it.

        :return: action that closes the window
        :raises AccessError: the user may not book payments
        :raises UserError: another customer's contract, a cancelled one, money that pays an invoice
        """
        self.ensure_one()
        source, target, payment = self.source_id, self.contract_id, self.payment_id
        target._check_money_rights()
        if target not in self.candidate_ids:
            raise UserError(
                self.env._(
                    "%(payment)s can be used for another contract of %(customer)s that is not "
                    "cancelled, not for %(contract)s.",
                    payment=payment.display_name,
                    customer=payment.partner_id.display_name,
                    contract=target.display_name,
                )
            )
        payment._release_idle_advances()
        payment.write({"dealer_contract_id": target.id})
        note = self.env._(
            "%(amount)s (%(payment)s) used for %(contract)s instead of %(former)s.",
            amount=self.currency_id.format(self.amount),
            payment=payment.name,
            contract=target.name,
            former=source.name,
        )
        # A cashier writes no contract, the note is the system's
        for contract in source | target:
            contract.sudo().message_post(body=note, author_id=self.env.user.partner_id.id)
        return {"type": "ir.actions.act_window_close"}
