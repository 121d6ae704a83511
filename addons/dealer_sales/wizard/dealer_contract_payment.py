from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.account_payment import DEPOSIT_KINDS


class DealerContractPayment(models.TransientModel):
    """Money taken at the desk for one contract."""

    _name = "dealer.contract.payment"
    _description = "Receive Payment"
    _check_company_auto = True

    contract_id = fields.Many2one("dealer.contract", required=True, readonly=True)
    company_id = fields.Many2one(related="contract_id.company_id")
    currency_id = fields.Many2one(related="contract_id.currency_id")
    vehicle_id = fields.Many2one(related="contract_id.vehicle_id")
    amount_received = fields.Monetary(related="contract_id.amount_received")
    amount_open = fields.Monetary(related="contract_id.amount_open")
    party_ids = fields.Many2many("res.partner", compute="_compute_party_ids")
    partner_id = fields.Many2one(
        "res.partner",
        "Payer",
        required=True,
        compute="_compute_partner_id",
        store=True,
        precompute=True,
        readonly=False,
        domain="[('id', 'in', party_ids)]",
        help="A party to the contract. Somebody else who pays is put on the contract as payer first.",
    )
    deposit_kind = fields.Selection(
        DEPOSIT_KINDS,
        "Money for",
        required=True,
        default="balance",
        help="Earnest money is forfeited by a customer who withdraws; a refundable deposit is not.",
    )
    amount = fields.Monetary(compute="_compute_amount", store=True, readonly=False, precompute=True, required=True)
    journal_id = fields.Many2one(
        "account.journal",
        "Cash or bank",
        required=True,
        compute="_compute_journal_id",
        store=True,
        precompute=True,
        readonly=False,
        check_company=True,
        domain="[('type', 'in', ('cash', 'bank', 'credit'))]",
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    memo = fields.Char(help="Printed on the receipt.")

    @api.depends("contract_id")
    def _compute_party_ids(self):
        for wizard in self:
            wizard.party_ids = wizard.contract_id._money_parties()

    @api.depends("contract_id")
    def _compute_partner_id(self):
        # Computed as superuser, for whoever names a contract: his own rights count
        self.contract_id.sudo(False).check_access("read")
        for wizard in self:
            contract = wizard.contract_id
            wizard.partner_id = (contract.payer_id or contract.partner_id).commercial_partner_id

    @api.depends("contract_id", "deposit_kind")
    def _compute_amount(self):
        """Propose what is due: the rest of the deposit, or all that is still to pay."""
        for wizard in self:
            contract = wizard.contract_id
            rest = contract.deposit_amount - contract.amount_received
            if wizard.deposit_kind != "balance" and rest > 0:
                wizard.amount = rest
            else:
                wizard.amount = contract._get_customer_open()

    @api.depends("contract_id")
    def _compute_journal_id(self):
        for wizard in self:
            company = wizard.contract_id.company_id
            wizard.journal_id = self.env["account.journal"].search(
                [
                    *self.env["account.journal"]._check_company_domain(company),
                    ("type", "in", ("cash", "bank", "credit")),
                ],
                limit=1,
            )

    def action_receive(self):
        """Book the money and close the window.

        :return: action that closes the window
        :raises AccessError: the user may not book payments
        :raises UserError: no amount, a cancelled contract
        """
        self._book()
        return {"type": "ir.actions.act_window_close"}

    def action_receive_and_print(self):
        """Book the money and print its receipt.

        :return: report action
        """
        return self._book().action_print_dealer_receipt()

    def _book(self):
        """Create and post the payment.

        :return: ``account.payment``
        """
        self.ensure_one()
        self._check_may_book()
        payment = self.env["account.payment"].with_company(self.company_id).create(self._prepare_payment())
        payment.action_post()
        return payment

    def _check_may_book(self):
        contract = self.contract_id
        contract._check_money_rights()
        if contract.state == "cancelled":
            raise UserError(
                self.env._(
                    "%(contract)s is cancelled: no money is taken for it. Refund what is on account, "
                    "or use it for another contract.",
                    contract=contract.display_name,
                )
            )
        if contract.currency_id.compare_amounts(self.amount, 0.0) <= 0:
            raise UserError(self.env._("%(contract)s: type the amount received.", contract=contract.display_name))

    def _prepare_payment(self):
        """Return the values of the payment, booked where an advance or an invoice stands.

        :return: dict for ``account.payment.create``
        """
        contract = self.contract_id
        return {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": self.partner_id.commercial_partner_id.id,
            "amount": self.amount,
            "currency_id": self.currency_id.id,
            "date": self.date,
            "journal_id": self.journal_id.id,
            "memo": self.memo or contract.name,
            "dealer_contract_id": contract.id,
            "deposit_kind": self.deposit_kind,
            "destination_account_id": contract._money_account(self.partner_id, self.amount).id,
        }
