from werkzeug.exceptions import BadRequest

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.http import request
from odoo.tools import consteq

from odoo.addons.payment.controllers.portal import PaymentPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager


class DealerContractPortal(PaymentPortal):
    """The customer's own pages: read and sign the contract, pay, see where the car is.

    Everything below runs on a superuser record: each route first checks the person, by the
    contract's token or as a logged-in party to it.
    """

    # === Access ===
    def _get_contract_sudo(self, contract_id, access_token):
        """Return the contract a person may see.

        :param int contract_id: ``dealer.contract`` id
        :param str access_token: token of the link, or None
        :return: ``dealer.contract`` in superuser mode, in its own company
        :raises AccessError: neither a party to it, nor staff, nor the right token
        :raises MissingError: there is none
        """
        contract_sudo = self._document_check_access("dealer.contract", contract_id, access_token)
        return contract_sudo.with_company(contract_sudo.company_id)

    def _is_customer(self, contract_sudo, access_token):
        """Tell whether this visitor acts for the customer: the link's holder or a party himself.

        Staff who may read the contract are not the customer: nobody signs or pays in his name
        from the office.
        """
        user = request.env.user
        if user._is_internal():
            return user.partner_id.commercial_partner_id in contract_sudo._money_parties()
        token = contract_sudo.access_token
        if access_token and token and consteq(token, access_token):
            return True
        return user.commercial_partner_id == contract_sudo.partner_id.commercial_partner_id

    def _get_customer_contract_sudo(self, contract_id, access_token):
        """Return the contract for somebody who acts for its customer.

        :raises AccessError: wrong person; also when there is no such contract (nothing leaks)
        """
        try:
            contract_sudo = self._get_contract_sudo(contract_id, access_token)
        except (AccessError, MissingError):
            # Core's own message names our roles: nothing for outsiders
            contract_sudo = None
        if not contract_sudo or not self._is_customer(contract_sudo, access_token):
            raise AccessError(request.env._("This link is not valid. Ask your sales advisor for a new one."))
        return contract_sudo

    # === Pages ===
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "dealer_contract_count" in counters:
            contracts = request.env["dealer.contract"]
            values["dealer_contract_count"] = (
                contracts.search_count(self._prepare_contracts_domain()) if contracts.has_access("read") else 0
            )
        return values

    def _prepare_contracts_domain(self):
        """Return the contracts shown to a customer: his own that were offered to him.

        Customers with a login have a record rule that says so; staff who buy a car have not.
        """
        user = request.env.user
        domain = [("partner_id", "child_of", user.partner_id.commercial_partner_id.ids)]
        if user._is_internal():
            domain += ["|", ("state", "=", "signed"), ("version_state", "in", ("approved", "signed"))]
        return domain

    @http.route(["/my/contracts", "/my/contracts/page/<int:page>"], type="http", auth="user", website=True)
    def portal_my_contracts(self, page=1, **kw):
        """List the customer's contracts."""
        contracts = request.env["dealer.contract"]
        readable = contracts.has_access("read")
        domain = self._prepare_contracts_domain()
        pager = portal_pager(
            url="/my/contracts",
            total=contracts.search_count(domain) if readable else 0,
            page=page,
            step=self._items_per_page,
        )
        found = contracts.search(domain, limit=self._items_per_page, offset=pager["offset"]) if readable else contracts
        request.session["my_dealer_contracts_history"] = found.ids[:100]
        values = self._prepare_portal_layout_values()
        values.update(
            contracts=found.sudo(),  # a customer reads no car and no payment by himself
            page_name="dealer_contract",
            pager=pager,
            default_url="/my/contracts",
        )
        return request.render("dealer_sales.portal_my_contracts", values)

    @http.route("/my/contracts/<int:contract_id>", type="http", auth="public", website=True)
    def portal_contract_page(self, contract_id, access_token=None, message=None, **kw):
        """Show one contract: its text, its steps, what to do now."""
        try:
            contract_sudo = self._get_contract_sudo(contract_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        values = self._prepare_contract_values(contract_sudo, access_token, message)
        values = self._get_page_view_values(
            contract_sudo, access_token, values, "my_dealer_contracts_history", False, **kw
        )
        return request.render("dealer_sales.portal_contract_page", values)

    def _prepare_contract_values(self, contract_sudo, access_token, message):
        is_customer = self._is_customer(contract_sudo, access_token)
        amount, kind = contract_sudo._online_amount()
        values = {
            "contract": contract_sudo,
            "version": contract_sudo._get_portal_version(),
            "steps": contract_sudo._get_portal_steps(),
            "invoices": contract_sudo._get_portal_invoices(),
            "is_customer": is_customer,
            "may_sign": is_customer and contract_sudo._may_sign_online(),
            "message": message,
            "page_name": "dealer_contract",
            "res_company": contract_sudo.company_id,
            "online_amount": amount,
            "online_kind": kind,
            "backend_url": f"/odoo/dealer.contract/{contract_sudo.id}",
        }
        if amount and is_customer:
            values.update(self._get_contract_payment_values(contract_sudo, amount))
        return values

    # === Signing ===
    @http.route("/my/contracts/<int:contract_id>/sign", type="jsonrpc", auth="public", website=True)
    def portal_contract_sign(self, contract_id, access_token=None, name=None, signature=None):
        """Sign the approved version; the page's link says which one it showed.

        :param str name: the signer as he writes himself
        :param str signature: PNG, base64
        :return: dict of the signature form: ``error``, or where to go on
        """
        access_token = access_token or request.httprequest.args.get("access_token")
        try:
            contract_sudo = self._get_customer_contract_sudo(contract_id, access_token)
            self._check_version(contract_sudo, request.httprequest.args.get("version"))
            contract_sudo._sign(name, signature, ip=request.httprequest.remote_addr)
        except (AccessError, UserError) as error:
            request.env.cr.rollback()
            return {"error": str(error)}
        return {
            "force_refresh": True,
            "redirect_url": contract_sudo.get_portal_url(query_string="&message=sign_ok"),
        }

    def _check_version(self, contract_sudo, shown):
        """Refuse to sign what the customer did not read: the page stayed open while another version was made.

        :param str shown: number of the version on his page, or None
        :raises UserError: it is not the newest any more
        """
        if shown is not None and shown != str(contract_sudo.current_version_id.number):
            raise UserError(
                request.env._("The contract was changed since you opened this page. Load it again and read it first.")
            )

    # === Paying ===
    def _get_contract_payment_values(self, contract_sudo, amount):
        """Return what core's payment form needs; tokens are not offered on a shared link."""
        partner_sudo = self._get_payer(contract_sudo)
        currency = contract_sudo.currency_id
        report = {}
        providers_sudo = self._get_contract_providers(contract_sudo, amount, report)
        methods_sudo = (
            request.env["payment.method"]
            .sudo()  # the visitor may be nobody
            ._get_compatible_payment_methods(
                providers_sudo.ids, partner_sudo.id, currency_id=currency.id, report=report
            )
        )
        company_mismatch = not self._can_partner_pay_in_company(partner_sudo, contract_sudo.company_id)
        return {
            "company_mismatch": company_mismatch,
            "expected_company": contract_sudo.company_id,
            "show_tokenize_input_mapping": dict.fromkeys(providers_sudo.ids, False),
            "amount": amount,
            "currency": currency,
            "partner_id": partner_sudo.id,
            "providers_sudo": providers_sudo,
            "payment_methods_sudo": methods_sudo,
            "tokens_sudo": request.env["payment.token"].sudo(),
            "availability_report": report,
            "transaction_route": contract_sudo.get_portal_url(suffix="/transaction"),
            "landing_route": contract_sudo.get_portal_url(query_string="&message=pay_done"),
            "access_token": contract_sudo._portal_ensure_token(),
        }

    def _get_contract_providers(self, contract_sudo, amount, report=None):
        return (
            request.env["payment.provider"]
            .sudo()  # the visitor may be nobody
            ._get_compatible_providers(
                contract_sudo.company_id.id,
                self._get_payer(contract_sudo).id,
                amount,
                currency_id=contract_sudo.currency_id.id,
                report=report,
            )
        )

    def _get_payer(self, contract_sudo):
        """Return in whose name online money is booked: the contract's payer, whoever clicks."""
        return contract_sudo.payer_id or contract_sudo.partner_id

    @http.route("/my/contracts/<int:contract_id>/transaction", type="jsonrpc", auth="public")
    def portal_contract_transaction(self, contract_id, access_token, **kwargs):
        """Create the transaction that pays what the contract asks for now.

        The amount is the server's: a page left open while something else was paid is refused.

        :return: processing values of the transaction
        :raises ValidationError: wrong person, or nothing (else) to pay
        """
        try:
            contract_sudo = self._get_customer_contract_sudo(contract_id, access_token)
        except AccessError as error:
            raise ValidationError(str(error)) from error
        self._validate_transaction_kwargs(kwargs)
        amount, kind = contract_sudo._online_amount()
        self._check_transaction(contract_sudo, amount, kwargs)
        kwargs.update(
            partner_id=self._get_payer(contract_sudo).id,
            currency_id=contract_sudo.currency_id.id,
            amount=amount,
            tokenization_requested=False,
            landing_route=contract_sudo.get_portal_url(query_string="&message=pay_done"),
        )
        tx_sudo = self._create_transaction(
            custom_create_values={"dealer_contract_id": contract_sudo.id, "deposit_kind": kind},
            **kwargs,
        )
        return tx_sudo._get_processing_values()

    def _check_transaction(self, contract_sudo, amount, kwargs):
        if kwargs.get("is_validation") or kwargs.get("flow") == "token":
            raise BadRequest()
        asked = self._cast_as_float(kwargs.get("amount")) or 0.0
        if not amount or contract_sudo.currency_id.compare_amounts(asked, amount):
            raise ValidationError(request.env._("The amount to pay has changed. Load the page again."))
        providers_sudo = self._get_contract_providers(contract_sudo, amount)
        if kwargs.get("provider_id") not in providers_sudo.ids:
            raise ValidationError(request.env._("This way of paying is not offered here."))
