import hashlib
from datetime import timedelta

from odoo import api, models

from .repair_order_flow import ADVISOR

# What the customer sees of our stages. Source: STAR RepairStageTypes, standards §3.2
PORTAL_STAGES = [
    ("VEHICLE_RECEIVED", ("received",)),
    ("WORK_IN_PROGRESS", ("in_work", "waiting_parts")),
    ("QUALITY_ASSURANCE", ("quality",)),
    ("COMPLETED", ("ready",)),
    ("CHECKOUT", ("settled",)),
    ("VEHICLE_DELIVERED", ("delivered",)),
]


class RepairOrder(models.Model):
    """The customer's page: where his car stands, what he has to decide, what he pays."""

    _name = "repair.order"
    _inherit = ["repair.order", "portal.mixin"]

    _protected_fields = frozenset({"access_token"})

    def _compute_access_url(self):
        super()._compute_access_url()
        for order in self:
            order.access_url = f"/my/repairs/{order.id}"

    def action_preview_portal(self):
        """Open the page the customer sees.

        :return: act_url
        """
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "target": "new", "url": self.access_url}

    def action_renew_link(self):
        """Make a new link to the customer's page; the old one works no more.

        :return: notification with the new link
        """
        self.ensure_one()
        self._check_role(ADVISOR)
        # Narrow sudo: the role is checked, the token is protected from typing.
        self.sudo().access_token = False
        link = self.get_base_url() + self.sudo().get_portal_url()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("New link for the customer"),
                "message": link,
                "type": "success",
                "sticky": True,
            },
        }

    def _on_work_offered(self, jobs):
        super()._on_work_offered(jobs)
        for order in self:
            # Narrow sudo: there is a link from now on; the token is protected from typing.
            order.sudo()._portal_ensure_token()

    # ------------------------------------------------------------------
    # Who may look
    # ------------------------------------------------------------------
    def _get_portal_people(self):
        """Return who may open this order's page with a login: who brought the car, its customer and its payer.

        :return: ``res.partner``, commercial entities and persons
        """
        self.ensure_one()
        return self.partner_id.commercial_partner_id | self.brought_in_by_id | self.payer_id.commercial_partner_id

    def _is_link_expired(self):
        """Tell whether the link of this order works no more: the car left long ago, or the order was cancelled."""
        self.ensure_one()
        if self.state == "cancel":
            return True
        if not self.handed_over_on:
            return False
        day = self.company_id._get_day(self.handed_over_on)
        days = self.env["repair.agreement.policy"]._get_days(self.company_id.id, day)
        return self.company_id._get_day() > day + timedelta(days=days)

    # ------------------------------------------------------------------
    # What he sees
    # ------------------------------------------------------------------
    def _get_portal_steps(self):
        """Return the stages of the visit as a customer understands them, in order.

        :return: list of dicts: ``code`` (STAR), ``label`` (str), ``state`` (``done``, ``now`` or ``next``)
        """
        self.ensure_one()
        labels = self._get_portal_stage_labels()
        current = next((code for code, stages in PORTAL_STAGES if self.stage in stages), None)
        codes = [code for code, _stages in PORTAL_STAGES]
        position = codes.index(current) if current else -1
        return [
            {
                "code": code,
                "label": labels[code],
                "state": "done" if index < position else "now" if index == position else "next",
            }
            for index, code in enumerate(codes)
        ]

    @api.model
    def _get_portal_stage_labels(self):
        return {
            "APPOINTMENT_SCHEDULED": self.env._("Expected"),
            "VEHICLE_RECEIVED": self.env._("Checked in"),
            "AWAITING_CUSTOMER_AUTHORIZATION": self.env._("Waiting for your decision"),
            "WORK_IN_PROGRESS": self.env._("In work"),
            "PARTS_ORDERED": self.env._("Waiting for parts"),
            "QUALITY_ASSURANCE": self.env._("Quality check"),
            "COMPLETED": self.env._("Ready"),
            "CHECKOUT": self.env._("Invoiced"),
            "VEHICLE_DELIVERED": self.env._("Handed over"),
            "CLOSED": self.env._("Cancelled"),
        }

    def _get_portal_stage(self):
        """Return where the car stands, in STAR's words; what waits for the customer comes first.

        :return: code of STAR RepairStageTypes
        """
        self.ensure_one()
        if self._get_portal_proposals().filtered(lambda job: job.approval_state == "proposed"):
            return "AWAITING_CUSTOMER_AUTHORIZATION"
        special = {"reception": "APPOINTMENT_SCHEDULED", "waiting_parts": "PARTS_ORDERED", "cancelled": "CLOSED"}
        return special.get(self.stage) or next(code for code, stages in PORTAL_STAGES if self.stage in stages)

    def _get_portal_jobs(self):
        """Return the jobs the customer ordered."""
        return self.job_ids.filtered(lambda job: job._is_ordered())

    def _get_portal_proposals(self):
        """Return the extra work that was sent to the customer, answered or not."""
        return self.job_ids.filtered(lambda job: job.offered_on)

    def _get_portal_inspections(self):
        """Return the finished inspections of the car the customer is told about; our own final check is not his."""
        return self.inspection_ids.filtered(lambda row: row.purpose == "inspection" and row.state == "done")

    def _get_portal_amount(self):
        """Return what the ordered jobs cost the customer with tax, as far as he pays.

        :return: float in company currency
        """
        return sum(job.customer_amount for job in self._get_portal_jobs())

    def _get_portal_invoices(self):
        """Return the posted invoices of the people of this page; what insurers and makers pay is not his."""
        people = self._get_portal_people().commercial_partner_id
        return self._get_bills().filtered(lambda bill: bill.commercial_partner_id in people)

    def _get_portal_stamp(self):
        """Return one word that changes when anything on the page does; the page asks for it.

        :return: str
        """
        self.ensure_one()
        proposals = [(job.id, job.approval_state, job.customer_amount) for job in self._get_portal_proposals()]
        bills = [(bill.id, bill.payment_state) for bill in self._get_portal_invoices()]
        done = [(job.id, job.state) for job in self._get_portal_jobs()]
        inspected = self._get_portal_inspections().ids
        facts = (self.stage, str(self.promised_date), proposals, bills, done, inspected)
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
