from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .dealer_claim import CLERK

ADVISOR = "dealer_workshop.group_service_advisor"


class DealerAccident(models.Model):
    """An accident: it may concern several cars, insurers and repair orders (P40)."""

    _name = "dealer.accident"
    _description = "Accident"
    _inherit = ["dealer.numbered.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _rec_names_search = ["name", "case_ids.report_no", "case_ids.vehicle_id"]
    _check_company_auto = True

    name = fields.Char("Number", required=True, readonly=True, copy=False, default="/")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Datetime("Happened on", required=True, default=fields.Datetime.now)
    place = fields.Char()
    description = fields.Text("What Happened")
    case_ids = fields.One2many("dealer.accident.case", "accident_id", "Cars and Insurers")
    amount_estimated = fields.Monetary(compute="_compute_amounts")
    amount_approved = fields.Monetary(compute="_compute_amounts")

    _name_uniq = models.UniqueIndex("(company_id, name)", "There is an accident of this number already.")

    @api.depends("case_ids.amount_estimated", "case_ids.amount_approved")
    def _compute_amounts(self):
        for accident in self:
            accident.amount_estimated = sum(accident.case_ids.mapped("amount_estimated"))
            accident.amount_approved = sum(accident.case_ids.mapped("amount_approved"))

    @api.model_create_multi
    def create(self, vals_list):
        # Narrow sudo: only the next number, drawn when the accident is saved and not when its form is opened.
        sequence = self.env["ir.sequence"].sudo()
        return super().create([{**vals, "name": sequence.next_by_code("dealer.accident")} for vals in vals_list])


class DealerAccidentCase(models.Model):
    """One car of an accident and the insurer who pays for it: reported, estimated, seen by the expert, approved."""

    _name = "dealer.accident.case"
    _description = "Car of an Accident"
    _inherit = ["dealer.protected.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_names_search = ["report_no", "vehicle_id", "accident_id"]
    _check_company_auto = True

    _protected_fields = frozenset(
        {
            "state",
            "company_id",
            "date_approved",
            "approved_by_id",
            "supplement",
            "amount_estimated",
            "amount_approved",
            "amount_difference",
        }
    )

    accident_id = fields.Many2one("dealer.accident", required=True, index=True, ondelete="cascade", check_company=True)
    company_id = fields.Many2one(related="accident_id.company_id", store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, index=True, check_company=True, ondelete="restrict"
    )
    policy_id = fields.Many2one(
        "dealer.insurance.policy", "Insurance Policy", check_company=True, ondelete="restrict", index="btree_not_null"
    )
    insurer_id = fields.Many2one(
        "res.partner",
        "Insurer",
        compute="_compute_insurer_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    report_no = fields.Char("Report Number", index="trigram", help="By which the insurer knows the accident.")
    order_id = fields.Many2one(
        "repair.order",
        "Repair Order",
        check_company=True,
        index="btree_not_null",
        domain="[('dealer_vehicle_id', '=', vehicle_id)]",
        ondelete="restrict",
    )
    expert_name = fields.Char("Expert", help="Who comes from the insurer.")
    date_visit = fields.Datetime("Expert's Visit")
    deductible = fields.Monetary(help="What the policy holder bears himself, with tax; his own bill.")
    line_ids = fields.One2many("dealer.accident.line", "case_id", "Estimate")
    supplement = fields.Integer("Supplements", readonly=True, copy=False, aggregator=None)
    amount_estimated = fields.Monetary("Estimated", compute="_compute_amounts", store=True)
    amount_approved = fields.Monetary(compute="_compute_amounts", store=True)
    amount_difference = fields.Monetary(
        "Difference", compute="_compute_amounts", store=True, help="Estimated less approved, once approved."
    )
    state = fields.Selection(
        [
            ("draft", "Estimate"),
            ("sent", "At the Expert"),
            ("approved", "Approved"),
            ("total_loss", "Total Loss"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    date_approved = fields.Date("Approved on", readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", "Approval Recorded by", readonly=True, copy=False)

    _car_uniq = models.UniqueIndex(
        "(accident_id, vehicle_id, insurer_id)", "This car is in the accident with this insurer already."
    )
    _report_uniq = models.UniqueIndex(
        "(company_id, insurer_id, report_no) WHERE report_no IS NOT NULL",
        "This insurer's report number is on another car already.",
    )
    _deductible_positive = models.Constraint("CHECK (COALESCE(deductible, 0) >= 0)", "A deductible is not negative.")

    @api.depends("policy_id")
    def _compute_insurer_id(self):
        for case in self:
            case.insurer_id = case.policy_id.insurer_id or case.insurer_id

    @api.depends("line_ids.amount_estimated", "line_ids.amount_approved", "state")
    def _compute_amounts(self):
        for case in self:
            case.amount_estimated = sum(case.line_ids.mapped("amount_estimated"))
            case.amount_approved = sum(case.line_ids.mapped("amount_approved"))
            approved = case.state == "approved"
            case.amount_difference = case.amount_estimated - case.amount_approved if approved else 0.0

    @api.depends("report_no", "vehicle_id.name")
    def _compute_display_name(self):
        for case in self:
            case.display_name = " · ".join(filter(None, [case.report_no, case.vehicle_id.name]))

    @api.onchange("vehicle_id")
    def _onchange_vehicle_id(self):
        self.policy_id = self.vehicle_id._get_running_policy()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        self._check_state("draft")

    # --- actions ------------------------------------------------------------------------

    def action_send(self):
        """Send the estimate to the insurer's expert.

        :raises UserError: there is no estimate, or no report number
        """
        self._check_role()
        self._check_state("draft")
        for case in self.filtered(lambda case: not case.line_ids or not (case.report_no or "").strip()):
            raise UserError(
                self.env._("%(case)s: enter the report number and the estimate first.", case=case.display_name)
            )
        return self._step("sent")

    def action_approve(self):
        """Record what the expert approved, line by line.

        :raises UserError: not at the expert, or more approved than estimated
        """
        self._check_role()
        self._check_state("sent")
        for line in self.line_ids.filtered(
            lambda line: line.currency_id.compare_amounts(line.amount_approved, line.amount_estimated) < 0
            and not (line.reason or "").strip()
        ):
            raise UserError(
                self.env._("%(line)s was cut: write the expert's reason, or approve it in full.", line=line.name)
            )
        return self._step("approved", date_approved=fields.Date.context_today(self), approved_by_id=self.env.uid)

    def action_approve_in_full(self):
        """Record that the expert approved everything."""
        self._check_role()
        self._check_state("sent")
        # What was approved before a supplement stays as it is.
        for line in self.line_ids.filtered(lambda line: line.supplement == line.case_id.supplement):
            line.amount_approved = line.amount_estimated
        return self.action_approve()

    def action_supplement(self):
        """Open a supplement (追加定损): more damage was found; what was approved stays as it is."""
        self._check_role()
        self._check_state("approved")
        for case in self:
            case._step("draft", supplement=case.supplement + 1)
        return True

    def action_total_loss(self):
        """Note that the car is not repaired: the insurer pays it out."""
        self._check_role()
        self._check_state("draft", "sent", "approved")
        for case in self.filtered(lambda case: case.order_id.settled_on):
            raise UserError(
                self.env._(
                    "%(order)s is settled: reverse its settlement before the car is a total loss.",
                    order=case.order_id.display_name,
                )
            )
        return self._step("total_loss")

    def _check_role(self, *roles):
        self.check_access("write")
        roles = roles or (CLERK, ADVISOR)
        if not self.env.su and not any(self.env.user.has_group(role) for role in roles):
            # Narrow sudo: a role may be named to people who may not read groups.
            names = ", ".join(self.env.ref(role).sudo().name for role in roles)
            raise AccessError(self.env._("This step is done by: %(roles)s.", roles=names))

    def _check_state(self, *states):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for case in self.filtered(lambda case: case.state not in states):
            raise UserError(
                self.env._(
                    "%(case)s is “%(state)s”: this step is not possible now.",
                    case=case.display_name,
                    state=labels[case.state],
                )
            )

    def _step(self, state, **values):
        # Narrow sudo: role and state are checked; the steps are protected from typing.
        self.sudo().write({"state": state, **values})
        return True


class DealerAccidentLine(models.Model):
    """A line of an estimate, and what the insurer's expert approved of it. Sums with tax, as insurers count."""

    _name = "dealer.accident.line"
    _description = "Line of an Estimate"
    _order = "case_id, supplement, sequence, id"
    _inherit = ["dealer.protected.mixin"]
    _check_company_auto = True

    _protected_fields = frozenset({"supplement", "company_id"})

    case_id = fields.Many2one("dealer.accident.case", "Accident Car", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="case_id.currency_id")
    sequence = fields.Integer(default=10)
    supplement = fields.Integer(readonly=True, aggregator=None, help="0: the first estimate.")
    name = fields.Char("Part or Work", required=True)
    amount_estimated = fields.Monetary("Estimated")
    amount_approved = fields.Monetary()
    reason = fields.Char("Expert's Reason")

    _approved_range = models.Constraint(
        "CHECK (amount_estimated >= 0 AND COALESCE(amount_approved, 0) >= 0"
        " AND COALESCE(amount_approved, 0) <= amount_estimated)",
        "An expert approves between nothing and the estimate.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.case_id._check_state("draft")
        for line in lines.filtered("case_id.supplement"):
            # Narrow sudo: which supplement a line belongs to is not typed.
            line.sudo().supplement = line.case_id.supplement
        return lines

    def write(self, vals):
        if not self.env.su:
            self._check_may_write(vals)
        return super().write(vals)

    def _check_may_write(self, vals):
        # Into a car whose sum is approved already, a line would raise that sum.
        self._refuse({"case_id"}.intersection(vals))
        answer = {"amount_approved", "reason"}
        estimate = set(vals) - answer - {"sequence"}
        if estimate:
            self.case_id._check_state("draft")
        if answer & vals.keys():
            self.case_id._check_state("sent")
        # What was approved before a supplement stays as it is.
        for line in self.filtered(lambda line: line.supplement < line.case_id.supplement):
            raise UserError(
                self.env._("%(line)s was approved before the supplement and stays as it is.", line=line.name)
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        self.case_id._check_state("draft")
        for line in self.filtered(lambda line: line.supplement < line.case_id.supplement):
            raise UserError(
                self.env._("%(line)s was approved before the supplement and stays as it is.", line=line.name)
            )


class DealerClaim(models.Model):
    _inherit = "dealer.claim"

    case_id = fields.Many2one("dealer.accident.case", "Accident", compute="_compute_case_id", compute_sudo=True)

    def _compute_case_id(self):
        claims = self.filtered(lambda claim: claim.kind == "insurance")
        cases = self.env["dealer.accident.case"].search([("order_id", "in", claims.order_id.ids)], order="id")
        by_key = {(case.order_id, case.insurer_id): case for case in cases}
        for claim in self:
            claim.case_id = by_key.get((claim.order_id, claim.partner_id), False)

    def action_take_approved(self):
        """Record the answer as the insurer's expert approved it, the deductible left out: that is the customer's.

        :raises UserError: there is no approved estimate of this order and insurer
        Source: practice P40
        """
        self._check_role(CLERK)
        self._check_state("sent")
        for claim in self:
            case = claim.case_id
            if case.state != "approved":
                raise UserError(
                    self.env._(
                        "%(claim)s: no estimate of this order is approved by %(insurer)s.",
                        claim=claim.display_name,
                        insurer=claim.partner_id.display_name,
                    )
                )
            cases = case.sudo()._get_approved_of_insurer()  # narrow: sums and numbers of one order's accidents
            due = claim._as_claimed(sum(cases.mapped("amount_approved")) - sum(cases.mapped("deductible")))
            approved = min(max(due, 0.0), claim.amount_claimed)
            numbers = ", ".join(cases.mapped("report_no"))
            claim._take_row(claim.line_ids, approved, self.env._("Approved by the expert: %(no)s", no=numbers))
        return self.action_answer()

    def _as_claimed(self, amount):
        """Return a sum with tax as this claim counts: with or without tax, in the proportion of its bill."""
        self.ensure_one()
        bill = self.sudo().invoice_id  # narrow: its totals, which the claim states too
        if self.is_tax_included or self.currency_id.is_zero(bill.amount_total):
            return amount
        return self.currency_id.round(amount * bill.amount_untaxed / bill.amount_total)


class DealerInsurerReport(models.Model):
    """Referrals against premiums: what each insurer's policies brought us in a year, and what his repairs did (P40)."""

    _name = "dealer.insurer.report"
    _description = "Insurers: Referrals against Premiums"
    _auto = False
    _rec_name = "insurer_id"
    _order = "year desc, premium desc, id"

    year = fields.Char(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    insurer_id = fields.Many2one("res.partner", "Insurer", readonly=True)
    policy_count = fields.Integer("Policies", readonly=True)
    premium = fields.Monetary("Premiums", readonly=True, help="Of policies that began in the year.")
    claim_count = fields.Integer("Cars Sent to Us", readonly=True)
    amount_claimed = fields.Monetary("Repairs Claimed", readonly=True)
    amount_accepted = fields.Monetary("Repairs Accepted", readonly=True)
    ratio = fields.Float("Repairs / Premiums %", readonly=True, aggregator="avg")

    @property
    def _table_query(self):
        self.env["dealer.claim"].flush_model()
        self.env["dealer.insurance.policy"].flush_model()
        return SQL(
            """
            SELECT row_number() OVER (ORDER BY company_id, insurer_id, year) AS id, company_id, insurer_id, year,
                   SUM(policies)::int AS policy_count, SUM(premium) AS premium, SUM(claims)::int AS claim_count,
                   SUM(claimed) AS amount_claimed, SUM(accepted) AS amount_accepted,
                   CASE WHEN SUM(premium) > 0 THEN SUM(claimed) / SUM(premium) * 100 ELSE 0 END AS ratio
              FROM (
                    SELECT company_id, insurer_id, to_char(date_from, 'YYYY') AS year, 1 AS policies, premium,
                           0 AS claims, 0 AS claimed, 0 AS accepted
                      FROM dealer_insurance_policy
                     WHERE date_cancelled IS NULL
                 UNION ALL
                    SELECT company_id, partner_id, to_char(repair_date, 'YYYY'), 0, 0, 1, amount_claimed,
                           amount_accepted
                      FROM dealer_claim
                     WHERE kind = 'insurance' AND state != 'cancelled'
                   ) AS rows
             GROUP BY company_id, insurer_id, year
            """
        )
