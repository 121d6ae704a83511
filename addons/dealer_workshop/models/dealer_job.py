from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..tools import labour
from .repair_kind import PAY_TYPES, REPAIR_KINDS

# What the person at the car may write himself; prices and payers are not his.
TECHNICIAN_FIELDS = {"cause", "correction", "fault_code_id"}
# A dispatcher says who does the work as well; the rest is agreed with the customer by the service advisor.
DISPATCHER_FIELDS = TECHNICIAN_FIELDS | {"assignment_ids"}


class DealerJob(models.Model):
    """One complaint on a repair order: what the customer says, what was found, what was done."""

    _name = "dealer.job"
    _description = "Job"
    _inherit = ["dealer.protected.mixin", "mail.thread"]
    _order = "order_id desc, number, id"
    _check_company_auto = True

    _protected_fields = frozenset(
        {
            "state",
            "number",
            "done_on",
            "task_id",
            "company_id",
            "site_id",
            "vehicle_id",
            "labour_hours",
            "labour_amount",
            "worked_minutes",
        }
    )

    order_id = fields.Many2one(
        "repair.order", string="Repair Order", required=True, ondelete="cascade", index=True, check_company=True
    )
    number = fields.Integer(readonly=True, copy=False, help="Position on the order, given once.")
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True, precompute=True)
    site_id = fields.Many2one(related="order_id.site_id", store=True, index=True)
    vehicle_id = fields.Many2one(related="order_id.dealer_vehicle_id", store=True, index=True)
    plate = fields.Char(related="vehicle_id.plate")
    currency_id = fields.Many2one(related="company_id.currency_id")
    promised_date = fields.Datetime(related="order_id.promised_date")
    order_stage = fields.Selection(related="order_id.stage", string="Stage of the Order")

    # The three C: what the maker wants to read on a claim
    name = fields.Char(string="Concern", required=True, help="What the customer says, in his words.")
    cause = fields.Text(help="What the technician found.")
    correction = fields.Text(help="What was done about it.")
    repair_kind = fields.Selection(
        REPAIR_KINDS, required=True, compute="_compute_from_order", store=True, readonly=False, precompute=True
    )
    pay_type = fields.Selection(
        PAY_TYPES, required=True, compute="_compute_pay_type", store=True, readonly=False, precompute=True
    )
    state = fields.Selection(
        [("open", "Open"), ("in_work", "In Work"), ("done", "Done"), ("declined", "Declined")],
        default="open",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    done_on = fields.Datetime(readonly=True, copy=False)
    task_id = fields.Many2one(
        "dealer.vehicle.task",
        string="Owed to the Car",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The promise, recall or refused recommendation this job fulfils.",
    )

    # What it takes
    line_ids = fields.One2many("dealer.job.line", "job_id", string="Operations", copy=True)
    move_ids = fields.One2many(
        "stock.move", "job_id", string="Parts Moves", copy=False, groups="stock.group_stock_user"
    )
    part_ids = fields.One2many("dealer.job.part", "job_id", string="Parts", copy=False)
    split_ids = fields.One2many("dealer.job.split", "job_id", string="Payers", copy=True)
    assignment_ids = fields.One2many("dealer.job.assignment", "job_id", string="Technicians", copy=False)
    clock_ids = fields.One2many("dealer.job.clock", "job_id", string="Clockings", copy=False)

    labour_hours = fields.Float(
        string="Standard Hours", compute="_compute_labour", store=True, help="Sum of the operations' standard hours."
    )
    labour_amount = fields.Monetary(string="Labour", compute="_compute_labour", store=True)
    parts_amount = fields.Monetary(string="Parts Price", compute="_compute_parts")
    parts_open = fields.Integer(string="Parts to Issue", compute="_compute_parts")
    worked_minutes = fields.Integer(
        compute="_compute_worked_minutes", store=True, help="Minutes of all finished clockings."
    )
    is_clock_running = fields.Boolean(compute="_compute_clock")
    is_my_clock_running = fields.Boolean(compute="_compute_clock")
    technician_names = fields.Char(compute="_compute_technician_names", string="Done By")

    _number_uniq = models.UniqueIndex("(order_id, number) WHERE number > 0", "Two jobs of an order share a number.")

    @api.depends("order_id.repair_kind")
    def _compute_from_order(self):
        for job in self:
            job.repair_kind = job.repair_kind or job.order_id.repair_kind or "general"

    @api.depends("repair_kind")
    def _compute_pay_type(self):
        for job in self:
            job.pay_type = job.pay_type or job._default_pay_type()

    @api.depends("line_ids.hours", "line_ids.price")
    def _compute_labour(self):
        for job in self:
            job.labour_hours = sum(job.line_ids.mapped("hours"))
            job.labour_amount = sum(job.line_ids.mapped("price"))

    @api.depends("part_ids.price", "part_ids.is_waiting")
    def _compute_parts(self):
        for job in self:
            job.parts_amount = sum(part.price for part in job.part_ids)
            job.parts_open = sum(part.is_waiting for part in job.part_ids)

    @api.depends("clock_ids.minutes")
    def _compute_worked_minutes(self):
        for job in self:
            job.worked_minutes = sum(job.clock_ids.mapped("minutes"))

    @api.depends("clock_ids.date_to")
    @api.depends_context("uid")
    def _compute_clock(self):
        for job in self:
            running = [clock.user_id.id for clock in job.clock_ids if not clock.date_to]
            job.is_clock_running = bool(running)
            job.is_my_clock_running = self.env.uid in running

    @api.depends("assignment_ids.employee_id")
    def _compute_technician_names(self):
        for job in self:
            job.technician_names = ", ".join(
                assignment.employee_id.display_name for assignment in job.assignment_ids if assignment.employee_id
            )

    @api.depends("number", "name")
    def _compute_display_name(self):
        for job in self:
            job.display_name = f"{job.number}. {job.name}" if job.number else job.name

    @api.constrains("split_ids")
    def _check_split_shares(self):
        # None at all is filled with the default payer, and stopped by the settlement's gate.
        for job in self:
            if job.split_ids and not labour.shares_complete(job.split_ids._get_shares()):
                raise ValidationError(
                    job.env._("The payers of job “%(job)s” must share exactly 100 %%.", job=job.display_name)
                )

    @api.constrains("assignment_ids")
    def _check_assignment_shares(self):
        for job in self:
            if job.assignment_ids and not labour.shares_complete(job.assignment_ids.mapped("share")):
                raise ValidationError(
                    job.env._("The technicians of job “%(job)s” must share exactly 100 %%.", job=job.display_name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        jobs = super().create(vals_list)
        jobs.order_id._check_open_for_work()
        jobs._number_jobs()
        jobs.filtered(lambda job: not job.split_ids)._create_default_split()
        return jobs

    def write(self, vals):
        self._check_may_write(vals)
        payer_follows = "pay_type" in vals and "split_ids" not in vals
        result = super().write(vals)
        if payer_follows:
            self._reset_default_split()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_worked(self):
        self.order_id._check_open_for_changes()
        for job in self:
            if job._has_begun():
                raise UserError(
                    job.env._("Job “%(job)s” has parts, hours or work on it and stays.", job=job.display_name)
                )

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    def action_clock_on(self):
        """Start the current technician's clock on this job.

        :raises UserError: he is no technician, the job cannot be worked on, or
            his clock runs somewhere else (named in the message)
        Source: practice P34
        """
        self.ensure_one()
        self.check_access("read")
        self._check_workable()
        self.env["dealer.job.clock"]._start(self)
        return True

    def action_clock_off(self):
        """Stop the current technician's clock on this job.

        :raises UserError: it is not running
        """
        self.ensure_one()
        self.check_access("read")
        self.env["dealer.job.clock"]._stop(self)
        return True

    def action_done(self):
        """Declare the work of these jobs done.

        :raises UserError: a clock still runs, a part is still to be issued, or
            the user neither works on the job nor leads the workshop
        """
        self.check_access("read")
        for job in self:
            job._check_may_finish()
        self._action_done()
        return True

    def action_reopen(self):
        """Take up jobs again that were declared done or declined.

        :raises UserError: the order is finished: its parts are used up, its work was checked
        """
        self._check_group("dealer_workshop.group_workshop_manager", "dealer_workshop.group_service_advisor")
        self.order_id._check_open_for_work()
        # Narrow sudo: role and state are checked above, ``state`` is protected.
        self.filtered(lambda job: job.state in ("done", "declined")).sudo().write({"state": "open", "done_on": False})
        return True

    def action_decline(self):
        """Note that the customer does not want this work (未做项目)."""
        self._check_group("dealer_workshop.group_workshop_manager", "dealer_workshop.group_service_advisor")
        self.order_id._check_open_for_changes()
        for job in self:
            if job._has_begun():
                raise UserError(
                    job.env._(
                        "Work on job “%(job)s” has begun: take its parts back first, then decline it.",
                        job=job.display_name,
                    )
                )
        # Narrow sudo: role and state are checked above, ``state`` is protected.
        self.sudo().write({"state": "declined"})
        return True

    def action_request_part(self):
        """Open the small form by which a technician asks for a part."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Request a Part"),
            "res_model": "dealer.job.part",
            "view_mode": "form",
            "views": [(self.env.ref("dealer_workshop.dealer_job_part_view_form").id, "form")],
            "target": "new",
            "context": {"default_job_id": self.id},
        }

    def action_assign(self, employee_id):
        """Give the job to one more technician; shares are cut evenly.

        :param int employee_id: ``hr.employee`` who works at the company
        :raises UserError: a job is done, see ``_check_shares_open``
        """
        self._check_group("dealer_workshop.group_dispatcher")
        self._check_shares_open()
        for job in self - self.filtered(lambda job: employee_id in job.assignment_ids.employee_id.ids):
            job._add_technician(employee_id)
        return True

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------
    def _default_pay_type(self):
        """Return the pay type a repair kind usually has; what we order from ourselves is internal.

        :return: code of ``PAY_TYPES``
        Source: practice P42
        """
        kinds = {"pdi": "internal", "recondition": "internal", "comeback_internal": "internal", "recall": "warranty"}
        # Narrow sudo: which partner the company is.
        ours = bool(self.order_id.partner_id) and self.order_id.partner_id == self.company_id.sudo().partner_id
        return kinds.get(self.repair_kind, "internal" if ours else "customer")

    def _number_jobs(self):
        for order, jobs in self.grouped("order_id").items():
            last = max(order.job_ids.mapped("number"), default=0)
            for offset, job in enumerate(jobs.sorted("id"), 1):
                # Numbers are ours to give: protected from typing.
                job.sudo().number = last + offset

    def _create_default_split(self):
        # Narrow sudo: a job made by whoever may make it gets its default payer, 100 % as the check asks.
        self.env["dealer.job.split"].sudo().create(
            [{"job_id": job.id, "partner_id": job._default_payer().id, "share": 100.0} for job in self]
        )

    def _reset_default_split(self):
        # Only the untouched default follows: shares someone agreed on are kept. Narrow sudo: the default is ours to
        # give, and changing ``pay_type`` was the advisor's right.
        for job in self.filtered(lambda job: len(job.split_ids) == 1):
            job.sudo().split_ids.write({"pay_type": job.pay_type, "partner_id": job._default_payer().id})

    def _default_payer(self):
        """Return who pays this job unless somebody says otherwise.

        :return: ``res.partner``; the company itself for internal work, else the order's payer
        """
        self.ensure_one()
        if self.pay_type == "internal":
            # Narrow sudo: which partner the company is.
            return self.company_id.sudo().partner_id
        return self.order_id.payer_id or self.order_id.partner_id

    def _check_may_write(self, vals):
        if self.env.su:
            return
        self._check_may_write_fields(vals)
        if "order_id" in vals and any(job.order_id.id != vals["order_id"] for job in self):
            raise UserError(self.env._("A job stays on its order: its parts and hours are booked there."))
        self.order_id._check_open_for_changes()

    def _check_may_write_fields(self, names):
        """Refuse what is not this role's to write on a job.

        :param names: names of fields
        :raises AccessError: says what the user may write
        """
        user = self.env.user
        if user.has_group("dealer_workshop.group_service_advisor"):
            return
        allowed = DISPATCHER_FIELDS if user.has_group("dealer_workshop.group_dispatcher") else TECHNICIAN_FIELDS
        if not allowed.issuperset(names):
            labels = ", ".join(sorted(self._fields[name]._description_string(self.env) for name in allowed))
            raise AccessError(
                self.env._("Of a job you may write: %(fields)s. Ask the service advisor for the rest.", fields=labels)
            )

    def _check_group(self, *groups):
        # sudo() below: a role may be named to people who may not read groups.
        if not self.env.su and not any(self.env.user.has_group(group) for group in groups):
            names = ", ".join(self.env.ref(group).sudo().name for group in groups)
            raise AccessError(self.env._("This step is done by: %(roles)s.", roles=names))
        self.check_access("read")

    def _check_workable(self):
        if self.order_id.state not in ("confirmed", "under_repair"):
            raise UserError(
                self.env._(
                    "Repair order %(order)s is not released for work: the service advisor must check the car in first.",
                    order=self.order_id.name,
                )
            )
        if self.state in ("done", "declined"):
            raise UserError(
                self.env._("Job “%(job)s” is closed. Ask the service advisor to reopen it.", job=self.display_name)
            )

    def _check_may_finish(self):
        if not self.env.su and not self._is_mine() and not self.env.user.has_group("dealer_workshop.group_dispatcher"):
            raise AccessError(self.env._("Job “%(job)s” is not yours.", job=self.display_name))
        self._check_workable()
        # Narrow sudo: clocks and names of colleagues, told to who wants to close the job.
        running = self.sudo().clock_ids.filtered(lambda clock: not clock.date_to)
        if running:
            raise UserError(
                self.env._(
                    "%(names)s still works on job “%(job)s”: clock off first.",
                    names=", ".join(running.employee_id.mapped("name")),
                    job=self.display_name,
                )
            )
        if not labour.shares_complete(self.assignment_ids.mapped("share")):
            raise UserError(
                self.env._(
                    "Job “%(job)s” has no technicians who share 100 %%: enter who did the work.", job=self.display_name
                )
            )

    def _has_begun(self):
        """Tell whether this job has hours, parts or work on it, so that it can no more be left undone. Hook."""
        self.ensure_one()
        return bool(self.clock_ids or self.part_ids or self.state == "done")

    def _is_mine(self):
        # Narrow sudo: nobody of the workshop may read who is whose user.
        return self.env.uid in self.sudo().assignment_ids.employee_id.user_id.ids

    def _action_done(self):
        """Write the jobs as done and tell the car's task. Hook for upper add-ons."""
        # Narrow sudo: the callers checked role, clocks and shares.
        jobs = self.sudo()
        jobs.write({"state": "done", "done_on": fields.Datetime.now()})
        jobs.order_id._on_jobs_changed()

    def _action_start(self):
        """Write the jobs as being worked on, and their order with them."""
        # Narrow sudo: the technician clocked on, which was checked; ``state`` is protected from typing.
        jobs = self.sudo().filtered(lambda job: job.state == "open")
        jobs.write({"state": "in_work"})
        self.order_id._action_start_work()

    def _check_may_take_parts(self):
        """Refuse parts for closed jobs, and from people who neither lead nor do the work."""
        leads = self.env.su or self.env.user.has_group("dealer_workshop.group_dispatcher")
        for job in self:
            if job.state in ("done", "declined"):
                raise UserError(self.env._("Job “%(job)s” is closed. Reopen it first.", job=job.display_name))
            if not leads and not job._is_mine():
                raise AccessError(self.env._("Job “%(job)s” is not yours.", job=job.display_name))

    def _prepare_part_move(self, product, vals):
        """Return the values of the core move that stands for one part of this job.

        :param product: ``product.product``
        :param dict vals: ``quantity`` and ``discount`` as the user gave them
        :return: dict for ``stock.move.create``
        """
        self.ensure_one()
        if vals.get("discount"):
            self._check_may_discount()
        return {
            "dealer_price_unit": product._get_net_price(self.company_id),
            "dealer_discount": vals.get("discount", 0.0),
            "repair_id": self.order_id.id,
            "job_id": self.id,
            "repair_line_type": "add",
            "product_id": product.id,
            "product_uom": product.uom_id.id,
            "product_uom_qty": vals.get("quantity", 1.0),
            "company_id": self.company_id.id,
        }

    def _add_technician(self, employee_id):
        """Add one technician and cut the shares evenly.

        :param int employee_id: ``hr.employee`` of the job's company
        """
        self.ensure_one()
        shares = labour.even_shares(len(self.assignment_ids) + 1)
        commands = [
            Command.update(assignment.id, {"share": share})
            for assignment, share in zip(self.assignment_ids, shares, strict=False)
        ]
        # Narrow sudo: dispatching was checked, or the technician clocks on himself.
        self.sudo().write(
            {"assignment_ids": [*commands, Command.create({"employee_id": employee_id, "share": shares[-1]})]}
        )
