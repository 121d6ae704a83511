from odoo import api, fields, models

ADVISOR = "dealer_workshop.group_service_advisor"


class DealerJobAnswer(models.TransientModel):
    """Asks the service advisor who answered a proposal, and how, when it was not on the customer's page."""

    _name = "dealer.job.answer"
    _description = "The Customer's Answer"

    job_ids = fields.Many2many("dealer.job", required=True, readonly=True)
    answer = fields.Selection([("accepted", "Ordered"), ("refused", "Refused")], required=True, readonly=True)
    name = fields.Char(
        string="Who Answered", required=True, compute="_compute_name", store=True, readonly=False, precompute=True
    )
    channel = fields.Selection([("phone", "By Phone"), ("desk", "At the Desk")], required=True, default="phone")

    @api.depends("job_ids")
    def _compute_name(self):
        for wizard in self:
            order = wizard.job_ids.order_id[:1]
            # Whoever brought the car approves the work. Source: practice P32
            wizard.name = (order.brought_in_by_id or order.partner_id).name

    def action_confirm(self):
        """Note the answer, and do what follows from it; role and state are checked."""
        self.ensure_one()
        self.job_ids._check_group(ADVISOR)
        self.job_ids.check_access("write")
        self.job_ids._answer(self.answer, self.name, self.channel)
        return {"type": "ir.actions.act_window_close"}
