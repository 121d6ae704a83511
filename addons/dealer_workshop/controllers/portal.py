from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request
from odoo.tools import consteq

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager


class RepairOrderPortal(CustomerPortal):
    """The customer's pages of the workshop: where the car stands, extra work to decide, invoices, earlier visits.

    Everything below runs on a superuser record: each route first checks the person, by the link's token or as a
    logged-in party to the order.
    """

    # === Access ===
    def _get_order_sudo(self, order_id, access_token):
        """Return the order a person may see.

        :param int order_id: ``repair.order`` id
        :param str access_token: token of the link, or None
        :return: ``repair.order`` in superuser mode, in its own company
        :raises AccessError: says in words what is wrong with the link; the same for orders that do not exist
        """
        order_sudo = request.env["repair.order"].sudo().browse(order_id).exists()
        if not order_sudo.dealer_vehicle_id or not self._may_see(order_sudo, access_token):
            raise AccessError(
                request.env._("This link is not valid. Log in, or ask your service advisor for a new one.")
            )
        if order_sudo._is_link_expired() and not self._is_party(order_sudo):
            raise AccessError(
                request.env._("This link has expired: the visit is over. Log in to see it, or ask us for a new link.")
            )
        return order_sudo.with_company(order_sudo.company_id)

    def _may_see(self, order_sudo, access_token):
        return self._has_link(order_sudo, access_token) or self._is_party(order_sudo) or self._is_staff(order_sudo)

    def _has_link(self, order_sudo, access_token):
        token = order_sudo.access_token
        return bool(isinstance(access_token, str) and token and consteq(token, access_token))

    def _is_party(self, order_sudo):
        partner = request.env.user.sudo().partner_id
        people = order_sudo._get_portal_people()
        return not request.env.user._is_public() and bool((partner | partner.commercial_partner_id) & people)

    def _is_staff(self, order_sudo):
        return request.env.user._is_internal() and order_sudo.sudo(False).with_user(request.env.user).has_access("read")

    def _is_orderer(self, order_sudo, access_token):
        """Tell whether this visitor acts for the customer; staff do not, not even by the link.

        A name of its own: Odoo makes one class of all portals, and that of contracts asks for its customer too.
        """
        if request.env.user._is_internal():
            return self._is_party(order_sudo)
        return self._has_link(order_sudo, access_token) or self._is_party(order_sudo)

    def _refuse_link(self, error):
        return request.render("dealer_workshop.portal_link_refused", {"reason": str(error)}, status=403)

    # === Pages ===
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "dealer_repair_count" in counters:
            # Narrow sudo: customers have no right on orders; the domain names their own.
            values["dealer_repair_count"] = request.env["repair.order"].sudo().search_count(self._get_repairs_domain())
        return values

    def _get_repairs_domain(self):
        """Return the orders a logged-in customer may see in his list: those of his cars that were taken in."""
        commercial = request.env.user.partner_id.commercial_partner_id.ids
        own = ["|", "|", ("partner_id", "child_of", commercial), ("payer_id", "child_of", commercial)]
        return [
            ("dealer_vehicle_id", "!=", False),
            ("stage", "!=", "cancelled"),
            *own,
            ("brought_in_by_id", "=", request.env.user.partner_id.id),
        ]

    @http.route(["/my/repairs", "/my/repairs/page/<int:page>"], type="http", auth="user", website=True)
    def portal_my_repairs(self, page=1, **_kw):
        """List the customer's visits to the workshop, newest first."""
        orders = request.env["repair.order"].sudo()  # see _get_repairs_domain
        domain = self._get_repairs_domain()
        pager = portal_pager(url="/my/repairs", total=orders.search_count(domain), page=page, step=self._items_per_page)
        found = orders.search(domain, order="id desc", limit=self._items_per_page, offset=pager["offset"])
        values = self._prepare_portal_layout_values()
        values.update(orders=found, page_name="dealer_repair", pager=pager, default_url="/my/repairs")
        return request.render("dealer_workshop.portal_my_repairs", values)

    @http.route("/my/repairs/<int:order_id>", type="http", auth="public", website=True)
    def portal_repair_page(self, order_id, access_token=None, message=None, **_kw):
        """Show one visit: stages, promised time, what to decide, what was done, invoices.

        :param str message: ``answered`` or ``changed``, told on top of the page
        """
        try:
            order_sudo = self._get_order_sudo(order_id, access_token)
        except AccessError as error:
            return self._refuse_link(error)
        return request.render(
            "dealer_workshop.portal_repair_page", self._prepare_repair_values(order_sudo, access_token, message)
        )

    def _prepare_repair_values(self, order_sudo, access_token, message):
        labels = order_sudo._get_portal_stage_labels()
        proposals = order_sudo._get_portal_proposals()
        return {
            # Not “order”: the breadcrumbs of purchases take that as theirs.
            "repair": order_sudo,
            "car": order_sudo.dealer_vehicle_id,
            "stage": labels[order_sudo._get_portal_stage()],
            "steps": order_sudo._get_portal_steps(),
            "stamp": order_sudo._get_portal_stamp(),
            "to_decide": proposals.filtered(lambda job: job.approval_state == "proposed"),
            "answered": proposals.filtered(lambda job: job.approval_state != "proposed"),
            "jobs": order_sudo._get_portal_jobs(),
            "inspections": order_sudo._get_portal_inspections(),
            "invoices": order_sudo._get_portal_invoices(),
            "is_customer": self._is_orderer(order_sudo, access_token),
            "token": access_token or "",
            "message": message,
            "page_name": "dealer_repair",
            "res_company": order_sudo.company_id,
        }

    @http.route("/my/repairs/<int:order_id>/stamp", type="http", auth="public", methods=["GET"], website=True)
    def portal_repair_stamp(self, order_id, access_token=None, **_kw):
        """Tell whether the page is still true: one word that changes with it."""
        try:
            order_sudo = self._get_order_sudo(order_id, access_token)
        except AccessError:
            return request.make_json_response({"stamp": None}, status=403)
        return request.make_json_response({"stamp": order_sudo._get_portal_stamp()})

    @http.route("/my/repairs/<int:order_id>/photo/<int:picture_id>", type="http", auth="public", website=True)
    def portal_repair_photo(self, order_id, picture_id, access_token=None, **_kw):
        """Show a photo of work that was sent to the customer."""
        try:
            order_sudo = self._get_order_sudo(order_id, access_token)
        except AccessError:
            raise NotFound from None
        shown = order_sudo._get_portal_proposals() | order_sudo._get_portal_jobs()
        picture = shown.picture_ids.filtered(lambda picture: picture.id == picture_id)
        if not picture:
            raise NotFound
        stream = request.env["ir.binary"]._get_image_stream_from(picture, "image_1024")
        return stream.get_response()

    @http.route("/my/repairs/<int:order_id>/inspected/<int:picture_id>", type="http", auth="public", website=True)
    def portal_repair_inspected(self, order_id, picture_id, access_token=None, **_kw):
        """Show a photo of a point of the car's finished inspection."""
        try:
            order_sudo = self._get_order_sudo(order_id, access_token)
        except AccessError:
            raise NotFound from None
        pictures = order_sudo._get_portal_inspections().line_ids.picture_ids
        picture = pictures.filtered(lambda picture: picture.id == picture_id)
        if not picture:
            raise NotFound
        stream = request.env["ir.binary"]._get_image_stream_from(picture, "image_1024")
        return stream.get_response()

    # === Deciding ===
    @http.route(
        "/my/repairs/<int:order_id>/jobs/<int:job_id>/<string:answer>",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
    )
    def portal_repair_answer(self, order_id, job_id, answer, access_token=None, amount=None, **_kw):
        """Order or refuse one piece of extra work.

        :param str answer: ``accepted`` or ``refused``
        :param str amount: the price the customer saw; another one now is shown to him first
        """
        try:
            order_sudo = self._get_order_sudo(order_id, access_token)
            if not self._is_orderer(order_sudo, access_token):
                raise AccessError(request.env._("Only the customer answers here. Note his answer on the order."))
        except AccessError as error:
            return self._refuse_link(error)
        job_sudo = order_sudo._get_portal_proposals().filtered(lambda job: job.id == job_id)
        if not job_sudo or answer not in ("accepted", "refused"):
            raise NotFound
        message = "answered" if self._answer(order_sudo, job_sudo, answer, amount) else "changed"
        return request.redirect(f"/my/repairs/{order_id}?access_token={access_token or ''}&message={message}")

    def _answer(self, order_sudo, job_sudo, answer, amount):
        """Write the answer down when the customer saw what it is about.

        :return: bool; False when it was answered meanwhile, or costs something else now
        """
        shown = f"{job_sudo.customer_amount:.2f}"
        if job_sudo.approval_state != "proposed" or amount != shown:
            return False
        user = request.env.user
        person = user.partner_id if not user._is_public() else order_sudo.brought_in_by_id or order_sudo.partner_id
        try:
            job_sudo._answer(answer, person.name, "portal", ip=request.httprequest.remote_addr)
        except UserError:
            request.env.cr.rollback()
            return False
        return True
