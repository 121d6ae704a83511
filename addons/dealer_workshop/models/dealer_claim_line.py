from odoo import api, fields, models
from odoo.exceptions import AccessError

# What is typed when the payer answers.
ANSWER_FIELDS = {"answer", "amount_accepted", "answer_reason"}


class DealerClaimLine(models.Model):
    """One position of a claim: what was billed, what the payer accepted of it."""

    _name = "dealer.claim.line"
    _description = "Claim Line"
    _order = "claim_id, number, id"
    _rec_name = "name"
    _check_company_auto = True

    claim_id = fields.Many2one("dealer.claim", required=True, readonly=True, index=True, ondelete="cascade")
    number = fields.Integer("Line", readonly=True, aggregator=None)
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="claim_id.currency_id")
    partner_id = fields.Many2one(related="claim_id.partner_id", store=True)
    state = fields.Selection(related="claim_id.state")
    invoice_line_id = fields.Many2one(
        "account.move.line",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    job_id = fields.Many2one("dealer.job", readonly=True, index="btree_not_null", ondelete="restrict")
    repair_kind = fields.Selection(related="job_id.repair_kind", store=True)
    product_id = fields.Many2one("product.product", "Part or Labour", readonly=True, ondelete="restrict")
    name = fields.Char("Description", readonly=True)
    quantity = fields.Float(readonly=True, digits="Product Unit", aggregator=None)
    amount_claimed = fields.Monetary("Claimed", readonly=True)
    answer = fields.Selection(
        [("accepted", "Accepted by the Payer"), ("short", "Cut"), ("refused", "Refused by the Payer")],
        help="What the payer says about this line.",
    )
    amount_accepted = fields.Monetary(
        "Amount Accepted", compute="_compute_amount_accepted", store=True, readonly=False, help="In the sums of this claim."
    )
    amount_variance = fields.Monetary("Cut by", compute="_compute_amount_variance", store=True)
    amount_decided = fields.Monetary(
        "Borne by Somebody", readonly=True, copy=False, help="Of what was cut: billed to the customer or written off."
    )
    answer_reason = fields.Char("Payer's Reason")
    date_answered = fields.Date(related="claim_id.date_answered", store=True)

    _accepted_range = models.Constraint(
        "CHECK (amount_accepted IS NULL OR amount_accepted = 0"
        " OR (amount_accepted > 0 AND amount_accepted <= amount_claimed))",
        "A payer accepts between nothing and what was claimed.",
    )

    @api.depends("answer")
    def _compute_amount_accepted(self):
        for line in self:
            if line.answer != "short":
                line.amount_accepted = line.amount_claimed if line.answer == "accepted" else 0.0

    @api.depends("answer", "amount_claimed", "amount_accepted")
    def _compute_amount_variance(self):
        for line in self:
            line.amount_variance = line.amount_claimed - line.amount_accepted if line.answer else 0.0

    @api.onchange("amount_accepted")
    def _onchange_amount_accepted(self):
        # A sum typed says the answer; a refusal stays one when it is chosen.
        for line in self.filtered(lambda line: line.state == "sent"):
            compared = line.currency_id.compare_amounts(line.amount_accepted, line.amount_claimed)
            if compared >= 0:
                line.answer = "accepted" if line.amount_claimed else line.answer
            elif line.amount_accepted:
                line.answer = "short"

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("The lines of a claim are those of its bill."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_may_write(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_by_system(self):
        if not self.env.su:
            raise AccessError(self.env._("The lines of a claim are those of its bill."))

    def _check_may_write(self, vals):
        if set(vals) - ANSWER_FIELDS:
            raise AccessError(self.env._("Of a claim's line you may write: the answer, its sum and its reason."))
        self.claim_id._check_state("sent")
