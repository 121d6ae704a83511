from odoo import fields, http
from odoo.exceptions import UserError
from odoo.http import request

from .portal import DealerContractPortal


class DealerAppointmentPortal(DealerContractPortal):
    """The customer agrees to the day his car is handed over."""

    @http.route(
        "/my/contracts/<int:contract_id>/appointment", type="http", auth="public", methods=["POST"], website=True
    )
    def portal_contract_appointment(self, contract_id, access_token=None, **kwargs):
        """Confirm the proposed day; a day that passed or moved since is shown anew.

        :param int contract_id: ``dealer.contract`` id
        :param str access_token: token of the link, or None
        """
        contract_sudo = self._get_customer_contract_sudo(contract_id, access_token)
        contract_sudo._get_proposed_appointments()._confirm_appointment()
        return request.redirect(contract_sudo.get_portal_url())

    @http.route("/my/contracts/<int:contract_id>/slot", type="http", auth="public", methods=["POST"], website=True)
    def portal_contract_slot(self, contract_id, access_token=None, slot=None, **kwargs):
        """Take one of the free times the page offered; one that was taken meanwhile is said, and the page shows others.

        :param int contract_id: ``dealer.contract`` id
        :param str access_token: token of the link, or None
        :param str slot: begin of the time, UTC
        """
        contract_sudo = self._get_customer_contract_sudo(contract_id, access_token)
        delivery_sudo = contract_sudo._get_deliveries_to_plan()
        try:
            delivery_sudo._take_slot(fields.Datetime.to_datetime(slot))
            message = "slot_ok"
        except (UserError, ValueError):
            message = "slot_taken"
        return request.redirect(contract_sudo.get_portal_url(query_string=f"&message={message}"))
