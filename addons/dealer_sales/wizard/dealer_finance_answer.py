from odoo import api, fields, models
from odoo.fields import Command


class DealerFinanceAnswer(models.TransientModel):
    """An approval with other terms than asked for, or with conditions."""

    _name = "dealer.finance.answer"
    _description = "Lender's Approval"

    submission_id = fields.Many2one("dealer.finance.submission", required=True, readonly=True)
    currency_id = fields.Many2one(related="submission_id.currency_id")
    amount = fields.Monetary(compute="_compute_terms", store=True, readonly=False)
    rate = fields.Float("Annual rate", digits=(6, 4), compute="_compute_terms", store=True, readonly=False)
    months = fields.Integer("Term in months", compute="_compute_terms", store=True, readonly=False)
    date_valid = fields.Date("Valid until", compute="_compute_terms", store=True, readonly=False)
    conditions = fields.Text(help="What the lender wants done before it pays out, one a line.")

    @api.depends("submission_id")
    def _compute_terms(self):
        for wizard in self:
            submission, asked = wizard.submission_id, wizard.submission_id.application_id
            is_known = submission.state == "approved"
            wizard.amount = submission.amount_approved if is_known else asked.amount
            wizard.rate = submission.rate_approved if is_known else submission._get_asked_rate()
            wizard.months = submission.months_approved if is_known else asked.months
            wizard.date_valid = submission.date_valid

    def action_confirm(self):
        """Write the approval down.

        :raises UserError: no amount, or the submission waits for no answer
        """
        self.ensure_one()
        submission = self.submission_id
        submission._check_step("submitted", "documents", "approved")
        submission._approve(self.amount, self.rate, self.months, date_valid=self.date_valid)
        wanted = [line.strip() for line in (self.conditions or "").splitlines() if line.strip()]
        submission.condition_ids = [Command.create({"name": name}) for name in wanted]
        return {"type": "ir.actions.act_window_close"}
