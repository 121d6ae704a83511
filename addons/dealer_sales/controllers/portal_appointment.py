from psycopg2.errors import UniqueViolation

from odoo import fields, http
from odoo.exceptions import UserError
from odoo.http import request

from .portal import DealerContractPortal


class DealerAppointmentPortal(DealerContractPortal):
    """The customer agrees to the day his car is handed over."""

    @http.route(
        "/my/contracts/<int:contract_id>/appointment", type="http", auth="public", methods=["POST"], website=True
    )
    def portal_contract_appointment(self, contract_id, access_token=None, day=None, **kwargs):
        """Confirm the proposed day; a day that passed or moved since is shown anew.

        :param int contract_id: ``dealer.contract`` id
        :param str access_token: token of the link, or None
        :param str day: the proposal the page showed, UTC
        """
        contract_sudo = self._get_customer_contract_sudo(contract_id, access_token)
        proposed = contract_sudo._get_proposed_appointments()
        shown = proposed.filtered(lambda delivery: str(delivery.date_planned) == day)
        shown._confirm_appointment()
        message = "appointment_ok" if shown else "appointment_moved"
        return request.redirect(contract_sudo.get_portal_url(query_string=f"&message={message}"))

    @http.route("/my/contracts/<int:contract_id>/slot", type="http", auth="public", methods=["POST"], website=True)
    def portal_contract_slot(self, contract_id, access_token=None, slot=None, **kwargs):
        """Take one of the free times the page offered; one that was taken meanwhile is said, and the page shows others.

        :param int contract_id: ``dealer.contract`` id
        :param str access_token: token of the link, or None
        :param str slot: begin of the time, UTC
        """
        contract_sudo = self._get_customer_contract_sudo(contract_id, access_token)
        message = "slot_ok" if self._take_slot(contract_sudo, slot) else "slot_taken"
        return request.redirect(contract_sudo.get_portal_url(query_string=f"&message={message}"))

    @staticmethod
    def _take_slot(contract_sudo, slot):
        """Take a time for the customer; nothing is left of one that was refused.

        :param str slot: as a client sent it
        :return: bool, whether it is agreed
        """
        try:
            start = fields.Datetime.to_datetime(slot)
            # What the database refuses it refuses here, not when the answer is on its way
            with request.env.cr.savepoint():
                return contract_sudo._take_slot(start)
        except (UserError, ValueError, UniqueViolation):
            return False
