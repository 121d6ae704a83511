from odoo import api, fields, models
from odoo.exceptions import UserError

ADVISOR = "dealer_workshop.group_service_advisor"
# How the customer answered. Source: STAR AuthorizationMethodTypes
CHANNELS = [
    ("portal", "On His Page"),
    ("phone", "By Phone"),
    ("desk", "At the Desk"),
]
EMPTY_DECISION = {
    "decided_on": False,
    "decided_by": False,
    "decided_user_id": False,
    "decided_channel": False,
    "decided_ip": False,
    "decided_amount": 0.0,
}


class DealerJob(models.Model):
    """Extra work (增项): found on the car, priced, and done only after the customer agreed."""

    _inherit = "dealer.job"

    _protected_fields = frozenset({"approval_state", "proposed_by_id", "offered_on", *EMPTY_DECISION})

    approval_state = fields.Selection(
        [("proposed", "Proposed"), ("accepted", "Ordered"), ("refused", "Refused")],
        string="Agreement",
        compute="_compute_approval_state",
        store=True,
        precompute=True,
        required=True,
        copy=False,
        index=True,
        tracking=True,
        help="Only what the customer ordered is worked on and billed. Work found later is proposed first.",
    )
    urgency = fields.Selection(
        [("soon", "Recommended"), ("now", "Needs Doing Now")],
        help="How the customer is told: yellow or red.",
    )
    proposed_by_id = fields.Many2one("res.users", string="Found By", readonly=True, copy=False)
    offered_on = fields.Datetime(string="Sent to the Customer", readonly=True, copy=False)
    decided_on = fields.Datetime(string="Answered On", readonly=True, copy=False)
    decided_by = fields.Char(string="Answered By", readonly=True, copy=False, help="Name of who answered.")
    decided_user_id = fields.Many2one("res.users", string="Answer Noted By", readonly=True, copy=False)
    decided_channel = fields.Selection(CHANNELS, string="Answer Came By", readonly=True, copy=False)
    decided_ip = fields.Char(string="Answered From", readonly=True, copy=False, help="Network address.")
    decided_amount = fields.Monetary(
        string="Price Answered", readonly=True, copy=False, help="With tax, as the customer saw it."
    )
    picture_ids = fields.One2many("dealer.job.picture", "job_id", string="Photos", copy=False)
    proposed_part_ids = fields.One2many("dealer.job.proposed.part", "job_id", string="Proposed Parts", copy=False)
    quoted_amount = fields.Monetary(string="Price with Tax", compute="_compute_quoted_amount")

    _proposed_idx = models.Index("(order_id) WHERE approval_state = 'proposed'")

    # --- computes -----------------------------------------------------------------------

    @api.depends("order_id")
    def _compute_approval_state(self):
        for job in self:
            proposed = job.env.context.get("dealer_proposed_work") or job._is_extra_work()
            job.approval_state = job.approval_state or ("proposed" if proposed else "accepted")

    @api.depends("proposed_part_ids.price", "approval_state")
    def _compute_parts(self):
        res = super()._compute_parts()
        for job in self:
            if job.approval_state != "accepted":
                # Its own parts stand beside them where work went on before the customer was asked about its payer.
                job.parts_amount += sum(part.price for part in job.proposed_part_ids)
        return res

    @api.depends("labour_amount", "parts_amount")
    def _compute_quoted_amount(self):
        for job in self:
            job.quoted_amount = sum(amount for _item, amount in job._get_quoted_items())

    # --- CRUD ---------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._prepare_parts(vals) for vals in vals_list])

    # --- actions ------------------------------------------------------------------------

    def action_offer(self):
        """Show proposed work with its photos and price to the customer, and tell him.

        :raises UserError: it is decided already, or has neither operations nor parts
        """
        self._check_group(ADVISOR)
        self._check_proposed()
        for job in self:
            if not job.line_ids and not job.proposed_part_ids and not job.part_ids:
                raise UserError(
                    self.env._("“%(job)s” has no price yet: enter its operations or parts.", job=job.display_name)
                )
        # Narrow sudo: role and state are checked, the field is protected from typing.
        self.sudo().write({"offered_on": fields.Datetime.now()})
        self.order_id._on_work_offered(self)
        return True

    def action_note_acceptance(self):
        """Ask who accepted, and how, before the work is ordered."""
        return self._open_answer("accepted")

    def action_note_refusal(self):
        """Ask who refused, and how; the work stays on the car for the next visit."""
        return self._open_answer("refused")

    def action_reopen(self):
        """Propose refused work again; nobody orders in the customer's name by reopening."""
        refused = self.filtered(lambda job: job.approval_state == "refused")
        res = super().action_reopen()
        # Narrow sudo: role and state were checked by super; what is owed to the car is proposed again.
        jobs = refused.sudo()
        jobs.task_id.filtered(lambda task: task.state == "open" and task.kind == "refused").action_cancel()
        jobs.write({**EMPTY_DECISION, "approval_state": "proposed", "task_id": False, "offered_on": False})
        return res

    def action_decline(self):
        """Keep what the customer does not want on the car, for his next visit (未做项目)."""
        res = super().action_decline()
        self._keep_for_next_visit()
        return res

    # --- business -----------------------------------------------------------------------

    def _is_ordered(self):
        """Tell whether this job is the customer's order: it is worked on and billed.

        :return: bool; False for what is only proposed, refused or declined
        """
        self.ensure_one()
        return self.approval_state == "accepted" and self.state != "declined"

    def _is_extra_work(self):
        """Tell whether a new job has to be agreed to: the customer signed his order, and would pay for this as well.

        :return: bool
        """
        self.ensure_one()
        return bool(self.order_id.signed_on) and self.pay_type == "customer"

    def _prepare_parts(self, vals):
        """Return the values of a new job; parts of extra work are proposed, not asked of the store.

        :param dict vals: as given by the caller
        :return: dict
        """
        if not vals.get("part_ids") or "approval_state" in vals:
            return vals
        names = ("order_id", "repair_kind", "pay_type")
        if self.new({name: vals[name] for name in names if name in vals})._is_extra_work():
            vals = {**vals, "proposed_part_ids": vals["part_ids"]}
            del vals["part_ids"]
        return vals

    def _check_proposed(self):
        for job in self:
            if job.approval_state != "proposed":
                raise UserError(
                    self.env._(
                        "“%(job)s” was answered already: %(answer)s.",
                        job=job.display_name,
                        answer=dict(self._fields["approval_state"]._description_selection(self.env))[
                            job.approval_state
                        ],
                    )
                )

    def _check_workable(self):
        super()._check_workable()
        self._check_ordered()

    def _check_may_take_parts(self):
        self._check_ordered()
        return super()._check_may_take_parts()

    def _check_ordered(self):
        """Refuse work the customer has not agreed to.

        :raises UserError: names the job and who has to answer
        """
        for job in self:
            if job.approval_state != "accepted":
                raise UserError(
                    self.env._(
                        "The customer has not agreed to “%(job)s”: the service advisor sends it to him, or notes his "
                        "answer.",
                        job=job.display_name,
                    )
                )

    def _open_answer(self, answer):
        self._check_group(ADVISOR)
        self._check_proposed()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("The Customer's Answer"),
            "res_model": "dealer.job.answer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_job_ids": self.ids, "default_answer": answer},
        }

    def _answer(self, answer, name, channel, ip=None):
        """Write down what the customer decided on proposed work, and do what follows from it.

        The caller has checked that this person may answer.

        :param str answer: ``accepted`` or ``refused``
        :param str name: who answered
        :param str channel: code of :data:`CHANNELS`
        :param str ip: network address, if known
        :raises UserError: it was answered already, or nobody is named
        Source: practice P32, B30; STAR RepairAuthorizationStatusTypes
        """
        self._check_proposed()
        self._check_answerable()
        if not (name or "").strip():
            raise UserError(self.env._("Enter who answered."))
        for job in self.sudo():  # narrow: the answer was checked, its fields are protected from typing
            job.write(job._prepare_answer(answer, name.strip(), channel, ip))
        if answer == "accepted":
            self._order_proposed_parts()
        else:
            self._refuse_work()
        self._log_answer(answer)
        self.order_id._on_jobs_changed()

    def _check_answerable(self):
        """Refuse answers about work that can be done no more. Hook: who pays is asked until the order is settled."""
        self.order_id._check_open_for_work()

    def _refuse_work(self):
        """Do what follows from a refusal: the work is not done, and stays on the car for the next visit. Hook."""
        # Narrow sudo: the answer was checked, the state is protected from typing.
        self.sudo().write({"state": "declined"})
        self._keep_for_next_visit()

    def _prepare_answer(self, answer, name, channel, ip):
        self.ensure_one()
        return {
            "approval_state": answer,
            "decided_on": fields.Datetime.now(),
            "decided_by": name,
            "decided_user_id": channel != "portal" and self.env.uid,
            "decided_channel": channel,
            "decided_ip": ip,
            "decided_amount": self.quoted_amount,
        }

    def _order_proposed_parts(self):
        """Make the parts of accepted work parts of the job: the store sees them now."""
        # Narrow sudo: the customer agreed to exactly these parts.
        proposed = self.sudo().proposed_part_ids
        self.env["dealer.job.part"].sudo().create(
            [
                {"job_id": part.job_id.id, "product_id": part.product_id.id, "quantity": part.quantity}
                for part in proposed
            ]
        )
        proposed.unlink()

    def _keep_for_next_visit(self):
        """Write refused work on the car; what stands there already is not written twice."""
        # Narrow sudo: refusing was checked; the link is protected from typing.
        for job in self.sudo().filtered(lambda job: job.task_id.state != "open" and job.pay_type == "customer"):
            job.task_id = self.env["dealer.vehicle.task"].sudo().create(job._prepare_refused_task())

    def _prepare_refused_task(self):
        """Return the task by which refused work is proposed at the next visit.

        :return: dict for ``dealer.vehicle.task.create``
        """
        self.ensure_one()
        return {
            "vehicle_id": self.vehicle_id.id,
            "kind": "refused",
            "name": self.name,
            "price": self.labour_amount + self.parts_amount,
            "date_due": self.order_id.next_service_date,
            "role_id": self.env.ref(ADVISOR).id,
            "note": self.env._("Proposed on %(order)s. %(cause)s", order=self.order_id.name, cause=self.cause or ""),
        }

    def _log_answer(self, answer):
        said = {"accepted": self.env._("Ordered"), "refused": self.env._("Refused")}[answer]
        for order, jobs in self.grouped("order_id").items():
            # Narrow sudo: the customer's answer is noted on the order, whoever brought it.
            order.sudo().message_post(
                body=self.env._(
                    "%(answer)s by %(name)s: %(jobs)s",
                    answer=said,
                    name=jobs[:1].decided_by,
                    jobs=", ".join(jobs.mapped("display_name")),
                )
            )

    # --- price with tax -------------------------------------------------------------------

    def _get_quoted_items(self):
        """Return what the customer would pay, item by item.

        :return: list of (operation or part, price with tax in company currency)
        """
        self.ensure_one()
        proposed = [] if self.approval_state == "accepted" else self.proposed_part_ids
        items = [*self.line_ids, *self.part_ids, *proposed]
        return [(item, self._with_tax(item.product_id, item.price)) for item in items]

    def _with_tax(self, product, amount):
        company = self.company_id
        # Narrow sudo: a price with tax must not depend on who may read taxes.
        taxes = product.sudo().taxes_id._filter_taxes_by_company(company) or company.sudo().account_sale_tax_id
        customer = self.order_id.partner_id.sudo()
        position = self.env["account.fiscal.position"].sudo().with_company(company)._get_fiscal_position(customer)
        # The amount is one without tax, also where a tax stands in prices otherwise
        taxes = position.map_tax(taxes).with_context(force_price_include=False)
        return taxes.compute_all(amount, self.currency_id, 1.0, product, customer)["total_included"]
