from datetime import timedelta

from psycopg2.errors import ExclusionViolation, UniqueViolation

from odoo import fields, http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import consteq

from odoo.addons.portal.controllers.portal import CustomerPortal

GONE, FORBIDDEN = 410, 403
FURTHEST = 366  # days; the most a house may open its book ahead (dealer.booking.policy)


class DealerAppointmentPortal(CustomerPortal):
    """The customer's pages of the workshop: choose a time, move or cancel it, book a service.

    Customers have no right on any record: each route checks the person, by the appointment's token or as its
    customer who is logged in, and goes on with a superuser record.
    """

    # === Access ===
    def _find_appointment_sudo(self, appointment_id, access_token):
        """Return the appointment a person may see, or None.

        :param int appointment_id: ``dealer.appointment`` id
        :param str access_token: token of the link, or None
        """
        appointment = request.env["dealer.appointment"].sudo().browse(appointment_id).exists()
        if not appointment:
            return None
        appointment = appointment.with_company(appointment.company_id)
        token = appointment.access_token
        if access_token and token and consteq(token, access_token):
            return appointment
        user = request.env.user
        mine = not user._is_public() and self._is_mine(appointment, user.partner_id)
        return appointment if mine else None

    def _is_mine(self, appointment, partner):
        people = appointment.partner_id | appointment.brought_in_by_id
        return partner.commercial_partner_id in people.commercial_partner_id

    def _refuse(self, text=None, status=FORBIDDEN):
        """Show a page that says why there is nothing here; the same for a wrong link and for one nobody has."""
        text = text or request.env._("This link is not valid. Ask your service advisor for a new one.")
        return request.render("dealer_workshop.portal_appointment_refused", {"text": text}, status=status)

    # === Lists ===
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "dealer_appointment_count" in counters:
            values["dealer_appointment_count"] = (
                request.env["dealer.appointment"].sudo().search_count(self._prepare_appointments_domain())
            )
        return values

    def _prepare_appointments_domain(self):
        people = request.env.user.partner_id.commercial_partner_id.ids
        return ["|", ("partner_id", "child_of", people), ("brought_in_by_id", "child_of", people)]

    @http.route("/my/appointments", type="http", auth="user", website=True)
    def portal_my_appointments(self, **kw):
        """List the customer's appointments, what is to come first."""
        # Superuser: customers have no right on appointments; the domain is the person's own.
        found = (
            request.env["dealer.appointment"]
            .sudo()
            .search(self._prepare_appointments_domain(), order="date_from desc nulls first, id desc", limit=40)
        )
        values = self._prepare_portal_layout_values()
        values.update(appointments=found, page_name="dealer_appointment", default_url="/my/appointments")
        return request.render("dealer_workshop.portal_my_appointments", values)

    # === One appointment ===
    @http.route("/my/appointments/<int:appointment_id>", type="http", auth="public", website=True)
    def portal_appointment(self, appointment_id, access_token=None, day=None, **kw):
        """Show one appointment; with an open link the free times to choose from.

        :param str day: ISO, show the free times from that day on
        """
        appointment = self._find_appointment_sudo(appointment_id, access_token)
        if not appointment:
            return self._refuse()
        return self._show(appointment, access_token, day=day)

    @http.route(
        "/my/appointments/<int:appointment_id>/book", type="http", auth="public", methods=["POST"], website=True
    )
    def portal_appointment_book(self, appointment_id, access_token=None, slot=None, **kw):
        """Book the time that was chosen; one that is gone shows the times that are free now."""
        appointment = self._find_appointment_sudo(appointment_id, access_token)
        if not appointment:
            return self._refuse()
        moment = appointment._parse_slot(slot)
        try:
            if not moment:
                raise UserError(request.env._("Please choose one of the free times below."))
            with request.env.cr.savepoint():
                appointment._customer_book(moment)
        except UserError as error:
            return self._show(appointment, access_token, problem=str(error))
        except (ExclusionViolation, UniqueViolation):
            # An advisor booked bay or technician in the same moment: only the database saw it
            return self._show(appointment, access_token, problem=appointment._get_taken_sentence())
        return request.redirect(appointment.get_portal_url(query_string="&done=1"))

    @http.route(
        "/my/appointments/<int:appointment_id>/cancel", type="http", auth="public", methods=["POST"], website=True
    )
    def portal_appointment_cancel(self, appointment_id, access_token=None, **kw):
        """Cancel."""
        appointment = self._find_appointment_sudo(appointment_id, access_token)
        if not appointment:
            return self._refuse()
        try:
            appointment._customer_cancel()
        except UserError as error:
            return self._show(appointment, access_token, problem=str(error))
        return request.redirect(appointment.get_portal_url())

    @http.route(
        "/my/appointments/<int:appointment_id>/change", type="http", auth="public", methods=["POST"], website=True
    )
    def portal_appointment_change(self, appointment_id, access_token=None, **kw):
        """Open the choice of times again for an appointment that is booked."""
        appointment = self._find_appointment_sudo(appointment_id, access_token)
        if not appointment:
            return self._refuse()
        if not appointment._may_customer_change():
            text = request.env._("It is too late to change the time here. Please call us.")
            return self._show(appointment, access_token, problem=text)
        appointment._open_link()
        return request.redirect(appointment.get_portal_url(query_string="&change=1"))

    def _show(self, appointment, access_token, problem=None, day=None):
        choosing = appointment._is_link_open() and appointment._may_customer_change()
        if appointment.state == "booked" and not (problem or day or request.params.get("change")):
            choosing = False
        expired = appointment.state == "request" and appointment.link_expires_on and not choosing
        first = self._read_day(day, fields.Date.context_today(appointment))
        bounds = request.env["dealer.workshop.capacity"]._get_day_bounds
        start = bounds(appointment.site_id, first)[0] if first else None
        slots = appointment._get_online_slots(start) if choosing else []
        values = {
            "appointment": appointment,
            "access_token": access_token or "",
            "days": appointment._group_slots(slots),
            "choosing": choosing,
            "expired": expired,
            "problem": problem,
            "done": request.params.get("done"),
            "may_change": appointment._may_customer_change(),
            "today": fields.Date.to_string(fields.Date.context_today(appointment)),
            "page_name": "dealer_appointment",
            "res_company": appointment.company_id,
        }
        status = GONE if expired else 409 if problem else 200
        return request.render("dealer_workshop.portal_appointment_page", values, status=status)

    @staticmethod
    def _read_day(text, today):
        """Return the day a page asks for, no further away than any rule looks ahead; None for what is no day.

        :param str text: ISO, as a client sent it
        :param date today: of the site
        """
        try:
            day = fields.Date.to_date(text) if text else None
        except ValueError:
            day = None
        return day and min(max(day, today), today + timedelta(days=FURTHEST))

    # === Book a service ===
    @http.route("/my/service", type="http", auth="user", website=True, methods=["GET"])
    def portal_service(self, car=None, **kw):
        """Show the form: own cars, jobs by menu with their length, free text, day."""
        return self._show_service({"car": car or ""})

    @http.route("/my/service", type="http", auth="user", website=True, methods=["POST"])
    def portal_service_send(self, **posted):
        """Take the form: a time is chosen next where the house allows it, else somebody calls."""
        form = self._read_service_form(posted)
        appointments = request.env["dealer.appointment"].sudo()  # what is taken is checked here
        problems = appointments._check_service_form(form)
        if problems:
            return self._show_service(posted, problems)
        appointment = appointments._customer_ask(request.env.user.partner_id, form)
        return request.redirect(appointment.get_portal_url())

    def _read_service_form(self, posted):
        """Return what the page sent as records this customer may choose from, anything else as nothing."""
        appointments = request.env["dealer.appointment"].sudo()
        car = self._choose(appointments._get_customer_cars(request.env.user.partner_id), posted.get("car"))
        sites = appointments._get_online_sites(car.company_id or None)
        site = self._choose(sites, posted.get("site")) or (sites if len(sites) == 1 else sites.browse())
        wanted = request.httprequest.form.getlist("operation")
        operations = appointments._get_online_operations(site.company_id) if site else None
        text = {name: (posted.get(name) or "").strip() for name in ("plate", "wish", "day")}
        try:
            day = fields.Date.to_date(text["day"])
        except ValueError:
            day = None
        today = fields.Date.context_today(appointments)
        return {
            "car": car,
            "site": site,
            "operations": operations.filtered(lambda one: str(one.id) in wanted)
            if operations
            else appointments.env["dealer.operation"],
            "plate": text["plate"],
            "wish": text["wish"],
            "day": day if day and day >= today else None,
            "courtesy": bool(posted.get("courtesy")),
        }

    def _choose(self, records, text):
        """Return the one record of this id, or none."""
        number = int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0
        return records.filtered(lambda record: record.id == number)

    def _show_service(self, posted, problems=None):
        appointments = request.env["dealer.appointment"].sudo()
        cars = appointments._get_customer_cars(request.env.user.partner_id)
        sites = appointments._get_online_sites(cars.company_id or None) or appointments._get_online_sites()
        operations = appointments.env["dealer.operation"].browse()
        for company in sites.company_id:
            operations |= appointments._get_online_operations(company)
        values = self._prepare_portal_layout_values()
        values.update(
            cars=cars,
            sites=sites,
            operations=operations,
            form=posted,
            chosen=request.httprequest.form.getlist("operation"),
            problems=problems or {},
            today=fields.Date.to_string(fields.Date.context_today(appointments)),
            page_name="dealer_service",
        )
        return request.render("dealer_workshop.portal_service", values, status=422 if problems else 200)
