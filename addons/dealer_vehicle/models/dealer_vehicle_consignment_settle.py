from odoo import Command, fields, models
from odoo.exceptions import AccessError, RedirectWarning, UserError


class DealerVehicleConsignment(models.Model):
    """What becomes of the money when a car of somebody else is sold."""

    _inherit = "dealer.vehicle.consignment"

    amount_owed = fields.Monetary(
        "Invoiced and Owed",
        compute="_compute_amount_owed",
        compute_sudo=True,
        help="Price without tax the customer was invoiced, not passed on yet.",
    )

    def _compute_amount_owed(self):
        for terms in self:
            terms.amount_owed = terms._get_owed()[1] if terms.state == "live" else 0.0

    # ------------------------------------------------------------------ sinks

    def _check_minimum(self, net, total, currency, date):
        """Refuse a price below the owner's minimum, read with tax where price tags are.

        :param float net: price without tax, in ``currency``
        :param float total: price with tax, in ``currency``
        :param currency: ``res.currency`` of both
        :param date: of the rate
        :raises UserError: names car, price, owner and minimum
        """
        self.ensure_one()
        price = total if self.company_id.dealer_price_with_tax else net
        price = currency._convert(price, self.currency_id, self.company_id, date or fields.Date.context_today(self))
        if self.kind == "consignment" and self.currency_id.compare_amounts(price, self.minimum_price) < 0:
            raise UserError(
                self.env._(
                    "%(car)s would be sold for %(price)s, but %(owner)s agreed to no less than %(minimum)s. Raise the "
                    "price, or agree on another minimum with the owner first.",
                    car=self.vehicle_id.display_name,
                    price=self.currency_id.format(price),
                    owner=self.partner_id.display_name,
                    minimum=self.currency_id.format(self.minimum_price),
                )
            )

    def _get_invoice_lines(self):
        """Return the posted customer invoice lines that sell this car under these terms."""
        return self.sudo().sale_line_ids.invoice_lines.filtered(
            lambda line: line.parent_state == "posted" and line.display_type == "product"
        )

    def _get_invoiced(self):
        """Return what customers were invoiced for the car less what was credited.

        :return: (without tax, with tax) in company currency
        """
        net = total = 0.0
        for line in self._get_invoice_lines():
            sign = -1 if line.move_id.move_type == "out_refund" else 1
            net += sign * line._in_company_currency(line.price_subtotal)
            total += sign * line._in_company_currency(line.price_total)
        return net, total

    def _get_owed(self):
        """Return where and how much stands for the owner from invoices of this car.

        :return: (``account.account``, amount in company currency without tax, credit notes deducted)
        """
        lines = self._get_invoice_lines()
        return lines.account_id[:1], self.currency_id.round(-sum(lines.mapped("balance")))

    def _get_settlement(self):
        """Return the document that settles these terms, or an empty one: cancelled and credited ones do not."""
        moves = self.sudo().settlement_ids
        return moves.filtered(lambda move: move.state != "cancel" and not move.is_settlement_reversed)[:1]

    # ------------------------------------------------------------------ actions

    def action_settle(self):
        """Settle sold cars: the owner's bill for a consigned one, our commission to the maker for an agency one.

        :return: dict, opens the draft documents
        :raises AccessError: the user makes no invoices
        :raises UserError: a car is not sold yet, or settled already
        """
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Whoever makes invoices settles with owners and makers."))
        self.check_access("read")
        # Who makes invoices need not see cars and orders to settle them.
        for terms in self.sudo():
            terms._check_may_be_settled()
        moves = self.env["account.move"]
        # A settlement cancelled or credited a moment ago must not stand in the way of the next one.
        moves.flush_model(["state", "dealer_consignment_id", "is_settlement_reversed"])
        for terms in self.sudo():
            # Which terms a document settles is this button's to say, not typed.
            moves |= moves.sudo().with_company(terms.company_id).create(terms._prepare_settlement())
        return moves.with_env(self.env)._get_records_action(name=self.env._("Settlements"))

    def action_open_settlement(self):
        """Open the document that settles these terms."""
        return self.settlement_ids._get_records_action(name=self.env._("Settlements"))

    def _check_may_be_settled(self):
        self.ensure_one()
        settlement = self._get_settlement()
        if settlement:
            raise UserError(
                self.env._(
                    "%(car)s is settled already by %(settlement)s.",
                    car=self.vehicle_id.display_name,
                    settlement=settlement.display_name,
                )
            )
        delivered = sum(self.sudo().sale_line_ids.mapped("qty_delivered"))
        if delivered <= 0 or self.state != "live":
            raise UserError(
                self.env._(
                    "%(car)s has not been handed over to a customer: there is nothing to settle yet.",
                    car=self.vehicle_id.display_name,
                )
            )
        if self.kind == "consignment" and self._get_owed()[1] <= 0:
            raise UserError(
                self.env._(
                    "%(car)s was handed over, but no invoice for it is posted. Invoice the customer first.",
                    car=self.vehicle_id.display_name,
                )
            )

    # ------------------------------------------------------------------ documents

    def _prepare_settlement(self):
        return self._prepare_owner_bill() if self.kind == "consignment" else self._prepare_commission_invoice()

    def _get_commission(self, net):
        """Return our revenue from the sale of a consigned car.

        :param float net: price without tax, company currency
        :return: float, company currency; negative when the owner's fixed amount is more than the price
        """
        if self.settle_kind == "fixed":
            return self.currency_id.round(net - self.amount_owner)
        return self.currency_id.round(net * self.commission_percent / 100.0)

    def _get_gross(self, net):
        """Return what a sale of this car leaves us, for whoever approves it.

        :param float net: price without tax, company currency
        :return: float, company currency
        Source: P7
        """
        return self._get_commission(net) if self.kind == "consignment" else self.commission_amount

    def _prepare_owner_bill(self):
        account, net = self._get_owed()
        commission = self._get_commission(net)
        product, income = self._get_commission_account()
        car = self.vehicle_id.display_name
        lines = [
            {
                "name": self.env._("%(car)s, sold for you", car=car),
                "account_id": account.id,
                "quantity": 1,
                "price_unit": net,
                "tax_ids": [Command.clear()],
            },
            {
                "product_id": product.id,
                "name": self.env._("Commission for %(car)s", car=car),
                "account_id": income.id,
                "quantity": 1,
                "price_unit": -commission,
                "tax_ids": [Command.clear()],
            },
        ]
        return {
            "move_type": "in_invoice",
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": fields.Date.context_today(self),
            "dealer_consignment_id": self.id,
            "ref": car,
            "invoice_line_ids": [Command.create(line) for line in lines],
        }

    def _prepare_commission_invoice(self):
        if self.currency_id.compare_amounts(self.commission_amount, 0.0) <= 0:
            raise UserError(
                self.env._(
                    "%(car)s: type the commission agreed with %(maker)s on its terms first.",
                    car=self.vehicle_id.display_name,
                    maker=self.partner_id.display_name,
                )
            )
        product, income = self._get_commission_account()
        line = {
            "product_id": product.id,
            "name": self.env._("Commission for %(car)s", car=self.vehicle_id.display_name),
            "account_id": income.id,
            "quantity": 1,
            "price_unit": self.commission_amount,
        }
        return {
            "move_type": "out_invoice",
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": fields.Date.context_today(self),
            "dealer_consignment_id": self.id,
            "invoice_line_ids": [Command.create(line)],
        }

    def _get_commission_account(self):
        """Return the product of our commission and the revenue account it is booked on."""
        product = self.env.ref("dealer_vehicle.product_product_commission").sudo().with_company(self.company_id)
        account = product.product_tmpl_id.get_product_accounts()["income"]
        if not account:
            raise UserError(
                self.env._(
                    "%(product)s has no income account: choose one on the product.", product=product.display_name
                )
            )
        return product, account


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_consignment_account_id = fields.Many2one(
        "account.account",
        "Consigned Cars: Owed to Owners",
        check_company=True,
        domain="[('account_type', 'in', ('liability_current', 'liability_payable'))]",
        help="The price of sold consigned cars stands here until it is settled with their owners; never our revenue.",
    )

    def _get_consignment_account(self):
        """Return the account consigned cars are booked on.

        :raises RedirectWarning: none is chosen
        Source: P7
        """
        self.ensure_one()
        account = self.sudo().dealer_consignment_account_id
        if not account:
            raise RedirectWarning(
                self.env._(
                    "%(company)s has no account for consigned cars. Choose in Settings / Vehicles where the price of "
                    "sold consigned cars is owed to their owners.",
                    company=self.name,
                ),
                self.env.ref("base_setup.action_general_configuration").id,
                self.env._("Open the settings"),
            )
        return account


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dealer_consignment_account_id = fields.Many2one(
        related="company_id.dealer_consignment_account_id", readonly=False, check_company=True
    )
