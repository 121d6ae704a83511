from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.fields import Domain

from .dealer_service_reminder import LIVE

BATCH = 200  # visits between two commits of the job
LATELY = timedelta(days=7)  # a visit that ended longer ago is not asked about any more


class RepairOrder(models.Model):
    """After the visit: the customer is called back, asked, and heard."""

    _inherit = "repair.order"

    call_back_ids = fields.One2many("dealer.call.back", "order_id", "Call-backs")
    satisfaction_ids = fields.One2many("dealer.satisfaction", "order_id", "Satisfaction")
    _aftercare_idx = models.Index("(handed_over_on) WHERE handed_over_on IS NOT NULL")

    @api.model
    def _cron_begin_aftercare(self):
        """Plan call-back and survey of the visits that ended lately; called every hour.

        Not at the hand-over itself, where a customer waits at the desk. Resumable: each run takes up what has none; a
        visit that fails stops no other.
        """
        domain, failed = self._get_aftercare_domain(), self.browse()
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(domain))
        order = "handed_over_on, id"
        while orders := self.search(domain & Domain("id", "not in", failed.ids), limit=BATCH, order=order):
            failed |= orders._try_in_batches("_begin_aftercare", "Aftercare of %s could not begin")
            if not self.env["ir.cron"]._commit_progress(len(orders)):
                return

    @api.model
    def _get_aftercare_domain(self):
        """Return the visits of customers that ended lately and are not asked about; our own cars are not."""
        policy, today = self.env["dealer.aftercare.policy"], fields.Date.context_today(self)
        companies = self.env["res.company"].search([]).filtered(lambda company: policy._get_rules(company, today))
        return (
            Domain("handed_over_on", ">=", fields.Datetime.now() - LATELY)
            & Domain("dealer_vehicle_id", "!=", False)
            & Domain("company_id", "in", companies.ids)
            & Domain("partner_id", "not in", companies.partner_id.ids)
            & Domain("satisfaction_ids", "=", False)
        )

    def _begin_aftercare(self):
        """Plan call-back and survey of these visits.

        Source: practice P32, B35
        """
        today = fields.Date.context_today(self)
        rules = {company: self.env["dealer.aftercare.policy"]._get_rules(company, today) for company in self.company_id}
        self.env["dealer.satisfaction"].create(
            [
                order._prepare_satisfaction(today + timedelta(rules[order.company_id].survey_valid_days))
                for order in self
            ]
        )
        self.env["dealer.call.back"].create(
            [
                {"order_id": order.id, "date_due": today + timedelta(rules[order.company_id].call_days)}
                for order in self
                if rules[order.company_id].call_days
            ]
        )
        for order in self:
            order._tell_event("survey")

    def _prepare_satisfaction(self, date_to):
        return {
            "order_id": self.id,
            "partner_id": (self.brought_in_by_id or self.partner_id).id,
            "advisor_id": self.user_id.id,
            "technician_ids": [Command.set(self.job_ids.assignment_ids.employee_id.ids)],
            "date_to": date_to,
        }

    def _action_hand_over(self):
        super()._action_hand_over()
        self._close_reminders()

    def _close_reminders(self):
        """Close what the cars were reminded of and came for: booked for this visit, or service done by it."""
        # Narrow sudo: role and gates of the hand-over are checked; a reminder only follows.
        domain = [("vehicle_id", "in", self.dealer_vehicle_id.ids), ("state", "in", LIVE)]
        reminders = self.env["dealer.service.reminder"].sudo().search(domain)
        for order in self.sudo() if reminders else ():
            tasks = order.job_ids.filtered(lambda job: job.state == "done").task_id
            reminders.filtered(lambda reminder, order=order, tasks=tasks: reminder._is_met_by(order, tasks))._mark_done(
                order
            )
