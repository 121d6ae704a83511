from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

ONLINE_SLOTS = 200  # of so many the customer chooses; more would be a wall of buttons
TEXT_LENGTH = 1000


class DealerAppointment(models.Model):
    """The customer's page: choose a time from a link, move or cancel it, book a service.

    Methods ``_customer_*`` run on superuser records: the controller has checked the person.
    """

    _name = "dealer.appointment"
    _inherit = ["dealer.appointment", "portal.mixin"]

    _protected_fields = frozenset({"access_token", "link_expires_on", "origin"})

    link_expires_on = fields.Datetime(
        string="Link Valid Until", readonly=True, copy=False, help="Until then the customer's link chooses a slot."
    )
    link_url = fields.Char(string="Link for the Customer", compute="_compute_link_url")
    origin = fields.Selection(
        [("house", "House"), ("portal", "Customer's Page")],
        default="house",
        required=True,
        readonly=True,
        copy=False,
        string="Came By",
    )

    def _compute_access_url(self):
        super()._compute_access_url()
        for appointment in self:
            appointment.access_url = f"/my/appointments/{appointment.id}"

    @api.depends("link_expires_on")
    def _compute_link_url(self):
        for appointment in self:
            valid = appointment.link_expires_on and appointment._origin
            # Narrow sudo: who reads the appointment may read the link out to its customer.
            url = appointment.sudo().get_portal_url() if valid else ""
            appointment.link_url = url and f"{appointment.get_base_url()}{url}"

    # --- the advisor -------------------------------------------------------------------------

    def action_send_link(self):
        """Let the customer choose the time himself: length and work are set, he gets a link (B20).

        :return: a notification: how he was told; the link stands on the appointment, to be read out or pasted
        :raises UserError: it is neither a request nor booked, or has no length or no customer
        """
        self.check_access("write")
        self._check_state(("request", "booked"), self.env._("sent as a link"))
        for appointment in self:
            if not (appointment.brought_in_by_id or appointment.partner_id):
                raise UserError(
                    self.env._("%(name)s has no customer: who shall get the link?", name=appointment.display_name)
                )
            appointment._open_link()
        return self._get_told_notification(self._tell("link"))

    def _open_link(self):
        """Make the link of this appointment valid for the days of the rule."""
        policy = self._get_customer_policy()
        # Narrow sudo: the caller has checked who does this; token and its time are protected from typing.
        self.sudo()._portal_ensure_token()
        self.sudo().link_expires_on = fields.Datetime.now() + timedelta(days=policy.link_days)

    def _get_customer_policy(self):
        self.ensure_one()
        day = self.env["dealer.workshop.capacity"]._get_day(self.site_id, fields.Datetime.now())
        return self.env["dealer.booking.policy"]._get_policy(self.site_id, day)

    # --- the customer ------------------------------------------------------------------------

    def _is_link_open(self):
        """Tell whether the customer may choose a time now."""
        self.ensure_one()
        return bool(self.link_expires_on) and self.link_expires_on > fields.Datetime.now()

    def _may_customer_change(self):
        """Tell whether the customer may still move or cancel: not shortly before, not afterwards."""
        self.ensure_one()
        if self.state == "request":
            return True
        notice = timedelta(hours=self._get_customer_policy().notice_hours)
        return self.state == "booked" and self.date_from - notice > fields.Datetime.now()

    def _get_online_slots(self, start=None):
        """Return the slots a customer may choose from, from the wanted day on.

        :param datetime start: naive UTC, look from here
        :return: list of ``booking.Slot``
        """
        self.ensure_one()
        notice = fields.Datetime.now() + timedelta(hours=self._get_customer_policy().notice_hours)
        return self._find_slots(max(start or self._get_earliest(), notice), limit=ONLINE_SLOTS)

    def _customer_book(self, moment):
        """Book the time a customer has chosen on his page.

        :param datetime moment: naive UTC, one of :meth:`_get_online_slots`
        :raises UserError: the link has expired, or the slot is gone
        """
        self.ensure_one()
        if not self._is_link_open() or not self._may_customer_change():
            raise UserError(
                self.env._("This link is no longer valid. Call us, and we send you a new one or find a time together.")
            )
        self._wait_for_site()
        slot = next((slot for slot in self._get_online_slots(moment) if slot.start == moment), None)
        if not slot:
            raise UserError(self._get_taken_sentence())
        known = bool(self.confirmed_on)
        self._take_slot(slot)
        self.confirmed_on = fields.Datetime.now()
        if not known:
            self._tell("confirmed")
        self.message_post(body=self.env._("The customer chose this time himself."))

    @api.model
    def _get_taken_sentence(self):
        return self.env._("Somebody was faster: this time is taken. Please choose one of the free times below.")

    def _customer_cancel(self):
        """Cancel on the customer's page.

        :raises UserError: it is too late, or it is over
        """
        self.ensure_one()
        if not self._may_customer_change():
            raise UserError(self.env._("It is too late to cancel here. Please call us."))
        self.message_post(body=self.env._("The customer cancelled on his page."))
        self._set_state("cancelled", ("request", "booked"))

    @api.model
    def _get_online_operations(self, company):
        """Return the jobs customers may choose, in a company."""
        return self.env["dealer.operation"].search(
            [("is_online", "=", True), ("company_id", "in", (False, company.id))], order="hours, code"
        )

    @api.model
    def _get_online_sites(self, companies=None):
        """Return the sites with bays that take appointments."""
        bays = self.env["dealer.bay"].search([("is_bookable", "=", True)])
        sites = bays.site_id
        return sites.filtered(lambda site: site.company_id in companies) if companies else sites

    @api.model
    def _get_customer_cars(self, partner):
        """Return the cars of a person or his company: owner or user, in every company of ours.

        :param res.partner partner: of the login
        """
        people = partner.commercial_partner_id.ids
        return self.env["dealer.vehicle"].search(
            ["|", ("owner_id", "child_of", people), ("keeper_id", "child_of", people)], order="id"
        )

    @api.model
    def _check_service_form(self, form):
        """Return what is wrong with a service form.

        :param dict form: ``site``, ``car``, ``operations`` (records), ``plate``, ``wish``, ``day`` (date)
        :return: {field: sentence}; empty: all is well
        """
        problems = {}
        if not form["site"]:
            problems["site"] = self.env._("Please choose where you want to come.")
        if not form["car"] and not form["plate"]:
            problems["car"] = self.env._("Please choose your car, or type its plate.")
        if not form["operations"] and not form["wish"]:
            problems["wish"] = self.env._("Please choose a job, or tell us what we can do.")
        if not form["day"]:
            problems["day"] = self.env._("Please choose a day from today on.")
        return problems

    @api.model
    def _customer_ask(self, partner, form):
        """Make the request of a customer's page; within the rule he chooses the time at once.

        :param res.partner partner: of the login
        :param dict form: see :meth:`_check_service_form`, without problems; ``courtesy`` (bool)
        :return: ``dealer.appointment`` (superuser)
        """
        appointment = self.with_company(form["site"].company_id).create(
            {
                "site_id": form["site"].id,
                "company_id": form["site"].company_id.id,
                "vehicle_id": form["car"].id,
                "partner_id": partner.id,
                "brought_in_by_id": partner.id,
                # A typed plate may be somebody else's car: the advisor asks before it counts.
                "customer_car_text": False if form["car"] else form["plate"][:40],
                "wanted_day": form["day"],
                "wants_courtesy_car": form["courtesy"],
                "note": form["wish"][:TEXT_LENGTH],
                "user_id": False,
                "origin": "portal",
                "line_ids": [Command.create({"operation_id": operation.id}) for operation in form["operations"]],
            }
        )
        policy = appointment._get_customer_policy()
        small = form["operations"] and not form["wish"] and appointment.hours <= policy.max_customer_hours
        if policy.is_customer_booking and small:
            appointment._open_link()
        return appointment
