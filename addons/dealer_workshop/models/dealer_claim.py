from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

CLERK = "dealer_workshop.group_warranty_clerk"
MANAGER = "dealer_workshop.group_workshop_manager"
KINDS = [
    ("warranty", "Warranty"),
    ("goodwill", "Goodwill"),
    ("campaign", "Recall or Campaign"),
    ("pdi", "PDI"),
    ("first_service", "First Service"),
    ("insurance", "Insurance"),
]
# What a repair kind is claimed as; anything else is warranty.
KIND_OF_REPAIR = {"goodwill": "goodwill", "recall": "campaign", "pdi": "pdi", "first_service": "first_service"}
# Claims whose cover is the running warranty; the others are agreed one by one or by a campaign.
NEEDS_COVER = ("warranty",)
# What the clerk may write, and until when.
DRAFT_FIELDS = {"concern", "cause", "correction", "note", "payer_reference"}
SENT_FIELDS = {"line_ids", "payer_reference", "note"}
ANSWERED_FIELDS = {"note", "variance_reason"}
# Old parts guard themselves.
FREE_FIELDS = {"message_follower_ids", "activity_ids", "part_ids"}


class DealerClaim(models.Model):
    """What a maker or an insurer owes for work on a car: the bill made at settlement, sent, answered, paid.

    The receivable is the payer's invoice; the claim tells how it came about and what became of it. Whatever the payer
    cuts is taken back by a credit note, then billed to the customer or written off with approval.
    """

    _name = "dealer.claim"
    _description = "Claim"
    _inherit = ["dealer.protected.mixin", "dealer.overdue.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_names_search = ["name", "vehicle_id", "payer_reference"]
    _check_company_auto = True

    _overdue_states = ("sent",)

    name = fields.Char("Number", required=True, readonly=True, copy=False)
    kind = fields.Selection(KINDS, required=True, readonly=True, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    order_id = fields.Many2one(
        "repair.order",
        "Repair Order",
        required=True,
        readonly=True,
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    site_id = fields.Many2one(related="order_id.site_id", store=True, index=True)
    vehicle_id = fields.Many2one(related="order_id.dealer_vehicle_id", string="Car", store=True, index=True)
    plate = fields.Char(related="vehicle_id.plate")
    vin = fields.Char(related="vehicle_id.vin")
    partner_id = fields.Many2one(
        "res.partner", "Maker or Insurer", required=True, readonly=True, index=True, check_company=True
    )
    invoice_id = fields.Many2one(
        "account.move",
        "Bill",
        required=True,
        readonly=True,
        ondelete="restrict",
        check_company=True,
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    invoice_name = fields.Char("Bill Number", compute="_compute_money", compute_sudo=True)
    payer_reference = fields.Char("Payer's Number", copy=False, help="How the maker or insurer calls this claim.")
    repair_date = fields.Date(readonly=True, help="Day the car came in.")
    odometer_km = fields.Integer("Mileage (km)", related="order_id.odometer_km")
    campaign_id = fields.Many2one(
        "dealer.campaign", readonly=True, index="btree_not_null", check_company=True, ondelete="restrict"
    )
    line_ids = fields.One2many("dealer.claim.line", "claim_id", "Lines", copy=False)
    part_ids = fields.One2many("dealer.claim.part", "claim_id", "Old Parts", copy=False)

    # The three C, as the maker gets them: copied from the jobs, completed before submission
    concern = fields.Text(help="What the customer said.")
    cause = fields.Text(help="What was found.")
    correction = fields.Text(help="What was done.")
    note = fields.Text("Notes")
    coverage_note = fields.Char("Not Covered", readonly=True, help="Why the maker's warranty does not cover the work.")
    override_user_id = fields.Many2one("res.users", "Submitted All the Same by", readonly=True, copy=False)

    state = fields.Selection(
        [("draft", "To Submit"), ("sent", "Submitted"), ("answered", "Answer Received"), ("cancelled", "Cancelled")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
        group_expand="_order_states",
    )
    status = fields.Selection(
        [
            ("unsent", "Unsent"),
            ("unanswered", "Unanswered"),
            ("short", "Short"),
            ("unpaid", "Unpaid"),
            ("paid", "Paid"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_status",
        search="_search_status",
        compute_sudo=True,
        help="Follows from the steps and from the payments of the bill. Short: something was cut and nobody decided "
        "who bears it.",
    )
    batch_id = fields.Many2one("dealer.claim.batch", "Submission", readonly=True, copy=False, index="btree_not_null")
    date_sent = fields.Date("Submitted on", readonly=True, copy=False)
    date_due = fields.Date("Answer Due", readonly=True, copy=False)
    date_answered = fields.Date("Answer Received on", readonly=True, copy=False)
    answered_by_id = fields.Many2one("res.users", "Answer Recorded by", readonly=True, copy=False)
    is_overdue = fields.Boolean("Answer Overdue")
    is_tax_included = fields.Boolean("Sums with Tax", readonly=True)
    amount_claimed = fields.Monetary("Claimed", compute="_compute_amounts", store=True)
    amount_accepted = fields.Monetary(compute="_compute_amounts", store=True)
    amount_variance = fields.Monetary(
        "Cut", compute="_compute_amounts", store=True, help="Claimed less accepted, once answered."
    )
    amount_open = fields.Monetary(
        "To Be Paid", compute="_compute_money", compute_sudo=True, help="Not yet paid of the bill, with tax."
    )

    # Who bears what was cut
    variance_state = fields.Selection(
        [
            ("open", "To Decide"),
            ("requested", "Approval Asked"),
            ("customer", "Billed to the Customer"),
            ("written_off", "Written Off"),
        ],
        "What Was Cut",
        readonly=True,
        copy=False,
        tracking=True,
    )
    variance_reason = fields.Char("Reason of the Write-off", copy=False)
    variance_user_id = fields.Many2one("res.users", "Decided by", readonly=True, copy=False)
    variance_approver_id = fields.Many2one("res.users", "Approved by", readonly=True, copy=False)
    move_ids = fields.One2many(
        "account.move",
        "dealer_claim_id",
        "Credit Notes and Bills of Cuts",
        readonly=True,
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    chargeback_ids = fields.One2many("dealer.claim.chargeback", "claim_id", "Charge-backs", copy=False)

    _name_uniq = models.UniqueIndex("(company_id, name)", "There is a claim of this number already.")
    _invoice_uniq = models.UniqueIndex(
        "(invoice_id) WHERE state != 'cancelled'", "This bill is claimed already: each bill once."
    )
    _unsent_idx = models.Index("(company_id, partner_id) WHERE state = 'draft'")
    _unanswered_idx = models.Index("(company_id, date_due) WHERE state = 'sent'")
    _short_idx = models.Index("(company_id) WHERE variance_state IN ('open', 'requested')")

    # --- computes -----------------------------------------------------------------------

    @api.model
    def _order_states(self, values, domain):
        """Return the states there are in the order of work: groups stand as claims go on, and no empty one between."""
        return [code for code, _label in self._fields["state"].selection if code in values]

    @api.depends("line_ids.amount_claimed", "line_ids.amount_accepted", "line_ids.answer")
    def _compute_amounts(self):
        for claim in self:
            lines = claim.line_ids
            claim.amount_claimed = sum(lines.mapped("amount_claimed"))
            claim.amount_accepted = sum(lines.mapped("amount_accepted"))
            answered = lines and all(line.answer for line in lines)
            claim.amount_variance = claim.amount_claimed - claim.amount_accepted if answered else 0.0

    @api.depends("invoice_id.amount_residual", "invoice_id.name")
    def _compute_money(self):
        for claim in self:
            claim.invoice_name = claim.invoice_id.name
            claim.amount_open = claim.invoice_id.amount_residual

    @api.depends("state", "variance_state", "invoice_id.payment_state")
    def _compute_status(self):
        for claim in self:
            claim.status = claim._get_status()

    def _get_status(self):
        self.ensure_one()
        by_state = {"draft": "unsent", "sent": "unanswered", "cancelled": "cancelled"}
        if self.state in by_state:
            return by_state[self.state]
        if self.variance_state in ("open", "requested"):
            return "short"
        return "unpaid" if self.invoice_id.payment_state in ("not_paid", "partial") else "paid"

    def _search_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Who may read claims may not read bills; he learns no more than the claim tells him.
        bills = self.env["account.move"].sudo()._search(self._get_unpaid_domain())
        due = Domain("id", "in", self.sudo()._search([("invoice_id", "in", bills)]))
        answered = Domain("state", "=", "answered")
        short = Domain("variance_state", "in", ("open", "requested"))
        domains = {
            "unsent": Domain("state", "=", "draft"),
            "unanswered": Domain("state", "=", "sent"),
            "cancelled": Domain("state", "=", "cancelled"),
            "short": answered & short,
            "unpaid": answered & ~short & due,
            "paid": answered & ~short & ~due,
        }
        return Domain.OR(domain for status, domain in domains.items() if status in value)

    @api.model
    def _get_unpaid_domain(self):
        return Domain("dealer_repair_id", "!=", False) & Domain("payment_state", "in", ("not_paid", "partial"))

    # --- CRUD ---------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("A claim is made when its repair order is settled, not by hand."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_may_write(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_by_system(self):
        raise UserError(self.env._("A claim stays. Reverse the settlement of its repair order to cancel it."))

    def _check_may_write(self, vals):
        for claim in self:
            allowed = {"draft": DRAFT_FIELDS, "sent": SENT_FIELDS, "answered": ANSWERED_FIELDS}
            names = set(vals) - FREE_FIELDS - allowed.get(claim.state, set())
            if names:
                labels = ", ".join(sorted(self._fields[name]._description_string(self.env) for name in names))
                raise AccessError(
                    self.env._(
                        "%(fields)s of %(claim)s cannot be typed now: use the buttons, which check who may do what "
                        "and when.",
                        fields=labels,
                        claim=claim.display_name,
                    )
                )

    # --- actions: submission ---------------------------------------------------------------

    def action_submit(self):
        """Submit claims: one file for each maker or insurer, ready to download.

        Of a mixed choice those that wait are submitted; the others are named and stay as they are.

        :return: the submission, or the list of submissions
        :raises AccessError: the user is no warranty administrator
        :raises UserError: none waits to be submitted; or names the claims and what each of them lacks
        """
        self._check_role(CLERK)
        waiting = self.filtered(lambda claim: claim.state == "draft")
        if not waiting:
            self._check_state("draft")
        waiting._check_complete()
        action = self.env["dealer.claim.batch"]._make(waiting)._get_open_action()
        left_out = self - waiting
        return left_out._tell_left_out(action) if left_out else action

    def _tell_left_out(self, action):
        """Tell which of the chosen claims were submitted before, then go on.

        :param dict action: what is shown next
        :return: the notification as an action
        """
        message = self.env._("Submitted before, left as they are: %(claims)s", claims=", ".join(self.mapped("name")))
        params = {"type": "warning", "sticky": True, "message": message, "next": action}
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    def action_submit_all_the_same(self):
        """Submit a claim the warranty does not seem to cover; the manager answers for it."""
        self._check_role(MANAGER)
        self._check_state("draft")
        # Narrow sudo: the manager is checked, the field is protected from typing.
        self.sudo().write({"override_user_id": self.env.uid})
        return self.action_submit()

    def action_check_cover(self):
        """Compare these claims with the warranties of their cars again, after somebody completed those."""
        self._check_role(CLERK)
        self._check_state("draft")
        # Narrow sudo: role and step are checked; the result is protected from typing.
        self.sudo()._take_coverage()
        return True

    def action_view_order(self):
        """Open the repair order."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "repair.order",
            "res_id": self.order_id.id,
            "views": [(self.env.ref("dealer_workshop.repair_order_view_form").id, "form")],
        }

    def action_view_moves(self):
        """Open the bill of this claim with the credit notes and bills of what was cut."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        ids = (self.invoice_id | self.move_ids).ids
        return {**action, "domain": [("id", "in", ids)], "context": {}}

    # --- checks -------------------------------------------------------------------------

    def _check_role(self, *groups):
        self.check_access("write")
        if not self.env.su and not any(self.env.user.has_group(group) for group in groups):
            # Narrow sudo: a role may be named to people who may not read groups.
            names = ", ".join(self.env.ref(group).sudo().name for group in groups)
            raise AccessError(self.env._("This step is done by: %(roles)s.", roles=names))

    def _check_state(self, *states):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for claim in self:
            if claim.state in states:
                continue
            if claim.state == "answered" and states == ("sent",):
                raise UserError(
                    self.env._(
                        "%(claim)s was answered on %(date)s already (recorded by %(user)s): an answer counts once. "
                        "Enter what the payer takes back later as a charge-back.",
                        claim=claim.display_name,
                        date=fields.Date.to_string(claim.date_answered),
                        user=claim.answered_by_id.sudo().name,
                    )
                )
            if claim.state == "sent" and states == ("draft",):
                raise UserError(
                    self.env._(
                        "%(claim)s was submitted on %(date)s already (%(batch)s). Record the payer's answer when it "
                        "comes.",
                        claim=claim.display_name,
                        date=fields.Date.to_string(claim.date_sent),
                        batch=claim.batch_id.sudo().name,  # narrow: its number
                    )
                )
            raise UserError(
                self.env._(
                    "%(claim)s is “%(state)s”: this step is not possible now.",
                    claim=claim.display_name,
                    state=labels[claim.state],
                )
            )

    def _check_complete(self):
        """Refuse claims the payer would send back.

        :raises UserError: names each of them and what it lacks
        Source: product.md B23, practice P39
        """
        problems = [problem for claim in self if (problem := claim._get_problem())]
        if problems:
            raise UserError("\n".join(problems))

    def _get_problem(self):
        """Return what the payer would send this claim back for, or False."""
        self.ensure_one()
        if self.kind != "insurance":
            missing = [
                self._fields[name]._description_string(self.env)
                for name in ("concern", "cause", "correction")
                if not (self[name] or "").strip()
            ]
            if missing:
                return self.env._(
                    "%(claim)s lacks: %(missing)s. The maker refuses claims without.",
                    claim=self.display_name,
                    missing=", ".join(missing),
                )
        if self.coverage_note and not self.override_user_id:
            return self.env._(
                "%(claim)s: %(reason)s A manager may submit it all the same.",
                claim=self.display_name,
                reason=self.coverage_note,
            )
        return False

    def _lock(self):
        """Wait for the rows and write them: of two people who answer at once the later one starts again and sees it."""
        self.flush_recordset()
        for claim in self.sorted("id"):
            self.env.cr.execute(SQL("SELECT id FROM dealer_claim WHERE id = %s FOR UPDATE", claim.id))
            self.env.cr.execute(SQL("UPDATE dealer_claim SET write_date = write_date WHERE id = %s", claim.id))
        self.invalidate_recordset()

    # --- business: making ------------------------------------------------------------------

    @api.model
    def _make_for_bill(self, invoice, order, pay_type):
        """Make the claim of one payer's bill.

        :param invoice: posted ``account.move`` of a maker or an insurer
        :param order: ``repair.order`` it settles
        :param str pay_type: ``warranty`` or ``insurance``
        :return: ``dealer.claim``, superuser
        """
        claim = self.sudo().create(self._prepare_claim(invoice, order, pay_type))
        self.env["dealer.claim.line"].sudo().create(claim._prepare_lines())
        claim._take_texts()
        claim._take_coverage()
        claim._make_parts()
        return claim

    @api.model
    def _prepare_claim(self, invoice, order, pay_type):
        policy = self.env["dealer.claim.policy"]._get_policy(
            order.company_id, invoice.partner_id, order._day_of_reception()
        )
        jobs = invoice.invoice_line_ids.sale_line_ids.dealer_job_id or order._get_settled_jobs()
        kind = KIND_OF_REPAIR.get(jobs[:1].repair_kind, "warranty")
        return {
            "name": self.env["ir.sequence"].next_by_code("dealer.claim"),
            "kind": "insurance" if pay_type == "insurance" else kind,
            "company_id": order.company_id.id,
            "order_id": order.id,
            "partner_id": invoice.partner_id.id,
            "invoice_id": invoice.id,
            "repair_date": order._day_of_reception(),
            "campaign_id": jobs.task_id.campaign_car_ids.campaign_id[:1].id,
            # Insurers approve sums with tax unless somebody wrote otherwise.
            "is_tax_included": policy["is_tax_included"] if "id" in policy else pay_type == "insurance",
        }

    def _prepare_lines(self):
        """Return the lines of a claim: those of its bill, whose sum they keep to the cent.

        :return: list of dicts for ``dealer.claim.line``
        """
        self.ensure_one()
        items = self.invoice_id.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        amount = "price_total" if self.is_tax_included else "price_subtotal"
        vals_list = [
            {
                "claim_id": self.id,
                "number": number,
                "invoice_line_id": item.id,
                "job_id": item.sale_line_ids.dealer_job_id[:1].id,
                "product_id": item.product_id.id,
                "name": item.name,
                "quantity": item.quantity,
                "amount_claimed": item[amount],
            }
            for number, item in enumerate(items, 1)
        ]
        if vals_list:
            # Tax is rounded on the bill as a whole.
            total = self.invoice_id.amount_total if self.is_tax_included else self.invoice_id.amount_untaxed
            largest = max(vals_list, key=lambda vals: vals["amount_claimed"])
            largest["amount_claimed"] += total - sum(vals["amount_claimed"] for vals in vals_list)
        return vals_list

    def _take_texts(self):
        """Take the three C of the jobs over; of several jobs, one line each."""
        for claim in self:
            jobs = claim.line_ids.job_id
            claim.write(
                {
                    "concern": "\n".join(filter(None, jobs.mapped("name"))),
                    "cause": "\n".join(filter(None, jobs.mapped("cause"))),
                    "correction": "\n".join(filter(None, jobs.mapped("correction"))),
                }
            )

    def _take_coverage(self):
        """Write down why the maker's warranty does not cover the work, if so."""
        claims = self.filtered(lambda claim: claim.kind in NEEDS_COVER)
        rows = self.env["dealer.warranty.coverage"]._get_candidates(claims.vehicle_id)
        for claim in claims:
            claim.coverage_note = claim._get_coverage_note(rows.get(claim.vehicle_id.brand_id))

    def _get_coverage_note(self, rows):
        """Return why the work is not covered, or False.

        :param rows: ``dealer.warranty.coverage`` of the brand, or None
        """
        self.ensure_one()
        Coverage = self.env["dealer.warranty.coverage"]
        rows = rows if rows is not None else Coverage
        codes = {line.operation_id.code or "" for line in self.line_ids.job_id.line_ids} or {""}
        for code in sorted(codes):
            gap, row = Coverage._get_gap(rows, self.vehicle_id, code, self.repair_date, self.odometer_km)
            if gap:
                return self._get_gap_message(gap, row, code)
        return False

    def _get_gap_message(self, gap, row, code):
        _ = self.env._
        what = " ".join(filter(None, [row.name, code])) or _("The work")
        return {
            "unknown": _("Nobody wrote on the car when its maker's warranty began."),
            "early": _("%(what)s: the car came in before its warranty began.", what=what),
            "late": _("%(what)s: the warranty had ended when the car came in.", what=what),
            "km": _("%(what)s: the car had run more than the warranty covers.", what=what),
        }[gap]

    def _make_parts(self):
        """Tag the old parts a claim is kept for, until the payer's days are over."""
        for claim in self.filtered(lambda claim: claim.kind != "insurance"):
            policy = claim._get_policy()
            lines = claim.line_ids.filtered(lambda line: line.product_id.is_part)
            if policy["days_to_keep"]:
                keep_until = fields.Date.context_today(self) + relativedelta(days=policy["days_to_keep"])
                self.env["dealer.claim.part"].sudo().create(
                    [
                        {
                            "claim_id": claim.id,
                            "line_id": line.id,
                            "product_id": line.product_id.id,
                            "quantity": line.quantity,
                            "tag": f"{claim.name}-{line.number}",
                            "date_keep": keep_until,
                        }
                        for line in lines
                    ]
                )

    def _get_policy(self):
        """Return the payer's terms, see ``dealer.claim.policy``."""
        self.ensure_one()
        return self.env["dealer.claim.policy"]._get_policy(self.company_id, self.partner_id, self.repair_date)

    def _send(self, batch):
        """Write claims as submitted in a batch. The caller checked role, state and completeness."""
        today = fields.Date.context_today(self)
        for claim in self.sudo():
            days = claim._get_policy()["days_to_answer"]
            claim.write(
                {
                    "state": "sent",
                    "batch_id": batch.id,
                    "date_sent": today,
                    "date_due": today + relativedelta(days=days),
                }
            )

    def _cancel(self):
        """Cancel unsent claims whose settlement is taken back.

        :raises UserError: one was sent: the payer has to answer first
        Source: practice P36
        """
        for claim in self.filtered(lambda claim: claim.state in ("sent", "answered")):
            raise UserError(
                self.env._(
                    "%(claim)s was submitted to %(payer)s already: the settlement stays. What the payer does not "
                    "pay is recorded as his answer or as a charge-back.",
                    claim=claim.display_name,
                    payer=claim.partner_id.display_name,
                )
            )
        self.sudo().write({"state": "cancelled"})
        self.sudo().part_ids.write({"state": "cancelled"})
