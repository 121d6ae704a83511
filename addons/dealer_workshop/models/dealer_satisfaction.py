import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

STARS = [(str(count), "★" * count) for count in range(1, 6)]


class DealerSatisfaction(models.Model):
    """What a customer says about a visit: two questions, one answer (满意度, CSI).

    The answer comes from the customer's own page, or is told in the call-back. It is evidence: only the page and the
    button write it.
    """

    _name = "dealer.satisfaction"
    _description = "Satisfaction with a Visit"
    _order = "answered_on desc, id desc"
    _rec_name = "order_id"
    _check_company_auto = True

    order_id = fields.Many2one(
        "repair.order", "Repair Order", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True, precompute=True)
    site_id = fields.Many2one(related="order_id.site_id", store=True, index=True)
    vehicle_id = fields.Many2one(related="order_id.dealer_vehicle_id", string="Car", store=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True, index=True)
    advisor_id = fields.Many2one("res.users", "Service Advisor", readonly=True, index="btree_not_null")
    technician_ids = fields.Many2many("hr.employee", string="Technicians", readonly=True)
    repair_kind = fields.Selection(related="order_id.repair_kind", store=True)
    access_token = fields.Char(
        readonly=True, copy=False, groups="base.group_system", default=lambda self: secrets.token_urlsafe(24)
    )
    date_to = fields.Date("Open until", readonly=True, required=True)
    answered_on = fields.Datetime(readonly=True, copy=False)
    channel = fields.Selection(
        [("page", "Customer's Page"), ("call", "Call-back")], string="Answered by", readonly=True, copy=False
    )
    service_score = fields.Integer("Service", readonly=True, copy=False, aggregator="avg", help="Stars, 1 to 5.")
    work_score = fields.Integer("Work", readonly=True, copy=False, aggregator="avg", help="Stars, 1 to 5.")
    comment = fields.Text(readonly=True, copy=False)
    complaint_ids = fields.One2many("dealer.complaint", "satisfaction_id", "Complaints")

    _order_uniq = models.UniqueIndex("(order_id)", "This visit is asked about already.")
    _scores_sane = models.Constraint(
        "CHECK (answered_on IS NULL OR (service_score BETWEEN 1 AND 5 AND work_score BETWEEN 1 AND 5))",
        "A score is 1 to 5 stars.",
    )
    _answered_idx = models.Index("(company_id, answered_on) WHERE answered_on IS NOT NULL")

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("A customer is asked when his car is handed over; nobody types an answer."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("What a customer answered is not changed."))
        return super().write(vals)

    def action_copy_link(self):
        """Show the customer's link, to be sent by hand.

        :return: notification with the address
        :raises AccessError: the user calls nobody back
        """
        self.ensure_one()
        self._check_may_answer()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "info", "sticky": True, "message": self._get_link()},
        }

    def action_answer(self, service_score, work_score, comment=""):
        """Note what a customer said on the phone.

        :param int service_score: stars, 1 to 5
        :param int work_score: stars, 1 to 5
        :param str comment: his words
        :raises AccessError: the user calls nobody back
        :raises UserError: it is answered already, or a score is none
        """
        self.ensure_one()
        self._check_may_answer()
        # Who asks is checked; the answer is written by this step and by the customer's page alone
        self.sudo()._answer(service_score, work_score, comment, "call")
        return True

    def _check_may_answer(self):
        self.check_access("read")
        self.env["dealer.call.back"].check_access("write")

    def _answer(self, service_score, work_score, comment, channel):
        """Write an answer once; a low one opens a complaint case.

        :param service_score: 1 to 5, as number or text
        :param work_score: 1 to 5, as number or text
        :param str comment: the customer's words; cut after 2,000 characters
        :param str channel: ``page`` or ``call``
        :raises UserError: answered already, too late, or no score
        """
        self.ensure_one()
        scores = [self._read_score(score) for score in (service_score, work_score)]
        # Two clicks at once: the second waits, then reads that it is answered
        self.lock_for_update()
        self.invalidate_recordset(["answered_on"])
        self._check_open()
        self.write(
            {
                "service_score": scores[0],
                "work_score": scores[1],
                "comment": (comment or "").strip()[:2000],
                "channel": channel,
                "answered_on": fields.Datetime.now(),
            }
        )
        self._follow_up_low_score()

    def _read_score(self, score):
        text = str(score or "").strip()
        if text not in dict(STARS):
            raise UserError(self.env._("Please give one to five stars for both questions."))
        return int(text)

    def _check_open(self):
        if self.answered_on:
            raise UserError(self.env._("Thank you: these questions are answered already."))
        if self.date_to < fields.Date.context_today(self):
            raise UserError(self.env._("These questions could be answered until %(day)s.", day=self.date_to))

    def _follow_up_low_score(self):
        """Open a complaint case when the answer is low, owned by the advisor of the visit."""
        today = fields.Date.context_today(self)
        rules = self.env["dealer.aftercare.policy"]._get_rules(self.company_id, today)
        if min(self.service_score, self.work_score) <= rules.low_score:
            self.env["dealer.complaint"].create(self._prepare_complaint(today, rules))

    def _prepare_complaint(self, today, rules):
        called = self.order_id.call_back_ids[: self.channel == "call"]
        managers = self.env["dealer.vehicle"]._get_role_users("dealer_workshop.group_workshop_manager", self.company_id)
        return {
            "company_id": self.company_id.id,
            "vehicle_id": self.vehicle_id.id,
            "order_id": self.order_id.id,
            "partner_id": self.partner_id.id,
            "satisfaction_id": self.id,
            "call_back_id": called.id,
            "origin": "call" if called else "survey",
            "kind": "work" if self.work_score < self.service_score else "other",
            "user_id": (self.advisor_id or managers[:1] or self.env.user).id,
            "date_due": today + timedelta(days=rules.complaint_days),
            "text": self.comment or self.env._("A low score without words."),
        }

    def _get_link(self):
        """Return the address of the customer's page."""
        self.ensure_one()
        # Narrow sudo: the token goes to the customer alone; the callers checked who asks
        return f"{self.get_base_url()}/workshop/survey/{self.sudo().access_token}"
