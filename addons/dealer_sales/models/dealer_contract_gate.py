from odoo import models


class DealerContract(models.Model):
    """The steps of a deal: what is done, what is next, who must act."""

    _inherit = "dealer.contract"

    def _gates(self):
        """Yield the steps of the deal in their order; see ``dealer.gate.mixin``.

        Money and delivery are filled in by ``_deposit_gates``, ``_invoice_gates``,
        ``_payment_gates`` and ``_delivery_gates``.
        """
        self.ensure_one()
        if not self._origin or self.state == "cancelled":
            return  # being typed it has no steps yet, cancelled it has none left
        yield self._gate_approved()
        yield self._gate_signed()
        yield from self._deposit_gates()
        yield self._gate_allocated()
        yield self._gate_papers()
        yield from self._invoice_gates()
        yield from self._payment_gates()
        yield from self._delivery_gates()

    def _get_gate_status(self):
        # What cannot be done before an earlier step is done shows no button; money may come early
        status = super()._get_gate_status()
        is_blocked = False
        for gate in status:
            if is_blocked and gate["code"] not in ("deposit", "paid"):
                gate["action"] = False
            is_blocked = is_blocked or (gate["required"] and not gate["done"])
        return status

    def _gate_approved(self):
        version = self.sudo().current_version_id  # a yes or no, also for who sees no version
        waiting = version.state == "under_review" and not self.is_changed
        return {
            "code": "approved",
            "label": self.env._("Approval"),
            "stage": "sign",
            "done": version.state in ("approved", "signed") and not self.is_changed,
            "role": "dealer_sales.group_sales_manager" if waiting else "dealer_sales.group_sales_advisor",
            "action": "action_open_version" if waiting else "action_submit",
            "hint": self._get_approval_hint(),
        }

    def _get_approval_hint(self):
        if self.is_changed:
            return self.env._("Changed since it was submitted: submit a new version.")
        if self.current_version_id.state == "under_review":
            return self.env._("A second person approves the price.")
        if self.current_version_id.state == "sent_back":
            return self.env._("Sent back: mend it and submit it again.")
        return self.env._("Submit it when the price and the people are right.")

    def _gate_signed(self):
        version = self.sudo().current_version_id  # a yes or no, also for who sees no version
        return {
            "code": "signed",
            "label": self.env._("Signed"),
            "stage": "allocate",
            "done": self.state == version.state == "signed" and not self.is_changed,
            "role": "dealer_sales.group_sales_advisor",
            "action": "action_send_to_sign",
            "hint": self.env._("The customer signs the approved version on his own page or on paper."),
        }

    def _gate_allocated(self):
        return {
            "code": "allocated",
            "label": self.env._("Car allocated"),
            "stage": "invoice",
            "done": self._is_allocated(),
            "role": "dealer_sales.group_sales_advisor",
            "action": "action_allocate",
            "hint": self.env._("One car is held firmly for this contract."),
        }

    def _gate_papers(self):
        vehicle = self.vehicle_id
        # Who may read the papers is not who waits for them
        missing = vehicle.sudo()._get_missing_papers("invoice") if vehicle else []
        return {
            "code": "papers",
            "label": self.env._("Papers in house"),
            "stage": "invoice",
            "done": bool(vehicle) and not missing,
            "role": "dealer_vehicle.group_stock_keeper",
            "action": False,
            "hint": ", ".join(missing) if missing else "",
        }

    def _deposit_gates(self):
        """Return the gates of the deposit (stage allocate). Hook, empty here."""
        return []

    def _invoice_gates(self):
        """Return the gates of the invoice (stage delivery). Hook, empty here."""
        return []

    def _payment_gates(self):
        """Return the gates of the balance (stage delivery). Hook, empty here."""
        return []

    def _delivery_gates(self):
        """Return the gates of the hand-over itself. Hook, empty here."""
        return []

    def _is_approved(self):
        """Tell whether the newest version is approved and still what the order says."""
        version = self.sudo().current_version_id  # a yes or no, also for who sees no version
        return version.state in ("approved", "signed") and version._matches_order()

    def _is_signed(self, any_car=False):
        """Tell whether the customer signed the newest version and the order still says so.

        :param bool any_car: also when another car was named since
        """
        version = self.sudo().current_version_id  # a yes or no, also for who sees no version
        if self.state != "signed" or version.state != "signed":
            return False
        return version._matches_price() if any_car else version._matches_order()

    def _is_allocated(self):
        """Tell whether a car is named and held firmly for this very contract."""
        hold = self.sudo().vehicle_id.hold_id  # a yes or no, also for who sees no hold
        return bool(hold) and hold.contract_id == self and hold.is_firm
