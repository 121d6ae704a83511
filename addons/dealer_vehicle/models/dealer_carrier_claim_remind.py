from odoo import api, fields, models
from odoo.fields import Domain

BATCH = 100  # claims between two commits of the hourly job


class DealerCarrierClaim(models.Model):
    """Reminding of claims before it is too late for them."""

    _inherit = "dealer.carrier.claim"

    @api.model
    def _cron_remind(self):
        """Give each claim near its deadline to a stock keeper of its site as an activity; called every hour.

        Resumable: each run takes up what has no reminder yet. One reminder a claim.
        """
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(self._get_unreminded_domain()))
        while claims := self.search(self._get_unreminded_domain(), limit=BATCH, order="date_deadline, id"):
            claims._remind()
            if not self.env["ir.cron"]._commit_progress(len(claims)):
                return

    @api.model
    def _get_unreminded_domain(self):
        companies = self.env["res.company"].sudo().search([])
        answering = companies.filtered(
            lambda company: self.env["dealer.vehicle"]._get_alert_users("group_stock_keeper", company)
        )
        activities = self.env["mail.activity"].sudo().with_context(active_test=False)
        reminded = activities._search(
            [("res_model", "=", self._name), ("dealer_alert_key", "=like", "claim/%")]
        ).subselect("res_id")
        return (
            Domain("state", "=", "draft")
            & Domain("date_warning", "<=", fields.Datetime.now())
            & Domain("company_id", "in", answering.ids)
            & Domain("id", "not in", reminded)
        )

    def _remind(self):
        Vehicle = self.env["dealer.vehicle"]
        values = []
        for company, claims in self.grouped("company_id").items():
            users = Vehicle._get_alert_users("group_stock_keeper", company)
            values += [claim._prepare_reminder(Vehicle._pick_alert_user(users, claim.site_id)) for claim in claims]
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(values)

    def _prepare_reminder(self, user):
        claim = self.with_context(lang=user.lang or self.env.lang, tz=user.tz or self.env.user.tz)
        return {
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
            "activity_type_id": self.env.ref("dealer_vehicle.mail_activity_type_carrier_claim").id,
            "user_id": user.id,
            "summary": claim.env._("Send the claim to the carrier"),
            "automated": True,
            "date_deadline": fields.Datetime.context_timestamp(claim, self.date_deadline).date(),
            "dealer_alert_key": f"claim/{self.id}",
        }

    def _close_reminders(self):
        self._get_reminders().action_feedback()

    def _forget_reminders(self):
        """Let the claims be reminded of again; what was done stays in the log."""
        reminders = self.with_context(active_test=False)._get_reminders()
        reminders.filtered(lambda reminder: not reminder.active).dealer_alert_key = False

    def _get_reminders(self):
        keys = [f"claim/{claim.id}" for claim in self]
        return self.env["mail.activity"].sudo().search([("dealer_alert_key", "in", keys)])
