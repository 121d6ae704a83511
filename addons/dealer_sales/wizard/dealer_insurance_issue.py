from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import clean_context


class DealerInsuranceIssue(models.TransientModel):
    """Numbers, days and papers of the policies an insurer issued."""

    _name = "dealer.insurance.issue"
    _description = "Issue Insurance Policies"

    quote_id = fields.Many2one("dealer.insurance.quote", "Insurance quote", required=True, readonly=True)
    insurer_id = fields.Many2one(related="quote_id.insurer_id", string="Insurer")
    vehicle_id = fields.Many2one(related="quote_id.vehicle_id")
    currency_id = fields.Many2one(related="quote_id.currency_id")
    line_ids = fields.One2many(
        "dealer.insurance.issue.line", "wizard_id", compute="_compute_line_ids", store=True, readonly=False
    )

    @api.depends("quote_id")
    def _compute_line_ids(self):
        for wizard in self:
            first = wizard.quote_id.date_cover or fields.Date.context_today(self)
            values = wizard.quote_id.chosen_offer_id._prepare_policies() if wizard.quote_id.chosen_offer_id else []
            wizard.line_ids = [Command.clear(), *(Command.create({**one, "date_from": first}) for one in values)]

    def action_issue(self):
        """Make the policies of the chosen insurer.

        :return: action on the policies
        :raises UserError: they are issued already, a number is missing
        """
        self.ensure_one()
        self.quote_id._check_can_issue()
        policies = self.env["dealer.insurance.policy"]
        policies.check_access("create")
        origin = {"quote_id": self.quote_id.id, "contract_id": self.quote_id.contract_id.id}
        # Which quote and deal a policy comes from are facts of this act alone; no default of the client adds others
        policies = (
            policies.sudo()
            .with_context(clean_context(self.env.context))
            .create([{**line._prepare_policy(), **origin} for line in self.line_ids])
        )
        return policies.sudo(False)._get_records_action(name=self.env._("Insurance Policies"))


class DealerInsuranceIssueLine(models.TransientModel):
    """One policy that is about to be made."""

    _name = "dealer.insurance.issue.line"
    _description = "Policy to Issue"

    wizard_id = fields.Many2one("dealer.insurance.issue", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="wizard_id.currency_id")
    kind_id = fields.Many2one("dealer.insurance.kind", "Kind", required=True)
    number = fields.Char("Policy Number")
    date_from = fields.Date("Covered from", required=True)
    date_to = fields.Date(
        "Covered until", compute="_compute_date_to", store=True, precompute=True, readonly=False, required=True
    )
    premium = fields.Monetary(readonly=True)
    document = fields.Binary("Policy", attachment=False)
    document_name = fields.Char()
    note = fields.Text()

    @api.depends("date_from")
    def _compute_date_to(self):
        for line in self:
            line.date_to = line.date_from and line.date_from + relativedelta(years=1, days=-1)

    def _prepare_policy(self):
        """Return the values of the policy; what was chosen counts, whatever a client sends."""
        quote = self.wizard_id.quote_id
        chosen = {one["kind_id"]: one for one in quote.chosen_offer_id._prepare_policies()}.get(self.kind_id.id)
        if not chosen:
            raise UserError(
                self.env._(
                    "%(quote)s: %(kind)s is not among what the customer chose from %(insurer)s. Take this line off, or "
                    "ask the insurer in a new quote.",
                    quote=quote.name,
                    kind=self.kind_id.name,
                    insurer=quote.insurer_id.name,
                )
            )
        return {
            "vehicle_id": quote.vehicle_id.id,
            "partner_id": quote.partner_id.id,
            "insurer_id": quote.insurer_id.id,
            "kind_id": self.kind_id.id,
            "number": self.number,
            "date_from": self.date_from,
            "date_to": self.date_to,
            "premium": quote._in_company_currency(chosen["premium"]),
            "note": chosen["note"],
            "document": self.document,
            "document_name": self.document_name,
            "is_ours": True,
            "user_id": quote.user_id.id or self.env.uid,
        }
