from odoo import models
from odoo.tools.misc import format_datetime


class DealerContract(models.Model):
    """What the customer sees on his own page."""

    _inherit = "dealer.contract"

    def action_preview_portal(self):
        """Open the page the customer sees.

        :return: act_url
        """
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "target": "self", "url": self.access_url}

    def _get_portal_version(self):
        """Return the version the customer reads: approved or signed; empty while it is made."""
        self.ensure_one()
        version = self.current_version_id
        if version.state in ("approved", "signed"):
            return version
        return self.signed_version_id

    def _may_sign_online(self):
        """Tell whether the customer may sign now: an approved text that is still true."""
        self.ensure_one()
        return self.state != "cancelled" and self.current_version_id.state == "approved" and self._is_approved()

    def _get_portal_invoices(self):
        """Return the posted invoices the customer may download."""
        self.ensure_one()
        return self.invoice_ids.filtered(lambda m: m.state == "posted")

    def _get_portal_pay_label(self, kind):
        """Return what the button that pays says, with the money by its own name.

        :param str kind: of ``account.payment.deposit_kind``
        """
        if kind == "balance":
            return self.env._("Pay the balance")
        return self.env._("Pay: %(kind)s", kind=self._get_deposit_name(kind))

    def _get_portal_transaction(self):
        """Return the newest online payment of this contract, for the message after paying."""
        self.ensure_one()
        return self.env["payment.transaction"].search([("dealer_contract_id", "=", self.id)], order="id desc", limit=1)

    def _get_portal_steps(self):
        """Return the steps of the purchase as a customer understands them, in order.

        Nothing of how the house works inside: no approvals, no papers at banks, no names.

        :return: list of dicts: ``code``, ``label``, ``detail`` (str, may be ""), ``done`` (bool)
        """
        self.ensure_one()
        steps = [
            {
                "code": "signed",
                "label": self.env._("Contract signed"),
                "detail": "",
                "done": self.state == "signed",
            },
        ]
        if self.deposit_amount:
            steps.append(
                {
                    "code": "deposit",
                    "label": self._get_deposit_paid_label(),
                    "detail": self.currency_id.format(self.deposit_amount),
                    "done": self._is_deposit_paid(),
                }
            )
        return [
            *steps,
            {
                "code": "car",
                "label": self.env._("Your car"),
                "detail": self._get_portal_place(),
                "done": self._is_car_here(),
            },
            {
                "code": "paid",
                "label": self.env._("Paid in full"),
                "detail": self._get_portal_money(),
                "done": self.state == "signed" and self._is_paid(),
            },
            {
                "code": "delivered",
                "label": self.env._("Handed over"),
                "detail": self._get_portal_appointment(),
                "done": self._is_handed_over(),
            },
        ]

    def _is_car_here(self):
        return self._is_handed_over() or (self._is_allocated() and self.vehicle_id.place == "at_site")

    def _get_portal_place(self):
        """Return where the customer's car is, in his words.

        :return: str
        """
        vehicle = self.vehicle_id
        if self._is_handed_over():
            return self.env._("Enjoy the drive.")
        if not vehicle or not self._is_allocated():
            return self.env._("We are choosing your car.")
        place = vehicle.place
        if place == "ordered":
            return self.env._("Ordered at the maker.")
        if place == "in_transit":
            return self.env._("On its way to us.")
        if place == "at_site":
            return self.env._("Arrived at %(site)s.", site=vehicle.site_id.name or self.company_id.name)
        return ""

    def _get_portal_money(self):
        open_amount = self._get_customer_open()
        if self.state != "signed" or not open_amount:
            return ""
        return self.env._("%(amount)s still to pay", amount=self.currency_id.format(open_amount))

    def _get_portal_appointment(self):
        """Return when the customer comes for his car, in the site's or company's timezone."""
        delivery = self.delivery_ids.filtered(lambda d: d.state != "cancelled")[:1]
        # A day nobody told the customer of is ours alone
        moment = delivery.date_done or (delivery.appointment != "none" and delivery.date_planned)
        if not moment:
            return ""
        # The zone of the times he chose from
        rule = delivery._get_handover_rule()
        house = self.company_id.partner_id.tz or self.user_id.tz or self.env.context.get("tz") or "UTC"
        zone = rule._get_zone().key if rule else house
        return format_datetime(self.env, moment, tz=zone, dt_format="short")

    # === Paying online ===
    def _online_amount(self):
        """Return what the customer page may ask for now.

        :return: (amount in contract currency, kind of ``account.payment.deposit_kind``); amount
            0.0 when there is nothing to pay or the deal may not go on
        """
        self.ensure_one()
        if self.state != "signed" or self._get_deal_obstacle():
            return 0.0, False
        if not self._is_deposit_paid():
            return self.currency_id.round(self.deposit_amount - self.amount_received), self.deposit_kind
        if self.invoice_ids.filtered_domain(self._open_invoice_domain()):
            return self._get_customer_open(), "balance"
        return 0.0, False

    def _get_deal_obstacle(self):
        """Return why this signed deal may not go on, or False.

        :return: str for a person: cancelled, changed since the signature, car gone
        """
        self.ensure_one()
        contract = self.sudo()  # a paying customer sees neither versions nor holds
        refusal = contract._get_binding_refusal()
        if refusal:
            return refusal
        hold = contract.vehicle_id.hold_id
        if hold.is_firm and hold.contract_id != contract:
            return self.env._("%(car)s is held for somebody else.", car=contract.vehicle_id.display_name)
        return False

    def _online_payment_done(self, transaction):
        """React to online money that is booked: note it, and say so when the deal may not go on.

        :param transaction: done ``payment.transaction`` of this contract
        """
        self.ensure_one()
        obstacle = self._get_deal_obstacle()
        if obstacle:
            self._tell_cashier(
                self.env._(
                    "%(amount)s came in online on %(contract)s, but the deal may not go on: "
                    "%(obstacle)s The money is booked on the customer's account. Settle it with "
                    "the customer: refund it or use it for another contract.",
                    amount=transaction.currency_id.format(transaction.amount),
                    contract=self.display_name,
                    obstacle=obstacle,
                )
            )
