from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal


class DealerOfferPortal(CustomerPortal):
    """The customer's page of an offer, opened by its link alone."""

    @http.route("/my/offers/<int:offer_id>", type="http", auth="public", website=True)
    def portal_offer_page(self, offer_id, access_token=None, report_type=None, download=False, **kw):
        """Show an offer, or its PDF. Without the offer's own token nothing is told, not even that it exists."""
        try:
            offer_sudo = self._document_check_access("dealer.desking.quote", offer_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        offer_sudo = offer_sudo.with_company(offer_sudo.company_id)
        lang = offer_sudo.partner_id.lang
        if report_type in ("html", "pdf", "text") and offer_sudo.state != "draft":
            return self._show_report(
                model=offer_sudo,
                report_type=report_type,
                report_ref="dealer_sales.action_report_dealer_desking_quote",
                download=download,
            )
        if lang and request.env.user._is_public():
            offer_sudo = offer_sudo.with_context(lang=lang)
        values = {
            "o": offer_sudo,
            "object": offer_sudo,
            "page_name": "dealer_offer",
            "res_company": offer_sudo.company_id,
        }
        values = self._get_page_view_values(offer_sudo, access_token, values, "my_dealer_offers_history", False, **kw)
        return request.render("dealer_sales.portal_offer_page", values)
