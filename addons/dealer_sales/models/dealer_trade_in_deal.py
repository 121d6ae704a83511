from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import clean_context

from ..tools.fingerprint import amount


class DealerTradeIn(models.Model):
    """A trade-in in a deal: taken, taken off, agreed by the customer's signature (P21)."""

    _inherit = "dealer.trade.in"

    # === Taking it into a contract ===
    def _attach(self, contract):
        """Take an appraised car into a contract, for the allowance that is on it.

        :param contract: ``dealer.contract`` the user may write
        :raises UserError: not appraised or expired, in another contract, of somebody else, another company or currency
        """
        self.ensure_one()
        self.check_access("write")
        contract.check_access("write")
        self._lock()
        self._check_may_attach(contract)
        # Whose trade-in is in which contract is written by this act alone, after its checks
        trade_in = self.sudo()
        trade_in.contract_id = contract
        trade_in.user_id = trade_in.user_id or contract.sudo().user_id
        trade_in._terms_changed()
        trade_in._count_in(contract)

    def _check_may_attach(self, contract):
        refusal = self._get_attach_refusal(contract)
        if refusal:
            raise UserError(
                self.env._("%(trade_in)s cannot be taken: %(reason)s", trade_in=self.display_name, reason=refusal)
            )
        contract._check_not_handed_over()

    def _get_attach_refusal(self, contract):
        """Return why this car cannot be taken into a contract, or False.

        :param contract: ``dealer.contract``
        """
        _ = self.env._
        people = self.partner_id.commercial_partner_id | self.owner_id.commercial_partner_id
        if self.contract_id:
            return _("it is part of contract %(contract)s already.", contract=self.sudo().contract_id.name)
        if self.state != "appraised" or self.is_expired:
            return _("it is not appraised, or its appraisal is over. Ask the appraiser.")
        if contract.state == "cancelled":
            return _("contract %(contract)s is cancelled.", contract=contract.name)
        if not people & contract._money_parties():
            return _("neither its customer nor its owner is a party to contract %(contract)s.", contract=contract.name)
        if contract.company_id != self.company_id or contract.currency_id != self.currency_id:
            return _("contract %(contract)s is of another company or currency.", contract=contract.name)
        if self.vehicle_id and self.vehicle_id in contract._get_car_lines().dealer_vehicle_id:
            return _("contract %(contract)s sells this very car.", contract=contract.name)
        return False

    def action_detach(self):
        """Take trade-ins off their contracts, before the cars are received.

        :return: True
        :raises UserError: the car was received, or the contract's car was handed over
        """
        for trade_in in self:
            trade_in.check_access("write")
            trade_in.contract_id.check_access("write")
            trade_in._lock()
            if not trade_in.contract_id or trade_in.state not in ("appraised", "committed"):
                raise UserError(
                    self.env._("%(trade_in)s is in no contract, or received already.", trade_in=trade_in.display_name)
                )
            trade_in.contract_id._check_not_handed_over()
            trade_in.sudo()._detach()  # after the checks above
        return True

    def _detach(self):
        """Free these cars for another deal. Superuser; the caller has checked."""
        for trade_in in self:
            contract = trade_in.contract_id
            trade_in._set_equity_line(0.0)
            trade_in.write({"contract_id": False, "state": "appraised", "reappraisal_state": False})
            trade_in._count_in(contract)

    def _count_in(self, contract):
        """Note on a contract how many trade-ins it has: plain deals ask no further."""
        contract = contract.sudo()
        contract.trade_in_count = self.sudo().search_count([("contract_id", "=", contract.id)])
        contract._gross_outdated()
        contract._gates_changed()

    def _commit(self):
        """Make these cars part of what the customer signed. Superuser, called by the signature.

        :raises UserError: an appraisal is over, or the car is in another signed contract
        """
        for trade_in in self.filtered(lambda t: t.state == "appraised"):
            trade_in._lock()
            trade_in.state = "committed"

    # === Terms ===
    def _terms_changed(self):
        """Keep the contract in step with allowance and pay-off: its lines, and what it waits for."""
        for trade_in in self.filtered("contract_id").sudo():  # a term of the deal moves its price line
            trade_in._set_equity_line(max(-trade_in.equity, 0.0))
            trade_in.contract_id._gross_outdated()
            trade_in.contract_id._gates_changed()

    def _set_equity_line(self, due):
        """Charge the customer with what the pay-off is above the allowance: a pass-through line of the order.

        :param float due: above zero, or 0.0 for none
        """
        self.ensure_one()
        line, order = self.equity_line_id, self.contract_id.sale_order_id
        if self.currency_id.is_zero(due):
            self._drop_equity_line()
        elif line and line.order_id == order:
            line.write({"product_uom_qty": 1.0, "price_unit": due, "technical_price_unit": due})
        else:
            # Made as superuser: a client's ``default_discount`` must not take off what is charged
            lines = line.with_context(clean_context(self.env.context))
            self.equity_line_id = lines.create(self._prepare_equity_line(order, due))

    def _drop_equity_line(self):
        line = self.equity_line_id
        if not line:
            return
        if line.order_id.state in ("draft", "sent"):
            line.unlink()
        elif line.order_id.state != "cancel":
            line.product_uom_qty = 0.0  # a confirmed order keeps its lines
        self.equity_line_id = False

    def _prepare_equity_line(self, order, due):
        return {
            "order_id": order.id,
            "product_id": self.env.ref("dealer_sales.product_trade_in_equity").id,
            "name": self.env._("Pay-off of %(car)s above its allowance", car=self._get_car_text()),
            "product_uom_qty": 1.0,
            "price_unit": due,
            "technical_price_unit": due,
            "tax_ids": [Command.clear()],
        }

    def _get_term_facts(self):
        """Return what is agreed on these cars as plain values for a fingerprint.

        :return: list of list of str and int
        """
        return [
            [
                trade_in.vin or trade_in.id,
                trade_in.owner_id.id,
                amount(trade_in.allowance, 2),
                trade_in.lien_partner_id.id or 0,
                amount(trade_in.lien_amount, 2),
            ]
            for trade_in in self.sorted("id")
        ]

    def _get_term_text(self):
        """Return what the customer is told of this car in the contract.

        :return: str, one sentence
        """
        self.ensure_one()
        money = self.currency_id.format
        facts = [self._get_car_text(), self.vin, self.env._("%(km)s km", km=self.odometer_km)]
        text = self.env._(
            "%(car)s is traded in for %(allowance)s",
            car=", ".join(filter(None, facts)),
            allowance=money(self.allowance),
        )
        if self.lien_amount:
            text += "; " + self._get_lien_text()
        return text + "."

    def _get_lien_text(self):
        lender, sum_due = self.lien_partner_id.name, self.currency_id.format(self.lien_amount)
        if not self.lien_date:
            return self.env._("%(lender)s is paid off with %(amount)s", lender=lender, amount=sum_due)
        return self.env._(
            "%(lender)s is paid off with %(amount)s, which holds until %(date)s",
            lender=lender,
            amount=sum_due,
            date=fields.Date.to_string(self.lien_date),
        )

    def _prepare_share(self):
        """Return what this car pays of the price; see ``dealer.contract._get_shares_of_others``."""
        self.ensure_one()
        return {
            "code": "trade_in",
            "label": self.env._("Trade-in of %(car)s", car=self._get_car_text()),
            "partner": self.owner_id,
            "expected": max(self.equity, 0.0) if self.state != "returned" else 0.0,
            "received": self.amount_netted,
        }

    def _get_over_allowance_net(self):
        """Return the over-allowance without tax the owner charges, in company currency.

        :return: float, not negative
        """
        self.ensure_one()
        return self._get_net(max(self.allowance - self.value, 0.0))

    def _get_stock_price(self):
        """Return what the car goes into stock at: the lower of allowance and value, without charged tax.

        :return: float, company currency
        Source: P21
        """
        self.ensure_one()
        return self._get_net(min(self.allowance, self.value))

    def _get_net(self, total):
        taxes = self._get_purchase_taxes()
        if not taxes or not total:
            return total
        details = taxes._get_tax_details(
            total, 1.0, special_mode="total_included", rounding_method="round_globally", precision_rounding=1e-9
        )
        return details["total_excluded"]

    def _get_purchase_taxes(self):
        """Return the taxes of the owner's invoice; none from a private person or under a margin scheme."""
        if self.tax_regime != "standard":
            return self.env["account.tax"]
        return self.purchase_id.order_line.tax_ids if self.purchase_id else self.company_id.account_purchase_tax_id

    def _get_document_action(self, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    def action_view_contract(self):
        """Open the contract."""
        self.ensure_one()
        return self._get_document_action(self.contract_id)

    def action_view_vehicle(self):
        """Open the car."""
        self.ensure_one()
        return self._get_document_action(self.vehicle_id)

    def action_view_bill(self):
        """Open the bill the car was bought by."""
        self.ensure_one()
        return self._get_document_action(self.bill_id)
