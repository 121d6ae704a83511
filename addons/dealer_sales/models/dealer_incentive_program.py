from odoo import api, fields, models

RECIPIENTS = [("customer", "Customer"), ("dealer", "Dealer")]
FUNDER_KINDS = [("maker", "Maker"), ("government", "Government"), ("lender", "Lender")]
# What an incentive takes over from its programme
COPIED = ("funder_kind", "recipient", "is_down_payment", "needs_proof")


class DealerIncentiveProgram(models.Model):
    """Support somebody pays for sales of some cars in some time (P20). Makers and laws change it: dated rows."""

    _name = "dealer.incentive.program"
    _description = "Incentive Programme"
    _order = "date_from desc, name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company of the group.")
    funder_id = fields.Many2one(
        "res.partner", string="Funder", required=True, help="Who owes the money: the maker, the state, a lender."
    )
    funder_kind = fields.Selection(FUNDER_KINDS, string="Kind", required=True, default="maker")
    recipient = fields.Selection(RECIPIENTS, required=True, default="customer")
    is_down_payment = fields.Boolean(
        string="Pays a part of the price",
        default=True,
        help="The customer pays so much less himself. Otherwise the money is passed on to him when it has come.",
    )
    brand_id = fields.Many2one("fleet.vehicle.model.brand", index=True, help="Empty: every brand.")
    series_id = fields.Many2one("fleet.vehicle.model", string="Series", domain="[('brand_id', '=?', brand_id)]")
    product_tmpl_id = fields.Many2one("product.template", string="Trim", domain="[('is_vehicle', '=', True)]")
    date_from = fields.Date(string="From", required=True, default=fields.Date.context_today)
    date_to = fields.Date(string="Until", help="Last day; empty: until it is ended.")
    amount = fields.Float(help="Money per car, in the company's currency.")
    percent = fields.Float(
        digits=(6, 2), help="Percent of the price of the car without tax, instead of a fixed amount."
    )
    needs_proof = fields.Boolean(
        string="Proof needed", default=True, help="A paper the funder wants to see: scrap certificate, registration …"
    )
    proof_text = fields.Char(string="Which proof", translate=True)
    days_to_pay = fields.Integer(default=60, help="How long the funder usually takes; later it is overdue.")
    note = fields.Char(help="The circular or law, and who confirmed it.")

    _amount_check = models.Constraint(
        "CHECK (amount >= 0 AND percent BETWEEN 0 AND 100 AND (amount > 0) <> (percent > 0) AND days_to_pay >= 0)",
        "Give an amount or a percentage, above zero, and only one of them.",
    )
    _date_check = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "The last day is not before the first."
    )
    _recipient_check = models.Constraint(
        "CHECK (recipient = 'customer' OR NOT is_down_payment)",
        "Money for the dealer pays no part of the customer's price.",
    )

    @api.onchange("recipient")
    def _onchange_recipient(self):
        if self.recipient == "dealer":
            self.is_down_payment = False

    @api.model
    def _find_for(self, contract):
        """Return the programmes that fit the car of a contract today.

        :param contract: ``dealer.contract``
        """
        product = contract.product_id.sudo()  # its place in the catalogue
        today = fields.Date.context_today(contract)
        return self.search(
            [
                ("company_id", "in", (False, contract.company_id.id)),
                ("brand_id", "in", (False, product.series_id.brand_id.id)),
                ("series_id", "in", (False, product.series_id.id)),
                ("product_tmpl_id", "in", (False, product.product_tmpl_id.id)),
                ("date_from", "<=", today),
                "|",
                ("date_to", "=", False),
                ("date_to", ">=", today),
            ]
        )

    def _get_amount(self, contract):
        """Return what this programme pays for a contract.

        :return: float, contract currency
        """
        self.ensure_one()
        untaxed = sum(contract._get_car_lines().mapped("price_subtotal"))
        fixed = contract._from_company_money(self.amount)
        return contract._round_money(untaxed * self.percent / 100 if self.percent else fixed)

    def _prepare_incentive(self, contract):
        """Return the values of this programme's incentive for a contract.

        :return: dict for ``dealer.incentive.create``
        """
        return {
            **{name: self[name] for name in COPIED},
            "contract_id": contract.id,
            "program_id": self.id,
            "name": self.name,
            "funder_id": self.funder_id.id,
            "amount": self._get_amount(contract),
        }
